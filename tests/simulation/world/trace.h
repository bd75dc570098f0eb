// What happened in a simulation, as a hash that is the same for the same seed, and as lines when asked for.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <ostream>
#include <string_view>

#include "engine/authoring/clock.h"

namespace pawl::simulation {

class Trace {
 public:
  /// `out`: where lines go; null for the hash alone.
  explicit Trace(std::ostream* out) : out_(out) {}

  void note(engine::Timestamp at, std::string_view who, std::string_view what, std::string_view detail = {}) {
    mix(at.time_since_epoch().count());
    for (const std::string_view text : {who, what, detail}) mix(text);
    if (out_)
      *out_ << std::chrono::duration<double>(at.time_since_epoch()).count() << " " << who << " " << what << " "
            << detail << "\n";
  }
  std::uint64_t hash() const { return hash_; }

 private:
  // FNV-1a
  void mix_byte(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211ULL; }
  void mix(std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8) mix_byte(static_cast<unsigned char>(number >> shift));
  }
  void mix(std::string_view text) {
    for (const char c : text) mix_byte(static_cast<unsigned char>(c));
    mix_byte(0xff);
  }

  std::uint64_t hash_ = 14695981039346656037ULL;
  std::ostream* out_;
};

}  // namespace pawl::simulation
