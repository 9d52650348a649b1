"""How each server tells comments, strings and names apart, and which readings of a text its server may take.

PostgreSQL's rules stand in chapter 4.1 of its manual. Where they do not apply, or where it is not known which server reads,
a text has several readings: what any of them finds is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import UNKNOWN_DIALECT

UNKNOWN = UNKNOWN_DIALECT
_SPOKEN = "postgres"
"""What a parser is told where the dialect is not known."""


@dataclass(frozen=True, slots=True)
class Lexis:
    """One way to read characters. The defaults are those of the standard."""

    backslash: bool = False
    """Whether a backslash escapes in any string."""
    escapes: bool = False
    """Whether `E'…'` is a string with escapes; it goes on where the next line goes on with a quote."""
    dollars: bool = False
    """Whether `$tag$ … $tag$` is a string."""
    nested: bool = False
    """Whether comments nest."""
    versioned: bool = False
    r"""Whether what stands in `/*! … */` is run, as MySQL does; MariaDB writes `/*M! … */` too."""
    hashes: bool = False
    """Whether `#` begins a comment."""
    spaced: bool = False
    """Whether `--` begins a comment only before a blank."""
    backticks: bool = False
    brackets: bool = False
    """Whether names are quoted in backticks, in brackets."""
    strict: bool = False
    """Whether everything beyond ASCII is a letter, and nothing of a client's language is expected."""

    def other(self) -> Lexis:
        """The reading to try where a quote or comment never ends in this one."""
        return replace(self, backslash=not self.backslash, nested=not self.nested and self.backslash)


POSTGRES = Lexis(escapes=True, dollars=True, nested=True, strict=True)
_ANY = replace(POSTGRES, backticks=True, strict=False)
_MYSQL = Lexis(backslash=True, dollars=True, versioned=True, hashes=True, spaced=True, backticks=True)
_ESCAPING = replace(_ANY, backslash=True, nested=False, hashes=True)
"""Warehouses in which a backslash escapes inside any string."""

_OF = {
    **dict.fromkeys(("mysql", "doris", "singlestore", "starrocks"), _MYSQL),
    **dict.fromkeys(("bigquery", "clickhouse", "databricks", "hive", "snowflake", "spark", "spark2"), _ESCAPING),
    "postgres": POSTGRES,
    "sqlite": Lexis(backticks=True, brackets=True),
    "tsql": Lexis(nested=True, backticks=True, brackets=True),
    UNKNOWN: _ANY,
}
_VERSIONED = re.compile(r"/\*M?!")
_NO_POSTGRES = re.compile(r"\\|#|`|/\*M?!|--(?!\s)|/\*[^*/]*/\*", re.ASCII)
_BEYOND = re.compile(r"[`@#]|[^\x00-\x7f]")
_FOR_CLIENTS = re.compile(rf"{_BEYOND.pattern}|^GO\b|^/[ \t\r]*$|\bDELIMITER\b", re.IGNORECASE | re.MULTILINE)
_FOR_POSTGRES = re.compile(r"\$|\bE'", re.IGNORECASE)


def differs(text: str) -> bool:
    """Whether two servers may read a text differently."""
    return bool(_FOR_CLIENTS.search(text) or _FOR_POSTGRES.search(text) or _NO_POSTGRES.search(text))


def spoken(dialect: str) -> str:
    """The dialect to parse in."""
    return _SPOKEN if dialect == UNKNOWN else dialect


def canonical_lexis(text: str, dialect: str) -> Lexis:
    """How a statement is read that is known to be one: fingerprints hang on it, so it is the same for all that may be."""
    lexis = _ESCAPING if lexis_of(dialect).backslash else _ANY
    return replace(lexis, versioned=True) if _VERSIONED.search(text) else lexis


def lexis_of(dialect: str) -> Lexis:
    """The first reading of a dialect."""
    return _OF.get(dialect, _ANY)


def readings(text: str, dialect: str, *, escapes: bool = False) -> Iterator[Lexis]:
    """Each way in which a server of this dialect may read a text, the likeliest first.

    `escapes` if plain strings may have escapes, as where `standard_conforming_strings` is off.
    """
    first = lexis_of(dialect)
    yield first
    if first.versioned and _VERSIONED.search(text):
        yield replace(first, versioned=False)  # of a version that this server may not have
    if first is not _ANY and (_FOR_CLIENTS if first.strict else _FOR_POSTGRES).search(text):
        yield _ANY  # a migration may be written for several servers
    if dialect == UNKNOWN and _BEYOND.search(text):
        yield POSTGRES
    if dialect == UNKNOWN and _NO_POSTGRES.search(text):
        yield _MYSQL
        if _VERSIONED.search(text):
            yield replace(_MYSQL, versioned=False)
    if first.escapes and not first.backslash and escapes and "\\" in text:
        yield replace(first, backslash=True)
