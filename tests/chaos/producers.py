"""Services that record failed syncs in small transactions, and what they know of each one's fate."""
import collections
import json
import random
import threading
import time
import uuid

import psycopg2
import psycopg2.errors

from chaos.postgres import Trouble, troubled
from chaos.text import BAD_PAYLOADS, CANARY, failure

COMMITTED, ROLLED_BACK, UNKNOWN = "committed", "rolled back", "unknown"
COUNTED = ["plain", "hostile text", "secret in the text", "rolled back on purpose", "committed late", "by update",
           "bad payload", "emitted twice"]


class Journal:
    """What the producers know; appended by many threads."""

    def __init__(self):
        self.logs = []        # (sync log, fate)
        self.emitted = []     # (event, fate, bad)
        self.counts = collections.Counter()

    def events(self):
        return len(self.logs) + len(self.emitted)


class Producer(threading.Thread):
    """Keeps up a rate on average: after an outage it makes up for what was missed."""

    def __init__(self, postgres, people, journal, seed, rate, stop):
        super().__init__(daemon=True)
        self.postgres, self.people, self.journal, self.stop = postgres, people, journal, stop
        self.rng, self.rate = random.Random(seed), rate
        self.connection = None
        self.failure = None

    def run(self):
        try:
            started, made = time.monotonic(), 0
            while not self.stop.is_set():
                ahead = made / self.rate - (time.monotonic() - started)
                if ahead > 0 and self.stop.wait(ahead):
                    return
                made += self.transaction()
        except Exception as error:  # the soak says so in its report; a silent end would test nothing
            self.failure = f"{type(error).__name__}: {error}"

    def id(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def transaction(self):
        draw = self.rng.random()
        if draw < 0.02:
            return self.emit_bad()
        if draw < 0.04:
            return self.emit_twice()
        return self.record(self.rng.randint(1, 6), rolled_back=draw > 0.97, by_update=draw > 0.9)

    def record(self, count, rolled_back=False, by_update=False, hold=0.0):
        ids = [self.id() for _ in range(count)]

        def write(cursor):
            for sync_log in ids:
                self.write_log(cursor, sync_log, by_update)
            if hold:
                self.stop.wait(hold)
        fate = self.attempt(write, rolled_back)
        self.journal.logs += [(sync_log, fate) for sync_log in ids]
        if fate == COMMITTED:
            self.journal.counts["by update"] += by_update
            self.journal.counts["committed late"] += hold > 0
        self.journal.counts["rolled back on purpose"] += rolled_back
        return count

    def write_log(self, cursor, sync_log, by_update):
        kind, text = failure(self.rng)
        self.journal.counts[kind] += 1
        row = (sync_log, self.a_connection(), "running" if by_update else "error", text)
        cursor.execute("insert into pms_sync_logs (id, connection_id, status, error_message, finished_at) "
                       "values (%s, %s, %s, %s, now())", row)
        if by_update:
            cursor.execute("update pms_sync_logs set status = 'error' where id = %s", (sync_log,))

    def a_connection(self):
        return self.rng.choice(self.rng.choice(list(self.people.connections.values())))

    def attempt(self, write, rolled_back=False):
        """What is known of the transaction's fate."""
        fate = ROLLED_BACK
        try:
            with troubled():
                if self.connection is None:
                    self.connection = self.postgres.connect("app")
                with self.connection.cursor() as cursor:
                    write(cursor)
                if rolled_back:
                    self.connection.rollback()
                    return ROLLED_BACK
                fate = UNKNOWN
                self.connection.commit()
                return COMMITTED
        except psycopg2.errors.ForeignKeyViolation:  # its organisation has just been deleted
            self.connection.rollback()
            return ROLLED_BACK
        except Trouble:
            self.connection = None
            self.stop.wait(0.1)
            return fate

    def emit(self, event, payload, times=1):
        def write(cursor):
            cursor.execute("select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', %s, %s)",
                           (payload, event))
        fate = ROLLED_BACK
        for _ in range(times):
            latest = self.attempt(write)
            fate = latest if fate != COMMITTED else fate
        return fate

    def emit_bad(self):
        event = self.id()
        payload = self.rng.choice(BAD_PAYLOADS)
        fate = self.emit(event, payload)
        self.journal.emitted.append((event, fate, True))
        self.journal.counts["bad payload"] += fate == COMMITTED
        return 1

    def emit_twice(self):
        org, connections = self.rng.choice(list(self.people.connections.items()))
        event = self.id()
        payload = {"connection_id": connections[0], "sync_log_id": self.id(), "org_id": org, "provider": "Reapit",
                   "label": "Main", "error_message": f"password={CANARY}9x", "occurred_at": "2026-01-02T03:04:05Z"}
        fate = self.emit(event, json.dumps(payload), times=2)
        self.journal.emitted.append((event, fate, False))
        self.journal.counts["emitted twice"] += fate == COMMITTED
        return 1


class LateProducer(Producer):
    """Holds its transactions open, so that low positions commit after higher ones."""

    def transaction(self):
        return self.record(2, hold=self.rng.uniform(0.5, 4))
