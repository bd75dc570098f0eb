#!/usr/bin/python3
"""Runs a command beside a private Postgres and a PgBouncer in transaction mode in front of it.

    with_pgbouncer.py COMMAND...

libpq's environment names the server, PAWL_TEST_POOLER the pooler.
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def serve(script, *arguments):
    """A script that lives until its standard input is closed."""
    child = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, script), *arguments], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    answer = child.stdout.readline().strip()
    if answer != "ok":
        raise SystemExit(f"{script}: {answer or 'gives no answer'}")
    return child


def main():
    server_port, pooler_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="pawl-test-") as server_folder, \
            tempfile.TemporaryDirectory(prefix="pawl-test-") as pooler_folder:
        services = []
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            services.append(serve("postgres_cluster.py", server_folder, server_port))
            services.append(serve("pgbouncer.py", pooler_folder, pooler_port, server_port))
            environment = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": server_port, "PGUSER": "pawl",
                           "PAWL_TEST_POOLER": f"host=127.0.0.1 port={pooler_port}"}
            return subprocess.run(sys.argv[1:], env=environment).returncode
        finally:
            for service in reversed(services):
                service.stdin.close()
                service.wait()


sys.exit(main())
