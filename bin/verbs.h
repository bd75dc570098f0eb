// Every verb of the command line: its name, what it is for, and examples of it.
#pragma once

#include <memory>
#include <span>

#include "bin/commands/verb/verb.h"
#include "bin/worker/workflows.h"

namespace CLI {
class App;
}

namespace pawl::bin {

struct VerbEntry {
  const char* name;
  const char* summary;
  const char* examples;  ///< For Examples::in(): each a line that runs, and what it does behind three blanks or more.
  std::unique_ptr<Verb> (*make)(CLI::App&, Workflows&);
  bool is_listed = true;
};

/// In the order of the help.
std::span<const VerbEntry> verbs();

}  // namespace pawl::bin
