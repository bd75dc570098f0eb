"""What a soak is asked to do; everything random in it comes from the seed."""
import argparse
import math
import random


def positive(number):
    def read(text):
        value = number(text)
        if not (math.isfinite(value) and value > 0):
            raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
        return value
    read.__name__ = number.__name__
    return read


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bin/chaos",
                                     description="Runs pawl under faults of every kind, then checks it.")
    parser.add_argument("--minutes", type=positive(float), default=10, help="how long faults go on (default 10)")
    parser.add_argument("--seed", type=int, help="repeats the schedule of an earlier run (default: a new one)")
    parser.add_argument("--events-per-second", type=positive(float), default=200, help="what the producers keep up (default 200)")
    parser.add_argument("--organisations", type=positive(int), default=80, help="(default 80)")
    parser.add_argument("--lease", type=positive(float), default=3, help="seconds (default 3)")
    parser.add_argument("--drain-minutes", type=positive(float), default=5, help="fail if the backlog takes longer (default 5)")
    parser.add_argument("--only", default="", metavar="WORDS", help="only faults whose kind holds one of these,"
                        " separated by commas; for hunting a bug")
    parser.add_argument("--keep", action="store_true", help="keep logs and databases also of a clean run")
    parser.add_argument("--pawl", required=True, help=argparse.SUPPRESS)  # from bin/chaos: the binary, built with crash points
    # from bin/chaos: the preloaded libraries
    parser.add_argument("--disk-shim", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--clock-shim", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 31)
    return options


def text(options):
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in vars(options).items())


def wants(options, kind):
    words = [word for word in options.only.split(",") if word]
    return not words or any(word in kind for word in words)
