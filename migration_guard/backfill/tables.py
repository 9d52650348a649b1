"""The state's tables: whether they are there, whose they are and of which version; made where they are missing, upgraded in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.errors import CannotRun, judged
from migration_guard.backfill.keys import quoted
from migration_guard.backfill.statements import VERSION, statement
from migration_guard.backfill.trust import Use, check_creation, check_state


def ddl(schema: str) -> str:
    """Give the SQL that creates the state, for a person who may."""
    state = quoted(schema)
    names = ("create_schema", *(f"version_{version}" for version in range(1, VERSION + 1)))
    return "".join(f"{statement(name, state=state)};\n" for name in names)


class Tables:
    """Those of one schema."""

    def __init__(self, schema: str, owners: Sequence[str]) -> None:
        self._schema = schema
        self._owners = owners
        """Roles that the configuration names, to whom the state may belong."""
        self._state = quoted(schema)

    def ready(self, connection: Connection, use: Use = Use.WRITE) -> bool:
        """Tell whether the tables are there; those of others and those of another version are refused."""
        version = self._version(connection, use)
        if 0 < version < VERSION:
            older = f"the state in schema {self._schema} is of version {version}, this migration-guard keeps {VERSION}"
            raise CannotRun(f"{older}: the next run, or `migration-guard backfill init`, upgrades it")
        return version == VERSION

    def create(self, connection: Connection) -> None:
        """Create what is missing, and upgrade what is older; where the role may not, say what to do."""
        connection.exec_driver_sql(self._sql("serialise"), {})
        version = self._version(connection, Use.WRITE)
        if version == VERSION:
            return
        self._refuse(check_creation(connection, self._owners))
        try:
            if not self._scalar(connection, "schema_exists", schema=self._state.replace("%%", "%")):
                connection.exec_driver_sql(self._sql("create_schema"), {})
            for later in range(version + 1, VERSION + 1):
                for one in self._sql(f"version_{later}").split(";\n"):
                    connection.exec_driver_sql(one)
            self._refuse(check_state(connection, self._schema, self._owners, Use.MADE))
        except DBAPIError as error:
            todo = "let somebody who may run the output of `migration-guard backfill init --print-sql`"
            what = f"upgraded from version {version}" if version else "created"
            raise CannotRun(
                f"the state's tables in schema {self._schema} cannot be {what}: {judged(error)}; {todo}"
            ) from None

    def _version(self, connection: Connection, use: Use) -> int:
        """Give the version of the tables, or 0 where there are none."""
        self._refuse(check_state(connection, self._schema, self._owners, use))
        if not self._scalar(connection, "gate_ready", name=f"{self._state}.versions".replace("%%", "%")):
            return 0
        version = int(self._scalar(connection, "version"))
        if version > VERSION:
            newer = f"the state in schema {self._schema} is of version {version}, this migration-guard knows {VERSION}"
            raise CannotRun(f"{newer}: upgrade migration-guard here; nothing was touched")
        return version

    def _refuse(self, reason: str | None) -> None:
        if reason is not None:
            raise CannotRun(reason)

    def _sql(self, name: str) -> str:
        return statement(name, state=self._state)

    def _scalar(self, connection: Connection, name: str, /, **parameters: Any) -> Any:
        return connection.exec_driver_sql(self._sql(name), parameters).scalar()
