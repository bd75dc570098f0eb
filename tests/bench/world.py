"""What every part measures with: the binary, a private Postgres, a folder, and the processes that it started."""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from bench import application
from bench.postgres import Postgres
from bench.worker import Worker


class World:
    """`stop` ends every process that was started here, whatever happened."""

    def __init__(self, options, folder, pawl=""):
        self.options, self.folder = options, folder
        self.pawl = pawl or os.path.join(options.build, "pawl")
        self.workers, self.services, self.postgres = [], [], None

    def build(self):
        self.postgres = Postgres(self.folder)
        self.postgres.start()
        self.migrate()

    def migrate(self):
        environment = self.environment() | {"PAWL_CHECKPOINTS": os.path.join(self.folder, "unused.db")}
        subprocess.run([self.pawl, "migrate", "--with-app"], env=environment, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)

    def environment(self):
        """Of a worker; nothing of the caller's own settings leaks into a measurement."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PAWL_", "PG"))}
        return kept | {"PAWL_POSTGRES": self.postgres.conninfo, "PAWL_MAIL": "null:",
                       "PAWL_MAIL_FROM": "bench@pawl.example", "PAWL_APP_URL": "https://app.example",
                       "PAWL_LOG_LEVEL": "error", "PAWL_LOG_FORMAT": "json"}

    def program(self, target):
        """The path of a program of tests/bench/, built if it is not yet."""
        done = subprocess.run(["cmake", "--build", self.options.build, "--target", target], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(f"building {target}: {done.stdout[-3000:]}")
        return os.path.join(self.options.build, target)

    def found(self, recipients=2, organisations=None):
        application.found(self.postgres, organisations or self.options.organisations, recipients)

    def backlog(self, events):
        return application.Backlog(self.postgres, events)

    def worker(self, name="worker", **settings):
        return Worker(self, name, **settings)

    def events(self, usual):
        """How many a part works through: what was asked for, else what it needs for a steady figure."""
        return self.options.events or usual

    def seconds(self, usual):
        return self.options.seconds or usual

    def say(self, text):
        """Progress, beside the report."""
        print(text, file=sys.stderr, flush=True)

    def stop_workers(self):
        """What a part left running when it failed."""
        for process in self.workers + self.services:
            process.kill()
        self.workers, self.services = [], []

    def stop(self):
        self.stop_workers()
        if self.postgres:
            self.postgres.stop()


@contextlib.contextmanager
def beside(world, pawl):
    """A world of another binary, with a Postgres of its own: its tables may differ."""
    folder = os.path.join(world.folder, "other")
    os.mkdir(folder, 0o755)
    other = World(world.options, folder, pawl)
    try:
        other.build()
        yield other
    finally:
        other.stop()


@contextlib.contextmanager
def standing(options):
    """A world that is built; whatever ends it, nothing of it is left."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # the benchmark's Postgres is its own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="pawl-bench.", dir="/tmp")
    os.chmod(folder, 0o755)  # Postgres may be another user
    world = World(options, folder)
    try:
        world.build()
        yield world
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was started ends before this does
        world.stop()
        shutil.rmtree(folder, ignore_errors=True)
