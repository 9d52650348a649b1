"""What functions log while they run, passed on to whoever shows the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class _Passing(logging.Handler):
    def __init__(self, said: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):  # a line that cannot be formatted fails nobody's backfill
            level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
            self._said(f"{level}{record.getMessage()}")


@contextmanager
def heard(said: Callable[[str], None]) -> Iterator[None]:
    """Pass on what is logged, from INFO on, where the project's own logging does not show it."""
    root = logging.getLogger()
    if root.handlers:  # the project has said how its lines are shown
        yield
        return
    level, handler = root.level, _Passing(said)
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO) if level else logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
