"""The texts that variables of a block may hold, for the EXECUTE that runs them.

In which order things happen is not asked: a loop may run a text that is set below.
"""

from __future__ import annotations

from collections.abc import Iterable

from migration_guard.sql.passage import Passage


class Variables:
    """Those of one block. Each text is read once, where it is first run."""

    def __init__(self) -> None:
        self._texts: dict[str, list[Passage]] = {}
        self._seen: dict[str, int] = {}
        """How many texts of a variable have been read, of those that have been run."""
        self._filled: set[str] = set()

    def set(self, name: str, texts: Iterable[Passage]) -> None:
        """A variable is given one of these."""
        self._texts.setdefault(name, []).extend(texts)

    def fill(self, names: Iterable[str]) -> None:
        """Variables are given what cannot be told."""
        self._filled.update(names)

    def known(self, name: str) -> bool:
        """Whether anything is known of it."""
        return name in self._texts

    def is_filled(self, name: str) -> bool:
        """Whether it may hold something that cannot be told."""
        return name in self._filled

    def texts(self, name: str) -> list[Passage]:
        """Everything that it may hold."""
        return self._texts.get(name, [])

    def unread(self, name: str) -> list[Passage]:
        """What it may hold and has not been read; the variable is run."""
        seen = self._seen.get(name, 0)
        texts = self._texts.get(name, [])
        self._seen[name] = len(texts)
        return texts[seen:]

    def left(self) -> list[Passage]:
        """What was set behind the place where it is run."""
        return [text for name in self._seen for text in self.unread(name)]
