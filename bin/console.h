// The three streams of the process, and which of them a person sits at.
#pragma once

#include <istream>
#include <ostream>

namespace pawl::bin {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool err_is_terminal = false;
};

}  // namespace pawl::bin
