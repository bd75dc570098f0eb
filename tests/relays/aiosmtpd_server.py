"""Python's aiosmtpd as a relay that takes mail from whoever logs in.

STARTTLS on one port, TLS from the first byte on another. Argument: its configuration as JSON. Each connection is a line
`connect` on stdout.
"""
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Session(SMTP):
    def connection_made(self, transport):
        if self.session is None:  # it is made once more when TLS begins
            print("connect", flush=True)
        super().connection_made(transport)


class Sink:
    def __init__(self, config):
        self.config, self.kept = config, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if os.path.exists(self.config["closed"]):
            return "550 5.7.1 Relaying denied"
        if address.startswith("gone"):
            return "550 5.1.1 No such user"
        if address.startswith("denied"):
            return "550 5.7.1 Not to this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        self.kept += 1
        part, whole = (os.path.join(self.config["sink"], place, str(self.kept)) for place in ("tmp", "new"))
        with open(part, "wb") as file:
            file.write(f"Received: from {session.host_name}\r\n".encode() + envelope.original_content)
        os.rename(part, whole)
        return "250 2.0.0 OK"


async def main():
    config = json.loads(sys.argv[1])
    right = (config["user"].encode(), config["password"].encode())

    def authenticate(server, session, envelope, mechanism, login):
        return AuthResult(success=(login.login, login.password) == right, handled=False)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(config["certificate"], config["key"])
    sink, loop = Sink(config), asyncio.get_running_loop()

    def session(**tls):
        return Session(sink, hostname="python.lab.test", loop=loop, authenticator=authenticate, auth_required=True, **tls)

    await loop.create_server(lambda: session(tls_context=context, require_starttls=True), "127.0.0.1", config["port"])
    await loop.create_server(lambda: session(auth_require_tls=False), "127.0.0.1", config["secure_port"], ssl=context)
    await asyncio.Event().wait()


asyncio.run(main())
