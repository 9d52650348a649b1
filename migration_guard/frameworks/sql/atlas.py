"""Atlas: SQL files beside `atlas.sum`; `-- atlas:txmode none` at the top. Its `atlas.hcl` may say that another tool's
format is used, which then is that tool's. One that begins with `-- atlas:txtar` holds several: checks, `migration.sql`, `down.sql`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, above, small, takes_back, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import is_file

_SUM, _PROJECT = "atlas.sum", "atlas.hcl"
_FORMAT = re.compile(r"\bformat\s*=\s*\"?(?:golang-migrate|goose|flyway|liquibase|dbmate)\b")
_ARCHIVE = re.compile(r"\A(?:\ufeff|--(?!-)[^\n]*\n|[^\S\n]*\n)*?--[ \t]*atlas:txtar[ \t\r]*$", re.MULTILINE)
_ENTRY = re.compile(r"^-- (?P<name>[^\n]*\S) --[ \t\r]*$", re.MULTILINE)
_NO_TRANSACTION = re.compile(r"^--[ \t]*atlas:txmode[ \t]+none\b", re.MULTILINE)


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    if not is_file(path.parent / _SUM):
        return False
    project = above(path, _PROJECT)
    return project is None or not _FORMAT.search(small(project / _PROJECT))


def parts(path: PurePath, text: str) -> Iterator[Part]:
    direction = Direction.DOWNGRADE if takes_back(path) else Direction.UPGRADE
    transactional = not _NO_TRANSACTION.search(text)
    if not _ARCHIVE.match(text):
        yield whole(text, direction, transactional=transactional)
        return
    entries = list(_ENTRY.finditer(text))
    stops = [one.start() for one in entries[1:]] + [len(text)]
    yield Part(((0, entries[0].start() if entries else len(text)),), direction, transactional)
    for entry, stop in zip(entries, stops):
        way = Direction.DOWNGRADE if entry["name"] == "down.sql" else direction
        yield Part(((entry.end(), stop),), way, transactional)
