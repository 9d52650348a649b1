"""What a statement changes by what it calls: functions that are known from before, and those that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from migration_guard.sql import callees, known
from migration_guard.sql.functions import Functions
from migration_guard.sql.lexis import spoken
from migration_guard.sql.names import Name
from migration_guard.sql.scan import Sort
from migration_guard.sql.statement import Statement
from migration_guard.sql.steps import Change, Doubted, Harmless, Step, Unknown, joined_forms


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
        called = [
            name.last
            for index in range(at, len(statement))
            if statement[index + 1].text == "(" or statement.word(index + 1) == "UESCAPE"
            if statement[index].sort in {Sort.WORD, Sort.QUOTED} and (name := statement.name(index)[0])
        ]
        numbers = (index for index in range(at, len(statement)) if statement.tokens[index].sort is Sort.NUMBER)
        ranged = (callees.end_of_range(statement, index) for index in numbers)
        called += [name.last for name, after in ranged if name is not None and statement[after].text == "("]
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

    def triggered(self, statement: Statement, at: int) -> list[Step]:
        """A trigger that changes rows: from then on nobody may fill the table unnoticed, though it be new."""
        end = len(statement)
        if statement.find(at, end, "TRIGGER") == end or statement.word(at) != "CREATE":
            return []
        table, _ = statement.name(statement.find(at, end, "ON") + 1)
        name, _ = statement.name(statement.find(at, end, "EXECUTE") + 2)
        start, stop = statement[at].start, statement[end - 1].end
        changes = self.changes([name.last], start, stop) if name is not None and not name.dynamic else []
        return [Doubted(table.text, start, stop)] if table is not None and changes else []

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
