"""Copies of a worker's checkpoint file through its lives: a finished step of one never changes in the next."""
import os
import shutil
import sqlite3
from contextlib import closing

SETTLED = "select run_id, step, key, attempt, output, started_at, settled_at from v1_steps where status = 'succeeded'"
# Attempts count anew after each resume; in the run's present generation none may follow the one that succeeded.
RUN_AGAIN = """
select s.run_id, s.step, s.key from v1_steps s
join v1_runs r on r.run_id = s.run_id
join v1_attempts a on a.run_id = s.run_id and a.step = s.step and a.key = s.key and a.resumes = r.resumes
where s.status = 'succeeded' and a.attempt >= s.attempt"""


def read_only(path):
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def beginnings(path):
    """Size and first bytes of a store's files, for who has to find out what is wrong with it."""
    found = []
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            with open(path + suffix, "rb") as file:
                found.append(f"{suffix or 'the file'} has {os.path.getsize(path + suffix)} bytes,"
                             f" the first {file.read(100).hex()}")
    return "; ".join(found)


class History:
    """A file that is lost or restored begins a new life; only copies within one life are compared."""

    def __init__(self, folder):
        self.folder, self.lives, self.count = folder, [[]], 0

    def copy_of_living(self, path):
        """By SQLite's own backup, beside the running worker."""
        target = self.next_name()
        with closing(read_only(path)) as source, closing(sqlite3.connect(target)) as copy:
            try:
                source.backup(copy)
            except sqlite3.DatabaseError as error:
                raise RuntimeError(f"backup of {path}: {error}; {beginnings(path)}") from error
        self.lives[-1].append(target)
        return target

    def copy_of_dead(self, path):
        if not os.path.exists(path):
            return None
        target = self.next_name()
        for suffix in ("", "-wal"):
            if os.path.exists(path + suffix):
                shutil.copy(path + suffix, target + suffix)
        self.lives[-1].append(target)
        return target

    def next_name(self):
        self.count += 1
        return os.path.join(self.folder, f"copy-{self.count:03}.db")

    def begin_life(self, first=None):
        self.lives.append([first] if first else [])

    def latest(self):
        return self.lives[-1][-1] if self.lives[-1] else None


def query(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def changed_steps(earlier, later):
    """Finished steps of the earlier copy that the later one does not have, or has otherwise."""
    return sorted(set(query(earlier, SETTLED)) - set(query(later, SETTLED)))


def repeated_steps(path):
    return query(path, RUN_AGAIN)
