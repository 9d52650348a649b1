"""What a reader runs: it reads files from its input, and answers each once on its output."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import BinaryIO, NoReturn

from migration_guard.hurry import hurried, spare
from migration_guard.operations import Job
from migration_guard.pool import limits, wire
from migration_guard.sight import looking, records, unsaved

_LOADED = b""


def main(parent: int) -> None:
    """Read until the input ends, in an interpreter of its own."""
    output = _private_output()
    limits.die_with_parent()
    serve(parent, sys.stdin.buffer, output)


def serve(parent: int, jobs: BinaryIO, output: BinaryIO) -> NoReturn:
    """Read what is asked for, until nobody asks any more, or too much is remembered. Parsers are loaded for the first file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is meant for the run, which ends its readers
    limits.in_reader(parent)
    read: _Reader | None = None
    while (message := wire.receive(jobs)) is not None and (source := wire.receive(jobs)) is not None:
        if read is None:
            read = _Reader()
            gc.freeze()  # modules are no garbage
            room = limits.Room()
            wire.send(output, _LOADED)
        wire.send(output, read.answer(message, source))
        limits.tidy()
        if room.is_full():
            os._exit(limits.FULL)
    os._exit(0)


def _private_output() -> BinaryIO:
    """Keep the answers' pipe from whatever a library might print."""
    output = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    return output


class _Reader:
    """The parsers, and what they know of the run that the last file belonged to."""

    def __init__(self) -> None:
        spare("importlib.metadata", entry_points=dict)  # asked for dialects of others, which no setting names
        spare("sqlglot.diff", diff=None)
        with hurried():
            from migration_guard.reading import migration  # noqa: PLC0415 - only readers load the parsers

        self._migration = migration
        self._run = ""
        self._sent = set[str]()
        """The records of what was looked at that were sent in this run."""

    def answer(self, message: bytes, source: bytes) -> bytes:
        """Read one file. What it cannot read is told, never silent."""
        ticket, job = wire.read_job(message)
        try:
            answer = self._read(wire.run_of(ticket), job, source)
        except MemoryError:
            answer = wire.unread(job, limits.TOO_LARGE)
        except Exception as error:  # noqa: BLE001 -- a defect of ours: told as such, and the other files are still read
            answer = wire.unread(job, f"internal error: {type(error).__name__}; please report it")
        return wire.answer_message(ticket, answer)

    def _read(self, run: str, job: Job, source: bytes) -> wire.Answer:
        if run != self._run:
            self._migration.forget()
            self._sent.clear()
            self._run = run
        limits.for_file(job.seconds)
        typed = {name: text.encode("latin-1") for name, text in job.unsaved}
        with unsaved.instead(typed), looking() as looks:
            reading = self._migration.read(job, source)
        return wire.Answer(reading, *records.written(looks, self._sent))
