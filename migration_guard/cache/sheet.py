"""One file of the cache: lines of a key, the day on which it was last of use, and JSON, under a line with their digest.

It is read whole, replaced whole, and belongs to nobody: of several runs that write it the last one wins, and what the
others found is found again. What is broken is as good as missing.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from migration_guard.files import Unreadable, read_source
from migration_guard.sight.asking import digest

ENDING = ".lines"
MAX_BYTES = 256 * 1024 * 1024
"""Of a file of the cache that is read."""
KEPT_BYTES = 64 * 1024 * 1024
"""Of a file of the cache that is written: what was of use last stays."""
KEPT_DAYS = 30
"""Days for which something is kept that is of no use."""
_LATELY = 7
"""Days after which it is worth writing that something was of use."""
_FORMAT = b"migration-guard 1 "


class Broken(Exception):
    """A file of the cache that is not as it was written."""


class Sheet:
    """What such a file holds, read when somebody asks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: dict[bytes, tuple[int, bytes]] | None = None
        self._new: dict[bytes, tuple[int, bytes]] = {}

    def get(self, key: str) -> bytes | None:
        """What stands under a key. Raises Broken, once."""
        name = key.encode()
        if name in self._new:
            return self._new[name][1]
        if self._lines is None:
            self._lines = {}  # where it is broken, it is told once
            self._lines = _read(self.path)
        found = self._lines.get(name)
        if found is None:
            return None
        if found[0] < _today() - _LATELY:
            self._new[name] = (_today(), found[1])
        return found[1]

    def put(self, key: str, value: str) -> None:
        self._new[key.encode()] = (_today(), value.encode())

    def write(self) -> bool:
        """Replace the file, if there is anything new; whether there was. Raises OSError."""
        if not self._new:
            return False
        try:
            there = _read(self.path)  # another run may have written it meanwhile
        except Broken:
            there = {}
        kept = {key: line for key, line in there.items() if line[0] >= _today() - KEPT_DAYS} | self._new
        room = KEPT_BYTES
        body: list[bytes] = []
        for key, (day, value) in sorted(kept.items(), key=lambda line: (-line[1][0], line[0] not in self._new)):
            room -= len(key) + len(value) + 16
            if room >= 0:
                body.append(b"%s %d %s\n" % (key, day, value))
        _replace(self.path, b"".join(body))
        self._new = {}
        return True


def _read(path: Path) -> dict[bytes, tuple[int, bytes]]:
    try:
        content = read_source(path, MAX_BYTES)
    except Unreadable:
        return {}
    head, _, body = content.partition(b"\n")
    if head != _FORMAT + digest(body).encode():
        raise Broken
    lines = {}
    for line in body.splitlines():
        key, day, value = line.split(b" ", 2)
        lines[key] = (int(day), value)
    return lines


def _replace(path: Path, body: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    try:
        part.write_bytes(_FORMAT + digest(body).encode() + b"\n" + body)
        os.replace(part, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()


def _today() -> int:
    return int(time.time() // 86_400)
