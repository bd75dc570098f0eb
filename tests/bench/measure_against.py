"""This build against another pawl, in turns, each with a Postgres of its own, since their tables may differ.

A machine's speed changes from minute to minute, so what is told are ratios of one round, with the interval that encloses
their median. Which build goes first changes from round to round.
"""
import contextlib
import os

from bench import jobs, measure_latency, measure_memory, measure_smtp
from bench.errors import Skipped
from bench.figures import Figure, interval, number, percentile
from bench.postfix import Postfix, Sink
from bench.world import beside

WHAT = "this build / the one of --against in the same round; each with a Postgres of its own"
EVENTS = 50_000
LATENCIES = 200
WAITING = 20_000
CONNECTIONS = 32
MAIL_EVENTS = 10_000
MAILS = 20_000


def run(world):
    with beside(world, world.options.against) as other:
        sides = (world, other)
        for side in sides:
            side.found()
            jobs.by_pawl(side, side.backlog(jobs.WARM_UP))
        lines = throughput(sides) + latency(sides) + memory(sides)
        try:
            return lines + smtp(sides)
        except Skipped as reason:
            world.say(f"  over SMTP: skipped, {reason}")
            return lines


def in_turns(sides, measure):
    """What `measure` returns for each side, a pair a round."""
    rounds = []
    for number_of_round in range(1, sides[0].options.rounds + 1):
        order = sides if number_of_round % 2 else sides[::-1]
        found = {side: measure(side) for side in order}
        rounds.append([found[side] for side in sides])
        sides[0].say(f"  {measure.__name__}, round {number_of_round}: {found[sides[0]]} / {found[sides[1]]}")
    return rounds


def ratios(rounds, units):
    """A figure of each measure; `rounds` holds pairs of {name: value}."""
    return [ratio(name, unit, [here[name] for here, _ in rounds], [there[name] for _, there in rounds])
            for name, unit in units.items() if all(name in side for pair in rounds for side in pair)]


def ratio(name, unit, here, there):
    samples = [a / b for a, b in zip(here, there)]
    lowest, highest, confidence = interval(samples)
    middles = " / ".join(number(Figure("", unit, values).median()) for values in (here, there))
    return Figure(name, "", samples,
                  note=f"{middles} {unit}; {100 * confidence:.0f} % sure of {number(lowest)} .. {number(highest)}")


def throughput(sides):
    events = sides[0].events(EVENTS)
    backlogs = {side: side.backlog(events) for side in sides}

    def job(side):
        done = jobs.by_pawl(side, backlogs[side])
        return {"null mailer": done.rate(), "CPU of the worker": done.usage.cpu_seconds * 1e6 / events,
                "WAL of Postgres": done.wal_bytes / events, "written to SQLite": done.usage.written_bytes / events,
                "highest memory": done.usage.peak_bytes / 2**20}

    return ratios(in_turns(sides, job), {"null mailer": "events/s", "CPU of the worker": "us/event",
                                         "WAL of Postgres": "bytes/event", "written to SQLite": "bytes/event",
                                         "highest memory": "MiB"})


def latency(sides):
    def idle(side):
        values = measure_latency.measured(side, LATENCIES)
        return {"latency p50": percentile(values, 50), "latency p95": percentile(values, 95)}

    with contextlib.ExitStack() as settings:
        for side in sides:
            settings.enter_context(measure_latency.dated_commits(side))
        return ratios(in_turns(sides, idle), {"latency p50": "ms", "latency p95": "ms"})


def memory(sides):
    def outage(side):
        resident, _, _ = measure_memory.with_an_outage(side, WAITING)
        return {f"memory with {WAITING:,} runs waiting": resident / 2**20}

    return ratios(in_turns(sides, outage), {f"memory with {WAITING:,} runs waiting": "MiB"})


def smtp(sides):
    sink = Sink(sides[0], Postfix(sides[0].options.build))
    loops = {side: mailer_loop(side) for side in sides}
    mail = measure_smtp.a_mail(sides[0])
    backlogs = {side: side.backlog(MAIL_EVENTS) for side in sides}

    def mails(side):
        found = {"whole job over SMTP": measure_smtp.whole_job(side, backlogs[side], sink, CONNECTIONS)}
        if loops[side]:
            found["mailer alone"] = measure_smtp.loop(loops[side], sink, CONNECTIONS, MAILS, mail)
        return found

    return ratios(in_turns(sides, mails), {"whole job over SMTP": "events/s", "mailer alone": "mails/s"})


def mailer_loop(side):
    """Empty where it was not built beside the other binary."""
    if side.pawl == os.path.join(side.options.build, "pawl"):
        return side.program("bench_mailer_loop")
    path = os.path.join(os.path.dirname(side.pawl), "bench_mailer_loop")
    return path if os.path.exists(path) else ""
