"""Looks at the state again and again while a run goes on, over a connection of its own, and passes on what it sees.

What is told so is true of all who work at a backfill, whichever run or machine they belong to, and of what was committed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from urllib.error import HTTPError, URLError

from sqlalchemy import Connection

from migration_guard.backfill.connect import APPLICATION, Address, engine
from migration_guard.backfill.errors import told_of
from migration_guard.backfill.history import History
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.ranges import holders
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.session import Session
from migration_guard.backfill.shown import standings
from migration_guard.backfill.standing import Happened, Holder, Standing
from migration_guard.backfill.state import Store
from migration_guard.backfill.trust import PINNED, Use
from migration_guard.backfill.verdict import verdict_on

EVERY = 1.0
"""Seconds between two looks."""
LATE = 256
"""Events whose numbers are lower may be committed later: so many before the newest are looked at once more."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the state says at one moment."""

    standings: tuple[Standing, ...]
    holders: tuple[Holder, ...]
    events: tuple[Happened, ...]
    """What has happened since the look before."""
    at: float
    """When that was, in seconds since 1970."""


class Outlet:
    """Is given what is seen, and does something with it."""

    name = ""
    """What it is called where it fails."""

    def begin(self) -> None:
        """Make ready; all processes of the run are there."""

    def see(self, snapshot: Snapshot) -> None:
        """Take what the state says now."""
        raise NotImplementedError

    def end(self) -> None:
        """Nothing more is seen."""


class Eyes:
    """Reads the state."""

    def __init__(self, where: Address, schema: str, owners: Sequence[str]) -> None:
        self._session = Session(engine(where, f"{APPLICATION} watch"))
        self._store = Store(schema, owners)
        self._history = History(schema)
        self._newest: int | None = None
        self._known = frozenset[int]()

    def mark(self) -> None:
        """Begin here: what has happened before is not told."""
        try:
            with self._transaction() as connection:
                self._begin(connection)
        finally:
            self._session.close()  # processes that are made now inherit no connection

    def look(self) -> Snapshot:
        """Read how all stands, and what has happened since the look before."""
        with self._transaction() as connection:
            if not self._store.tables.ready(connection, Use.READ):
                return Snapshot((), (), (), time.time())
            if self._newest is None:
                self._begin(connection)
            seen = self._history.since(connection, (self._newest or 0) - LATE)
            lines, held = standings(connection, self._store), holders(connection, self._store.schema)
        events = tuple(one for one in seen if one.id not in self._known)
        self._newest = max([self._newest or 0, *(one.id for one in seen)])
        self._known = frozenset(one.id for one in seen)
        return Snapshot(lines, held, events, time.time())

    def _begin(self, connection: Connection) -> None:
        self._newest = self._history.newest(connection)
        self._known = frozenset(one.id for one in self._history.since(connection, self._newest - LATE))

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._session.transaction({**TimeoutPolicy().settings(0), **PINNED})

    def refused(self, definition: Definition) -> str | None:
        """Say why `gate` would not let a backfill pass, if so."""
        with self._transaction() as connection:
            record = self._store.find(connection, definition.key)
        if record is None:
            return "has never been run"
        with self._session.transaction(TimeoutPolicy().settings(0)) as connection:
            verdict = verdict_on(connection, definition, record.earned, self._store.schema)
        return None if verdict.passed else str(verdict)

    def told(self, event: Happened, what: str) -> bool:
        """Write down that somebody is told of an event; False if another run has done so before."""
        with self._transaction() as connection:
            return self._history.told(connection, event, what)

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()


class Lookout:
    """A thread that looks, from the start of a run to its end. What fails is said once, and stops nothing."""

    def __init__(self, eyes: Eyes, outlets: Sequence[Outlet], say: Callable[[str], None]) -> None:
        self._eyes = eyes
        self._outlets = tuple(outlets)
        self._say = say
        self._said = set[str]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="migration-guard lookout", daemon=True)

    def mark(self) -> None:
        """What happens from here on is told."""
        self._do("the state", self._eyes.mark)

    def start(self) -> None:
        """Look from now on; in a thread, which no process that is made later has."""
        self._thread.start()

    def end(self) -> None:
        """Look once more, at how all has ended, and no more."""
        self._over.set()
        while self._thread.is_alive():
            self._thread.join(0.2)  # in slices, so that a signal is heard

    def _work(self) -> None:
        for outlet in self._outlets:
            self._do(outlet.name, outlet.begin)
        last = False
        while not last:
            last = self._over.wait(EVERY)
            self._do("the state", self._look)
        for outlet in self._outlets:
            self._do(outlet.name, outlet.end)
        self._eyes.close()

    def _look(self) -> None:
        snapshot = self._eyes.look()
        for outlet in self._outlets:
            self._do(outlet.name, lambda outlet=outlet: outlet.see(snapshot))  # type: ignore[misc]

    def _do(self, name: str, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 -- whoever watches stops nobody who works
            if name not in self._said:
                self._said.add(name)
                self._say(f"{name}: {_why(error)}; the run goes on without")


def _why(error: Exception) -> str:
    """Say what may be said: an address may hold a password, and a server's words may hold data."""
    if isinstance(error, HTTPError):
        return f"answered with HTTP {error.code}"
    if isinstance(error, OSError):
        cause = error.reason if isinstance(error, URLError) else error
        return getattr(cause, "strerror", None) or type(cause).__name__
    return told_of(error)
