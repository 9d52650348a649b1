"""The files of a commit, or of the index, as a folder of their own: what is read there cannot be mixed with the working tree.

Objects are read by `cat-file --batch`, which knows no filter, no attribute and no line end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.files import Unreadable
from migration_guard.git.run import GitError
from migration_guard.later import Later
from migration_guard.sight.folders import ARCHIVES, COMPILED
from migration_guard.sources import SQITCH, is_source, script_endings

if TYPE_CHECKING:
    import tempfile
else:
    tempfile = Later("tempfile")


_READ = frozenset(
    {
        ".py",
        ".toml",
        ".ini",
        ".cfg",
        ".txt",
        ".yaml",
        ".yml",
        ".xml",
        ".json",
        ".plan",
        ".mako",
        ".pyi",
        ".jsonl",
        ".csv",
        ".tsv",
        ".dat",
        ".data",
        ".tmpl",
        ".tpl",
        ".j2",
        ".jinja",
        ".jinja2",
        ".gz",
        ".bz2",
        ".xz",
        ".pkl",
        ".pickle",
        "",
        *ARCHIVES,
        *COMPILED,
    }
)
"""What a run may read; the rest of a repository is left where it is."""
_FILE = ("100644", "100755")


@contextmanager
def extracted(
    entries: bytes, repository: str, contents: Callable[[bytes], bytes | None], also: Collection[str]
) -> Iterator[Path]:
    """Write what `ls-tree -r -z` or `ls-files -s -z` lists into a temporary folder, and remove it in the end.

    It is a working tree of `repository`. `contents` gives what `cat-file --batch` prints for the hashes on its input. Links and submodules are not followed:
    they are not written. Raises GitError.
    """
    files = list(_files(entries))
    settings = [(name, digest) for name, digest in files if Path(name).name == SQITCH]
    scripts = [
        (name.removesuffix(SQITCH), script_endings(text.decode("utf-8", "replace")))
        for name, text in _blobs(settings, contents)
    ]
    wanted = [
        (name, digest)
        for name, digest in files
        if is_source(name)
        or Path(name).suffix.lower() in _READ
        or name in also
        or Path(name).name == SQITCH
        or any(name.startswith(folder) and name.endswith(endings) for folder, endings in scripts)
    ]
    with tempfile.TemporaryDirectory(prefix="migration-guard-") as folder:
        root = Path(os.path.realpath(folder))
        (root / ".git").write_text(f"gitdir: {repository}\n", encoding="utf-8")  # a working tree of the same repository
        for name, content in _blobs(wanted, contents):
            path = root / name
            if not Path(os.path.normpath(path)).is_relative_to(root):
                raise Unreadable(f"{name} leads out of the repository")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield root


def _blobs(
    files: Sequence[tuple[str, bytes]], contents: Callable[[bytes], bytes | None]
) -> Iterator[tuple[str, bytes]]:
    """What stands in files, of which the names and the hashes are known. Raises GitError."""
    printed = contents(b"".join(digest + b"\n" for _, digest in files)) if files else b""
    if printed is None:
        raise GitError("git cat-file failed")
    at = 0
    for name, _ in files:
        end = printed.index(b"\n", at)
        head = printed[at:end].split()
        if len(head) != 3 or head[1] != b"blob":
            raise GitError(f"{name} is missing in git's objects")
        size = int(head[2])
        yield name, printed[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _files(entries: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and hashes of plain files: mode, type and hash in a tree, mode, hash and stage in the index; then the name."""
    for entry in entries.split(b"\0"):
        head, _, name = entry.partition(b"\t")
        words = head.split()
        if words and words[0].decode() in _FILE and (words[1] == b"blob" or words[2] == b"0"):
            yield os.fsdecode(name), words[2] if words[1] == b"blob" else words[1]
