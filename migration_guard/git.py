"""What git knows of a repository, asked so that nothing in the repository is run: no hooks, no monitors, no filters."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_QUIETLY = (
    "--no-optional-locks", "--literal-pathspecs",
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false",
)  # fmt: skip
SECONDS = 60.0


class GitError(Exception):
    """Git is not there, or refuses; the message says what was asked and what can be done."""


@dataclass(frozen=True, slots=True)
class Git:
    """A repository with a working tree."""

    root: Path

    @staticmethod
    def at(folder: Path) -> Git:
        """Give the repository that a folder belongs to, or raise GitError."""
        out = _run(folder, "rev-parse", "--show-toplevel")
        if out is None:
            raise GitError(f"{folder.name or folder} does not belong to a git repository")
        return Git(Path(os.fsdecode(out.rstrip(b"\n"))))

    def commit(self, revision: str) -> str:
        """Give the hash of the commit that a revision means."""
        name = (
            None
            if revision.startswith("-")
            else self._ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        )
        if not name:
            raise GitError(f"there is no revision {revision!r} here{self._shallow()}")
        return name

    def merge_base(self, revision: str) -> str:
        """Give the commit at which the working tree's branch left `revision`."""
        base = self._ask("merge-base", self.commit(revision), "HEAD")
        if not base:
            raise GitError(f"{revision} and the checked out commit have no history in common{self._shallow()}")
        return base

    def content(self, commit: str, path: Path) -> bytes | None:
        """Give a file as it is in a commit, None if it is not there."""
        return _run(self.root, "cat-file", "blob", f"{commit}:{self.name(path)}")

    def last_change(self, path: Path) -> str | None:
        """Give the last commit that changed a file."""
        return self._ask("log", "-1", "--format=%H", "--", self.name(path)) or None

    def unchanged(self, commit: str, paths: Iterable[Path]) -> frozenset[Path]:
        """Give those of the files that are in a commit, and the same in the working tree."""
        asked = {self.name(path): path for path in paths}
        if not asked:
            return frozenset()
        there = self._names("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, "--", *asked)
        changed = self._names("diff", "--no-ext-diff", "--no-textconv", "--name-only", "-z", commit, "--", *asked)
        return frozenset(asked[name] for name in there - changed if name in asked)

    def name(self, path: Path) -> str:
        """Spell a path as git does: relative to the root, with slashes."""
        return Path(os.path.relpath(os.path.realpath(path.parent), os.path.realpath(self.root)), path.name).as_posix()

    def _names(self, *arguments: str) -> frozenset[str]:
        out = _run(self.root, *arguments)
        if out is None:
            raise GitError(f"git {arguments[0]} failed")
        return frozenset(os.fsdecode(name) for name in out.split(b"\0") if name)

    def _ask(self, *arguments: str) -> str | None:
        out = _run(self.root, *arguments)
        return None if out is None else out.decode(errors="replace").strip()

    def _shallow(self) -> str:
        """Continue a message about missing history with its most likely cause."""
        if self._ask("rev-parse", "--is-shallow-repository") != "true":
            return ""
        return "; this clone is shallow: fetch the history first (git fetch --unshallow, or fetch-depth: 0 in CI)"


def _run(folder: Path, *arguments: str) -> bytes | None:
    """Run git, None where it fails."""
    try:
        done = subprocess.run(
            ["git", *_QUIETLY, *arguments],
            cwd=folder,
            capture_output=True,
            check=False,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git could not be run: {type(error).__name__}") from None
    return done.stdout if done.returncode == 0 else None
