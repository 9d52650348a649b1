"""A real PgBouncer in front of the server: one connection to it, lent to a client for a transaction at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from backfill import process
from backfill.server import Server, Stop

REQUIRED = "MIGRATION_GUARD_REQUIRE_PGBOUNCER"
"""The variable that makes the absence of PgBouncer a failure; `.ci/run` sets it."""

_CONFIGURATION = """
[databases]
* = host={host} port={port} user={user} {password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
pidfile = {folder}/pooler.pid
auth_type = any
admin_users = pooled
pool_mode = transaction
default_pool_size = 1
reserve_pool_size = 0
server_login_retry = 0.1
"""


class Pooler:
    """A PgBouncer with transaction pooling and a pool of one: what a session leaves, the next client finds."""

    def __init__(self, folder: Path, program: str, server: Server) -> None:
        self.port = process.free_port()
        self.log = folder / "pooler.log"
        self._command = (program, str(folder / "pooler.ini"))
        self._process: subprocess.Popen[bytes] | None = None
        behind = urlsplit(server.url())
        text = _CONFIGURATION.format(
            host=behind.hostname,
            port=behind.port or 5432,
            user=behind.username,
            password=f"password={behind.password}" if behind.password else "",
            own_port=self.port,
            folder=folder,
        )
        (folder / "pooler.ini").write_text(text, encoding="utf-8")

    def url(self, database: str) -> str:
        """Give the URL of a database, by way of the pooler; the database `pgbouncer` is its own console."""
        return f"postgresql://pooled@127.0.0.1:{self.port}/{database}"

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._process = process.start(self._command, self.log)
        process.until(self._answers, alive=lambda: self.running, what=str(self.log))

    def stop(self, mode: Stop = Stop.IMMEDIATE) -> None:
        """End it; at once, clients and all, if not told otherwise."""
        if self._process is not None:
            process.stop(self._process, mode.value)
            self._process = None

    def restart(self, mode: Stop = Stop.IMMEDIATE) -> None:
        """End it and start it, on the same port."""
        self.stop(mode)
        self.start()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("pgbouncer"), autocommit=True, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def installed() -> str | None:
    """Find the program, which Debian puts where only root looks."""
    return shutil.which("pgbouncer", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))


def required() -> bool:
    """Whether tests must fail that find no PgBouncer."""
    return bool(os.environ.get(REQUIRED))


@contextlib.contextmanager
def pooling(program: str, server: Server) -> Iterator[Pooler]:
    """Start a pooler before the server, and leave nothing of it behind."""
    with process.guarded_folder("pooler") as folder:
        folder.chmod(0o755)
        pooler = Pooler(folder, program, server)
        try:
            pooler.start()
            yield pooler
        finally:
            pooler.stop()
