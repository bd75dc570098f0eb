#!/usr/bin/python3
"""A lean SMTP relay that fails at random and writes down every copy of a mail that it took: the truth about mail.

Run by relay.py: sink.py LOG SEED. Prints its port. Obeys lines on stdin and answers each with one line of JSON:

  faults P        from now on each command fails with this probability, by a shuffled deck of actions a phase
  always PHASE ACTION, always off    what every command of a phase gets
  down, up        closes the port and all connections; listens again
  counts          how often each fault fired, and the number of mails

It ends when stdin ends. The log has a line a mail that came with its final dot:
time, what became of it (accepted, refused), connection, Message-ID, recipient, SHA-256 of its bytes, canaries in it.
`accepted` means that a real relay would deliver it: also when the client was never told so.
"""
import asyncio
import base64
import collections
import hashlib
import json
import quopri
import random
import re
import sys
import time

CANARY = b"chaoscanary"
USER, PASSWORD = b"pawl", CANARY + b"relay"
BLOCKED = b"blocked."  # mailboxes that never take anything
STALL, SLOW, GREYLISTED = 1.5, 0.4, 2.0
UNTRIED = 0.25

# What can go wrong where. A number is a reply; `kept` means that the mail was taken before the connection broke.
ACTIONS = {
    "greeting": ["421 4.3.2 not now", "drop", "silence", "garbage"],
    "ehlo": ["421 4.3.2 closing", "drop"],
    "auth": ["454 4.7.0 temporary failure", "535 5.7.8 bad credentials", "drop"],
    "mail": ["421 4.3.2 closing", "450 4.2.0 busy", "451 4.3.0 local error", "452 4.3.1 no space", "drop", "slow"],
    "rcpt": ["450 4.2.1 try later", "451 4.3.0 local error", "452 4.2.2 full", "550 5.1.1 unknown for now", "greylist",
             "drop", "slow"],
    "data": ["421 4.3.2 closing", "451 4.3.0 local error", "454 4.7.1 throttled", "drop", "drop in the body", "slow"],
    "dot": ["421 4.3.2 closing", "450 4.2.0 busy", "451 4.3.0 local error", "452 4.3.1 no space", "454 4.7.1 throttled",
            "554 5.6.0 refused content", "drop", "drop, kept", "stall, kept", "garbage, kept", "truncated, kept",
            "250 then drop", "slow"],
}


