"""Changes who is to be told while the soak runs, and reads notifications as people do."""
import collections
import random
import threading
import time

from chaos.postgres import Trouble, troubled


class Churn(threading.Thread):
    """One change at a time, repeated until it is known to be committed."""

    def __init__(self, postgres, people, seed, pause, stop):
        super().__init__(daemon=True)
        self.postgres, self.people, self.stop = postgres, people, stop
        self.rng, self.pause = random.Random(seed), pause
        self.connection = None
        self.counts = collections.Counter()
        self.read = set()  # (event, user) whose notification is read: it stays so
        self.failure = None

    def run(self):
        acts = [self.change_role, self.leave, self.change_address, self.delete_user, self.read_some, self.read_some]
        try:
            while not self.stop.wait(self.rng.expovariate(1 / self.pause)):
                act = self.rng.choice(acts)
                if self.people.doomed and self.rng.random() < 0.02:
                    act = self.delete_organisation
                act(*self.rng.choice(self.people.restless))
                self.counts[act.__name__.replace("_", " ")] += 1
        except Exception as error:  # the soak says so in its report; a silent end would test nothing
            self.failure = f"{type(error).__name__}: {error}"

    def commit(self, sql, values):
        while True:
            try:
                with troubled():
                    return self.once(sql, values)
            except Trouble:
                self.connection = None
                time.sleep(0.1)

    def once(self, sql, values):
        if self.connection is None:
            self.connection = self.postgres.connect("app")
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def change(self, pairs, statement, apply):
        """The window in which it happened begins here and ends once it is known to have happened."""
        started = time.time()
        self.commit(*statement)
        apply()
        self.people.settle(pairs, started)

    def change_role(self, org, user):
        role = self.rng.choice(["owner", "admin", "member"])
        if user not in self.people.emails or org not in self.people.names:
            return
        self.change([(org, user)], ("insert into org_members (org_id, user_id, role) values (%s, %s, %s) on conflict "
                                    "(org_id, user_id) do update set role = excluded.role", (org, user, role)),
                    lambda: self.people.roles.__setitem__((org, user), role))

    def leave(self, org, user):
        self.change([(org, user)], ("delete from org_members where org_id = %s and user_id = %s", (org, user)),
                    lambda: self.people.roles.pop((org, user), None))

    def change_address(self, org, user):
        if user not in self.people.emails:
            return
        email = self.rng.choice([None, f"new{self.rng.randrange(10**6)}@example.test"])
        self.people.addresses.add((user, email))
        self.change(self.people.orgs_of(user), ("update users set email = %s where id = %s", (email, user)),
                    lambda: self.people.emails.__setitem__(user, email))

    def delete_user(self, org, user):
        if self.rng.random() > 0.2 or user not in self.people.emails:
            return
        pairs = self.people.orgs_of(user)

        def gone():
            self.people.emails.pop(user)
            for pair in pairs:
                self.people.roles.pop(pair)
        self.change(pairs, ("delete from users where id = %s", (user,)), gone)

    def delete_organisation(self, *_):
        org = self.people.doomed.pop()
        pairs = [pair for pair in self.people.roles if pair[0] == org]
        self.people.connections.pop(org)  # from now on producers leave it alone

        def gone():
            self.people.names.pop(org)
            for pair in pairs:
                self.people.roles.pop(pair)
        self.change(pairs, ("delete from organisations where id = %s", (org,)), gone)

    def read_some(self, *_):
        rows = self.commit("update notifications set seen_at = now(), read_at = now() where id in (select id from "
                            "notifications where read_at is null limit 20) returning event_id::text, user_id::text", ())
        self.read.update(rows)
