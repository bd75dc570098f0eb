"""Several workers on one outbox, each with a checkpoint file of its own."""
from bench import jobs
from bench.figures import Figure, Series, at_least

WHAT = "1, 2 and 4 workers on one outbox, and that no event is done twice"
WORKERS = (1, 2, 4)
EVENTS = 40_000


def run(world):
    world.found()
    backlog = world.backlog(world.events(EVENTS))
    rates = {workers: [] for workers in WORKERS}
    for number in range(1, world.options.rounds + 1):
        for workers in WORKERS:
            rates[workers].append(jobs.by_pawl(world, backlog, workers=workers).rate())
        world.say(f"  round {number}: " + ", ".join(f"{workers}: {rates[workers][-1]:,.0f}" for workers in WORKERS))
    return [
        Series("pawl", "events/s", "workers", list(rates.items()), chart="workers"),
        Figure("two workers / one", "", [two / one for one, two in zip(rates[1], rates[2])], reach=at_least(1)),
    ]
