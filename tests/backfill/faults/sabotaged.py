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


def takes_one_pass_for_proof() -> None:
    """Pass over rows that others hold, never come back, and take the first pass for clean."""
    forgotten: Any = state.Store
    forgotten.skip = lambda *_, **__: None
    result = forgotten.result_of_sweep
    forgotten.result_of_sweep = lambda *arguments: replace(result(*arguments), left=0, touched=0, unchanged=0)


def claims_to_be_complete() -> None:
    """Say that all is complete, whatever the state says."""
    result: Any = report.Result
    result.complete = property(lambda _: True)


def counts_twice() -> None:
    """Count rows that were not changed."""
    record: Callable[..., Any] = state.Store.record

    def wrong(*arguments: Any, **named: Any) -> Any:
        *others, entries = arguments
        more = [replace(one, counts=replace(one.counts, changed=one.counts.changed * 2)) for one in entries]
        return record(*others, more, **named)

    store: Any = state.Store
    store.record = wrong


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug for bug in (takes_one_pass_for_proof, claims_to_be_complete, counts_twice)
}

if __name__ == "__main__":
    BUGS[sys.argv[1]]()
    sys.exit(run(sys.argv[2:]))
