"""Whether a long queue slows the worker that works on it."""
import time

from bench import check, processes
from bench.figures import Series

WHAT = "how cost grows with a backlog of 10,000 to 1,000,000 events"
SIZES = (10_000, 100_000, 1_000_000)
EVENTS = 20_000  # worked off of each at most; then the worker is stopped


def run(world):
    world.found()
    events = world.events(EVENTS)
    rates, starts, memory = {}, {}, {}
    for size in [size * events // EVENTS for size in SIZES]:
        backlog = world.backlog(size)
        rates[size], starts[size], memory[size] = zip(*(some(world, backlog, min(events, size))
                                                        for _ in range(world.options.rounds)))
        world.say(f"  {size:,} pending: {rates[size][-1]:,.0f} events/s after {starts[size][-1]:.2f} s")
    return [
        Series("pawl, once it has started", "events/s", "events pending", list(rates.items()), chart="backlog"),
        Series("from the start of the process to the first archived event", "s", "events pending",
               list(starts.items())),
        Series("highest memory of the worker", "MiB", "events pending", list(memory.items())),
    ]


def some(world, backlog, events):
    """(events/s from the first archived events on, seconds until then, MiB) over the first events of the backlog; what
    was begun when the worker was stopped is finished."""
    backlog.load()
    postgres, worker, started = world.postgres, world.worker(), time.time()
    worker.start()
    with processes.Sampler(worker.look, 0.05):
        processes.wait_until(lambda: worker.alive() and archived(postgres) >= events, 600, f"{events:,} are done")
        usage = worker.stop()
    done, first, last, at_once = postgres.row(
        "select count(*), extract(epoch from min(finished_at))::float8, extract(epoch from max(finished_at))::float8,"
        " count(*) filter (where finished_at = (select min(finished_at) from pawl.outbox_archive))"
        " from pawl.outbox_archive")
    check.some(postgres, "pawl", backlog.events, done, 2)
    check.checkpoints([worker.checkpoints], "pawl", done, 2)
    return (done - at_once) / (last - first), first - started, usage.peak_bytes / 2**20


def archived(postgres):
    return postgres.ask("select count(*) from pawl.outbox_archive")
