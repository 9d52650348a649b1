"""Reads files in supervised processes, so that no input can take the run down.

The caller starts one isolated interpreter (`pool.server`): it ignores the environment and the working directory, so
that a `json.py` in a linted repository is never imported. That one keeps a pool of readers (Pebble), which load the
parsers, have limits, and are replaced when they die. Jobs and readings travel as length-prefixed JSON; nothing is
pickled between the caller and the readers.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.later import Later
from migration_guard.operations import Job, Problem, Reading
from migration_guard.pool import wire
from migration_guard.pool.wire import Answer

if TYPE_CHECKING:
    import subprocess
    import tempfile
else:
    subprocess = Later("subprocess")
    tempfile = Later("tempfile")


_START = "import sys; sys.path[:] = {path!r}; from migration_guard.pool.server import main; main({workers})"


_kept: ContextVar[_Server | None] = ContextVar("_kept", default=None)


def read_all(work: Iterable[tuple[Job, bytes]], workers: int) -> Iterator[tuple[Job, Reading]]:
    """Read files, as `answer_all` does, for who does not care what the readings rest on."""
    for job, answer in answer_all(work, workers):
        yield job, answer.reading


def answer_all(work: Iterable[tuple[Job, bytes]], workers: int) -> Iterator[tuple[Job, Answer]]:
    """Read files, each given with its bytes; yield every one exactly once, in the order in which they end.

    `work` is consumed in a thread while readings come in. Whatever happens to a reader, its file ends as a Problem.
    No more readers are started than there are files; where there is nothing to read, no process is.
    """
    rest = iter(work)
    first = list(islice(rest, workers))
    if not first:
        return
    kept = _kept.get()
    if kept is not None:
        yield from kept.read(chain(first, rest))
        return
    with closing(_Server(len(first))) as server:
        yield from server.read(chain(first, rest))


@contextmanager
def kept_readers(workers: int) -> Iterator[Callable[[], None]]:
    """Within it, the runs of this thread share their readers, one run after the other. Nothing read is remembered.

    Where readers are kept already, it is those that are shared. Gives what ends the readers, and with them a run that
    waits for them, from any thread.
    """
    known = _kept.get()
    if known is not None:
        yield known.close
        return
    with closing(_Server(workers)) as server:
        before = _kept.set(server)
        try:
            yield server.close
        finally:
            _kept.reset(before)


class _Server:
    """The isolated interpreter and the readers that it keeps. It is started when there is something to read."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._held = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, work: Iterable[tuple[Job, bytes]]) -> Iterator[tuple[Job, Answer]]:
        """Answer one run. A server that died, or that still reads what nobody waits for, is replaced in the next."""
        feeder = _Feeder(work, self._started())
        feeder.start()
        try:
            yield from self._answers(feeder)
        except GeneratorExit:
            self.close()
            raise
        finally:
            feeder.stop()
        if feeder.failure is not None:
            raise feeder.failure

    def _answers(self, feeder: _Feeder) -> Iterator[tuple[Job, Answer]]:
        answered: set[str] = set()
        pipe = feeder.server.stdout
        assert pipe is not None
        sent_all = False
        while not sent_all or len(answered) < len(feeder.jobs):
            message = wire.receive(pipe)
            if message is None:
                self.close()
                break
            if message == feeder.end:
                sent_all = True
            elif not wire.is_end(message):
                ticket, answer = wire.read_answer(message)
                if ticket in feeder.jobs:  # else it was for a run that was given up
                    answered.add(ticket)
                    yield feeder.jobs[ticket], answer
        feeder.join()
        for ticket, job in feeder.jobs.items():
            if ticket not in answered:
                yield job, Answer(Reading(problems=(Problem(job.shown, None, "the reading process died"),)))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            folder = self._held.enter_context(tempfile.TemporaryDirectory(prefix="migration-guard-"))
            path = [entry for entry in sys.path if entry and Path(entry).is_absolute()]
            path.append(str(Path(__file__).parents[2]))  # last: this may be the very repository that is linted
            self._process = self._held.enter_context(
                subprocess.Popen(
                    [sys.executable, "-I", "-c", _START.format(path=path, workers=self._workers)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    cwd=folder,
                )
            )
        return self._process

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            _closed(self._process.stdin)
            self._process = None
        self._held.close()


class _Feeder(threading.Thread):
    """Writes the jobs of a run to the server, and knows them by their tickets."""

    def __init__(self, work: Iterable[tuple[Job, bytes]], server: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.end = wire.end_message(run := os.urandom(8).hex())
        self._run = run
        self._work = work
        self._stopped = False
        self.jobs: dict[str, Job] = {}
        self.failure: BaseException | None = None

    def run(self) -> None:
        pipe = self.server.stdin
        assert pipe is not None
        broken = False
        try:
            for job, source in self._work:
                if self._stopped:
                    return
                ticket = wire.ticket(self._run, len(self.jobs))
                self.jobs[ticket] = job
                if not broken:
                    broken = not _written(pipe, wire.job_message(ticket, job), source)
        except BaseException as failure:  # noqa: BLE001 - the caller's generator failed: told in the caller's thread
            self.failure = failure
        finally:
            _written(pipe, self.end)

    def stop(self) -> None:
        self._stopped = True


def _written(pipe: wire.Writer, *messages: bytes) -> bool:
    try:
        for message in messages:
            wire.send(pipe, message)
    except (OSError, ValueError):  # the server is gone; what it leaves unanswered becomes Problems
        return False
    return True


def _closed(pipe: wire.Writer | None) -> None:
    """Close a pipe whose other end is gone: what is left in its buffer goes nowhere."""
    try:
        if pipe is not None:
            pipe.close()
    except (OSError, ValueError):
        return
