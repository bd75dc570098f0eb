#!/usr/bin/python3
"""A real SMTP server for tests: keeps what it accepts as parsed JSON, and fails where its rules say so.

Prints its port when it listens. Each line on stdin is a rule, `clear` for no rules, or `hangup` to close every
connection; it is answered with `ok`. The server exits at once when stdin ends, so that it cannot outlive the test.

A rule is PHASE[:WORD][*TIMES]=ACTION. PHASE: greeting, ehlo, starttls, auth, pipelined (a MAIL with commands behind it),
mail, rcpt, data (the command), body (after 354), dot (after the final dot), accepted (after its 250), rset, quit. WORD: only
where the command holds it (for data, body, dot and accepted: where a recipient does). TIMES: only so often. ACTION: a reply
such as `550 5.1.1 no such user`, or
  drop      closes the connection without a word
  stall     says nothing more, and keeps the connection
  truncate  begins a multi-line reply and closes the connection
  hang      begins a multi-line reply and says nothing more
  huge      begins a multi-line reply and sends 10 MB of it
  long-line sends 10 MB without an end of line, then closes
  garbage   sends lines that are no reply, then closes
  mumble    says a line that is no reply, and keeps the connection
  wait=S    waits S seconds, then goes on as usual
  ok        only counts: goes on as usual
  more      (starttls, accepted) says a second reply that nobody has asked for
  go-on     (data) answers 354 though it has no recipient, and refuses whatever comes
A message whose dot is answered by drop, stall and the like was taken, and is kept.
"""
import argparse
import asyncio
import base64
import email
import email.policy
import hmac
import json
import logging
import os
import re
import ssl
import subprocess
import sys
import threading
import warnings
import weakref

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

RULE = re.compile(r"(?P<phase>[a-z]+)(?::(?P<word>[^*=]+))?(?:\*(?P<times>\d+))?=(?P<action>.+)")


class Rules:
    """What to fail; shared by all connections."""

    def __init__(self, texts):
        self.rules = []
        for text in texts:
            self.add(text)

    def add(self, text):
        if text == "clear":
            self.rules = []
            return
        match = RULE.fullmatch(text)
        if not match:
            raise SystemExit(f"smtp_server.py: not a rule: {text}")
        self.rules.append(match.groupdict())

    def action(self, phase, words):
        for rule in self.rules:
            if rule["phase"] != phase or (rule["word"] and rule["word"] not in words):
                continue
            if rule["times"] is not None:
                if int(rule["times"]) == 0:
                    continue
                rule["times"] = str(int(rule["times"]) - 1)
            return rule["action"]
        return None


class Store:
    """The folder that the test reads: one JSON file a message, one line a command."""

    def __init__(self, folder):
        self.folder = folder
        self.messages = 0
        self.commands = open(os.path.join(folder, "commands"), "a", buffering=1)

    def keep(self, record):
        self.messages += 1
        path = os.path.join(self.folder, f"{self.messages:06}.json")
        with open(path + ".tmp", "w") as file:
            json.dump(record, file)
        os.rename(path + ".tmp", path)

    def note(self, connection, command):
        self.commands.write(f"{connection} {command}\n")


def text_of(message, kind):
    """The decoded body part of a type, with plain line ends as a mail reader shows it."""
    part = message.get_body(preferencelist=(kind,))
    return part.get_content().replace("\r\n", "\n") if part else None


def parsed(raw):
    """The message as Python's parser understands it."""
    if raw.isascii():
        message = email.message_from_bytes(raw, policy=email.policy.default)
    else:  # headers in UTF-8 (RFC 6532)
        message = email.message_from_string(raw.decode(), policy=email.policy.SMTPUTF8)
    parts = [part.get_content_type() for part in message.walk()]
    defects = [repr(defect) for part in message.walk() for defect in part.defects]
    for value in message.values():
        defects += [repr(defect) for defect in value.defects]
    return {
        "from": str(message["From"]),
        "to": str(message["To"]),
        "to_addresses": [address.addr_spec for address in message["To"].addresses] if message["To"] else [],
        "subject": str(message["Subject"]),
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": text_of(message, "plain"),
        "html": text_of(message, "html"),
        "parts": parts,
        "defects": defects,
    }


