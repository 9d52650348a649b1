"""What a server has to say against a backfill names what to do: it is done, and the backfill runs."""

from __future__ import annotations

import os
import re
from pathlib import Path

import program
import psycopg
import pytest

TABLES = """
CREATE TABLE leads (id bigint PRIMARY KEY, phone text, name text, more text GENERATED ALWAYS AS (phone || '!') STORED);
CREATE TABLE pairs (b int, a int, name text, PRIMARY KEY (b, a));
CREATE VIEW shown AS SELECT * FROM leads;
INSERT INTO leads (id, phone) SELECT n, n::text FROM generate_series(1, 20) AS n;
INSERT INTO pairs (b, a) SELECT n, n FROM generate_series(1, 20) AS n
"""
LEADS = 'table="leads", where="name IS NULL", update="UPDATE leads SET name = phone WHERE id = ANY(:ids)"'
PAIRS = 'table="pairs", where="name IS NULL", update="UPDATE pairs SET name = \'x\' WHERE (b, a) = ANY(:ids)"'
CASES = {
    "a mistyped key": (LEADS, "run --only fil --strict", r'did you mean "(fill)"', LEADS, "run --only {0} --strict"),
    "a view": (LEADS.replace("leads", "shown"), "", r"name the (table) itself", LEADS, ""),
    "a mistyped table": (LEADS.replace('table="leads', 'table="leds'), "", r'did you mean "(leads)"', LEADS, ""),
    "a mistyped column": (f'{LEADS}, key_column="idd"', "", r'did you mean "(id)"', f'{LEADS}, key_column="{{0}}"', ""),
    "keys in another order": (f'{PAIRS}, key_columns=("a", "b")', "", r"orders them as \((b, a)\); name them in that order",
                              f'{PAIRS}, key_columns=tuple("{{0}}".split(", "))', ""),
    "two tables": (LEADS.replace("UPDATE leads SET name = phone WHERE id", "UPDATE pairs SET name = NULL WHERE a"), "", r"expected only (leads)", LEADS, ""),
    "no change": (LEADS.replace("UPDATE leads SET name = phone", "WITH a AS (SELECT 1) SELECT 1 FROM leads"), "",
                  r"changes no rows; expected (UPDATE)", LEADS, ""),
    "nobody's state": (LEADS, "gate fill", r"has never been run", LEADS, "run --all --strict"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_who_follows_it_gets_on(name: str, tmp_path: Path, database: str) -> None:
    wrong, command, said, right, follows = CASES[name]
    with psycopg.connect(database, autocommit=True) as console:
        console.execute(TABLES)
    (tmp_path / "migration-guard.toml").write_text('[backfill]\nmodules = ["backfills.py"]\n')

    def backfill(definition: str, arguments: str) -> tuple[int, str]:
        text = f'from migration_guard.backfill import Backfill\nA = Backfill(key="fill", {definition})\n'
        (tmp_path / "backfills.py").write_text(text)
        ran = program.run(
            "backfill",
            *(arguments or "run --all --strict").split(),
            cwd=tmp_path,
            env={**os.environ, "DATABASE_URL": database},
        )
        return ran.returncode, ran.stdout + ran.stderr

    code, told = backfill(wrong, command)
    found = re.search(said, told)
    assert code != 0, told
    assert found is not None, told
    code, told = backfill(right.format(*found.groups()), follows.format(*found.groups()))
    assert (code, "All complete: 1 of 1" in told) == (0, True), told
