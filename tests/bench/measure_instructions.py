"""Instructions of the engine path: they do not wobble, so a change of a per cent shows."""
import os
import re
import shutil
import subprocess

from bench.errors import Skipped
from bench.figures import Figure, below

WHAT = "instructions an event of the engine alone, in memory, counted by callgrind"
FEW, MANY = 500, 2_500
RECORDED = 55_500  # of the last change that meant to change it
LEEWAY = 1.03      # compilers and libraries differ a little
INSTALL = os.path.join(os.path.dirname(__file__), "..", "..", "bin", "install-packages")


def run(world):
    if not shutil.which("valgrind"):
        installed = subprocess.run([INSTALL, "valgrind"], stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        if installed.returncode != 0:
            raise Skipped(f"valgrind could not be installed: {installed.stdout.strip()[-300:]}")
    program = world.program("bench_engine_path")
    few, many = counted(world, program, FEW), counted(world, program, MANY)
    return [Figure("the engine path", "instructions/event", [(many - few) / (MANY - FEW)],
                   reach=below(RECORDED * LEEWAY), note=f"{MANY:,} events less {FEW:,}, so that starting is not in it")]


def counted(world, program, events):
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={world.folder}/callgrind.out", program]
    done = subprocess.run([*command, str(events)], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(f"callgrind: {done.stderr[-1000:]}")
    return int(found.group(1))
