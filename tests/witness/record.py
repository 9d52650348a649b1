"""What ran: each statement that changes rows, by kind and table, with the lines of the program that led to it."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

_STRING = re.compile(r"'(?:[^']|'')*'")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_NAME = r'(?:ONLY\s+)?(?P<table>(?:["`\[]?\w+["`\]]?\.)?["`\[]?\w+["`\]]?)'
_WRITES = re.compile(
    r"\b(?:(?P<insert>INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|COPY)|(?P<delete>DELETE\s+FROM)"
    r"|(?P<truncate>TRUNCATE(?:\s+TABLE)?)|(?P<merge>MERGE\s+INTO)"
    r"|(?P<update>UPDATE(?:\s+OR\s+\w+)?))\s+" + _NAME,
    re.IGNORECASE,
)
_STARTS = re.compile(r"\s*(?:WITH|INSERT|REPLACE|DELETE|UPDATE|TRUNCATE|MERGE|COPY|DO)\b", re.IGNORECASE)
_CREATES = re.compile(r"\s*CREATE\s+(?:TEMP\w*\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _NAME, re.IGNORECASE)
_CALLS = re.compile(r"\s*SELECT\s+(?P<name>refresh_\w+)\(", re.IGNORECASE)
"""A procedure that changes rows, as programs call them; SQLite has none."""
_DROPS = re.compile(r"\s*DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?" + _NAME, re.IGNORECASE)
_RENAMES = re.compile(r"\s*ALTER\s+TABLE\s+" + _NAME + r"\s+RENAME\s+TO\s+(?P<new>\S+)", re.IGNORECASE)
_AS = re.compile(r"\bAS\s+\(?\s*(?:SELECT|WITH)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Ran:
    """A statement that changed rows."""

    kind: str
    table: str


@dataclass(slots=True)
class Record:
    """The statements of one program, over all of its runs."""

    path: str
    """The program's file, as its frames name it."""
    ran: dict[Ran, set[int]] = field(default_factory=dict)
    """The lines on the way to each."""
    created: set[str] = field(default_factory=set)
    """The tables that the present run has created: there are no rows in them that anyone would miss."""
    there: frozenset[str] = frozenset()
    """The tables that were there before."""
    failures: list[str] = field(default_factory=list)
    """How runs ended that did not come to their end."""

    def statement(self, sql: str) -> None:
        """Note what one statement changes, if it changes rows."""
        text = _COMMENT.sub(" ", _STRING.sub("''", sql) if "$$" not in sql else sql)
        created = _CREATES.match(text)
        if created:
            table = bare(created["table"])
            if _AS.search(text):
                self.note(Ran("CTAS", table))
            if table not in self.there:
                self.created.add(table)
        elif dropped := _DROPS.match(text):
            self.created.discard(bare(dropped["table"]))
        elif renamed := _RENAMES.match(text):
            old, new = bare(renamed["table"]), bare(renamed["new"])
            (self.created.add if old in self.created else self.created.discard)(new)
        elif called := _CALLS.match(text):
            self.note(Ran("CALL", called["name"].lower()))
        elif _STARTS.match(text):
            found = _WRITES.search(text)
            if found:
                kind = next(name for name, value in found.groupdict().items() if value and name != "table").upper()
                self.note(Ran(kind, bare(found["table"])))

    def note(self, ran: Ran) -> None:
        """Note a change, wherever the program stands now."""
        if ran.table not in self.created or ran.kind == "CTAS":
            self.ran.setdefault(ran, set()).update(self._lines())

    def _lines(self) -> set[int]:
        lines: set[int] = set()
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if frame.f_code.co_filename == self.path:
                lines.add(frame.f_lineno)
            frame = frame.f_back
        return lines


def bare(name: str) -> str:
    """Give a table's name without schema and quotes."""
    return re.sub(r'["`\[\]]', "", name).rpartition(".")[2].lower()


class Connection(sqlite3.Connection):
    """A connection that tells each statement, also those that SQLite refuses: a recorder is enough for them."""

    hear: Callable[[str], None] | None = None

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        return super().cursor(_tolerant(factory))

    def listen(self, hear: Callable[[str], None]) -> None:
        self.hear = hear
        self.set_trace_callback(hear)

    def deafen(self) -> None:
        self.hear = None
        self.set_trace_callback(None)

    def refresh(self, template: sqlite3.Connection) -> None:
        """Be as the template is."""
        self.rollback()
        for (name,) in self.execute("SELECT name FROM sqlite_temp_master WHERE type = 'table'").fetchall():
            self.execute(f"DROP TABLE temp.{name}")
        template.backup(self)


_TOLERANT: dict[type, type] = {}


def _tolerant(factory: type) -> type:
    if factory not in _TOLERANT:
        _TOLERANT[factory] = type("Tolerant", (_Tolerant, factory), {})
    return _TOLERANT[factory]


class _Tolerant:
    """A cursor on which what SQLite does not know counts as executed."""

    def execute(self, sql: str, *parameters: Any) -> Any:
        return self._try("execute", sql, *parameters)

    def executemany(self, sql: str, *parameters: Any) -> Any:
        return self._try("executemany", sql, *parameters)

    def _try(self, method: str, sql: str, *parameters: Any) -> Any:
        try:
            return getattr(super(), method)(sql, *parameters)
        except sqlite3.OperationalError as error:
            hear = self.connection.hear  # type: ignore[attr-defined]
            if hear is None or not re.search(r"syntax error|no such (?:table|function)|incomplete", str(error)):
                raise
            hear(sql)
            return getattr(super(), "execute")("SELECT 1 WHERE 0")  # noqa: B009

    def callproc(self, name: str, *_: Any) -> None:
        """Call a procedure, which SQLite does not have."""
        hear = self.connection.hear  # type: ignore[attr-defined]
        hear.__self__.note(Ran("CALL", name.lower()))
