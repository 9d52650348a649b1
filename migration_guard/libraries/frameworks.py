"""What frameworks give to the functions that they enter."""

from __future__ import annotations

from collections.abc import Mapping

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Value
from migration_guard.libraries import odoo
from migration_guard.libraries.database import Handle
from migration_guard.libraries.peewee import Migrator
from migration_guard.libraries.sqlite_utils import Database


def way(name: str, parameter: str) -> Value:
    """A way to the database by its name, as a function asks for it by its first parameter."""
    match name:
        case "odoo" if parameter == "env":
            return odoo.Environment()
        case "migrator":
            return Migrator()
        case "sqlite_utils":
            return Database()
    return Handle(name, lent=True)


def on_model(cls: Class, framework: str) -> Mapping[str, Value]:
    """What the methods of a class find on their object, which a framework has put there."""
    if framework != "odoo":
        return {}
    named = [value for key in ("_name", "_inherit") if (value := cls.lookup(key)) is not None]
    return odoo.given_to(next((str(one) for one in named if isinstance(one, Text) and one.known), None))
