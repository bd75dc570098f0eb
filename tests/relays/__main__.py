"""Runs `pawl mail test`, and then a worker, with real relays. bin/relays starts it in namespaces of its own."""
import os
import re
import socket
import subprocess
import sys
import tempfile

import psycopg2

from relays import host
from relays.bounds import Scene, bounds
from relays.relays import PASSWORD, USER, Relay, Relays

DONE, FAILED, REFUSED = 0, 1, 4
FULL_NAME = "app-7d9f.lab.test"
POSTGRES = os.path.abspath("bin/private-postgres")
WORKED_WITH = {"postfix": 2507, "exim": 2601, "npm": 2701, "aiosmtpd": 2801}


def case(name, url, code=DONE, says=(), ehlo=FULL_NAME, to="ada@rcpt.test", password=PASSWORD, hostname=FULL_NAME):
    """`says` are patterns of the output, in this order; `ehlo` is what the delivered mail's Received has."""
    return locals()


def cases(ca):
    starttls = f"smtp://{USER}@localhost:%d?ca={ca}&login-timeout=8"
    no_login = f"smtp://localhost:%d?ca={ca}&login-timeout=8"
    postfix, exim = starttls % 2501, starttls % 2601
    yield case("Postfix offers all that Cyrus knows, and the user has an @", postfix,
               says=["TLS: TLSv1.3", r" AUTH (?=.*GSSAPI)(?=.*NTLM)(?=.*PLAIN)", "AUTH PLAIN: 235", "end of message: 250"])
    for mechanism in ("plain", "login", "cram-md5"):
        yield case(f"Postfix, {mechanism}", f"{postfix}&auth={mechanism}", says=[f"AUTH {mechanism.upper()}: 235"])
        yield case(f"Exim, {mechanism}", f"{exim}&auth={mechanism}", says=[f"AUTH {mechanism.upper()}: 235"])
    yield case("Postfix offers LOGIN alone", starttls % 2505, says=["AUTH LOGIN: 235"])
    yield case("Postfix, TLS from the first byte", (starttls % 2502).replace("smtp://", "smtps://"),
               says=["TLS: TLSv1.3", "greeting: 220", "AUTH PLAIN: 235"])
    yield case("Exim, TLS from the first byte", (starttls % 2602).replace("smtp://", "smtps://"),
               says=["TLS: TLSv1.3", "greeting: 220", "AUTH PLAIN: 235"])
    for port in (465, 2502):
        yield case(f"smtp:// where Postfix speaks TLS from the first byte, port {port}", starttls % port, FAILED,
                   [r"mail relay \S+: the port speaks TLS from the first byte"])
    yield case("smtps:// where Exim wants STARTTLS", exim.replace("smtp://", "smtps://"), FAILED,
               ["does not speak TLS from the first byte"])
    for relay in (postfix, exim):
        yield case(f"a wrong password at {relay[7:40]}", relay, REFUSED,
                   ["AUTH PLAIN: 535", "AUTH LOGIN: 535", r"mechanisms tried: PLAIN, LOGIN"], password="wr0ng pässwörd")
    yield case("an authority that is not trusted", postfix.replace(f"ca={ca}&", ""), FAILED,
               ["its certificate does not verify"])
    for name in ("app-7d9f", "pawl_worker_1", "pawl_worker_1.lab.test"):
        yield case(f"Postfix wants a full name, and the host is {name}", no_login % 2503, hostname=name,
                   ehlo="[127.0.0.1]", says=[r"EHLO \[127.0.0.1\]: 250"])
        yield case(f"Exim checks the name, and the host is {name}", exim, hostname=name, ehlo="[127.0.0.1]")
    yield case("Postfix wants a full name, and the resolver knows one of the host", no_login % 2503, hostname="mail-2b",
               ehlo="mail-2b.lab.test", says=["EHLO mail-2b.lab.test: 250"])
    yield case("a host without a full name, and Exim at an IPv6 address", exim.replace("localhost", "[::1]"),
               hostname="pawl_worker_1", ehlo="::1", says=[r"EHLO \[IPv6:::1\]: 250", "AUTH PLAIN: 235"])
    yield case("Postfix wants a full name, and ehlo= gives one", no_login % 2503 + "&ehlo=mail.lab.test",
               hostname="app-7d9f", ehlo="mail.lab.test")
    yield case("a relay on this host without STARTTLS and PIPELINING", no_login % 2504, says=["TLS: none"])
    yield case("the same under tls=required", no_login % 2504 + "&tls=required", FAILED, ["offers no STARTTLS"])
    yield case("the same by another name of this host", f"smtp://relay.lab.test:2504?login-timeout=8", says=["TLS: none"])
    yield case("a relay elsewhere without STARTTLS gets neither login nor mail",
               f"smtp://{USER}@{host.ELSEWHERE}:2508?login-timeout=8", FAILED,
               [r"\A(?!.* ms  (?:AUTH|MAIL FROM))", "250 .*AUTH ", "offers no STARTTLS"])
    yield case("a relay whose name has an underscore", postfix.replace("localhost", "mail_relay.lab.test"),
               says=["verified for mail_relay.lab.test", "AUTH PLAIN: 235"])
    yield case("a login where none is offered", (starttls % 2504), FAILED, ["offered: none"])
    yield case("Postfix knows no such recipient", postfix, REFUSED,
               ["RCPT TO: 550 5.1.1", "will not take this recipient"], to="gone@rcpt.test")
    for name, relay in (("Postfix", postfix), ("Exim", exim)):
        for to, sent in (("info@bücher.test", "info@xn--bcher-kva.test"), ("abc.@rcpt.test", "abc.@rcpt.test"),
                         ("a..b@rcpt.test", "a..b@rcpt.test"), ('"a b"@rcpt.test', '"a b"@rcpt.test'),
                         (" ada@rcpt.test\u200b", "ada@rcpt.test")):
            yield case(f"{name} takes the address {to!r}", relay, says=["RCPT TO: 250", re.escape(f"accepted, to {sent},")],
                       to=to)
    yield case("Postfix takes the address 'zoë@rcpt.test' by SMTPUTF8", postfix, to="zoë@rcpt.test",
               says=["SMTPUTF8", "RCPT TO: 250", "accepted, to zoë@rcpt.test,"])
    yield case("Exim refuses a message at its end", exim, REFUSED,
               ["end of message: 550 message content rejected", "whether for the recipient's sake or for ours"],
               to="content@rcpt.test")
    yield case("Postfix does not relay for us", no_login % 2504, REFUSED,
               ["RCPT TO: 554 5.7.1", "Relay access denied"], to="ada@outside.test")
    yield case("Postfix knows no such sender", no_login % 2506, REFUSED,
               ["550 5.1.0", "sender, quota or right to relay"])
    yield case("Exim does not relay for us", no_login % 2601, REFUSED,
               ["RCPT TO: 550 relay not permitted", "sender, quota or right to relay"])
    yield case("Exim knows no such recipient", exim, REFUSED, ["RCPT TO: 550 Unknown user"], to="gone@rcpt.test")
    yield case("Exim greylists", exim, FAILED, ["RCPT TO: 451", "does not take it now"], to="grey@rcpt.test")


