"""Where configuration is read from: the working tree, or a commit, so that a branch cannot govern itself."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from migration_guard.files import LINK_OUT, Unreadable, exists, leads_out, read_source, repository_of, too_large
from migration_guard.git import Git, GitError
from migration_guard.lean import dataclass


class Place(Protocol):
    """Files by their names in the working tree."""

    def holds(self, path: Path) -> bool: ...

    def read(self, path: Path, limit: int) -> bytes:
        """Give a file wholly, or raise Unreadable."""

    def moved(self, to: Path) -> Place:
        """The same place, seen from another working tree of the repository."""


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """The files as they lie there."""

    def holds(self, path: Path) -> bool:
        return exists(path)

    def read(self, path: Path, limit: int) -> bytes:
        if leads_out(path, repository_of(path.parent) or path.parent):
            raise Unreadable(LINK_OUT)
        return read_source(path, limit)

    def moved(self, to: Path) -> WorkingTree:  # noqa: ARG002 -- it lies where one looks
        return self


@dataclass(frozen=True, slots=True)
class Commit:
    """The files as they were in a commit."""

    git: Git
    commit: str
    names: frozenset[str]

    @staticmethod
    def left(revision: str, folder: Path) -> Commit:
        """Give the commit at which the branch of a folder's repository left a revision. Raises GitError."""
        git = Git.at(folder)
        commit = git.merge_base(revision)
        return Commit(git, commit, git.files(commit))

    def holds(self, path: Path) -> bool:
        return self.git.name(path) in self.names

    def read(self, path: Path, limit: int) -> bytes:
        try:
            content = self.git.content(self.commit, path)
        except GitError as error:
            raise Unreadable(str(error)) from None
        if content is None:
            raise Unreadable("it is not there")
        if len(content) > limit:
            raise Unreadable(too_large(limit))
        return content

    def moved(self, to: Path) -> Commit:
        return Commit(Git.at(to), self.commit, self.names)
