"""Every part of the benchmark by name; each is a module with WHAT, one sentence, and run(world), its figures."""
from bench import measure_budget, measure_throughput

ALL = {
    "throughput": measure_throughput,
    "budget": measure_budget,
}
