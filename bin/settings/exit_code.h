// What the process's exit code means.
#pragma once

namespace pawl::bin {

enum class ExitCode {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kRefused = 4,
  kReplayMismatch = 5,
};

}  // namespace pawl::bin
