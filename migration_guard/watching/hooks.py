"""Hooks: what a project wants to be called when a backfill is complete, needs somebody, or is held.

A hook is a command or a function, and either is a process of its own: it is started without a shell, is given the event as
JSON on its standard input, and may take so many seconds. Whatever becomes of it is told, and changes nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO, Any

GROUP = "migration_guard.hooks"
"""Entry points that are hooks, by their names."""
LONGEST_LINE = 200
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class Hook(Enum):
    """When something is called; the values are its names in the configuration."""

    COMPLETE = "on-complete"
    FAILURE = "on-failure"
    HOLD = "on-hold"


@dataclass(frozen=True, slots=True)
class Event:
    """What a hook is told. It holds no data of rows."""

    hook: Hook
    key: str | None
    """Of the backfill; None where nothing could be run at all."""
    state: str | None
    reason: str | None
    at: str
    counts: Mapping[str, int] = field(default_factory=dict)
    database: str | None = None
    """Its name, where a run has several."""

    def as_json(self) -> str:
        """Give what is written to the hook's standard input."""
        told: dict[str, Any] = {
            "event": self.hook.value.removeprefix("on-"),
            "key": self.key,
            "database": self.database,
            "state": self.state,
            "reason": self.reason,
            "time": self.at,
            "counts": dict(self.counts),
        }
        return json.dumps(told, ensure_ascii=False)

    def environment(self) -> dict[str, str]:
        """Give the variables that a hook has, beside those of the run."""
        named = {
            "EVENT": self.hook.value.removeprefix("on-"),
            "KEY": self.key,
            "DATABASE": self.database,
            "STATE": self.state,
            "REASON": self.reason,
        }
        return {f"MIGRATION_GUARD_{name}": (value or "").replace("\0", "") for name, value in named.items()}


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is called, and how."""

    commands: Mapping[Hook, Sequence[str] | str]
    folder: Path
    """The configuration's, in which they are called."""
    seconds: float

    def __bool__(self) -> bool:
        return any(self.commands.values())

    def wants(self, hook: Hook) -> bool:
        """Tell whether anything is to be called."""
        return bool(self.commands.get(hook))

    def call(self, event: Event, most: float) -> str | None:
        """Call what is wanted, and wait for it, so many seconds at most; say what went wrong, if anything did."""
        wanted = self.commands.get(event.hook)
        if not wanted:
            return None
        try:
            return _called(words_of(wanted), event, self.folder, min(self.seconds, most))
        except OSError as error:
            return f"{event.hook.value} could not be called: {error.strerror or type(error).__name__}"
        except (ValueError, RuntimeError) as error:  # of what a process takes no argument or variable is made
            return f"{event.hook.value} could not be called: {error}"


NO_HOOKS = Hooks({}, Path(), 0)


def words_of(wanted: Sequence[str] | str) -> list[str]:
    """Give the words of the process that a hook is: a list is a command; a text may also name a function."""
    if not isinstance(wanted, str):
        return list(wanted)
    function = wanted if _FUNCTION.fullmatch(wanted) else _entry_point(wanted)
    if function is not None:
        return [sys.executable, "-m", "migration_guard.watching.hooked", function]
    return shlex.split(wanted)


def _entry_point(name: str) -> str | None:
    from importlib.metadata import entry_points  # noqa: PLC0415 -- for who has hooks

    return next((one.value for one in entry_points(group=GROUP) if one.name == name), None)


def _called(words: Sequence[str], event: Event, folder: Path, seconds: float) -> str | None:
    # Files, and no pipes: whom nobody reads, and who leaves somebody behind that goes on, keeps nobody waiting.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(event.as_json().encode("utf-8", "replace"))
        given.seek(0)
        process = subprocess.Popen(
            words,
            stdin=given,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd=folder,
            env={**os.environ, **event.environment()},
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            return f"{event.hook.value} was ended: it took more than {seconds:.3g} s"
        except BaseException:  # a signal: nobody waits for it any more
            _end(process)
            raise
        if not code:
            return None
        how = f"exit code {code}" if code > 0 else f"signal {-code}"
        return f"{event.hook.value} failed with {how}{_last_line(said)}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it, with all that it has started and left in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _last_line(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - 4 * LONGEST_LINE))
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1][-LONGEST_LINE:]}" if lines else ""
