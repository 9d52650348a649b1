"""Runs the migrations of `cases.py` with the real packages, over rows of SQLite or PostgreSQL, and notes which tables each of them writes.

    python tests/frameworks/execute.py [--new] [FRAMEWORK ...]      (`make frameworks` makes the environments that have the packages,
                                                            and starts the PostgreSQL whose URL is in DATABASE_URL)

Triggers of the database say what is written, so no framework is asked what it believes. Odoo and Frappe are not on PyPI: they are
run on the stand-ins of `stubs/`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from frameworks import runners
from frameworks.cases import APART, BODIES, TABLES, source

HERE = Path(__file__).parent
NAMES = {
    "aerich": "1_20240101000000_fill.py", "masonite": "2024_01_01_000000_fill.py", "orator": "2024_01_01_000000_fill.py",
    "tortoise": "0002_fill.py", "odoo": "post-migration.py", "openupgrade": "post-migration.py",
}  # fmt: skip
VERBS = ("INSERT", "UPDATE", "DELETE")
SECONDS = 120
"""… that a migration of a line or two may take, with all that its package imports."""
ROWS = """
CREATE TABLE {lead} (id {key}, name TEXT NOT NULL, hot INTEGER DEFAULT 0, score INTEGER DEFAULT 0);
CREATE TABLE {note} (id {key}, lead_id INTEGER, text TEXT);
INSERT INTO {lead} (name, hot, score) VALUES ('a', 0, 1), ('b', 0, 2), ('c', 0, 3);
INSERT INTO {note} (lead_id, text) VALUES (1, 'x'), (1, 'y'), (2, 'z');
CREATE TABLE _written (what TEXT);
"""
OF_FRAPPE = """
CREATE TABLE tabLead (name TEXT PRIMARY KEY, hot INTEGER DEFAULT 0, score INTEGER DEFAULT 0);
CREATE TABLE tabNote (name TEXT PRIMARY KEY, lead_id TEXT, text TEXT);
CREATE TABLE tabSingles (doctype TEXT, field TEXT, value TEXT);
INSERT INTO tabLead VALUES ('a', 0, 1), ('b', 0, 2), ('c', 0, 3);
INSERT INTO tabNote VALUES ('n1', 'a', 'x'), ('n2', 'a', 'y'), ('n3', 'b', 'z');
CREATE TABLE _written (what TEXT);
"""
OF_ODOO = """
CREATE TABLE ir_model_data (module TEXT, name TEXT, model TEXT, res_id INTEGER);
INSERT INTO ir_model_data VALUES ('base', 'main_lead', 'crm.lead', 1);
"""
WATCH = (
    "CREATE TRIGGER {verb}_{table} AFTER {verb} ON {table} BEGIN INSERT INTO _written VALUES ('{verb} {table}'); END"
)
WATCH_POSTGRES = """
CREATE TRIGGER {verb}_{table} AFTER {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION _note();
"""
NOTE = """
CREATE FUNCTION _note() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO _written VALUES (replace(TG_OP, 'TRUNCATE', 'DELETE') || ' ' || TG_TABLE_NAME); RETURN NULL; END $$;
"""


class Sqlite:
    """Rows in a file."""

    def __init__(self, framework: str, folder: str) -> None:
        self.place = str(Path(folder) / "rows.db")
        lead, note = TABLES.get(framework, ("leads", "notes"))
        rows = ROWS.format(lead=lead, note=note, key="INTEGER PRIMARY KEY AUTOINCREMENT")
        with sqlite3.connect(self.place) as connection:
            connection.executescript(OF_FRAPPE if framework == "frappe" else rows)
            for table in (lead, note):
                for verb in VERBS:
                    connection.execute(WATCH.format(verb=verb, table=table))

    def written(self) -> list[str]:
        with sqlite3.connect(self.place) as connection:
            return sorted({what for (what,) in connection.execute("SELECT what FROM _written")})


class Postgres:
    """Rows in a database of their own on the server of DATABASE_URL."""

    def __init__(self, framework: str, folder: str) -> None:
        import psycopg

        server = urlsplit(os.environ["DATABASE_URL"])
        with psycopg.connect(urlunsplit(server), autocommit=True) as connection:
            name = f"frameworks_{Path(folder).name.lower()}"  # several are run at a time
            connection.execute(f"CREATE DATABASE {name}")
        self.place = urlunsplit(server._replace(path=f"/{name}", scheme="postgresql"))
        lead, note = TABLES.get(framework, ("leads", "notes"))
        rows = ROWS.format(lead=lead, note=note, key="SERIAL PRIMARY KEY")
        with psycopg.connect(self.place) as connection:
            connection.execute(rows + OF_ODOO + NOTE)
            for table in (lead, note):
                for verb in VERBS:
                    connection.execute(WATCH_POSTGRES.format(verb=verb, table=table))
                once = f"CREATE TRIGGER empty_{table} AFTER TRUNCATE ON {table} EXECUTE FUNCTION _note()"
                connection.execute(once)

    def written(self) -> list[str]:
        import psycopg

        with psycopg.connect(self.place) as connection:
            return sorted({what for (what,) in connection.execute("SELECT what FROM _written").fetchall()})


class NotRun(Exception):
    """A migration that its framework would not run: nothing is noted of it."""


def executed(framework: str, body: str) -> list[str]:
    """What a migration writes, in a process of its own: packages keep what they were told."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrations" / NAMES.get(framework, "001_fill.py")
        path.parent.mkdir()
        path.write_text(source(framework, body), encoding="utf-8")
        rows = (Postgres if framework in runners.ON_POSTGRES else Sqlite)(framework, folder)
        command = [sys.executable, "-W", "ignore", __file__, "--one", framework, str(path), rows.place]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise NotRun(f"it did not end in {SECONDS} seconds") from None
        if done.returncode != 0:
            raise NotRun((done.stderr.strip() or f"it ended with {done.returncode}").splitlines()[-1])
        return rows.written()


def main() -> int:
    if sys.argv[1:2] == ["--one"]:
        getattr(runners, sys.argv[2])(Path(sys.argv[3]), sys.argv[4])
        return 0
    apart = {name for names in APART.values() for name in names}
    new = sys.argv[1:2] == ["--new"]
    chosen = sys.argv[1 + new :] or [one for one in BODIES if one not in apart]
    noted = HERE / "executed.json"
    known = json.loads(noted.read_text()) if noted.exists() else {}
    wanted = [(one, body) for one in chosen for body in BODIES[one] if not new or body not in known.get(one, {})]
    alone = "prefect" in chosen  # two of its servers get in each other's way
    with ThreadPoolExecutor(1 if alone else os.cpu_count()) as pool:
        written = dict(zip(wanted, pool.map(lambda one: _tried(*one), wanted)))
    for framework in chosen:
        before = known.get(framework, {})
        found = {body: written.get((framework, body), before.get(body)) for body in BODIES[framework]}
        known[framework] = {body: wrote for body, wrote in found.items() if wrote is not None}
    noted.write_text(json.dumps(known, indent=1) + "\n")
    return 1 if None in written.values() else 0


def _tried(framework: str, body: str) -> list[str] | None:
    """What a migration writes; None for one that was not run, and so is printed."""
    try:
        return executed(framework, body)
    except NotRun as error:
        print(f"{framework}: {body!r}: {error}", flush=True)
        return None


if __name__ == "__main__":
    sys.exit(main())
