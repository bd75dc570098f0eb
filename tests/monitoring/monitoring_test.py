"""Checks docs/monitoring/ by a real Prometheus that scrapes a real worker.

Run it under pg_virtualenv: monitoring_test.py PAWL.
"""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MONITORING = ROOT / "docs/monitoring"
PAWL = pathlib.Path(sys.argv[1]).resolve()
EVENTS = 40
PATIENCE = 60  # seconds, of which a few are needed
PEOPLE = """
insert into organisations (id, name, slug) values ('10000000-0000-4000-8000-000000000001', 'Acme', 'acme');
insert into users (id, email, full_name) values ('20000000-0000-4000-8000-000000000001', 'o@acme.example', 'Olivia');
insert into org_members (org_id, user_id, role)
  values ('10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 'owner');
insert into pms_connections (id, org_id, provider, label)
  values ('30000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Reapit', 'Main')"""
FAILURES = f"""insert into pms_sync_logs (connection_id, status, error_message)
select '30000000-0000-4000-8000-000000000001', 'error', 'timeout ' || n from generate_series(1, {EVENTS}) n"""


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what, condition):
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {PATIENCE} s: {what}")
        pause.wait(0.1)


def check_rules(folder):
    run("promtool", "check", "rules", MONITORING / "alerts.yml")
    run("promtool", "check", "config", MONITORING / "prometheus.yml")
    for file in (MONITORING / "alerts.yml", HERE / "alerts_test.yml"):
        shutil.copy(file, folder)
    run("promtool", "test", "rules", "alerts_test.yml", cwd=folder)


class Prometheus:
    """On loopback, with its data in the folder, scraping one target twice a second."""

    def __init__(self, folder, target):
        config = (MONITORING / "prometheus.yml").read_text()
        config = config.replace("15s", "500ms").replace("127.0.0.1:9464", target).replace(
            "alerts.yml", str(MONITORING / "alerts.yml"))
        (folder / "prometheus.yml").write_text(config)
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}/api/v1/"
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address={address}", "--log.level=warn"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, path, **parameters):
        """Its data, or None while it does not answer."""
        try:
            with urllib.request.urlopen(self.url + path + "?" + urllib.parse.urlencode(parameters), timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:  # it starts
                return None
            raise SystemExit(f"{path} {parameters}: {error.read().decode()}")
        except OSError:
            return None

    def values(self, query):
        data = self.ask("query", query=query)
        return data["result"] if data else []


def dashboard_queries():
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$__rate_interval", "10s")


def metrics_of(text):
    return set(re.findall(r"\bpawl_\w+", text))


def check_queries(prometheus):
    """Each of the dashboard shows something, and no rule asks for a metric that there is not."""
    for title, query in dashboard_queries():
        if not prometheus.values(query):
            raise SystemExit(f"dashboard.json, {title}: nothing is found by {query}")
    known = set(prometheus.ask("label/__name__/values"))
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    if not rules:
        raise SystemExit("alerts.yml: Prometheus has loaded no rule")
    for rule in rules:
        prometheus.values(rule["query"])
        if missing := metrics_of(rule["query"]) - known:
            raise SystemExit(f"alerts.yml, {rule['name']}: no worker has {', '.join(sorted(missing))}")
        if rule["health"] != "ok" or rule["state"] == "firing":
            raise SystemExit(f"alerts.yml, {rule['name']}: {rule['health']}, {rule['state']} {rule.get('lastError', '')}")
    shown = {metric.removesuffix(end) for metric in known for end in ("_bucket", "_sum", "_count", "")}
    page = (ROOT / "docs/metrics.md").read_text()
    if missing := set(re.findall(r"^\| `(pawl_\w+)`", page, re.MULTILINE)) - shown:
        raise SystemExit(f"docs/metrics.md: no worker has {', '.join(sorted(missing))}")


READING = ("runs", "waiting", "in-doubt", "sql")
OPTION = r" --[a-z-]+ [^ ;,\"]+"


def commands_of(description):
    """(pawl's arguments, SQL for Postgres): what it tells somebody to type, of what only reads."""
    description = re.sub(r"\{\{.*?\}\}", "notify-sync-failure", description)
    typed = [["sql", query] for query in re.findall(r'pawl sql "([^"]+)"', description)]
    typed += [found.split() for found in re.findall(rf"pawl ((?:{'|'.join(READING[:-1])})(?:{OPTION})*)", description)]
    unquoted = re.sub(r'"[^"]+"', "", description)
    return typed, [found.split(" says")[0] for found in re.findall(r"(select [^;]+)", unquoted)]


def check_advice(folder, settings):
    """What the alerts tell somebody to type is understood: verbs, options, views and columns."""
    typed = 0
    for description in re.findall(r'description: (".*")$', (MONITORING / "alerts.yml").read_text(), re.MULTILINE):
        verbs, queries = commands_of(json.loads(description))
        for verb in verbs:
            run(PAWL, *verb, *settings, "--mail", "null:", "--mail-from", "a@acme.example", "--app-url", "https://app.example")
        for query in queries:
            run("psql", "-d", "monitoring", "-qv", "ON_ERROR_STOP=1", "-c", query)
        typed += len(verbs) + len(queries)
    if typed < 8:
        raise SystemExit(f"alerts.yml: {typed} commands were found in what it advises")


def watch(folder):
    settings = ["--postgres", "dbname=monitoring", "--checkpoints", folder / "checkpoints.db"]
    run("dropdb", "--if-exists", "monitoring")
    run("createdb", "monitoring")
    run(PAWL, "migrate", "--with-app", *settings)
    run("psql", "-d", "monitoring", "-qv", "ON_ERROR_STOP=1", "-c", PEOPLE)
    listen = f"127.0.0.1:{free_port()}"
    with open(folder / "worker.log", "w") as log:
        worker = subprocess.Popen(
            [PAWL, "worker", *settings, "--listen", listen, "--mail", "null:", "--mail-from", "a@acme.example",
             "--app-url", "https://app.example"], stderr=log, stdout=log)
    prometheus = Prometheus(folder, listen)
    try:
        eventually("the worker is scraped", lambda: prometheus.values("pawl_registered == 1"))
        run("psql", "-d", "monitoring", "-qv", "ON_ERROR_STOP=1", "-c", FAILURES)
        eventually("its runs are seen to end", lambda: prometheus.values(
            f"sum(increase(pawl_workflow_runs_total[30s])) > {EVENTS} / 2 and on () sum(pawl_runs_done_total) == {EVENTS}"))
        eventually("the rules are evaluated", lambda: all(
            rule["health"] == "ok" for group in (prometheus.ask("rules") or {"groups": []})["groups"] for rule in group["rules"]))
        check_queries(prometheus)
        check_advice(folder, settings)
    except SystemExit as error:
        raise SystemExit(f"{error}\n{(folder / 'worker.log').read_text()}")
    finally:
        for process in (worker, prometheus.process):
            process.terminate()
        for process in (worker, prometheus.process):
            process.wait()


with tempfile.TemporaryDirectory() as temporary:
    check_rules(pathlib.Path(temporary))
    watch(pathlib.Path(temporary))
