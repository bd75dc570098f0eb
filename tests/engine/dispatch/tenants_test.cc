// A tenant with whom a step's calls fail, and what becomes of the others.
#include <catch2/catch.hpp>
#include <set>

#include "engine/runs/run_state.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

// One statement a call, as of a database: it does all of its items or none. An event's id is `tenant/number`.
struct StatementStep final : Step<std::string, std::string> {
  explicit StatementStep(std::size_t batch_max = 500)
      : Step("insert-words", {.retry = {.max_attempts = 3}, .batch_max = batch_max, .refused_subjects_max = 2}) {}

  static std::string tenant_part(const std::string& id) { return id.substr(0, id.find('/')); }
  std::string tenant(const std::string& id) const override { return tenant_part(id); }
  void execute(Batch<std::string, std::string>& batch) override {
    std::set<std::string> tenants;
    std::string failing;
    for (const auto& item : batch) {
      tenants.insert(tenant_part(item.input()));
      attempts[item.input()] = std::max(attempts[item.input()], item.attempt());
      if (refuses(item.input())) failing = item.input();
    }
    calls.push_back({tenants, batch.size(), !failing.empty()});
    if (!failing.empty()) throw RefusedError("insert: denied for " + failing, concerns);
    for (auto& item : batch) item.succeed("inserted");
  }
  void check_service() override {
    ++checks;
    if (broken) throw RefusedError("insert: permission denied for table words");
  }

  struct Call {
    std::set<std::string> tenants;
    std::size_t items;
    bool failed;
  };
  std::function<bool(const std::string&)> refuses = [](const std::string&) { return false; };
  Concerns concerns = Concerns::kUnclear;
  bool broken = false;
  int checks = 0;
  std::map<std::string, int> attempts;
  std::vector<Call> calls;
};

struct Tenants : RunnerWorld {
  StatementStep step;

  ~Tenants() { worker.reset(); }  // before its steps

  void open() {
    options.lease = 240h;
    worker = std::make_unique<Worker>(table, store, clock, log, std::vector{only(step)}, seed, options);
  }
  void emit_many(const std::string& tenant, int count) {
    for (int i = 0; i < count; ++i) emit(tenant + "/" + std::to_string(numbered_++));
  }
  void refuse(std::set<std::string> tenants) {
    step.refuses = [tenants](const std::string& id) { return tenants.contains(StatementStep::tenant_part(id)); };
  }
  int ended(const std::string& tenant, RunStatus status = RunStatus::kDone) const {
    return static_cast<int>(std::count_if(table.archive.begin(), table.archive.end(), [&](const auto& ended) {
      return ended.status == status && ended.event.id.starts_with(tenant + "/");
    }));
  }
  bool paused() const { return !worker->runner.status().open_circuits.empty(); }
  int attempts_most(const std::string& tenant) const {
    int most = 0;
    for (const auto& [id, attempt] : step.attempts)
      if (id.starts_with(tenant + "/")) most = std::max(most, attempt);
    return most;
  }

 private:
  int numbered_ = 0;
};

}  // namespace

TEST_CASE_METHOD(Tenants, "P6: items of a tenant whose calls are refused keep nobody else's waiting, and fail alone") {
  refuse({"acme"});
  open();
  emit_many("acme", 50);
  emit_many("bolt", 20);
  emit_many("core", 1);
  REQUIRE(until([&] { return ended("bolt") == 20 && ended("core") == 1; }));  // at once: no clock has turned
  CHECK_FALSE(paused());
  emit_many("bolt", 5);
  REQUIRE(until([&] { return ended("bolt") == 25; }));
  REQUIRE(until_over_time([&] { return paused() || ended("acme", RunStatus::kFailed) == 50; }, 600));
  CHECK_FALSE(paused());
  CHECK(attempts_most("acme") == 3);
  CHECK(attempts_most("bolt") == 1);
  CHECK(table.archive.back().reason.find("denied for acme/") != std::string::npos);
}

TEST_CASE_METHOD(Tenants, "P6: while a tenant is refused, others wait for one of its calls at most, and share none") {
  StatementStep single(1);
  single.refuses = [](const std::string& id) { return id.starts_with("acme/"); };
  options.lease = 240h;
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{only(single)}, seed, options);
  const auto guard = ends_with_scope();
  emit_many("acme", 100);
  REQUIRE(until([&] { return single.calls.size() > 5; }));
  const auto before = static_cast<std::ptrdiff_t>(single.calls.size());
  emit_many("bolt", 20);
  REQUIRE(until([&] { return ended("bolt") == 20; }));
  const auto failed = [](const auto& call) { return call.failed; };
  CHECK(std::count_if(single.calls.begin() + before, single.calls.end(), failed) <= 20 + 10);
  const auto is_bolts = [](const auto& call) { return call.tenants.contains("bolt"); };
  const auto first = std::find_if(single.calls.begin(), single.calls.end(), is_bolts);
  const auto last = std::find_if(single.calls.rbegin(), single.calls.rend(), is_bolts).base();
  CHECK(std::adjacent_find(first, last,
                           [](const auto& call, const auto& next) { return call.failed && next.failed; }) == last);
  for (const auto& call : single.calls) CHECK(call.tenants.size() == 1);
  CHECK(ended("acme", RunStatus::kFailed) < 100);
}

