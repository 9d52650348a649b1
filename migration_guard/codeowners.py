"""Who owns which files, as the repository's CODEOWNERS says: the last line that fits decides."""

from __future__ import annotations

import os
from pathlib import Path

from migration_guard.files import Unreadable, read_source
from migration_guard.globs import BadPattern, Patterns, patterns
from migration_guard.lean import dataclass

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where GitHub and GitLab look for it, the first that is there."""
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """The lines of the file, in their order."""

    root: Path
    lines: tuple[tuple[Patterns, str], ...] = ()

    @staticmethod
    def of(root: Path) -> CodeOwners:
        """Read the file of a repository; without one, nobody owns anything."""
        for place in PLACES:
            try:
                text = read_source(root / place).decode("utf-8", "replace")
            except Unreadable:
                continue
            return CodeOwners(root, tuple(_lines(text)))
        return CodeOwners(root)

    def owner(self, path: Path) -> str:
        """Say who owns a file."""
        name = Path(os.path.relpath(path, self.root)).as_posix()
        return next((owners or NOBODY for fits, owners in reversed(self.lines) if fits.cover(name)), NOBODY)


def _lines(text: str) -> list[tuple[Patterns, str]]:
    found: list[tuple[Patterns, str]] = []
    for line in text.splitlines():
        words = line.partition(" #")[0].split()
        if not words or words[0].startswith(("#", "[", "^[")):  # a comment, or a section of GitLab's
            continue
        try:
            found.append((patterns([words[0]]), " ".join(words[1:])))
        except BadPattern:
            continue
    return found
