// A file that has another name until it is complete, and never takes the place of one that is there.
#pragma once

#include <signal.h>

#include <array>
#include <string>

namespace pawl::storage {

/// Removes what it made unless it was published, whatever ended the work: SIGINT, SIGTERM and SIGHUP remove it too, and
/// then end the process. One that is killed leaves the file under its other name. One at a time in a process, which
/// has no other thread that handles these signals. Throws as throw_call_failed does.
class UnfinishedFile {
 public:
  /// Makes an empty file of mode 0600 beside `target`. Throws engine::RefusedError where there is a target already.
  explicit UnfinishedFile(std::string target);
  ~UnfinishedFile();
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  const std::string& path() const { return path_; }
  /// Writes it through to the disk and gives it its name. Throws engine::RefusedError where somebody else was faster.
  /// Where it throws there is no file of that name, but for somebody else's.
  void publish();

 private:
  const std::string target_;
  const std::string path_;
  std::array<struct sigaction, 3> before_{};  ///< What the signals did.
};

}  // namespace pawl::storage
