"""Django's paginator: the rows of a queryset, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.values import Method, Unknown, Value
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine


@dataclass(frozen=True, slots=True, eq=False)
class Pages(Value):
    """`Paginator(rows, size)`."""

    rows: Value

    @property
    def key(self) -> object:
        return ("pages", self.rows.key)

    def attribute(self, name: str, machine: Machine) -> Value:
        match name:
            case "page_range":
                return Sequence((), Unknown("number"))
            case "object_list":
                return self.rows
            case "page" | "get_page":
                return Method(self, name)
        return Unknown(name, from_rows=True)

    def method(self, name: str, call: Call) -> Value:
        return Page(self.rows) if name in ("page", "get_page") else Unknown(name, from_rows=True)

    def element(self) -> Value:
        return Page(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Page(Value):
    """One of its pages."""

    rows: Value

    from_rows = True

    @property
    def key(self) -> object:
        return ("page", self.rows.key)

    def attribute(self, name: str, machine: Machine) -> Value:
        return self.rows if name == "object_list" else Unknown(name, from_rows=True)

    def element(self) -> Value:
        return self.rows.element()

    def item(self, key: Value) -> Value:
        return self.rows.item(key)
