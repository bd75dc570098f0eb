// Whose refusal is it: one item's, or the service's, by what the runtime sees of others. Simulated time.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

// Each event is of an organisation and asks for one item; an event's id is `organisation/domain/number`.
struct PostStep final : Step<std::string, std::string> {
  PostStep() : Step("send-words", {.retry = kRetry, .batch_max = 1, .parallelism = 4}) {}
  static constexpr RetryPolicy kRetry{.first = 5s, .longest = 30min, .max_attempts = 3, .give_up_after = 24h};

  std::string tenant(const std::string& id) const override { return id.substr(0, id.find('/')); }
  std::string destination(const std::string& id) const override {
    const std::string subject = PostStep::subject(id);
    return subject.substr(subject.find('/') + 1);
  }
  static std::string subject(const std::string& id) { return id.substr(0, id.rfind('/')); }

  void execute(Batch<std::string, std::string>& batch) override {
    for (auto& item : batch) {
      const std::string& id = item.input();
      calls.push_back(id);
      attempts[id].push_back(item.attempt());
      const bool refused = refuses(id);
      if (busy > 0 && busy--)
        item.retry("451 later");
      else if (refused)
        item.refuse("554 5.7.1 no", subject(id), names_account);
      else
        item.succeed("sent");
    }
  }
  long calls_of(const std::string& part) const {
    return std::count_if(calls.begin(), calls.end(), [&](const std::string& id) { return id.find(part) != id.npos; });
  }

  std::function<bool(const std::string&)> refuses = [](const std::string&) { return false; };
  bool names_account = false;
  int busy = 0;  ///< So many attempts more are put off.
  std::vector<std::string> calls;
  std::map<std::string, std::vector<int>> attempts;
};

struct Refusing : RunnerWorld {
  PostStep step;

  ~Refusing() { worker.reset(); }  // before its step

  void open() {
    options.lease = 240h;
    worker = std::make_unique<Worker>(table, store, clock, log, std::vector{only(step)}, seed, options);
  }
  void refuse(std::set<std::string> parts) {
    step.refuses = [parts](const std::string& id) {
      return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return id.find(part) != id.npos; });
    };
  }
  bool paused() const { return !worker->runner.status().open_circuits.empty(); }
  std::string fate(const std::string& id) const {
    for (const auto& ended : table.archive)
      if (ended.event.id == id) return std::string(to_string(ended.status)) + " " + ended.reason;
    return "";
  }
  bool is_done_within_a_second(const std::string& id) {
    turn(40);
    if (fate(id).empty()) clock.turn(1s);
    turn(40);
    return fate(id).starts_with("done");
  }
  bool done(const std::string& id) {
    return until([&] { return fate(id).starts_with("done"); }, 60);
  }
};

}  // namespace

TEST_CASE_METHOD(Refusing, "P6: refused items of one subject pause nobody, and others' go at once") {
  refuse({"acme/x"});
  open();
  for (int i = 0; i < 10; ++i) emit("acme/x/" + std::to_string(i));
  turn(100);
  CHECK_FALSE(paused());
  emit("bolt/y/1");
  CHECK(done("bolt/y/1"));
  CHECK_FALSE(paused());
}

TEST_CASE_METHOD(Refusing, "P6: an item refused again though others were accepted fails for good, with the reason") {
  refuse({"acme/x"});
  open();
  emit("acme/x/1");
  turn(40);
  CHECK(fate("acme/x/1").empty());
  emit("bolt/y/1");
  CHECK(done("bolt/y/1"));
  REQUIRE(until_over_time([&] { return archived(2); }, 60));
  CHECK(fate("acme/x/1").find("554 5.7.1 no (again, though others were accepted in between)") != std::string::npos);
  CHECK(step.calls_of("acme") == 2);
}

TEST_CASE_METHOD(Refusing,
                 "a refusal with nobody to compare by backs off by its age until its own limit, pausing nobody") {
  refuse({"acme"});
  open();
  const Timestamp began = clock.now();
  emit("acme/x/1");
  bool was_paused = false;
  REQUIRE(until_over_time([&] { return was_paused |= paused(), archived(1); }, 25 * 3600));
  CHECK_FALSE(was_paused);
  CHECK(fate("acme/x/1").find("gave up after 1440 minutes") != std::string::npos);
  CHECK(clock.now() - began > 23h);
  CHECK(step.calls.size() > 30);
  CHECK(step.calls.size() < 200);
}

