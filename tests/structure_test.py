#!/usr/bin/env python3
"""Checks the tree's own rules: include arrows, first lines, sizes, left-over markers, sleeping tests, README's workflow."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = [p for d in ("engine", "workflows", "storage", "bin", "tests") for p in sorted((ROOT / d).rglob("*"))
        if p.suffix in (".h", ".cc")]

# Which folders a folder may include from the root. The link graph of CMakeLists.txt says the same to the linker.
ARROWS = {
    "engine": {"engine"},
    "workflows/mail": {"workflows/mail", "engine"},
    "workflows/notify_sync_failure": {"workflows/notify_sync_failure", "workflows/mail", "engine"},
    "storage": {"storage", "workflows/notify_sync_failure", "engine"},
    "bin": {"bin", "storage", "workflows/notify_sync_failure", "workflows/mail", "engine"},
}
# Third-party headers, and the only places that may see them.
SEEN_BY = {
    "pqxx/": lambda p: folder(p) == "storage" and p.suffix == ".cc",
    "libpq-fe.h": lambda p: folder(p) == "storage" and p.suffix == ".cc",
    "SQLiteCpp/": lambda p: folder(p) == "storage" and p.suffix == ".cc",
    "sqlite3.h": lambda p: folder(p) == "storage" and p.suffix == ".cc",
    "curl/": lambda p: folder(p) == "workflows/mail" and p.suffix == ".cc",
    "Poco/": lambda p: folder(p) != "engine",
    "simdjson.h": lambda p: folder(p) == "workflows/notify_sync_failure" and p.suffix == ".cc",
    "date/": lambda p: folder(p) == "workflows/notify_sync_failure" and p.suffix == ".cc",
    "kainjow/": lambda p: folder(p) == "workflows/notify_sync_failure" and p.suffix == ".cc",
    "re2/": lambda p: folder(p) == "workflows/notify_sync_failure" and p.suffix == ".cc",
    "CLI/": lambda p: folder(p) == "bin",
}
failures = []


def folder(path):
    return str(path.relative_to(ROOT).parent)


def fail(path, line, what):
    failures.append(f"{path.relative_to(ROOT)}:{line}: {what}")


def check_includes(path, number, line):
    match = re.match(r'#include [<"]([^">]+)[">]', line)
    if not match or folder(path).startswith("tests"):
        return
    included = match.group(1)
    for prefix, allowed in SEEN_BY.items():
        if included.startswith(prefix) and not allowed(path):
            fail(path, number, f"{folder(path)} must not see {included}")
    target = str(pathlib.PurePath(included).parent)
    if '"' in line and target not in ARROWS[folder(path)]:
        fail(path, number, f"{folder(path)} must not include {included}")


def check_file(path):
    lines = path.read_text().splitlines()
    if not lines[0].startswith("// "):
        fail(path, 1, "the first line says in one sentence what the file is")
    if path.suffix == ".h" and "#pragma once" not in lines[:3]:
        fail(path, 2, "#pragma once")
    if len(lines) > 400:
        fail(path, len(lines), "over 400 lines; which noun is hiding in it?")
    for number, line in enumerate(lines, 1):
        check_includes(path, number, line)
        if len(line) > 120:
            fail(path, number, "over 120 columns")
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            fail(path, number, "a left-over marker: finish or remove it")
        if folder(path).startswith("tests") and re.search(r"\b(sleep_(for|until)|(u|nano)sleep)\b", line):
            fail(path, number, "a sleeping test: turn a clock or wait for a condition with a deadline")


def check_readme():
    """The workflow that README shows is the one that runs."""
    shown = re.search(r"```cpp\n(Workflow .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    source = ROOT / "workflows/notify_sync_failure/workflow.cc"
    if not shown or shown.group(1) not in source.read_text():
        fail(ROOT / "README.md", 1, f"its workflow is not the one in {source.relative_to(ROOT)}")


for code in CODE:
    check_file(code)
check_readme()
if len(CODE) < 30:
    failures.append(f"found only {len(CODE)} files: is {ROOT} the root?")
print("\n".join(failures) or f"{len(CODE)} files keep the rules")
sys.exit(bool(failures))
