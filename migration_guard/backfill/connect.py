"""The only module that opens connections. What is said of a failure never holds a password."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from migration_guard.backfill import urls
from migration_guard.backfill.errors import CannotRun, Refused
from migration_guard.backfill.patient import KEPT_ALIVE, PatientConnection
from migration_guard.backfill.statements import statement

logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())
"""A pool logs the traceback of what interrupts it while it closes a connection: only whoever set logging up may see that."""

APPLICATION = "migration-guard backfill"
"""What the runner's connections are called."""
OLDEST_SERVER = 130000
LONGEST_NAME = 63
_DJANGO = "django:"
_ENDS_TRANSACTION = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:/\*.*\*/\s*(?:--[^\n]*\n\s*)*)?(COMMIT|ROLLBACK(?!\s+TO)|END|ABORT|BEGIN|START|PREPARE\s+TRANSACTION)\b",
    re.IGNORECASE | re.DOTALL,
)
C_ = TypeVar("C_", bound="psycopg.Connection[Any]")
CONNECT_SECONDS = 10
GUARDED = "migration-guard: in a function"
"""Marks a connection, in its `info`, that a definition's function has in hand."""
UNDONE = "migration-guard: rolled back to a savepoint"
"""Marks a connection on which a function has taken something back: the server's statistics still count it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, in the words of libpq. Its secrets are never shown."""

    parameters: Mapping[str, Any] = field(repr=False)
    search_path: str | None = None
    """The path that a URL asks for with ?schema=; set for each transaction, as poolers refuse it at the start."""

    @property
    def user(self) -> str | None:
        """The role that the address names."""
        return self.parameters.get("user")

    @property
    def about(self) -> dict[str, str | int]:
        """Give what may be said of it, under the names that OpenTelemetry has for it."""
        named = {"server.address": "host", "server.port": "port", "db.namespace": "dbname"}
        told = {name: self.parameters[word] for name, word in named.items() if self.parameters.get(word)}
        return {
            name: int(value) if str(value).isdigit() and name == "server.port" else str(value)
            for name, value in told.items()
        }

    def connect(self, name: str, kind: type[C_] = psycopg.Connection) -> C_:  # type: ignore[assignment]
        """Open a connection that leaves nothing behind in a pooler: no prepared statements, no settings."""
        ours = {
            "application_name": name[:LONGEST_NAME],
            "client_encoding": "utf8",  # a role may have set another, in which not every key can be written
            "connect_timeout": self.parameters.get("connect_timeout", CONNECT_SECONDS),
        }
        alive = {name: value for name, value in KEPT_ALIVE.items() if name not in self.parameters}
        try:
            return kind.connect(make_conninfo(**{**self.parameters, **alive, **ours}), prepare_threshold=None)
        except psycopg.Error as error:
            raise type(error)(self._scrubbed(str(error))) from None

    def _scrubbed(self, text: str) -> str:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        shown = lines[0] if lines else "the connection failed"
        for secret in {str(self.parameters.get(name) or "") for name in ("password", "sslpassword", "passfile")}:
            for spelt in {secret, quote(secret, safe="")} - {""}:
                shown = shown.replace(spelt, "***")
        return shown


def address(url: str, source: str) -> Address:
    """Read a URL, a connection string such as service=NAME, or django:ALIAS; the source is what errors call it."""
    if url.startswith(_DJANGO):
        return Address(_from_django(url.removeprefix(_DJANGO) or "default"))
    if url[:1] in {'"', "'"}:
        raise CannotRun(f"{source} begins with a quote, which is part of its value: whatever sets it takes none")
    if urls.is_url(url):
        found = urls.read(url, source)
        return Address(found.parameters, found.search_path)
    try:
        return Address(conninfo_to_dict(url))
    except psycopg.Error:
        expected = "expected postgresql://user@host:port/database, service=NAME or django:ALIAS"
        raise CannotRun(
            f"{source} is no URL of a database (it is not shown, as it may hold a password); {expected}"
        ) from None


def address_in(variable: str) -> Address:
    """Read the address from an environment variable."""
    url = os.environ.get(variable, "").strip()
    if not url:
        raise CannotRun(
            f"no database is named: set the environment variable {variable} to a URL such as postgresql://…"
        )
    return address(url, variable)


def engine(where: Address, name: str) -> Engine:
    """Make an engine that opens a connection for each use. While a connection is GUARDED, nobody ends its transaction."""
    made = plain_engine(lambda: where.connect(name, PatientConnection))
    if where.search_path is not None:
        made.update_execution_options(search_path=where.search_path)  # for what is sent outside of a transaction
        event.listen(made, "begin", lambda connection: _set_path(connection, where.search_path))
    event.listen(made, "before_cursor_execute", _refuse_statement)
    event.listen(made, "commit", lambda connection: _refuse_end(connection, "commit"))
    event.listen(made, "rollback", lambda connection: _refuse_end(connection, "rollback"))
    event.listen(made, "rollback_savepoint", _note_undone)
    return made


def plain_engine(creator: Callable[[], psycopg.Connection[Any]], *, kept: bool = False) -> Engine:
    """Make an engine that never shows a parameter; it opens a connection for each use, or keeps those that are whole."""
    return create_engine(
        "postgresql+psycopg://",
        creator=creator,
        poolclass=QueuePool if kept else NullPool,
        pool_pre_ping=kept,
        isolation_level="READ COMMITTED",
        use_native_hstore=False,
        hide_parameters=True,
    )


def _set_path(connection: Connection, path: str | None) -> None:
    connection.exec_driver_sql(statement("settings"), {"names": ["search_path"], "values": [path]})


def _refuse_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    """Keep the definition's function from ending the transaction that its rows and the cursor share."""
    if (found := _ENDS_TRANSACTION.match(statement)) is not None:
        _refuse_end(connection, found[1].upper())


def _note_undone(connection: Connection, *_: Any) -> None:
    if not connection.invalidated and GUARDED in connection.info:
        connection.info[UNDONE] = True


def _refuse_end(connection: Connection, what: str) -> None:
    if not connection.invalidated and connection.info.get(GUARDED):
        refused = Refused(f"the function ends the batch's transaction ({what}); the runner commits each batch itself")
        connection.info[GUARDED] = refused
        raise refused


def _from_django(alias: str) -> dict[str, Any]:
    """Ask Django's settings, which are the project's own code, for a database."""
    try:
        import django  # noqa: PLC0415 -- only who names an alias needs it
        from django.conf import settings  # noqa: PLC0415

        django.setup()
        databases = settings.DATABASES
    except Exception as error:  # noqa: BLE001 -- settings may fail in any way
        raise CannotRun(f"{_DJANGO}{alias}: Django's settings cannot be loaded: {type(error).__name__}") from None
    if alias not in databases:
        raise CannotRun(f"{_DJANGO}{alias}: there is no such database; expected one of {', '.join(databases)}")
    stated = databases[alias]
    if "postgresql" not in stated["ENGINE"] and "postgis" not in stated["ENGINE"]:
        raise CannotRun(f"{_DJANGO}{alias}: is a database of {stated['ENGINE']}; the runner needs PostgreSQL")
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    read = {ours: stated[theirs] for ours, theirs in names.items() if stated.get(theirs)}
    libpq = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    return {**read, **{name: value for name, value in stated.get("OPTIONS", {}).items() if name in libpq}}
