// The file that log lines go to instead of stderr, opened anew when somebody has moved it away.
#pragma once

#include <ostream>
#include <string>

#include "bin/output/lossy_stream.h"

namespace pawl::bin {

class LogFile {
 public:
  /// Appends; a new file is readable by its owner and group. Throws engine::RefusedError naming the path.
  explicit LogFile(std::string path);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Used by one thread at a time, as Log does.
  std::ostream& stream() { return stream_; }

  /// From now on lines go to what the path names now. Safe to call while another thread writes. Throws
  /// engine::RefusedError when that cannot be opened; lines go where they went before then.
  void reopen() const;

 private:
  const std::string path_;
  const int descriptor_;
  LossyBuffer buffer_;
  std::ostream stream_;
};

}  // namespace pawl::bin
