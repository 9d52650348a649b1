"""Sqitch: `deploy/`, `revert/` and `verify/` beside a plan or its configuration, which may name other folders and any ending."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, small, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight import remembered
from migration_guard.sight.folders import holds_ending, is_file
from migration_guard.sources import SQITCH, script_endings

_PLAN = ".plan"
_SET = re.compile(
    r"^[ \t]*(?P<key>(?:top|reworked|(?:reworked_)?(?:deploy|revert|verify))_dir)[ \t]*=[ \t]*(?P<value>[^\r\n#;]+)",
    re.MULTILINE | re.IGNORECASE,
)
_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?--[ \t]*Deploy\s+\S+(?:\s+to\s+\w+)?\s*$", re.MULTILINE)
"""What it writes at the top of each new script."""


def recognises(path: Path, source: bytes) -> bool:
    return _way(path) is not None or (path.parent.name == "deploy" and bool(_HEAD.match(source)))


def parts(path: PurePath, text: str) -> Iterator[Part]:
    yield whole(text, Direction.DOWNGRADE if _way(path) == "revert" else Direction.UPGRADE)


@remembered(512)
def endings(project: Path) -> tuple[str, ...]:
    """How the names of a project's scripts end, where its configuration says so."""
    return script_endings(small(project / SQITCH))


def is_script(path: PurePath) -> bool:
    """Whether a file is one by the ending that a configuration above it states."""
    return any(path.name.endswith(endings(folder)) for folder in Path(path).parents) and _way(path) is not None


def _way(path: PurePath) -> str | None:
    """Which of Sqitch's folders a file lies in."""
    for project in Path(path).parents:
        configuration = project / SQITCH
        if not (holds_ending(project, _PLAN) or is_file(configuration)):
            continue
        said = {key: [project / one for one in values] for key, values in _said(configuration).items()}
        # Each engine and target may have its own.
        tops = [project, *said.get("top_dir", ()), *said.get("reworked_dir", ())]
        for way in ("deploy", "verify", "revert"):
            folders = [*(top / way for top in tops), *said.get(f"{way}_dir", ()), *said.get(f"reworked_{way}_dir", ())]
            if any(Path(path).is_relative_to(folder) for folder in folders):
                return way
    return None


@remembered(512)
def _said(configuration: Path) -> dict[str, list[str]]:
    """What a configuration says, by keys; several sections may state one."""
    said: dict[str, list[str]] = {}
    for found in _SET.finditer(small(configuration)):
        said.setdefault(found["key"].lower(), []).append(found["value"].strip().strip('"'))
    return said
