"""The lines of a run, in a log that somebody reads later: each with its time, as text or as an object of JSON."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import datetime, timezone
from io import TextIOBase
from typing import Any, TextIO

import click

from migration_guard.cli.output import discard, emit
from migration_guard.report.sanitise import one_line

Value = str | int | float | bool | None


def say(text: str) -> None:
    """Print lines. That nobody can read them stops no run: the state says the same."""
    with suppress(click.ClickException):
        emit("".join(f"{one_line(line)}\n" for line in text.split("\n")))


def now() -> str:
    """Give the time as logs have it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamped(event: str, key: str, message: str, *, as_json: bool, **more: Value) -> str:
    """Give a line of a log."""
    if as_json:
        return json.dumps({"time": now(), "event": event, "key": key, "message": message, **more}, ensure_ascii=False)
    return f"{now()} {key}: {message}"


def last(line: str, *, as_json: bool) -> None:
    """Print the line that tells the truth. As text it has no time, so that it begins with what it says."""
    say(json.dumps({"time": now(), "event": "last", "message": line}, ensure_ascii=False) if as_json else line)


class Tolerant(TextIOBase):
    """Standard output for functions that print: a reader who has gone away is no error of theirs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError:
            discard()
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            discard()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def tolerate() -> None:
    """Let no function fail because nobody reads what it prints."""
    if sys.stdout is not None and not isinstance(sys.stdout, Tolerant):
        sys.stdout = Tolerant(sys.stdout)
