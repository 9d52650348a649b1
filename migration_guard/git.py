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
_ELSEWHERE = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX"})
"""What git tells its hooks of where they run: it would lead to another repository than the one that is asked for."""


class GitError(Exception):
    """Git is not there, or refuses; the message says what was asked and what can be done."""


@dataclass(frozen=True, slots=True)
class Git:
    """A repository with a working tree."""

    root: Path

    @staticmethod
    def at(folder: Path) -> Git:
        """Give the repository that a folder belongs to, or raise GitError."""
        done = _done(folder, "rev-parse", "--show-toplevel")
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")
            raise GitError(f"{folder.name or folder} does not belong to a git repository ({said})")
        return Git(Path(os.fsdecode(done.stdout.rstrip(b"\n"))))

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

    def last_change(self, path: Path) -> str:
        """Give the last commit that changed a file; in a shallow clone the oldest one seems to have changed all."""
        commit, _, parents = (self._ask("log", "-1", "--format=%H %P", "--", self.name(path)) or "").partition(" ")
        if not commit:
            raise GitError(f"{path.name} is in no commit{self._shallow()}")
        if not parents and (shallow := self._shallow()):
            raise GitError(f"it is not known when {path.name} was last changed{shallow}")
        return commit

    def unchanged(self, commit: str, paths: Iterable[Path]) -> frozenset[Path]:
        """Give those of the files that are in a commit, and the same in the working tree."""
        asked = {self.name(path): path for path in paths}
        if not asked:
            return frozenset()
        there = self._names("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, "--", *asked)
        changed = self._names("diff", "--no-ext-diff", "--no-textconv", "--name-only", "-z", commit, "--", *asked)
        return frozenset(asked[name] for name in there - changed if name in asked)

    def changes(self, *against: str) -> list[tuple[str | None, str]]:
        """Give the files that were added, changed or renamed: their old name, None if they are new, and their name."""
        out = _run(
            self.root, "diff", "--no-ext-diff", "--name-status", "-z", "-M", "--diff-filter=AMRCT", *against, "--"
        )
        if out is None:
            raise GitError("git diff failed")
        words = iter(os.fsdecode(word) for word in out.split(b"\0") if word)
        found: list[tuple[str | None, str]] = []
        for status in words:
            name = next(words)
            found.append((name, next(words)) if status[0] in "RC" else (None if status[0] == "A" else name, name))
        return found

    def hunks(self, *against: str, names: Iterable[str]) -> bytes:
        """Give the differences of one file, without the lines around them."""
        asked = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "-U0", "-M", *against, "--", *names)
        out = _run(self.root, *asked)
        if out is None:
            raise GitError("git diff failed")
        return out

    def untracked(self) -> frozenset[str]:
        """Give the files that git neither has nor ignores."""
        return self._names("ls-files", "--others", "--exclude-standard", "-z")

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
    done = _done(folder, *arguments)
    return done.stdout if done.returncode == 0 else None


def _done(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *_QUIETLY, *arguments],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name not in _ELSEWHERE},
            capture_output=True,
            check=False,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git could not be run: {type(error).__name__}") from None
