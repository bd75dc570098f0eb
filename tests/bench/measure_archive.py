"""Whether what was done before slows what is to be done."""
from bench import application, check, jobs
from bench.figures import Series

WHAT = "how cost grows with an archive of 0 to 5,000,000 rows"
SIZES = (0, 100_000, 1_000_000, 5_000_000)
EVENTS = 20_000


def run(world):
    world.found()
    events = world.events(EVENTS)
    backlog = world.backlog(events)
    backlog.load()
    points, held = [], 0
    for size in [size * events // EVENTS for size in SIZES]:
        application.fill_archive(world.postgres, size - held)
        held = size
        samples = []
        for _ in range(world.options.rounds):
            backlog.load(keep_archive=True)
            job = jobs.work_off(world, backlog)
            check.rows(world.postgres, "pawl", events, 2, archived_before=held)
            jobs.check_checkpoints(job)
            samples.append(job.rate())
        points.append((size, samples))
        world.say(f"  {size:,} rows archived: {samples[-1]:,.0f} events/s")
    return [Series("pawl", "events/s", "rows archived", points, chart="archive")]
