"""Lets the transactions of a registry's function begin one by one while nothing holds, and lets them wait while something does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from migration_guard.backfill.brake.brake import Brake
from migration_guard.backfill.brake.verdicts import Verdicts
from migration_guard.backfill.clock import Clock
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.session import Session
from migration_guard.backfill.steered import Steered
from migration_guard.backfill.trust import PINNED
from migration_guard.config.settings import BrakeSettings

EVERY = 1.0
"""Seconds between two questions; a function may begin any number of transactions."""


class Turnstile:
    """Before the transactions of one function, over a connection of its own. Functions may have threads: one at a time asks."""

    def __init__(
        self, session: Session, verdicts: Verdicts, settings: BrakeSettings, clock: Clock, reporter: Reporter
    ) -> None:
        self._session = session
        self._verdicts = verdicts
        self._brake = Brake(session, verdicts, settings)
        self._clock = clock
        self._reporter = reporter
        self._lock = threading.Lock()
        self._next = 0.0
        self.held: str | None = None
        """Why nothing may begin now."""

    def wait(self, check: Callable[[], None]) -> None:
        """Return when nothing holds; `check` raises what ends the function before that."""
        with self._lock:
            began = time.monotonic()
            while time.monotonic() >= self._next:
                self._ask(began)
                self._next = 0.0 if self.held is not None else time.monotonic() + EVERY
                if self.held is not None:
                    self._clock.sleep(EVERY)
                    check()

    def close(self) -> None:
        """Give the connections back."""
        self._brake.close()
        self._session.close()

    def _ask(self, began: float) -> None:
        self._brake.keep()
        held = self._steered().held
        if held is not None and self.held is None:
            self._reporter.held(self._verdicts.key, held)
        elif held is None and self.held is not None:
            self._reporter.released(self._verdicts.key, time.monotonic() - began)
        self.held = held

    def _steered(self) -> Steered:
        """Ask what is asked; where nobody answers, nobody has looked."""
        try:
            with self._session.transaction({**TimeoutPolicy().settings(0), **PINNED}) as connection:
                return self._verdicts.store.steered(connection, self._verdicts.key, self._verdicts.thresholds)
        except SQLAlchemyError:
            self._session.drop()
            return Steered()