def cases_of_libraries(ca):
    for name, port, mechanisms in (("npm's smtp-server", 2701, ["plain", "login", "cram-md5", "xoauth2"]),
                                   ("Python's aiosmtpd", 2801, ["plain", "login"])):
        url = f"smtp://{USER}@localhost:{port}?ca={ca}&login-timeout=8"
        secure = f"smtps://{USER}@localhost:{port + 1}?ca={ca}&login-timeout=8"
        yield case(name, url, says=["TLS: TLSv1.3", "AUTH PLAIN: 235", "end of message: 250"])
        for mechanism in mechanisms:
            yield case(f"{name}, {mechanism}", f"{url}&auth={mechanism}", says=[f"AUTH {mechanism.upper()}: 235"])
        yield case(f"{name}, TLS from the first byte", secure, says=["TLS: TLSv1.3", "greeting: 220", "AUTH PLAIN: 235"])
        yield case(f"smtp:// where {name} speaks TLS from the first byte", secure.replace("smtps://", "smtp://"), FAILED,
                   [r"mail relay \S+: the port speaks TLS from the first byte"])
        yield case(f"{name}, a wrong password", url, REFUSED,
                   ["AUTH PLAIN: 535", "AUTH LOGIN: 535", r"mechanisms tried: PLAIN, LOGIN"], password="wr0ng pässwörd")
        yield case(f"{name} knows no such recipient", url, REFUSED, ["RCPT TO: 550", "will not take this recipient"],
                   to="gone@rcpt.test")
        yield case(f"{name} refuses a recipient for no reason", url, REFUSED,
                   ["RCPT TO: 550", "whether for the recipient's sake or for ours"], to="denied@rcpt.test")
        yield case(f"{name}, a host without a full name", url, hostname="pawl_worker_1", ehlo="[127.0.0.1]")


