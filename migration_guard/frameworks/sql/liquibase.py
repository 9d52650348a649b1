"""Liquibase's formatted SQL: change sets, each in a transaction of its own; `--rollback` holds for the rest of its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, lines
from migration_guard.later import re
from migration_guard.operations import Direction

_HEAD = re.compile(r"\A\ufeff?\s*--[ \t]*liquibase[ \t]+formatted\b", re.IGNORECASE)
_CHANGE_SET = re.compile(r"^[ \t]*--[ \t]*changeset[ \t]+\S+", re.IGNORECASE)
_ROLLBACK = re.compile(r"^[ \t]*--[ \t]*rollback[ \t]+", re.IGNORECASE)
_ROLLBACK_BLOCK = re.compile(r"/\*[ \t]*liquibase[ \t]+rollback\b(?P<text>.*?)\*/", re.IGNORECASE | re.DOTALL)
_NO_SQL = re.compile(r"(?:empty|not required|changesetid\s*:.*|changeset\s*:.*)\s*", re.IGNORECASE)
_NO_TRANSACTION = re.compile(r"\brunInTransaction\s*:\s*\"?false\b", re.IGNORECASE)
_DELIMITER = re.compile(
    r"\bendDelimiter[ \t]*:[ \t]*(?:\"(?P<quoted>[^\"\n]+)\"|'(?P<single>[^'\n]+)'|(?P<bare>\S+))", re.IGNORECASE
)
_DELIMITERS = re.compile(r"^[ \t]*(?:go|/)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
"""What ends statements beside semicolons, where a change set does not say."""


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return bool(_HEAD.search(source[:1024].decode("utf-8", "replace")))


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    starts = [0]
    heads = [""]
    for start, _, line in lines(text):
        if _CHANGE_SET.match(line):
            starts.append(start)
            heads.append(line)
    for start, stop, head in zip(starts, [*starts[1:], len(text)], heads):
        is_transactional = not _NO_TRANSACTION.search(head)
        yield Part(tuple(_statements(text, start, stop, head)), Direction.UPGRADE, is_transactional, ";")
        yield from _rollback(text, start, stop, transactional=is_transactional)


def _statements(text: str, start: int, stop: int, head: str) -> Iterator[tuple[int, int]]:
    """Where the statements stand that a change set's own delimiter parts; what a semicolon parts, the server does."""
    for found in _delimiter(head).finditer(text, start + len(head), stop):
        if found.end() > found.start():
            yield start, found.start()
            start = found.end()
    yield start, stop


def _delimiter(head: str) -> re.Pattern[str]:
    found = _DELIMITER.search(head)
    stated = found and (found["quoted"] or found["single"] or found["bare"])
    if not stated or stated == ";":
        return _DELIMITERS
    if stated == "/":  # else it divides
        return re.compile(r"/(?=[ \t\r]*$)", re.MULTILINE)
    try:
        pattern = re.compile(stated, re.IGNORECASE | re.MULTILINE)  # Liquibase takes it for a pattern, too
        pattern.search("")  # it is compiled only now
    except re.error:
        return re.compile(re.escape(stated), re.IGNORECASE)
    return pattern


def _rollback(text: str, start: int, stop: int, *, transactional: bool) -> Iterator[Part]:
    ranges = []
    for begin, end, line in lines(text[start:stop]):
        found = _ROLLBACK.match(line)
        if found and not _NO_SQL.fullmatch(line, found.end()):
            ranges.append((start + begin + found.end(), start + end))
    ranges += [block.span("text") for block in _ROLLBACK_BLOCK.finditer(text, start, stop)]
    if ranges:
        yield Part(tuple(sorted(ranges)), Direction.DOWNGRADE, transactional)
