"""Triggers and rules: which verbs on which table run what from then on."""

from __future__ import annotations

from migration_guard.lean import dataclass
from migration_guard.sql import ddl
from migration_guard.sql.names import Name
from migration_guard.sql.scan import words
from migration_guard.sql.statement import Statement

_VERBS = words("INSERT UPDATE DELETE TRUNCATE")


@dataclass(frozen=True, slots=True)
class Armed:
    """A trigger or rule, as its statement says it."""

    table: Name
    verbs: frozenset[str]
    """The verbs that fire it, in capitals."""
    function: Name | None
    """What it runs; None where the statements stand in it."""
    condition: tuple[int, int]
    """From where to where it asks whether it runs at all, which is asked for each row."""
    body: tuple[int, int]
    """From where to where the statements stand in it."""


def armed(statement: Statement, at: int) -> Armed | None:
    """The trigger or rule that the statement at an index creates, if that is what it does and its table is known."""
    if statement.word(at) != "CREATE" or statement.word(at + 1) == "EVENT":
        return None
    kind = ddl.created_type(statement, at)
    kind += statement.word(kind) == "CONSTRAINT"
    match statement.word(kind):
        case "TRIGGER":
            return _trigger(statement, kind)
        case "RULE":
            return _rule(statement, kind)
    return None


def _trigger(statement: Statement, kind: int) -> Armed | None:
    end = len(statement)
    table, after = statement.name(statement.find(kind, end, "ON") + 1)
    if table is None or table.dynamic:
        return None
    runs = statement.find(after, end, "EXECUTE")
    if statement.word(runs + 1) in {"FUNCTION", "PROCEDURE"}:
        function, _ = statement.name(runs + 2)
        return Armed(table, _among(statement, kind, runs), function, (_when(statement, after, runs), runs), (end, end))
    begin = statement.find(after, end, "BEGIN", "AS", "ROW")
    begin += statement.word(begin) in {"AS", "ROW"}
    begin += 2 * (statement.word(begin) in {"FOLLOWS", "PRECEDES"})  # MySQL: another trigger
    if statement.word(begin) == "WHEN":
        begin = statement.find(begin, end, "BEGIN")
    return Armed(table, _among(statement, kind, begin), None, (_when(statement, after, begin), begin), (begin, end))


def _when(statement: Statement, after: int, stop: int) -> int:
    return min(stop, statement.find(after, stop, "WHEN"))


def _rule(statement: Statement, kind: int) -> Armed | None:
    end = len(statement)
    on = statement.find(kind, end, "ON")
    table, after = statement.name(statement.find(on, end, "TO") + 1)
    if table is None or table.dynamic:
        return None
    does = statement.find(after, end, "DO")
    begin = statement.skip(does + 1, "ALSO", "INSTEAD")
    body = (begin + 1, statement.beyond(begin) - 1) if statement[begin].text == "(" else (begin, end)
    return Armed(table, _among(statement, on, on + 2), None, (after, does), body)


def _among(statement: Statement, start: int, stop: int) -> frozenset[str]:
    return frozenset(word for index in statement.level(start, stop) if (word := statement.word(index)) in _VERBS)
