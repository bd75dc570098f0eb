// Somebody else's program: sees pawl's headers as pawl/..., links its libraries, and turns a clock.
#include <pawl/engine/authoring/run.h>
#include <pawl/engine/testing/manual_clock.h>

#include <chrono>

int main() {
  pawl::testing::ManualClock clock;
  const auto before = clock.now();
  clock.turn(std::chrono::hours{1});
  return clock.now() - before == std::chrono::hours{1} ? 0 : 1;
}
