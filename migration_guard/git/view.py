"""A repository seen without its configuration: its objects and its index, and nothing that could name a command.

Git gets a folder of our own for its repository. It finds there a configuration that we wrote, no hooks, no remotes, no
replaced objects and no drivers for what attributes name; the objects are the real ones, and so is the index.
"""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.files import Unreadable, read_source
from migration_guard.git.run import GitError, ask, run
from migration_guard.later import Later
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    import shutil
    import subprocess
    import tempfile
else:
    shutil = Later("shutil")
    tempfile = Later("tempfile")


_PLAIN = ("autocrlf", "eol", "ignorecase", "filemode", "symlinks", "precomposeunicode")
"""Keys of [core] by which files are compared, none of which names anything to run."""
_VALUES = frozenset({"true", "false", "input", "lf", "crlf", "native", "yes", "no", "on", "off", "1", "0"})
_LIMIT = 16 * 1024 * 1024
_opened = ExitStack()


@atexit.register
def close() -> None:
    """Remove the folders that views are made of."""
    _view.cache_clear()
    _opened.close()


@dataclass(frozen=True, slots=True)
class View:
    """How one working tree is looked at."""

    root: Path
    excludes: Path
    """The repository's own list of ignored files."""
    _variables: tuple[tuple[str, str], ...]

    def done(self, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run git; `given` is what it reads."""
        return run(self.root, arguments, dict(self._variables), given)

    def out(self, *arguments: str, given: bytes | None = None) -> bytes | None:
        """Give what git prints, None where it fails."""
        done = self.done(*arguments, given=given)
        return done.stdout if done.returncode == 0 else None


def open_view(folder: Path) -> View:
    """Look at the repository that a folder belongs to. Raises GitError."""
    done = ask(folder, "rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")
        raise GitError(f"{folder.name or folder} does not belong to a git repository ({said})")
    root, own, common = (Path(os.fsdecode(line)) for line in done.stdout.removesuffix(b"\n").split(b"\n"))
    return _view(root, own, folder / common, _index(root, own))


def _index(root: Path, own: Path) -> Path:
    """Give the index; during a commit of some files only, git names another one to its hooks."""
    stated = os.environ.get("GIT_INDEX_FILE")
    if stated:
        path = root / stated
        if os.path.realpath(path.parent) == os.path.realpath(own) and path.is_file():
            return path
    return own / "index"


@cache
def _view(root: Path, own: Path, common: Path, index: Path) -> View:
    folder = Path(tempfile.mkdtemp(prefix="migration-guard-"))
    _opened.callback(shutil.rmtree, folder, ignore_errors=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    (folder / "config").write_text(_configuration(root), encoding="ascii")
    for name in ("shallow", *(one.name for one in own.glob("sharedindex.*"))):
        _copy(own / name if name != "shallow" else common / name, folder / name)
    variables = {
        "GIT_DIR": os.fspath(folder),
        "GIT_WORK_TREE": os.fspath(root),
        "GIT_OBJECT_DIRECTORY": os.fspath(common / "objects"),
        "GIT_INDEX_FILE": os.fspath(index),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "HOME": os.fspath(folder),  # for git before 2.32, which knows no GIT_CONFIG_GLOBAL
        "XDG_CONFIG_HOME": os.fspath(folder),
    }
    return View(root, common / "info" / "exclude", tuple(variables.items()))


def _configuration(root: Path) -> str:
    asked = ask(root, "rev-parse", "--show-object-format")  # fails where git knows one only
    kind = asked.stdout.decode("ascii", "replace").strip()
    version, extensions = (1, f"[extensions]\n\tobjectFormat = {kind}\n") if kind == "sha256" else (0, "")
    stated = ask(root, "config", "-z", "--get-regexp", rf"^core\.({'|'.join(_PLAIN)})$")
    core = "".join(
        f"\t{key.rpartition('.')[2]} = {value}\n"
        for key, _, value in (line.partition("\n") for line in os.fsdecode(stated.stdout).split("\0"))
        if value in _VALUES
    )
    return f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = false\n{core}{extensions}"


def _copy(source: Path, target: Path) -> None:
    """Copy a file of the repository's, if it is one."""
    if source.is_file():
        try:
            read_source(source, _LIMIT)
        except Unreadable as error:
            raise GitError(f"{source.name} cannot be read: {error}") from None
        shutil.copyfile(source, target)
