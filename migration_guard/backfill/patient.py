"""A connection that does not wait for ever for an answer: packets may vanish, and no time-out of the server reaches us then."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

MARGIN = 30.0
"""Seconds beyond a statement's own time-out, after which its answer will not come any more."""
KEPT_ALIVE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""So that a peer that is gone is noticed within half a minute; what the address says goes before."""


class Unanswered(psycopg.OperationalError):
    """The server has not answered in the time in which it would have ended the statement itself."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that breaks when an answer takes longer than it can."""

    longest: float | None = None
    """Seconds that an answer may take; None: as long as it likes."""

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **named: Any) -> Any:
        """Wait for an answer."""
        if self.longest is None:
            return super().wait(gen, *arguments, **named)
        return super().wait(self._until(gen, time.monotonic() + self.longest), *arguments, **named)

    def _until(self, gen: Generator[Any, Any, Any], deadline: float) -> Generator[Any, Any, Any]:
        ready = None
        while True:
            try:
                wanted = gen.send(ready)
            except StopIteration as ended:
                return ended.value
            ready = yield wanted
            if not ready and time.monotonic() > deadline:  # nothing has come, and nothing can be sent
                self.pgconn.finish()
                raise Unanswered("the server does not answer")
