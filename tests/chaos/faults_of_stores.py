"""Faults of a worker's checkpoint file."""
import os
import shutil
import sqlite3
import time

from chaos.faults_of_workers import WorkerFault
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
        with sqlite3.connect(path) as connection:
            return connection.execute("select count(*) from v1_runs").fetchone()[0]


class Copied(WorkerFault):
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
            lost = self.worker.until(lambda: "lease lost" in self.worker.words(), 8)
            twin.note_arguments()
            return lost
        finally:
            twin.kill()
            world.logs.append(twin.log)


class ReadForLong(WorkerFault):
    kind = "store: a reader that does not end"

    def inject(self, world, rng):
        if not os.path.exists(self.worker.checkpoints):
            return False
        with sqlite3.connect(f"file:{self.worker.checkpoints}?mode=ro", uri=True) as reader:
            reader.execute("begin")
            settled = "select count(*) from v1_steps"
            before = reader.execute(settled).fetchone()
            self.worker.until(lambda: False, rng.uniform(1, 3))
            same = reader.execute(settled).fetchone() == before
            reader.rollback()
            return same and reader.execute(settled).fetchone() != before


class BackedUp(WorkerFault):
    kind = "store: backed up while its worker runs"

    def inject(self, world, rng):
        return self.worker.ready() and self.worker.history.copy_of_living(self.worker.checkpoints) is not None


ALL = [Lost, Deleted, Restored, Copied, ReadForLong, BackedUp]
