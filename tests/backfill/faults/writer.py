"""The application beside the runner: it counts visits, one row after the other, and remembers how long it had to wait."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator

import psycopg

from backfill.faults.ledger import APPLICATION

PAUSE = 0.005
"""Seconds between two edits."""
VISIT = "UPDATE leads SET visits = visits + 1 WHERE id = %s"


class Writer:
    """Edits rows at random until it is told to stop. Whatever happens to its connection, it opens another."""

    def __init__(self, url: str, ids: list[int], seed: int) -> None:
        self._url = url
        self._ids = ids
        self._chance = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.longest = 0.0
        """Seconds of the edit that took longest, of those that the server answered."""
        self.edits = 0
        self.deadlocks = 0
        """How often it was chosen as the victim."""

    def start(self) -> None:
        """Begin to edit."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the edit, and end."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, application_name=APPLICATION) as connection:
                    self._edit(connection)
            except psycopg.Error:
                self._stop.wait(0.1)

    def _edit(self, connection: psycopg.Connection) -> None:
        while not self._stop.wait(PAUSE):
            began = time.monotonic()
            try:
                connection.execute(VISIT, (self._chance.choice(self._ids),))
            except psycopg.errors.DeadlockDetected:
                self.deadlocks += 1
            self.longest = max(self.longest, time.monotonic() - began)
            self.edits += 1


@contextlib.contextmanager
def writing(url: str, seed: int) -> Iterator[Writer]:
    """Let the application edit rows while the block runs."""
    with psycopg.connect(url) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM leads").fetchall()]
    writer = Writer(url, ids, seed)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()
