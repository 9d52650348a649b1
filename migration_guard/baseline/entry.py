"""One entry of the baseline, and the line that it is written as."""

from __future__ import annotations

import json
import posixpath
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from migration_guard.later import Later, re

if TYPE_CHECKING:
    import difflib
else:
    difflib = Later("difflib")

_FINGERPRINT = re.compile(r"\d+:[0-9a-f]{8,64}")
_REQUIRED = ("file", "migration", "rule", "at", "fp")
_REQUIRED_KEYS = frozenset(_REQUIRED)
_KEYS = _REQUIRED_KEYS | {"count", "reason", "owner", "until"}
BOTH = " | "
"""Between what is said of one entry in two places, as on two branches."""
_PART = r"(?!\.\.?(?:/|$))[^/\0]+"
_PATH = re.compile(rf"(?![A-Za-z]:[\\/])(?:\.\./)*{_PART}(?:/{_PART})*")
"""A relative path, in the one way to spell it: only its beginning leads upwards."""


class Refused(Exception):
    """A line that is no entry; the message names the key and what was expected."""


class Key(NamedTuple):
    """What tells entries apart. Their order is the file's."""

    file: str
    rule: str
    fp: str
    migration: str


class Entry(NamedTuple):
    """Findings that are grandfathered: equal ones of one migration in one file.

    A tuple rather than a dataclass: thousands of them are made before each run.
    """

    file: str
    """POSIX, relative to the baseline's folder."""
    migration: str | None
    rule: str
    """The rule's name."""
    at: str
    """The table or model, for people to read."""
    fp: str
    count: int = 1  # type: ignore[assignment]  # hides the method of tuples, which nobody needs here
    """How many equal findings it stands for."""
    reason: str | None = None
    owner: str | None = None
    until: date | None = None
    """The last day on which it holds."""
    line: int = 0
    """Where it stands in the file that it was read from."""

    @property
    def key(self) -> Key:
        return Key(self.file, self.rule, self.fp, self.migration or "")

    @property
    def scheme(self) -> int:
        """How its fingerprint was made."""
        return int(self.fp.partition(":")[0])

    @property
    def what(self) -> str:
        """The entry in words."""
        migration = f", migration {self.migration}" if self.migration else ""
        return f"{self.rule} of {self.at} in {self.file}{migration}"

    def joined(self, other: Entry, count: int) -> Entry:
        """One entry for two of the same key: what is said of either is kept, until somebody decides; the earlier day holds."""
        untils = [entry.until for entry in (self, other) if entry.until]
        return self._replace(
            count=count,
            reason=_both(self.reason, other.reason),
            owner=_both(self.owner, other.owner),
            until=min(untils) if untils else None,
        )

    def dumped(self) -> str:
        """Write the entry as a line of JSON, without its end."""
        record: dict[str, Any] = {name: getattr(self, name) for name in _REQUIRED}
        record |= {"count": self.count} if self.count > 1 else {}
        record |= {name: getattr(self, name) for name in ("reason", "owner") if getattr(self, name)}
        record |= {"until": self.until.isoformat()} if self.until else {}
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        return line.encode(errors="backslashreplace").decode()  # a name's bytes that are no UTF-8, as JSON escapes them


def _both(one: str | None, other: str | None) -> str | None:
    said = [part for text in (one, other) if text for part in text.split(BOTH)]
    return BOTH.join(dict.fromkeys(said)) or None


def entry_of(record: object, line: int) -> Entry:
    """Make an entry of what a line of JSON holds, or raise `Refused`."""
    if not isinstance(record, dict):
        raise Refused("expected an object in braces")
    if not record.keys() <= _KEYS or not record.keys() >= _REQUIRED_KEYS:
        raise _other_keys(record)
    get = record.get
    file, migration, rule, at, fp = get("file"), get("migration"), get("rule"), get("at"), get("fp")
    if not (isinstance(file, str) and isinstance(rule, str) and isinstance(at, str) and isinstance(fp, str)):
        raise next(_no_string(key, get(key)) for key in ("file", "rule", "at", "fp") if not isinstance(get(key), str))
    if not _FINGERPRINT.fullmatch(fp):
        raise Refused(f"`fp`: expected a fingerprint such as 1:5b0c0a4e1d3f9a7712ce, found {fp!r}")
    if not _PATH.fullmatch(file):
        raise _other_path(file)
    if migration is not None and not isinstance(migration, str):
        raise _no_string("migration", migration)
    if len(record) == len(_REQUIRED):
        return Entry(file, migration, rule, at, fp, line=line)
    for key in ("reason", "owner"):
        if not isinstance(get(key), (str, type(None))):
            raise _no_string(key, get(key))
    count = get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise Refused(f"`count`: expected a whole number from 1, found {count!r}")
    return Entry(file, migration, rule, at, fp, count, get("reason"), get("owner"), day(get("until")), line)


def _other_keys(record: dict[str, object]) -> Refused:
    if unknown := record.keys() - _KEYS:
        key = min(unknown)
        near = difflib.get_close_matches(key, _KEYS, 1)
        hint = f"; did you mean `{near[0]}`?" if near else f"; the keys are {', '.join(sorted(_KEYS))}"
        return Refused(f"unknown key `{key}`{hint}")
    return Refused(f"`{next(key for key in _REQUIRED if key not in record)}` is missing")


def _no_string(key: str, value: object) -> Refused:
    return Refused(f"`{key}`: expected a string, found {value!r}")


def _other_path(path: str) -> Refused:
    plain = posixpath.normpath(path)
    if not path or plain == path or plain.startswith("/"):
        return Refused(f"`file`: expected a path with slashes, relative to the baseline's folder, found {path!r}")
    return Refused(f"`file`: expected {plain!r}, found {path!r}")


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
