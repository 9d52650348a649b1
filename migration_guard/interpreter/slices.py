"""Slices: what stands between brackets with colons."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence

from migration_guard.interpreter.values import Constant, Value
from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Slice(Value):
    """What stands between brackets with colons; None where an end is not known."""

    start: Value
    stop: Value
    step: Value

    def of(self, known: AnySequence[Value]) -> tuple[Value, ...] | None:
        """What it cuts out of known elements, where its ends are known."""
        ends = self._ends()
        return tuple(known[ends]) if ends is not None else None

    def of_each(self, text: str) -> str | None:
        """The characters of a text that it picks, where its ends are known."""
        ends = self._ends()
        return text[ends] if ends is not None else None

    def of_text(self, text: str) -> tuple[int, int] | None:
        """The range of a text that it cuts out, where that is known and one piece."""
        ends = self._ends()
        if ends is None or ends.step not in (None, 1):
            return None
        start, stop, _ = ends.indices(len(text))
        return start, max(start, stop)

    def _ends(self) -> slice | None:
        ends: list[int | None] = []
        for end in (self.start, self.stop, self.step):
            if not isinstance(end, Constant) or not (end.value is None or isinstance(end.value, int)):
                return None
            ends.append(end.value)
        return slice(*ends) if ends[2] != 0 else None
