"""What the tests of somebody else's projects share: the installed package, and programs that are run against it."""
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def environment(**more):
    """Without a developer's own settings; what is built is cached."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PAWL_")}
    own.setdefault("CMAKE_GENERATOR", "Ninja")
    if shutil.which("ccache"):
        own.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")
    return {**own, "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(*command, **settings):
    """What it prints; whatever fails ends the test with all of its output."""
    done = subprocess.run(list(map(str, command)), env=environment(**settings), text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def empty_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def expect(what, seen, wanted):
    if seen != wanted:
        raise SystemExit(f"{what}: {seen!r}, not {wanted!r}")
