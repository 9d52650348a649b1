"""Keeps the claim of a function that runs longer than anybody foresaw: nothing runs beside itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType

from sqlalchemy import Connection

from migration_guard.backfill.session import Session

BEAT = 20.0
"""Seconds between two renewals, many of which fit into a lease."""
_PARTING = 5.0
"""Seconds that its thread may take to end: it may be waiting for a server that does not answer."""


class Keeper:
    """Renews a claim again and again, from a thread and over a connection of its own, until the block ends."""

    def __init__(self, session: Session, settings: Mapping[str, str], renew: Callable[[Connection], None]) -> None:
        self._session = session
        self._settings = settings
        self._renew = renew
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="migration-guard keeper", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(_PARTING)

    def _work(self) -> None:
        while not self._over.wait(BEAT):
            with suppress(Exception):  # the next beat tries again; who has lost its claim learns so when it commits
                self._beat()
        self._session.close()

    def _beat(self) -> None:
        with self._session.transaction(self._settings) as connection:
            self._renew(connection)
