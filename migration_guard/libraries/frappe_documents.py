"""Frappe's documents: rows of a DocType, each with rows of other tables below it, which are saved and deleted with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.text import literal
from migration_guard.interpreter.values import UNKNOWN, Constant, Method, Place, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.database import Query, record
from migration_guard.libraries.execution import opaque
from migration_guard.libraries.frappe_doctypes import children
from migration_guard.libraries.handing import run_callbacks
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

HOW = "frappe-orm"

_SAVES = {
    "save": OperationKind.UPDATE,
    "db_set": OperationKind.UPDATE,
    "db_update": OperationKind.UPDATE,
    "db_update_all": OperationKind.UPDATE,
    "submit": OperationKind.UPDATE,
    "cancel": OperationKind.UPDATE,
    "rename": OperationKind.UPDATE,
    "delete": OperationKind.DELETE,
    "insert": OperationKind.INSERT_VALUES,
    "db_insert": OperationKind.INSERT_VALUES,
    "update_children": OperationKind.UPDATE,
}
_DOCUMENT_QUIET = frozenset(
    "set append extend get update reload as_dict as_json is_new has_value_changed get_doc_before_save get_valid_dict "
    "set_new_name validate run_post_save_methods load_from_db get_title set_parent_in_children flags meta remove "
    "get_all_children get_formatted precision name_set check_permission has_permission lock unlock is_dummy".split()
)


_WITH_CHILDREN = frozenset("save submit cancel delete insert db_update_all update_children".split())
"""Of these, those that write the rows below a document, too."""
_OF_LISTS = frozenset("append extend remove pop clear sort set update insert".split())
"""What changes a list of documents, or one of them, before it is saved."""


def table_of(doctype: Value | None) -> str | None:
    return _table_named(literal(doctype))


def _table_named(doctype: str | None) -> str | None:
    return f"tab{doctype}" if doctype is not None else None


class Document(Store, Value):
    """A document: a row of its DocType, with rows of others below it, which are saved and deleted with it."""

    __slots__ = ("doctype", "new")

    from_rows = True
    handle = True
    is_made = True

    def __init__(self, doctype: str | None, *, new: bool = False, filled: bool = False) -> None:
        super().__init__()
        self.doctype = doctype
        self.new = new
        if filled:
            self.fill()

    @property
    def key(self) -> object:
        return id(self)

    def shape(self, depth: int) -> object:
        return ("document", self.doctype, self.new, self.filled)

    def fill(self) -> None:
        """What is below it changes."""
        self.write("filled", Constant(value=True))

    @property
    def filled(self) -> bool:
        return self.read("filled") is not None

    def attribute(self, name: str, machine: Machine) -> Value:
        if name in _SAVES or name in _DOCUMENT_QUIET or name in ("run_method", "add_comment", "add_tag"):
            return Method(self, name)
        return Children(self)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        """It waits for `save()`."""
        if is_list(value):
            self.fill()

    def method(self, name: str, call: Call) -> Value:
        if name in _SAVES:
            kind = _SAVES[name]
            if self.new and kind is OperationKind.UPDATE and name == "save":
                kind = OperationKind.INSERT_VALUES
            record(call, kind, how=HOW, tables=(_table_named(self.doctype),), from_rows=bool(call.machine.row_loops))
            if name in _WITH_CHILDREN:
                self.tell_children(kind, call)
            return self
        if name in ("add_comment", "add_tag"):
            record(
                call, OperationKind.INSERT_VALUES, how=HOW, tables=("tabComment" if name == "add_comment" else None,)
            )
            return UNKNOWN
        run_callbacks(call)
        if name in ("append", "extend", "remove") or (
            name in ("set", "update") and any(map(_holds_list, call.arguments))
        ):
            self.fill()
        if name in ("update", "set_new_name", "load_from_db", "reload"):
            return self
        if name in _DOCUMENT_QUIET:
            return Children(self) if name in ("get", "append") else Unknown(name, from_rows=True)
        opaque(call, f"{name} of a document is out of sight", name)
        return Unknown(name, from_rows=True)

    def tell_children(self, kind: OperationKind, call: Call) -> None:
        """What is below it goes with it; which tables these are says its DocType, where that is in sight."""
        path, root = call.machine.libraries.django.path, call.machine.libraries.django.root
        below = children(self.doctype, path, root) if self.doctype and path is not None and root is not None else None
        changes = self.filled and kind is OperationKind.UPDATE
        if not self.filled and (self.new or below is None):
            return
        for table in below if below is not None else (None,):
            record(call, OperationKind.DML_CALL if changes else kind, how=HOW, tables=(table,), callee=call.name)

    def item(self, key: Value) -> Value:
        return Children(self)


def is_list(value: Value) -> bool:
    """Whether it may be the documents of a table."""
    return any(isinstance(option, (Sequence, Children, Query)) for option in value.alternatives())


def _holds_list(value: Value) -> bool:
    given = [value, *(item for _, item in value.known.values())] if isinstance(value, Mapping) else [value]
    return any(map(is_list, given))


@dataclass(frozen=True, slots=True, eq=False)
class Children(Value):
    """What a field of a document holds: a plain value, or the documents of a table below it."""

    document: Document

    from_rows = True
    inert = True

    @property
    def key(self) -> object:
        return ("children", self.document.key)

    def shape(self, depth: int) -> object:
        return ("children", self.document.shape(depth))

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name) if name in _SAVES or name in _OF_LISTS else Unknown(name, from_rows=True)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        """It waits for `save()`, or for `db_update()`."""
        self.document.fill()

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        self.document.fill()

    def remove_item(self, key: Value) -> None:
        self.document.fill()

    def method(self, name: str, call: Call) -> Value:
        if name in _SAVES and name not in ("insert", "rename"):
            record(call, _SAVES[name], how=HOW)
        if name in _OF_LISTS:
            self.document.fill()
        run_callbacks(call)
        return Unknown(name, from_rows=True)

    def element(self) -> Value:
        return self

    def item(self, key: Value) -> Value:
        return self
