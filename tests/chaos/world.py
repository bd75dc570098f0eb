"""Everything a soak runs with: Postgres, relay, workers, producers; and what was noticed on the way."""
import collections
import json
import os
import random
import subprocess
import threading
import time

from chaos import faults_by_operators, faults_of_postgres, faults_of_stores, faults_of_the_relay, faults_of_workers
from chaos import options as chaos_options
from chaos.churn import Churn
from chaos.fault import Lane, Tally, draw_schedule
from chaos.people import People
from chaos.postgres import Postgres
from chaos.producers import Journal, LateProducer, Producer
from chaos.relay import Relay
from chaos.text import CANARY
from chaos.worker import Worker

CONNECTIONS = 8  # to the relay, of each worker


class World:
    """Built by the constructor; `stop` ends every process that it started, whatever happened."""

    def __init__(self, options, folder):
        self.options, self.folder, self.lease = options, folder, options.lease
        self.rng = random.Random(options.seed)
        self.lock, self.one_frozen = threading.Lock(), threading.Lock()
        mails = 2 * options.minutes * 60 * options.events_per_second
        self.calm = min(max(200 / mails, 0.002), 0.03)  # how often a command fails at the relay between the storms
        self.violations, self.tally, self.points = [], Tally(), collections.Counter()
        self.in_doubt_by_kills, self.noticed_deletions, self.replayed, self.logs, self.number = [], 0, 0, [], 0
        self.stopping, self.lanes_injecting = threading.Event(), set()
        self.workers, self.producers, self.postgres, self.relay, self.trap = [], [], None, None, None

    def build(self):
        self.timeline = open(os.path.join(self.folder, "timeline"), "w", buffering=1)
        self.postgres = Postgres(self.folder)
        self.relay = Relay(self.folder, self.rng.getrandbits(32))
        os.makedirs(os.path.join(self.folder, "trap"))
        self.trap = Relay(os.path.join(self.folder, "trap"), 0)
        self.migrate()
        self.people = People(self.rng, self.options.organisations)
        self.write_people()
        self.workers = [Worker(name, self.folder, self.options.pawl, self.environment())
                        for name in ("first", "second")]
        self.journal = Journal()
        threads = [Producer] * 3 + [LateProducer]
        self.producers = [kind(self.postgres, self.people, self.journal, self.rng.getrandbits(64), rate, self.stopping)
                          for kind, rate in zip(threads, [self.options.events_per_second / 3] * 3 + [1000])]
        self.churn = Churn(self.postgres, self.people, self.rng.getrandbits(64), 0.5, self.stopping)

    def environment(self):
        password = os.path.join(self.folder, "relay-password")
        with open(password, "w") as file:
            file.write(f"{CANARY}relay\n")
        soon = "first=200ms,longest=2s"
        return {
            "PAWL_POSTGRES": self.postgres.conninfo_of("worker"), "PAWL_MAIL": self.relay.url(),
            "PAWL_MAIL_PASSWORD_FILE": password, "PAWL_MAIL_FROM": "alerts@chaos.test",
            "PAWL_APP_URL": "https://app.chaos.test", "PAWL_LOG_FORMAT": "json", "PAWL_LEASE": f"{self.lease:g}s",
            # a clock that jumps ten years ahead would prune every ended run, and with it what the oracle compares
            "PAWL_RETENTION": "0s", "PAWL_DELIVERIES_MAX": "50", "PAWL_DRAIN_TIMEOUT": "30s",
            "PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL": f"{soon},attempts=0,for=24h",
            "PAWL_RETRY_NOTIFY_SYNC_FAILURE_CREATE_IN_APP": soon,
            "PAWL_RETRY_NOTIFY_SYNC_FAILURE_RESOLVE_RECIPIENTS": soon, "PAWL_CONNECT_TIMEOUT": "60s"}

    def migrate(self):
        environment = os.environ | {"PAWL_POSTGRES": self.postgres.conninfo_of("owner"),
                                    "PAWL_CHECKPOINTS": os.path.join(self.folder, "unused.db")}
        subprocess.run([self.options.pawl, "migrate", "--with-app", "--roles"], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        with self.postgres.admin() as cursor:
            cursor.execute("grant pawl_worker, pawl_operator to worker; grant usage on schema pawl to app;"
                           "grant select, insert, update, delete on organisations, "
                           "users, org_members, pms_connections, pms_sync_logs, notifications to app")

    def write_people(self):
        with self.postgres.admin() as cursor:
            cursor.execute("begin")
            self.people.write(cursor)
            cursor.execute("commit")

    def lanes(self):
        """The schedule, drawn from the seed before anything happens."""
        until = time.monotonic() + self.options.minutes * 60
        lanes = [self.lane(module.__name__.split("_")[-1], [fault() for fault in module.ALL], until)
                 for module in (faults_of_postgres, faults_of_the_relay, faults_by_operators)]
        lanes += self.worker_lanes(until)
        self.lanes_injecting.update(lanes)
        return lanes

    def pause(self, faults):
        """Seconds between two faults: a short run fits each kind in once, a long one lets the workers breathe."""
        return min(max(self.options.minutes * 60 / max(len(faults), 1) - 2.5, 0.3), 6)

    def rounds(self):
        return 3 + int(self.options.minutes * 4)

    def worker_lanes(self, until):
        """In the first round each worker has half of the kinds, so that a short run sees them all."""
        kinds = faults_of_workers.ALL + faults_of_stores.ALL
        shuffled = self.rng.sample(kinds, len(kinds))
        lanes = []
        for place, worker in enumerate(self.workers):
            half = self.wanted([kind(worker) for kind in shuffled[place::2]])
            pause = self.pause(half)
            schedule = draw_schedule(half, self.rng, pause, 1)
            schedule += draw_schedule(self.wanted([kind(worker) for kind in kinds]), self.rng, pause, self.rounds())
            lanes.append(Lane(worker.name, self, schedule, len(half), until, worker.look_after))
        return lanes

    def lane(self, name, faults, until):
        faults = self.wanted(faults)
        return Lane(name, self, draw_schedule(faults, self.rng, self.pause(faults), self.rounds()), len(faults), until)

    def wanted(self, faults):
        chosen = [fault for fault in faults if chaos_options.wants(self.options, fault.kind)]
        for fault in chosen:
            self.tally.expect(fault.kind)
        return chosen

    def violate(self, invariant, what, ids):
        with self.lock:
            self.violations.append({"invariant": invariant, "what": what, "ids": [str(id) for id in ids]})

    def note(self, at, lane, kind, effective):
        with self.lock:
            self.timeline.write(json.dumps({"at": at, "took": round(time.time() - at, 2), "lane": lane, "fault": kind,
                                            "effective": effective}) + "\n")

    def next_number(self):
        with self.lock:
            self.number += 1
            return self.number

    def all_threads_failures(self, lanes):
        return [thread.failure for thread in [*lanes, *self.producers, self.churn] if thread.failure]

    def stop(self):
        """Everything but the databases' files, which the oracle or a person may still read."""
        self.stopping.set()
        for worker in self.workers:
            worker.kill()
        for relay in (self.relay, self.trap):
            if relay:
                relay.stop()
