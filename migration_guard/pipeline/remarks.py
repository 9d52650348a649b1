"""Remarks of the files as they were, where only those count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migration_guard.config import Settings
from migration_guard.discover import Candidate, UsageError
from migration_guard.git import Git, GitError
from migration_guard.judge import Law, Trusted
from migration_guard.operations import Ignore, Reading
from migration_guard.pipeline.read import read_each
from migration_guard.pipeline.ruled import by_rules
from migration_guard.request import Request


class Remarks:
    """The remarks that were there before the branch, where only those count."""

    def __init__(self, request: Request) -> None:
        self._git: Git | None = None
        self._base = ""
        self._before: dict[Path, str] = {}
        self._findings: dict[Path, Counter[tuple[str, str]]] = {}
        if request.ignores_since is not None:
            try:
                self._git = Git.at(request.cwd)
                self._base = self._git.merge_base(request.ignores_since)
            except GitError as error:
                raise UsageError(f"--no-inline-ignores-since: {error}") from None

    def look_back(
        self, readings: Iterable[tuple[Candidate, Reading]], request: Request, laws: Mapping[Settings, Law]
    ) -> None:
        """Read the files that have remarks as they were."""
        if self._git is None:
            return
        old = []
        for candidate, reading in readings:
            if reading.ignores:
                content = self._git.content(self._base, candidate.path)
                self._before[candidate.path] = (content or b"").decode("utf-8", "replace")
                old += [replace(candidate, held=content)] if content is not None else []
        for candidate, reading in read_each(old, request):
            found = by_rules(candidate, reading, laws[candidate.settings], ()).findings
            self._findings[candidate.path] = Counter((one.code, one.fingerprint) for one in found)

    def in_file(self, path: Path, ignores: Sequence[Ignore]) -> Trusted | None:
        if self._git is None or not ignores:
            return None
        before = self._before.get(path, "")
        remarks = {ignore.text: before.count(ignore.text) for ignore in ignores}
        return Trusted(remarks, self._findings.get(path, Counter()))
