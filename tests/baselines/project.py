"""A git repository with migrations and a baseline, on which the whole pipeline runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import program

from migration_guard.baseline import DEFAULT_NAME, Change, dump, updated
from migration_guard.config import SettingsLoader
from migration_guard.filing import Shelf
from migration_guard.pipeline import Request, Run, run

ROOT = Path(__file__).parents[2]
IDENTITY = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Project:
    """A working tree; paths are relative to it."""

    root: Path

    @staticmethod
    def at(root: Path) -> Project:
        root.mkdir(parents=True, exist_ok=True)
        project = Project(root)
        project.git("init", "--quiet", "--initial-branch=main")
        return project

    # --- Files -------------------------------------------------------------------------------------------------------

    def write(self, path: str, text: str) -> None:
        """Write a file byte for byte; line ends stay as they are."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit a file; the text must be there exactly once."""
        text = self.read(path)
        assert text.count(old) == 1, (path, old, text.count(old))
        self.write(path, text.replace(old, new))

    @property
    def baseline(self) -> Path:
        return self.root / DEFAULT_NAME

    # --- Git ---------------------------------------------------------------------------------------------------------

    def git(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **IDENTITY},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is fails, (arguments, done.stdout, done.stderr)
        return done.stdout

    def commit(self, message: str = "work") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    # --- Runs --------------------------------------------------------------------------------------------------------

    def run(self, *paths: str, config: Sequence[str] = (), isolated: bool = False, **options: Any) -> Run:
        load = SettingsLoader(cwd=self.root, config=config, isolated=isolated)
        return run(Request(paths=paths, cwd=self.root, load=load, workers=1, **options))

    def accept(self, *paths: str) -> Change:
        """Grandfather everything that is found, and bring the rest up to date."""
        (shelf,) = self.run(*paths, writes_baseline=True).shelves
        change = updated(shelf.baseline.entries, shelf.matching, shelf.matching.new)
        self.baseline.write_text(dump(change.entries), encoding="utf-8")
        return change

    def guard(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a user does."""
        return program.run(*arguments, cwd=self.root, env={**os.environ, **IDENTITY, "NO_COLOR": "1", **environment})


def only(found: Run) -> Shelf:
    (shelf,) = found.shelves
    return shelf
