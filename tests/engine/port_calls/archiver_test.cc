// What takes the place of an ended event's payload in the archive, and how much of that is in memory meanwhile.
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

/// Remembers what came in place of each payload.
struct SentOutbox final : MemoryOutbox {
  using MemoryOutbox::MemoryOutbox;
  std::size_t finish(std::span<const FinishedEvent> finished) override {
    if (down) throw UnavailableError("archive: denied");
    std::size_t bytes = 0;
    for (const FinishedEvent& event : finished) {
      sent[event.run_id] = event.payload;
      about[event.run_id] = event.aggregate_id;
      bytes += event.payload.size();
    }
    most_at_once = std::max(most_at_once, bytes);
    return MemoryOutbox::finish(finished);
  }
  bool down = false;
  std::map<std::string, std::string> sent;
  std::map<std::string, std::string> about;
  std::size_t most_at_once = 0;
};

/// Says on which lane a call is; the engine's thread is on none.
struct KnownLanes final : Lanes {
  void submit(LaneId lane, std::function<void()> work, std::function<void()> report) override {
    lanes.submit(
        lane,
        [this, lane, work = std::move(work)] {
          on = lane;
          work();
          on.reset();
        },
        std::move(report));
  }
  void poll(Duration at_most) override { lanes.poll(at_most); }
  void stop(const std::function<void()>& interrupt) override { lanes.stop(interrupt); }

  InlineLanes lanes;
  std::optional<LaneId> on;
};

struct Archive : RunnerWorld {
  SentOutbox outbox{table};
  KnownLanes lanes;
  WorkflowDefinition definition = workflow.definition();
  std::unique_ptr<Runner> runner;

  void open() {
    runner = std::make_unique<Runner>(Ports{outbox, store, clock, lanes, log}, std::vector{definition}, options);
    runner->open();
  }
  void emit_payload(const std::string& payload, const std::string& id) {
    table.now = clock.now();
    table.emit("test/words", payload, id);
  }
  void run_for(int seconds) {
    for (int second = 0; second < seconds; ++second, clock.turn(std::chrono::seconds{1}))
      for (int turns = 0; turns < 40; ++turns) runner->turn({});
  }
};

}  // namespace

TEST_CASE_METHOD(Archive,
                 "P1: payloads are redacted where they are archived, and of one that cannot be nothing is left") {
  std::set<std::optional<LaneId>> redacted_on;
  options.redact_payload = [&](const std::string& payload) -> std::optional<std::string> {
    redacted_on.insert(lanes.on);
    if (payload == R"("bad")") throw 42;
    if (payload == R"("secret")") return R"("safe")";
    return std::nullopt;
  };
  open();
  for (const char* id : {"plain", "secret", "bad"}) emit_payload(nlohmann::json(id).dump(), id);
  run_for(10);
  const std::size_t finish_lane = 1;
  REQUIRE(lane_specs({definition}).at(finish_lane).name == "finish");
  CHECK(redacted_on == std::set<std::optional<LaneId>>{finish_lane});
  CHECK(outbox.sent ==
        std::map<std::string, std::string>{{"plain", ""}, {"secret", R"("safe")"}, {"bad", R"("[redacted]")"}});
  CHECK(runner->status().outbox_error.empty());
}

TEST_CASE_METHOD(Archive,
                 "P1: what an event is about is redacted beside its name, and an id that is none is left alone") {
  options.redact_payload = [](const std::string& json) -> std::optional<std::string> {
    if (json == R"({"aggregate_id":"bad"})") throw 42;
    if (json == R"({"aggregate_id":"key=secret"})") return R"({"aggregate_id":"key=[redacted]"})";
    return std::nullopt;
  };
  open();
  const std::string uuid = "00000000-0000-4000-8000-000000000001";
  for (const std::string about : {"plain", "key=secret", "bad", uuid.c_str()}) {
    emit_payload("{}", about);
    table.rows.rbegin()->second.event.aggregate_id = about;
  }
  run_for(10);
  CHECK(outbox.about == std::map<std::string, std::string>{
                            {"plain", ""}, {"key=secret", "key=[redacted]"}, {"bad", "[redacted]"}, {uuid, ""}});
}

TEST_CASE_METHOD(Archive,
                 "P1 P9: what is kept or archived of a payload and is no JSON goes to the archive as a string") {
  using namespace std::string_literals;
  definition.payload_to_keep = [](const std::string&) { return "kept"s; };
  definition.payload_to_archive = [](const std::string& payload) -> std::optional<std::string> {
    if (payload == R"("text")") return "no\0 JSON"s;
    if (payload == R"("nul")") return R"({"a": "\u0000"})";
    if (payload == R"("json")") return R"({"a": [1, 2e3]})";
    return std::nullopt;
  };
  options.redact_payload = [](const std::string&) { return std::nullopt; };
  workflow.send.script = [](auto& item) {
    if (item.effects_id() == "waiting" && item.attempt() == 1) return item.retry("451 later");
    item.succeed("sent");
  };
  open();
  for (const char* id : {"text", "nul", "json", "waiting"}) emit_payload(nlohmann::json(id).dump(), id);
  run_for(120);
  CHECK(outbox.sent == std::map<std::string, std::string>{{"text", R"("no? JSON")"},
                                                          {"nul", R"("{\"a\": \"\\u0000\"}")"},
                                                          {"json", R"({"a": [1, 2e3]})"},
                                                          {"waiting", R"("kept")"}});
}

TEST_CASE_METHOD(Archive, "P9: payloads on their way to an archive that does not answer count as in memory") {
  const std::string mebibyte = nlohmann::json(std::string(1 << 20, 'x')).dump();
  options.payloads_max = 10 << 20;
  options.redact_payload = [](const std::string& payload) { return payload; };
  outbox.down = true;
  open();
  for (int i = 0; i < 50; ++i) emit_payload(mebibyte, "event-" + std::to_string(i));
  run_for(60);
  CHECK(runner->status().claimed >= 9);
  CHECK(runner->status().claimed <= 10);
  outbox.down = false;
  run_for(120);
  CHECK(table.archive.size() == 50);
  CHECK(outbox.most_at_once > 1 << 20);
  CHECK(outbox.most_at_once <= 4 << 20);
}
