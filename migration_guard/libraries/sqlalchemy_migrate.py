"""sqlalchemy-migrate's `changeset`: functions, constraints and methods of columns that change the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.values import NONE, External, Value
from migration_guard.libraries.computing import EXPRESSION

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

ROOTS = ("migrate",)
_SCHEMA = frozenset({"alter_column", "create_column", "drop_column", "rename_column", "rename_table", "rename_index"})


def value(name: str) -> Value | None:
    return None


def gives(module: str, name: str) -> bool:
    """Whether `from module import *` gives a name."""
    return name in _SCHEMA or name.endswith("Constraint") or name.startswith("Changeset")


def call(target: External, call: Call) -> Value | None:
    if target.last in _SCHEMA:
        call.machine.ledger.schema(spot_of(call.place), f"{target.last} changes the schema", stack=call.machine.frames)
        return NONE
    return EXPRESSION if target.last.endswith(("Constraint", "Index", "Column")) else None
