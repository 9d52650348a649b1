"""Bytes and names of files, taken so that nothing lying in a repository can hang or crash the reader.

Only regular files are opened, never blocking, and never more than a limit is read. This is the one place that opens
what a linted repository holds.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection
from pathlib import Path

from migration_guard.sight import asking, folders, looks, unsaved

SOURCE_LIMIT = 2 * 1024 * 1024
"""Bytes of a migration that are read at most: beyond it the parsers need gigabytes, and nobody wrote it by hand."""
LOOK_LIMIT = 256 * 1024 * 1024
"""Bytes of a file that are looked through at most for the words of a migration."""

_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK"))
_CHUNK = 64 * 1024
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_REASONS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOENT: "it vanished, or is a link to nothing",
    errno.ELOOP: "its symbolic links lead in a circle",
    errno.ENAMETOOLONG: "its path is too long for this system",
}


class Unreadable(Exception):
    """A file that cannot be read; the message says why."""


def reason(error: OSError) -> str:
    """Say why the system refused, without the path, which the message names anyway."""
    return _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)


def read_head(path: Path | str, limit: int = SOURCE_LIMIT) -> tuple[bytes, bool]:
    """Read a regular file's first bytes, and say whether that is the whole file. It is noted what was read."""
    try:
        content, whole = _head(path, limit)
    except Unreadable as error:
        looks.note(_content_of(path), f"!{error}")
        raise
    if whole and limit <= SOURCE_LIMIT:
        looks.note(_content_of(path), asking.digest(content))
    else:
        looks.note((_HEAD, Path(path), limit), _said(content, whole=whole))
    return content, whole


_CONTENT, _HEAD = "content", "head"


def _content_of(path: Path | str) -> looks.Question:
    return (_CONTENT, Path(path))


def is_known(path: Path, content: bytes) -> None:
    """Say what a file holds that was just read, so that nobody has to read it again to answer that."""
    asking.seed(_content_of(path), asking.digest(content))


@asking.answers(_CONTENT)
def _content(path: Path) -> str:
    try:
        content, whole = _head(path, SOURCE_LIMIT)
    except Unreadable as error:
        return f"!{error}"
    return asking.digest(content) if whole else "+"


@asking.answers(_HEAD)
def _first_bytes(path: Path, limit: int) -> str:
    try:
        content, whole = _head(path, limit)
    except Unreadable as error:
        return f"!{error}"
    return _said(content, whole=whole)


def _said(content: bytes, *, whole: bool) -> str:
    return f"{'=' if whole else '+'}{asking.digest(content)}"


def _head(path: Path | str, limit: int) -> tuple[bytes, bool]:
    typed = unsaved.content(path)
    if typed is not None:
        return typed[:limit], len(typed) <= limit
    try:
        # Opening a device can do things (rewind a tape, arm a watchdog), so it is looked at first.
        _refuse_special(os.stat(path))
        descriptor = os.open(path, _FLAGS)
        try:
            _refuse_special(os.fstat(descriptor))
            content = _read(descriptor, limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unreadable(reason(error)) from None
    except ValueError as error:  # a null byte in the name
        raise Unreadable(str(error)) from None
    return content[:limit], len(content) <= limit


def holds_any(path: Path | str, words: Collection[bytes], limit: int = LOOK_LIMIT) -> bool:
    """Say whether one of some words stands in a file that is too large to be read; beyond a limit it may."""
    longest = max(map(len, words))
    try:
        _refuse_special(os.stat(path))
        with open(path, "rb", buffering=0) as file:
            before = b""
            seen = 0
            while chunk := file.read(_CHUNK * 16):
                seen += len(chunk)
                if seen > limit or any(word in before + chunk for word in words):
                    return True
                before = chunk[-longest:]
    except (OSError, Unreadable):
        return True
    return False


def read_source(path: Path | str, limit: int = SOURCE_LIMIT) -> bytes:
    """Read a regular file wholly, or raise `Unreadable`."""
    content, whole = read_head(path, limit)
    if not whole:
        raise Unreadable(too_large(limit))
    return content


def too_large(limit: int = SOURCE_LIMIT) -> str:
    return f"larger than {limit // (1024 * 1024)} MB" if limit >= 1024 * 1024 else f"larger than {limit // 1000} kB"


def leads_out(path: Path, root: Path) -> bool:
    """Say whether a file that seems to lie in a folder lies elsewhere: it, or a folder on the way, is a link out of it."""
    inside = Path(os.path.abspath(path))
    return inside.is_relative_to(root) and not Path(folders.real(inside)).is_relative_to(folders.real(root))


def repository_of(folder: Path) -> Path | None:
    """Give the nearest folder upwards that holds a repository. A worktree's `.git` is a file."""
    return next((place for place in (folder, *folder.parents) if exists(place / ".git")), None)


LINK_OUT = "a symbolic link on its way leads out of the repository"


def exists(path: Path) -> bool:
    """Say whether something has this name. `Path.exists` raises where a folder may not be searched."""
    return os.path.exists(path)


def nearest_name(path: Path, base: Path) -> str:
    """Continue a message about a path that does not exist with the one that was probably meant, as `base` spells it."""
    parent = next((folder for folder in path.parents if folder.is_dir()), path)
    missing = path.relative_to(parent).parts[0] if parent != path else path.name
    try:
        names = sorted(os.listdir(parent))
    except OSError:
        return ""
    from difflib import get_close_matches  # noqa: PLC0415 -- for who mistyped

    close = get_close_matches(missing, names, n=1)
    if not close:
        return ""
    meant = parent / close[0]
    whole = meant.joinpath(*path.relative_to(parent).parts[1:]) if parent != path else meant
    return f"; did you mean {shown_path(whole if exists(whole) else meant, base)!r}?"


def shown_path(path: Path | str, base: Path) -> str:
    r"""Name a path for people and reports: POSIX, relative to `base`, bytes that are no UTF-8 as `\xNN`."""
    try:
        relative = os.path.relpath(path, base)
    except ValueError:  # another drive of Windows
        relative = os.fspath(path)
    return printable(relative.replace(os.sep, "/"))


def printable(name: str) -> str:
    """Give a file name that any stream of UTF-8 takes: lone surrogates stand for undecodable bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _refuse_special(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        what = next((what for is_kind, what in _KINDS if is_kind(status.st_mode)), "a special file")
        raise Unreadable(f"it is {what}, not a regular file")


def _read(descriptor: int, size: int) -> bytes:
    chunks = []
    while size > 0 and (chunk := os.read(descriptor, min(size, _CHUNK))):
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
