"""What git knows of a repository, asked so that nothing the repository names is run: see `run` and `view`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import date
from pathlib import Path

from migration_guard.git.run import GitError, ask
from migration_guard.git.snapshot import extracted
from migration_guard.git.view import View, open_view
from migration_guard.lean import dataclass

__all__ = ["Git", "GitError"]

_MANY = 500
"""Files that a command is asked about by their names; about more it is asked without."""
_PLAINLY = ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty")
"""A difference as it is. Whether a submodule is dirty would be found out by a git that obeys its configuration."""


@dataclass(frozen=True, slots=True)
class Git:
    """A repository with a working tree."""

    root: Path
    _view: View = field(repr=False, compare=False)

    @staticmethod
    def at(folder: Path) -> Git:
        """Give the repository that a folder belongs to, or raise GitError."""
        view = open_view(folder)
        return Git(view.root, view)

    def commit(self, revision: str) -> str:
        """Give the hash of the commit that a revision means."""
        name = None
        if not revision.startswith("-"):
            name = self._ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if not name:
            one = "; expected one revision: compared is with where HEAD left it" if ".." in revision else ""
            raise GitError(f"there is no revision {revision!r} here{one or self._shallow()}")
        return name

    def head(self) -> str:
        """Give the commit that is checked out; before the first one, the tree in which nothing is."""
        try:
            return self.commit("HEAD")
        except GitError:
            return self._told("hash-object", "-t", "tree", os.devnull) or ""

    def merge_base(self, revision: str) -> str:
        """Give the commit at which the working tree's branch left `revision`."""
        base = self._told("merge-base", self.commit(revision), self.commit("HEAD"))
        if not base:
            raise GitError(f"{revision} and the checked out commit have no history in common{self._shallow()}")
        return base

    def content(self, commit: str, path: Path) -> bytes | None:
        """Give a file as it is in a commit, None if it is not there. An empty name of a commit means the index."""
        name = f"{commit}:{self.name(path)}"
        content = self._view.out("cat-file", "blob", name)
        if content is None and self._view.out("rev-parse", "--verify", "--quiet", name) is not None:
            raise GitError(f"{path.name} of {commit[:12] or 'the index'} is no file, or is missing{self._shallow()}")
        return content

    def last_change(self, path: Path) -> str:
        """Give the last commit that changed a file; in a shallow clone the oldest one seems to have changed all."""
        said = self._told("rev-list", "-1", "--parents", self.commit("HEAD"), "--", self.name(path)) or ""
        commit, _, parents = said.partition(" ")
        if not commit:
            raise GitError(f"{path.name} is in no commit{self._shallow()}")
        if not parents and (shallow := self._shallow()):
            raise GitError(f"it is not known when {path.name} was last changed{shallow}")
        return commit

    def history(self, path: Path) -> list[tuple[str, date]]:
        """Give the commits that changed a file with the days on which they were made, the oldest first."""
        said = self._told("rev-list", "--reverse", "--format=%H %cs", self.commit("HEAD"), "--", self.name(path))
        if said is None:
            raise GitError(f"git rev-list failed{self._shallow()}")
        pairs = (line.split(" ") for line in said.splitlines() if not line.startswith("commit "))
        return [(commit, date.fromisoformat(day)) for commit, day in pairs]

    def unchanged(self, commit: str, paths: Iterable[Path]) -> frozenset[Path]:
        """Give those of the files that are in a commit, and the same in the working tree."""
        asked = {self.name(path): path for path in paths}
        if not asked:
            return frozenset()
        named = asked if len(asked) <= _MANY else ()  # a command line has an end
        there = self._names("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, "--", *named)
        changed = self._names("diff", *_PLAINLY, "--name-only", "-z", commit, "--", *named)
        return frozenset(asked[name] for name in there - changed if name in asked)

    def changes(self, *against: str) -> list[tuple[str | None, str]]:
        """Give the files that were added, changed or renamed: their old name, None if they are new, and their name."""
        out = self._view.out("diff", *_PLAINLY, "--name-status", "-z", "-M", "--diff-filter=AMRCT", *against, "--")
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
        out = self._view.out("diff", *_PLAINLY, "-U0", "-M", *against, "--", *names)
        if out is None:
            raise GitError("git diff failed")
        return out

    def deleted(self, *against: str) -> tuple[str, ...]:
        """Give the files that were taken out, or got another name."""
        return tuple(
            sorted(
                self._names("diff", *_PLAINLY, "--no-renames", "--name-only", "-z", "--diff-filter=D", *against, "--")
            )
        )

    def unmerged(self) -> frozenset[str]:
        """Give the files that hold conflicts of a merge."""
        listed = self._view.out("ls-files", "--unmerged", "-z") or b""
        return frozenset(os.fsdecode(one.partition(b"\t")[2]) for one in listed.split(b"\0") if one)

    def submodules(self) -> frozenset[str]:
        """Give the submodules of the index."""
        listed = self._view.out("ls-files", "-s", "-z") or b""
        return frozenset(
            os.fsdecode(one.partition(b"\t")[2]) for one in listed.split(b"\0") if one.startswith(b"160000 ")
        )

    def untracked(self) -> frozenset[str]:
        """Give the files that git neither has nor ignores."""
        ignored = ("--exclude-per-directory=.gitignore", f"--exclude-from={self._view.excludes}")
        return self._names("ls-files", "--others", "-z", *(ignored if self._view.excludes.is_file() else ignored[:1]))

    @contextmanager
    def snapshot(self, commit: str, also: Collection[str] = ()) -> Iterator[Path]:
        """Give a folder with the files of a commit, or of the index if the name is empty, that a run may read, and some others."""
        listed = ("ls-files", "-s", "-z") if commit == "" else ("ls-tree", "-r", "-z", "--full-tree", commit)
        entries = self._view.out(*listed)
        if entries is None:
            raise GitError(f"git {listed[0]} failed{self._shallow()}")
        own = self._ask("rev-parse", "--absolute-git-dir") or ""
        with extracted(entries, own, lambda given: self._view.out("cat-file", "--batch", given=given), also) as folder:
            yield folder

    def files(self, commit: str) -> frozenset[str]:
        """Give the files of a commit."""
        return self._names("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)

    def tracked(self) -> frozenset[str]:
        """Give the files that git has: those of the index."""
        return self._names("ls-files", "--cached", "-z")

    def name(self, path: Path) -> str:
        """Spell a path as git does: relative to the root, with slashes."""
        return Path(os.path.relpath(os.path.realpath(path.parent), os.path.realpath(self.root)), path.name).as_posix()

    def _names(self, *arguments: str) -> frozenset[str]:
        out = self._view.out(*arguments)
        if out is None:
            raise GitError(f"git {arguments[0]} failed")
        return frozenset(os.fsdecode(name) for name in out.split(b"\0") if name)

    def _told(self, *arguments: str) -> str | None:
        out = self._view.out(*arguments)
        return None if out is None else out.decode(errors="replace").strip()

    def _ask(self, *arguments: str) -> str | None:
        """Ask for what the view has not: revisions by their names."""
        done = ask(self.root, *arguments)
        return None if done.returncode else done.stdout.decode(errors="replace").strip()

    def _shallow(self) -> str:
        """Continue a message about missing history with its most likely cause."""
        if self._ask("rev-parse", "--is-shallow-repository") != "true":
            return ""
        return "; this clone is shallow: fetch the history first (git fetch --unshallow, or fetch-depth: 0 in CI)"
