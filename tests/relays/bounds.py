"""Whose refusal is it: what one relay's refusals cost others, seen with a real worker."""
import contextlib
import os
import signal
import subprocess
import time

import psycopg2

ACCOUNT_MAILS, UNKNOWN, KNOWN = 12, 40, 40
CONNECTIONS = 8  # unless the URL says another number
# A connection is lost after so many refusals in a row. Postfix answers late from then on, and the worker gives it up;
# Exim closes after ten RSET between messages (smtp_accept_max_nonmail). How many fall in a row is a matter of timing.
REFUSALS_BORNE = {"postfix": 5, "exim": 10}


def until(condition, patience=60):
    deadline = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError("not within a minute")
        time.sleep(0.01)
    return value


def logins_max(relay, connections, refused):
    return connections + (refused // REFUSALS_BORNE[relay.name] if relay.name in REFUSALS_BORNE else 0)


class Scene:
    """A database and a worker's settings for one relay. Organisations are named by a word, their people by address."""

    def __init__(self, pawl, conninfo, folder, url, password_file):
        self.pawl, self.folder = pawl, folder
        os.makedirs(folder)
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder, "PAWL_POSTGRES": conninfo, "PAWL_MAIL": url,
                            "PAWL_CHECKPOINTS": os.path.join(folder, "checkpoints.db"),
                            "PAWL_MAIL_PASSWORD_FILE": password_file, "PAWL_MAIL_FROM": "alerts@corp.test",
                            "PAWL_APP_URL": "https://app.test", "PAWL_LOG_LEVEL": "warn",
                            "PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL": "first=1s,longest=1s,attempts=0,for=1h"}
        self.run("migrate", "--with-app")
        self.connection = psycopg2.connect(conninfo)
        self.connection.autocommit = True
        self.connections = {}

    def run(self, *words, **more):
        done = subprocess.run([self.pawl, *words], env=self.environment | more, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise RuntimeError(f"pawl {words[0]}: {done.stderr}")
        return done.stdout

    def value(self, statement, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()[0] if cursor.description else None

    def found(self, name, addresses):
        org = self.value("insert into organisations (name, slug) values (%s, %s) returning id", name, name)
        for address in addresses:
            user = self.value("insert into users (email) values (%s) returning id", address)
            self.value("insert into org_members values (%s, %s, 'owner')", org, user)
        self.connections[name] = self.value(
            "insert into pms_connections (org_id, provider) values (%s, 'Reapit') returning id", org)

    def fail(self, name):
        self.value("insert into pms_sync_logs (connection_id, status, error_message) values (%s, 'error', 'no')",
                   self.connections[name])

    def count(self, state, address="%"):
        return self.value("select count(*) from pawl.v1_emails m join users u on u.id = m.user_id"
                          " where m.state = %s and u.email like %s", state, address)

    def seconds_to_mail(self, name, address):
        """From the commit of the event to the ledger's `accepted`."""
        self.found(name, [address])
        self.fail(name)
        began = time.monotonic()
        until(lambda: self.count("accepted", address) == 1)
        return time.monotonic() - began

    def tries_put_off(self):
        return int(self.run("sql", "select count(*) from v1_attempts where step = 'send-email'", "-o", "ids"))

    def log(self):
        with open(os.path.join(self.folder, "log")) as file:
            return file.read()

    @contextlib.contextmanager
    def worker(self, **more):
        with open(os.path.join(self.folder, "log"), "a") as log:
            process = subprocess.Popen([self.pawl, "worker"], env=self.environment | more, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def others_beside(scene, name, refused):
    """The slowest of five mails to others, each sent while fresh mails to `refused` have just been refused."""
    scene.found(name, refused)
    slowest = 0
    for number in range(5):
        mails = scene.value("select count(*) from pawl.v1_emails where reply like '5%%'")
        scene.fail(name)
        until(lambda: scene.value("select count(*) from pawl.v1_emails where reply like '5%%'") == mails + len(refused))
        slowest = max(slowest, scene.seconds_to_mail(f"{name}-other{number}", f"{name}{number}@rcpt.test"))
    return slowest


def bounds(scene, relay, closed):
    """Yields (what, figure, whether it is as promised). `relay` counts its connections and its mails."""
    with scene.worker():
        scene.seconds_to_mail("first", "first@rcpt.test")  # waits for the worker's start, too
        alone = max(scene.seconds_to_mail(f"alone{number}", f"alone{number}@rcpt.test") for number in range(5))
        one = others_beside(scene, "one", ["denied@rcpt.test"])
        yield "one refused recipient: the slowest other mail", f"{one:.2f} s, {alone:.2f} s alone", one <= alone + 1
        three = others_beside(scene, "three", [f"denied{number}@rcpt.test" for number in range(3)])
        yield "three refused of one organisation and domain", f"{three:.2f} s, {alone:.2f} s alone", three <= alone + 1
        until(lambda: scene.value("select count(*) from pawl.v1_events where status not in ('done', 'failed')") == 0)
        yield "pauses by them", scene.log().count("step paused"), "step paused" not in scene.log()
    yield from account_bounds(scene, relay, closed)
    yield from login_bounds(scene, relay)
    yield from mailbox_bounds(scene, relay)
    yield from password_bounds(scene, relay)


def account_bounds(scene, relay, closed):
    put_off, connections, mails = scene.tries_put_off(), relay.connections(), relay.mails()
    names = [f"account{number}" for number in range(ACCOUNT_MAILS)]
    for name in names:
        scene.found(name, [f"{name}@rcpt.test"])
        scene.fail(name)
    with open(closed, "w"), scene.worker():
        until(lambda: scene.count("deferred", "account%") == ACCOUNT_MAILS)
        pauses, put_off = scene.log().count("step paused"), scene.tries_put_off() - put_off
        os.remove(closed)
        until(lambda: scene.count("accepted", "account%") == ACCOUNT_MAILS)
        until(lambda: relay.mails() == mails + ACCOUNT_MAILS)
    connections, left = relay.connections() - connections, relay.mails() - mails
    yield "an account refused for all of 12 mails: pauses", pauses, pauses == 1
    yield "mails of these that backed off by themselves, before the third refusal", put_off, put_off <= 2
    yield "mails that left when it was set right, once each", left, left == ACCOUNT_MAILS
    most = logins_max(relay, CONNECTIONS, ACCOUNT_MAILS)
    yield f"connections in all, {most} at most", connections, connections <= most


def login_bounds(scene, relay):
    for number in range(max(UNKNOWN, KNOWN)):
        for kind in ("gone", "known"):
            scene.found(f"{kind}{number}", [f"{kind}{number}@rcpt.test"])
            scene.fail(f"{kind}{number}")
    connections = relay.connections()
    scene.run("worker", "--until-idle", PAWL_MAIL=scene.environment["PAWL_MAIL"] + "&connections=2")
    connections = relay.connections() - connections
    rejected, accepted = scene.count("rejected", "gone%"), scene.count("accepted", "known%")
    yield "of 40 unknown recipients among 80 rejected", rejected, rejected == UNKNOWN
    yield "of 40 known recipients accepted", accepted, accepted == KNOWN
    most = logins_max(relay, 2, UNKNOWN)
    yield f"connections for these 80, {most} at most", connections, connections <= most


def mailbox_bounds(scene, relay):
    mails = relay.mails()
    scene.found("shared", ["info@rcpt.test", "Info@RCPT.test", " info@rcpt.test "])
    scene.fail("shared")
    scene.run("worker", "--until-idle")
    until(lambda: relay.mails() > mails)
    yield "three accounts with one address: mails", relay.mails() - mails, relay.mails() == mails + 1


def password_bounds(scene, relay):
    file = os.path.join(scene.folder, "password")
    with open(file, "w") as wrong:
        wrong.write("wr0ng\n")
    scene.found("login", ["login@rcpt.test"])
    scene.fail("login")
    connections = relay.connections()
    with scene.worker(PAWL_MAIL_PASSWORD_FILE=file):
        until(lambda: "login refused: tried again after" in scene.log())
        with open(scene.environment["PAWL_MAIL_PASSWORD_FILE"]) as right, open(file, "w") as corrected:
            corrected.write(right.read())
        began = time.monotonic()
        until(lambda: scene.count("accepted", "login@%") == 1)
        seconds = time.monotonic() - began
    connections = relay.connections() - connections
    yield "a wrong password is set right: the mail leaves after", f"{seconds:.1f} s", seconds < 20  # a probe after 30
    yield "connections, of which one was refused", connections, connections <= 2
