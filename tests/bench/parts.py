"""Every part of the benchmark by name; each is a module with WHAT, one sentence, and run(world), its figures."""
from bench import measure_archive, measure_backlog, measure_budget, measure_bytes, measure_idle, measure_instructions
from bench import measure_latency, measure_leased, measure_memory, measure_micro, measure_producers, measure_recipients
from bench import measure_smtp, measure_throughput, measure_workers

ALL = {
    "throughput": measure_throughput,
    "latency": measure_latency,
    "memory": measure_memory,
    "idle": measure_idle,
    "bytes": measure_bytes,
    "smtp": measure_smtp,
    "producers": measure_producers,
    "recipients": measure_recipients,
    "backlog": measure_backlog,
    "archive": measure_archive,
    "leased": measure_leased,
    "workers": measure_workers,
    "micro": measure_micro,
    "instructions": measure_instructions,
    "budget": measure_budget,
}
