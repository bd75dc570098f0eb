"""One pawl worker on a checkpoint file of its own."""
import os
import signal
import subprocess
import time
from dataclasses import dataclass

from bench import processes

SUFFIXES = ("", "-wal", "-shm", ".lock")


@dataclass
class Usage:
    """What a worker took from start to end."""
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    written_bytes: int   # handed to write(): its checkpoint file, since sockets are written with send()
    dirtied_bytes: int   # the same in whole pages, as the disk sees them


class Worker:
    """Fresh at each `start`: what an earlier one left in the file would be work of its own."""

    def __init__(self, world, name, **settings):
        self.name, self.pawl = name, world.pawl
        self.checkpoints = os.path.join(world.folder, f"{name}.db")
        self.log = os.path.join(world.folder, f"{name}.log")
        self.environment = world.environment() | settings | {"PAWL_CHECKPOINTS": self.checkpoints}
        self.process, self.peak_bytes = None, 0
        world.workers.append(self)

    def start(self, *arguments):
        self.remove_checkpoints()
        self.peak_bytes, self.started = 0, time.monotonic()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([self.pawl, "worker", *arguments], env=self.environment, stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)

    def pid(self):
        return self.process.pid

    def words(self):
        return processes.read(self.log)

    def wait_registered(self, seconds=30):
        """Its log has to be at level info for this."""
        processes.wait_until(lambda: self.alive() and "worker registered" in self.words(), seconds,
                             f"worker {self.name} registers")

    def alive(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"worker {self.name} ended with {self.process.returncode}: {self.words()[-2000:]}")
        return True

    def look(self):
        """Its memory: only a living process tells its highest."""
        self.peak_bytes = max(self.peak_bytes, processes.status_bytes(self.pid(), "VmHWM"))

    def resident(self):
        return processes.status_bytes(self.pid(), "VmRSS")

    def cpu_seconds(self):
        """Finer than ticks, which an idle process hardly fills."""
        return sum(seconds for _, seconds in processes.threads(self.pid()).values())

    def run_until_idle(self):
        """Until nothing is left to do; its usage."""
        self.start("--until-idle")
        with processes.Sampler(self.look, 0.05):
            return self.wait()

    def wait(self):
        """Reads what the kernel still knows between its end and its being waited for."""
        os.waitid(os.P_PID, self.pid(), os.WEXITED | os.WNOWAIT)
        seconds = time.monotonic() - self.started
        cpu, counts = processes.cpu_seconds(self.pid()), processes.io_counts(self.pid())
        if self.process.wait() != 0:
            raise RuntimeError(f"worker {self.name} ended with {self.process.returncode}: {self.words()[-2000:]}")
        return Usage(seconds, cpu, self.peak_bytes, counts.get("wchar", 0), counts.get("write_bytes", 0))

    def stop(self):
        """Drains it; its usage."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        if self.process and self.process.returncode is None:
            self.process.kill()
            self.process.wait()

    def remove_checkpoints(self):
        for suffix in SUFFIXES:
            if os.path.exists(self.checkpoints + suffix):
                os.remove(self.checkpoints + suffix)
