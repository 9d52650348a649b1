"""A stand-in for Odoo, which is not on PyPI: its cursor and its ORM, after their documentation, over a real PostgreSQL.

`install()` puts it where `import odoo` finds it; openupgradelib, which is on PyPI, then runs on it as it is. What the ORM is
asked to write is executed, so that the triggers of the database see it. Nothing is computed, no access is checked.
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg2
import psycopg2.extensions
import psycopg2.sql

from frameworks.stubs import module

ONE2MANY = {("crm.lead", "note_ids"): ("crm.note", "lead_id")}
MANY2ONE = {("crm.note", "lead_id"): "crm.lead"}


class Cursor:
    """What `cr` is: psycopg2's cursor, without its commit."""

    def __init__(self, url: str) -> None:
        self._cnx = psycopg2.connect(url)
        self._obj = self._cnx.cursor()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._obj, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._obj)

    def execute(self, query: Any, params: Any = None) -> None:
        if isinstance(query, SQL):
            query, params = query.flat()
        self._obj.execute(query, params or None)

    def dictfetchall(self) -> list[dict[str, Any]]:
        names = [one.name for one in self._obj.description]
        return [dict(zip(names, row)) for row in self._obj.fetchall()]

    def dictfetchone(self) -> dict[str, Any] | None:
        names = [one.name for one in self._obj.description]
        row = self._obj.fetchone()
        return dict(zip(names, row)) if row else None

    @contextlib.contextmanager
    def savepoint(self, flush: bool = True) -> Iterator[None]:
        yield

    def commit(self) -> None:
        self._cnx.commit()


class SQL:
    """Odoo's `SQL(code, *values)`."""

    def __init__(self, code: str, *values: Any) -> None:
        self.code, self.params = code, values

    @classmethod
    def identifier(cls, name: str) -> SQL:
        return cls(f'"{name}"')

    def flat(self) -> tuple[str, list[Any]]:
        """Its text, with that of the SQL among its values in it, and the other values."""
        inner = [one.flat() if isinstance(one, SQL) else ("%s", [one]) for one in self.params]
        return self.code % tuple(code for code, _ in inner), [one for _, values in inner for one in values]


class Command:
    """What is done to the records behind a field: `(0, 0, values)`, `(1, id, values)`, `(2, id, 0)`, `(5, 0, 0)`."""

    create = staticmethod(lambda values: (0, 0, values))
    update = staticmethod(lambda one, values: (1, one, values))
    delete = staticmethod(lambda one: (2, one, 0))
    clear = staticmethod(lambda: (5, 0, 0))


class Environment:
    """`env`: models by name, and the cursor."""

    def __init__(self, cr: Cursor, uid: int, context: dict[str, Any]) -> None:
        self.cr = self._cr = cr
        self.uid, self.context = uid, context

    @classmethod
    @contextlib.contextmanager
    def manage(cls) -> Iterator[None]:
        yield

    def __getitem__(self, model: str) -> Records:
        return Records(self, model, ())

    def __contains__(self, model: str) -> bool:
        self.cr.execute("SELECT to_regclass(%s)", [model.replace(".", "_")])
        return self.cr.fetchone()[0] is not None

    def __call__(self, **_changed: Any) -> Environment:
        return self

    def ref(self, xmlid: str, raise_if_not_found: bool = True) -> Records | None:
        module, _, name = xmlid.partition(".")
        self.cr.execute("SELECT model, res_id FROM ir_model_data WHERE module = %s AND name = %s", [module, name])
        found = self.cr.fetchone()
        if found is None and raise_if_not_found:
            raise ValueError(f"External ID not found in the system: {xmlid}")
        return Records(self, found[0], (found[1],)) if found else None

    def flush_all(self, **_: Any) -> None: ...

    def invalidate_all(self, **_: Any) -> None: ...


