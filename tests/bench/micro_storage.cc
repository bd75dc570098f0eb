// What goes to disk and over the wire: a group of checkpoints, and the arrays of a statement.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "storage/checkpoints/sqlite_checkpoints.h"
#include "storage/postgres/text/array_literal.h"

namespace {

using namespace pawl::engine;

constexpr int kRuns = 500;

std::string id_of(RunNumber run) {
  const std::string digits = std::to_string(run);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

Event event_of(RunNumber run) {
  return {.position = run,
          .id = id_of(run),
          .type = "pms/connection.sync.failed",
          .aggregate_type = "pms_connection",
          .aggregate_id = id_of(run % 50),
          .tenant = id_of(run % 50),
          .payload = std::string(R"({"text":")") + std::string(320, 'x') + R"("})"};
}

StepSettled settled(RunNumber run, const char* step, const std::string& key, std::size_t size) {
  return {.run = run, .step = {step, key}, .result = '"' + std::string(size, 'x') + '"'};
}

// All checkpoints of runs of the usual shape, each as long as there, in the order in which a worker's come: one step of
// many runs, then the next step, and at last each run's mails with its end.
std::vector<Checkpoint> group_of(RunNumber first) {
  std::vector<Checkpoint> group;
  const auto add_each = [&](auto add) {
    for (RunNumber run = first; run < first + kRuns; ++run) add(run);
  };
  add_each([&](RunNumber run) { group.push_back(RunStarted{.run = run, .event = event_of(run)}); });
  add_each([&](RunNumber run) { group.push_back(settled(run, "resolve-recipients", "", 120)); });
  add_each([&](RunNumber run) { group.push_back(settled(run, "create-in-app", "", 10)); });
  add_each([&](RunNumber run) {
    group.push_back(settled(run, "send-email", id_of(1), 60));
    group.push_back(settled(run, "send-email", id_of(2), 60));
    group.push_back(RunEnded{.run = run, .status = RunStatus::kDone, .reason = {}, .at = {}});
  });
  return group;
}

// A folder that goes when it does; its disk is the one of TMPDIR.
struct TemporaryFolder {
  TemporaryFolder() : path((std::filesystem::temp_directory_path() / "pawl-micro.XXXXXX").string()) {
    if (!mkdtemp(path.data())) throw std::runtime_error("cannot make a temporary folder");
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

void commit_group(benchmark::State& state) {
  const TemporaryFolder folder;
  pawl::storage::SqliteCheckpoints store(folder.path + "/checkpoints.db");
  RunNumber next = store.recover().next_run;
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<Checkpoint> group = group_of(next);
    next += kRuns;
    state.ResumeTiming();
    store.commit(group);
  }
  state.SetItemsProcessed(state.iterations() * kRuns);
}
BENCHMARK(commit_group)
    ->Name("commit 500 runs' checkpoints to SQLite, synced [run]")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void array_literal(benchmark::State& state, const std::string& element) {
  for (auto _ : state) {
    pawl::storage::ArrayLiteral array;
    for (int i = 0; i < kRuns; ++i) array.add(element);
    benchmark::DoNotOptimize(array.text());
  }
  state.SetItemsProcessed(state.iterations() * kRuns);
}
BENCHMARK_CAPTURE(array_literal, ids, id_of(1))->Name("array literal of 500 ids [id]");
BENCHMARK_CAPTURE(array_literal, bodies,
                  "Reapit (Main) failed to sync for \"Acme Lettings\".\n" + std::string(300, 'x'))
    ->Name("array literal of 500 bodies [body]");

}  // namespace
