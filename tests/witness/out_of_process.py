"""What programs start or wait for elsewhere: clients of databases, schedulers, async connections. Recorded, not run."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from alembic.operations import Operations

from witness.record import Record

_CLIENTS = {"psql", "mysql", "sqlite3", "mariadb"}
_STARTERS = ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")


@contextmanager
def recorded(record: Record, connection: sa.Connection) -> Iterator[None]:
    """Note the SQL that is given to a client, and run coroutines on a connection that answers at once."""
    start = _start(record)

    def run_async(_self: Operations, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return asyncio.run(function(_Awaited(connection), *args, **kwargs))

    with ExitStack() as stack:
        for name in _STARTERS:
            stack.enter_context(patch.object(subprocess, name, start))
        stack.enter_context(patch.object(subprocess, "Popen", _popen(start)))
        stack.enter_context(patch.object(os, "system", start))
        stack.enter_context(patch.object(os, "popen", start))
        stack.enter_context(patch.object(Operations, "run_async", run_async))
        yield


def _start(record: Record) -> Callable[..., Any]:
    def start(command: Any, *_: Any, **options: Any) -> Any:
        words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
        client = next((number for number, word in enumerate(words) if Path(word).name in _CLIENTS), None)
        if client is not None:
            given = [*words[client + 1 :], options.get("input") or ""]
            for number, word in enumerate(given):
                text = word.decode() if isinstance(word, bytes) else word
                if number and given[number - 1] in {"-f", "--file"} and os.path.exists(text):
                    text = Path(text).read_text()
                for statement in re.sub(r"^--command=", "", text).split(";"):
                    record.statement(statement)
        return subprocess.CompletedProcess(words, 0, stdout="", stderr="")

    return start


def _popen(start: Callable[..., Any]) -> type:
    class Popen:
        def __init__(self, command: Any, *args: Any, **options: Any) -> None:
            self._command = command
            self.returncode = 0
            start(command)

        def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[str, str]:  # noqa: A002
            start(self._command if input is None else ["psql"], input=input)
            return "", ""

        def wait(self, timeout: float | None = None) -> int:
            return 0

        def __enter__(self) -> Popen:  # noqa: PYI034 - Self is of Python 3.11
            return self

        def __exit__(self, *_: object) -> None:
            pass

    return Popen


class _Awaited:
    """An AsyncConnection that waits for nothing."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            if name == "run_sync":
                return args[0](self._connection, *args[1:], **kwargs)
            return getattr(self._connection, name)(*args, **kwargs)

        return call
