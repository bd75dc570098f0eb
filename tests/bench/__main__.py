"""Measures the parts that were asked for; exit 1 when the outcome of the work was not what it must be."""
import os
import shutil
import signal
import sys
import tempfile

from bench import charts, machine
from bench import options as bench_options
from bench import parts, report
from bench.errors import Refused, Skipped
from bench.world import World


def measure(world):
    """Prints each part when it is done, so that a long run shows something."""
    facts = machine.facts(world)
    print(machine.text(facts) + "\n", flush=True)
    results, skipped = {}, {}
    for name in world.options.parts:
        part = parts.ALL[name]
        world.say(f"{name} ...")
        try:
            results[name] = part.run(world)
            print(report.text(name, part.WHAT, results[name]), flush=True)
        except Skipped as reason:
            skipped[name] = str(reason)
            print(f"{name}: SKIPPED, {reason}\n", flush=True)
        finally:
            world.stop_workers()
    if world.options.charts:
        charts.draw(world.options.charts, results)
    if world.options.json:
        report.write(world.options.json, report.facts(facts, world.options, results, skipped))


def main():
    options = bench_options.parse(sys.argv[1:], parts.ALL)
    if options.check:
        return 0
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # the benchmark's Postgres is its own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="pawl-bench.", dir="/tmp")
    os.chmod(folder, 0o755)
    world = World(options, folder)
    try:
        world.build()
        measure(world)
        return 0
    except Refused as wrong:
        print(f"bench: {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was started ends before this does
        world.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
