// A line between worker and Postgres on which a full claim does not arrive in time.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/faults/lease/outbox_scene.h"
#include "tests/service.h"

using namespace pawl::tests;

namespace {

struct SlowLine : OutboxScene {
  Process start_worker(int bytes_a_second) {
    const std::string port = proxy.read_line();
    proxy.tell("rate " + std::to_string(bytes_a_second));
    return start("worker", {{"PAWL_POSTGRES", "host=127.0.0.1 port=" + port + " dbname=" + database.name},
                            {"PAWL_POSTGRES_TIMEOUT", "2s"},
                            {"PAWL_LEASE", "30s"},
                            {"PAWL_MAIL", "null:"}});
  }
  /// Events of the first organisation whose payloads are padded.
  void emit_padded(int count, int bytes) {
    database.exec(
        "select pawl.emit('pms/connection.sync.failed', 'pms_connection', c.id::text, jsonb_build_object("
        "'connection_id', c.id, 'sync_log_id', c.id, 'org_id', c.org_id, 'provider', c.provider, 'label', c.label,"
        " 'error_message', 'failure ' || i, 'occurred_at', '2026-01-01T00:00:00Z', 'padding', repeat('x', $3::int)))"
        " from pms_connections c, generate_series(1, $2::int) i where c.id = $1::uuid",
        {organisation.connection, std::to_string(count), std::to_string(bytes)});
  }
  Service proxy{"faults/tcp_proxy.py", {std::getenv("PGPORT")}};
};

}  // namespace

TEST_CASE("P9: events that do not arrive together arrive one by one, and the small ones behind them") {
  SlowLine scene;
  scene.emit_padded(60, 60'000);
  const Organisation other(scene.database, "other");
  for (int i = 0; i < 5; ++i) other.fail_sync();
  const auto worker = scene.start_worker(400'000);
  CHECK(scene.eventually_is("count(*) = 10 from notifications where org_id = '" + other.id + "'"));
  CHECK(scene.eventually_is("count(*) = 65 from pawl.outbox_archive where status = 'done'"));
}
