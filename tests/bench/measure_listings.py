"""What an operator waits for, with a million runs behind him: the time of a verb as a whole process.

The history is written as rows, in Postgres and in a checkpoint file that a worker has made; the outbox is empty and the worker
has ended, so that `status` and `doctor` have something to say and exit with 1.
"""
import subprocess
import time

from bench import large_history
from bench.errors import Refused
from bench.figures import Figure, below

WHAT = "how long listings, status and doctor take with 1,000,000 finished runs"
RUNS = 1_000_000
MUST_REACH = True
LISTING, DOCTOR = below(0.2), below(1)


def verbs(run, connection, user):
    """(name, words, goal, exit codes that mean it was done); those with `elsewhere` on a host that has no file."""
    return [
        ("runs", ["runs"], LISTING, {0}),
        ("runs --status failed --since 1h", ["runs", "--status", "failed", "--since", "1h"], LISTING, {0}),
        ("runs --connection", ["runs", "--connection", connection], LISTING, {0}),
        ("runs --user --since 1h", ["runs", "--user", user, "--since", "1h"], LISTING, {0}),
        ("runs --email, of nobody", ["runs", "--email", "nobody@example.com"], LISTING, {0}),
        ("runs --fleet", ["runs", "--fleet"], LISTING, {0}),
        ("runs --fleet --status failed", ["runs", "--fleet", "--status", "failed"], LISTING, {0}),
        ("runs --group", ["runs", "--group"], LISTING, {0}),
        ("show", ["show", run], LISTING, {0}),
        ("show elsewhere", ["show", run], LISTING, {0}),
        ("waiting", ["waiting"], LISTING, {0}),
        ("in-doubt", ["in-doubt"], LISTING, {0}),
        ("resume --failed --since 1h, the preview", ["resume", "--failed", "--since", "1h"], LISTING, {4}),
        ("cancel --since 1h, the preview", ["cancel", "--since", "1h"], LISTING, {0}),
        ("batch list", ["batch", "list"], LISTING, {0}),
        ("batch show, of 900 runs", ["batch", "show", "1"], LISTING, {0}),
        ("sql, one connection", ["sql", f"select run_id, status from v1_runs where aggregate_id = '{connection}' limit 20"],
         LISTING, {0}),
        ("top, a look", ["top", "--count", "1"], LISTING, {0}),
        ("status", ["status"], LISTING, {0, 1}),
        ("doctor", ["doctor"], DOCTOR, {0, 1}),
    ]


def run(world):
    world.found()
    runs = world.events(RUNS)
    worker = world.worker("history")
    worker.run_until_idle()  # makes the file
    connections = [row[0] for row in world.postgres.rows("select id::text from pms_connections order by id")]
    user = world.postgres.ask("select min(id::text) from users")
    large_history.fill_postgres(world.postgres, runs)
    large_history.fill_checkpoints(worker.checkpoints, runs, connections)
    world.postgres.run("select pawl.make_batch('resume', jsonb_build_object('until', now() - interval '2 hours'), 'bench')",
                       "select pawl.control_batch(1, 'pause', 'bench')")
    world.say(f"  {runs:,} runs are there")
    return [Figure(name, "s", [seconds(worker, name, words, done) for _ in range(world.options.rounds)], reach=goal)
            for name, words, goal, done in verbs(f"00000000-0000-7000-8000-{1000:012x}", connections[0], user)]


def seconds(worker, name, words, done):
    environment = dict(worker.environment)
    if name.endswith("elsewhere"):
        environment["PAWL_CHECKPOINTS"] = worker.checkpoints + ".elsewhere"
    began = time.monotonic()
    process = subprocess.run([worker.pawl, *words], env=environment, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    took = time.monotonic() - began
    if process.returncode not in done:
        raise Refused(f"pawl {' '.join(words)} ended with {process.returncode}: {process.stderr[-1000:]}")
    return took
