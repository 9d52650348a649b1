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
        statement_of=sa.text,
        save=lambda row: row.save(),
        save_all=lambda rows: [row.save() for row in rows],
        update_all=lambda model: model.objects.update(text="touched"),
        touch=lambda row: setattr(row, "name", "touched"),
    )
    return made


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


def sqlmodel() -> ModuleType:
    """Make as much of SQLModel as programs use, which is SQLAlchemy with one method more."""
    made = ModuleType("sqlmodel")

    class Session(orm.Session):
        def exec(self, statement: Any) -> Any:
            return self.scalars(statement)

    vars(made).update(Session=Session, select=sa.select)
    return made


class _Queue:
    """A queue whose jobs run elsewhere."""

    def enqueue(self, function: Any, *args: Any, **kwargs: Any) -> None:
        """Keep a job for somebody else."""
