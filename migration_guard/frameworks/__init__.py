"""The migration frameworks that the guard reads, one module each.

A framework module has `recognises(path, source) -> bool`, which looks at bytes only, and `enter(migration)`, which
runs the framework's entry points in the interpreter. The first module whose `recognises` is true reads the file. Of a
file that is too large to be read, a migration has one of its `WORDS`.

A module may say `GATED = True`: the gate can judge its files, for it knows their schema operations, and that nothing runs
what they return. `LOADED_BY_NAME = True` says that a migration is loaded by its dotted name, and so the packages around it.
One with `stands_alone(path) -> bool` says which of its files lie in folders of an application, and not in those of migrations.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from migration_guard.reading.migration import Migration

ORDER = (
    "alembic", "south", "tortoise", "masonite", "django", "yoyo", "aerich", "piccolo", "frappe", "odoo", "peewee_migrate",
    "sqlalchemy_migrate", "synapse", "upgrade_table", "numbered", "numbered_module", "sql_file",
)  # fmt: skip
"""Modules tried in this order; `script` reads what is named and nothing else fits."""


class Framework(Protocol):
    WORDS: tuple[bytes, ...]

    def recognises(self, path: PurePath, source: bytes) -> bool: ...

    def enter(self, migration: Migration) -> None: ...


@cache
def framework(name: str) -> Framework:
    module: Framework = import_module(f"migration_guard.frameworks.{name}")
    return module


def is_gated(name: str) -> bool:
    return getattr(framework(name), "GATED", False)


def is_loaded_by_name(name: str) -> bool:
    return getattr(framework(name), "LOADED_BY_NAME", False)


def stands_alone(name: str, path: PurePath) -> bool:
    """Whether the folder of a file is none of migrations: an application's own, of which a manifest names this file."""
    alone = getattr(framework(name), "stands_alone", None)
    return alone is not None and bool(alone(path))


@cache
def words() -> frozenset[bytes]:
    return frozenset(word for name in ORDER for word in framework(name).WORDS)


def recognise(path: PurePath, source: bytes) -> str | None:
    """Name the framework of a file by its bytes, or None where it is no migration."""
    if b"\r" in source:
        source = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return next((name for name in ORDER if framework(name).recognises(path, source)), None)