class Session(SMTP):
    """One connection, with rules in front of every command."""

    count = 0
    login = None
    alive = weakref.WeakSet()

    def __init__(self, rules, store, pipelining, mechanisms, **options):
        super().__init__(self, auth_exclude_mechanism=[] if mechanisms else ["CRAM-MD5", "OAUTHBEARER", "XOAUTH2"],
                         **options)
        self.mechanisms = mechanisms
        Session.count += 1
        Session.alive.add(self)
        self.number = Session.count
        self.rules = rules
        self.store = store
        self.pipelining = pipelining
        self.pipelined = False
        self.greeted = False
        self.says_more = False

    async def push(self, status):
        if not self.greeted:
            self.greeted = True
            self.store.note(self.number, "CONNECT")
            if await self.interfere("greeting", ""):
                return
        if isinstance(status, str) and status.startswith("250-AUTH ") and self.mechanisms:
            status = f"250-AUTH {self.mechanisms}"
        if self.says_more and status == "220 Ready to start TLS":
            status += "\r\n250 and more"
        await super().push(status)
        if status == f"250-{self.hostname}" and self.announces_pipelining():
            await super().push("250-PIPELINING")

    def announces_pipelining(self):
        return self.pipelining == "always" or (self.pipelining == "before-tls" and self.session.ssl is None)

    async def interfere(self, phase, words):
        """Does what a rule demands; true when the command has had its answer."""
        action = self.rules.action(phase, words)
        if action is None or action == "ok":
            return False
        if action == "more":
            self.says_more = True
            return False
        if action.startswith("wait="):
            await asyncio.sleep(float(action[5:]))
            return False
        if action[:3].isdigit():
            await super().push(action)
            return True
        await getattr(self, "do_" + action.replace("-", "_"))()
        return True

    async def do_drop(self):
        self.transport.close()

    async def do_stall(self):
        await asyncio.Event().wait()

    async def do_truncate(self):
        self._writer.write(b"250-first line\r\n250-second")
        await self._writer.drain()
        self.transport.close()

    async def do_hang(self):
        await super().push("250-first line")
        await asyncio.Event().wait()

    async def do_huge(self):
        for _ in range(1000):
            self._writer.write(b"250-" + b"x" * 100 + b"\r\n" + (b"250-" + b"y" * 1000 + b"\r\n") * 10)
            await self._writer.drain()
        await super().push("250 at last")

    async def do_long_line(self):
        for _ in range(1000):
            self._writer.write(b"250 " + b"z" * 10000)
            await self._writer.drain()
        self.transport.close()

    async def do_garbage(self):
        await super().push("\x1b]0;HTTP/1.1 200 OK\x07")
        await super().push("25")
        await super().push("")
        self.transport.close()

    async def do_mumble(self):
        await super().push("HTTP/1.1 400 Bad Request")
        await self.do_stall()

    async def do_go_on(self):
        await super().push("354 go on")
        while await self._reader.readline() != b".\r\n":
            pass
        await super().push("554 5.5.1 no valid recipients")

    async def smtp_EHLO(self, hostname):
        self.store.note(self.number, f"EHLO {hostname}")
        if not await self.interfere("ehlo", hostname or ""):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname):
        self.store.note(self.number, f"HELO {hostname}")
        if not await self.interfere("ehlo", hostname or ""):
            await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg):
        self.store.note(self.number, "STARTTLS")
        if not await self.interfere("starttls", ""):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg):
        self.store.note(self.number, "AUTH " + (arg or "").split(" ")[0])
        if not await self.interfere("auth", arg or ""):
            await super().smtp_AUTH(arg)

    async def auth_CRAM__MD5(self, _, args):
        challenge = b"<1896.697170952@relay.test>"
        user, digest = (await self.challenge_auth(challenge)).rsplit(b" ", 1)
        expected = hmac.new(self.login[1], challenge, "md5").hexdigest().encode()
        return AuthResult(success=(user, digest) == (self.login[0], expected), handled=False,
                          auth_data=LoginPassword(user, b""))

    async def auth_XOAUTH2(self, _, args):
        user, token = self.login
        return await self.bearer(args[1], b"user=" + user + b"\x01auth=Bearer " + token + b"\x01\x01", b"")

    async def auth_OAUTHBEARER(self, _, args):
        user, token = self.login
        name = user.replace(b"=", b"=3D").replace(b",", b"=2C")
        port = str(self.transport.get_extra_info("sockname")[1]).encode()
        return await self.bearer(args[1], b"n,a=" + name + b",\x01host=localhost\x01port=" + port +
                                 b"\x01auth=Bearer " + token + b"\x01\x01", b"\x01")

    async def bearer(self, response, expected, farewell):
        """A token that is refused is first told why, and refused after the client's turn."""
        success = base64.b64decode(response) == expected
        if not success and await self.challenge_auth(b'{"status":"401"}') != farewell:
            return AuthResult(success=False, handled=False, message="500 not the farewell")
        return AuthResult(success=success, handled=False, auth_data=LoginPassword(self.login[0], b""))

    async def smtp_MAIL(self, arg):
        self.store.note(self.number, f"MAIL {arg}")
        self.pipelined = b"DATA" in self._reader._buffer
        if self.pipelined and await self.interfere("pipelined", arg or ""):
            return
        if not await self.interfere("mail", arg or ""):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        self.store.note(self.number, f"RCPT {arg}")
        if not await self.interfere("rcpt", arg or ""):
            await super().smtp_RCPT(arg)

    async def smtp_RSET(self, arg):
        self.store.note(self.number, "RSET")
        if not await self.interfere("rset", ""):
            await super().smtp_RSET(arg)

    async def smtp_QUIT(self, arg):
        self.store.note(self.number, "QUIT")
        if not await self.interfere("quit", ""):
            await super().smtp_QUIT(arg)

    async def smtp_DATA(self, arg):
        self.store.note(self.number, "DATA")
        recipients = " ".join(self.envelope.rcpt_tos)
        if await self.interfere("data", recipients):
            return
        if self.rules.action("body", recipients):
            await super().push("354 go on")
            self.transport.pause_reading()
            await self.do_stall()
        await super().smtp_DATA(arg)

    async def handle_exception(self, error):
        return f"451 4.3.0 {type(error).__name__}"

    async def handle_DATA(self, server, session, envelope):
        self.store.note(self.number, "DOT")
        recipients = " ".join(envelope.rcpt_tos)
        action = self.rules.action("dot", recipients)
        if action and action[:3].isdigit():
            return action
        self.store.keep({
            **parsed(envelope.original_content),
            "raw": envelope.original_content.decode("latin-1"),
            "envelope_from": envelope.mail_from,
            "envelope_to": envelope.rcpt_tos,
            "connection": self.number,
            "pipelined": self.pipelined,
            "tls": session.ssl is not None or self.transport.get_extra_info("ssl_object") is not None,
            "login": getattr(session.auth_data, "login", b"").decode() if session.auth_data else "",
        })
        if action and action.startswith("wait="):
            await asyncio.sleep(float(action[5:]))
        elif action and action != "ok":
            await getattr(self, "do_" + action.replace("-", "_"))()
        accepted = self.rules.action("accepted", recipients)
        if accepted == "more":
            return "250 2.0.0 OK kept\r\n550 5.0.0 and one more"
        if accepted:
            await super().push("250 OK")
            self.transport.close()
        return "250 2.0.0 OK kept"


