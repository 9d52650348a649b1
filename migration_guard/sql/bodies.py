"""What has a body: functions, procedures, triggers, rules and blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from migration_guard.later import re
from migration_guard.operations import OperationKind
from migration_guard.sql import callees, ddl
from migration_guard.sql.armed import armed
from migration_guard.sql.names import Name
from migration_guard.sql.scan import Sort
from migration_guard.sql.statement import Statement
from migration_guard.sql.steps import (
    Armed,
    Change,
    Created,
    Doubted,
    FunctionCreated,
    Harmless,
    Renamed,
    Step,
    Unknown,
    joined_forms,
)
from migration_guard.sql.strings import content, literal
from migration_guard.sql.texts import Texts
from migration_guard.sql.writes import VERBS

_DECIDES = re.compile(r"\b(?:IF|CASE|LOOP|EXCEPTION|RETURN|EXIT)\b(?!\s+(?:NOT\s+)?EXISTS\s+[\w\"])", re.IGNORECASE)
"""Words of a block that may leave something in it undone; `IF NOT EXISTS` of a statement is none."""
_OWN_LANGUAGES = frozenset({"sql", "plpgsql"})


class Bodies(Texts):
    """Reads bodies, now where they run, else as what a call of them does."""

    @staticmethod
    def _creates_function(statement: Statement, at: int) -> bool:
        return statement.word(ddl.created_type(statement, at)) in {"FUNCTION", "PROCEDURE", "PROC"}

    def _armed(self, statement: Statement, at: int) -> list[Step]:
        """A trigger or rule, with what stands in it as a function of its own."""
        found = armed(statement, at)
        if found is None or (found.function is not None and found.function.dynamic):
            return []
        start, end = statement[at].start, statement[len(statement) - 1].end
        steps: list[Step] = []
        if found.function is None:
            own = Name(f"what {found.table.last} fires at {start}", dynamic=False)
            with self._calls.collected() as called, self._inside(()):
                inner = self._steps(statement.tokens[slice(*found.body)], body=True)
            steps.append(self._kept(statement, at, own, inner, frozenset(called)))
        function = own if found.function is None else found.function
        asked = [name.last for name, _ in callees.names(statement, *found.condition) if not name.dynamic]
        runs = [function.last, *(name for name in asked if name in self._calls.functions)]
        for name in runs:
            self._calls.functions.arm(found.table.text, name, found.verbs)
        if found.function is None or self._calls.functions.changes(runs):
            steps.append(Doubted(found.table.text, start, end))  # nobody may fill it unnoticed, though it be new
        return [*steps, *(Armed(found.table.text, found.verbs, name, start, end) for name in runs)]

    def _function(self, statement: Statement, at: int) -> FunctionCreated:
        index = statement.skip(ddl.created_type(statement, at) + 1, "IF", "NOT", "EXISTS")
        name, after = statement.name(index)
        language = self._language(statement, at)
        with self._calls.collected() as called:
            self._calls.called(statement, after, statement[at].start, statement[at].end)  # by parameters' defaults
            steps = self._body(statement, after) if language in _OWN_LANGUAGES else [_foreign(statement, at)]
        return self._kept(statement, at, name or Name("", dynamic=True), steps, frozenset(called))

    def _kept(
        self, statement: Statement, at: int, own: Name, steps: Sequence[Step], calls: frozenset[str]
    ) -> FunctionCreated:
        """A function with what its body does, remembered for who runs it."""
        changes = [change for step in steps if (change := _when_called(step))]
        whole = self._form(statement.tokens[at:]) if changes else ""
        found = tuple(replace(change, around=joined_forms(change.around, whole)) for change in changes)
        unknown = frozenset(name for step in steps if isinstance(step, Unknown) for name in step.calls)
        if not own.dynamic:
            self._calls.functions.create(own.last, found, calls, unknown)
        end = statement[len(statement) - 1].end
        return FunctionCreated(own.text, found, statement[at].start, end, calls, unknown)

    @staticmethod
    def _language(statement: Statement, at: int) -> str:
        index = statement.find(at, len(statement), "LANGUAGE")
        return statement[index + 1].text.strip("'\"").lower() or "sql"

    def _body(self, statement: Statement, after: int) -> list[Step]:
        """The steps of a function's body: a string, or the statements themselves."""
        end = len(statement)
        begin = statement.find(after, end, "AS", "BEGIN", "RETURN", *VERBS)
        strings, escape = literal(statement.tokens[begin + 1 :])
        parameters = [token.text.lower() for token in statement.tokens[after : statement.beyond(after)]]
        if strings:
            text = content(strings, escape, backslash=self._lexis.backslash)
            return self.read(text, body=True, parameters=parameters)
        begin += statement.word(begin) == "AS"
        with self._inside(parameters):
            return self._steps(statement.tokens[begin:], body=True)

    def _do(self, statement: Statement, at: int) -> list[Step]:
        start, end = statement[at].start, statement[len(statement) - 1].end
        if self._language(statement, at) not in _OWN_LANGUAGES:
            return [_foreign(statement, at)]
        first = at + 1 + 2 * (statement.word(at + 1) == "LANGUAGE")
        strings, escape = literal(statement.tokens[first:])
        if not strings and (statement[first].sort is Sort.HOLE or first > at + 1):
            return [Unknown("the block is put together while running", start, end)]
        if not strings:
            computed = self._calls.called(statement, first, start, end) or self._calls.evaluated(
                statement, first, len(statement)
            )
            return computed or [Harmless("only evaluates", False, start, end)]
        text = content(strings, escape, backslash=self._lexis.backslash)
        steps = self.read(text, body=True) or [Harmless("an empty block", False, start, end)]
        if _DECIDES.search(text.text):
            return [replace(step, certain=False) if isinstance(step, (Created, Renamed)) else step for step in steps]
        return steps


def _foreign(statement: Statement, at: int) -> Unknown:
    start, end = statement[at].start, statement[len(statement) - 1].end
    return Unknown("its body is written in another language", start, end)


def _when_called(step: Step) -> Change | None:
    """What a step of a function's body means to its caller: what is not known there is not known here."""
    if isinstance(step, Unknown):
        if step.calls:
            return None  # they may be known by then
        return Change(OperationKind.OPAQUE, (), step.start, step.end, dynamic=True)
    return step if isinstance(step, Change) else None
