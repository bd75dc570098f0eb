"""The budget of a job whose mails go to a local smtp-sink over 64 connections; the sink's own CPU is not in it."""
from bench import measure_budget
from bench.postfix import Postfix, Sink

WHAT = "the same of a job that sends its mails to a local smtp-sink over 64 connections"
CONNECTIONS = 64
EVENTS = 10_000


def run(world):
    sink = Sink(world, Postfix(world.options.build))
    return measure_budget.of_a_job(world, world.events(EVENTS),
                                   PAWL_MAIL=f"{sink.url()}?tls=none&connections={CONNECTIONS}")