def make_certificate(folder, name):
    """A self-signed certificate for `name` and 127.0.0.1, or for `name` alone if that is another host's."""
    names = f"DNS:{name}" + (",IP:127.0.0.1" if name == "localhost" else "")
    certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate],
        check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def options_of(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", help="where messages and commands are written")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--certificate-name", default="localhost")
    parser.add_argument("--login", help="USER:PASSWORD that mail needs")
    parser.add_argument("--mechanisms", default="", help="what EHLO offers, whether the server knows it or not")
    parser.add_argument("--pipelining", choices=["always", "before-tls"], help="when EHLO announces it")
    parser.add_argument("--smtputf8", action="store_true", help="announce it, and take internationalised addresses")
    parser.add_argument("--size", type=int, default=33554432, help="the largest message")
    parser.add_argument("--fail", action="append", default=[], metavar="RULE")
    return parser.parse_args(arguments)


def session_options(options, context):
    chosen = {"data_size_limit": options.size, "hostname": "relay.test", "pipelining": options.pipelining,
              "mechanisms": options.mechanisms,
              "enable_SMTPUTF8": options.smtputf8}
    if options.tls == "starttls":
        chosen.update(tls_context=context, require_starttls=True)
    if options.login:
        user, password = Session.login = options.login.encode().split(b":", 1)
        chosen.update(
            auth_required=True,
            auth_require_tls=options.tls == "starttls",
            authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
                success=(data.login, data.password) == (user, password), handled=False, auth_data=data))
    return chosen


def obey_stdin(loop, rules):
    for line in sys.stdin:
        loop.call_soon_threadsafe(obey, rules, line.strip())
    os._exit(0)


def obey(rules, line):
    if line == "hangup":
        for session in list(Session.alive):
            if session.transport:
                session.transport.close()
    else:
        rules.add(line)
    print("ok", flush=True)


async def main():
    options = options_of(sys.argv[1:])
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    context = make_certificate(options.folder, options.certificate_name) if options.tls != "none" else None
    rules, store = Rules(options.fail), Store(options.folder)
    loop = asyncio.get_running_loop()
    chosen = session_options(options, context)
    server = await loop.create_server(lambda: Session(rules, store, loop=loop, **chosen), "127.0.0.1", options.port,
                                      ssl=context if options.tls == "implicit" else None)
    threading.Thread(target=obey_stdin, args=(loop, rules), daemon=True).start()
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
