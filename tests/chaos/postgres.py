"""The private Postgres: one superuser for the soak, one role for the workers, one for the application."""
import contextlib
import os
import re
import subprocess
import time

import psycopg2
import psycopg2.errors

from chaos.text import CANARY

SCRIPT = os.path.join(os.path.dirname(__file__), "..", "..", "bin", "private-postgres")


class Trouble(Exception):
    """What a client meets while faults go on."""


@contextlib.contextmanager
def troubled():
    """Any other error is a bug of the soak itself and stays what it is."""
    try:
        yield
    except (psycopg2.ProgrammingError, psycopg2.IntegrityError, psycopg2.DataError):
        raise
    except psycopg2.Error as error:
        raise Trouble(str(error)) from error


REVOCABLE = [  # what is taken from the worker, how it is given back, and on which table
    ("insert", "insert (id, event_id, user_id, org_id, kind, urgency, title, body, link, data)", "notifications"),
    ("update", "update", "pawl.email_deliveries"),
    ("insert", "insert", "pawl.outbox_archive"),
    ("select", "select", "pawl.recipients"),
]


class Postgres:
    """Started by the constructor; `admin` works again after any restart."""


    def __init__(self, folder):
        self.folder = os.path.join(folder, "postgres")
        self.conninfo = self.script("start").strip()
        with self.admin() as cursor:
            for setting, value in (("log_line_prefix", "%m [%p] %u "), ("deadlock_timeout", "500ms")):
                cursor.execute(f"alter system set {setting} = '{value}'")
            cursor.execute("select pg_reload_conf()")
            cursor.execute("create role owner login createrole; create role worker login; create role app login;"
                           "alter database pawl owner to owner; grant all on schema public to owner;"
                           "grant owner to app")

    def script(self, verb, *words):
        done = subprocess.run([SCRIPT, verb, self.folder, *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise RuntimeError(f"private-postgres {verb}: {done.stderr}")
        return done.stdout

    def conninfo_of(self, role):
        """The password is never asked for: it is there to be found where it must not be."""
        return f"{self.conninfo.replace('user=pawl', 'user=' + role)} password={CANARY}postgres"

    def connect(self, role):
        return psycopg2.connect(self.conninfo_of(role), application_name="chaos")

    @contextlib.contextmanager
    def admin(self, patience=60):
        """A cursor that commits each statement."""
        connection = self.patiently(lambda: psycopg2.connect(self.conninfo, application_name="chaos admin"), patience)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("set statement_timeout = 0; set idle_session_timeout = 0; set lock_timeout = 0;"
                               "set default_transaction_read_only = off; set synchronous_commit = local")
                yield cursor
        finally:
            connection.close()

    def ask(self, sql, *values):
        """One value, asked again until Postgres answers."""
        while True:
            try:
                with troubled(), self.admin() as cursor:
                    cursor.execute(sql, values)
                    return cursor.fetchone()[0]
            except Trouble:
                time.sleep(0.1)

    @staticmethod
    def patiently(connect, patience):
        deadline = time.monotonic() + patience
        while True:
            try:
                return connect()
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def drop_sessions(self, role):
        return self.ask("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = %s", role)

    def reset(self):
        """Takes every fault back."""
        with self.admin() as cursor:
            cursor.execute("alter role worker login connection limit -1")
            for _, privilege, table in REVOCABLE:
                cursor.execute(f"grant {privilege} on {table} to pawl_worker")

    def log_size(self):
        return os.path.getsize(os.path.join(self.folder, "cluster", "log"))

    def logged_since(self, size, pattern):
        with open(os.path.join(self.folder, "cluster", "log"), "rb") as log:
            log.seek(size)
            return len(re.findall(pattern, log.read().decode(errors="replace")))
