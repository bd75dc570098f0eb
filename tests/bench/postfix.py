"""postfix's smtp-sink and smtp-source, without postfix.

Installing Debian's package would replace the machine's mail system. So it is fetched with apt, unpacked beside the
build, and its two programs are run from there.
"""
import glob
import os
import shutil
import socket
import subprocess

from bench import processes
from bench.errors import Skipped


class Postfix:
    """Fetched once a build folder."""

    def __init__(self, build):
        self.folder = os.path.join(os.path.dirname(build), "postfix")
        self.environment = os.environ | {"LD_LIBRARY_PATH": os.path.join(self.folder, "usr/lib/postfix")}
        if not os.path.exists(self.program("smtp-sink")):
            self.fetch()
        self.check_libraries()

    def program(self, name):
        return os.path.join(self.folder, "usr/sbin", name)

    def fetch(self):
        fetching = self.folder + ".part"
        shutil.rmtree(fetching, ignore_errors=True)
        os.makedirs(fetching)
        self.carry_out(["apt-get", "download", "postfix"], fetching)
        self.carry_out(["dpkg-deb", "-x", *glob.glob(os.path.join(fetching, "*.deb")), "."], fetching)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.rename(fetching, self.folder)

    @staticmethod
    def carry_out(command, folder):
        try:
            done = subprocess.run(command, cwd=folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=120)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Skipped(f"smtp-sink could not be fetched: {error}") from error
        if done.returncode != 0:
            raise Skipped(f"smtp-sink could not be fetched: {' '.join(command)}: {done.stdout.strip()[-500:]}")

    def check_libraries(self):
        needed = subprocess.run(["ldd", self.program("smtp-sink")], env=self.environment, text=True,
                                stdout=subprocess.PIPE, check=True).stdout
        missing = [line.split()[0] for line in needed.splitlines() if "not found" in line]
        if missing:
            raise Skipped(f"smtp-sink needs libraries that are not here: {', '.join(missing)}")


def as_nobody():
    """It refuses to stay root."""
    return ["-u", "nobody"] if os.geteuid() == 0 else []


class Sink:
    """smtp-sink on a free port of loopback: takes every mail and keeps none."""

    def __init__(self, world, postfix):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [postfix.program("smtp-sink"), *as_nobody(), f"inet:127.0.0.1:{self.port}", "1024"],
            env=postfix.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        world.services.append(self)
        processes.wait_until(self.answers, 10, "smtp-sink answers")

    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"smtp-sink ended: {self.process.stderr.read().decode()}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def kill(self):
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
