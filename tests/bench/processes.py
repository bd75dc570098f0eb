"""CPU time, memory and bytes of processes and threads, from /proc."""
import os
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def read(path):
    """Empty when the process has gone."""
    try:
        with open(path) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def stat_of(text):
    """(name, fields from `state` on); the name may hold anything, so the last parenthesis ends it."""
    name = text[text.index("(") + 1:text.rindex(")")]
    return name, text[text.rindex(")") + 2:].split()


def cpu_seconds(pid):
    """User and system time, also of a process that has ended and was not waited for yet."""
    text = read(f"/proc/{pid}/stat")
    if not text:
        return 0.0
    fields = stat_of(text)[1]
    return (int(fields[11]) + int(fields[12])) / TICK


def waited_for_seconds(pid):
    """CPU time of its children that have ended."""
    fields = stat_of(read(f"/proc/{pid}/stat"))[1]
    return (int(fields[13]) + int(fields[14])) / TICK


def children(pid):
    return [int(child) for child in read(f"/proc/{pid}/task/{pid}/children").split()]


def threads(pid):
    """{thread id: (name, CPU seconds)}; the scheduler's own count is finer than a tick where the kernel has it."""
    found = {}
    try:
        ids = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return found
    for thread in ids:
        stat = read(f"/proc/{pid}/task/{thread}/stat")
        if not stat:
            continue
        name, fields = stat_of(stat)
        fine = read(f"/proc/{pid}/task/{thread}/schedstat").split()
        seconds = int(fine[0]) / 1e9 if fine and int(fine[0]) else (int(fields[11]) + int(fields[12])) / TICK
        found[int(thread)] = (name, seconds)
    return found


def status_bytes(pid, field):
    """A size of /proc/PID/status, such as VmRSS or VmHWM, in bytes; 0 once it has gone."""
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    return 0


def io_counts(pid):
    """wchar: bytes handed to write(); write_bytes: bytes of pages that it made dirty."""
    return {name: int(value) for name, value in (line.split(": ") for line in read(f"/proc/{pid}/io").splitlines())}


class Sampler(threading.Thread):
    """Calls `look` every `seconds` until stopped, and once more then."""

    def __init__(self, look, seconds):
        super().__init__(daemon=True)
        self.look, self.seconds, self.stopping = look, seconds, threading.Event()

    def run(self):
        while not self.stopping.wait(self.seconds):
            self.look()

    def __enter__(self):
        self.look()
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()
        self.look()


def wait_until(condition, seconds, what, pause=0.02):
    """Polls the condition, and fails with what was waited for when the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)
