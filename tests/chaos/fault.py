"""What a fault is, and the lanes that inject them as the schedule drawn from the seed says."""
import collections
import random
import threading
import time
import traceback

from chaos.postgres import Trouble, troubled


class Fault:
    """A kind of fault. `inject` returns true only if it saw that the fault took effect."""

    kind = ""

    def inject(self, world, rng):
        raise NotImplementedError


class Tally:
    """How often each kind was tried and took effect; zero effects of a kind fail the run."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tried, self.effective = collections.Counter(), collections.Counter()

    def expect(self, kind):
        self.tried.setdefault(kind, 0)

    def add(self, kind, effective):
        with self.lock:
            self.tried[kind] += 1
            self.effective[kind] += effective

    def idle(self):
        return sorted(kind for kind in self.tried if not self.effective[kind])


def draw_schedule(faults, rng, pause, rounds):
    """Each round holds every fault once, shuffled: (pause before it, fault, its own seed)."""
    return [(rng.uniform(0.3, 1.7) * pause, fault, rng.getrandbits(64))
            for _ in range(rounds) for fault in rng.sample(faults, len(faults))]


class Lane(threading.Thread):
    """Injects one fault after the other until the time is over, the first `at_least` of them in any case."""

    tries_max = 4  # more of a fault whose first try had no effect

    def __init__(self, name, world, schedule, at_least, until, between=lambda: None):
        super().__init__(daemon=True, name=name)
        self.world, self.schedule, self.at_least, self.until = world, schedule, at_least, until
        self.between = between
        self.failure = None

    def run(self):
        try:
            for number, entry in enumerate(self.schedule):
                if number >= self.at_least and time.monotonic() > self.until:
                    break
                self.perform(*entry)
            self.insist()
            self.world.lanes_injecting.discard(self)
            while time.monotonic() < self.until or self.world.lanes_injecting:  # which count on what this one looks after
                self.between()
                time.sleep(0.1)
        except Exception:  # the soak says so in its report; a silent end would test nothing
            self.failure = traceback.format_exc()
        finally:
            self.world.lanes_injecting.discard(self)

    def perform(self, pause, fault, seed):
        deadline = time.monotonic() + pause
        while time.monotonic() < deadline:
            self.between()
            time.sleep(min(0.05, pause))
        self.between()
        began = time.time()
        try:
            with troubled():
                effective = bool(fault.inject(self.world, random.Random(seed)))
        except Trouble:  # another lane's fault hit this one
            effective = False
        self.world.tally.add(fault.kind, effective)
        self.world.note(began, self.name, fault.kind, effective)

    def insist(self):
        for fault in {entry[1].kind: entry[1] for entry in self.schedule[:self.at_least]}.values():
            for again in range(self.tries_max):
                if self.world.tally.effective[fault.kind]:
                    break
                self.perform(0.5, fault, again)
