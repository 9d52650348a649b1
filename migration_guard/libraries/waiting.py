"""The tables whose locks a schema operation of Alembic or Django waits for; None for one that is not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, Value
from migration_guard.later import re

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.libraries.alembic import Op

_SECOND = frozenset(
    "create_index drop_index create_unique_constraint create_check_constraint create_primary_key create_exclude_constraint "
    "drop_constraint create_unique_index drop_unique_constraint".split()
)
"""Alembic's operations whose first argument is a name of their own, and the second the table."""
_NO_TABLE = re.compile(
    r"function|procedure|role|schema|privileges|view|database|enum|entity|comment|context|proxy|policies"
)
"""Words of operations that take no lock on a table that others use."""
_FOREIGN = re.compile(r"\bForeignKey(?:Constraint)?\s*\(")
_REFERRED = re.compile(r"""["']((?:\w+\.)?\w+)\.\w+["']""")
_QUIET = frozenset(
    "AlterModelOptions AlterModelManagers AlterModelTableComment AddIndexConcurrently RemoveIndexConcurrently "
    "CreateCollation RemoveCollation ValidateConstraint Operation "
    "SaferAddIndexConcurrently SaferRemoveIndexConcurrently SaferAddUniqueConstraint SaferRemoveUniqueConstraint "
    "SaferAlterFieldSetNotNull SaferAddFieldForeignKey SaferRemoveFieldForeignKey SaferAddCheckConstraint "
    "SaferRemoveCheckConstraint SaferAddFieldOneToOne".split()
)
"""Django's operations that change no table, or keep nobody waiting; those of django_pg_migration_tools set a limit themselves."""
_RELATION = re.compile(r"\b(?:ForeignKey|OneToOneField|ManyToManyField)\s*\(")
_TO = re.compile(r"""\bto=["'](?:(\w+)\.)?(\w+)["']""")


def waits_for(name: str, call: Call, op: Op) -> Iterator[str | None]:
    """An operation of Alembic's, on `op` or in a batch."""
    concurrent = call.named.get("postgresql_concurrently", NONE)
    if _NO_TABLE.search(name) or concurrent.truth is True or name == "batch_alter_table":
        return
    if name == "create_table":
        yield from _referred(call)
        return
    if op.within_batch:
        yield op.batch
    elif name == "create_foreign_key":
        yield _table(call, 1, "source_table")
    else:
        yield _table(call, 1, "table_name") if name in _SECOND else _table(call, 0, "table_name", "old_table_name")
    if name == "create_foreign_key":
        yield _table(call, 1 if op.within_batch else 2, "referent_table")
    elif name == "add_column":
        yield from _referred(call)


def of_operation(name: str, call: Call, machine: Machine) -> Iterator[str | None]:
    """An operation of a migration of Django's."""
    if name in _QUIET or name.endswith("Extension"):
        return
    django = machine.libraries.django
    code = _code(call) if name in ("CreateModel", "AddField", "AlterField") else ""
    if name != "CreateModel":
        model = call.argument(0, "model_name", "name", "old_name")
        known = isinstance(model, Text) and model.known
        yield django.model(None, str(model), machine).table if known else None
    if _RELATION.search(code):
        targets = _TO.findall(code)
        yield from (None,) if len(targets) < len(_RELATION.findall(code)) else ()
        yield from (django.model(app or None, model, machine).table for app, model in targets)


def _referred(call: Call) -> Iterator[str | None]:
    """What a new table or column refers to: a foreign key takes a lock on both sides."""
    code = _code(call)
    foreign = len(_FOREIGN.findall(code))
    if foreign:
        referred = _REFERRED.findall(code)
        yield from (None,) if len(referred) < foreign else ()
        yield from referred


def _code(call: Call) -> str:
    return call.place.source.code(call.place.whole)


def _table(call: Call, index: int, *names: str) -> str | None:
    given: Value | None = call.argument(index, *names)
    if not isinstance(given, Text) or not given.known:
        return None
    schema = call.named.get("schema", NONE)
    if schema is NONE:
        return str(given)
    return f"{schema}.{given}" if isinstance(schema, Text) and schema.known else None
