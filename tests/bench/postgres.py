"""The private Postgres of a benchmark: durable, reached through its Unix socket only."""
import contextlib
import os
import subprocess

import psycopg2

from bench import processes

SCRIPT = os.path.join(os.path.dirname(__file__), "..", "..", "bin", "private-postgres")
SHOWN = ("server_version", "fsync", "full_page_writes", "synchronous_commit", "wal_sync_method", "shared_buffers",
         "max_wal_size", "checkpoint_timeout", "autovacuum", "jit")


class Postgres:
    """`stop` removes it, however far `start` had come."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "postgres")
        self.conninfo = ""

    def start(self):
        self.conninfo = self.script("start").strip()
        if self.ask("show fsync") != "on":
            raise RuntimeError("fsync is off: these figures would be of a database that loses data")

    def script(self, verb, *words):
        done = subprocess.run([SCRIPT, verb, self.folder, *words], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise RuntimeError(f"private-postgres {verb}: {done.stderr}")
        return done.stdout

    def stop(self):
        self.script("stop")

    def connect(self):
        """A connection that commits each statement."""
        connection = psycopg2.connect(self.conninfo, application_name="bench")
        connection.autocommit = True
        return connection

    @contextlib.contextmanager
    def cursor(self):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def run(self, *statements):
        with self.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def row(self, sql, *values):
        with self.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchone()

    def rows(self, sql, *values):
        with self.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall()

    def ask(self, sql, *values):
        return self.row(sql, *values)[0]

    @contextlib.contextmanager
    def settings(self, **wanted):
        """Restarts it with these settings, and without them at the end."""
        self.run(*(f"alter system set {name} = '{value}'" for name, value in wanted.items()))
        self.script("restart", "fast")
        try:
            yield
        finally:
            self.run(*(f"alter system reset {name}" for name in wanted))
            self.script("restart", "fast")

    def shown_settings(self):
        return {name: self.ask(f"show {name}") for name in SHOWN}

    def postmaster(self):
        with open(os.path.join(self.folder, "cluster", "postmaster.pid")) as file:
            return int(file.readline())

    def cpu_seconds(self):
        """Of the whole server since its start: what lives, and what has ended."""
        postmaster = self.postmaster()
        alive = sum(processes.cpu_seconds(child) for child in processes.children(postmaster))
        return alive + processes.cpu_seconds(postmaster) + processes.waited_for_seconds(postmaster)

    def wal_bytes(self):
        """Ever written to the write-ahead log."""
        return int(self.ask("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))
