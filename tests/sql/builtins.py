"""Writes `migration_guard/sql/builtins.txt`: the functions of servers, as they themselves list them.

    python tests/sql/builtins.py [GEOALCHEMY2]

PostgreSQL's come from the server of the tests, with all the extensions that it has; SQLite's from Python's; MySQL's and
SQL Server's as Pygments keeps them, from their grammar and manual; PostGIS's from the unpacked package GeoAlchemy2, or as they stand in the file already.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import sys
import textwrap
from pathlib import Path

import psycopg
from pygments.lexers import _mysql_builtins, _tsql_builtins

sys.path.append(str(Path(__file__).resolve().parents[1]))

from backfill.server import configured

HERE = Path(__file__).resolve()
FILE = HERE.parents[2] / "migration_guard/sql/builtins.txt"
RUN_TEXT = re.compile(
    r"^(?:query_to_xml\w*|cursor_to_xml\w*|ts_stat|ts_rewrite|crosstab\w*|connectby|dblink\w*|heap_force_\w+|"
    r"load_extension|pg_\w*(?:import|restore)_\w+|lo_(?:unlink|import|put|truncate\w*|creat|create|from_bytea)|lowrite)$"
)
"""Functions that run the text that they are given, or change rows or large objects: those are not known to be harmless."""


def main(geoalchemy: str = "") -> None:
    found = {
        "syntax": _keywords(),
        "postgres": _postgres("="),
        "extensions": _postgres("<>"),
        "mysql": _mysql(),
        "tsql": set(_tsql_builtins.FUNCTIONS),
        "sqlite": _sqlite(),
        "postgis": _postgis(geoalchemy) if geoalchemy else _kept("postgis"),
    }
    lines = [f"# Written by {HERE.relative_to(HERE.parents[2])}: functions that change no rows of an application."]
    for server, names in found.items():
        kept = sorted({name.lower() for name in names if name.isidentifier() and not RUN_TEXT.match(name.lower())})
        lines += [f"[{server}]", *textwrap.wrap(" ".join(kept), 118)]
    FILE.write_text("\n".join(lines) + "\n", "utf-8")


def _sqlite() -> set[str]:
    """Its functions, and what gives rows: of the pragmas those that have no side effects can be selected from."""
    connection = sqlite3.connect(":memory:")
    found = {name for (name,) in connection.execute("SELECT name FROM pragma_function_list")} | {
        "json_each",
        "json_tree",
    }
    for (name,) in connection.execute("SELECT name FROM pragma_pragma_list").fetchall():
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute(f"SELECT * FROM pragma_{name}")
            found.add(f"pragma_{name}")
    return found


def _postgres(own: str) -> set[str]:
    with configured() as server, server.fresh() as database, psycopg.connect(server.url(database)) as connection:
        for (extension,) in connection.execute("SELECT name FROM pg_available_extensions ORDER BY name").fetchall():
            if not extension.startswith(("dblink", "pl")):
                connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}" CASCADE')
        functions = f"SELECT proname FROM pg_proc WHERE pronamespace {own} 'pg_catalog'::regnamespace"
        types = f"SELECT typname FROM pg_type WHERE typelem = 0 AND typnamespace {own} 'pg_catalog'::regnamespace"
        return {name for query in (functions, types) for (name,) in connection.execute(query)}


def _keywords() -> set[str]:
    with configured() as server, psycopg.connect(server.url()) as connection:
        reserved = connection.execute("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'")
        return {word for (word,) in reserved}


def _mysql() -> set[str]:
    mysql = _mysql_builtins
    return {
        *mysql.MYSQL_FUNCTIONS,
        *mysql.MYSQL_DATATYPES,
        "if",
        "database",
        "schema",
        "user",
        "insert",
        "values",
        "char",
        "left",
        "right",
        "mod",
        "timestampadd",
        "timestampdiff",
    }


def _postgis(folder: str) -> set[str]:
    text = Path(folder, "geoalchemy2/_functions.py").read_text("utf-8")
    return set(re.findall(r"^\s*\('(\w+)'", text, re.MULTILINE)) | {"postgis_full_version", "postgis_version"}


def _kept(section: str) -> set[str]:
    return set(FILE.read_text("utf-8").partition(f"[{section}]\n")[2].partition("[")[0].split())


if __name__ == "__main__":
    main(*sys.argv[1:2])
