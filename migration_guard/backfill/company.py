"""The workers of one run: a process each, so that what ends one of them ends no other.

They are equal, and know of each other what the state says. The run that was started takes part as they do, waits for them,
and says at the end how each backfill stands. Where it is gone, the others finish their batch and go as well.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from migration_guard.backfill import shown
from migration_guard.backfill.connect import Address
from migration_guard.backfill.errors import CannotRun, judged
from migration_guard.backfill.pinned import SPELLING
from migration_guard.backfill.state import Store
from migration_guard.backfill.statements import statement
from migration_guard.backfill.visit import visit

if TYPE_CHECKING:
    from typing import Self  # of Python 3.11

PARTING = 30.0
"""Seconds that a worker may take to end when it is told to; what it does not finish by then is rolled back."""
TAKEN_OVER = "its last batch is rolled back, and what it was at goes on from there by whoever works at it next"


@dataclass(frozen=True, slots=True)
class Company:
    """Who else works at the backfills of a run."""

    workers: int = 1
    """How many are asked for in all."""
    follows: bool = False
    """Whether it is one that another has started: it does one backfill after the other, as they all do."""


ALONE = Company()


@dataclass(frozen=True, slots=True)
class Room:
    """How many workers may connect, and by what that is bounded."""

    workers: int
    bound: str | None = None


def can_share() -> bool:
    """Tell whether processes can be made of this one, with the definitions that it has loaded."""
    return hasattr(os, "fork")


def room(where: Address, wanted: int, besides: int = 0) -> Room:
    """Say how many of the workers that are wanted the server has connections for, and for so many others besides."""
    with visit(where, SPELLING) as connection:
        most, taken, of_role, by_role, of_database, in_database, superuser = connection.exec_driver_sql(
            statement("connections"), {}
        ).one()
    free = {f"the server's max_connections ({most}, {taken - 1} of them taken)": most - taken + 1}
    if of_role >= 0 and not superuser:
        free[f"the role's limit ({of_role}, {by_role - 1} of them taken)"] = of_role - by_role + 1
    if of_database >= 0 and not superuser:
        free[f"the database's limit ({of_database}, {in_database - 1} of them taken)"] = of_database - in_database + 1
    bound = min(free, key=lambda name: free[name])
    left = free[bound] - besides
    return Room(wanted) if left >= wanted else Room(max(1, left), bound)


def at_work(where: Address, store: Store, keys: Sequence[str]) -> int:
    """Count the workers that are at some backfills just now, whoever has started them."""
    try:
        with visit(where) as connection:
            return shown.at_work(connection, store, keys)
    except DBAPIError as error:
        raise CannotRun(f"nobody can say who is at work: {judged(error)}") from None


class Crew:
    """Processes that work beside this one."""

    def __init__(
        self, count: int, work: Callable[[int], object], stop: threading.Event, tell: Callable[[str], None]
    ) -> None:
        self._stop = stop
        self._tell = tell
        self._told = set[str]()
        self._over = threading.Event()
        context = multiprocessing.get_context("fork")
        held, self._holds = os.pipe()
        self._started = [
            context.Process(target=_work, args=(held, self._holds, partial(work, worker), stop))
            for worker in range(1, count + 1)
        ]
        for one in self._started:
            one.start()
        os.close(held)
        self._watch = threading.Thread(target=self._let_go, name="migration-guard crew", daemon=True)
        self._watch.start()

    def __enter__(self) -> Self:
        return self

    def wait(self, seconds: float) -> None:
        """Wait until all are done; for so long at most."""
        until = time.monotonic() + seconds
        for one in self._started:
            while one.is_alive() and time.monotonic() < until and not self._stop.is_set():
                one.join(0.1)

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._watch.join()
        until = time.monotonic() + (0 if kind is not None else PARTING)
        for one in self._started:
            one.join(max(0.0, until - time.monotonic()))
            self._look()
            if one.is_alive():  # what it was at is rolled back, and taken over by whoever comes next
                self._told.add(one.name)
                one.kill()
                one.join()

    def _let_go(self) -> None:
        """Tell the others when the run is to stop, or has ended: they notice that the pipe has no other end any more."""
        while not self._over.wait(0.05) and not self._stop.is_set():
            self._look()
        os.close(self._holds)

    def _look(self) -> None:
        """Tell of those that have died by themselves, as nobody else can: they had no time to."""
        for one in self._started:
            if one.exitcode and one.name not in self._told:
                self._told.add(one.name)
                how = f"by {_name_of(-one.exitcode)}" if one.exitcode < 0 else f"with exit code {one.exitcode}"
                self._tell(f"{socket.gethostname()}:{one.pid} has ended {how}; {TAKEN_OVER}")


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # of real time
        return str(number)


def _work(held: int, holds: int, work: Callable[[], object], stop: threading.Event) -> None:
    os.close(holds)
    threading.Thread(target=_notice, args=(held, stop), name="migration-guard crew", daemon=True).start()
    with suppress(CannotRun, KeyboardInterrupt):  # the run that has started us says so itself
        work()


def _notice(held: int, stop: threading.Event) -> None:
    """Stop after the batch when the run that has started us is gone, or says so."""
    os.read(held, 1)
    stop.set()
