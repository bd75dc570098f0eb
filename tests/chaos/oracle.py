"""Judges what a soak left behind, by the invariants I1 to I9."""
import os
import sqlite3
from contextlib import closing

from chaos import evidence as evidence_tables
from chaos import snapshots
from chaos.checks import CHECKS, FIGURES, SEEN
from chaos.text import CANARY


class Oracle:
    """`violations` and `figures` are complete once `judge` has returned."""

    def __init__(self, evidence, required=tuple(SEEN)):
        self.evidence, self.required = evidence, required
        self.violations, self.figures = [], {}

    def judge(self):
        evidence_tables.load(self.evidence)
        self.ask_database()
        self.compare_copies()
        self.search_texts()
        self.look_into_stores()
        for name in self.required:
            if not self.figures[name]:
                self.violate("nothing checked", f"no {name}: this proves nothing", [])
        return self

    def violate(self, invariant, what, ids):
        self.violations.append({"invariant": invariant, "what": what, "ids": [str(id) for id in ids]})

    def ask_database(self):
        with self.evidence.connection.cursor() as cursor:
            for invariant, what, sql in CHECKS:
                cursor.execute(sql)
                if found := [row[0] for row in cursor.fetchall()]:
                    self.violate(invariant, what, found)
            for name, sql in (SEEN | FIGURES).items():
                cursor.execute(sql)
                self.figures[name] = int(cursor.fetchone()[0] or 0)

    def compare_copies(self):
        compared = 0
        for life in self.evidence.lives:
            for earlier, later in zip(life, life[1:]):
                compared += 1
                if changed := snapshots.changed_steps(earlier, later):
                    self.violate("I4", f"finished steps are gone or other than in {earlier} in {later}", changed)
            for copy in life[-1:]:
                if repeated := snapshots.repeated_steps(copy):
                    self.violate("I4", f"attempts after the step had succeeded in {copy}", repeated)
        self.figures["copies of stores compared"] = compared

    def search_texts(self):
        """I7 in everything that is a file, and in command lines."""
        copies = [copy for life in self.evidence.lives for copy in life[-1:]]
        files = [path + end for path in self.evidence.stores + copies for end in ("", "-wal")] + self.evidence.texts
        searched = [path for path in files if os.path.exists(path)]
        for path in searched:
            if places := places_of(CANARY.encode(), path):
                self.violate("I7", f"a secret in {path}", places)
        if exposed := [line for line in self.evidence.arguments if CANARY.encode() in line]:
            self.violate("I7", "a secret in a command line", exposed)
        self.figures["bytes searched for secrets"] = sum(os.path.getsize(path) for path in searched)

    def look_into_stores(self):
        self.figures["runs that ended in another store"] = 0
        for path in self.evidence.stores:
            with closing(sqlite3.connect(path)) as store:
                if (found := store.execute("pragma integrity_check").fetchall()) != [("ok",)]:
                    self.violate("I8", f"{path} is corrupt", found)
                waiting = store.execute("select run_id, why, reason, next_at from v1_waiting").fetchall()
            ended_elsewhere = self.ended_elsewhere([row[0] for row in waiting])
            self.figures["runs that ended in another store"] += len(ended_elsewhere)
            if stuck := [row for row in waiting if row[0] not in ended_elsewhere]:
                self.violate("I8", f"runs that still wait in {path}", stuck)

    def ended_elsewhere(self, ids):
        """A store learns at its worker's next start that another worker has taken a run over."""
        with self.evidence.connection.cursor() as cursor:
            cursor.execute("select event_id::text from pawl.v1_events where event_id = any(%s::uuid[]) "
                           "group by event_id having bool_and(finished_at is not null)", (ids,))
            return {row[0] for row in cursor.fetchall()}


def places_of(needle, path, at_most=5):
    """The first places, each with what is around it."""
    with open(path, "rb") as file:
        content = file.read()
    found, at = [], content.find(needle)
    while at >= 0 and len(found) < at_most:
        found.append(content[max(0, at - 80):at + 60])
        at = content.find(needle, at + 1)
    return found
