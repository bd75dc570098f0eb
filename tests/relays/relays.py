"""Starts Postfix, Exim, npm's smtp-server and aiosmtpd in a folder; all deliver into Maildirs under its `sink`."""
import email
import email.policy
import glob
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

from relays.host import ELSEWHERE
from relays.policy import Policy

HERE = pathlib.Path(__file__).parent
PASSWORD = "S3cret pässwörd"
USER = "pawl@corp.test"
# In the log of each, a line of every connection.
CONNECTIONS = {"postfix": ("postfix/log", r"^.*/smtpd\[.*: connect from "),
               "exim": ("exim/log/mainlog", r"^.*SMTP connection from .*TCP/IP connection count"),
               "npm": ("npm/log", r"^connect$"),
               "aiosmtpd": ("aiosmtpd/log", r"^connect$")}


class Relay:
    """One of them, for whoever counts."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name

    def connections(self):
        file, line = CONNECTIONS[self.name]
        return len(re.findall(line, (self.folder / file).read_text(errors="replace"), re.MULTILINE))

    def mails(self):
        return len(glob.glob(str(self.folder / "sink" / self.name / "new/*")))


class Relays:
    def __init__(self, folder, npm):
        """`npm` is a folder whose node_modules has the packages."""
        self.folder = pathlib.Path(folder)
        self.closed = self.folder / "closed"  # while it is there, those that can refuse everybody do
        for name in ("tls", "sink", "postfix/queue", "postfix/data", "postfix/sasl", "exim/spool", "exim/log"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)
        shutil.chown(self.folder / "sink", "mailsink", "mailsink")
        shutil.chown(self.folder / "postfix/data", "postfix")
        for name in ("exim", "exim/spool", "exim/log"):
            shutil.chown(self.folder / name, "Debian-exim", "Debian-exim")
        self.ca = self.make_certificate()
        self.start_postfix()
        self.start_exim()
        self.start_own("npm", 2701, ["node", HERE / "npm/server.js"], os.environ | {"NODE_PATH": f"{npm}/node_modules"})
        self.start_own("aiosmtpd", 2801, [sys.executable, HERE / "aiosmtpd_server.py"], os.environ)
        self.await_port(2508, ELSEWHERE)
        for port in (2501, 2502, 465, 2503, 2504, 2505, 2506, 2507, 2601, 2602, 2701, 2702, 2801, 2802):
            self.await_port(port)

    def make_certificate(self):
        certificate, key = self.folder / "tls/relay.pem", self.folder / "tls/relay.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:mail_relay.lab.test,IP:::1", "-keyout", key, "-out",
             certificate], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.chown(key, "Debian-exim")
        return certificate

    def write(self, template, to):
        text = (HERE / template).read_text().replace("@DIR@", str(self.folder)).replace("@PASSWORD@", PASSWORD)
        (self.folder / to).write_text(text)

    def start_postfix(self):
        self.write("main.cf", "postfix/main.cf")
        self.write("master.cf", "postfix/master.cf")
        (self.folder / "postfix/mailboxes").write_text(
            "if !/^gone/\n/@(rcpt|xn--bcher-kva)\\.test$/ postfix/\nendif\n")
        (self.folder / "postfix/denied").write_text("/^denied/ REJECT\n")
        Policy(2590, self.closed)
        users = self.folder / "postfix/sasl/sasldb2"
        for realm in ("relay.lab.test", "corp.test"):
            subprocess.run(["saslpasswd2", "-c", "-p", "-f", users, "-u", realm, "pawl"], check=True,
                           input=PASSWORD.encode())
        shutil.chown(users, "postfix")
        plugin = f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {users}\n"
        (self.folder / "postfix/sasl/smtpd.conf").write_text(plugin)
        (self.folder / "postfix/sasl/login_only.conf").write_text(plugin + "mech_list: LOGIN\n")
        subprocess.run(["postfix", "-c", self.folder / "postfix", "start"], check=True)

    def start_exim(self):
        self.write("exim.conf", "exim.conf")
        subprocess.Popen(["exim4", "-C", self.folder / "exim.conf", "-bdf"], stdin=subprocess.DEVNULL)

    def start_own(self, name, port, command, environment):
        for place in (name, f"sink/{name}/tmp", f"sink/{name}/new"):
            (self.folder / place).mkdir(parents=True)
        configuration = {"user": USER, "password": PASSWORD, "port": port, "secure_port": port + 1,
                         "certificate": self.ca, "key": self.folder / "tls/relay.key",
                         "sink": self.folder / "sink" / name, "closed": self.closed}
        with open(self.folder / name / "log", "w") as log:
            subprocess.Popen([*command, json.dumps(configuration, default=str)], env=environment, stdout=log, stderr=log,
                             stdin=subprocess.DEVNULL)

    @staticmethod
    def await_port(port, address="127.0.0.1"):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex((address, port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit(f"relays: nobody listens on port {port} of {address}")

    def await_mail(self, message_id):
        """The message as it was delivered; None when it is not within half a minute."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for path in glob.glob(str(self.folder / "sink/*/new/*")):
                with open(path, "rb") as file:
                    message = email.message_from_binary_file(file, policy=email.policy.default)
                if message["Message-ID"] == message_id:
                    return message
            time.sleep(0.1)
        return None

    def log(self):
        """The last words of each."""
        return "\n".join(f"{path.relative_to(self.folder)}:\n{path.read_text(errors='replace')[-5000:]}" for path in
                         [self.folder / "postfix/log", *self.folder.glob("exim/log/*"), self.folder / "npm/log",
                          self.folder / "aiosmtpd/log"] if path.exists())
