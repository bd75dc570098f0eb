#!/usr/bin/python3
"""Spoils the outcome of a small job in each way, and expects the check to refuse it, and nothing of a clean one.

self_test.py BUILD, where BUILD is the folder with the binary.
"""
import argparse
import contextlib
import io
import os
import pathlib
import shutil
import sqlite3
import sys
import unittest
import xml.dom.minidom

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True

from bench import chart, charts, check, figures, jobs, options, parts, report
from bench.errors import Refused
from bench.world import standing

BUILD = sys.argv.pop(1) if len(sys.argv) > 1 else ""
EVENTS = 20

# (what the refusal names, SQL that spoils a finished job)
SPOILED_ROWS = [
    ("events archived as done: expected 20, found 19", "delete from pawl.outbox_archive where position = %(first)s"),
    ("events archived as done: expected 20, found 19",
     "update pawl.outbox_archive set status = 'failed', reason = 'x' where position = %(first)s"),
    ("events archived as done: expected 20, found 19",
     "update pawl.outbox_archive set deliveries = 2 where position = %(first)s"),
    ("rows of the archive: expected 20, found 21",
     "insert into pawl.outbox_archive select (jsonb_populate_record(a, jsonb_build_object('finished_at',"
     " now() - interval '2 days'))).* from pawl.outbox_archive a where position = %(first)s"),
    ("events left in the outbox: expected 0, found 1", "select pawl.emit('t', 'a', '1', '{}')"),
    ("notifications: expected 40, found 39",
     "delete from notifications where id = (select id from notifications limit 1)"),
    ("notifications of the right people: expected 40, found 39",
     "update notifications set user_id = gen_random_uuid() where id = (select id from notifications limit 1)"),
    ("notifications of the right people: expected 40, found 39",
     "update notifications set body = '' where id = (select id from notifications limit 1)"),
    ("mails accepted for the right people: expected 40, found 39",
     "update pawl.email_deliveries set state = 'deferred'"
     " where ctid = (select ctid from pawl.email_deliveries limit 1)"),
    ("mails accepted for the right people: expected 40, found 39",
     "update pawl.email_deliveries set attempts = 2 where ctid = (select ctid from pawl.email_deliveries limit 1)"),
    ("rows of the mail ledger: expected 40, found 39",
     "delete from pawl.email_deliveries where ctid = (select ctid from pawl.email_deliveries limit 1)"),
]
SPOILED_CHECKPOINTS = [
    ("send-email: expected 40, found 39", "delete from steps where rowid_of = 'send-email'"),
    ("create-in-app: expected 20, found 19", "delete from steps where rowid_of = 'create-in-app'"),
    ("failed or other steps: expected 0, found 1", "update steps set failed = 1 where rowid_of = 'resolve-recipients'"),
    ("runs that are done: expected 20, found 19", "update runs set status = 'failed' where run = 1"),
]


class TheCheck(unittest.TestCase):
    """Of one job that pawl has done."""

    @classmethod
    def setUpClass(cls):
        cls.open = contextlib.ExitStack()
        cls.addClassCleanup(cls.open.close)
        wanted = argparse.Namespace(build=BUILD, events=EVENTS, seconds=0, organisations=3, rounds=1)
        cls.world = cls.open.enter_context(standing(wanted))
        cls.world.found()
        texts, _ = jobs.warm_up(cls.world)
        backlog = cls.world.backlog(EVENTS)
        jobs.by_plain_sql(cls.world, backlog, texts)  # which has to pass it too
        backlog.load()
        cls.job = jobs.work_off(cls.world, backlog)

    def test_takes_a_clean_job(self):
        check.rows(self.world.postgres, "pawl", EVENTS, 2)
        check.checkpoints([self.job.crew[0].checkpoints], "pawl", EVENTS, 2)

    def test_refuses_each_wrong_row(self):
        first = self.world.postgres.ask("select min(position) from backlog")
        for named, sql in SPOILED_ROWS:
            with self.subTest(sql), self.world.postgres.cursor() as cursor:
                cursor.execute("begin")  # taken back when the connection closes
                cursor.execute(sql, {"first": first} if "%(" in sql else None)
                with self.assertRaises(Refused) as refused:
                    check.rows_seen_by(cursor, "pawl", EVENTS, 2)
                self.assertIn(named, str(refused.exception))

    def test_refuses_each_wrong_checkpoint(self):
        for named, sql in SPOILED_CHECKPOINTS:
            copy = os.path.join(self.world.folder, "spoiled.db")
            shutil.copy(self.job.crew[0].checkpoints, copy)
            one = "(run, step, key) = (select run, step, key from steps where step = '{}' limit 1)"
            for step in ("send-email", "create-in-app", "resolve-recipients"):
                sql = sql.replace(f"rowid_of = '{step}'", one.format(step))
            with self.subTest(sql), contextlib.closing(sqlite3.connect(copy)) as file:
                file.execute(sql)
                file.commit()
                with self.assertRaises(Refused) as refused:
                    check.checkpoints([copy], "pawl", EVENTS, 2)
                self.assertIn(named, str(refused.exception))


