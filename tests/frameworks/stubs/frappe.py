"""A stand-in for Frappe, which is not on PyPI: its database, documents and query builder, after its documentation, over SQLite.

`install()` puts it where `import frappe` finds it. pypika, of which `frappe.qb` is made, is the real one. What a patch asks to
be written is executed, so that the triggers of the database see it. Controllers, permissions and hooks are not there.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pypika
import pypika.functions

from frameworks.stubs import module

CHILDREN = {("Lead", "notes"): ("Note", "lead_id")}


class _Dict(dict[str, Any]):
    """Frappe's `_dict`: items are attributes too."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def _where(filters: Any) -> tuple[str, list[Any]]:
    if filters is None or filters == {}:
        return "1 = 1", []
    if isinstance(filters, (str, int)):
        return "name = ?", [filters]
    terms = []
    if isinstance(filters, dict):
        terms = [(key, *one) if isinstance(one, (list, tuple)) else (key, "=", one) for key, one in filters.items()]
    else:
        terms = [tuple(one[-3:]) for one in filters]
    parts, values = [], []
    for name, operator, value in terms:
        if operator in ("in", "not in"):
            parts.append(f"`{name}` {operator} ({', '.join('?' * len(value))})")
            values += [*value]
        else:
            parts.append(f"`{name}` {operator} ?")
            values.append(value)
    return " AND ".join(parts), values


