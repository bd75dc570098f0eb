"""Whether a long queue slows the worker that works on it."""
import time

from bench import check, processes
from bench.figures import Series

WHAT = "how cost grows with a backlog of 10,000 to 1,000,000 events"
SIZES = (10_000, 100_000, 1_000_000)
EVENTS = 10_000  # worked off of each; then the worker is stopped


def run(world):
    world.found()
    events = world.events(EVENTS)
    sizes = [size * events // EVENTS for size in SIZES]
    rates, memory = {}, {}
    for size in sizes:
        backlog = world.backlog(size)
        jobs = [some(world, backlog, events) for _ in range(world.options.rounds)]
        rates[size], memory[size] = [rate for rate, _ in jobs], [peak for _, peak in jobs]
        world.say(f"  {size:,} pending: {rates[size][-1]:,.0f} events/s")
    return [
        Series("pawl", "events/s", "events pending", list(rates.items()), chart="backlog"),
        Series("highest memory of the worker", "MiB", "events pending", list(memory.items())),
    ]


def some(world, backlog, events):
    """(events/s, MiB) over the first events of the backlog; what was begun when it was stopped is finished."""
    backlog.load()
    postgres, worker, started = world.postgres, world.worker(), time.time()
    worker.start()
    with processes.Sampler(worker.look, 0.05):
        processes.wait_until(lambda: worker.alive() and archived(postgres) >= events, 600, f"{events:,} are done")
        usage = worker.stop()
    done, ended = postgres.row("select count(*), extract(epoch from max(finished_at)) from pawl.outbox_archive")
    check.some(postgres, "pawl", backlog.events, done, 2)
    check.checkpoints([worker.checkpoints], "pawl", done, 2)
    return done / (float(ended) - started), usage.peak_bytes / 2**20


def archived(postgres):
    return postgres.ask("select count(*) from pawl.outbox_archive")
