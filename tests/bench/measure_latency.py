"""Latency of an idle worker, one event at a time.

Both moments are commits as Postgres itself dates them (`track_commit_timestamp`), so neither a poll nor a client's
clock is in between. Postgres dates a commit just before it syncs it: the event's own sync is inside the figure, the
notification's is not.
"""
import random
import time

from bench import application, check, processes
from bench.figures import Figure, Series, below, percentile

WHAT = "from commit of an event to commit of its notifications, idle worker, one event every 50 ms"
EVERY = 0.05
SECONDS = 30
FIRST = 20  # events that warm caches and plans, and are not counted


def run(world):
    world.found()
    with dated_commits(world):
        return figures(measured(world, world.events(round(world.seconds(SECONDS) / EVERY))))


def dated_commits(world):
    """Within it Postgres says when each transaction was committed."""
    return world.postgres.settings(track_commit_timestamp="on")


def measured(world, count):
    """Milliseconds of so many events, in their order, each done by one idle worker."""
    count += FIRST
    worker = world.worker(PAWL_LOG_LEVEL="info")
    application.empty(world.postgres)
    worker.start()
    worker.wait_registered()
    emit(world.postgres, count)
    processes.wait_until(lambda: archived(world.postgres) == count, 30, "the last events are archived")
    worker.stop()
    world.postgres.run("drop table if exists backlog", "create table backlog as select * from pawl.outbox_archive")
    check.rows(world.postgres, "pawl", count, 2)
    check.checkpoints([worker.checkpoints], "pawl", count, 2)
    return milliseconds(world.postgres)[FIRST:]


def archived(postgres):
    return postgres.ask("select count(*) from pawl.outbox_archive")


def emit(postgres, count):
    """At a steady pace with some jitter, so that it never falls into step with a poll."""
    rng = random.Random(1)
    connections = [id for id, in postgres.rows("select id from pms_connections")]
    with postgres.cursor() as cursor:
        due = time.monotonic()
        for number in range(count):
            due += EVERY * rng.uniform(0.8, 1.2)
            time.sleep(max(0.0, due - time.monotonic()))
            cursor.execute("insert into pms_sync_logs (connection_id, status, error_message, finished_at)"
                           " values (%s, 'error', %s, now())",
                           (connections[number % len(connections)], application.ERROR))


def milliseconds(postgres):
    """A value an event, in order of the events: until the last of its notifications was committed."""
    return [float(value) for value, in postgres.rows(
        "select extract(epoch from max(pg_xact_commit_timestamp(n.xmin)) - min(pg_xact_commit_timestamp(l.xmin)))"
        " * 1000"
        " from notifications n join pawl.outbox_archive a on a.id = n.event_id"
        " join pms_sync_logs l on l.id = (a.payload ->> 'sync_log_id')::uuid group by a.position order by a.position")]


def figures(values):
    reach = {50: below(3), 99: below(10)}
    lines = [Figure(f"p{percent}", "ms", [percentile(values, percent)], reach=reach.get(percent),
                    note=f"{len(values):,} events" if percent == 50 else "") for percent in (50, 95, 99)]
    spread = [(percent, [percentile(values, percent)]) for percent in (1, 10, 25, 50, 75, 90, 95, 99)]
    return lines + [Figure("slowest", "ms", [max(values)]),
                    Series("latency", "ms", "per cent of the events are not slower", spread, chart="latency")]
