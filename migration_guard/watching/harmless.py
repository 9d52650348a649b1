"""A reporter whose failures stop nobody who works: they are said once."""

from __future__ import annotations

from collections.abc import Callable

from migration_guard.backfill.report import Reporter, Result
from migration_guard.backfill.span import Span
from migration_guard.backfill.standing import Counts


class Harmless(Reporter):
    """Passes on what it is told."""

    def __init__(self, name: str, reporter: Reporter, say: Callable[[str], None]) -> None:
        self._name = name
        self._reporter = reporter
        self._say = say
        self._failed = False

    def aside(self, worker: int) -> Reporter:
        return Harmless(self._name, self._reporter.aside(worker), self._say)

    def starts(self) -> None:
        self._do(self._reporter.starts)

    def begin(self, key: str, rows: int, counts: Counts) -> None:
        self._do(lambda: self._reporter.begin(key, rows, counts))

    def turn(self, sweep: int, span: Span | None) -> None:
        self._do(lambda: self._reporter.turn(sweep, span))

    def stands(self, counts: Counts) -> None:
        self._do(lambda: self._reporter.stands(counts))

    def batch(
        self, counts: Counts, seconds: float, size: int, passed: int = 0, at: tuple[str, ...] = (), *, batches: int = 1
    ) -> None:
        self._do(lambda: self._reporter.batch(counts, seconds, size, passed, at, batches=batches))

    def said(self, key: str, text: str) -> None:
        self._do(lambda: self._reporter.said(key, text))

    def held(self, key: str, reason: str) -> None:
        self._do(lambda: self._reporter.held(key, reason))

    def released(self, key: str, seconds: float) -> None:
        self._do(lambda: self._reporter.released(key, seconds))

    def steered(self, key: str, steering: str) -> None:
        self._do(lambda: self._reporter.steered(key, steering))

    def warn(self, key: str, text: str) -> None:
        self._do(lambda: self._reporter.warn(key, text))

    def end(self, result: Result) -> None:
        self._do(lambda: self._reporter.end(result))

    def close(self) -> None:
        self._do(self._reporter.close)

    def _do(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 -- whatever it is, nobody's backfill ends by it
            if not self._failed:
                self._failed = True
                self._say(f"{self._name}: failed with {type(error).__name__}; the run goes on without")
