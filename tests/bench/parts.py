"""Every part of the benchmark by name; each is a module with WHAT, one sentence, and run(world), its figures."""
from bench import measure_against, measure_archive, measure_backlog, measure_budget, measure_budget_smtp, measure_bytes, measure_idle
from bench import measure_instructions, measure_latency, measure_leased, measure_listings, measure_memory, measure_micro
from bench import measure_producers, measure_recipients, measure_replay, measure_smtp, measure_throughput, measure_workers

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
    "listings": measure_listings,
    "replay": measure_replay,
    "micro": measure_micro,
    "instructions": measure_instructions,
    "budget": measure_budget,
    "budget-smtp": measure_budget_smtp,
    "against": measure_against,
}
