#!/usr/bin/python3
"""A PgBouncer in transaction mode (its database by_statement in statement mode), kept while standard input is open.

    pgbouncer.py FOLDER PORT SERVER_PORT

One line in, one line out: stop (at once, every connection breaks), start.
"""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time

FOLDER, PORT, SERVER_PORT = sys.argv[1], int(sys.argv[2]), sys.argv[3]
SETTINGS = f"""
[databases]
* = host=127.0.0.1 port={SERVER_PORT} user=pawl
by_statement = host=127.0.0.1 port={SERVER_PORT} user=pawl dbname=postgres pool_mode=statement
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {PORT}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 200
logfile = {FOLDER}/log
"""


def start():
    command = ["/usr/sbin/pgbouncer", "-q", os.path.join(FOLDER, "pgbouncer.ini")]
    if os.geteuid() == 0:  # it refuses to run as root
        command = ["/usr/sbin/runuser", "-u", "postgres", "--"] + command
    child = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", PORT)).close()
            return child
        except OSError:
            if child.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("pgbouncer does not start") from None
            time.sleep(0.02)


def stop(child):
    child.terminate()  # SIGTERM: at once, as runuser passes on
    child.wait()


def main():
    # A signal to the test's whole process group must not keep us from cleaning up: our input ends with the test.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    with open(os.path.join(FOLDER, "pgbouncer.ini"), "w") as file:
        file.write(SETTINGS)
    if os.geteuid() == 0:
        os.chown(FOLDER, pwd.getpwnam("postgres").pw_uid, -1)
    child = start()
    print("ok", flush=True)
    for line in sys.stdin:
        if line.strip() == "stop":
            stop(child)
        else:
            child = start()
        print("ok", flush=True)
    if child.poll() is None:
        stop(child)
    shutil.rmtree(FOLDER, ignore_errors=True)


main()
