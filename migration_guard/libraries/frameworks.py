"""What frameworks give to the functions that they enter."""

from __future__ import annotations

from migration_guard.interpreter.values import Value
from migration_guard.libraries.database import Handle
from migration_guard.libraries.odoo import Environment
from migration_guard.libraries.peewee import Migrator
from migration_guard.libraries.sqlite_utils import Database


def way(name: str, parameter: str) -> Value:
    """A way to the database by its name, as a function asks for it by its first parameter."""
    match name:
        case "odoo" if parameter == "env":
            return Environment()
        case "migrator":
            return Migrator()
        case "sqlite_utils":
            return Database()
    return Handle(name)
