"""What the doorbell costs those who emit, beside a worker that is busy.

Three copies of pawl.write_event, which pawl.emit calls, take turns: as it is; with its bell cut out; with a bell that rings every time. The copies are
made from the text of the function as it was migrated, so they are the same in everything else.
"""
import re

from bench import application, check, pgbench, processes
from bench.errors import Refused
from bench.figures import Figure, at_least

WHAT = "producers' rate with the doorbell against none and against NOTIFY every time, worker busy, 8 and 32 clients"
CLIENTS = (8, 32)
SECONDS = 5
BACKLOG = 20_000  # a second, before the producers start: the worker is not to run out of it, however few they emit
BELL = re.compile(r"if exists \(select from pawl\.workers where asleep.*?end if;", re.S)
RINGS_EVERY_TIME = "perform pg_notify('pawl', '');"


def run(world):
    world.found()
    functions = copies(world.postgres)
    backlog = world.backlog(BACKLOG * world.seconds(SECONDS))
    rates = {(name, clients): [] for name in functions for clients in CLIENTS}
    for number in range(1, world.options.rounds + 1):
        for clients in CLIENTS:
            for name in turned(list(functions), number):
                rates[name, clients].append(produce(world, backlog, functions[name], clients))
            world.say(f"  round {number}, {clients} clients: " + ", ".join(
                f"{name} {rates[name, clients][-1]:,.0f}" for name in functions) + " events/s")
    return figures(rates)


def turned(names, by):
    """Nobody is always the first."""
    return names[by % len(names):] + names[:by % len(names)]


def copies(postgres):
    source = postgres.ask("select pg_get_functiondef('pawl.write_event'::regproc)")
    if len(BELL.findall(source)) != 1:
        raise RuntimeError("pawl.write_event has no bell where it is looked for: measure_producers.py has to be told")
    for schema, bell in (("without_bell", ""), ("notifying", RINGS_EVERY_TIME)):  # the body speaks of itself as `write_event`
        postgres.run(f"create schema if not exists {schema}",
                     BELL.sub(bell, source).replace("FUNCTION pawl.write_event(", f"FUNCTION {schema}.write_event("))
    return {"doorbell": "pawl.write_event", "no bell": "without_bell.write_event",
            "NOTIFY every time": "notifying.write_event"}


def produce(world, backlog, function, clients):
    """The rate of one variant, each event in a transaction of its own, with the worker awake from beginning to end."""
    postgres = world.postgres
    backlog.load()
    connection = postgres.ask("select id from pms_connections limit 1")
    payload = postgres.ask("select payload::text from pawl.outbox limit 1").replace("'", "''")
    worker = world.worker(PAWL_LOG_LEVEL="info")
    worker.start()
    worker.wait_registered()
    processes.wait_until(lambda: postgres.ask("select count(*) > 0 from pawl.outbox_archive"), 30, "the worker works")
    script = (f"select {function}('{application.TYPE}', 'pms_connection', '{connection}',"
              f" '{payload}');\n")
    rate, emitted = pgbench.run(postgres, world.folder, script, clients, world.seconds(SECONDS))
    asleep = postgres.ask("select bool_or(asleep) from pawl.workers")
    worker.kill()
    check.compare(function, {"events": backlog.events + emitted}, {"events": postgres.ask(
        "select (select count(*) from pawl.outbox) + (select count(*) from pawl.outbox_archive)")})
    if asleep:
        raise Refused(f"the worker fell asleep beside {clients} producers, so it was not busy")
    return rate


def figures(rates):
    lines = [Figure(f"{name}, {clients} clients", "events/s", samples, chart="producers")
             for (name, clients), samples in sorted(rates.items(), key=lambda rate: rate[0][1])]
    for clients in CLIENTS:
        base = rates["no bell", clients]
        for name, reach in (("doorbell", at_least(0.9)), ("NOTIFY every time", None)):
            lines.append(Figure(f"{name} / no bell, {clients} clients", "",
                                [a / b for a, b in zip(rates[name, clients], base)], reach=reach))
    return lines
