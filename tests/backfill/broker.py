"""A real Redis for Celery's messages, in memory alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator

from backfill import process

REQUIRED = "MIGRATION_GUARD_REQUIRE_REDIS"
"""The variable that makes the absence of Redis a failure; `.ci/run` sets it where it can be had."""


def installed() -> str | None:
    """Find the program: a Debian package has it."""
    return shutil.which("redis-server")


def required() -> bool:
    """Whether its absence is a failure."""
    return bool(os.environ.get(REQUIRED))


@contextlib.contextmanager
def running(program: str) -> Iterator[str]:
    """Start one, and give its URL."""
    with process.guarded_folder("redis") as folder:
        port = process.free_port()
        options = {"port": port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": folder}
        command = [program, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
        server = process.start([*command, "--pidfile", str(folder / "redis.pid")], folder / "redis.log")
        try:
            process.until(lambda: _answers(port), alive=lambda: server.poll() is None, what="redis-server")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.kill()
            server.wait()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False
