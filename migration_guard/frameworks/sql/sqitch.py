"""Sqitch: `deploy/`, `revert/` and `verify/` beside a plan or its configuration, which may name other folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, small, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import holds_ending, is_file

_PLAN, _CONFIGURATION = ".plan", "sqitch.conf"
_SET = re.compile(
    r"^[ \t]*(?P<key>(?:top|deploy|revert|verify)_dir)[ \t]*=[ \t]*(?P<value>[^\r\n#;]+)", re.MULTILINE | re.IGNORECASE
)


_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?--[ \t]*Deploy\s+\S+(?:\s+to\s+\w+)?\s*$", re.MULTILINE)
"""What it writes at the top of each new script."""


def recognises(path: Path, source: bytes) -> bool:
    return _way(path) is not None or (path.parent.name == "deploy" and bool(_HEAD.match(source)))


def parts(path: PurePath, text: str) -> Iterator[Part]:
    yield whole(text, Direction.DOWNGRADE if _way(path) == "revert" else Direction.UPGRADE)


def _way(path: PurePath) -> str | None:
    """Which of Sqitch's folders a file lies in."""
    for project in Path(path).parents:
        configuration = project / _CONFIGURATION
        if not (holds_ending(project, _PLAN) or is_file(configuration)):
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
