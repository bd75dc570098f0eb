#!/usr/bin/python3
"""A private Postgres cluster in a folder, kept while standard input is open.

    postgres_cluster.py FOLDER PORT [PRIMARY_PORT]

With PRIMARY_PORT it is a streaming standby of the cluster there. One line in, one line out (`ok`, or what went wrong):
start, stop MODE, restart MODE, promote. At the end of the input everything is stopped and removed.
"""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys

FOLDER, PORT = sys.argv[1], sys.argv[2]
PRIMARY_PORT = sys.argv[3] if len(sys.argv) > 3 else None
CLUSTER = os.path.join(FOLDER, "cluster")
BIN = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = off
shared_buffers = 32MB
max_connections = 80
max_prepared_transactions = 10
log_connections = on
log_line_prefix = '%m [%p] %u@%d '
wal_keep_size = 64MB
"""
# One role has a password, so that a wrong one can be tried.
LOGINS = """
local all all trust
host all with_password 127.0.0.1/32 scram-sha-256
host all,replication all 127.0.0.1/32 trust
"""


def run(*command):
    """As the user postgres where we are root: Postgres refuses to run as root."""
    if os.geteuid() == 0:
        command = ("runuser", "-u", "postgres", "--") + command
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(command, cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(" ".join(done.stdout.split()) or f"{command} failed")


def control(verb, *options):
    run(f"{BIN}/pg_ctl", "-D", CLUSTER, "-w", "-t", "60", *options, verb)


def start():
    # To a file of its own: pg_ctl's child would keep our pipe open.
    control("start", "-s", "-l", os.path.join(FOLDER, "log"), "-o", f"-p {PORT} -k {FOLDER}")


def create():
    if os.geteuid() == 0:
        os.chown(FOLDER, pwd.getpwnam("postgres").pw_uid, -1)
    if PRIMARY_PORT:
        run(f"{BIN}/pg_basebackup", "-D", CLUSTER, "-R", "-N", "-c", "fast", "-X", "stream", "-d",
            f"host=127.0.0.1 port={PRIMARY_PORT} user=pawl application_name=standby")
        return
    run(f"{BIN}/initdb", "-D", CLUSTER, "-U", "pawl", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    with open(os.path.join(CLUSTER, "postgresql.conf"), "a") as file:
        file.write(SETTINGS)
    with open(os.path.join(CLUSTER, "pg_hba.conf"), "w") as file:
        file.write(LOGINS)


def obey(words):
    if words[0] == "start":
        start()
    elif words[0] == "stop":
        control("stop", "-m", words[1])
    elif words[0] == "restart":
        control("stop", "-m", words[1])
        start()
    elif words[0] == "promote":
        control("promote")
    else:
        raise RuntimeError(f"unknown: {words}")


def main():
    # A signal to the test's whole process group must not keep us from cleaning up: our input ends with the test.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        create()
        start()
        print("ok", flush=True)
        for line in sys.stdin:
            try:
                obey(line.split())
                print("ok", flush=True)
            except RuntimeError as error:
                print(error, flush=True)
    finally:
        try:
            control("stop", "-m", "immediate")
        except RuntimeError:
            pass  # it was not running
        shutil.rmtree(FOLDER, ignore_errors=True)


main()
