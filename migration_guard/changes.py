"""What a branch or the index changed: the files, their names before, the lines that are new, and what cannot be seen."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from migration_guard.findings import Finding, Status
from migration_guard.git import Git
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sources import is_for_others

_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that was added, changed or renamed, or a submodule that is at another commit."""

    path: Path
    before: str | None
    """Its name then, relative to the root; None if it is new."""
    lines: tuple[tuple[int, int], ...]
    """The ranges of lines that are new, both ends included."""

    def holds(self, finding: Finding) -> bool:
        """Whether a finding stands on a line that is new."""
        last = max(finding.span.line, finding.span.end_line)
        return self.before is None or any(start <= last and finding.span.line <= end for start, end in self.lines)


@dataclass(frozen=True)
class Changes:
    """All that changed since a commit."""

    git: Git
    base: str
    """The commit, or tree, that it is compared with."""
    every: tuple[Changed, ...]
    gone: tuple[str, ...] = ()
    """Files that were taken out: what led to them, or was governed by them, does something else now."""
    unseen: tuple[tuple[str, str], ...] = ()
    """Files that changed and cannot be read, with the reason."""

    def of(self, path: Path) -> Changed | None:
        """Give the change of a file, or of the submodule that it lies in."""
        real = Path(os.path.realpath(path))
        return next((self._places[one] for one in (real, *real.parents) if one in self._places), None)

    @cached_property
    def _places(self) -> dict[Path, Changed]:
        return {Path(os.path.realpath(one.path)): one for one in self.every}

    @cached_property
    def names(self) -> frozenset[str]:
        """What changed files are called and were called, relative to the root."""
        now = (Path(os.path.relpath(one.path, self.git.root)).as_posix() for one in self.every)
        return frozenset([*now, *(one.before for one in self.every if one.before is not None)])

    def below(self, paths: Sequence[str], cwd: Path) -> Changes:
        """Keep what lies in the files and folders that are named, or everything below the working directory."""
        wanted = [Path(os.path.realpath(cwd / path)) for path in paths] or [Path(os.path.realpath(cwd))]

        def is_wanted(path: Path) -> bool:
            return any(Path(os.path.realpath(path)).is_relative_to(one) for one in wanted)

        kept = tuple(one for one in self.every if is_wanted(one.path))
        return replace(
            self, every=kept, unseen=tuple(pair for pair in self.unseen if is_wanted(self.git.root / pair[0]))
        )

    def moved(self, root: Path) -> Changes:
        """The same changes, of files that lie in another folder."""
        there = tuple(replace(one, path=root / os.path.relpath(one.path, self.git.root)) for one in self.every)
        return replace(self, every=there)


def changed_since(git: Git, revision: str) -> Changes:
    """Give what differs between the working tree and the commit at which its branch left a revision."""
    base = git.merge_base(revision)
    found = [*_changed(git, (base,)), *(Changed(git.root / name, None, ()) for name in sorted(git.untracked()))]
    known = {one.path for one in found}
    found += [Changed(path, None, ()) for name in git.unmerged() if (path := git.root / name) not in known]
    why = "it is not in the working tree, as a sparse checkout leaves it; git sparse-checkout add brings it"
    unseen = [(os.path.relpath(one.path, git.root), why) for one in found if not os.path.lexists(one.path)]
    there = tuple(one for one in found if os.path.lexists(one.path))
    return Changes(git, base, there, gone=_gone(git, base), unseen=tuple(unseen))


def staged(git: Git) -> Changes:
    """Give what the next commit would change."""
    head = git.head()
    submodules = git.submodules()
    every = tuple(_changed(git, ("--cached", head)))
    names = {one: os.path.relpath(one.path, git.root) for one in every}
    unseen = [
        (name, "it is a submodule at another commit, whose files are not in this index; check it by itself")
        for name in names.values()
        if name in submodules
    ]
    unseen += [(name, "it has conflicts that are not resolved") for name in sorted(git.unmerged())]
    plain = tuple(one for one, name in names.items() if name not in submodules)
    return Changes(git, head, plain, gone=_gone(git, "--cached", head), unseen=tuple(unseen))


def _gone(git: Git, *against: str) -> tuple[str, ...]:
    return tuple(name for name in git.deleted(*against) if not is_for_others(name))


def _changed(git: Git, against: Sequence[str]) -> Iterator[Changed]:
    for old, new in git.changes(*against):
        hunks = git.hunks(*against, names=(new,) if old is None or old == new else (old, new))
        yield Changed(git.root / new, old, tuple(_ranges(hunks)))


def _ranges(diff: bytes) -> Iterator[tuple[int, int]]:
    for hunk in _HUNK.finditer(diff):
        start, count = int(hunk[1]), int(hunk[2]) if hunk[2] is not None else 1
        if count:
            yield start, start + count - 1


def outside(findings: Sequence[Finding], changed: Changed | None, before: Sequence[Finding]) -> Iterator[Finding]:
    """Give the new findings of a file that a change has not to do with.

    That is those on old lines, as long as the file had as many equal and equally severe ones before: what changed
    elsewhere, in the file, in a helper or in the configuration, can make a statement another one, or a worse one.
    """
    there = Counter(map(_what, before))
    now = Counter(map(_what, findings))
    for finding in findings:
        stands_on_it = changed is not None and changed.holds(finding)
        if finding.status is Status.NEW and not stands_on_it and now[_what(finding)] <= there[_what(finding)]:
            yield finding


def _what(finding: Finding) -> tuple[str, str, int]:
    return (finding.code, finding.fingerprint, finding.severity.rank)


def leads_elsewhere(source: bytes) -> bool:
    """Whether a migration may read another file of the repository: it imports what is no library, or opens files."""
    return bool(_OPENS.search(source)) or any(
        found[1].partition(b".")[0] not in _LIBRARIES for found in _IMPORT.finditer(source)
    )


_LIBRARIES = frozenset(
    name.encode()
    for name in (
        *sys.stdlib_module_names,
        "alembic",
        "sqlalchemy",
        "django",
        "psycopg",
        "psycopg2",
        "sqlmodel",
        "yoyo",
        "south",
    )
)
_IMPORT = re.compile(rb"(?:^|[;:])[ \t]*(?:from|import)[ \t]+([.\w]+)", re.MULTILINE)
_OPENS = re.compile(rb"\bopen\(|read_text|read_bytes|import_module|__import__|execfile|run_path|\.sql\b")
