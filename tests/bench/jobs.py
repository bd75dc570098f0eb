"""The whole job, once: pawl or plain SQL works a backlog off, is checked, and says what it took."""
import time
from dataclasses import dataclass

from bench import check, plain_sql

WARM_UP = 500
USUAL_SECONDS = 20


@dataclass
class Job:
    """What one way of doing all of the backlog took."""
    events: int
    seconds: float
    wal_bytes: int
    usage: object = None  # of pawl's worker

    def rate(self):
        return self.events / self.seconds


def by_pawl(world, backlog, recipients=2, **settings):
    """Until the last event is archived: the second in which an idle worker makes sure that nothing more comes is not
    counted; starting, registering and opening the checkpoint file are."""
    backlog.load()
    worker, wal, started = world.worker(**settings), world.postgres.wal_bytes(), time.time()
    usage = worker.run_until_idle()
    wal = world.postgres.wal_bytes() - wal
    ended = float(world.postgres.ask("select extract(epoch from max(finished_at)) from pawl.outbox_archive"))
    check.rows(world.postgres, "pawl", backlog.events, recipients)
    check.checkpoints([worker.checkpoints], "pawl", backlog.events, recipients)
    worker.remove_checkpoints()
    return Job(backlog.events, ended - started, wal, usage)


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
    """For twenty seconds of pawl, from a job of a second or two."""
    if world.options.events:
        return world.options.events
    rate = by_pawl(world, world.backlog(10_000)).rate()
    return max(10_000, int(round(rate * USUAL_SECONDS, -3)))
