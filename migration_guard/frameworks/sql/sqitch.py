"""Sqitch: `deploy/`, `revert/` and `verify/` beside its plan or its configuration, which may name other folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, small, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import is_file

_PLAN, _CONFIGURATION = "sqitch.plan", "sqitch.conf"
_SET = re.compile(
    r"^[ \t]*(?P<key>(?:top|deploy|revert|verify)_dir)[ \t]*=[ \t]*(?P<value>[^\r\n#;]+)", re.MULTILINE | re.IGNORECASE
)


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return _way(path) is not None


def parts(path: PurePath, text: str) -> Iterator[Part]:
    yield whole(text, Direction.DOWNGRADE if _way(path) == "revert" else Direction.UPGRADE)


def _way(path: PurePath) -> str | None:
    """Which of Sqitch's folders a file lies in."""
    for project in Path(path).parents:
        plan, configuration = project / _PLAN, project / _CONFIGURATION
        if not (is_file(plan) or is_file(configuration)):
            continue
        said: dict[str, list[Path]] = {}
        for found in _SET.finditer(small(configuration)):
            said.setdefault(found["key"].lower(), []).append(project / found["value"].strip().strip('"'))
        tops = [project, *said.get("top_dir", ())]  # each engine and target may have its own
        for way in ("deploy", "verify", "revert"):
            folders = [*(top / way for top in tops), *said.get(f"{way}_dir", ())]
            if any(Path(path).is_relative_to(folder) for folder in folders):
                return way
    return None
