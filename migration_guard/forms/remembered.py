"""What names of a module stand for, said once for all forms of a migration: each pass of a loop has forms of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

from migration_guard.forms.expressions import MAX_STEPS, Expressions
from migration_guard.forms.names import MAX_NAMES
from migration_guard.forms.where import Where


class Said(NamedTuple):
    """What a form said of a name, what that took, and all that it noted meanwhile."""

    text: str
    steps: int
    lookups: int
    noted: list[dict[Any, Any]]
    links: set[str]


class Remembering(Expressions):
    """Says of a name of a module what an earlier form said that knew as much, and notes what that one noted.

    Where a form would meet its limits it is said anew, so that what is remembered changes no form.
    """

    _is_noting = False

    def _looked_up(self, name: str, there: Where) -> str:
        if self._is_noting or there.outer is not None or there.caller is not None or there.passes or there.inside:
            return super()._looked_up(name, there)
        names, open_, families = self._made_before.items(), self._open, self._families
        state = (name, there.spot, self._depth, self._levels, *map(frozenset[object], (names, open_, families)))
        known = there.names.said.get(state)
        if known is not None and self._steps + known.steps <= MAX_STEPS and self._lookups + known.lookups <= MAX_NAMES:
            self._steps += known.steps
            self._lookups += known.lookups
            for mine, theirs in zip(self._notes(), known.noted):
                mine.update({key: value for key, value in theirs.items() if key not in mine})
            self._links |= known.links
            return known.text
        steps, lookups = self._steps, self._lookups
        before = [set(mine) for mine in self._notes()]
        links, self._links = self._links, set()
        self._is_noting = True
        text = super()._looked_up(name, there)
        self._is_noting = False
        pairs = zip(self._notes(), before)
        noted = [{key: value for key, value in mine.items() if key not in then} for mine, then in pairs]
        if self._steps <= MAX_STEPS and self._lookups <= MAX_NAMES:
            there.names.said[state] = Said(text, self._steps - steps, self._lookups - lookups, noted, self._links)
        self._links = self._links | links
        return text

    def _notes(self) -> tuple[dict[Any, Any], ...]:
        return self._made_before, self._classes, self._data
