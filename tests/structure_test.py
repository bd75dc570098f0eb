#!/usr/bin/env python3
"""Checks the tree's own rules: include arrows, first lines, sizes, left-over markers, sleeping tests, README's workflow, the tests
that docs/security.md names, the paths that ARCHITECTURE.md names. With --dot prints which folder includes which instead, in
graphviz' language.

The arrows are read from the CMakeLists.txt of the folders. What `add_subdirectory` adds first knows nothing of what
follows, and a folder's own files stand above all that it adds. Where two folders belong to different libraries, the one
also has to link the other. And no workflow knows another. A floor's tests know no higher floor and none of its tests.
"""
import functools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOORS = ("engine", "storage", "workflows", "bin")
CODE = [p for d in (*FLOORS, "tests") for p in sorted((ROOT / d).rglob("*")) if p.suffix in (".h", ".cc")]
SQL = [p for d in ("migrations", "workflows", "docs") for p in sorted((ROOT / d).rglob("*.sql"))]
LINES_MAX = 400  # in one file
LEFT_OVER = re.compile(r"\b(?i:todo|fixme)\b|\bXXX\b|\bHACK\b")
FILES_MAX = 26  # in one folder: where there are more, a folder is hiding in it
SHARED_BY_WORKFLOWS = ("text", "redaction", "module", "mail", "depositlink")
REGISTERS = ROOT / "bin/main.cc"  # the one file that may name every workflow: no other of bin/ knows one
# Third-party headers, and the only folders whose sources may see them; none but sources, where it says so.
SEEN_BY = {
    "pqxx/": ("storage/postgres",), "libpq-fe.h": ("storage/postgres",),
    "SQLiteCpp/": ("storage/sqlite", "storage/checkpoints", "storage/copies"),
    "sqlite3.h": ("storage/sqlite", "storage/checkpoints", "storage/copies"),
    "curl/": ("workflows/mail/tls",), "idn2.h": ("workflows/mail/message",), "openssl/": ("storage/schema", "workflows/text", "workflows/mail"),
    "kainjow/": ("workflows/notify_sync_failure/content",),
    "date/": ("workflows/text",), "re2/": ("workflows/text", "workflows/redaction"),
    "Poco/": ("workflows", "bin"), "CLI/": ("bin",),
}
failures = []


def folder(path):
    return str(path.relative_to(ROOT).parent)


def fail(path, line, what):
    failures.append(f"{path.relative_to(ROOT)}:{line}: {what}")


@functools.cache
def build_file(of):
    path = ROOT / of / "CMakeLists.txt"
    return path.read_text() if path.exists() else ""


def in_order(of):
    """The folder with all below it, lowest first."""
    below = re.findall(r"^\s*add_subdirectory\((\w+)\)", build_file(of), re.MULTILINE)
    if of == "workflows":
        below += re.findall(r'^#include "workflows/(\w+)/registration\.h"$', REGISTERS.read_text(), re.MULTILINE)
    return [one for name in below for one in in_order(f"{of}/{name}")] + [of]


ORDER = [one for floor in FLOORS for one in in_order(floor)]


@functools.cache
def library(of):
    """The library that a folder's files are in, which the folder or one above it makes."""
    made = re.search(r"pawl_library\((\w+)", build_file(of))
    return made.group(1) if made else library(str(pathlib.PurePath(of).parent)) if "/" in of else None


@functools.cache
def links(name):
    """Every library that one links, directly or not, itself included."""
    for one in ORDER:
        if re.search(rf"pawl_library\({name}\b", build_file(one)):
            linked = re.findall(rf"target_link_libraries\(pawl_{name}\s([^)]*)\)", build_file(one))
            return {name}.union(*(links(other) for call in linked for other in re.findall(r"pawl::(\w+)", call)))
    return {name}


def of_tests(of):
    """Tests mirror the folders, but those of a workflow that brings its own."""
    return of.startswith("tests") or re.fullmatch(r"workflows/\w+/tests", of)


def workflow(of):
    parts = of.split("/")
    return parts[1] if parts[0] == "workflows" and len(parts) > 1 and parts[1] not in SHARED_BY_WORKFLOWS else None


def may_include(here, there):
    if here not in ORDER or there not in ORDER or ORDER.index(there) > ORDER.index(here):
        return False
    if workflow(here) and workflow(there) and workflow(here) != workflow(there):
        return False
    return library(there) in links(library(here))


def test_may_include(path, included):
    """Tests that mirror no floor stand above all of them; what lies in tests/ itself is everybody's."""
    here, there = (re.match(r"(?:tests/)?(?:(\w+)/)?", str(one)).group(1) for one in (path.relative_to(ROOT), included))
    if here not in FLOORS or there is None:
        return True
    return there in FLOORS and FLOORS.index(there) <= FLOORS.index(here)


def check_includes(path, number, line):
    match = re.match(r'#include [<"]([^">]+)[">]', line)
    if not match:
        return
    included = match.group(1)
    here = folder(path)
    if '"' in line and not re.match(r"(engine|storage|workflows|bin|tests)/", included):
        fail(path, number, f"include ours by its place in the tree, not as {included}")
    if of_tests(here):
        if '"' in line and not test_may_include(path, included):
            fail(path, number, f"a test of a floor must not include {included}, which is above it")
        return
    for prefix, allowed in SEEN_BY.items():
        if included.startswith(prefix) and not (here + "/").startswith(tuple(one + "/" for one in allowed)):
            fail(path, number, f"{here} must not see {included}")
        elif included.startswith(prefix) and path.suffix == ".h" and here.split("/")[0] != "bin":
            fail(path, number, f"a header must not show {included}")
    if '"' in line:
        there = str(pathlib.PurePath(included).parent)
        if path != REGISTERS and not may_include(here, there):
            fail(path, number, f"{here} must not include {included}")


