"""What a claim costs when others hold many events, much is archived, and an old transaction keeps dead rows.

A claim's cost is the time the server spends on all statements of the outbox but the archiving: claims, sweeps, searches
for redelivered events, from pg_stat_statements.
"""
import contextlib

from bench import application, check, jobs
from bench.figures import Figure, Series, below

WHAT = "what a claim costs with up to 100,000 leased events, 1,000,000 archived, and an old transaction held open"
LEASED = (0, 1_000, 10_000, 100_000)
ARCHIVED = 1_000_000
EVENTS = 60_000  # several seconds: a worker's first sweep reads every leased row, a later one comes every few seconds


def run(world):
    world.found()
    with world.postgres.settings(shared_preload_libraries="pg_stat_statements"):
        world.postgres.run("create extension if not exists pg_stat_statements")
        try:
            return measured(world, world.events(EVENTS))
        finally:
            world.postgres.run("drop extension pg_stat_statements")


def measured(world, events):
    def scaled(size):
        return size * events // EVENTS

    most = application.Leased(world.postgres, scaled(LEASED[-1]))
    backlog = world.backlog(events)
    by_leased = {scaled(count): [] for count in LEASED}
    held, everything, archived = [], [], scaled(ARCHIVED)
    for number in range(1, world.options.rounds + 1):
        for count, costs in by_leased.items():
            costs.append(claim_cost(world, backlog, most, count))
        held.append(claim_cost(world, backlog, most, 0, old_transaction=True))
        everything.append(claim_cost(world, backlog, most, most.events, archived, old_transaction=True))
        world.say(f"  round {number}: {by_leased[0][-1]:.1f} us an event when empty, {everything[-1]:.1f} with it all")
    return figures(by_leased, held, everything, f"{most.events:,} leased, {archived:,} archived")


def claim_cost(world, backlog, most, leased, archived=0, old_transaction=False):
    """Microseconds an event."""
    postgres = world.postgres
    backlog.load(lambda: most.load(leased), lambda: application.fill_archive(postgres, archived))
    with contextlib.closing(postgres.connect()) as old:
        if old_transaction:
            old.cursor().execute("begin isolation level repeatable read; select txid_current()")
        postgres.run("select pg_stat_statements_reset()")
        job = jobs.work_off(world, backlog)
        cost = postgres.ask("select sum(total_exec_time) * 1000 from pg_stat_statements"
                            " where query like '%pawl.outbox %' and query not like '%outbox_archive%'")
    check.rows(postgres, "pawl", backlog.events, 2, archived_before=archived, left=leased)
    jobs.check_checkpoints(job)
    return cost / backlog.events


def figures(by_leased, held, everything, much):
    return [
        Series("claiming", "us/event", "events leased to another worker", list(by_leased.items()), chart="leased"),
        Figure("claiming, an old transaction held", "us/event", held),
        Figure(f"claiming, {much}, an old transaction held", "us/event", everything),
        Figure("the last / empty", "", [a / b for a, b in zip(everything, by_leased[0])], reach=below(1.2)),
    ]
