"""One pawl worker: started, signalled, restarted, and every end of it accounted for."""
import os
import shutil
import signal
import subprocess
import time

from chaos import snapshots

SUFFIXES = ("", "-wal", "-shm", ".lock")


class Worker:
    """Used by the one thread that injects its faults. An end that no fault brought about is an incident."""

    def __init__(self, name, folder, pawl, environment):
        self.name, self.pawl, self.environment = name, pawl, environment
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder, exist_ok=True)
        self.checkpoints = os.path.join(self.folder, "checkpoints.db")
        self.log = os.path.join(self.folder, "log")
        self.process, self.started_at = None, 0
        self.incidents, self.starts, self.arguments = [], 0, set()
        self.history = snapshots.History(self.folder)

    def variables(self, more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAWL_")}
        return kept | self.environment | {"PAWL_CHECKPOINTS": self.checkpoints} | more

    def start(self, **more):
        self.started_at = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([self.pawl, "worker"], env=self.variables(more), stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        self.starts += 1

    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def words(self):
        """Its log since it was started last."""
        with open(self.log, "rb") as log:
            log.seek(self.started_at)
            return log.read().decode(errors="replace")

    def look_after(self):
        """Restarts it if it ended by itself."""
        if not self.running():
            self.note_end()
            self.start()

    def note_end(self):
        last = self.words().strip().splitlines()[-1:]
        self.incidents.append({"worker": self.name, "exit": self.process.returncode, "at": time.time(), "last": last})

    def ready(self, patience=8):
        """Whether it has registered by then."""
        return self.until(lambda: "worker registered" in self.words(), patience)

    def until(self, condition, patience):
        """Whether the condition came true in time, with the worker still running."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.running():
            if condition():
                return True
            time.sleep(0.02)
        return False

    def note_arguments(self):
        """What everybody on the host can read of it."""
        with open(f"/proc/{self.pid()}/cmdline", "rb") as file:
            self.arguments.add(file.read())

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=90):
        """Its exit code; None when it had to be killed because it did not end."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self):
        """True if it was alive until then."""
        alive = self.running()
        if alive:
            self.process.kill()
            self.process.wait()
        return alive and self.process.returncode == -signal.SIGKILL

    def remove_checkpoints(self):
        for suffix in SUFFIXES:
            if os.path.exists(self.checkpoints + suffix):
                os.remove(self.checkpoints + suffix)

    def put_back(self, copy):
        self.remove_checkpoints()
        shutil.copy(copy, self.checkpoints)
