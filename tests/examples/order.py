"""Does what docs/writing-a-workflow.md says, then lets the shop's worker die at each of its checkpoints.

Run it under pg_virtualenv: order.py BUILD_FOLDER.
"""
import json
import pathlib
import re
import socket
import subprocess
import sys
import threading

import package

BUILD = pathlib.Path(sys.argv[1]).resolve()
FOLDER = BUILD / "order_test"
EXAMPLE = package.ROOT / "docs/examples/order"
TUTORIAL = package.ROOT / "docs/writing-a-workflow.md"
CRASHES_MAX = 20  # far more than an order has checkpoints

sys.dont_write_bytecode = True
sys.path.insert(0, str(EXAMPLE / "tests"))
from payment_service import PaymentService


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)


def check_code():
    """What the tutorial shows is what is built."""
    sources = [path.read_text() for path in EXAMPLE.rglob("*") if path.suffix in (".h", ".cc", ".txt", ".sql")]
    for language in ("cpp", "cmake", "sql"):
        for block in blocks(language):
            if not any(block in source for source in sources):
                raise SystemExit(f"{TUTORIAL}: in no file of {EXAMPLE}:\n{block}")
    package.expect("lines of the tutorial over 200", max(len(TUTORIAL.read_text().splitlines()) - 200, 0), 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def follow_tutorial():
    """All of its commands, in an empty folder and on a port of our own."""
    commands = "\n".join(blocks("sh")).replace("build/dev", str(BUILD)).replace("8080", str(free_port()))
    script = f"set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\ncd {package.ROOT}\n{commands}"
    package.run("dropdb", "--if-exists", "shop")
    said = package.run("bash", "-c", script, PREFIX=package.empty_folder(FOLDER))
    for line in ("100% tests passed", "fulfil-order", "done", "refunded: reserve-item (cup): out of stock"):
        if line not in said:
            raise SystemExit(f"{TUTORIAL}: its commands do not say '{line}', but\n{said}")


class Shop:
    """The worker of the example, its database and its payment service."""

    def __init__(self):
        self.payments = PaymentService()
        threading.Thread(target=self.payments.serve_forever, daemon=True).start()
        self.settings = {"PAWL_POSTGRES": "dbname=shop", "PAWL_CHECKPOINTS": str(FOLDER / "crashed.db"),
                         "PAWL_MAIL": f"maildir:{FOLDER}/crashed-mails", "PAWL_MAIL_FROM": "shop@example.com",
                         "PAWL_PAYMENTS_URL": self.payments.url(), "PAWL_LOG_LEVEL": "warn"}

    def run(self, *arguments):
        return package.run(FOLDER / "order/order-worker", *arguments, **self.settings)

    def value(self, sql):
        return package.run("psql", "-d", "shop", "-Atqc", sql).strip()

    def order(self, number, cups):
        self.value("truncate shop.stock; insert into shop.stock values ('tea', 5), ('cup', 1)")
        self.payments.effects.clear()
        self.payments.requests.clear()
        data = json.dumps({"number": number, "email": f"customer{number}@example.com", "card": "tok_ada", "cents": 1250,
                           "lines": [{"sku": "tea", "quantity": 2}, {"sku": "cup", "quantity": cups}]})
        return self.run("emit", "shop/order.placed", "--aggregate-type", "order", "--aggregate-id", number, "--data",
                        data).strip()

    def work_and_crash(self):
        """Dies before the first checkpoint, then before the second, until there is none left. Returns how often."""
        environment = package.environment(**self.settings)
        worker = [FOLDER / "order/order-worker", "worker", "--until-idle", "--deliveries-max", str(CRASHES_MAX + 1)]
        for crashes in range(CRASHES_MAX):
            point = {"PAWL_CRASH_AT": f"before-checkpoint:{crashes + 1}"}
            done = subprocess.run(worker, env={**environment, **point}, capture_output=True, text=True)
            if done.returncode == 0:
                return crashes
            if done.returncode != -9:
                raise SystemExit(f"the worker ended with {done.returncode}\n{done.stderr}")
        raise SystemExit("the worker dies for ever")

    def stock(self):
        return self.value("select string_agg(sku || ' ' || on_shelf, ', ' order by sku) from shop.stock")

    def effects(self):
        return sorted(effect["id"][:2] for effect in self.payments.effects.values())

    def mails(self):
        return len(list((FOLDER / "crashed-mails/new").glob("*")))


def check_names():
    """Help, errors, usage and reference speak of the program that was started, and of its own workflow."""
    def said(asked):
        command = [str(FOLDER / "order/order-worker"), *asked.split()]
        done = subprocess.run(command, env=package.environment(), capture_output=True, text=True)
        return done.stdout + done.stderr

    folder = package.empty_folder(FOLDER / "man")
    said(f"generate man --to {folder}")
    texts = {page.name: page.read_text() for page in folder.iterdir()}
    for asked in ("", "--help", "help cancel", "help rerun", "help mail test", "help waiting", "help worker", "shwo",
                  "runs --sqll", "show", "show 1", "worker", "migrate", "generate bash", "generate zsh", "generate fish",
                  "generate config"):
        texts[asked] = said(asked)
    foreign = re.compile(r"`pawl |^ +pawl |^pawl: |usage: pawl|verb=pawl|_pawl\b|\(pawl\b|notify-sync|PAWL_APP_URL|\bsyncs?\b")
    for asked, text in texts.items():
        for line in text.splitlines():
            if foreign.search(line):
                raise SystemExit(f"order-worker {asked}: says {line!r}")
    words = re.findall(rb"[ -~]*\bsyncs\b[ -~]*", (FOLDER / "order/order-worker").read_bytes())
    if words:
        raise SystemExit(f"order-worker: has {words}, which are words of an application that it does not know")
    for asked, wanted in (("--help", "Usage: order-worker [OPTIONS]"),
                          ("--help", "PAWL_PAYMENTS_URL=https://payments.example.com"),
                          ("help cancel", "  order-worker cancel --workflow fulfil-order"),
                          ("help rerun", "--from send-receipt"), ("shwo", "order-worker: no such verb: shwo"),
                          ("shwo", "usage: order-worker [SETTINGS] VERB"),
                          ("runs --sqll", "run `order-worker runs --help` for usage"),
                          ("generate bash", "-F _order-worker order-worker"),
                          ("order-worker.1", ".TH ORDER-WORKER 1")):
        if wanted not in texts[asked]:
            raise SystemExit(f"order-worker {asked}: does not say {wanted!r}, but\n{texts[asked]}")


def check_order(shop):
    shop.payments.refusals = 1
    event = shop.order("2001", 1)
    crashes = shop.work_and_crash()
    package.expect("stock", shop.stock(), "cup 0, tea 3")
    package.expect("payments", shop.effects(), ["ch"])
    package.expect("keys of charges", {key for path, key in shop.payments.requests if path == "/charges"},
                   {f"fulfil-order/{event}/charge-card"})
    package.expect("receipts", shop.mails(), 1)
    package.expect("mails", shop.value("select string_agg(state, ' ') from pawl.v1_emails"
                                       f" where run_id = '{event}'"), "accepted")
    return crashes


def check_retention(shop):
    """Reservations, however old, stay until their order is gone."""
    prune = "select removed from pawl.prune('90 days', 1000) where name = 'reservations'"
    shop.value("update shop.reservations set reserved_at = now() - interval '1 year'")
    package.expect("reservations removed beside their orders", shop.value(prune), "0")
    shop.value("delete from pawl.outbox_archive")
    package.expect("reservations removed with their orders", shop.value(prune + " and removed > 0") != "", True)
    package.expect("reservations left", shop.value("select count(*) from shop.reservations"), "0")


def check_refund(shop):
    event = shop.order("2002", 2)
    shop.work_and_crash()
    package.expect("stock after a refund", shop.stock(), "cup 1, tea 5")
    package.expect("payments of a refund", shop.effects(), ["ch", "re"])
    package.expect("receipts of a refund", shop.mails(), 1)
    end = shop.value(f"select status || ', ' || reason from pawl.v1_events where event_id = '{event}'")
    package.expect("the run", end, "done, refunded: reserve-item (cup): out of stock")


check_code()
follow_tutorial()
check_names()
the_shop = Shop()
died = check_order(the_shop)
check_refund(the_shop)
check_retention(the_shop)
package.run("dropdb", "shop")
print(f"the order was fulfilled once by a worker that died {died} times")
