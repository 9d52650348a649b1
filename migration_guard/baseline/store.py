"""Reading the baseline, also as a merge left it, and writing it so that merges are easy."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.baseline.entry import Entry, Key, Refused, entry_of
from migration_guard.baseline.made import nothing_is_garbage
from migration_guard.config import ConfigError
from migration_guard.files import Unreadable, read_source
from migration_guard.findings import SCHEME
from migration_guard.later import Later
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    import difflib
else:
    difflib = Later("difflib")

DEFAULT_NAME = ".migration-guard-baseline.jsonl"
FORMAT = 1
HEADER = f'{{"format":{FORMAT}}}'
LIMIT = 64 * 1024 * 1024
"""Bytes that are read: a quarter of a million entries."""


class BaselineError(ConfigError):
    """A baseline that cannot be relied on. It is never taken for an empty one."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a baseline holds."""

    path: Path
    entries: tuple[Entry, ...] = ()
    exists: bool = True
    recovered: bool = False
    """Whether it was put together from the two sides of a merge conflict."""
    upgraded: bool = False
    """Whether entries of an earlier version were told again."""
    text: str = ""
    """As it was read, with plain line ends."""

    @property
    def outdated(self) -> tuple[Entry, ...]:
        """The entries whose fingerprints were made by an earlier version."""
        return tuple(entry for entry in self.entries if entry.scheme != SCHEME)

    @property
    def folder(self) -> Path:
        return self.path.parent


def load(path: Path, rules: Collection[str]) -> Baseline:
    """Read a baseline. Raises BaselineError; `rules` are the names that an entry may have."""
    try:
        content = read_source(path, LIMIT)
    except Unreadable as error:
        raise BaselineError(path, None, f"the baseline cannot be read: {error}") from None
    return parse(content, path, rules)


def parse(content: bytes, path: Path, rules: Collection[str]) -> Baseline:
    """Read what stands in a baseline, wherever it came from."""
    with nothing_is_garbage():
        return _parsed(content, path, rules)


def _parsed(content: bytes, path: Path, rules: Collection[str]) -> Baseline:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BaselineError(path, content.count(b"\n", 0, error.start) + 1, "is not UTF-8") from None
    conflict = text.startswith("<<<<<<< ") or "\n<<<<<<< " in text
    every = text.split("\n")
    lines = list(_both_sides(every) if conflict else _said(every))
    if not lines:
        raise BaselineError(path, 1, f"expected {HEADER} on the first line of a baseline, found nothing")
    records = _records(lines, path, whole=text.endswith("\n"))
    _check_format(records[0], lines[0][0], path)
    names = frozenset(rules)
    merged: dict[Key, Entry] = {}
    for record, (number, line) in zip(records[1:], lines[1:], strict=True):
        if conflict and line == lines[0][1]:
            continue
        try:
            entry = entry_of(record, number)
        except Refused as refused:
            if isinstance(record, dict) and "format" in record:
                _check_format(record, number, path)
                continue  # a merge by union repeats the header
            raise BaselineError(path, number, str(refused)) from None
        if entry.scheme > SCHEME:
            message = (
                f"`fp`: {entry.fp} was written by a newer version of migration-guard (scheme {entry.scheme}, this one "
                f"makes {SCHEME}); update it"
            )
            raise BaselineError(path, number, message)
        if entry.rule not in names:
            near = difflib.get_close_matches(entry.rule, names, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise BaselineError(path, number, f"`rule`: there is no rule `{entry.rule}`{hint}")
        key = entry.key
        known = merged.get(key)  # equal entries, as after a merge, count as the largest
        merged[key] = entry if known is None else known.joined(entry, max(known.count, entry.count))
    return Baseline(path, tuple(merged.values()), recovered=conflict, text=text.replace("\r\n", "\n"))


def dump(entries: Iterable[Entry]) -> str:
    """Write a baseline: an entry a line, sorted, so that two branches seldom touch the same place."""
    lines = [HEADER, *(entry.dumped() for entry in sorted(entries, key=lambda entry: entry.key))]
    return "".join(f"{line}\n" for line in lines)


def _said(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        if said := line.strip():
            yield number, said


def _both_sides(lines: list[str]) -> Iterator[tuple[int, str]]:
    """What both sides of each conflict hold; what only their common ancestor held was taken out by both."""
    in_ancestor = False
    for number, line in _said(lines):
        if line.startswith(("<<<<<<<", ">>>>>>>", "=======")):
            in_ancestor = False
        elif line.startswith("|||||||"):
            in_ancestor = True
        elif not in_ancestor:
            yield number, line


def _records(lines: list[tuple[int, str]], path: Path, *, whole: bool) -> list[object]:
    """Parse all lines at once, which is fast; one by one if that fails, to say which of them it is."""
    try:
        records = json.loads(f"[{','.join(line for _, line in lines)}]")
        if len(records) == len(lines):
            return list(records)
    except (ValueError, RecursionError):
        pass
    return [_record(number, line, path, last=not whole and number == lines[-1][0]) for number, line in lines]


def _record(number: int, line: str, path: Path, *, last: bool) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        what = "is cut off, as if writing it was interrupted; restore the file" if last else "is no JSON"
        raise BaselineError(path, number, f"this line of the baseline {what}") from None


def _check_format(record: object, number: int, path: Path) -> None:
    version = record.get("format") if isinstance(record, dict) else None
    if version is None:
        raise BaselineError(path, number, f"expected {HEADER} on the first line of a baseline")
    if version != FORMAT or isinstance(version, bool):
        message = f"this baseline has format {version!r}, this version of migration-guard reads {FORMAT}; update it"
        raise BaselineError(path, number, message)
