// A stream to a descriptor that nobody may be reading: what is not taken in time is dropped, never waited for.
#pragma once

#include <chrono>
#include <ostream>
#include <streambuf>
#include <string>

namespace pawl::bin {

/// Collects until it is flushed. A full pipe is waited for once, for `patience`; after that nothing is waited for until
/// somebody reads again. A flush whose text was not taken as a whole sets the stream's badbit; what follows begins on a
/// new line. The descriptor is not owned and stays in blocking mode, since other processes share it.
class LossyBuffer final : public std::streambuf {
 public:
  explicit LossyBuffer(int descriptor, std::chrono::milliseconds patience = std::chrono::seconds{1})
      : descriptor_(descriptor), patience_(patience) {}
  ~LossyBuffer() override { sync(); }
  LossyBuffer(const LossyBuffer&) = delete;
  LossyBuffer& operator=(const LossyBuffer&) = delete;

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  bool takes_more();
  bool write_out(std::string_view text);

  const int descriptor_;
  const std::chrono::milliseconds patience_;
  std::string pending_;
  bool stuck_ = false;    ///< The last wait was in vain.
  bool in_line_ = false;  ///< A line was cut off.
};

}  // namespace pawl::bin