def check_text(path, comment):
    """What every text that people read keeps to; returns its lines."""
    lines = path.read_text().splitlines() or [""]
    if not lines[0].startswith(comment + " "):
        fail(path, 1, "the first line says in one sentence what the file is")
    if len(lines) > LINES_MAX:
        fail(path, len(lines), f"over {LINES_MAX} lines; which noun is hiding in it?")
    for number, line in enumerate(lines, 1):
        if LEFT_OVER.search(line):
            fail(path, number, "a left-over marker: finish or remove it")
    return lines


def check_file(path):
    lines = check_text(path, "//")
    if path.suffix == ".h" and "#pragma once" not in lines[:3]:
        fail(path, 2, "#pragma once")
    for number, line in enumerate(lines, 1):
        check_includes(path, number, line)
        if len(line) > 120:
            fail(path, number, "over 120 columns")
        if re.search(r"\bclass Body\b", line):
            fail(path, number, "which body? name its role")
        if of_tests(folder(path)) and re.search(r"\b(sleep_(for|until)|(u|nano)sleep)\b", line):
            fail(path, number, "a sleeping test: turn a clock or wait for a condition with a deadline")


def check_folders():
    """Few files a folder, none that a build does not know."""
    for one in sorted({folder(path) for path in CODE}):
        count = sum(folder(path) == one for path in CODE)
        if count > FILES_MAX:
            failures.append(f"{one}: {count} files; which folder is hiding in it?")
        if not of_tests(one) and one not in ORDER:
            failures.append(f"{one}: no CMakeLists.txt adds it")


def check_readme():
    """README is short, and the workflow that it shows is the one that runs."""
    text = (ROOT / "README.md").read_text()
    if len(text.splitlines()) >= 100:
        fail(ROOT / "README.md", 100, "100 lines or more")
    shown = re.search(r"```cpp\n(Workflow .*?)```", text, re.DOTALL)
    source = ROOT / "workflows/notify_sync_failure/workflow.cc"
    if not shown or shown.group(1) not in source.read_text():
        fail(ROOT / "README.md", 1, f"its workflow is not the one in {source.relative_to(ROOT)}")


def check_named_tests():
    """Each test that docs/security.md names is there, and begins as it says: so the name with a star runs it."""
    titles = []
    for path in CODE:
        for title in re.findall(r'TEST_CASE(?:_METHOD)?\(\s*(?:[\w:]+,\s*)?((?:"(?:[^"\\]|\\.)*"\s*)+)', path.read_text()):
            titles.append("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', title)).replace('\\"', '"'))
    document = ROOT / "docs/security.md"
    for number, line in enumerate(document.read_text().splitlines(), 1):
        cells = line.split("|")
        for named in re.findall(r"`([^`]+)`", cells[3]) if len(cells) > 3 else []:
            if not any(title.startswith(named) for title in titles):
                fail(document, number, f"no test's name begins with `{named}`")


def check_named_paths():
    """Each path in back quotes in ARCHITECTURE.md is there: from the root, or in a table's row from a folder of its first cell."""
    document = ROOT / "ARCHITECTURE.md"
    for number, line in enumerate(document.read_text().splitlines(), 1):
        above = [ROOT, *(ROOT / one for one in re.findall(r"`([\w/]+)/`", line.split("|")[1] if line[:1] == "|" else ""))]
        for named in re.findall(r"`(?:pawl/)?([\w.-]+/[\w./-]*)(?: [A-Z]+)?`", line):
            if not any((one / named).exists() for one in above):
                fail(document, number, f"there is no {named}")


def dot():
    """The folders of each floor in a box, and an arrow for each that includes one of another."""
    arrows = set()
    for path in CODE:
        for included in re.findall(r'^#include "([^"]+)/[^"/]+"', path.read_text(), re.MULTILINE):
            if not of_tests(folder(path)) and included != folder(path):
                arrows.add((folder(path), included))
    lines = ["digraph pawl {", "  node [shape=box];"]
    for floor in FLOORS:
        inside = "; ".join(f'"{one}"' for one in ORDER if one.split("/")[0] == floor)
        lines.append(f'  subgraph "cluster_{floor}" {{ label="{floor}"; {inside} }}')
    lines += [f'  "{one}" -> "{other}";' for one, other in sorted(arrows)]
    return "\n".join([*lines, "}"])


if sys.argv[1:] == ["--dot"]:
    sys.exit(print(dot()))
for code in CODE:
    check_file(code)
for sql in SQL:
    check_text(sql, "--")
check_folders()
check_readme()
check_named_tests()
check_named_paths()
if len(CODE) < 30 or len(SQL) < 10:
    failures.append(f"found only {len(CODE)} files of code and {len(SQL)} of SQL: is {ROOT} the root?")
print("\n".join(failures) or f"{len(CODE) + len(SQL)} files keep the rules")
sys.exit(bool(failures))
