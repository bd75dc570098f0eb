// What the process's exit code means.
#pragma once

namespace pawl::bin {

/// Or 128 plus the number of the signal that ended a verb before its end.
enum class ExitCode {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kRefused = 4,
  kReplayMismatch = 5,
};

}  // namespace pawl::bin
