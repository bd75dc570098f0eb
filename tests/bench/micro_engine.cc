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

void fan_out(benchmark::State& state) {
  const int items = static_cast<int>(state.range(0));
  for (auto _ : state) pawl::bench::run_fan_out(items);
  state.SetItemsProcessed(state.iterations() * items);
}
BENCHMARK(fan_out)->Name("fan-out of one run, in memory [step]")->Arg(500)->Arg(8000)->Unit(benchmark::kMillisecond);

}  // namespace
