"""What an event makes Postgres and SQLite write."""
from bench import jobs
from bench.figures import Figure

WHAT = "bytes written an event: write-ahead log of Postgres, checkpoint file of SQLite"
EVENTS = 20_000


def run(world):
    world.found()
    texts, _ = jobs.warm_up(world)
    backlog = world.backlog(world.events(EVENTS))
    plain, pawl = jobs.by_plain_sql(world, backlog, texts), jobs.by_pawl(world, backlog)
    return [
        Figure("WAL of Postgres, plain SQL", "bytes", [plain.wal_bytes / plain.events]),
        Figure("WAL of Postgres, pawl", "bytes", [pawl.wal_bytes / pawl.events]),
        Figure("written by SQLite", "bytes", [pawl.usage.written_bytes / pawl.events],
               note="its write-ahead log and its file"),
        Figure("the same in whole pages", "bytes", [pawl.usage.dirtied_bytes / pawl.events],
               note="pages made dirty, as the kernel counts them"),
    ]
