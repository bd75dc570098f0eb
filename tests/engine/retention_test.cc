// When ended runs leave the store.
#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;

TEST_CASE_METHOD(World, "a worker forgets ended runs when it starts, for it may never live an hour") {
  start();
  const std::string id = emit();
  REQUIRE(until([&] { return archived(1); }));
  clock.turn(options.retention - std::chrono::seconds{1});
  start();
  turn(50);
  CHECK(store.find({{id}}).size() == 1);
  clock.turn(std::chrono::seconds{2});
  start();
  CHECK(until([&] { return store.find({{id}}).empty(); }));
}

TEST_CASE_METHOD(World, "with a retention of zero ended runs stay for ever") {
  options.retention = {};
  start();
  const std::string id = emit();
  REQUIRE(until([&] { return archived(1); }));
  clock.turn(std::chrono::hours{24 * 365 * 10});
  start();
  turn(50);
  CHECK(store.find({{id}}).size() == 1);
}
