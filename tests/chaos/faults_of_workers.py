"""Faults of a worker's process."""
import os
import re
import resource
import signal
import time

from chaos.fault import Fault

TREE = os.path.join(os.path.dirname(__file__), "..", "..")
POINTS = [os.path.join(TREE, folder, "crash_points.h") for folder in ("engine/faults", "workflows/mail/faults", "workflows/depositlink")]
# what only a new store or another verb comes by
ELSEWHERE = re.compile("store-renamed|emitted|resumed|resolved|migrated|pruned")


def crash_points():
    names = []
    for path in POINTS:
        with open(path) as file:
            names += re.findall(r'(?:\{CrashPoint::\w+, |CrashPlace \w+\{\s*)"([a-z0-9-]+)"', file.read())
    return [name for name in names if not ELSEWHERE.search(name)]


class WorkerFault(Fault):
    """A fault of one worker, which runs again afterwards."""

    def __init__(self, worker):
        self.worker = worker

    def restart(self, **more):
        self.worker.kill()
        self.worker.start(**more)

    def epoch(self, world):
        return world.postgres.ask("select max(epoch) from pawl.workers where pid = %s", self.worker.pid())


class Killed(WorkerFault):
    kind = "worker: SIGKILL"

    def inject(self, world, rng):
        self.worker.ready()
        time.sleep(rng.uniform(0, 1))
        epoch = self.epoch(world)
        killed = self.worker.kill()
        if killed and epoch:
            world.in_doubt_by_kills.append(world.postgres.ask(
                "select count(*) from pawl.email_deliveries where epoch = %s and state = 'sending'", epoch))
        time.sleep(rng.choice([0, 0, world.lease + 1]))  # at once, or after the other has taken over
        self.worker.start()
        return killed


class KilledAtPoint(WorkerFault):
    kind = "worker: SIGKILL at a named point"
    patience = 8

    def inject(self, world, rng):
        point = rng.choice(crash_points())
        self.restart(PAWL_CRASH_AT=f"{point}:{rng.choice([1, 1, 2, 5])}")
        deadline = time.monotonic() + self.patience
        while self.worker.running() and time.monotonic() < deadline:
            time.sleep(0.02)
        died = not self.worker.running() and self.worker.process.returncode == -signal.SIGKILL
        world.points[point] += died
        self.restart()
        return died


class Frozen(WorkerFault):
    kind = "worker: SIGSTOP past its lease, taken over, SIGCONT"

    def inject(self, world, rng):
        with world.one_frozen:  # the other one must be there to take over
            if not self.worker.ready():
                return False
            epoch = self.epoch(world)
            self.worker.signal(signal.SIGSTOP)
            try:
                return epoch is not None and self.taken_over(world, epoch)
            finally:
                self.worker.signal(signal.SIGCONT)

    @staticmethod
    def taken_over(world, epoch):
        deadline = time.monotonic() + world.lease + 8
        while time.monotonic() < deadline:
            if world.postgres.ask("select count(*) from pawl.workers where epoch = %s", epoch) == 0:
                return True
            time.sleep(0.1)
        return False


class FrozenBriefly(WorkerFault):
    kind = "worker: SIGSTOP within its lease, SIGCONT"

    def inject(self, world, rng):
        self.worker.signal(signal.SIGSTOP)
        time.sleep(rng.uniform(0.1, 0.6) * world.lease)
        with open(f"/proc/{self.worker.pid()}/stat") as stat:
            stopped = stat.read().rsplit(")", 1)[1].split()[0] == "T"
        self.worker.signal(signal.SIGCONT)
        return stopped


class Drained(WorkerFault):
    kind = "worker: SIGTERM, drained"

    def inject(self, world, rng):
        self.worker.ready()
        self.worker.signal(signal.SIGTERM)
        code = self.worker.wait()
        if code not in (0, 1):  # 1: not drained in time
            world.violate("exit", f"{self.worker.name} ended with {code} after SIGTERM", [])
        self.worker.start()
        return code == 0


class TerminatedTwice(WorkerFault):
    kind = "worker: SIGTERM twice"

    def inject(self, world, rng):
        self.worker.ready()
        self.worker.signal(signal.SIGTERM)
        if self.worker.until(lambda: '"draining"' in self.worker.words(), 2):
            self.worker.signal(signal.SIGTERM)
        code = self.worker.wait()
        self.worker.start()
        return code in (128 + signal.SIGTERM, -signal.SIGTERM)


class ClockJumped(WorkerFault):
    kind = "worker: wall clock jumps"

    def inject(self, world, rng):
        clock = os.path.join(self.worker.folder, "clock")
        with open(clock, "w") as file:
            file.write(str(rng.choice([1, -1, 87600, -87600]) * 3600))
        self.restart(LD_PRELOAD=world.options.clock_shim, PAWL_CLOCK_FILE=clock)
        ready = self.worker.ready()
        time.sleep(rng.uniform(0.5, 2))
        first = re.search(r'"time":"(\d+)-(\d+)-(\d+)T(\d+)', self.worker.words())
        jumped = first is not None and first.groups() != tuple(time.strftime("%Y %m %d %H", time.gmtime()).split())
        self.restart()
        return ready and jumped


class OutOfDescriptors(WorkerFault):
    kind = "worker: no file descriptors left"

    def inject(self, world, rng):
        if not self.worker.ready():
            return False
        soft, hard = resource.prlimit(self.worker.pid(), resource.RLIMIT_NOFILE)
        resource.prlimit(self.worker.pid(), resource.RLIMIT_NOFILE, (8, hard))
        world.postgres.drop_sessions("worker")
        failed = self.worker.until(lambda: re.search("too many open files|emfile", self.worker.words(), re.I), 4)
        if self.worker.running():
            resource.prlimit(self.worker.pid(), resource.RLIMIT_NOFILE, (soft, hard))
        return failed


ALL = [Killed, KilledAtPoint, Frozen, FrozenBriefly, Drained, TerminatedTwice, ClockJumped, OutOfDescriptors]
