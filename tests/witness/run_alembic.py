"""Runs programs with Alembic on SQLite in memory: real operations, Core and ORM, and a recorder for what SQLite lacks."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import CodeType, ModuleType

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import clear_mappers
from sqlalchemy.pool import StaticPool

from witness import out_of_process, switchboard
from witness.program import Program
from witness.record import Connection, Record
from witness.running import ending, loaded

TABLES = 60
_COLUMNS = "id INTEGER PRIMARY KEY, a INTEGER, name TEXT"
_NAMED = ("spare", "steps", "parent", "child")


class AlembicRuns:
    """A database that is as new for each run."""

    def __init__(self) -> None:
        self._template = sqlite3.connect(":memory:")
        names = [*_NAMED, *(f"t_{number}" for number in range(TABLES))]
        for name in names:
            self._template.execute(f"CREATE TABLE {name} ({_COLUMNS})")
            self._template.executemany(f"INSERT INTO {name} (a, name) VALUES (?, ?)", [(1, "x"), (2, "y")])
        self._template.commit()
        self._there = frozenset(names)
        self._engine = sa.create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"factory": Connection, "check_same_thread": False}
        )

    def run(self, program: Program, path: Path) -> Record:
        """Run a program with every truth of its conditions."""
        record = Record(str(path), there=self._there)
        code = compile(program.source, str(path), "exec", dont_inherit=True)
        for truths in switchboard.runs(program.questions):
            record.created.clear()
            with self._engine.connect() as connection, loaded(program, path, truths) as module:
                raw = connection.connection.driver_connection
                assert isinstance(raw, Connection)
                raw.refresh(self._template)
                raw.listen(record.statement)
                try:
                    self._once(code, module, connection, record)
                finally:
                    raw.deafen()
        clear_mappers()
        return record

    def _once(self, code: CodeType, module: ModuleType, connection: sa.Connection, record: Record) -> None:
        environment = EnvironmentContext(Config(), ScriptDirectory("."))
        with environment, out_of_process.recorded(record, connection):
            environment.configure(connection=connection)
            with Operations.context(environment.get_context()), ending(record):
                exec(code, vars(module))
                module.upgrade()
