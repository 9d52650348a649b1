"""A loop over a session's query as SQL: its rows are assigned to, and the session writes what has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.operations import Rows
from migration_guard.rendition.core import Core
from migration_guard.rendition.kinds import KINDS, Kind
from migration_guard.rendition.loops import Body, loop_around, loop_spot, row_of, written_of
from migration_guard.rendition.mapped import mapped
from migration_guard.rendition.spelling import NotRendered, Rendered, name, qualified, where

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.libraries.database import Model


def of_assignment(machine: Machine, model: Model, node: cst.CSTNode) -> Rendered:
    """Give the statement that a loop over a session's query stands for, whose rows are assigned to."""
    targets = node.targets if isinstance(node, cst.Assign) else ()
    target = targets[0].target if targets else None
    row = dotted(target.value) if isinstance(target, cst.Attribute) else None
    loop = loop_around(machine, node, row)
    spot = loop_spot(machine, loop)
    try:
        table, conditions = Core(machine).rows(row_of(loop)[1])
        fields = _Attributes(machine, model, table)
        sets, held = Body(machine, loop, fields).run()
    except NotRendered as reason:
        raise NotRendered(str(reason), spot, _rows_of(machine, model, loop, row)) from None
    columns = ", ".join(f"{fields.column(field).rpartition('.')[2]} = {value}" for field, value in sets.items())
    return Rendered(f"UPDATE {qualified(table)} SET {columns}{where([*conditions, *held])}", loop=spot)


def _rows_of(machine: Machine, model: Model, loop: cst.For, row: str | None) -> Rows | None:
    """Say which rows a loop goes through and what it may write, if it can be made again for some of them."""
    if row is None or model.table is None or model.cls is None:
        return None
    known = {field: column for field, column, _ in mapped(model.cls)}
    try:
        conditions = Core(machine).rows(row_of(loop)[1])[1]
    except NotRendered:
        conditions = []
    try:
        written = [known[field] for field in dict.fromkeys(written_of(loop.body, row))]
    except (KeyError, NotRendered):
        return None
    return Rows("sqlalchemy-orm", row, tuple(conditions), tuple(written), tuple(known), tuple(known.values()))


class _Attributes:
    """The attributes of a row in a loop over a session's query: those that the class maps to columns."""

    def __init__(self, machine: Machine, model: Model, table: str) -> None:
        if model.table != table:
            raise NotRendered("it assigns to other rows than those that it goes through; write the statement in SQL")
        self._table = table
        self._columns = (
            {field: (column, kind) for field, column, kind in mapped(model.cls)} if model.cls is not None else {}
        )
        self._machine = machine

    def column(self, field: str) -> str:
        if field not in self._columns:
            raise NotRendered(f"{field} is no column that the class maps; write the statement in SQL, then move it")
        return f"{name(self._table.rpartition('.')[2])}.{name(self._columns[field][0])}"

    def kind(self, field: str) -> Kind:
        return KINDS.get(self._columns[field][1], Kind.OTHER) if field in self._columns else Kind.OTHER

    def related(self, field: str, attribute: str) -> tuple[str, Kind]:
        raise NotRendered(f"it reads {field}.{attribute} of another row; write the statement in SQL, then move it")

    def checked(self, field: str, node: cst.BaseExpression, value: str) -> str:
        """Types of SQLAlchemy may make something else of a value."""
        plain = isinstance(node, cst.Attribute) or value == "NULL"
        if not plain and self.kind(field) is Kind.OTHER:
            raise NotRendered(f"what type {field} has is not known here; write the statement in SQL, then move it")
        return value
