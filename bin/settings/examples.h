// What the examples of the help name of the program and its workflows, so that each can be typed as it stands.
#pragma once

#include <string>
#include <string_view>

namespace pawl::bin {

struct Examples {
  std::string program;
  std::string settings = {};  ///< All that a worker must be given, as `NAME=value `; may be empty.
  std::string workflow = {};  ///< Empty: none runs.
  std::string step = {};      ///< One that may be tried again; empty: none is known.
  bool mails = false;

  /// The lines with {settings}, {workflow}, {step} and {mail} replaced, and the program's name in commands. A line that
  /// names a workflow, a step or mail where there is none is left out.
  std::string in(std::string_view lines) const;
};

}  // namespace pawl::bin
