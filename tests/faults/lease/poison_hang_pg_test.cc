// An event that hangs its step each time: the worker ends itself, and only that event is set aside.
#include <catch2/catch.hpp>

#include "tests/faults/lease/outbox_scene.h"

using namespace pawl::bin;
using pawl::tests::Organisation;
using pawl::tests::OutboxScene;

TEST_CASE("P8: of many events, the one that hangs a step each time is set aside alone") {
  constexpr int kInnocents = 200;
  constexpr int kDeliveriesMax = 5;
  OutboxScene scene;
  const Organisation poison(scene.database, "poison");
  scene.fail_syncs(kInnocents / 2);
  poison.fail_sync();
  scene.fail_syncs(kInnocents / 2);
  const Environment settings{
      {"PAWL_MAIL", "null:"}, {"PAWL_HANG_ON", poison.connection + "@resolve-recipients"}, {"PAWL_HANG_AFTER", "2s"}};
  int ends = 0;
  while (ends <= kDeliveriesMax && scene.work_as("one", settings).code == 1) ++ends;
  CHECK(ends > 1);
  CHECK(ends <= kDeliveriesMax);
  CHECK(scene.count("pawl.outbox") == "0");
  CHECK(scene.count("pawl.outbox_archive where status = 'done'") == std::to_string(kInnocents));
  CHECK(scene.is("array_agg(aggregateid) = '{" + poison.connection +
                 "}' from pawl.outbox_archive where status = 'failed'"));
}
