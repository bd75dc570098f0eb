"""Faults of Postgres and of the way to it."""
import time

import psycopg2

from chaos.fault import Fault
from chaos.postgres import REVOCABLE


class Restarted(Fault):
    how = ""

    def inject(self, world, rng):
        size = world.postgres.log_size()
        world.postgres.script("restart", self.how)
        return world.postgres.logged_since(size, "database system is ready to accept connections") > 0


class RestartedFast(Restarted):
    kind, how = "postgres: restarted (fast)", "fast"


class RestartedImmediately(Restarted):
    kind, how = "postgres: restarted (immediate)", "immediate"


class SessionsEnded(Fault):
    kind = "postgres: sessions terminated"

    def inject(self, world, rng):
        return world.postgres.drop_sessions("worker") > 0


class CommitUnknown(Fault):
    """A commit waits for a standby that is not there; its session is ended meanwhile: the client sees a lost
    connection, and the row is there."""
    kind = "postgres: commit of unknown outcome"

    def inject(self, world, rng):
        with world.postgres.admin() as cursor:
            cursor.execute("alter system set synchronous_standby_names = 'nosuch'; ")
            cursor.execute("select pg_reload_conf()")
            try:
                return self.end_waiting(cursor)
            finally:
                cursor.execute("alter system reset synchronous_standby_names")
                cursor.execute("select pg_reload_conf()")

    @staticmethod
    def end_waiting(cursor):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            cursor.execute("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                           "where wait_event = 'SyncRep' and usename = 'worker'")
            if cursor.fetchone()[0]:
                return True
            time.sleep(0.02)
        return False


class Locked(Fault):
    table = ""

    def inject(self, world, rng):
        with world.postgres.admin() as cursor:
            cursor.execute("begin")
            cursor.execute("set local lock_timeout = '5s'")
            cursor.execute(f"lock table {self.table} in access exclusive mode")
            time.sleep(rng.uniform(0.3, 1.4) * world.lease / 2)
            cursor.execute("select count(*) from pg_stat_activity "
                           "where wait_event_type = 'Lock' and usename = 'worker'")
            waited = cursor.fetchone()[0] > 0
            cursor.execute("commit")
            return waited


class WorkersLocked(Locked):
    kind, table = "postgres: lock held on pawl.workers", "pawl.workers"


class NotificationsLocked(Locked):
    kind, table = "postgres: lock held on notifications", "notifications"


class LedgerLocked(Locked):
    kind, table = "postgres: lock held on the mail ledger", "pawl.email_deliveries"


class Deadlocked(Fault):
    """A worker that settles mails holds its own row and waits for the ledger's; the soak has those and wants its."""
    kind = "postgres: deadlock"
    patience = 6

    def inject(self, world, rng):
        size = world.postgres.log_size()
        deadline = time.monotonic() + self.patience
        with world.postgres.admin() as cursor, world.postgres.admin() as looking:
            cursor.execute("set deadlock_timeout = '10s'")  # so that the worker is the one who finds it
            while time.monotonic() < deadline and not self.cross(cursor, looking):
                cursor.execute("rollback")
            cursor.execute("rollback")
        return world.postgres.logged_since(size, "worker ERROR:  deadlock detected") > 0

    @staticmethod
    def cross(cursor, looking):
        cursor.execute("begin")
        cursor.execute("select event_id from pawl.email_deliveries where state = 'sending' for update skip locked")
        if not cursor.fetchall():
            return False
        until = time.monotonic() + 1
        while time.monotonic() < until:
            looking.execute("select count(*) from pg_locks l join pg_stat_activity a using (pid) where not l.granted "
                            "and a.usename = 'worker' and l.locktype = 'transactionid'")
            if looking.fetchone()[0]:
                cursor.execute("select from pawl.workers for update")
                return True
            time.sleep(0.01)
        return False


class Setting(Fault):
    """A setting of the server for a while; the proof is what Postgres logs about a worker."""
    setting, value, sign = "", "", ""
    lock = ""

    def inject(self, world, rng):
        size = world.postgres.log_size()
        with world.postgres.admin() as cursor:
            cursor.execute(f"alter system set {self.setting} = '{self.value}'")
            cursor.execute("select pg_reload_conf()")
            try:
                self.while_set(world, cursor, rng)
            finally:
                cursor.execute(f"alter system reset {self.setting}")
                cursor.execute("select pg_reload_conf()")
        return world.postgres.logged_since(size, f" worker (ERROR|FATAL):  {self.sign}") > 0

    def while_set(self, world, cursor, rng):
        if self.lock:
            cursor.execute("begin")
            cursor.execute(f"lock table {self.lock} in access exclusive mode")
        time.sleep(rng.uniform(0.5, 2))
        if self.lock:
            cursor.execute("commit")


class StatementsTimeOut(Setting):
    kind, setting, value = "postgres: statement timeout", "statement_timeout", "50ms"
    sign, lock = "canceling statement due to statement timeout", "notifications"


class LocksTimeOut(Fault):
    """A lock that outlasts the patience of the worker's own sessions, a third of its postgres-timeout."""
    kind = "postgres: lock timeout"

    def inject(self, world, rng):
        size = world.postgres.log_size()
        until = time.monotonic() + 8
        with world.postgres.admin() as cursor:
            cursor.execute("begin")
            cursor.execute("lock table pawl.email_deliveries in access exclusive mode")
            while time.monotonic() < until:
                if world.postgres.logged_since(size, " worker ERROR:  canceling statement due to lock timeout"):
                    return True
                time.sleep(0.1)
            return False


class IdleSessionsEnded(Setting):
    kind, setting, value = "postgres: idle session timeout", "idle_session_timeout", "5ms"
    sign = "terminating connection due to idle-session timeout"


class ReadOnly(Setting):
    kind, setting, value = "postgres: read-only", "default_transaction_read_only", "on"
    sign = "cannot execute .* in a read-only transaction"


class RoleDenied(Fault):
    """Nobody may log in anew, and everybody has to."""
    denied = allowed = sign = None

    def inject(self, world, rng):
        size = world.postgres.log_size()
        with world.postgres.admin() as cursor:
            cursor.execute(f"alter role worker {self.denied}")
            world.postgres.drop_sessions("worker")
            time.sleep(rng.uniform(0.5, 2))
            cursor.execute(f"alter role worker {self.allowed}")
        return world.postgres.logged_since(size, self.sign) > 0


class ConnectionsLimited(RoleDenied):
    kind = "postgres: too many connections"
    denied, allowed, sign = "connection limit 1", "connection limit -1", "too many connections for role"


class LoginRefused(RoleDenied):
    kind = "postgres: login refused"
    denied, allowed, sign = "nologin", "login", 'role "worker" is not permitted to log in'


class PrivilegeRevoked(Fault):
    kind = "postgres: privilege revoked"

    def inject(self, world, rng):
        size = world.postgres.log_size()
        revoked, granted, table = rng.choice(REVOCABLE)
        with world.postgres.admin() as cursor:
            cursor.execute(f"revoke {revoked} on {table} from pawl_worker")
            time.sleep(rng.uniform(0.5, 2))
            cursor.execute(f"grant {granted} on {table} to pawl_worker")
        return world.postgres.logged_since(size, "worker ERROR:  permission denied") > 0


class OldTransaction(Fault):
    kind = "postgres: an old transaction held open"

    def inject(self, world, rng):
        connection = psycopg2.connect(world.postgres.conninfo)
        try:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read")
                cursor.execute("select count(*) from pawl.outbox")
                time.sleep(rng.uniform(1, 4))
                cursor.execute("select backend_xmin is not null from pg_stat_activity where pid = pg_backend_pid()")
                return cursor.fetchone()[0]
        finally:
            connection.close()


ALL = [RestartedFast, RestartedImmediately, SessionsEnded, CommitUnknown, WorkersLocked, NotificationsLocked,
       LedgerLocked, Deadlocked, StatementsTimeOut, LocksTimeOut, IdleSessionsEnded, ReadOnly,
       ConnectionsLimited, LoginRefused, PrivilegeRevoked, OldTransaction]
