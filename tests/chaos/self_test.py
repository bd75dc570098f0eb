#!/usr/bin/python3
"""Plants each violation in a small clean world, and expects the oracle to name it, and nothing in a clean one.

Run under pg_virtualenv: self_test.py PAWL, where PAWL is the binary that migrates the database.
"""
import glob
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import psycopg2

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True

from chaos.evidence import Evidence
from chaos.oracle import Oracle
from chaos.people import Change
from chaos.relay import Mail
from chaos.text import CANARY

MIGRATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "migrations", "checkpoints", "*.sql")
PAWL = sys.argv.pop(1)
ORG, OTHER_ORG = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"
OWNER, MEMBER, BLOCKED = (f"20000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
LOG, LOST_LOG = "40000000-0000-4000-8000-000000000001", "40000000-0000-4000-8000-000000000002"
EVENT, BAD = "50000000-0000-4000-8000-000000000001", "50000000-0000-4000-8000-000000000002"
CONNECTION = "30000000-0000-4000-8000-000000000001"

# One failure that told an owner; a second owner's mailbox refuses; a member is not told; one payload was wrong.
CLEAN = f"""
insert into organisations (id, name, slug) values ('{ORG}', 'One', 'one'), ('{OTHER_ORG}', 'Two', 'two');
insert into users (id, email) values ('{OWNER}', 'owner@x.test'), ('{MEMBER}', 'member@x.test'),
  ('{BLOCKED}', 'blocked.1@x.test');
insert into org_members values ('{ORG}', '{OWNER}', 'owner'), ('{ORG}', '{MEMBER}', 'member'),
  ('{ORG}', '{BLOCKED}', 'owner');
insert into pms_connections (id, org_id, provider, status) values ('{CONNECTION}', '{ORG}', 'Reapit', 'active');
insert into pms_sync_logs (id, connection_id, status) values ('{LOG}', '{CONNECTION}', 'error');
delete from pawl.outbox;
insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status, reason,
  workflow, type, aggregatetype, aggregateid, payload, headers) values
  (1, '{EVENT}', now(), 1, 0, gen_random_uuid(), 'failed', 'rejected: 550', 'w', 't', 'a', '1',
   '{{"org_id": "{ORG}", "sync_log_id": "{LOG}"}}', '{{}}'),
  (2, '{BAD}', now(), 1, 0, gen_random_uuid(), 'failed', 'event payload: no org_id', 'w', 't', 'a', '1', '{{}}',
   '{{}}');
insert into notifications (event_id, user_id, org_id, kind, urgency, title, body, read_at)
  select '{EVENT}', id, '{ORG}', 'pms.sync_failed', 'urgent', 'title', 'body', now() from users where id <> '{MEMBER}';
insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts, in_doubt_count,
  workflow, step, state, message_id, reply) values
  ('{EVENT}', '{OWNER}', 1, 1, now(), now(), 2, 1, 'w', 's', 'accepted', '<1@x>', '250'),
  ('{EVENT}', '{BLOCKED}', 1, 1, now(), now(), 1, 0, 'w', 's', 'rejected', '<2@x>', '550 no');
"""

# (invariant, words of what the oracle must say, SQL that breaks it)
PLANTED_IN_POSTGRES = [
    ("I1", "no event tells of it", f"delete from pawl.outbox_archive where id = '{EVENT}'"),
    ("I1", "rolled back, and an event", "update pawl.outbox_archive set payload = jsonb_set(payload, '{sync_log_id}', "
     f"'\"{LOST_LOG}\"') where id = '{EVENT}'"),
    ("I1", "two events tell of one", f"select pawl.emit('t', 'a', '1', "
     f"'{{\"sync_log_id\": \"{LOG}\"}}')"),
    ("I1", "emitted and committed, and gone", f"delete from pawl.outbox_archive where id = '{BAD}'"),
    ("I1", "without an in-app", f"delete from notifications where user_id = '{OWNER}'"),
    ("I1", "whom the mail ledger does not know", f"delete from pawl.email_deliveries where user_id = '{OWNER}'"),
    ("I1", "never settled", f"update pawl.email_deliveries set state = 'deferred' where user_id = '{OWNER}'"),
    ("I1", "withheld from an eligible",
     f"update pawl.email_deliveries set state = 'suppressed' where user_id = '{OWNER}'"),
    ("I1", "the relay never took it", "update pawl.email_deliveries set message_id = '<3@x>'"),
    ("I2", "more than one in-app", "alter table notifications drop constraint notifications_event_id_user_id_kind_key;"
     "insert into notifications select * from (select gen_random_uuid(), event_id, user_id, org_id, kind, urgency,"
     " title, body, link, data, created_at, seen_at, read_at, archived_at from notifications) as twice"),
    ("I2", "unread or gone", "update notifications set read_at = null"),
    ("I3", "more copies", "update pawl.email_deliveries set in_doubt_count = 0"),
    ("I3", "the ledger does not know", "delete from pawl.email_deliveries"),
    ("I5", "told in-app", "insert into notifications (event_id, user_id, org_id, kind, urgency, title, body) values "
     f"('{EVENT}', '{MEMBER}', '{ORG}', 'pms.sync_failed', 'urgent', 't', 'b')"),
    ("I5", "in another organisation", f"update notifications set org_id = '{OTHER_ORG}'"),
    ("I5", "mailed, and never", f"update pawl.email_deliveries set user_id = '{MEMBER}' where user_id = '{OWNER}'"),
    ("I6", "explains why", "update pawl.email_deliveries set state = 'accepted'"),
    ("I6", "did not fail for it", f"update pawl.outbox_archive set status = 'done' where id = '{BAD}'"),
    ("I6", "withheld without a reason", "update pawl.email_deliveries set reply = '' where state = 'rejected'"),
    ("I7", "in a notification", f"update notifications set body = 'x {CANARY}'"),
    ("I7", "an operator reads", f"update pawl.email_deliveries set reply = '{CANARY}'"),
    ("I8", "unfinished", "select pawl.emit('t', 'a', '1', '{}')"),
    ("I8", "still lags", "select pawl.emit('t', 'a', '1', '{}')"),
]


class OracleTest(unittest.TestCase):
    """Each case has its own transaction, which is rolled back, and its own folder."""

    @classmethod
    def setUpClass(cls):
        cls.name = f"chaos_self_test_{os.getpid()}"
        cls.statement("postgres", f"create database {cls.name}")
        cls.home = tempfile.mkdtemp(dir="/tmp")
        environment = os.environ | {"PAWL_POSTGRES": f"dbname={cls.name}"}
        subprocess.run([PAWL, "migrate", "--with-app"], env=environment, check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.statement("postgres", f"drop database {cls.name}")
        shutil.rmtree(cls.home)

    @staticmethod
    def statement(database, sql):
        connection = psycopg2.connect(dbname=database)
        connection.autocommit = True
        connection.cursor().execute(sql)
        connection.close()

    def setUp(self):
        self.connection = psycopg2.connect(dbname=self.name)
        self.addCleanup(self.connection.close)  # rolls back; else a failing set-up would keep the next one waiting
        self.connection.cursor().execute(CLEAN)
        self.folder = tempfile.mkdtemp(dir=self.home)
        self.log, self.store = os.path.join(self.folder, "log"), os.path.join(self.folder, "store.db")
        with open(self.log, "w") as log:
            log.write("all is well\n")
        self.make_store(self.store)
        self.evidence = Evidence(
            self.connection, [Change(ORG, user, 0, 0, user != MEMBER, True) for user in (OWNER, MEMBER, BLOCKED)],
            {(OWNER, "owner@x.test"), (BLOCKED, "blocked.1@x.test")}, [(LOG, "committed"), (LOST_LOG, "rolled back")],
            [(BAD, "committed", True)], {(EVENT, OWNER)}, [self.mail(), self.mail()], [self.log], [self.store],
            [[self.store]], [b"pawl\0worker\0"])

    @staticmethod
    def mail(**changed):
        return Mail(**{"time": 1.0, "accepted": True, "message_id": "<1@x>", "recipient": "owner@x.test", "digest": "d",
                       "canaries": 0} | changed)

    @staticmethod
    def make_store(path, *statements):
        """A store of today's schema with one run that is done and its finished step."""
        with sqlite3.connect(path) as store:
            for migration in sorted(glob.glob(MIGRATIONS)):
                with open(migration) as script:
                    store.executescript(script.read())
            store.execute("insert into runs (run, run_id, workflow, status, position, deliveries, resumes, started_at,"
                          " ended_at) values (1, ?, 'w', 'done', 1, 1, 0, 1, 2)", (EVENT,))
            store.execute("insert into events (run, type, aggregate_type, aggregate_id, payload, created_at)"
                          " values (1, 't', 'a', '1', '{}', 1)")
            store.execute("insert into steps (run, step, key, attempt, failed, result, started_at, settled_at)"
                          " values (1, 'resolve-recipients', '', 1, 0, '{}', 1, 2)")
            for statement in statements:
                store.execute(statement)

    def judged(self):
        violations = Oracle(self.evidence, required=()).judge().violations
        return [(violation["invariant"], violation["what"], violation["ids"]) for violation in violations]

    def expect(self, invariant, words):
        found = self.judged()
        named = [what for what in found if what[0] == invariant and words in what[1]]
        self.assertTrue(named and named[0][2], f"expected {invariant} {words}; the oracle says {found}")

    def test_a_clean_world_has_no_violation(self):
        self.assertEqual(self.judged(), [])

    def test_a_world_in_which_nothing_happened_proves_nothing(self):
        oracle = Oracle(Evidence(self.connection)).judge()
        self.assertIn("nothing checked", {violation["invariant"] for violation in oracle.violations})

    def test_what_is_wrong_in_postgres_is_named(self):
        with self.connection.cursor() as cursor:
            for invariant, words, sql in PLANTED_IN_POSTGRES:
                with self.subTest(words):
                    cursor.execute("savepoint clean")
                    # what no constraint lets happen must be found all the same
                    for constraint in ("email_unsent_has_reason", "email_sending_is_unsettled"):
                        cursor.execute(f"alter table pawl.email_deliveries drop constraint {constraint}")
                    cursor.execute(sql)
                    self.expect(invariant, words)
                    cursor.execute("rollback to savepoint clean")

    def test_a_copy_more_than_explained_is_named(self):
        self.evidence.mails.append(self.mail())
        self.expect("I3", "more copies")

    def test_copies_that_differ_are_named(self):
        self.evidence.mails[1] = self.mail(digest="other")
        self.expect("I3", "that differ")

    def test_two_mails_to_one_mailbox_are_named(self):
        self.evidence.mails.append(self.mail(message_id="<2@x>"))
        self.expect("I3", "two mails of one event")

    def test_a_mail_to_a_stranger_is_named(self):
        self.evidence.mails[1] = self.mail(recipient="stranger@x.test")
        self.expect("I5", "never was the recipient's")

    def test_a_secret_in_a_mail_is_named(self):
        self.evidence.mails[1] = self.mail(canaries=1)
        self.expect("I7", "in a mail")

    def test_a_secret_in_a_log_is_named(self):
        with open(self.log, "a") as log:
            log.write(f"password={CANARY}\n")
        self.expect("I7", "a secret in " + self.log)

    def test_a_secret_in_a_store_is_named(self):
        self.make_store(self.folder + "/second.db", f"update runs set reason = '{CANARY}'")
        self.evidence.stores.append(self.folder + "/second.db")
        self.expect("I7", "a secret in " + self.folder + "/second.db")

    def test_a_secret_in_a_command_line_is_named(self):
        self.evidence.arguments.append(b"pawl\0--password\0" + CANARY.encode())
        self.expect("I7", "command line")

    def test_a_finished_step_that_is_gone_is_named(self):
        self.make_store(self.folder + "/later.db", "delete from steps")
        self.evidence.lives = [[self.store, self.folder + "/later.db"]]
        self.expect("I4", "gone or other")

    def test_a_finished_step_that_ran_again_is_named(self):
        self.make_store(self.folder + "/later.db", "update steps set settled_at = 5000000")
        self.evidence.lives = [[self.store, self.folder + "/later.db"]]
        self.expect("I4", "gone or other")

    def test_an_attempt_after_success_is_named(self):
        self.make_store(self.folder + "/later.db",
                        "insert into attempts (run, step, key, resumes, attempt, error, first_started_at, failed_at,"
                        " retry_at) values (1, 'resolve-recipients', '', 0, 2, 'e', 1, 2, 3)")
        self.evidence.lives = [[self.folder + "/later.db"]]
        self.expect("I4", "attempts after")

    def test_a_run_that_waits_for_ever_is_named(self):
        with self.connection.cursor() as cursor:
            cursor.execute(f"delete from pawl.outbox_archive where id = '{EVENT}'")
        self.make_store(self.folder + "/stuck.db", "update runs set status = 'waiting', wake_at = 9, ended_at = null")
        self.evidence.stores.append(self.folder + "/stuck.db")
        self.expect("I8", "runs that still wait")

    def test_somebody_whose_standing_changed_meanwhile_is_not_missed(self):
        self.evidence.changes.append(Change(ORG, OWNER, 0.5, 4e9, True, True))
        with self.connection.cursor() as cursor:
            cursor.execute(f"delete from notifications where user_id = '{OWNER}'")
        self.evidence.read = set()
        self.assertEqual(self.judged(), [])


if __name__ == "__main__":
    unittest.main()
