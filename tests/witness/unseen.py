"""A package that programs import and that the linter never sees: decorators, a context manager, helpers."""

from __future__ import annotations

import functools
from contextlib import suppress
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

NAME = "unseen"


def module() -> ModuleType:
    """Make the package anew."""
    made = ModuleType(NAME)
    vars(made).update(
        retry=_retry,
        transactional=_wrapped,
        shared_task=_shared_task,
        quietly=lambda: suppress(Exception),
        options=lambda sql: {"sql": sql},
        run_sql=lambda connection, sql: connection.exec_driver_sql(sql),
        Queue=_Queue,
        Registry=_Registry,
        Step=type("Step", (), {"run_all": classmethod(lambda cls: [one().process() for one in cls.__subclasses__()])}),
        use=lambda thing: (thing() if isinstance(thing, type) else thing).process(),
        run_each=lambda functions: [function() for function in functions],
        run_named=lambda functions: [function() for function in functions.values()],
        statement_of=sa.text,
        pour=lambda words, buffer: buffer.write(" ".join(words)),
        put=_put,
        engine_of=lambda operations: operations.get_bind(),
        wrapped=_Wrapped,
        sql_of=str,
        add_to=lambda session, row: (session.add(row), session.flush()),
        model_named=lambda apps, name: apps.get_model("shop", name),
        save=lambda row: row.save(),
        save_all=lambda rows: [row.save() for row in rows],
        update_all=lambda model: model.objects.update(text="touched"),
        touch=lambda row: setattr(row, "name", "touched"),
    )
    return made


def _put(words: tuple[str, ...], texts: Any) -> None:
    """Put a statement, which is given in pieces, where texts are kept."""
    sql = " ".join(words)
    texts.update(sql=sql) if isinstance(texts, dict) else texts.append(sql)


def _wrapped(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def _retry(**_: Any) -> Any:
    return _wrapped


def _shared_task(function: Any = None, **_: Any) -> Any:
    """Make a task as eager settings have it: `delay` runs it now."""
    if function is None:
        return _shared_task
    task = _wrapped(function)
    task.delay = function
    task.run = function
    task.apply = lambda args=(), kwargs=None: function(*args, **(kwargs or {}))
    task.apply_async = task.apply
    return task


class _Wrapped:
    """Something around a handle, which passes everything on."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, *args: Any) -> Any:
        return self._inner(*args)

    def execute(self, statement: Any) -> Any:
        return self._inner.execute(sa.text(statement))


def pgtrigger() -> dict[str, ModuleType]:
    """Make as much of pgtrigger as programs use: operations that change no rows."""
    from django.db.migrations.operations.special import RunPython

    package, compiler, migrations = (ModuleType(f"pgtrigger{name}") for name in ("", ".compiler", ".migrations"))

    def nothing(**_: Any) -> RunPython:
        return RunPython(RunPython.noop)

    vars(compiler).update(Trigger=dict, UpsertTriggerSql=dict)
    vars(migrations).update(AddTrigger=nothing, RemoveTrigger=nothing)
    vars(package).update(compiler=compiler, migrations=migrations)
    return {module.__name__: module for module in (package, compiler, migrations)}


def sqlmodel() -> ModuleType:
    """Make as much of SQLModel as programs use, which is SQLAlchemy with one method more."""
    made = ModuleType("sqlmodel")

    class Session(orm.Session):
        def exec(self, statement: Any) -> Any:
            return self.scalars(statement)

    vars(made).update(Session=Session, select=sa.select)
    return made


class _Registry(dict):  # type: ignore[type-arg]
    """Something that keeps functions and classes, by names, and runs them when it is asked."""

    def register(self, name: str) -> Any:
        return lambda kept: self.setdefault(name, kept)

    def run_all(self) -> None:
        """Run all that it keeps; what a class makes has a method for that."""
        for kept in self.values():
            kept().process() if isinstance(kept, type) else kept()

    def start(self) -> None:
        """Run what was put into an attribute."""
        vars(self)["on_start"]()


class _Queue:
    """A queue whose jobs run elsewhere."""

    def enqueue(self, function: Any, *args: Any, **kwargs: Any) -> None:
        """Keep a job for somebody else."""
