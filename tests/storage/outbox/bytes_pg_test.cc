// Claims of many bytes: as many events as fit, and one that is too large without its payload.
#include <catch2/catch.hpp>

#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct LargeEvents : PostgresFixture {
  std::string emit_bytes(int bytes, const std::string& text = "repeat('x', $1::int)") {
    return value("select pawl.emit('test/event', 'thing', 'x', jsonb_build_object('text', " + text + "))",
                 {std::to_string(bytes)});
  }
  std::vector<engine::Event> claim(std::int64_t bytes) {
    engine::ClaimLimits limits;
    limits.max = 500;
    limits.bytes = bytes;
    return worker.outbox.claim({test_workflows(), limits});
  }
  Worker worker{*this};
};

}  // namespace

TEST_CASE_METHOD(LargeEvents,
                 "a claim takes events until their payloads have so many bytes, and later ones take the rest") {
  const bool compressible = GENERATE(true, false);
  worker.open();
  std::vector<std::string> emitted, claimed;
  for (int event = 0; event < 12; ++event)
    emitted.push_back(
        compressible
            ? emit_bytes(100'000)
            : emit_bytes(3'000, "(select string_agg(md5(random()::text), '') from generate_series(1, $1::int))"));
  for (int event = 0; event < 5; ++event) emitted.push_back(emit());
  while (claimed.size() < emitted.size()) {
    const auto events = claim(300'000);
    REQUIRE_FALSE(events.empty());
    std::size_t bytes = 0;
    for (const engine::Event& event : events) {
      bytes += event.payload.size();
      claimed.push_back(event.id);
      CHECK(event.left_out == 0);
    }
    CHECK(bytes <= 400'100);
  }
  CHECK(claimed == emitted);
  CHECK(claim(300'000).empty());
}

TEST_CASE_METHOD(LargeEvents,
                 "a payload that reached no worker is not shown, comes back with a resume, and goes when dismissed") {
  worker.open();
  const std::string id = emit_bytes(1'000);
  const std::string payload = value("select payload from pawl.outbox");
  const auto fail = [&] {
    const engine::Event event = claim(1'000'000).at(0);
    const engine::FinishedEvent end{.position = event.position,
                                    .run_id = event.id,
                                    .status = engine::RunStatus::kFailed,
                                    .reason = "too large",
                                    .withheld = 1'013};
    worker.outbox.finish({&end, 1});
  };
  const std::string size = R"({"withheld_bytes": 1013})";
  fail();
  CHECK(value("select payload from pawl.v1_events") == size);
  CHECK(value("select pawl.resume($1::uuid, 'olive')", {id}) == "resumed");
  CHECK(value("select payload from pawl.outbox") == payload);
  fail();
  CHECK(value("select pawl.dismiss($1::uuid, 'sent in parts')", {id}) == "dismissed");
  CHECK(value("select payload from pawl.outbox_archive") == size);
}

TEST_CASE_METHOD(LargeEvents,
                 "a payload of which Postgres can make no text comes with its size, and keeps no event waiting") {
  worker.open();
  const std::string emit_this = "select pawl.emit('test/event', 'thing', 'x', ";
  std::vector<std::string> emitted{emit()};
  emitted.push_back(value(emit_this + "(select jsonb_agg('1e131071'::jsonb) from generate_series(1, 10000)))"));
  emitted.push_back(value(emit_this + "jsonb_build_object('text', repeat(E'\\x01', 70000000)))"));
  emitted.push_back(emit());
  std::vector<std::string> claimed;
  while (claimed.size() < emitted.size()) {
    const auto events = claim(1'000'000);
    REQUIRE_FALSE(events.empty());
    for (const engine::Event& event : events) {
      claimed.push_back(event.id);
      CHECK((event.left_out > engine::kPayloadMax) == (event.id == emitted[1] || event.id == emitted[2]));
    }
  }
  CHECK(claimed == emitted);
}

TEST_CASE_METHOD(LargeEvents, "payloads of few bytes that are long as text count as that, and keep no event waiting") {
  worker.open();
  const std::string numbers = GENERATE("'1e131071'", "'-1e131071'", "'0e-16383'", "'1e-16000'");
  CAPTURE(numbers);
  std::vector<std::string> emitted, claimed;
  for (int event = 0; event < 4; ++event)
    emitted.push_back(value("select pawl.emit('test/event', 'thing', 'x', (select jsonb_build_object('n', jsonb_agg(" +
                            numbers + "::jsonb)) from generate_series(1, 60)))"));
  CHECK(value("select max(pg_column_size(payload)) < 2000 from pawl.outbox") == "t");
  emitted.push_back(value("select pawl.emit('test/event', 'thing', 'x', '{}')"));  // of the same tenant
  while (claimed.size() < emitted.size()) {
    const auto events = claim(1'000'000);
    REQUIRE_FALSE(events.empty());
    std::size_t bytes = 0;
    for (const engine::Event& event : events) {
      claimed.push_back(event.id);
      bytes += event.payload.size();
      CHECK(event.left_out == 0);
    }
    CHECK((bytes <= 2'000'000 || events.size() == 1));
  }
  CHECK(claimed == emitted);
}

TEST_CASE_METHOD(LargeEvents, "the outbox counts the bytes of a payload's text, however it is stored") {
  const std::string text = GENERATE("repeat('x', $1::int)", "repeat(E'\\x01', $1::int)",
                                    "(select string_agg(md5(random()::text), '') from generate_series(1, $1::int))");
  for (const int bytes : {1, 100, 100'000}) emit_bytes(bytes, text);
  CHECK(value("select bool_and(payload_bytes = octet_length(payload::text)) from pawl.outbox") == "t");
  exec("update pawl.outbox set payload = '{}'");
  CHECK(value("select max(payload_bytes) from pawl.outbox") == "2");
}

TEST_CASE_METHOD(LargeEvents, "no text is made of a payload that no worker gets, so its size is that unpacked") {
  emit_bytes(5 * static_cast<int>(engine::kPayloadMax));
  CHECK(value("select payload_bytes = pg_column_size(payload #> '{}') from pawl.outbox") == "t");
}

TEST_CASE_METHOD(LargeEvents, "a payload nested so deep that nothing can be looked for in it is no gigabyte") {
  exec("select pawl.emit('test/event', 'thing', 'x', (repeat('[', 13000) || repeat(']', 13000))::jsonb)");
  CHECK(value("select payload_bytes between 26000 and 300000 from pawl.outbox") == "t");
}
