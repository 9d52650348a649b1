"""Reads files in supervised processes, so that no input can take the run down.

The caller starts one isolated interpreter (`pool.server`): it ignores the environment and the working directory, so
that a `json.py` in a linted repository is never imported. That one keeps a pool of readers (Pebble), which load the
parsers, have limits, and are replaced when they die. Jobs and readings travel as length-prefixed JSON; nothing is
pickled between the caller and the readers.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from migration_guard.operations import Job, Problem, Reading
from migration_guard.pool import wire

_START = "import sys; sys.path[:] = {path!r}; from migration_guard.pool.server import main; main({workers})"


def read_all(work: Iterable[tuple[Job, bytes]], workers: int) -> Iterator[tuple[Job, Reading]]:
    """Read files, each given with its bytes; yield every one exactly once, in the order in which they end.

    `work` is consumed in a thread while readings come in. Whatever happens to a reader, its file ends as a Problem.
    No more readers are started than there are files; where there is nothing to read, no process is.
    """
    rest = iter(work)
    first = list(islice(rest, workers))
    if not first:
        return
    with tempfile.TemporaryDirectory(prefix="migration-guard-") as folder, _server(len(first), folder) as server:
        feeder = _Feeder(chain(first, rest), server)
        feeder.start()
        try:
            yield from _answers(feeder, server)
        finally:
            feeder.stop()
            server.kill()


def _server(workers: int, folder: str) -> subprocess.Popen[bytes]:
    path = [entry for entry in sys.path if entry and Path(entry).is_absolute()]
    path.append(str(Path(__file__).parents[2]))  # last: this may be the very repository that is linted
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _START.format(path=path, workers=workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )


class _Feeder(threading.Thread):
    """Writes the jobs to the server, and knows those that have no answer yet."""

    def __init__(self, work: Iterable[tuple[Job, bytes]], server: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._server = server
        self._stopped = False
        self.jobs: list[Job] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        pipe = self._server.stdin
        assert pipe is not None
        broken = False
        try:
            for job, source in self._work:
                if self._stopped:
                    return
                self.jobs.append(job)
                if not broken:
                    broken = not _written(pipe, wire.job_message(len(self.jobs) - 1, job), source)
        except BaseException as failure:  # noqa: BLE001 - the caller's generator failed: told in the caller's thread
            self.failure = failure
        finally:
            _closed(pipe)

    def stop(self) -> None:
        self._stopped = True


def _written(pipe: wire.Writer, *messages: bytes) -> bool:
    try:
        for message in messages:
            wire.send(pipe, message)
    except (OSError, ValueError):  # the server is gone; what it leaves unanswered becomes Problems
        return False
    return True


def _closed(pipe: wire.Writer) -> None:
    try:
        pipe.close()
    except OSError:
        return


def _answers(feeder: _Feeder, server: subprocess.Popen[bytes]) -> Iterator[tuple[Job, Reading]]:
    answered: set[int] = set()
    assert server.stdout is not None
    while (message := wire.receive(server.stdout)) is not None:
        number, reading = wire.read_answer(message)
        answered.add(number)
        yield feeder.jobs[number], reading
    feeder.join()
    if feeder.failure is not None:
        raise feeder.failure
    for number, job in enumerate(feeder.jobs):
        if number not in answered:
            yield job, Reading(problems=(Problem(job.shown, None, "the reading process died"),))