def run(pawl, one, folder):
    socket.sethostname(one["hostname"])
    password = os.path.join(folder, "password")
    with open(password, "w") as file:
        file.write(one["password"] + "\n")
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "PAWL_MAIL": one["url"],
                   "PAWL_MAIL_FROM": "gone@rcpt.test", "PAWL_MAIL_PASSWORD_FILE": password}
    return subprocess.run([pawl, "mail", "test", "--to", one["to"]], env=environment, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def troubles(relays, one, done):
    if done.returncode != one["code"]:
        yield f"exit code {done.returncode}, not {one['code']}"
    if not re.search(".*".join(one["says"]), done.stdout, re.DOTALL):
        yield f"does not say {one['says']}"
    if one["password"] in done.stdout:
        yield "tells the password"
    accepted = re.search(r"^accepted, to .*, as (<.*>)$", done.stdout, re.MULTILINE)
    if one["code"] != DONE or not accepted:
        return
    message = relays.await_mail(accepted[1])
    if not message:
        yield "was not delivered"
    elif one["ehlo"] not in message.get_all("Received")[-1]:
        yield f"Received has no {one['ehlo']}: {message.get_all('Received')[-1]}"


def run_cases(relays, pawl, folder, pattern):
    """How many there were, and how many failed."""
    failed = 0
    all_cases = [one for one in [*cases(relays.ca), *cases_of_libraries(relays.ca)] if re.search(pattern, one["name"])]
    for one in all_cases:
        done = run(pawl, one, folder)
        found = list(troubles(relays, one, done))
        print(("FAILED  " if found else "ok      ") + one["name"], flush=True)
        if found:
            failed += 1
            print("\n".join(["        " + trouble for trouble in found]), done.stdout, sep="\n")
    return len(all_cases), failed


def run_bounds(relays, pawl, folder, pattern):
    """The same of what a worker with a database is held to."""
    chosen = [name for name in WORKED_WITH if re.search(pattern, f"a worker with {name}")]
    if not chosen:
        return 0, 0
    password = os.path.join(folder, "password")
    with open(password, "w") as file:
        file.write(PASSWORD + "\n")
    conninfo = subprocess.run([POSTGRES, "start", os.path.join(folder, "cluster")], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    seen = [(name, *line) for name in chosen for line in bounds_of(name, relays, pawl, folder, conninfo, password)]
    subprocess.run([POSTGRES, "stop", os.path.join(folder, "cluster")], check=True, stdout=subprocess.DEVNULL)
    for name, what, figure, good in seen:
        print(f"{'ok      ' if good else 'FAILED  '}a worker with {name}: {what}: {figure}", flush=True)
    return len(seen), sum(not good for *_, good in seen)


def bounds_of(name, relays, pawl, folder, conninfo, password):
    connection = psycopg2.connect(conninfo)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"create database {name}")
    connection.close()
    url = f"smtp://{USER}@localhost:{WORKED_WITH[name]}?ca={relays.ca}"
    own = re.sub("dbname=[^ ]+", f"dbname={name}", conninfo)
    scene = Scene(pawl, own, os.path.join(folder, "worker-" + name), url, password)
    yield from bounds(scene, Relay(relays.folder, name), relays.closed)


def main():
    build, pawl, pattern = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="pawl-relays-") as folder:
        os.chmod(folder, 0o755)  # the relays leave root behind
        host.prepare(build, os.path.join(folder, "relays/exim.conf"))
        relays = Relays(os.path.join(folder, "relays"), os.path.join(build, "npm"))
        socket.sethostname(FULL_NAME)
        results = [run_cases(relays, pawl, folder, pattern), run_bounds(relays, pawl, folder, pattern)]
        count, failed = map(sum, zip(*results))
        if failed:
            print(relays.log())
    print(f"{count - failed} of {count} as they should be")
    sys.exit(bool(failed))


main()
