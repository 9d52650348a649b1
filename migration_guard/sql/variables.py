"""The texts that variables of a block may hold, for the EXECUTE that runs them.

In which order things happen is not asked: a loop may run a text that is set below.
"""

from __future__ import annotations

from collections.abc import Iterable

from migration_guard.sql import computed
from migration_guard.sql.passage import Passage, joined
from migration_guard.sql.statement import Statement


class Variables:
    """Those of one block. Each text is read once, where it is first run."""

    def __init__(self, *, backslash: bool) -> None:
        self._backslash = backslash
        """Whether one escapes in the strings of this text."""
        self._texts: dict[str, list[Passage]] = {}
        self._seen: dict[str, int] = {}
        """How many texts of a variable have been read, of those that have been run."""
        self._filled: set[str] = set()

    def fill(self, names: Iterable[str]) -> None:
        """Variables are given what cannot be told."""
        self._filled.update(names)

    def remember(self, statement: Statement, at: int, *, body: bool) -> None:
        """Keep the texts that a statement gives to a variable, for the EXECUTE or PREPARE that runs it."""
        self.fill(computed.filled(statement, at))
        if statement.word(at) not in {"SET", "DECLARE", "SELECT"} and not body:
            return
        found = computed.assigned(statement, at)
        if found is None:
            return
        variable, start, stop = found
        texts = self._said(statement, start, stop)
        if statement[start].text.lower() == variable:  # it grows: what is not part of its first statement counts
            texts = [text for text in texts if ";" in text.text]
        self._texts.setdefault(variable, []).extend(texts)
        if computed.is_changed(statement, start, stop):
            self.fill([variable])

    def run(self, statement: Statement, first: int, stop: int) -> list[Passage] | None:
        """The texts that an expression may be, a literal, a concatenation, a variable; None where they were read before."""
        variable = statement[first].text.lower()
        if variable not in self._texts:
            return self._said(statement, first, stop)
        if first + 1 < stop and statement[first + 1].text not in {")", ".", "["}:  # a concatenation that begins with it
            rests = self._said(statement, first + 1, stop)
            return [joined([text, rest]) for rest in rests for text in self._texts[variable]]
        return self._unread(variable) or None

    def is_sure(self, statement: Statement, first: int, stop: int) -> bool:
        """Whether an expression is no other text than these."""
        return statement[first].text.lower() not in self._filled and not computed.is_changed(statement, first, stop)

    def left(self) -> list[Passage]:
        """What was set behind the place where it is run."""
        return [text for name in self._seen for text in self._unread(name)]

    def _said(self, statement: Statement, start: int, stop: int) -> list[Passage]:
        return list(computed.texts(statement, start, stop, backslash=self._backslash))

    def _unread(self, name: str) -> list[Passage]:
        """What a variable may hold and has not been read; the variable is run."""
        seen = self._seen.get(name, 0)
        texts = self._texts.get(name, [])
        self._seen[name] = len(texts)
        return texts[seen:]
