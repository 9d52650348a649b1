"""Reads files in supervised processes, so that no input can take the run down.

Each reader is a process of its own (`pool.process`, started by `pool.starting`; in it runs `pool.reader`): it ignores the
environment and the working directory, so that a `json.py` in a linted repository is never imported. It loads the parsers,
has limits, and is replaced when it dies. Jobs and readings travel as length-prefixed JSON; nothing is pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import TYPE_CHECKING

from migration_guard.operations import Job, Reading

if TYPE_CHECKING:
    from migration_guard.pool.readers import Readers
    from migration_guard.pool.wire import Answer

_kept: ContextVar[_Kept | None] = ContextVar("_kept", default=None)


class _Kept:
    """Readers that several runs share, made when the first of them has something to read."""

    def __init__(self, workers: int, *, forked: bool, wanted: Callable[[], bool]) -> None:
        self._made: Readers | None = None
        self._workers = workers
        self._forked = forked
        self._wanted = wanted

    @property
    def readers(self) -> Readers:
        if self._made is None:
            from migration_guard.pool.readers import Readers  # noqa: PLC0415 - where there is something to read

            self._made = Readers(self._workers, forked=self._forked, wanted=self._wanted)
        return self._made

    def close(self) -> None:
        """End them at once, and with them a run that waits for them."""
        if self._made is not None:
            self._made.close()


def nothing() -> None:
    """Do nothing."""


def always() -> bool:
    """Whatever happens, what is read is wanted."""
    return True


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
    Where there is nothing to read, no process is started, and for few files one is. While they start, `meanwhile` is done.
    """
    rest = iter(work)
    first = next(rest, None)
    if first is None:
        return
    kept = _kept.get()
    if kept is not None:
        yield from kept.readers.read(chain((first,), rest), workers, meanwhile)
        return
    from migration_guard.pool.readers import Readers  # noqa: PLC0415 - where there is something to read

    with closing(Readers(workers, wanted=always)) as readers:
        yield from readers.read(chain((first,), rest), workers, meanwhile)


def prepare() -> None:
    """Have the readers that runs share started, where that is cheap: much will be found, and probably much is to be read."""
    kept = _kept.get()
    if kept is not None:
        kept.readers.prepare()


@contextmanager
def kept_readers(
    workers: int, *, forked: bool = False, wanted: Callable[[], bool] = always
) -> Iterator[Callable[[], None]]:
    """Within it, the runs of this thread share their readers, one run after the other. Nothing read is remembered.

    Where readers are kept already, it is those that are shared. Gives what ends the readers, and with them a run that
    waits for them, from any thread. `forked`: this process is a command of ours and nothing else, so that readers may be
    copies of it. `wanted`: asked from time to time, in a thread; when it says no, the readers are ended, and what they have
    not read is a Problem.
    """
    known = _kept.get()
    if known is not None:
        yield known.close
        return
    with closing(_Kept(workers, forked=forked, wanted=wanted)) as kept:
        before = _kept.set(kept)
        try:
            yield kept.close
        finally:
            _kept.reset(before)
