"""What `bin/bench` is asked to do."""
import argparse
import os

HEADLINE = ("throughput", "latency", "memory", "idle", "bytes")
COMPARED = "against"
LEAST_EVENTS = 500  # a batch of plain SQL, and of most of pawl's steps


def at_least(least):
    def read(text):
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is below {least}")
        return value
    read.__name__ = "number"
    return read


def events(text):
    value = int(text)
    if value != 0 and value < LEAST_EVENTS:
        raise argparse.ArgumentTypeError(f"{value} is neither 0 nor {LEAST_EVENTS} at least")
    return value


def writable_file(path):
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder) or os.path.isdir(path):
        raise argparse.ArgumentTypeError(f"cannot write a file there: {path}")
    return os.path.abspath(path)


def program(path):
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"not a program: {path}")
    return os.path.abspath(path)


def folder(path):
    if os.path.exists(path) and not os.path.isdir(path):
        raise argparse.ArgumentTypeError(f"not a folder: {path}")
    return os.path.abspath(path)


def listed(parts):
    return "\n".join(f"  {name:13} {part.WHAT}" for name, part in parts.items())


def parse(arguments, parts):
    parser = argparse.ArgumentParser(
        prog="bin/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures a release build of pawl on a private Postgres with fsync on. What was done is checked,\n"
                    "row by row, before a figure is printed.",
        epilog=f"parts:\n{listed(parts)}\n\nWithout a name: {', '.join(HEADLINE)}. `all` is every part.\n"
               "Exit 0: measured; 1: an outcome was wrong, or listings or replay missed a goal; 2: wrong arguments.")
    parser.add_argument("parts", nargs="*", metavar="NAME", help="a part, or `all`")
    parser.add_argument("--events", type=events, default=0, metavar="N",
                        help="events a measurement; 0 (default): as many as take each part's usual time")
    parser.add_argument("--rounds", type=at_least(1), default=5, metavar="R",
                        help="how often each is measured, interleaved; medians are printed (default 5)")
    parser.add_argument("--seconds", type=at_least(1), default=0, metavar="S",
                        help="how long what has no number of events is watched (default: each part's own)")
    parser.add_argument("--organisations", type=at_least(1), default=50, metavar="N",
                        help="how many the events belong to (default 50)")
    parser.add_argument("--json", type=writable_file, metavar="FILE", help="also write every sample there")
    parser.add_argument("--charts", type=folder, metavar="DIR", help="also draw the charts there, as SVG")
    parser.add_argument("--against", type=program, metavar="BINARY",
                        help="measure this build against another pawl, in turns (the part `against`)")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # from bin/bench: only the arguments
    parser.add_argument("--build", default="", help=argparse.SUPPRESS)  # from bin/bench: of the release
    options = parser.parse_args(arguments)
    unknown = [name for name in options.parts if name not in parts and name != "all"]
    if unknown:
        parser.error(f"no part is called {unknown[0]!r}; there are {', '.join(parts)} and all")
    usual = [COMPARED] if options.against else HEADLINE
    every = [name for name in parts if name != COMPARED or options.against]
    options.parts = every if "all" in options.parts else list(dict.fromkeys(options.parts or usual))
    if COMPARED in options.parts and not options.against:
        parser.error(f"the part {COMPARED} needs --against BINARY")
    return options
