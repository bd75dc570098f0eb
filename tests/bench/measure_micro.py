"""The pieces of the hot path, one by one, under Google Benchmark."""
import collections
import json
import os
import subprocess

from bench.figures import Figure

WHAT = "pieces of the hot path by themselves: CPU time each, or clock time where a disk is waited for"
UNITS = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6}


def run(world):
    done = subprocess.run(
        [world.program("bench_micro"), "--benchmark_format=json", f"--benchmark_repetitions={world.options.rounds}",
         "--benchmark_min_time=0.2"], text=True, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=os.environ | {"TMPDIR": world.folder})
    samples = collections.defaultdict(list)
    for measured in json.loads(done.stdout)["benchmarks"]:
        if measured["run_type"] == "iteration":
            name, _, unit = measured["name"].removesuffix("/real_time").rstrip("]").partition(" [")
            samples[name, f"us/{unit or 'call'}"].append(microseconds(measured))
    return [Figure(name, unit, values) for (name, unit), values in samples.items()]


def microseconds(measured):
    """Of one item where a call does many."""
    if "items_per_second" in measured:
        return 1e6 / measured["items_per_second"]
    return measured["cpu_time"] * UNITS[measured["time_unit"]]
