"""Reads files in supervised processes, so that no input can take the run down.

Each reader is an isolated interpreter of its own (`pool.process`, and in it `pool.reader`): it ignores the environment
and the working directory, so that a `json.py` in a linted repository is never imported. It loads the parsers, has limits,
and is replaced when it dies. Jobs and readings travel as length-prefixed JSON; nothing is pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from itertools import chain, islice
from typing import TYPE_CHECKING

from migration_guard.operations import Job, Reading

if TYPE_CHECKING:
    from migration_guard.pool.readers import Readers
    from migration_guard.pool.wire import Answer

_kept: ContextVar[Readers | None] = ContextVar("_kept", default=None)


def nothing() -> None:
    """Do nothing."""


def read_all(
    work: Iterable[tuple[Job, bytes]], workers: int, meanwhile: Callable[[], None] = nothing
) -> Iterator[tuple[Job, Reading]]:
    """Read files, as `answer_all` does, for who does not care what the readings rest on."""
    for job, answer in answer_all(work, workers, meanwhile):
        yield job, answer.reading


def answer_all(
    work: Iterable[tuple[Job, bytes]], workers: int, meanwhile: Callable[[], None] = nothing
) -> Iterator[tuple[Job, Answer]]:
    """Read files, each given with its bytes; yield every one exactly once, in the order in which they end.

    `work` is consumed in a thread while readings come in. Whatever happens to a reader, its file ends as a Problem.
    No more readers are started than there are files; where there is nothing to read, no process is. While they start,
    `meanwhile` is done.
    """
    rest = iter(work)
    first = list(islice(rest, workers))
    if not first:
        return
    kept = _kept.get()
    if kept is not None:
        yield from kept.read(chain(first, rest), len(first), meanwhile)
        return
    from migration_guard.pool.readers import Readers  # noqa: PLC0415 - where there is something to read

    with closing(Readers(len(first))) as readers:
        yield from readers.read(chain(first, rest), len(first), meanwhile)


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
    from migration_guard.pool.readers import Readers  # noqa: PLC0415 - where something may be read

    with closing(Readers(workers)) as readers:
        before = _kept.set(readers)
        try:
            yield readers.close
        finally:
            _kept.reset(before)
