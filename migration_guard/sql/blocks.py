"""What stands before a statement in a block: BEGIN, labels, `IF … THEN`, `FOR … LOOP`."""

from __future__ import annotations

from collections.abc import Iterable

from migration_guard.lean import dataclass
from migration_guard.sql.scan import words
from migration_guard.sql.statement import Statement

_AFTER_BEGIN = words("TRAN TRANSACTION WORK ISOLATION READ NOT DEFERRABLE DEFERRED IMMEDIATE EXCLUSIVE CONCURRENT")
_STEPS_OVER = frozenset({"BEGIN", "EXCEPTION", "ELSE", "LOOP", "REPEAT", "TRY", "CATCH", "ATOMIC"})
_HEADERS = frozenset({"IF", "ELSIF", "ELSEIF", "WHEN", "WHILE", "FOR", "FOREACH", "UNTIL", "CASE"})
_LOOPS = frozenset({"FOR", "FOREACH", "WHILE"})
_BLOCK_ENDS = ("IF", "LOOP", "CASE", "WHILE", "REPEAT", "TRY", "CATCH")
_STATEMENTS = ("BEGIN", "EXEC", "EXECUTE", "DROP", "ALTER", "UPDATE", "DELETE", "INSERT", "REPLACE", "MERGE")
_DIRECTIVE = 3
"""`#option dump`, at the beginning of a block in PL/pgSQL."""


@dataclass(frozen=True, slots=True)
class Header:
    """A part that is evaluated before what it governs."""

    at: int
    """Where its first word stands …"""
    start: int
    """… and from where to where what is evaluated."""
    stop: int
    query: bool
    """Whether it is a statement, as in `FOR r IN UPDATE … LOOP`."""


def headers(statement: Statement, *, body: bool) -> tuple[list[Header], int]:
    """What is evaluated on the way to the statement itself, and the index where that begins."""
    found: list[Header] = []
    at = 0
    while at < len(statement):
        word = statement.word(at)
        if word in {"BEGIN", "END"} and _is_transaction(statement, at, body=body):
            break
        if body and statement[at].text == "#":
            at += _DIRECTIVE
        elif statement[at].text == "<<":
            at += 3
        elif statement[at + 1].text == ":":
            at += 2
        elif word in _STEPS_OVER or (body and word == "DECLARE" and statement.word(at + 1) in {"BEGIN", "DECLARE"}):
            at += 1
        elif word == "END":
            at = statement.skip(at + 1, *_BLOCK_ENDS)
            at += at == len(statement) - 1
        elif word in _HEADERS and not (word == "CASE" and not body):
            at, inside = _header(statement, at)
            found += inside
        else:
            break
    return found, at


def may_leave_out(statement: Statement, at: int) -> bool:
    """Whether what stands before a statement may leave it undone."""
    return any(statement.word(index) in _DECIDING for index in range(at))


_DECIDING = _HEADERS | {"ELSE", "TRY", "CATCH"}


class Blocks:
    """How deep a text stands in `IF … BEGIN … END` and the like, where nothing else is around it."""

    def __init__(self) -> None:
        self._deciding: list[bool] = []

    def may_leave_out(self, statement: Statement, at: int) -> bool:
        """Whether a statement may be left undone: by what stands before it, or by a block that an earlier one has begun."""
        return any(self._deciding) or may_leave_out(statement, at)

    def passes(self, statement: Statement) -> None:
        """A statement is read: the blocks that it begins and ends."""
        cases = 0
        for index in range(len(statement)) if statement.holds("BEGIN", "END") else ():
            match statement.word(index):
                case "CASE":
                    cases += 1
                case "BEGIN" if statement.word(index + 1) not in _AFTER_BEGIN and len(statement) > 1:
                    self._deciding.append(
                        may_leave_out(statement, index) or statement.word(index + 1) in {"TRY", "CATCH"}
                    )
                case "END" if cases:
                    cases -= 1
                case "END" if self._deciding:
                    self._deciding.pop()


def _is_transaction(statement: Statement, at: int, *, body: bool) -> bool:
    following = statement.word(at + 1)
    ends = len(statement) == at + 1 and at == 0
    return (ends or following in _AFTER_BEGIN or following == "AND") and not (body and ends)


def _header(statement: Statement, at: int) -> tuple[int, list[Header]]:
    """The index after a header, and what in it is evaluated."""
    end = len(statement)
    stop = _beyond_condition(statement, at, "LOOP" if statement.word(at) in _LOOPS else "THEN")
    if stop == end:
        stop = statement.find(at + 1, end, "DO")
    if stop == end:
        return max(at + 1, statement.find(at + 1, stop, *_STATEMENTS)), []
    begin = statement.find(at + 1, stop, "IN") if statement.word(at) == "FOR" else at
    if begin + 1 >= stop:
        return stop + 1, []
    return stop + 1, [Header(at, begin + 1, stop, query=statement.word(at) == "FOR")]


def _beyond_condition(statement: Statement, at: int, word: str) -> int:
    """Where a header's last word stands, which a CASE in its condition may hold too; the end if nowhere."""
    depth = 0
    for index in _words(statement, at + 1):
        match statement.word(index):
            case "CASE":
                depth += 1
            case "END" if depth:
                depth -= 1
            case found if found == word and not depth:
                return index
    return len(statement)


def _words(statement: Statement, at: int) -> Iterable[int]:
    return statement.level(at, len(statement))
