#!/usr/bin/python3
"""Fails when pawl got slow: its rate must not fall below a part of that of plain SQL in the same minute.

A ratio of two measurements that take turns hardly depends on the machine; the floor leaves room for what is left of
noise, and one good round is enough: what is slow by a change is slow in every round. Runs the build that the other tests
run: a release does about half as well again, which bin/bench measures.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True

from bench import jobs
from bench.errors import Refused
from bench.world import standing

FLOOR = 0.28
ROUNDS = 3
EVENTS = 10_000


def ratios(world):
    """Stops at the first round that is good enough."""
    world.found()
    texts, _ = jobs.warm_up(world)
    backlog = world.backlog(EVENTS)
    for number in range(1, ROUNDS + 1):
        plain, pawl = jobs.by_plain_sql(world, backlog, texts).rate(), jobs.by_pawl(world, backlog).rate()
        print(f"round {number}: plain SQL {plain:,.0f} events/s, pawl {pawl:,.0f}, ratio {pawl / plain:.2f}",
              flush=True)
        yield pawl / plain


def main():
    options = argparse.Namespace(build=sys.argv[1], events=0, seconds=0, organisations=50, rounds=ROUNDS)
    try:
        with standing(options) as world:
            kept = any(ratio >= FLOOR for ratio in ratios(world))
    except Refused as wrong:
        sys.exit(str(wrong))
    if not kept:
        sys.exit(f"no round of {ROUNDS} reached {FLOOR} of plain SQL: a change made pawl slow;"
                 " bin/bench budget shows where its time goes")


if __name__ == "__main__":
    main()
