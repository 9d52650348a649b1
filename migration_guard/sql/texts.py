"""Texts to statements: how a text is gone through, where each of its steps stands, and the texts within it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from migration_guard.sql import blocks, computed, run_on
from migration_guard.sql.calls import Calls
from migration_guard.sql.canonical import canonical, governing
from migration_guard.sql.functions import Functions
from migration_guard.sql.lexis import Lexis, spoken
from migration_guard.sql.passage import Passage
from migration_guard.sql.scan import Sort, Token, scan
from migration_guard.sql.statement import Statement, split
from migration_guard.sql.steps import (
    Change,
    Created,
    Doubted,
    FunctionCreated,
    Harmless,
    Renamed,
    Step,
    Unknown,
    Viewed,
    joined_forms,
)
from migration_guard.sql.variables import Variables

_DEEPEST = 8
"""Bodies within texts within bodies: beyond this, nobody writes, somebody attacks."""


class Texts:
    """Goes through texts, and remembers what later statements may refer to; what a statement does is said by the other rooms."""

    def __init__(self, dialect: str, lexis: Lexis, functions: Functions) -> None:
        self._dialect = spoken(dialect)
        self._lexis = lexis
        self._calls = Calls(functions, dialect)
        self._variables = Variables(backslash=lexis.backslash)
        self._blocks = blocks.Blocks()
        self._depth = 0

    @abstractmethod
    def _command(self, statement: Statement, at: int, *, body: bool) -> list[Step]:
        """The steps of the statement whose first word stands at an index."""

    def read_all(self, tokens: Sequence[Token]) -> list[Step]:
        """The steps of a whole text."""
        with self._inside(()):
            return self._steps(tokens, body=False)

    def read(self, passage: Passage, *, body: bool, parameters: Iterable[str] = ()) -> list[Step]:
        """The steps of a text within it, where they stand; in a body, what is not SQL is the language around it."""
        with self._inside(parameters) as too_deep:
            if too_deep:
                return [Unknown("SQL within SQL is nested too deep to be read", *passage.span(0, len(passage.text)))]
            steps = self._steps(scan(passage.text, passage.base or 0, self._lexis, body=body), body=body)
        if body:
            steps = self._governed(steps, passage)
        return steps if passage.base is not None else [_placed(step, passage) for step in steps]

    def _governed(self, steps: Sequence[Step], passage: Passage) -> list[Step]:
        """What the block around a change says counts for it; what the block changes beside it does not."""
        base = passage.base or 0
        spans = {(step.start - base, step.end - base) for step in steps if isinstance(step, Change)}
        inside = {span for span in spans if 0 <= span[0] < span[1] <= len(passage.text)}
        if not inside:
            return list(steps)
        form = governing(passage.text, inside, dialect=self._dialect)
        return [
            replace(step, around=joined_forms(step.around, form)) if isinstance(step, Change) else step
            for step in steps
        ]

    def _steps(self, tokens: Sequence[Token], *, body: bool) -> list[Step]:
        steps = [step for statement in split(tokens) for step in self._statement(statement, body=body)]
        while left := self._variables.left():
            steps += [step for text in left for step in self.read(text, body=False)]
        return steps

    @contextmanager
    def _inside(self, parameters: Iterable[str]) -> Iterator[bool]:
        """One text deeper, with variables of its own: whether that is too deep."""
        outer, self._variables = self._variables, Variables(backslash=self._lexis.backslash)
        blocks_around, self._blocks = self._blocks, blocks.Blocks()
        self._variables.fill(parameters)
        self._depth += 1
        yield self._depth > _DEEPEST
        self._depth -= 1
        self._variables, self._blocks = outer, blocks_around

    def _form(self, tokens: Sequence[Token]) -> str:
        return canonical(" ".join(token.text for token in tokens), dialect=self._dialect)

    def _statement(self, statement: Statement, *, body: bool) -> list[Step]:
        found, at = blocks.headers(statement, body=body)
        steps = [step for header in found for step in self._header(statement, header)]
        if at < len(statement):
            self._variables.remember(statement, at, body=body)
            steps += self._command(statement, at, body=body)
            for one in run_on.further(statement, at) if not self._lexis.spaced else ():  # MySQL refuses them
                steps += [*self._run_on(one, steps, body=body)]
        for index, step in enumerate(steps):
            if isinstance(step, Renamed):
                self._calls.functions.rename(step.old, step.new)
            if isinstance(step, Viewed):
                self._calls.functions.view(step.view, step.table)
            if isinstance(step, (Created, Renamed)):
                steps[index] = replace(step, certain=step.certain and not self._blocks.may_leave_out(statement, at))
        if not body:
            self._blocks.passes(statement)
        steps = [one for step in steps for one in (self._calls.beneath(step) if isinstance(step, Change) else [step])]
        steps += self._calls.fired(steps)
        last = statement[len(statement) - 1]
        if last.sort is Sort.UNCLOSED:
            why = "what follows a quote or comment that is never closed cannot be read"
            steps.append(Unknown(why, last.start, last.end, unclosed=True))
        return steps

    def _run_on(self, statement: Statement, known: Sequence[Step], *, body: bool) -> Iterator[Step]:
        """What a statement does that follows another one in the same: what was not told with that."""
        starts = {step.start for step in known if isinstance(step, Change)}
        for step in self._command(statement, 0, body=body):
            if isinstance(step, Renamed):
                yield replace(step, certain=False)  # an IF may stand before it
            elif isinstance(step, Doubted) or (isinstance(step, (Change, Unknown)) and step.start not in starts):
                yield step

    def _header(self, statement: Statement, header: blocks.Header) -> list[Step]:
        """What a header runs, as `FOR r IN UPDATE … LOOP` does."""
        inside = Statement(statement.tokens[header.start : header.stop])
        if not header.query:
            steps = self._calls.called(inside, 0, inside[0].start, inside[len(inside) - 1].end)
            return steps or self._calls.evaluated(inside, 0, len(inside))
        self._variables.fill(computed.filled(statement, header.at))
        return [step for step in self._command(inside, 0, body=True) if not isinstance(step, Harmless)]


def _placed(step: Step, passage: Passage) -> Step:
    """A step where it stands, which was read from a text that was put together."""
    start, end = passage.span(step.start, step.end)
    if isinstance(step, FunctionCreated):
        changes = tuple(_placed_change(change, passage) for change in step.changes)
        return replace(step, start=start, end=end, changes=changes)
    return replace(step, start=start, end=end)


def _placed_change(change: Change, passage: Passage) -> Change:
    start, end = passage.span(change.start, change.end)
    return replace(change, start=start, end=end)
