"""Organisations and who is in them, with every change of who is to be told, and when it happened."""
import threading
import time
import uuid
from dataclasses import dataclass

TOLD = ("owner", "admin")


@dataclass(frozen=True)
class Change:
    """From some moment between `started` and `ended` on, this is how the user stands to the organisation."""
    org: str
    user: str
    started: float
    ended: float
    told: bool
    mailable: bool


class People:
    """The soak's own copy of the application's tables. Seeded; `change` is called by one thread."""

    def __init__(self, rng, organisations):
        self.rng = rng
        self.lock = threading.Lock()
        self.names, self.connections, self.providers = {}, {}, {}
        self.roles = {}       # (org, user) -> role
        self.emails = {}      # user -> address or None
        self.addresses = set()  # (user, address) that ever was
        self.changes = []
        self.restless = []    # (org, user) that churn may change
        self.doomed = []      # organisations that are deleted in the course of the run
        for number in range(organisations):
            self.found(number)
        self.seed_changes()

    def id(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def found(self, number):
        """One organisation; a few have members only, some people are in two, two people share a mailbox."""
        org = self.id()
        self.names[org] = f"Organisation {number}" if number % 9 else f"O'Neil & <Söhne> \"{number}\"\u202e"
        self.connections[org] = [self.id() for _ in range(2)]
        self.providers[org] = self.rng.choice(["Reapit", "Alto", "Jupix", "<b>PMS</b>\r\nX: y"])
        roles = ["member", "member"] if number % 20 == 7 else ["owner", "admin", "member"]
        for place, role in enumerate(roles + ["admin"] * (number % 5 == 0)):
            self.join(org, self.id(), role, f"u{number}.{place}@example.test")
        if number % 10 == 3:
            self.join(org, self.id(), "admin", f"u{number}.0@example.test")
            self.join(org, self.id(), "admin", f"blocked.{number}@example.test")
        if number % 10 == 4:
            self.join(org, self.id(), "admin", "not an address\r\nRCPT TO:<x@y>")
            self.join(org, self.id(), "owner", None)
        if number % 10 == 6 and number:
            org_before, user = next(iter(reversed(list(self.roles)[:-4])))
            self.roles.setdefault((org, user), "admin" if org_before != org else "owner")
        if number % 4 == 1:
            self.restless += [pair for pair in self.roles if pair[0] == org]
        if number % 16 == 8:
            self.doomed.append(org)

    def join(self, org, user, role, email):
        self.roles[org, user] = role
        self.emails[user] = email
        self.addresses.add((user, email))

    def seed_changes(self):
        for org, user in self.roles:
            self.changes.append(self.as_it_is(org, user, 0, 0))

    def as_it_is(self, org, user, started, ended):
        email = self.emails.get(user)
        return Change(org, user, started, ended, self.roles.get((org, user)) in TOLD, bool(email) and " " not in email)

    def settle(self, pairs, started):
        """Records how the pairs stand since a commit between `started` and now."""
        with self.lock:
            self.changes += [self.as_it_is(org, user, started, time.time()) for org, user in pairs]

    def orgs_of(self, user):
        return [pair for pair in self.roles if pair[1] == user]

    def write(self, cursor):
        for org, name in self.names.items():
            cursor.execute("insert into organisations (id, name, slug) values (%s, %s, %s)", (org, name, org))
            for connection in self.connections[org]:
                cursor.execute("insert into pms_connections (id, org_id, provider, label, status) "
                               "values (%s, %s, %s, 'Main', 'active')", (connection, org, self.providers[org]))
        for user, email in self.emails.items():
            cursor.execute("insert into users (id, email, full_name) values (%s, %s, 'Some One')", (user, email))
        for (org, user), role in self.roles.items():
            cursor.execute("insert into org_members (org_id, user_id, role) values (%s, %s, %s)", (org, user, role))
