"""Mails to a local sink: pawl's mailer alone and the whole job, against a bare libcurl loop and smtp-source.

All send the same bytes, a mail that pawl rendered, over as many connections that are kept. The sink is one process and
one core is its.
"""
import glob
import os
import statistics
import subprocess
import time

from bench import application, jobs
from bench.figures import Figure, Series, at_least
from bench.postfix import Postfix, Sink

WHAT = "mails/s to a local smtp-sink: libcurl alone, smtp-source, pawl's mailer alone, and the whole job"
CONNECTIONS = (4, 8, 16, 32, 64)
MAILS = 40_000
EVENTS = 20_000  # of the whole job, with two mails each
BARE, SOURCE, MAILER = "bare libcurl loop", "smtp-source", "pawl's mailer alone"


def run(world):
    postfix = Postfix(world.options.build)
    programs = {name: world.program(name) for name in ("bench_curl_loop", "bench_mailer_loop")}
    world.found()
    mail = a_mail(world)
    sink = Sink(world, postfix)
    mails = 2 * world.options.events or MAILS
    loops = {
        BARE: lambda connections: loop(programs["bench_curl_loop"], sink, connections, mails, mail),
        SOURCE: lambda connections: source(postfix, sink, connections, mails, mail),
        MAILER: lambda connections: loop(programs["bench_mailer_loop"], sink, connections, mails, mail),
    }
    rates = {name: {connections: [] for connections in CONNECTIONS} for name in loops}
    whole = {connections: [] for connections in CONNECTIONS}
    backlog = world.backlog(world.events(EVENTS))
    for number in range(1, world.options.rounds + 1):
        for connections in CONNECTIONS:
            for name, send in loops.items():
                rates[name][connections].append(send(connections))
            whole[connections].append(whole_job(world, backlog, sink, connections))
            world.say(f"  round {number}, {connections} connections: " + ", ".join(
                f"{name} {rates[name][connections][-1]:,.0f}" for name in loops) +
                f" mails/s; whole job {whole[connections][-1]:,.0f} events/s")
    return figures(rates, whole, os.path.getsize(mail))


def a_mail(world):
    """The path of one that pawl wrote."""
    maildir = os.path.join(world.folder, "maildir")
    application.empty(world.postgres)
    application.fail_syncs(world.postgres, 1)
    world.worker(PAWL_MAIL=f"maildir:{maildir}").run_until_idle()
    return glob.glob(os.path.join(maildir, "new", "*"))[0]


def loop(program, sink, connections, mails, mail):
    done = subprocess.run([program, sink.url(), str(connections), str(mails), mail], text=True, timeout=600,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError(f"{os.path.basename(program)}: {done.stderr}")
    return float(done.stdout)


def source(postfix, sink, connections, mails, mail):
    """It adds the line ends itself."""
    with open(mail, "rb") as crlf, open(mail + ".lf", "wb") as lf:
        lf.write(crlf.read().replace(b"\r\n", b"\n"))
    started = time.monotonic()
    subprocess.run([postfix.program("smtp-source"), "-d", "-s", str(connections), "-m", str(mails), "-F", mail + ".lf",
                    "-f", "bench@pawl.example", "-t", "user@acme.example", f"inet:127.0.0.1:{sink.port}"],
                   env=postfix.environment, check=True, timeout=600, stdin=subprocess.DEVNULL)
    return mails / (time.monotonic() - started)


def whole_job(world, backlog, sink, connections):
    return jobs.by_pawl(world, backlog, PAWL_MAIL=f"{sink.url()}?tls=none&connections={connections}").rate()


def figures(rates, whole, size):
    def over_connections(name, unit, samples, reach=None, note="", chart=""):
        return Series(name, unit, "connections", list(samples.items()), reach=reach, note=note, chart=chart)

    def ratios(above):
        return {connections: [a / b for a, b in zip(above[connections], rates[BARE][connections])]
                for connections in CONNECTIONS}

    in_mails = {connections: [2 * rate for rate in samples] for connections, samples in whole.items()}
    return [
        *(over_connections(name, "mails/s", samples, note=f"mails of {size:,} bytes", chart="smtp")
          for name, samples in rates.items()),
        over_connections("the whole job's mails", "mails/s", in_mails, chart="smtp"),
        over_connections("pawl's mailer alone / bare libcurl loop", "ratio", ratios(rates[MAILER]), at_least(0.8)),
        over_connections("the whole job's mails / bare libcurl loop", "ratio", ratios(in_mails)),
        over_connections("the whole job, two mails an event", "events/s", whole),
        Figure("the whole job, best number of connections", "events/s", max(whole.values(), key=statistics.median),
               reach=at_least(3000)),
    ]