class Rules:
    """Which command fails how."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.probability = 0.0
        self.always = {}
        self.decks = {phase: self.shuffled(phase) for phase in ACTIONS}
        self.untried = set(ACTIONS)  # phases of which some action has not been taken yet
        self.counts = collections.Counter()

    def action(self, phase):
        if phase in self.always:
            return self.always[phase]
        if self.rng.random() >= self.chance(phase):
            return None
        action = self.decks[phase].pop()
        if not self.decks[phase]:
            self.decks[phase] = self.shuffled(phase)
            self.untried.discard(phase)
        return action

    def chance(self, phase):
        """Greater until each action was taken once, since a busy machine makes few connections in a short soak."""
        if not self.probability:
            return 0
        return max(self.probability, UNTRIED) if phase in self.untried else self.probability

    def shuffled(self, phase):
        return self.rng.sample(ACTIONS[phase], len(ACTIONS[phase]))

    def fired(self, phase, action):
        self.counts[f"{phase}: {action}"] += 1


class Relay:
    """The listener, its connections and the log."""

    def __init__(self, log, rules):
        self.log, self.rules = open(log, "a"), rules
        self.server, self.port = None, 0
        self.sessions, self.connections, self.mails = set(), 0, 0
        self.seen = {}  # recipients that were greylisted, and until when

    async def up(self):
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Session(self), "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def down(self):
        self.server.close()
        for session in list(self.sessions):
            session.transport.abort()
        await self.server.wait_closed()

    def note(self, fate, session, body):
        self.mails += 1
        found = re.search(rb"^Message-ID:\s*(<[^>]+>)", body, re.M | re.I)
        line = [f"{time.time():.3f}", fate, str(session.number), found.group(1).decode() if found else "-",
                session.recipient.decode(errors="replace"), hashlib.sha256(body).hexdigest(), str(canaries(body))]
        self.log.write("\t".join(line) + "\n")


def canaries(body):
    """Secrets in the bytes, or in what their quoted-printable or base64 parts say."""
    found = quopri.decodestring(body).count(CANARY)
    for block in re.findall(rb"(?:^[A-Za-z0-9+/=]{4,76}\r\n)+", body, re.M):
        try:
            found += base64.b64decode(block).count(CANARY)
        except ValueError:
            pass  # a line of text that only looks like base64
    return found


class Session(asyncio.Protocol):
    """One connection; a line or a whole message at a time."""

    def __init__(self, relay):
        self.relay, self.rules = relay, relay.rules
        self.buffer, self.recipient = b"", b""
        self.in_body, self.in_login, self.paused = False, False, False
        relay.connections += 1
        self.number = relay.connections

    def connection_made(self, transport):
        self.transport = transport
        self.relay.sessions.add(self)
        self.answer("greeting", b"220 chaos ESMTP")

    def connection_lost(self, error):
        self.relay.sessions.discard(self)

    def data_received(self, data):
        self.buffer += data
        self.take()

    def take(self):
        """Handles what has arrived, one command after the other."""
        while not self.paused and not self.transport.is_closing():
            end = self.buffer.find(b"\r\n.\r\n" if self.in_body else b"\r\n")
            if end < 0:
                return
            if self.in_body:
                body, self.buffer, self.in_body = self.buffer[:end + 2], self.buffer[end + 5:], False
                self.message(body)
            else:
                line, self.buffer = self.buffer[:end], self.buffer[end + 2:]
                self.command(line)

    def command(self, line):
        verb = line[:4].upper()
        if self.in_login:
            self.log_in(line)
        elif verb in (b"EHLO", b"HELO"):
            self.answer("ehlo", b"250-chaos\r\n250-AUTH PLAIN\r\n250 SIZE 30000000")
        elif verb == b"AUTH":
            self.in_login = True
            self.reply(b"334 ")
        elif verb == b"MAIL":
            self.answer("mail", b"250 2.1.0 OK")
        elif verb == b"RCPT":
            self.recipient = line[line.find(b"<") + 1:line.find(b">")]
            self.rcpt()
        elif verb == b"DATA":
            self.data()
        elif verb == b"QUIT":
            self.reply(b"221 2.0.0 bye")
            self.transport.close()
        else:
            self.reply(b"250 2.0.0 OK")

    def log_in(self, line):
        self.in_login = False
        right = base64.b64decode(line).split(b"\0")[1:] == [USER, PASSWORD]
        self.answer("auth", b"235 2.7.0 welcome" if right else b"501 5.5.2 wrong credentials")

    def rcpt(self):
        if self.recipient.startswith(BLOCKED):
            self.rules.fired("rcpt", "550 blocked mailbox")
            return self.reply(b"550 5.1.1 no such mailbox")
        until = self.relay.seen.get(self.recipient)
        if until and time.monotonic() < until:
            return self.reply(b"450 4.7.1 greylisted")
        self.answer("rcpt", b"250 2.1.5 OK")

    def data(self):
        action = self.rules.action("data")
        if action == "drop in the body":
            self.rules.fired("data", action)
            self.reply(b"354 go on")
            asyncio.get_running_loop().call_later(0.001, self.transport.abort)
            self.paused = True
        elif not self.fails("data", action):
            self.in_body = True
            self.reply(b"354 go on")

    def message(self, body):
        action = self.rules.action("dot")
        kept = action is None or action in ("250 then drop", "slow") or action.endswith(", kept")
        self.relay.note("accepted" if kept else "refused", self, body)
        if action == "250 then drop":
            self.rules.fired("dot", action)
            self.reply(b"250 2.0.0 kept")
            return self.transport.close()
        if not self.fails("dot", action and action.removesuffix(", kept"), action):
            self.reply(b"250 2.0.0 kept")

    def answer(self, phase, usual):
        """The usual reply, or a fault."""
        action = self.rules.action(phase)
        if action == "slow":
            self.fails(phase, action, usual=usual)
        elif not self.fails(phase, action):
            self.reply(usual)

    def fails(self, phase, action, name=None, usual=b"354 go on"):
        """Does the fault; false when there is none."""
        if action is None:
            return False
        self.rules.fired(phase, name or action)
        if action[:3].isdigit():
            self.reply(action.encode())
            if action.startswith("421"):
                self.transport.close()
        elif action == "drop":
            self.transport.abort()
        elif action in ("silence", "stall"):
            self.later(STALL, self.transport.abort)
        elif action == "garbage":
            self.reply(b"\x1b]0;HTTP/1.1 200 OK\x07\r\n25\r\n")
            self.transport.close()
        elif action == "truncated":
            self.transport.write(b"250-first line\r\n250-sec")
            self.transport.close()
        elif action == "greylist":
            self.relay.seen[self.recipient] = time.monotonic() + GREYLISTED
            self.reply(b"450 4.7.1 greylisted, come back")
        elif action == "slow":
            self.in_body = phase == "data"
            self.later(SLOW, lambda: self.go_on(b"250 2.0.0 kept" if phase == "dot" else usual))
        return True

    def later(self, seconds, action):
        self.paused = True
        asyncio.get_running_loop().call_later(seconds, action)

    def go_on(self, usual):
        self.paused = False
        self.reply(usual)
        self.take()

    def reply(self, text):
        self.transport.write(text + b"\r\n")


async def obey(relay, line):
    verb, _, rest = line.partition(" ")
    if verb == "faults":
        relay.rules.probability = float(rest)
    elif rest == "off":
        relay.rules.always = {}
    elif verb == "always":
        phase, _, action = rest.partition(" ")
        relay.rules.always = {phase: action}
    elif verb == "down":
        await relay.down()
    elif verb == "up":
        await relay.up()
    relay.log.flush()
    print(json.dumps({"mails": relay.mails, "connections": relay.connections, "faults": relay.rules.counts}),
          flush=True)


async def main():
    relay = Relay(sys.argv[1], Rules(int(sys.argv[2])))
    await relay.up()
    print(relay.port, flush=True)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        await obey(relay, line.decode().strip())
    relay.log.close()


if __name__ == "__main__":
    asyncio.run(main())
