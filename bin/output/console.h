// The three streams of the process, and which of them a person sits at.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include "bin/output/program_name.h"
#include "workflows/redaction/own_secrets.h"

namespace pawl::bin {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  /// The error stream for what redraws its own line, past the filter that `out` and `err` write through.
  std::ostream* status_line = nullptr;
  bool in_is_terminal = false;
  bool err_is_terminal = false;
  bool out_is_terminal = false;
  /// Kept out of all that is written about what went wrong.
  std::shared_ptr<redaction::OwnSecrets> secrets = std::make_shared<redaction::OwnSecrets>();
  /// How an error that ends the verb is told; by default as a line of text on `err`.
  std::function<void(const std::string&)> tell_end = {};
  /// The output past the filter: for `document` alone.
  std::ostream* plain_out = nullptr;
  std::string program = kPawl;  ///< What whoever sits there calls it.

  /// The error stream, for a line of the program's own.
  std::ostream& note() { return err << program << ": "; }

  /// Where a document goes that is to be the same bytes in a file or a pipe; a terminal is protected from it.
  std::ostream& document() { return plain_out && !out_is_terminal ? *plain_out : out; }
  /// Where lines go that are filtered already, or redraw themselves.
  std::ostream& unfiltered() { return status_line ? *status_line : err; }
};

}  // namespace pawl::bin
