"""Faults of a worker's checkpoint file."""
import os
import shutil
import sqlite3
import time
from contextlib import closing

from chaos.faults_of_workers import WorkerFault
from chaos.snapshots import read_only
from chaos.worker import Worker


class Lost(WorkerFault):
    kind = "store: lost while its worker is dead"

    def inject(self, world, rng):
        self.worker.kill()
        had = self.worker.history.copy_of_dead(self.worker.checkpoints)
        self.worker.remove_checkpoints()
        self.worker.history.begin_life()
        self.worker.start()
        return had is not None


class Deleted(WorkerFault):
    kind = "store: deleted while its worker runs"

    def inject(self, world, rng):
        if not self.worker.ready():
            return False
        self.worker.history.copy_of_living(self.worker.checkpoints)
        self.worker.remove_checkpoints()
        self.worker.history.begin_life()
        self.worker.until(lambda: False, 4)  # it may notice and stop
        world.noticed_deletions += not self.worker.running()
        self.restart()
        return True


class Restored(WorkerFault):
    kind = "store: restored from an older copy"

    def inject(self, world, rng):
        if not self.worker.ready():
            return False
        backup = self.worker.history.copy_of_living(self.worker.checkpoints)
        time.sleep(rng.uniform(1, 3))
        self.worker.kill()
        self.worker.history.copy_of_dead(self.worker.checkpoints)
        newer = self.runs(self.worker.checkpoints) > self.runs(backup)
        self.worker.put_back(backup)
        self.worker.history.begin_life(backup)
        self.worker.start()
        return newer

    @staticmethod
    def runs(path):
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("select count(*) from v1_runs").fetchone()[0]


class Copied(WorkerFault):
    """The earlier of two workers on copies of one file finds out, refuses to go on, and says so."""
    kind = "store: a second worker on a copy of it"

    def inject(self, world, rng):
        if not self.worker.ready():
            return False
        copy = self.worker.history.copy_of_living(self.worker.checkpoints)
        twin = Worker(f"{self.worker.name}-twin-{world.next_number()}", world.folder, self.worker.pawl,
                      self.worker.environment)
        shutil.copy(copy, twin.checkpoints)
        twin.start()
        try:
            self.worker.until(lambda: "on a copy of this checkpoint file" in self.worker.words(), 8)
            return "on a copy of this checkpoint file" in self.worker.words()
        finally:
            twin.kill()
            world.logs.append(twin.log)
            self.restart()


class ReadForLong(WorkerFault):
    kind = "store: a reader that does not end"

    def inject(self, world, rng):
        if not os.path.exists(self.worker.checkpoints):
            return False
        with closing(read_only(self.worker.checkpoints)) as reader:
            reader.execute("begin")
            settled = "select count(*) from v1_steps"
            before = reader.execute(settled).fetchone()
            self.worker.until(lambda: False, rng.uniform(1, 3))
            same = reader.execute(settled).fetchone() == before
            reader.rollback()
            return same and reader.execute(settled).fetchone() != before


class Disk(WorkerFault):
    """The disk under the file fails for a while; when it works again the worker goes on by itself."""
    words = ()

    def inject(self, world, rng):
        control, fired = self.worker.checkpoints + "-control", self.worker.checkpoints + "-fired"
        with open(fired, "w"):
            pass
        self.tell(control, "ok")
        self.restart(LD_PRELOAD=world.options.disk_shim, PAWL_DISK_PREFIX=self.worker.checkpoints,
                     PAWL_DISK_CONTROL=control, PAWL_DISK_FIRED=fired)
        self.worker.ready()
        self.tell(control, rng.choice(self.words))
        self.worker.until(lambda: False, rng.uniform(0.5, 2))
        self.tell(control, "ok")
        hit = os.path.getsize(fired) > 0
        survived = self.worker.until(lambda: False, 0.5) or self.worker.running()
        self.after(world, survived)
        self.restart()
        return hit

    def after(self, world, survived):
        if not survived:
            self.worker.note_end()

    @staticmethod
    def tell(control, word):
        with open(control + ".new", "w") as file:
            file.write(word)
        os.rename(control + ".new", control)


class DiskFull(Disk):
    kind, words = "disk: full", ("enospc", "enospc-grow")


class DiskBroken(Disk):
    kind, words = "disk: I/O error", ("eio-write", "eio-fsync", "eio-read", "short", "eio-write-once", "eio-fsync-once")


class PowerLost(Disk):
    kind, words = "disk: power lost", ("lose",)

    def after(self, world, survived):
        pass  # it is meant to die


class BackedUp(WorkerFault):
    kind = "store: backed up while its worker runs"

    def inject(self, world, rng):
        return self.worker.ready() and self.worker.history.copy_of_living(self.worker.checkpoints) is not None


ALL = [Lost, Deleted, Restored, Copied, ReadForLong, DiskFull, DiskBroken, PowerLost, BackedUp]
