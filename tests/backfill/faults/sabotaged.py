"""The runner of this project with a bug put into it, which the campaign must find.

python sabotaged.py BUG backfill run ...
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from migration_guard.backfill import report, state
from migration_guard.cli import run


def forgets_what_was_locked() -> None:
    """Pass over rows that others hold, and never come back."""
    state.Store.skip = lambda *_, **__: None  # type: ignore[method-assign, assignment]


def claims_to_be_complete() -> None:
    """Say that all is complete, whatever the state says."""
    report.Result.complete = property(lambda _: True)  # type: ignore[method-assign, assignment]


def counts_twice() -> None:
    """Count rows that were not changed."""
    record: Callable[..., Any] = state.Store.record

    def wrong(*arguments: Any, **named: Any) -> Any:
        more = [replace(one, changed=one.changed * 2) if hasattr(one, "done_already") else one for one in arguments]
        return record(*more, **named)

    state.Store.record = wrong  # type: ignore[method-assign]


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug for bug in (forgets_what_was_locked, claims_to_be_complete, counts_twice)
}

if __name__ == "__main__":
    BUGS[sys.argv[1]]()
    sys.exit(run(sys.argv[2:]))
