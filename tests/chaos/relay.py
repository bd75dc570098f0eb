"""The soak's handle on its SMTP relay, and the record of what that relay took."""
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

import chaos.sink


@dataclass
class Mail:
    """One mail that arrived with its final dot."""
    time: float
    accepted: bool
    message_id: str
    recipient: str
    digest: str
    canaries: int


class Relay:
    """A process of its own, so that it does not wait for the soak's threads."""

    def __init__(self, folder, seed):
        self.log = os.path.join(folder, "relay.log")
        self.lock = threading.Lock()
        self.process = subprocess.Popen([sys.executable, chaos.sink.__file__, self.log, str(seed)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def url(self, user=True):
        return f"smtp://{chaos.sink.USER.decode() + '@' if user else ''}127.0.0.1:{self.port}?tls=none"

    def ask(self, line):
        """Its counts, after it obeyed."""
        with self.lock:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

    def fired(self):
        return sum(self.ask("counts")["faults"].values())

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait()


def mails(log):
    if not os.path.exists(log):
        return
    with open(log) as lines:
        for line in lines:
            time, fate, _, message_id, recipient, digest, found = line.rstrip("\n").split("\t")
            yield Mail(float(time), fate == "accepted", message_id, recipient, digest, int(found))