class Reporting(unittest.TestCase):
    def test_a_percentile_is_a_value_that_was_seen(self):
        self.assertEqual(figures.percentile(range(1, 101), 99), 99)
        self.assertEqual(figures.percentile([5], 50), 5)

    def test_an_interval_of_the_median_leaves_out_what_it_may(self):
        self.assertEqual(figures.interval([9, 1, 8, 2, 7, 3, 6, 4, 5])[:2], (2, 8))  # 1 of 9 on each side: 96 %
        self.assertAlmostEqual(figures.interval(range(9))[2], 1 - 20 / 512)
        self.assertEqual(figures.interval([3, 1, 2]), (1, 3, 0.75))

    def test_numbers_have_three_digits(self):
        self.assertEqual([figures.number(value) for value in (0, 0.01234, 1.5, 99.7, 12345.6)],
                         ["0", "0.0123", "1.50", "100", "12,346"])

    def test_a_missed_reach_is_told(self):
        line = figures.Figure("ratio", "", [0.7, 0.9, 0.75], reach=figures.at_least(0.8))
        self.assertIn("MISSED", report.text("throughput", "what", [line]))
        self.assertFalse(report.as_json(line)["met"])

    def test_charts_are_well_formed(self):
        series = [figures.Series("a & <b>", "ms", "x", [(0, [0.0]), (10, [1.5, 2.5])], chart="latency")]
        bars = [figures.Figure("a & \"b\"", "MiB", [1.0, 3.0], reach=figures.below(64), chart="memory")]
        for drawn in (charts.drawn(series), charts.drawn(bars)):
            xml.dom.minidom.parseString(drawn)

    def test_ticks_reach_the_highest_value(self):
        for highest in (0, 0.003, 1, 7, 99, 100, 12_345):
            self.assertGreaterEqual(chart.ticks(highest)[-1], highest)

    def test_every_chart_has_a_title(self):
        sources = "".join(pathlib.Path(part.__file__).read_text() for part in parts.ALL.values())
        for name in charts.TITLES:
            self.assertIn(f'chart="{name}"', sources)


class Arguments(unittest.TestCase):
    def refused(self, *arguments):
        error = io.StringIO()
        with contextlib.redirect_stderr(error), self.assertRaises(SystemExit) as ended:
            options.parse(list(arguments), parts.ALL)
        self.assertEqual(ended.exception.code, 2)
        return error.getvalue()

    def test_wrong_ones_are_named(self):
        for arguments, named in ((["nonsense"], "'nonsense'"), (["--events", "3"], "--events"),
                                 (["--events", "many"], "--events"), (["--rounds", "0"], "--rounds"),
                                 (["--json", "/nowhere/x"], "/nowhere/x"),
                                 (["--charts", "/etc/passwd"], "/etc/passwd"), (["against"], "--against"),
                                 (["--against", "/etc/passwd"], "/etc/passwd")):
            self.assertIn(named, self.refused(*arguments))

    def test_all_is_every_part(self):
        here = ["--against", "/bin/true"]
        self.assertEqual(options.parse(["all", *here], parts.ALL).parts, list(parts.ALL))
        self.assertNotIn("against", options.parse(["all"], parts.ALL).parts)
        self.assertEqual(options.parse(here, parts.ALL).parts, ["against"])
        self.assertEqual(options.parse([], parts.ALL).parts, list(options.HEADLINE))


if __name__ == "__main__":
    unittest.main(verbosity=2)
