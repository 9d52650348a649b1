"""The other half of point 5: a schema change fails fast, with a lock_timeout of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from migration_guard.discover import Candidate
from migration_guard.files import Unreadable, read_source, shown_path
from migration_guard.procedures import LOCK_TIMEOUT
from migration_guard.sql.settings import TimeoutSet, options, timeouts
from migration_guard.verify.verdict import Evidence, Outcome

FASTEST = 10.0
"""Seconds for which everybody may have to queue behind a schema change."""
_REQUIRED = f"lock_timeout of at most {FASTEST:g} s"
_WHAT = "schema changes fail fast"
_HELP = (
    "Set lock_timeout = '5s' for migrations: in env.py, in the connection's options (-c lock_timeout=5s), or in the "
    "helper that runs DDL."
)


def evidence(candidates: Iterable[Candidate], cwd: Path) -> Iterator[Evidence]:
    """Look at Alembic's env.py, and at the scripts and migrations themselves. What is missing is a remark."""
    found = [(path, setting, line) for path in _places(candidates) for setting, line in _settings(path)]
    fast = [one for one in found if one[1].seconds is not None and 0 < one[1].seconds <= FASTEST]
    for path, setting, line in fast[:3] or found[:3]:
        remark = not fast
        outcome = Outcome.PASS
        value = f"{setting.name} = {setting.value}"
        yield Evidence(outcome, _WHAT, value, _REQUIRED, shown_path(path, cwd), line, remark=remark, help=_HELP)
    if not found:
        yield Evidence(Outcome.PASS, _WHAT, "no lock_timeout is set", _REQUIRED, remark=True, help=_HELP)


def _places(candidates: Iterable[Candidate]) -> list[Path]:
    places: dict[Path, None] = {}
    for one in candidates:
        places[one.path] = None
        for folder in (one.path.parent, *list(one.path.parents)[1:3]):
            places[folder / "env.py"] = None
    return [path for path in places if path.is_file()]


def _settings(path: Path) -> Iterator[tuple[TimeoutSet, int]]:
    try:
        text = read_source(path).decode("utf-8", "replace")
    except Unreadable:
        return  # the lint run tells of it
    for setting in (*timeouts(text), *options(text)):
        if setting.name == LOCK_TIMEOUT:
            yield setting, text.count("\n", 0, setting.start) + 1
