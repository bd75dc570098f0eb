// What a verb throws when the command line itself is at fault; everything else is in engine/authoring/errors.h.
#pragma once

#include <stdexcept>

namespace pawl::bin {

/// The arguments, the environment or the config file are wrong: exit 2.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What was asked for does not exist: exit 3.
class NotFoundError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace pawl::bin
