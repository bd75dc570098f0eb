"""How fast a corpus is replayed: what a CI waits for, and an operator before a deploy."""
import subprocess
import time

from bench.errors import Refused
from bench.figures import Figure, at_least

WHAT = "runs a second that `pawl replay --all` replays against this build"
RUNS = 5_000
MUST_REACH = True


def run(world):
    world.found()
    runs = world.events(RUNS)
    world.backlog(runs).load()
    worker = world.worker("corpus")
    worker.run_until_idle()
    return [Figure("replay --all", "runs/s", [replay(worker, runs) for _ in range(world.options.rounds)], reach=at_least(1000))]


def replay(worker, runs):
    began = time.monotonic()
    process = subprocess.run([worker.pawl, "replay", "--all"], env=worker.environment, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    took = time.monotonic() - began
    if process.returncode != 0 or str(runs) not in process.stdout:
        raise Refused(f"pawl replay --all ended with {process.returncode}: "
                      f"{process.stdout[-500:]}{process.stderr[-500:]}")
    return runs / took
