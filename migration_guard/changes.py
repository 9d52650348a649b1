"""What a branch or the index changed: the files, their content before, and the lines that are new."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from migration_guard.findings import Finding, Status
from migration_guard.git import Git

_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_INDEX = ""
"""The name of the index, where git expects that of a commit."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that was added, changed or renamed."""

    path: Path
    before: bytes | None
    """Its content before; None if it is new."""
    lines: tuple[tuple[int, int], ...]
    """The ranges of lines that are new, both ends included."""
    content: bytes | None = None
    """Its content, where that is not the one in the working tree."""

    def holds(self, finding: Finding) -> bool:
        """Whether a finding stands on a line that is new."""
        last = max(finding.span.line, finding.span.end_line)
        return self.before is None or any(start <= last and finding.span.line <= end for start, end in self.lines)


def changed_since(git: Git, revision: str) -> tuple[Changed, ...]:
    """Give what differs between the working tree and the commit at which its branch left a revision."""
    base = git.merge_base(revision)
    tracked = _changed(git, (base,), base, staged=False)
    fresh = (Changed(git.root / name, None, ()) for name in git.untracked())
    return (*tracked, *fresh)


def staged(git: Git) -> tuple[Changed, ...]:
    """Give what the next commit would change, with the content that it would commit."""
    head = git.head()
    return tuple(_changed(git, ("--cached", head), head, staged=True))


def _changed(git: Git, against: Sequence[str], base: str, *, staged: bool) -> Iterator[Changed]:
    for old, new in git.changes(*against):
        path = git.root / new
        content = git.content(_INDEX, path) if staged else None
        before = git.content(base, git.root / old) if old is not None else None
        hunks = git.hunks(*against, names=(new,) if old is None or old == new else (old, new))
        yield Changed(path, before, tuple(_ranges(hunks)), content)


def _ranges(diff: bytes) -> Iterator[tuple[int, int]]:
    for hunk in _HUNK.finditer(diff):
        start, count = int(hunk[1]), int(hunk[2]) if hunk[2] is not None else 1
        if count:
            yield start, start + count - 1


def below(changes: Iterable[Changed], paths: Sequence[str], cwd: Path) -> tuple[Changed, ...]:
    """Keep what lies in the files and folders that are named, or everything below the working directory."""
    wanted = [Path(os.path.realpath(cwd / path)) for path in paths] or [Path(os.path.realpath(cwd))]
    return tuple(one for one in changes if any(Path(os.path.realpath(one.path)).is_relative_to(w) for w in wanted))


def outside(findings: Sequence[Finding], changed: Changed, before: Sequence[Finding]) -> Iterator[Finding]:
    """Give the new findings of a file that a change has not to do with.

    That is those on old lines, as long as the file had as many equal ones before: what changed elsewhere in the file
    can make a statement another one.
    """
    there = Counter((finding.code, finding.fingerprint) for finding in before)
    now = Counter((finding.code, finding.fingerprint) for finding in findings)
    for finding in findings:
        key = (finding.code, finding.fingerprint)
        if finding.status is Status.NEW and not changed.holds(finding) and now[key] <= there[key]:
            yield finding
