"""One soak from beginning to end; exit 1 on any violation, with the evidence in a named folder."""
import os
import shutil
import signal
import sys
import tempfile
import time

from chaos import options as chaos_options
from chaos import report
from chaos.drain import Drain
from chaos.evidence import Evidence
from chaos.oracle import Oracle
from chaos.producers import COUNTED
from chaos.relay import mails
from chaos.sink import ACTIONS
from chaos.world import World


def endure(world):
    """The safety phase; returns its length in seconds."""
    began = time.monotonic()
    world.relay.ask(f"faults {world.calm}")
    for worker in world.workers:
        worker.start()
        worker.ready()
        worker.note_arguments()
    threads = [*world.producers, world.churn, *(lanes := world.lanes())]
    for thread in threads:
        thread.start()
    for lane in lanes:
        lane.join()
    for failure in world.all_threads_failures(lanes):
        world.violate("soak", "a thread of the soak itself ended", [failure])
    return time.monotonic() - began


def judge(world):
    postgres = world.postgres
    texts = [worker.log for worker in world.workers] + world.logs
    with postgres.admin() as cursor:
        oracle = Oracle(Evidence(
            cursor.connection, world.people.changes, world.people.addresses, world.journal.logs, world.journal.emitted,
            world.churn.read, list(mails(world.relay.log)), texts, [worker.checkpoints for worker in world.workers],
            [life for worker in world.workers for life in worker.history.lives],
            [line for worker in world.workers for line in worker.arguments]))
        oracle.judge()
    world.violations += oracle.violations
    return oracle


def check_faults(world):
    """A fault that never happened was survived by nobody."""
    if world.options.only:
        return
    fired = world.relay_counts["faults"]
    never = world.tally.idle() + [kind for kind in COUNTED if not world.journal.counts[kind]]
    never += [f"{phase}: {action}" for phase, actions in ACTIONS.items() for action in actions
              if not fired.get(f"{phase}: {action}")]
    if never:
        world.violate("faults", "kinds that never took effect", never)
    for worker in world.workers:
        if crashed := [end for end in worker.incidents if end["exit"] is not None and end["exit"] < 0]:
            world.violate("exit", f"{worker.name} crashed, and no fault killed it", crashed)
    if world.trap.ask("counts")["connections"]:
        world.violate("I9", "replay knocked at the relay", [])


def soak(world):
    world.build()
    seconds = endure(world)
    drain = Drain(world).run()
    world.relay_counts = world.relay.ask("counts")
    oracle = judge(world)
    check_faults(world)
    facts = report.facts(world, oracle, drain, seconds)
    report.write(facts, world.folder)
    print(report.text(facts), flush=True)
    return not world.violations


def tidy(world, clean):
    world.stop()
    if world.postgres:
        world.postgres.script("stop" if clean else "halt")
    if clean:
        shutil.rmtree(world.folder)
    else:
        print(f"the evidence is in {world.folder}; its database: bin/private-postgres start {world.folder}/postgres")


def main():
    options = chaos_options.parse(sys.argv[1:])
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # the soak's Postgres is its own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="pawl-chaos.", dir="/tmp")
    os.chmod(folder, 0o755)
    print(f"chaos {chaos_options.text(options)}", flush=True)
    world, clean = World(options, folder), False
    try:
        clean = soak(world)
        return 0 if clean else 1
    finally:
        tidy(world, clean and not options.keep)


if __name__ == "__main__":
    sys.exit(main())
