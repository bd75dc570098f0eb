// The three streams of the process, and which of them a person sits at.
#pragma once

#include <istream>
#include <memory>
#include <ostream>

#include "workflows/mail/own_secrets.h"

namespace pawl::bin {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool err_is_terminal = false;
  /// Kept out of all that is written about what went wrong.
  std::shared_ptr<mail::OwnSecrets> secrets = std::make_shared<mail::OwnSecrets>();
};

}  // namespace pawl::bin
