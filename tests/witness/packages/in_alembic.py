"""Runs the revisions of a package over made-up rows. In a process of its own: `URL OUTPUT ROOT LOCATION`."""

from __future__ import annotations

import datetime as dt
import importlib.abc
import importlib.machinery
import json
import sys
import uuid
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from witness.record import Record


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a stand-in for every module that is not there."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec:
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name)
        module.__getattr__ = lambda name: MagicMock(name=name)  # type: ignore[method-assign]
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave it empty."""


def main(url: str, output: str, root: str, location: str) -> None:
    sys.path.insert(0, root)
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    engine.connect().close()  # everything of the driver is imported
    if Path(root).name != "site-packages":  # where a package is installed, what it needs is there
        sys.meta_path.append(_StandIns())
    script = ScriptDirectory(str(Path(root, location)))
    rows = []
    with engine.connect() as connection:
        for revision in reversed(list(script.walk_revisions("base", "heads"))):
            _fill(connection)
            record = Record(revision.path, there=frozenset(sa.inspect(connection).get_table_names()))
            error = ""

            def hear(_: Any, __: Any, statement: str, *rest: Any, record: Record = record) -> None:
                record.statement(statement)

            sa.event.listen(engine, "before_cursor_execute", hear)
            try:
                with connection.begin_nested(), EnvironmentContext(Config(), script) as environment:
                    environment.configure(connection=connection)
                    with Operations.context(environment.get_context()):
                        revision.module.upgrade()
            except BaseException as failure:  # noqa: BLE001 - told
                error = f"{type(failure).__name__}: {str(failure)[:200]}"
            sa.event.remove(engine, "before_cursor_execute", hear)
            ran = [[one.kind, one.table, sorted(lines)] for one, lines in record.ran.items()]
            rows.append({"file": revision.path, "ran": ran, "error": error})
    Path(output).write_text(json.dumps(rows), "utf-8")


def _fill(connection: sa.Connection) -> None:
    """Put two rows into each empty table."""
    metadata = sa.MetaData()
    metadata.reflect(bind=connection)
    for table in metadata.sorted_tables:
        with suppress(Exception), connection.begin_nested():
            if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0:
                for number in (1, 2):
                    connection.execute(table.insert().values(_values(connection, table, number)))


def _values(connection: sa.Connection, table: sa.Table, number: int) -> dict[str, Any]:
    found = {}
    for column in table.columns:
        if column.foreign_keys:
            other = next(iter(column.foreign_keys)).column
            found[column.name] = connection.execute(sa.select(other).limit(1).offset(number - 1)).scalar()
        elif column.server_default is None:
            found[column.name] = _value(column.type, number)
    return found


def _value(kind: Any, number: int) -> Any:
    if isinstance(kind, sa.Enum):
        return kind.enums[0]
    try:
        python = kind.python_type
    except NotImplementedError:
        return None
    made = {
        int: number,
        float: float(number),
        bool: number == 1,
        dict: {},
        list: [],
        bytes: b"x",
        uuid.UUID: uuid.uuid4(),
        dt.date: dt.date(2020, 1, number),
        dt.datetime: dt.datetime(2020, 1, number, tzinfo=dt.timezone.utc),
    }
    return made.get(python, f"{number}"[: getattr(kind, "length", None) or 10])


if __name__ == "__main__":
    main(*sys.argv[1:5])
