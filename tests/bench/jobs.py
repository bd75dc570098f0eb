"""The whole job, once: pawl or plain SQL works a backlog off, is checked, and says what it took."""
import time
from dataclasses import dataclass

from bench import check, plain_sql, processes

WARM_UP = 500
USUAL_SECONDS = 20


@dataclass
class Job:
    """What one way of doing all of the backlog took."""
    events: int
    seconds: float
    wal_bytes: int
    usage: object = None  # of pawl's worker, the first where there are several
    crew: list = ()

    def rate(self):
        return self.events / self.seconds


def by_pawl(world, backlog, recipients=2, workers=1, **settings):
    """A fresh outbox, worked off and checked."""
    backlog.load()
    job = work_off(world, backlog, workers, **settings)
    check.rows(world.postgres, "pawl", backlog.events, recipients)
    check_checkpoints(job, recipients)
    return job


def work_off(world, backlog, workers=1, **settings):
    """Until the last event is archived: the second in which an idle worker makes sure that nothing more comes is not
    counted; starting, registering and opening the checkpoint file are."""
    crew = [world.worker(f"worker{number}", **settings) for number in range(workers)]
    wal, started = world.postgres.wal_bytes(), time.time()
    for worker in crew:
        worker.start("--until-idle")
    with processes.Sampler(lambda: [worker.look() for worker in crew], 0.05):
        usages = [worker.wait() for worker in crew]
    wal = world.postgres.wal_bytes() - wal
    ended = float(world.postgres.ask(
        "select extract(epoch from max(finished_at)) from pawl.outbox_archive a join backlog b on b.id = a.id"))
    return Job(backlog.events, ended - started, wal, usages[0], crew)


def check_checkpoints(job, recipients=2):
    check.checkpoints([worker.checkpoints for worker in job.crew], "pawl", job.events, recipients)
    for worker in job.crew:
        worker.remove_checkpoints()


def by_plain_sql(world, backlog, texts, recipients=2):
    backlog.load()
    wal = world.postgres.wal_bytes()
    seconds = plain_sql.run(world.postgres, texts)
    wal = world.postgres.wal_bytes() - wal
    check.rows(world.postgres, "plain SQL", backlog.events, recipients)
    return Job(backlog.events, seconds, wal)


def warm_up(world):
    """A first small job: fills caches, and shows which texts pawl writes."""
    job = by_pawl(world, world.backlog(WARM_UP))
    return plain_sql.texts_of(world.postgres), job


def enough_events(world):
    """For twenty seconds of pawl, from a job of a few: a shorter one is mostly a worker's start."""
    if world.options.events:
        return world.options.events
    rate = by_pawl(world, world.backlog(50_000)).rate()
    return max(10_000, int(round(rate * USUAL_SECONDS, -3)))
