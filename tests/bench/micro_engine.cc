// The engine path under Google Benchmark.
#include <benchmark/benchmark.h>

#include "tests/bench/engine_path.h"

namespace {

constexpr int kEvents = 10'000;

void engine_path(benchmark::State& state) {
  for (auto _ : state) pawl::bench::run_engine_path(kEvents);
  state.SetItemsProcessed(state.iterations() * kEvents);
}
BENCHMARK(engine_path)->Name("engine path, in memory [event]")->Unit(benchmark::kMillisecond);

}  // namespace
