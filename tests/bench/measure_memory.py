"""Memory of a worker: at rest, in a run, and with very many runs waiting."""
import contextlib
import socket
import sqlite3
import time

from bench import application, check, jobs, processes
from bench.figures import Figure, below

WHAT = "memory at rest, in a job, and with 100,000 runs waiting for a relay that is down"
EVENTS = 20_000
WAITING = 100_000


def run(world):
    world.found()
    lines = [Figure("at rest", "MiB", [at_rest(world) / 2**20], chart="memory")]
    job = jobs.by_pawl(world, world.backlog(world.events(EVENTS)))
    lines.append(Figure("highest in a job", "MiB", [job.usage.peak_bytes / 2**20], note=f"{job.events:,} events",
                        chart="memory"))
    count = world.events(WAITING)
    resident, peak, seconds = with_an_outage(world, count)
    return lines + [
        Figure("runs waiting on an outage", "MiB", [resident / 2**20], note=f"{count:,} runs", reach=below(64),
               chart="memory"),
        Figure("highest until they all waited", "MiB", [peak / 2**20], note=f"{seconds:.0f} s", reach=below(64),
               chart="memory"),
    ]


def at_rest(world):
    application.empty(world.postgres)
    worker = world.worker(PAWL_LOG_LEVEL="info")
    worker.start()
    worker.wait_registered()
    time.sleep(2)  # its threads and connections come up
    resident = worker.resident()
    worker.stop()
    return resident


def with_an_outage(world, count):
    """(resident bytes, highest, seconds until all waited); the relay's port is bound, and nobody listens."""
    backlog = world.backlog(count)
    backlog.load()
    with contextlib.closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        worker = world.worker(PAWL_MAIL=f"smtp://127.0.0.1:{nobody.getsockname()[1]}?tls=none")
        started = time.monotonic()
        worker.start()
        with processes.Sampler(worker.look, 0.05):
            processes.wait_until(lambda: worker.alive() and waiting(worker.checkpoints) == count, 600,
                                 f"{count:,} runs wait", pause=0.5)
            seconds = time.monotonic() - started
            time.sleep(2)  # what moved them is freed
            resident = worker.resident()
        check_waiting(world.postgres, count)
        worker.kill()
    return resident, worker.peak_bytes, seconds


def waiting(path):
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            return file.execute("select count(*) from v1_runs where status = 'waiting'").fetchone()[0]
    except sqlite3.OperationalError:  # not created yet
        return 0


def check_waiting(postgres, count):
    check.compare("the outage", {"events leased": count, "notifications": 2 * count, "mails accepted": 0}, {
        "events leased": postgres.ask("select count(*) from pawl.outbox where lease_epoch is not null"),
        "notifications": postgres.ask("select count(*) from notifications"),
        "mails accepted": postgres.ask("select count(*) from pawl.v1_emails where state = 'accepted'")})
