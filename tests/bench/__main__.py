"""Measures the parts that were asked for; exit 1 when the outcome of the work was not what it must be, or a part with
MUST_REACH missed a goal."""
import sys

from bench import charts, machine
from bench import options as bench_options
from bench import parts, report
from bench.errors import Refused, Skipped
from bench.world import standing


def measure(world):
    """Prints each part when it is done, so that a long run shows something."""
    facts = machine.facts(world)
    print(machine.text(facts) + "\n", flush=True)
    results, skipped, missed = {}, {}, []
    for name in world.options.parts:
        part = parts.ALL[name]
        world.say(f"{name} ...")
        try:
            results[name] = part.run(world)
            print(report.text(name, part.WHAT, results[name]), flush=True)
            if getattr(part, "MUST_REACH", False):
                missed += [f"{name}: {line.name}" for line in results[name] if line.missed()]
        except Skipped as reason:
            skipped[name] = str(reason)
            print(f"{name}: SKIPPED, {reason}\n", flush=True)
        finally:
            world.stop_workers()
    if world.options.charts:
        charts.draw(world.options.charts, results)
    if world.options.json:
        report.write(world.options.json, report.facts(facts, world.options, results, skipped))
    if missed:
        raise Refused("missed: " + "; ".join(missed))


def main():
    options = bench_options.parse(sys.argv[1:], parts.ALL)
    if options.check:
        return 0
    try:
        with standing(options) as world:
            measure(world)
        return 0
    except Refused as wrong:
        print(f"bench: {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
