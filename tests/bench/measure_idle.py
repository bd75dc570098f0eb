"""What a worker costs that has nothing to do."""
import time

from bench import application
from bench.figures import Figure, below

WHAT = "CPU and memory of a worker with nothing to do"
SECONDS = 20
SETTLES = 3  # seconds until start-up is over


def run(world):
    world.found()
    application.empty(world.postgres)
    worker = world.worker(PAWL_LOG_LEVEL="info")
    worker.start()
    worker.wait_registered()
    time.sleep(SETTLES)
    usage, rest = watch(world, worker)
    worker.stop()
    return [
        Figure("CPU of the idle worker", "% of a core", [usage[0]], reach=below(2)),
        Figure("CPU of Postgres meanwhile", "% of a core", [usage[1]]),
        Figure("memory at rest", "MiB", [rest / 2**20]),
    ]


def watch(world, worker):
    """(percent of a core of the worker, of Postgres), resident bytes."""
    def spent():
        return worker.cpu_seconds(), world.postgres.cpu_seconds()

    began, before = time.monotonic(), spent()
    time.sleep(world.seconds(SECONDS))
    after, seconds = spent(), time.monotonic() - began
    return [(b - a) / seconds * 100 for a, b in zip(before, after)], worker.resident()
