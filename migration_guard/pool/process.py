"""One reader: a process that is asked one file after the other, and does not live longer than it may."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from itertools import count

from migration_guard.operations import Job
from migration_guard.pool import limits, starting, wire
from migration_guard.pool.starting import Started
from migration_guard.pool.wire import Answer

START_SECONDS = 120.0
"""What loading the parsers may take: on a machine that does a hundred other things, a second becomes a minute."""


NOT_UNDERSTOOD = "what the reader says cannot be understood; was another version installed while this one runs?"


class GoneError(Exception):
    """The reader was gone before it was asked."""


class EndedError(Exception):
    """The reader ended while it read a file; says why."""


class Process:
    """One reader. It is asked by one thread at a time, and checked and ended by any."""

    def __init__(self, *, forked: bool = False) -> None:
        self._process: Started = starting.started(forked=forked)
        self.is_over = False
        """Whether it will answer nothing more."""
        self._numbers = count()
        self._is_loaded = False
        self._has_answered = False
        self._lock = threading.Lock()
        self._due: float | None = None
        self._reason: str | None = None

    def ask(self, run: str, job: Job, source: bytes) -> Answer:
        """Have a file read. Raises GoneError and EndedError."""
        assert self._process.stdin is not None
        ticket = wire.ticket(run, next(self._numbers))
        was_loaded = self._is_loaded
        self._expect(job.seconds if was_loaded else START_SECONDS)
        try:
            wire.send(self._process.stdin, wire.job_message(ticket, job))
            wire.send(self._process.stdin, source)
        except (OSError, ValueError):
            reason = self._ended(job)
            raise (GoneError() if was_loaded and self._reason is None else EndedError(reason)) from None
        if not was_loaded:
            self._received(job)
            self._is_loaded = True
            self._expect(job.seconds)
        answer = self._understood(self._received(job), ticket)
        self._expect(None)
        self._has_answered = True
        return answer

    def check(self) -> None:
        """End it if it takes too long, or too much."""
        with self._lock:
            if self._due is None:
                return
            if time.monotonic() > self._due:
                self._reason = "late"
            elif limits.is_too_large(self._process.pid):
                self._reason = "large"
            if self._reason is not None:
                self._due = None
                self._process.kill()

    def end(self) -> None:
        """End it at once, whatever it does."""
        self.is_over = True
        self._process.kill()
        self._process.wait()
        with suppress(OSError, ValueError):  # what is left in a buffer goes nowhere
            if self._process.stdin is not None:
                self._process.stdin.close()
        with suppress(OSError, ValueError):
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _expect(self, seconds: float | None) -> None:
        with self._lock:
            self._due = None if seconds is None else time.monotonic() + seconds

    def _received(self, job: Job) -> bytes:
        assert self._process.stdout is not None
        try:
            message = wire.receive(self._process.stdout)
        except (OSError, ValueError):
            message = None
        if message is None:
            raise EndedError(self._ended(job))
        return message

    def _understood(self, message: bytes, ticket: str) -> Answer:
        try:
            answered, answer = wire.read_answer(message)
        except (ValueError, TypeError, LookupError, AttributeError):
            answered = ""
        if answered != ticket:
            self._expect(None)
            self.end()
            raise EndedError(NOT_UNDERSTOOD)
        return answer

    def _ended(self, job: Job) -> str:
        """End what is ending, and say why it does. Raises GoneError where another reader may fare better."""
        self._expect(None)
        self.end()
        if isinstance(self._process, starting.Forked) and self._process.returncode == -signal.SIGSEGV:
            raise GoneError  # its stack had less room than one that is started has
        if self._process.returncode == limits.FULL and self._has_answered:
            raise GoneError
        match self._reason:
            case "late" if not self._is_loaded:
                return f"the reader did not start within {START_SECONDS:g} s"
            case "late":
                return f"reading it takes longer than {job.seconds:g} s; `file-timeout` allows more"
            case "large":
                return limits.TOO_LARGE
        return limits.reason_of_death(self._process.returncode, job.seconds)