class Records:
    """A recordset: ids of one model, whose fields are read and written by SQL."""

    def __init__(self, env: Environment, model: str, ids: Iterable[int]) -> None:
        self.__dict__.update(env=env, _name=model, ids=list(ids), _table=model.replace(".", "_"))

    @property
    def _cr(self) -> Cursor:
        return self.env.cr

    @property
    def id(self) -> int | bool:
        return self.ids[0] if self.ids else False

    def _of(self, ids: Iterable[int]) -> Records:
        return Records(self.env, self._name, dict.fromkeys(ids))

    def __iter__(self) -> Iterator[Records]:
        return (self._of((one,)) for one in self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Records) and set(self.ids) == set(other.ids)

    def __or__(self, other: Records) -> Records:
        return self._of((*self.ids, *other.ids))

    __add__ = __or__

    def __sub__(self, other: Records) -> Records:
        return self._of(one for one in self.ids if one not in other.ids)

    def __and__(self, other: Records) -> Records:
        return self._of(one for one in self.ids if one in other.ids)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return getattr(self, key)
        return self._of(self.ids[key] if isinstance(key, slice) else [self.ids[key]])

    def __setitem__(self, key: str, value: Any) -> None:
        self.write({key: value})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if (self._name, name) in ONE2MANY:
            model, inverse = ONE2MANY[self._name, name]
            return self.env[model].search([(inverse, "in", self.ids)])
        values = self._values(name)
        if (self._name, name) in MANY2ONE:
            return Records(self.env, MANY2ONE[self._name, name], [one for one in values if one])
        return values[0] if values else False

    def __setattr__(self, name: str, value: Any) -> None:
        self.write({name: value})

    def _values(self, name: str) -> list[Any]:
        self._cr.execute(f"SELECT {name} FROM {self._table} WHERE id = ANY(%s) ORDER BY id", [list(self.ids)])
        return [False if row[0] is None else row[0] for row in self._cr.fetchall()]

    # what reads
    def search(self, domain: list[Any], offset: int = 0, limit: int | None = None, order: str = "id") -> Records:
        where, values = _condition(domain)
        self._cr.execute(f"SELECT id FROM {self._table} WHERE {where} ORDER BY {order} LIMIT %s", [*values, limit])
        return self._of(row[0] for row in self._cr.fetchall())

    def search_count(self, domain: list[Any]) -> int:
        return len(self.search(domain))

    def search_read(self, domain: list[Any], fields: Iterable[str] = ("name",)) -> list[dict[str, Any]]:
        return self.search(domain).read(fields)

    def read(self, fields: Iterable[str] = ("name",)) -> list[dict[str, Any]]:
        return [{"id": one.id, **{name: one[name] for name in fields}} for one in self]

    def browse(self, ids: int | Iterable[int] = ()) -> Records:
        return self._of([ids] if isinstance(ids, int) else ids)

    def exists(self) -> Records:
        return self.search([("id", "in", self.ids)])

    def mapped(self, what: str | Callable[[Records], Any]) -> Any:
        if callable(what):
            return [what(one) for one in self]
        found: Any = self
        for name in what.split("."):
            related = (found._name, name) in ONE2MANY or (found._name, name) in MANY2ONE
            found = getattr(found, name) if related else found._values(name)
        return found

    def filtered(self, keep: str | Callable[[Records], Any]) -> Records:
        return self._of(one.id for one in self if (keep(one) if callable(keep) else one[keep]))

    def filtered_domain(self, domain: list[Any]) -> Records:
        return self & self.search(domain)

    def sorted(self, key: str | Callable[[Records], Any] = "id", reverse: bool = False) -> Records:
        asked = key if callable(key) else lambda one: one[key]
        return self._of(one.id for one in sorted(self, key=asked, reverse=reverse))

    def ensure_one(self) -> Records:
        assert len(self) == 1
        return self

    def with_context(self, *_: Any, **__: Any) -> Records:
        return self

    sudo = with_user = with_company = with_prefetch = with_context

    def new(self, values: dict[str, Any]) -> types.SimpleNamespace:
        return types.SimpleNamespace(**values)

    # what writes
    def write(self, values: dict[str, Any]) -> bool:
        kept = {name: one.id if isinstance(one, Records) else one for name, one in self._own(values).items()}
        if self.ids and values:  # who wrote it and when is written in any case
            settings = ", ".join(["id = id", *(f"{name} = %s" for name in kept)])
            self._cr.execute(f"UPDATE {self._table} SET {settings} WHERE id = ANY(%s)", [*kept.values(), self.ids])
        self._command(values)
        return True

    def _own(self, values: dict[str, Any]) -> dict[str, Any]:
        return {name: one for name, one in values.items() if (self._name, name) not in ONE2MANY}

    def _command(self, values: dict[str, Any]) -> None:
        for name, commands in values.items():
            if (self._name, name) not in ONE2MANY:
                continue
            model, inverse = ONE2MANY[self._name, name]
            for code, one, given in commands:
                match code:
                    case 0:
                        self.env[model].create({inverse: self.id, **given})
                    case 1:
                        self.env[model].browse(one).write(given)
                    case 2:
                        self.env[model].browse(one).unlink()
                    case 5:
                        self.env[model].search([(inverse, "in", self.ids)]).unlink()

    _write = update = write

    def create(self, given: dict[str, Any] | list[dict[str, Any]]) -> Records:
        made = []
        for values in [given] if isinstance(given, dict) else given:
            own = self._own(values)
            names, marks = ", ".join(own), ", ".join(["%s"] * len(own))
            self._cr.execute(f"INSERT INTO {self._table} ({names}) VALUES ({marks}) RETURNING id", [*own.values()])
            made.append(self._cr.fetchone()[0])
            self._of(made[-1:])._command(values)
        return self._of(made)

    def copy(self, default: dict[str, Any] | None = None) -> Records:
        self.ensure_one()
        return self.create({"name": self.name, **(default or {})})

    def unlink(self) -> bool:
        if self.ids:
            self._cr.execute(f"DELETE FROM {self._table} WHERE id = ANY(%s)", [self.ids])
        return True

    def action_archive(self) -> bool:
        return self.write({"active": False})

    def toggle_active(self) -> None:
        for one in self:
            one.active = not one.active

    def flush(self, *_: Any, **__: Any) -> None: ...

    flush_model = flush_recordset = invalidate_cache = invalidate_model = invalidate_recordset = flush


