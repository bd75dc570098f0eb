// Lays out time, version, place, variant and chance as the RFC has them.
#include "workflows/depositlink/postgres/ordered_ids.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "engine/authoring/errors.h"

namespace pawl::depositlink {

namespace {

constexpr std::size_t kEntropyMost = 256;  // bytes that one call gives
constexpr int kRandomBits = 42;
constexpr std::uint64_t kPlaceMask = (1 << 20) - 1;  // more made together share places, and differ by chance

std::vector<std::uint64_t> random_numbers(std::size_t count) {
  std::vector<std::uint64_t> numbers(count);
  auto* bytes = reinterpret_cast<char*>(numbers.data());
  for (std::size_t left = count * sizeof(std::uint64_t); left > 0;) {
    const std::size_t some = std::min(left, kEntropyMost);
    if (getentropy(bytes, some) != 0)
      throw engine::Error(std::string("make ids: no random bytes from the system: ") + std::strerror(errno));
    bytes += some;
    left -= some;
  }
  return numbers;
}

// Method 3 of the RFC: microseconds fill the 12 bits behind the milliseconds.
std::uint64_t high_half(engine::Timestamp now) {
  const auto us = static_cast<std::uint64_t>(now.time_since_epoch().count());
  return us / 1000 << 16 | 0x7000 | us % 1000 * 4096 / 1000;
}

std::uint64_t low_half(std::size_t place, std::uint64_t chance) {
  constexpr std::uint64_t kVariant = std::uint64_t{0b10} << 62;
  return kVariant | (place & kPlaceMask) << kRandomBits | chance >> (64 - kRandomBits);
}

}  // namespace

storage::UuidArray ordered_ids(std::size_t count, engine::Timestamp now) {
  const std::uint64_t high = high_half(now);
  storage::UuidArray ids;
  std::size_t place = 0;
  for (const std::uint64_t chance : random_numbers(count)) ids.add(high, low_half(place++, chance));
  return ids;
}

}  // namespace pawl::depositlink