class Database:
    """`frappe.db`."""

    db_type = "mariadb"

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.row_factory = sqlite3.Row

    def sql(self, query: Any, values: Any = (), as_dict: bool = False, as_list: bool = False, **_: Any) -> Any:
        text = str(query)
        if isinstance(values, dict):
            for key in values:
                text = text.replace(f"%({key})s", f":{key}")
        else:
            values = [values] if isinstance(values, (str, int)) else [*values]
            flat: list[Any] = []
            for one in values:
                many = isinstance(one, (list, tuple))
                text = text.replace("%s", f"({', '.join('?' * len(one))})" if many else "?", 1)
                flat += one if many else [one]
            values = flat
        rows = self._connection.execute(text, values).fetchall()
        return [_Dict(row) for row in rows] if as_dict else tuple(tuple(row) for row in rows)

    def sql_ddl(self, query: str) -> None:
        self.sql(query)

    def sql_list(self, query: str, values: Any = ()) -> list[Any]:
        return [row[0] for row in self.sql(query, values)]

    def multisql(self, queries: dict[str, str], values: Any = ()) -> Any:
        return self.sql(queries[self.db_type], values)

    def get_all(self, doctype: str, filters: Any = None, fields: Any = None, pluck: str = "", **_: Any) -> list[Any]:
        where, values = _where(filters)
        rows = self._connection.execute(f"SELECT * FROM `tab{doctype}` WHERE {where}", values).fetchall()
        return [row[pluck] if pluck else _Dict(row) for row in rows]

    get_list = get_all

    def get_value(self, doctype: str, filters: Any = None, fieldname: Any = "name", **_: Any) -> Any:
        rows = self.get_all(doctype, filters)
        if not rows:
            return None
        return rows[0][fieldname] if isinstance(fieldname, str) else tuple(rows[0][one] for one in fieldname)

    def get_values(self, doctype: str, filters: Any = None, fieldname: str = "name", **_: Any) -> list[tuple[Any]]:
        return [(row[fieldname],) for row in self.get_all(doctype, filters)]

    def get_single_value(self, doctype: str, field: str) -> Any:
        found = self.sql("SELECT value FROM `tabSingles` WHERE doctype = %s AND field = %s", (doctype, field))
        return found[0][0] if found else None

    def exists(self, doctype: Any, filters: Any = None) -> Any:
        if isinstance(doctype, dict):
            filters = {key: one for key, one in doctype.items() if key != "doctype"}
            doctype = doctype["doctype"]
        return self.get_value(doctype, filters)

    def count(self, doctype: str, filters: Any = None) -> int:
        return len(self.get_all(doctype, filters))

    def has_column(self, doctype: str, column: str) -> bool:
        return column in self.get_table_columns(doctype)

    def get_table_columns(self, doctype: str) -> list[str]:
        return [row[1] for row in self._connection.execute(f"PRAGMA table_info(`tab{doctype}`)")]

    def table_exists(self, doctype: str) -> bool:
        return bool(self.sql("SELECT 1 FROM sqlite_master WHERE name = %s", (f"tab{doctype}",)))

    def set_value(self, doctype: str, filters: Any, fieldname: Any, value: Any = None, **_: Any) -> None:
        changed = fieldname if isinstance(fieldname, dict) else {fieldname: value}
        where, values = _where(filters)
        settings = ", ".join(f"`{name}` = ?" for name in changed)
        self._connection.execute(f"UPDATE `tab{doctype}` SET {settings} WHERE {where}", [*changed.values(), *values])

    def bulk_update(self, doctype: str, changes: dict[Any, dict[str, Any]], **_: Any) -> None:
        for name, values in changes.items():
            self.set_value(doctype, name, values)

    def set_single_value(self, doctype: str, field: str, value: Any = None) -> None:
        self.sql("UPDATE `tabSingles` SET value = %s WHERE doctype = %s AND field = %s", (value, doctype, field))

    def delete(self, doctype: str, filters: Any = None, **_: Any) -> None:
        where, values = _where(filters)
        self._connection.execute(f"DELETE FROM `tab{doctype}` WHERE {where}", values)

    def truncate(self, doctype: str) -> None:
        self.delete(doctype)

    def bulk_insert(self, doctype: str, fields: list[str], values: Iterable[Iterable[Any]], **_: Any) -> None:
        marks = ", ".join("?" * len(fields))
        self._connection.executemany(
            f"INSERT INTO `tab{doctype}` ({', '.join(fields)}) VALUES ({marks})", [[*one] for one in values]
        )

    def add_index(self, doctype: str, fields: list[str], index_name: str = "") -> None:
        self.sql(f"CREATE INDEX `{index_name or 'i'}` ON `tab{doctype}` ({', '.join(fields)})")

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()

    def escape(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"


class Document(_Dict):
    """A document: a row of its DocType, and the rows of the tables below it."""

    def __init__(self, values: dict[str, Any], new: bool) -> None:
        super().__init__(values)
        self["_new"] = new
        for (parent, field), (child, link) in CHILDREN.items():
            if self.doctype == parent and not new:
                rows = _db().get_all(child, {link: self.name})
                self[field] = [Document({"doctype": child, **row}, False) for row in rows]

    def _kept(self) -> dict[str, Any]:
        columns = _db().get_table_columns(self.doctype)
        return {key: value for key, value in self.items() if key in columns and not isinstance(value, list)}

    def _tables(self) -> Iterator[tuple[str, str, list[Document]]]:
        """The tables below it: what each is called, how its rows refer to it, and those that it holds."""
        for (parent, field), (child, link) in CHILDREN.items():
            if self.doctype == parent:
                rows = [one if isinstance(one, Document) else Document(one, True) for one in self.get(field) or []]
                for one in rows:
                    one.update({"doctype": child, link: self.name})
                yield child, link, rows

    def save(self, **_: Any) -> Document:
        """As Frappe does: its own row, each row below it, and those that are no longer there are deleted."""
        if self._new:
            return self.insert()
        self.db_update()
        for child, link, rows in self._tables():
            kept = [one.name for one in rows]
            gone = [name for name in _db().get_all(child, {link: self.name}, pluck="name") if name not in kept]
            if gone:
                _db().delete(child, {"name": ("in", gone)})
            for one in rows:
                one.db_insert() if one._new else one.db_update()
        return self

    submit = cancel = save

    def db_update(self) -> None:
        _db().set_value(self.doctype, self.name, self._kept())

    def insert(self, **_: Any) -> Document:
        self.db_insert()
        for _, _, rows in self._tables():
            for one in rows:
                one.db_insert()
        return self

    def db_insert(self, **_: Any) -> None:
        kept = self._kept()
        _db().bulk_insert(self.doctype, [*kept], [[*kept.values()]])
        self["_new"] = False

    def db_set(self, fieldname: Any, value: Any = None, **_: Any) -> None:
        _db().set_value(self.doctype, self.name, fieldname, value)

    def delete(self, **_: Any) -> None:
        delete_doc(self.doctype, self.name)

    def remove(self, one: Document) -> None:
        for _, field in CHILDREN:
            self[field] = [other for other in self.get(field) or [] if other is not one]

    def set(self, key: str, value: Any) -> None:
        self[key] = value

    def update(self, values: dict[str, Any]) -> Document:  # type: ignore[override]
        super().update(values)
        return self

    def append(self, field: str, values: dict[str, Any]) -> Document:
        child, _ = CHILDREN[self.doctype, field]
        made = Document({"doctype": child, **values}, True)
        self.setdefault(field, []).append(made)
        return made

    def as_dict(self) -> dict[str, Any]:
        return _Dict(self)

    def is_new(self) -> bool:
        return bool(self._new)

    def reload(self) -> Document:
        return self


def _db() -> Database:
    return sys.modules["frappe"].db  # type: ignore[attr-defined, no-any-return]


def get_doc(first: Any, name: Any = None) -> Document:
    if isinstance(first, dict):
        return Document(first, True)
    row = _db().get_all(first, name)[0]
    return Document({"doctype": first, **row}, False)


def delete_doc(doctype: str, name: Any, **_: Any) -> None:
    _db().delete(doctype, name)
    for (parent, _), (child, link) in CHILDREN.items():
        if parent == doctype:
            _db().delete(child, {link: name})


def rename_doc(doctype: str, old: str, new: str, **_: Any) -> None:
    _db().set_value(doctype, old, "name", new)


def rename_field(doctype: str, old: str, new: str) -> None:
    _db().sql(f"UPDATE `tab{doctype}` SET `{new}` = `{old}`")


class _Runs:
    """A query of pypika that can be run, as Frappe's can."""

    def __init__(self, query: Any) -> None:
        self._query = query

    def __getattr__(self, name: str) -> Any:
        made = getattr(self._query, name)
        return (lambda *given, **named: _Runs(made(*given, **named))) if callable(made) else made

    def get_sql(self, **_: Any) -> str:
        return str(self._query)

    def run(self, as_dict: bool = False, **_: Any) -> Any:
        return _db().sql(self._query, as_dict=as_dict)

    def __str__(self) -> str:
        return str(self._query)


def _table(name: Any) -> Any:
    return pypika.Table(f"tab{name}") if isinstance(name, str) else name


class Builder:
    """`frappe.qb`."""

    @staticmethod
    def DocType(name: str) -> Any:
        return _table(name)

    @staticmethod
    def update(table: Any) -> _Runs:
        return _Runs(pypika.MySQLQuery.update(_table(table)))

    @staticmethod
    def into(table: Any) -> _Runs:
        return _Runs(pypika.MySQLQuery.into(_table(table)))

    @staticmethod
    def from_(table: Any) -> _Runs:
        return _Runs(pypika.MySQLQuery.from_(_table(table)))


def chunks(every: Iterable[Any], size: int) -> Iterator[tuple[Any, ...]]:
    held = tuple(every)
    return (held[at : at + size] for at in range(0, len(held), size))


def install(path: str) -> None:
    """Let `import frappe` find all this, over the rows of a database of SQLite."""
    db = Database(path)
    module(
        "frappe", db=db, qb=Builder(), get_doc=get_doc, get_all=db.get_all, get_list=db.get_list, get_value=db.get_value,
        new_doc=lambda doctype, **values: Document({"doctype": doctype, **values}, True), get_cached_doc=get_doc, _dict=_Dict,
        delete_doc=delete_doc, delete_doc_if_exists=delete_doc, rename_doc=rename_doc, get_last_doc=lambda doctype: get_doc(doctype, None),
        copy_doc=lambda doc: Document({**doc, "name": None}, True), reload_doc=lambda *_, **__: None, reload_doctype=lambda *_: None,
        get_cached_value=db.get_value, clear_cache=lambda *_, **__: None, scrub=lambda name: name.lower().replace(" ", "_"), flags=_Dict(), _=str,
    )  # fmt: skip
    module(
        "frappe.utils",
        cint=lambda one: int(one or 0),
        flt=float,
        cstr=str,
        create_batch=chunks,
        now=lambda: "2026-01-01",
    )
    module("frappe.query_builder", DocType=_table)
    module("frappe.query_builder.functions", Count=pypika.functions.Count)
    module("frappe.model")
    module("frappe.model.utils")
    module("frappe.model.utils.rename_field", rename_field=rename_field)
    module("frappe.model.rename_doc", rename_doc=rename_doc)