def _condition(domain: list[Any]) -> tuple[str, list[Any]]:
    """A domain in SQL: terms that all hold, or, behind `|`, two of which one does."""
    parts: list[str] = []
    values: list[Any] = []
    for term in reversed(domain):
        if term == "|":
            parts.append(f"({parts.pop()} OR {parts.pop()})")
            continue
        name, operator, value = term
        if value is False and operator in ("=", "!="):
            parts.append(f"coalesce({name}::text, '') {'=' if operator == '=' else '<>'} ''")
        elif operator in ("in", "not in"):
            parts.append(f"{name} {'=' if operator == 'in' else '<>'} {'ANY' if operator == 'in' else 'ALL'}(%s)")
            values.insert(0, [*value])
        else:
            parts.append(f"{name} {operator} %s")
            values.insert(0, value)
    return " AND ".join(reversed(parts)) or "true", values


def _helpers() -> dict[str, Any]:
    """Some helpers of `odoo.upgrade.util`, by what its documentation says that they do."""

    def column_exists(cr: Cursor, table: str, column: str) -> bool:
        asked = "SELECT 1 FROM information_schema.columns WHERE table_name = %s AND column_name = %s"
        cr.execute(asked, [table, column])
        return bool(cr.fetchone())

    def each(cr: Cursor, queries: Iterable[str]) -> None:
        for query in queries:
            cr.execute(query)

    return {
        "column_exists": column_exists,
        "table_exists": lambda cr, table: table.replace("_", ".") in Environment(cr, 1, {}),
        "env": lambda cr: Environment(cr, 1, {}),
        "parallel_execute": each,
        "explode_execute": lambda cr, query, table, alias=None: cr.execute(query.replace("{parallel_filter}", "true")),
        "create_column": lambda cr, table, column, kind: cr.execute(f"ALTER TABLE {table} ADD {column} {kind}"),
        "remove_column": lambda cr, table, column: cr.execute(f"ALTER TABLE {table} DROP {column}"),
        "chunks": lambda every, size, fmt=tuple: [fmt(every[at : at + size]) for at in range(0, len(every), size)],
    }


def install() -> None:
    """Let `import odoo` find all this, as a release of which openupgradelib knows the ways."""
    plain = type("Plain", (), {"__init__": lambda self, *_, **__: None})
    errors = {name: type(name, (Exception,), {}) for name in ("UserError", "ValidationError", "AccessError")}
    mute = contextlib.contextmanager(lambda *_: iter((None,)))
    module("odoo", SUPERUSER_ID=1, _=str, Command=Command)
    module("odoo.release", version_info=(17, 0, 0, "final", 0, ""), version="17.0")
    module("odoo.sql_db", Cursor=Cursor)
    module("odoo.api", Environment=Environment, model=lambda one: one, depends=lambda *_: lambda one: one)
    module("odoo.exceptions", **errors)
    module("odoo.fields", Many2many=plain, One2many=plain, Many2one=plain, Char=plain)
    module("odoo.models", Model=plain, PREFETCH_MAX=1000)
    module("odoo.modules")
    module("odoo.modules.registry", Registry=plain)
    module("odoo.modules.migration", VALID_MIGRATE_PARAMS=[("cr", "version")])
    module(
        "odoo.tools",
        mute_logger=mute,
        config={},
        ustr=lambda one: one.decode() if isinstance(one, bytes) else one,
        SQL=SQL,
    )
    helpers = _helpers()
    named = ("column_exists", "table_exists", "create_column")
    module("odoo.tools.sql", **{name: helpers[name] for name in named})
    module("odoo.tools.mail", plaintext2html=lambda text: f"<p>{text}</p>")
    module("odoo.upgrade")
    module("odoo.upgrade.util", **_helpers())
