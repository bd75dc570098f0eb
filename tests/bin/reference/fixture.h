// What the command line says about itself, in a test.
#pragma once

#include <sstream>

#include "tests/bin/commands/fixture.h"

namespace pawl::bin {

struct ReferenceFixture : CommandLineFixture {
  /// What `pawl generate` prints, or leaves in the test's directory.
  std::string generated(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "generate");
    out.str("");
    if (run(arguments) != ExitCode::kDone) throw std::runtime_error(err.str());
    return out.str();
  }
};

}  // namespace pawl::bin