TEST_CASE_METHOD(Tenants, "P6: of one tenant's items only the refused one fails, and no other loses an attempt") {
  step.refuses = [](const std::string& id) { return id == "acme/77"; };
  open();
  emit_many("acme", 300);
  REQUIRE(until_over_time([&] { return archived(300); }, 600));
  CHECK(ended("acme") == 299);
  for (const auto& [id, attempts] : step.attempts) CHECK(attempts == (id == "acme/77" ? 3 : 1));
  CHECK_FALSE(paused());
}

TEST_CASE_METHOD(Tenants, "what is too much for one call is done by smaller ones, at no attempt") {
  std::size_t most = 0;
  struct Slow final : Step<std::string, std::string> {
    explicit Slow(std::size_t& most) : Step("insert-words", {}), most(most) {}
    std::string tenant(const std::string&) const override { return "acme"; }
    void execute(Batch<std::string, std::string>& batch) override {
      if (batch.size() > 7) throw UnavailableError("insert: statement timeout", Concerns::kUnclear);
      most = std::max(most, batch.size());
      for (auto& item : batch) item.succeed(std::to_string(item.attempt()));
    }
    std::size_t& most;
  } slow(most);
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{only(slow)}, seed, options);
  const auto guard = ends_with_scope();
  emit_many("acme", 150);  // as many as a paused step keeps in memory
  REQUIRE(until([&] { return archived(150); }, 5000));
  CHECK(most > 1);
  CHECK(worker->runner.status().attempts_failed == 0);
}

TEST_CASE_METHOD(Tenants, "P6 P9: two tenants refused alone pause the step at no cost, and keep nobody new waiting") {
  refuse({"acme", "bolt"});
  open();
  emit_many("acme", 10);
  emit_many("bolt", 10);
  REQUIRE(until([&] { return paused(); }));
  CHECK(worker->runner.status().attempts_failed == 0);
  emit_many("core", 1);
  REQUIRE(until_over_time([&] { return ended("core") == 1; }, 3));
  for (int round = 0; round < 30; ++round) {  // those two are known now
    emit_many("core", 1);
    REQUIRE(until([&] { return ended("core") == 2 + round; }));
    clock.turn(1s);
    turn(40);
  }
  CHECK(log.counts[NoticeKind::kCircuitOpened] == 1);
  refuse({});
  REQUIRE(until_over_time([&] { return archived(51); }, 600));
}

TEST_CASE_METHOD(Tenants, "P9: a service that refuses every tenant is paused for all, and all go when it is right") {
  open();
  refuse({"acme", "bolt", "core", "dune", "east"});
  for (const char* tenant : {"acme", "bolt", "core", "dune", "east"}) emit_many(tenant, 40);
  REQUIRE(until([&] { return paused(); }));
  for (int second = 0; second < 300; ++second) {
    turn(20);
    clock.turn(1s);
  }
  CHECK(paused());
  CHECK(worker->runner.status().attempts_failed == 0);
  refuse({});
  REQUIRE(until_over_time([&] { return archived(200); }, 600));
  for (const auto& ended : table.archive) REQUIRE(ended.status == RunStatus::kDone);
}

TEST_CASE_METHOD(Tenants, "with nobody to compare by, a service that refuses to do nothing is paused at no attempt") {
  refuse({"acme"});
  step.broken = true;
  open();
  emit_many("acme", GENERATE(1, 12));
  REQUIRE(until([&] { return paused(); }));
  CHECK(worker->runner.status().open_circuits[0].reason == "insert: permission denied for table words");
  for (int second = 0; second < 300; ++second) {
    turn(20);
    clock.turn(1s);
  }
  CHECK(worker->runner.status().attempts_failed == 0);
  step.broken = false;
  refuse({});
  REQUIRE(until_over_time([&] { return worker->runner.idle(); }, 120));
  CHECK(attempts_most("acme") == 1);
}

TEST_CASE_METHOD(Tenants,
                 "P6 P9: what is presumed to be everybody's pauses the step at no cost, until another is accepted") {
  step.concerns = Concerns::kPresumed;
  refuse({"acme"});
  open();
  emit_many("acme", 50);
  REQUIRE(until([&] { return paused(); }));
  for (int second = 0; second < 300; ++second) {
    turn(20);
    clock.turn(1s);
  }
  CHECK(paused());
  CHECK(worker->runner.status().attempts_failed == 0);
  emit_many("bolt", 20);
  REQUIRE(until_over_time([&] { return ended("bolt") == 20; }, 20));
  CHECK_FALSE(paused());
  REQUIRE(until_over_time([&] { return paused() || ended("acme", RunStatus::kFailed) == 50; }, 600));
  CHECK_FALSE(paused());
  CHECK(attempts_most("acme") == 3);
  CHECK(attempts_most("bolt") == 1);
}

TEST_CASE("whose an item is, the event says, or it is what the event is about") {
  Event event;
  event.aggregate_id = "connection";
  const WorkflowDefinition none;
  StoredRun stored;
  stored.event = event;
  RunState unnamed(none, stored);
  stored.event.tenant = "acme";
  RunState named(none, stored);
  const ScriptedStep step("find-words", {});
  CHECK(step.tenant_of(TypedExecution<std::string, std::string>(unnamed, step, "", "x")) == "connection");
  CHECK(step.tenant_of(TypedExecution<std::string, std::string>(named, step, "", "x")) == "acme");
}
