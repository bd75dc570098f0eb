"""Reads a SQLite file for as long as its standard input is open; says `reading` once it holds a snapshot."""
import sqlite3
import sys

database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, isolation_level=None)
database.execute("begin")
database.execute("select count(*) from runs").fetchall()
print("reading", flush=True)
sys.stdin.read()
