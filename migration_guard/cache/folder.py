"""The folder of the cache: whether it can be trusted, what it is marked with, and how it stays small."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from migration_guard.cache.sheet import ENDING, KEPT_DAYS
from migration_guard.files import LINK_OUT, leads_out, repository_of
from migration_guard.git.run import GitError, ask
from migration_guard.later import re

NAME = ".migration_guard_cache"
TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"
_MARKS = {
    TAG: f"{_SIGNATURE}\n# What migration-guard read, so that it need not be read again. It can be deleted at any time.\n",
    ".gitignore": "# Written by migration-guard: what git tracks of a cache is not believed.\n*\n",
}
_SHEET = re.compile(rf"[0-9a-f]{{32}}{re.escape(ENDING)}(?:\.[0-9a-f]{{8}}\.part)?")
MAX_BYTES = 512 * 1024 * 1024
"""Of all files of the cache: beyond it, those go that were of use longest ago."""
_NO_REPOSITORY = b"not a git repository (or any"
"""What git says of a `.git` that is none; of one that it cannot find from here it says something else."""
_PART_SECONDS = 3600
"""After which a file that was being written is nobody's any more."""


class Refused(Exception):
    """A folder that is not used as a cache; the message says why."""


def check(folder: Path) -> bool:
    """Say whether there is a cache in a folder. Raises Refused where what lies there may be somebody else's.

    What a repository brings along is no cache: a change could bring its own verdict with it.
    """
    root = repository_of(folder.parent)
    if root is not None and folder.is_relative_to(root) and leads_out(folder, root):
        raise Refused(LINK_OUT)
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        raise Refused("it is no folder")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise Refused("it belongs to another user")
    held = os.listdir(folder)
    if held and TAG not in held:
        raise Refused(f"it holds other files, and no {TAG}")
    if root is not None and _is_tracked(folder):
        raise Refused("git tracks files in it, so that it came with the repository")
    return bool(held)


def _is_tracked(folder: Path) -> bool:
    try:
        found = ask(folder, "ls-files", "-z", "--cached", "--", ".")
    except GitError as error:
        raise Refused(f"it is not known whether git tracks it: {error}") from None
    if found.returncode and _NO_REPOSITORY in found.stderr:
        return False
    if found.returncode:
        raise Refused("it is not known whether git tracks it")
    return bool(found.stdout)


def prepare(folder: Path) -> None:
    """Make the folder, with what tells git and backups to leave it alone. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _MARKS.items():
        with contextlib.suppress(FileExistsError), (folder / name).open("x", encoding="utf-8") as file:
            file.write(text)


def sweep(folder: Path) -> None:
    """Take away what was of no use for long, and what is too much."""
    now, room = time.time(), MAX_BYTES
    for path, status in sorted(_sheets(folder), key=lambda one: -one[1].st_mtime):
        age = now - status.st_mtime
        room -= status.st_size
        if room < 0 or age > KEPT_DAYS * 86_400 or (path.suffix == ".part" and age > _PART_SECONDS):
            with contextlib.suppress(OSError):
                path.unlink()


def clean(folder: Path) -> int:
    """Take away all that is ours; how many files there were. Raises OSError."""
    paths = [path for path, _ in _sheets(folder)]
    for path in paths:
        path.unlink()
    for name in _MARKS:
        with contextlib.suppress(FileNotFoundError):
            (folder / name).unlink()
    with contextlib.suppress(OSError):  # what is not ours stays
        folder.rmdir()
    return len(paths)


def _sheets(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if _SHEET.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    yield folder / entry.name, entry.stat(follow_symlinks=False)
