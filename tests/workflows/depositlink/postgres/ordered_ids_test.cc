// Ids in the order of time, as the bytes that Postgres gets.
#include "workflows/depositlink/postgres/ordered_ids.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::depositlink;
using namespace pawl::storage;

namespace {

// 2026-11-25T12:00:00.123456Z
constexpr engine::Timestamp kNow{engine::Duration{1'795'608'000'123'456}};

std::vector<std::string> ids_of(std::size_t count, engine::Timestamp now) {
  const UuidArray array = ordered_ids(count, now);
  const std::string_view bytes = array.bytes();
  REQUIRE(bytes.size() == 20 + count * 20);  // a head, then the length of each and its sixteen bytes
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) ids.emplace_back(bytes.substr(24 + i * 20, 16));
  return ids;
}

unsigned byte(const std::string& id, std::size_t index) { return static_cast<unsigned char>(id[index]); }

}  // namespace

TEST_CASE("an ordered id is a UUID of version 7 and says the microsecond it was made in") {
  for (const std::string& id : ids_of(3, kNow)) {
    CHECK(byte(id, 6) >> 4 == 7);
    CHECK(byte(id, 8) >> 6 == 0b10);
    long milliseconds = 0;
    for (std::size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | byte(id, i);
    CHECK(milliseconds == 1'795'608'000'123);
    CHECK(((byte(id, 6) & 0xF) << 8 | byte(id, 7)) == 456 * 4096 / 1000);
  }
}

TEST_CASE("ids made together, and later, are in order and differ from any others") {
  std::vector<std::string> ids = ids_of(1000, kNow);
  const std::vector<std::string> later = ids_of(1000, kNow + engine::Duration{1});
  ids.insert(ids.end(), later.begin(), later.end());
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  const std::vector<std::string> at_the_same_time = ids_of(1000, kNow);
  ids.insert(ids.end(), at_the_same_time.begin(), at_the_same_time.end());
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 3000);
}
