"""What a statement changes by what it calls: functions that are known from before, and those that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from migration_guard.sql import callees, ddl, known
from migration_guard.sql.functions import Functions
from migration_guard.sql.lexis import spoken
from migration_guard.sql.names import Name
from migration_guard.sql.scan import Sort
from migration_guard.sql.statement import Statement
from migration_guard.sql.steps import Change, Doubted, Harmless, Step, Unknown, joined_forms

_NAMED = frozenset({Sort.WORD, Sort.QUOTED})


class Calls:
    """Those of one text, with the functions that it has created so far."""

    def __init__(self, functions: Functions, server: str) -> None:
        self.functions = functions.copy()
        self._server = server
        self._callees: set[str] = set()
        """What looks like a call in the body of the function that is being read."""

    @contextmanager
    def collected(self) -> Iterator[set[str]]:
        """The names of all that looks like a call in this block: the body of a function, whose calls happen later."""
        outer, self._callees = self._callees, set()
        try:
            yield self._callees
        finally:
            self._callees = outer

    def called(self, statement: Statement, at: int, start: int, end: int) -> list[Step]:
        """The changes of the functions, known from before, that a statement calls: they happen where it stands."""
        tokens, size = statement.tokens, len(statement)
        escapes = statement.holds("UESCAPE")
        called = [
            name.last
            for index, following in enumerate(tokens[at + 1 :], at)
            if following.text == "(" or (escapes and following.upper == "UESCAPE")
            if tokens[index].sort in _NAMED and (name := statement.name(index)[0])
        ]
        numbers = (index for index in range(at, size) if tokens[index].sort is Sort.NUMBER)
        ranged = (callees.end_of_range(statement, index) for index in numbers)
        called += [name.last for name, after in ranged if name is not None and statement[after].text == "("]
        called += [  # `(lead).fill`, which is fill(lead)
            name.last
            for index in range(at + 1, size if self.functions else 0)
            if tokens[index].text == "." and (name := statement.name(index + 1)[0])
        ]
        self._callees.update(called)
        return self.changes(called, start, end)

    def changes(self, names: Iterable[str], start: int, end: int) -> list[Step]:
        """The changes of functions as they happen at a call: once for each kind and table, else calls of calls would double them."""
        found: dict[Change, str] = {}
        for change in self.functions.changes(names):
            one = replace(change, start=start, end=end, around="")
            found[one] = joined_forms(found.get(one, ""), change.around)
        return list({replace(change, around=around): None for change, around in found.items()})

    def evaluated(self, statement: Statement, first: int, stop: int) -> list[Step]:
        """What an expression calls that nobody knows may change rows."""
        return self._not_known(callees.evaluated(statement, first, stop, self._server), statement, first)

    def fired(self, steps: Sequence[Step]) -> list[Step]:
        """What triggers and rules, known from before, do with the changes of a statement, beside what is told of it."""
        told = {(step.kind, step.tables, step.start) for step in steps if isinstance(step, Change)}
        found = [
            one
            for step in steps
            if isinstance(step, Change)
            for one in self.changes(self.functions.fired(step.kind, step.tables), step.start, step.end)
        ]
        return [one for one in found if isinstance(one, Change) and (one.kind, one.tables, one.start) not in told]

    def beneath(self, step: Change) -> list[Step]:
        """A change of views is one of the tables beneath, which hold more than was put into them under their own names."""
        tables = tuple(dict.fromkeys(map(self.functions.beneath, step.tables)))
        if tables == step.tables:
            return [step]
        doubted = [Doubted(table, step.start, step.end) for table in tables if table not in step.tables]
        return [*doubted, replace(step, tables=tables, through=step.tables)]

    def bound(self, statement: Statement, at: int) -> list[Step]:
        """What a view, an operator, a cast, a check or a default runs with each later use: a function that changes rows."""
        if not self.functions or not ddl.binds(statement, at):
            return []
        names = {
            name.last
            for index in range(at, len(statement))
            if statement[index].sort in _NAMED and (name := statement.name(index)[0])
        }
        changing = sorted(name for name in names if name in self.functions and self.functions.changes([name]))
        if not changing:
            return []
        why = f"each later use of it runs {', '.join(changing)}, which changes rows"
        return [Unknown(why, statement[at].start, statement[len(statement) - 1].end)]

    def armed(self, statement: Statement, at: int) -> list[Step]:
        """What the function of an event trigger does, with each change of the schema from then on."""
        start, end = statement[at].start, statement[len(statement) - 1].end
        name, _ = statement.name(statement.find(at, len(statement), "EXECUTE") + 2)
        if name is None or name.dynamic or name.last not in self.functions:
            calls = frozenset() if name is None or name.dynamic else frozenset({name.last})
            return [Unknown("each later change of the schema runs what is not in sight", start, end, calls=calls)]
        return self.changes([name.last], start, end)

    def queried(self, statement: Statement, at: int, first: int) -> list[Step]:
        """… and what a query calls, behind its first word."""
        names = callees.unknown(statement, first, len(statement), self._server, spoken(self._server))
        return self._not_known(names, statement, at)

    def procedure(self, statement: Statement, at: int) -> list[Step]:
        """What CALL does."""
        start, end = statement[at].start, statement[len(statement) - 1].end
        name, _ = statement.name(at + 1)
        if name is None or name.dynamic or (name.last not in self.functions and not known.is_known(name, self._server)):
            calls = frozenset() if name is None or name.dynamic else frozenset({name.last})
            return [Unknown("it calls a procedure whose body is not in sight", start, end, calls=calls)]
        return self.called(statement, at, start, end) or [Harmless("the procedure only reads", False, start, end)]

    def _not_known(self, names: Iterable[Name], statement: Statement, at: int) -> list[Step]:
        missing = [name for name in names if name.dynamic or name.last not in self.functions]
        if not missing:
            return []
        bare = frozenset(name.last for name in missing if not name.dynamic)
        shown = ", ".join(sorted(bare)) or "a function whose name is put together"
        why = f"it calls {shown}, whose body is not in sight"
        return [Unknown(why, statement[at].start, statement[len(statement) - 1].end, calls=bare)]
