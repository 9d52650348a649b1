"""dbmate: `-- migrate:up` begins what runs, `-- migrate:down` what takes it back; both may have options behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom, whole
from migration_guard.later import re
from migration_guard.operations import Direction

_UP = re.compile(r"^--[ \t]*migrate:up(?P<options>[ \t\r]*$|[ \t]+\S[^\n]*)", re.MULTILINE)
_DOWN = re.compile(r"^--[ \t]*migrate:down(?P<options>(?:[ \t]+\w+:\w+)*)[ \t\r]*$", re.MULTILINE)
"""Older releases take what has other words behind it for a remark, so that all goes on to run."""
_NO_TRANSACTION = re.compile(r"\btransaction:false\b")


def recognises(path: Path, source: bytes) -> bool:
    return bool(_UP.search(source.decode("utf-8", "replace"))) and is_the_custom(path, _UP)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    up = _UP.search(text)
    if up is None:
        yield whole(text, Direction.UPGRADE)
        return
    down = _DOWN.search(text, up.end())
    stop = down.start() if down else len(text)
    yield Part(((0, stop),), Direction.UPGRADE, not _NO_TRANSACTION.search(up["options"]))
    if down:
        options = down["options"]
        yield Part(((down.end(), len(text)),), Direction.DOWNGRADE, not _NO_TRANSACTION.search(options))
