"""pgbench with a script of our own, as a producer."""
import glob
import os
import re
import subprocess


def program():
    return sorted(glob.glob("/usr/lib/postgresql/*/bin/pgbench"))[-1]


def run(postgres, folder, script, clients, seconds):
    """(transactions a second, connecting not counted; how many); any failed transaction is an error."""
    path = os.path.join(folder, "producer.sql")
    with open(path, "w") as file:
        file.write(script)
    words = dict(word.split("=") for word in postgres.conninfo.split())
    done = subprocess.run(
        [program(), "-n", "-M", "prepared", "-f", path, "-c", str(clients), "-j", "2", "-T", str(seconds),
         "-h", words["host"], "-U", words["user"], words["dbname"]],
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    count = re.search(r"actually processed: (\d+)", done.stdout)
    if done.returncode != 0 or not rate or " 0 (0.000%)" not in done.stdout:
        raise RuntimeError(f"pgbench: {done.stdout}{done.stderr[:1000]}")
    return float(rate.group(1)), int(count.group(1))
