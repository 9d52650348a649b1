"""What git has of a repository. What it tracks is looked at, whatever folders are called and .gitignore says."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import field
from pathlib import Path

from migration_guard.git import Git, GitError
from migration_guard.lean import dataclass


@dataclass(slots=True)
class Tracked:
    """Asks git once for each repository, and only where something would be left out."""

    _known: dict[Path, tuple[str, ...] | None] = field(default_factory=dict)

    def holds(self, path: Path, root: Path | None) -> bool:
        """Say whether git tracks a file."""
        names, name = self._names(root), _name(path, root)
        at = bisect_left(names, name)
        return at < len(names) and names[at] == name

    def holds_below(self, folder: Path, root: Path | None) -> bool:
        """Say whether git tracks anything in a folder, or the folder itself where it is a link."""
        names, name = self._names(root), _name(folder, root)
        at = bisect_left(names, name + "/")
        return self.holds(folder, root) or (at < len(names) and names[at].startswith(name + "/"))

    def is_known(self, root: Path | None) -> bool:
        """Say whether git can be asked."""
        self._names(root)
        return root is None or self._known[root] is not None

    def _names(self, root: Path | None) -> tuple[str, ...]:
        if root is None:
            return ()
        if root not in self._known:
            try:
                self._known[root] = tuple(sorted(Git.at(root).tracked()))
            except GitError:
                self._known[root] = None
        return self._known[root] or ()


def _name(path: Path, root: Path | None) -> str:
    return path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else os.fspath(path)
