"""Commits rows to a SQLite file and prints each one's number when it is committed: disk_commits.py FILE SYNCHRONOUS."""
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("pragma journal_mode = wal")
database.execute("pragma synchronous = " + sys.argv[2])
database.execute("create table if not exists commits (number integer primary key)")
for number in range(1, 101):
    database.execute("insert into commits values (?)", (number,))
    print(number, flush=True)
