"""One entry of the baseline, and the line that it is written as."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, NamedTuple

_FINGERPRINT = re.compile(r"\d+:[0-9a-f]{8,64}")
_REQUIRED = ("file", "migration", "rule", "at", "fp")
_KEYS = (*_REQUIRED, "count", "reason", "owner", "until")


class Refused(Exception):
    """A line that is no entry; the message names the key and what was expected."""


class Key(NamedTuple):
    """What tells entries apart. Their order is the file's."""

    file: str
    rule: str
    fp: str
    migration: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Findings that are grandfathered: equal ones of one migration in one file."""

    file: str
    """POSIX, relative to the baseline's folder."""
    migration: str | None
    rule: str
    """The rule's name."""
    at: str
    """The table or model, for people to read."""
    fp: str
    count: int = 1
    """How many equal findings it stands for."""
    reason: str | None = None
    owner: str | None = None
    until: date | None = None
    """The last day on which it holds."""
    line: int = field(default=0, compare=False)
    """Where it stands in the file that it was read from."""

    @property
    def key(self) -> Key:
        return Key(self.file, self.rule, self.fp, self.migration or "")

    @property
    def what(self) -> str:
        """The entry in words."""
        migration = f", migration {self.migration}" if self.migration else ""
        return f"{self.rule} of {self.at} in {self.file}{migration}"

    def dumped(self) -> str:
        """Write the entry as a line of JSON, without its end."""
        record: dict[str, Any] = {name: getattr(self, name) for name in _REQUIRED}
        record |= {"count": self.count} if self.count > 1 else {}
        record |= {name: getattr(self, name) for name in ("reason", "owner") if getattr(self, name)}
        record |= {"until": self.until.isoformat()} if self.until else {}
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        return line.encode(errors="backslashreplace").decode()  # a name's bytes that are no UTF-8, as JSON escapes them


def entry_of(record: object, line: int) -> Entry:
    """Make an entry of what a line of JSON holds, or raise `Refused`."""
    if not isinstance(record, dict):
        raise Refused("expected an object in braces")
    if unknown := record.keys() - set(_KEYS):
        key = min(unknown)
        near = get_close_matches(key, _KEYS, 1)
        raise Refused(
            f"unknown key `{key}`" + (f"; did you mean `{near[0]}`?" if near else f"; the keys are {', '.join(_KEYS)}")
        )
    if missing := [key for key in _REQUIRED if key not in record]:
        raise Refused(f"`{missing[0]}` is missing")
    for key in ("file", "rule", "at", "fp"):
        if not isinstance(record[key], str):
            raise Refused(f"`{key}`: expected a string, found {record[key]!r}")
    for key in ("migration", "reason", "owner"):
        if not isinstance(record.get(key), (str, type(None))):
            raise Refused(f"`{key}`: expected a string, found {record[key]!r}")
    count = record.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise Refused(f"`count`: expected a whole number from 1, found {count!r}")
    if not _FINGERPRINT.fullmatch(record["fp"]):
        raise Refused(f"`fp`: expected a fingerprint such as 1:5b0c0a4e1d3f9a7712ce, found {record['fp']!r}")
    return Entry(
        file=_inside(record["file"]),
        migration=record["migration"],
        rule=record["rule"],
        at=record["at"],
        fp=record["fp"],
        count=count,
        reason=record.get("reason"),
        owner=record.get("owner"),
        until=day(record.get("until")),
        line=line,
    )


def day(value: object) -> date | None:
    """Read a date as entries and options have it."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _no_day(value)
    except ValueError:
        return _no_day(value)


def _no_day(value: object) -> date:
    raise Refused(f"`until`: expected a date such as 2030-12-31, found {value!r}") from None


def _inside(path: str) -> str:
    """Refuse what is no relative path, or not the one way to spell it."""
    if not path or "\0" in path or path.startswith("/") or re.match(r"[A-Za-z]:[\\/]", path):
        raise Refused(f"`file`: expected a path with slashes, relative to the baseline's folder, found {path!r}")
    if posixpath.normpath(path) != path:
        raise Refused(f"`file`: expected {posixpath.normpath(path)!r}, found {path!r}")
    return path