TEST_CASE_METHOD(Refusing, "P6: refusals use up none of the attempts that an item has, also not over a restart") {
  refuse({"acme"});
  open();
  emit("acme/x/1");
  REQUIRE(until_over_time([&] { return step.calls.size() == 4; }, 3600));  // more than max_attempts
  worker.reset();
  open();
  step.busy = 2;
  REQUIRE(until_over_time([&] { return step.busy == 0; }, 3600));
  refuse({});
  const Timestamp last_busy = clock.now();
  REQUIRE(until_over_time([&] { return archived(1); }, 3600));
  CHECK(fate("acme/x/1").starts_with("done"));
  CHECK(clock.now() - last_busy < 1min);  // the backoff of a second attempt, not of a sixth
  CHECK(step.attempts["acme/x/1"] == std::vector{1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE_METHOD(Refusing, "where no age ends it, a refused item is ended by its attempts") {
  struct Brief final : Step<std::string, std::string> {
    Brief() : Step("send-words", {.retry = {.max_attempts = 3}}) {}
    void execute(Batch<std::string, std::string>& batch) override {
      for (auto& item : batch) item.refuse("554 no", "acme");
    }
  } brief;
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{only(brief)}, seed, options);
  const auto guard = ends_with_scope();
  emit("acme/x/1");
  REQUIRE(until_over_time([&] { return archived(1); }, 60));
  CHECK(fate("acme/x/1").find("gave up after attempt 3") != std::string::npos);
}

TEST_CASE_METHOD(
    Refusing,
    "P6 P9: a service that refuses everybody is paused after three, charges nobody, and all go when it is right") {
  refuse({"/"});
  step.names_account = GENERATE(true, false);
  open();
  constexpr std::size_t kEvents = 500;
  for (std::size_t i = 0; i < kEvents; ++i) emit("org" + std::to_string(i) + "/x/1");
  turn(200);
  REQUIRE(paused());
  CHECK(worker->runner.status().open_circuits[0].reason.find("554 5.7.1 no") != std::string::npos);
  const std::size_t before = step.calls.size();
  CHECK(before <= 3 + 4 + 2);  // three, those that were out, and the first probe
  for (int second = 0; second < 60; ++second) {
    turn(40);
    clock.turn(1s);
  }
  CHECK(step.calls.size() - before <= 60);
  CHECK(step.calls.size() - before >= 50);
  CHECK(worker->runner.status().attempts_failed <= 2);
  refuse({});
  REQUIRE(until_over_time([&] { return archived(kEvents); }, 120));
  for (const auto& ended : table.archive) REQUIRE(ended.status == RunStatus::kDone);
  CHECK_FALSE(paused());
}

TEST_CASE_METHOD(
    Refusing, "P6: what was out when the third refusal paused the step is charged nothing for being refused as well") {
  refuse({"/"});
  step.names_account = GENERATE(true, false);
  open();
  constexpr std::size_t kOut = 4;  // as many as there are calls at once
  for (std::size_t i = 0; i < kOut; ++i) emit("org" + std::to_string(i) + "/x/1");
  REQUIRE(until([&] { return step.calls.size() == kOut; }));
  turn(40);
  REQUIRE(paused());
  REQUIRE(step.calls.size() == kOut);
  const std::vector<std::string> out = step.calls;
  CHECK(worker->runner.status().attempts_failed == 2);
  refuse({});
  REQUIRE(until_over_time([&] { return archived(kOut); }, 120));
  for (std::size_t i = 0; i < kOut; ++i) {
    CAPTURE(i);
    const int backed_off = i < 2 ? 1 : 0;  // the first two, of which nobody knew better yet
    CHECK(step.attempts[out[i]] == std::vector{1, 1 + backed_off});
  }
}

TEST_CASE_METHOD(Refusing, "P6: many refused items of one tenant keep nobody else's waiting for longer than a second") {
  refuse({"acme"});
  open();
  for (int i = 0; i < 300; ++i) emit("acme/domain" + std::to_string(i) + "/1");
  turn(200);
  REQUIRE(paused());
  emit("bolt/y/1");
  turn(40);
  if (fate("bolt/y/1").empty()) {
    clock.turn(1s);
    turn(40);
  }
  CHECK(fate("bolt/y/1").starts_with("done"));
}

TEST_CASE_METHOD(Refusing,
                 "P6: many tenants refused at one destination keep what goes elsewhere for a second at most") {
  refuse({"/bad/"});
  open();
  for (int i = 0; i < 30; ++i) emit("org" + std::to_string(i) + "/bad/1");
  turn(200);
  REQUIRE(paused());
  const std::string id = GENERATE(as<std::string>(), "new/good/1", "org0/good/1");  // of a tenant that was refused, too
  emit(id);
  CHECK(is_done_within_a_second(id));
  CHECK_FALSE(paused());

  for (int i = 30; i < 60; ++i) {
    emit("org" + std::to_string(i) + "/bad/1");
    emit("org" + std::to_string(i) + "/good/1");
    CHECK(is_done_within_a_second("org" + std::to_string(i) + "/good/1"));
    CHECK_FALSE(paused());
  }
  CHECK(log.counts[NoticeKind::kCircuitOpened] == 1);
}

TEST_CASE_METHOD(Refusing, "P6: ten tenants refused at ten destinations keep a new one's item for a second each") {
  refuse({"/bad"});
  open();
  for (int i = 0; i < 10; ++i) emit("org" + std::to_string(i) + "/bad" + std::to_string(i) + "/1");
  turn(200);
  REQUIRE(paused());
  emit("new/good/1");
  CHECK(until_over_time([&] { return fate("new/good/1").starts_with("done"); }, 10));
  CHECK_FALSE(paused());
  emit("newer/fine/1");
  CHECK(is_done_within_a_second("newer/fine/1"));
}

TEST_CASE_METHOD(Refusing,
                 "P6: a tenant refused at shared destinations keeps others' items to them for a second at most") {
  refuse({"acme/"});
  open();
  for (int wave = 0; wave < 3; ++wave) {
    for (int event = 0; event < 10; ++event)
      for (const std::string destination : {"big", "wide", "huge"})
        emit("acme/" + destination + "/" + std::to_string(10 * wave + event));
    turn(200);
    CAPTURE(wave);
    REQUIRE(paused());
    const std::string other = "new" + std::to_string(wave) + "/big/1";
    emit(other);
    CHECK(is_done_within_a_second(other));
  }
}

TEST_CASE_METHOD(Refusing,
                 "P9: a destination that alone is refused does not hide that the service refuses others too") {
  refuse({"/bad/"});
  open();
  emit("acme/bad/1");
  turn(40);
  emit("bolt/good/1");
  CHECK(done("bolt/good/1"));
  refuse({"/"});
  for (int i = 0; i < 10; ++i) emit("org" + std::to_string(i) + "/bad/1");
  turn(100);
  CHECK_FALSE(paused());
  for (const char* other : {"acme/good/1", "bolt/fine/1"}) emit(other);
  turn(100);
  CHECK(paused());
}

TEST_CASE_METHOD(Refusing, "while only refused items are left, probes get rarer, and one accepted lets them all go") {
  refuse({"/"});
  open();
  for (const char* id : {"acme/x/1", "bolt/x/1", "core/x/1"}) emit(id);
  turn(100);
  REQUIRE(paused());
  const std::size_t before = step.calls.size();
  for (int second = 0; second < 600; ++second) {
    turn(20);
    clock.turn(1s);
  }
  CHECK(step.calls.size() - before <= 600 / 15 + 10);
  CHECK(step.calls.size() - before >= 15);
  refuse({});
  REQUIRE(until_over_time([&] { return archived(3); }, 3600));
  for (const auto& ended : table.archive) CHECK(ended.status == RunStatus::kDone);
}

TEST_CASE_METHOD(Refusing, "P9: what is settled without asking the service does not end its pause") {
  struct Skips final : Step<std::string, std::string> {
    Skips() : Step("send-words", {}) {}
    void execute(Batch<std::string, std::string>& batch) override {
      for (auto& item : batch) {
        if (item.input() == "skip")
          item.skip("nothing to do");
        else
          item.unavailable("down");
      }
    }
  } skips;
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{only(skips)}, seed, options);
  const auto guard = ends_with_scope();
  emit("skip");
  emit("down");
  turn(40);
  emit("skip2");
  REQUIRE(until_over_time([&] { return paused(); }, 5));
  CHECK(log.counts[NoticeKind::kCircuitClosed] == 0);
}

TEST_CASE_METHOD(
    Refusing,
    "a service whose account may be locked is probed after minutes, and at once when it may have been set right") {
  struct Locked final : Step<std::string, std::string> {
    Locked() : Step("send-words", {}) {}
    std::string service_version() const override { return version; }
    void execute(Batch<std::string, std::string>& batch) override {
      ++calls;
      for (auto& item : batch) {
        if (right)
          item.succeed("sent");
        else
          item.unavailable("535", {1min, 15min});
      }
    }
    std::string version = "one";
    bool right = false;
    int calls = 0;
  } locked;
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{only(locked)}, seed, options);
  const auto guard = ends_with_scope();
  emit("mail");
  const auto pass = [&](int seconds) {
    for (int second = 0; second < seconds; ++second) {
      turn(20);
      clock.turn(1s);
    }
  };
  pass(25);
  CHECK(locked.calls == 1);
  pass(2 * 3600);
  CHECK(locked.calls >= 2 * 60 / 15);
  CHECK(locked.calls <= 25);
  const int before = locked.calls;
  pass(5);
  locked.version = "two";
  locked.right = true;
  pass(4);
  CHECK(locked.calls == before + 1);
  CHECK(archived(1));
}
