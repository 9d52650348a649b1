"""The tools whose migrations are SQL files, one module each: which files are theirs, and what in them runs on which way.

A tool's module has `recognises(path, source)`, and `parts(path, text)`, by the tool's own grammar. A remark that looks like
another tool's marker is a remark. Tools that are known by where a file lies or what it is called come before those that
are known by what stands in it; `plain` takes the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path, PurePath
from typing import Protocol

from migration_guard.frameworks.sql.part import Part

ORDER = (
    "sqitch",
    "flyway",
    "prisma",
    "hasura",
    "drizzle",
    "supabase",
    "atlas",
    "synapse",
    "sqlalchemy_migrate",
    "paired",
    "yoyo",
    "liquibase",
    "goose",
    "sql_migrate",
    "dbmate",
    "play",
    "mybatis",
    "dbdeploy",
    "grate",
    "graphile",
    "node_pg_migrate",
    "rambler",
    "shmig",
    "tern",
)
PLAIN = "plain"


class Tool(Protocol):
    def recognises(self, path: Path, source: bytes) -> bool: ...

    def parts(self, path: PurePath, text: str) -> Iterator[Part]: ...


def tool_of(path: Path, source: bytes) -> Tool | None:
    """The tool whose migration a file is; None where it is no tool's."""
    return next((one for name in (*ORDER, PLAIN) if (one := tool(name)).recognises(path, source)), None)


def tool(name: str) -> Tool:
    module: Tool = import_module(f"migration_guard.frameworks.sql.{name}")
    return module
