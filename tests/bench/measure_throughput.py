"""Events a second against the same writes as plain SQL, taking turns."""
from bench import jobs
from bench.figures import Figure, at_least

WHAT = "events/s with a null mailer, two recipients an event, against the same writes as plain SQL"


def run(world):
    world.found()
    texts, _ = jobs.warm_up(world)
    backlog = world.backlog(jobs.enough_events(world))
    plain, pawl = [], []
    for number in range(1, world.options.rounds + 1):
        plain.append(jobs.by_plain_sql(world, backlog, texts))
        pawl.append(jobs.by_pawl(world, backlog))
        world.say(f"  round {number}: plain SQL {plain[-1].rate():,.0f}, pawl {pawl[-1].rate():,.0f} events/s,"
                  f" ratio {pawl[-1].rate() / plain[-1].rate():.2f}")
    return figures(backlog.events, plain, pawl)


def figures(events, plain, pawl):
    return [
        Figure("plain SQL, 500 a batch", "events/s", [job.rate() for job in plain], note=f"{events:,} events",
               chart="throughput"),
        Figure("pawl, every step checkpointed", "events/s", [job.rate() for job in pawl], chart="throughput"),
        Figure("ratio in the same round", "", [b.rate() / a.rate() for a, b in zip(plain, pawl)],
               reach=at_least(0.8)),
        Figure("CPU of the worker", "us/event", [job.usage.cpu_seconds * 1e6 / events for job in pawl]),
        Figure("highest memory of the worker", "MiB", [job.usage.peak_bytes / 2**20 for job in pawl]),
    ]
