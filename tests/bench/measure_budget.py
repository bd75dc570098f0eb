"""Where the CPU time of one event goes: threads of the worker, processes and statements of Postgres."""
import collections
import re

from bench import check, jobs, processes
from bench.figures import Figure

WHAT = "where CPU time goes in one job: by thread, by process of Postgres, and by statement"
EVENTS = 40_000


class Watch(processes.Sampler):
    """Keeps the last CPU time seen of each thread of the worker and of each process of Postgres."""

    def __init__(self, worker, postgres):
        super().__init__(self.see, 0.1)
        self.worker, self.postmaster, self.connection = worker, postgres.postmaster(), postgres.connect()
        self.threads, self.servers, self.first, self.titles = {}, {}, {}, {}
        self.queries = collections.defaultdict(collections.Counter)

    def see(self):
        self.worker.look()
        self.threads.update(processes.threads(self.worker.pid()))
        for child in processes.children(self.postmaster):
            title = processes.read(f"/proc/{child}/cmdline").replace("\0", " ").strip()
            seconds = sum(spent for _, spent in processes.threads(child).values())
            if title:
                self.titles[child] = re.sub("^postgres: ", "", title)
                self.servers[child] = seconds - self.first.setdefault(child, seconds)
        with self.connection.cursor() as cursor:
            cursor.execute("select pid, query from pg_stat_activity where query <> '' and pid <> pg_backend_pid()")
            for server, query in cursor:
                self.queries[server][label_of(query)] += 1

    def server_seconds(self):
        """By what each backend was seen to do most often, or by the name of the process."""
        seconds = collections.Counter()
        own = self.connection.info.backend_pid
        for server, spent in self.servers.items():
            often = self.queries[server].most_common(1)
            seconds["this watch" if server == own else often[0][0] if often else self.titles[server]] += spent
        return seconds


def run(world):
    return of_a_job(world, world.events(EVENTS))


def of_a_job(world, events, **settings):
    world.found()
    jobs.warm_up(world)
    with world.postgres.settings(shared_preload_libraries="pg_stat_statements", track_io_timing="on"):
        world.postgres.run("create extension if not exists pg_stat_statements",
                           "alter database pawl set pg_stat_statements.track_planning = on")
        try:
            return measured(world, world.backlog(events), settings)
        finally:
            world.postgres.run("alter database pawl reset pg_stat_statements.track_planning",
                               "drop extension pg_stat_statements")


def measured(world, backlog, settings):
    backlog.load()
    world.postgres.run("select pg_stat_statements_reset()")
    worker, before = world.worker(**settings), world.postgres.cpu_seconds()
    worker.start("--until-idle")
    with Watch(worker, world.postgres) as watch:
        usage = worker.wait()
    server = world.postgres.cpu_seconds() - before
    statements = by_statement(world.postgres)  # before the checks add theirs
    check.rows(world.postgres, "pawl", backlog.events, 2)
    check.checkpoints([worker.checkpoints], "pawl", backlog.events, 2)
    return figures(backlog.events, usage, server, watch, statements)


def figures(events, usage, server, watch, statements):
    def an_event(name, seconds, note=""):
        return Figure(name, "us/event", [seconds * 1e6 / events], note=note)

    by_name = collections.Counter()
    for name, seconds in watch.threads.values():
        by_name[name] += seconds
    lines = [an_event("wall clock", usage.seconds, f"{events:,} events, with the idle second at the end"),
             an_event("CPU of the worker", usage.cpu_seconds), an_event("CPU of Postgres", server)]
    lines += [an_event(f"  thread {name}", seconds) for name, seconds in by_name.most_common() if seconds]
    lines += [an_event(f"  postgres: {title}", spent) for title, spent in watch.server_seconds().most_common() if spent]
    return lines + [an_event(f"  statement: {label}", seconds, note) for label, seconds, note in statements]


def by_statement(postgres):
    """(label, seconds in the server, what else is known), the dearest first."""
    rows = postgres.rows(
        "select query, calls, (total_exec_time + total_plan_time) / 1000, total_plan_time / 1000, rows,"
        " wal_bytes::float8, blk_read_time + blk_write_time from pg_stat_statements"
        " where query !~ 'pg_stat_(statements|activity)' order by 3 desc limit 14")
    return [(label_of(query), seconds,
             f"{calls:,} calls, {seconds * 1e3 / calls:.2f} ms a call, planning {planning * 1e3 / calls:.2f} ms,"
             f" {count:,} rows, {wal / 1e6:,.1f} MB of WAL, {io:.0f} ms of file I/O")
            for query, calls, seconds, planning, count, wal, io in rows]


def label_of(query):
    """What it writes, and how it begins."""
    query = re.sub(r"\s+", " ", query)
    written = re.findall(r"(insert into|update|delete from) ([a-z_.]+)", query)
    return (" + ".join(f"{verb} {table}" for verb, table in written) or query)[:70]
