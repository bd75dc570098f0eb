"""Adds a workflow by bin/new-workflow to a copy of the tree, looks at what changed, then builds and runs it.

Run it under pg_virtualenv: new_workflow.py BUILD_FOLDER.
"""
import pathlib
import re
import shutil
import sys

import package

BUILD = pathlib.Path(sys.argv[1]).resolve()
FOLDER = package.empty_folder(BUILD / "new_workflow_test")
TREE = FOLDER / "tree"
NAME, FOLDER_NAME = "say-goodbye", "say_goodbye"


def copy_tree():
    left_out = {"build", ".git"}
    shutil.copytree(package.ROOT, TREE, ignore=lambda at, names: left_out.intersection(names))


def texts():
    return {str(path.relative_to(TREE)): path.read_bytes() for path in TREE.rglob("*") if path.is_file()}


def check_changes(before, after):
    own = f"workflows/{FOLDER_NAME}/"
    main = "bin/main.cc"
    package.expect("files that were changed", [name for name in before if after.get(name) != before[name]], [main])
    elsewhere = [name for name in after if name not in before and not name.startswith(own)]
    package.expect("files elsewhere that were added", elsewhere, [])
    added = set(after[main].decode().splitlines()) - set(before[main].decode().splitlines())
    package.expect("lines that were added to it", added,
                   {f'#include "{own}registration.h"', " " * 40 + f"pawl::{FOLDER_NAME}::registration,"})
    left = [name for name in after if name.startswith(own) and re.search(rb"say.?hello", after[name], re.IGNORECASE)]
    package.expect("files with the template's name in them", left, [])


def check_build_knows_it():
    """The build of the whole tree, configured only: the libraries below it are built as the package's."""
    package.run("cmake", "-S", TREE, "-B", FOLDER / "whole", "-D", "PAWL_TESTS=OFF")
    if f"pawl_{FOLDER_NAME}" not in package.run("cmake", "--build", FOLDER / "whole", "--target", "help"):
        raise SystemExit(f"the build of the tree has no library pawl_{FOLDER_NAME}")
    package.run(sys.executable, TREE / "tests/structure_test.py")


def build():
    package.run("cmake", "--install", BUILD, "--prefix", FOLDER / "installed")
    package.run("cmake", "-S", pathlib.Path(__file__).parent / "new_workflow", "-B", FOLDER / "build", "-D",
                f"CMAKE_PREFIX_PATH={FOLDER / 'installed'}", "-D", f"TREE={TREE}", "-D", f"WORKFLOW={FOLDER_NAME}")
    package.run("cmake", "--build", FOLDER / "build")
    package.run(FOLDER / f"build/{FOLDER_NAME}/tests/{FOLDER_NAME}_test")


def check_run():
    settings = {"PAWL_POSTGRES": "dbname=new_workflow", "PAWL_CHECKPOINTS": str(FOLDER / "checkpoints.db"),
                "PAWL_WORKFLOWS": NAME, "PAWL_SAY_GOODBYE_WORDS": "Farewell"}

    def pawl(*arguments):
        return package.run(FOLDER / "build/pawl", *arguments, **settings)

    package.run("dropdb", "--if-exists", "new_workflow")
    package.run("createdb", "new_workflow")
    pawl("migrate")
    pawl("emit", f"{FOLDER_NAME}/visitor.came", "--aggregate-type", "building", "--aggregate-id", "door",
         "--data", '{"name": "Ada"}')
    pawl("worker", "--until-idle")
    said = package.run("psql", "-d", "new_workflow", "-Atqc", f"select text from pawl.{FOLDER_NAME}_greetings")
    package.expect("the greeting", said, "Farewell, Ada\n")
    package.run("psql", "-d", "new_workflow", "-Atqc",
                f"update pawl.{FOLDER_NAME}_greetings set written_at = now() - interval '1 year';"
                " delete from pawl.outbox_archive; select pawl.prune('90 days', 1000)")
    left = package.run("psql", "-d", "new_workflow", "-Atqc", f"select count(*) from pawl.{FOLDER_NAME}_greetings")
    package.expect("greetings of an event that is gone", left, "0\n")
    package.run("dropdb", "new_workflow")


copy_tree()
unchanged = texts()
package.run("bash", TREE / "bin/new-workflow", NAME)
check_changes(unchanged, texts())
check_build_knows_it()
build()
check_run()
print("a new workflow touched its own folder and its registration")
