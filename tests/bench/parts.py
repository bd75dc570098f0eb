"""Every part of the benchmark by name; each is a module with WHAT, one sentence, and run(world), its figures."""
from bench import measure_budget, measure_bytes, measure_idle, measure_instructions, measure_latency, measure_memory
from bench import measure_micro, measure_producers, measure_smtp, measure_throughput

ALL = {
    "throughput": measure_throughput,
    "latency": measure_latency,
    "memory": measure_memory,
    "idle": measure_idle,
    "bytes": measure_bytes,
    "producers": measure_producers,
    "smtp": measure_smtp,
    "micro": measure_micro,
    "instructions": measure_instructions,
    "budget": measure_budget,
}
