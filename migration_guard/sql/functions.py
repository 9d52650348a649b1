"""What a migration has created that later statements run: functions, what writing to a table fires, tables beneath views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from migration_guard.operations import OperationKind
from migration_guard.sql.names import bare
from migration_guard.sql.steps import Change, Step


class Functions:
    """By their bare names. Of several with one name, any may be meant; what a body calls is known when it is called."""

    def __init__(self, changes: Mapping[str, Iterable[Change]] = MappingProxyType({})) -> None:
        self._changes = {name: dict.fromkeys(some) for name, some in changes.items()}
        self._calls: dict[str, set[str]] = {}
        self._unknown: dict[str, set[str]] = {}
        self._armed: dict[str, dict[str, frozenset[str]]] = {}
        """By table, what its triggers and rules run, and the verbs that fire each."""
        self._views: dict[str, str] = {}
        """The table beneath each view."""
        self.readings: dict[object, list[Step]] = {}
        """What texts do, by what they are, as long as no other functions are known."""

    def __bool__(self) -> bool:
        return bool(self._changes)

    def __contains__(self, name: str) -> bool:
        return name in self._changes

    def copy(self) -> Functions:
        """The same functions, to which others can be added."""
        copied = Functions(self._changes)
        copied._calls = {name: set(calls) for name, calls in self._calls.items()}
        copied._unknown = {name: set(calls) for name, calls in self._unknown.items()}
        copied._armed = {table: dict(armed) for table, armed in self._armed.items()}
        copied._views = dict(self._views)
        return copied

    def create(self, name: str, changes: Iterable[Change], calls: Iterable[str], unknown: Iterable[str] = ()) -> None:
        """A function comes into being, beside those of its name; `unknown` are those that it calls and nobody knows."""
        self.readings.clear()
        self._unknown.setdefault(name, set()).update(unknown)
        self._changes.setdefault(name, {}).update(dict.fromkeys(changes))
        self._calls.setdefault(name, set()).update(calls)

    def missing(self, name: str) -> set[str]:
        """The functions that a function calls and that are still not known."""
        return {called for called in self._unknown.get(name, ()) if called not in self._changes}

    def arm(self, table: str, name: str, verbs: Iterable[str]) -> None:
        """From now on these verbs on a table run a function, be it one that stands in the trigger or rule itself."""
        self.readings.clear()
        armed = self._armed.setdefault(bare(table), {})
        armed[name] = armed.get(name, frozenset()).union(verbs)

    def rename(self, old: str, new: str) -> None:
        """A table goes on under another name, with what it is armed with; what undoes that is not looked for."""
        for name, verbs in self._armed.get(bare(old), {}).items():
            self.arm(new, name, verbs)
        for view in [view for view, table in self._views.items() if bare(table) == bare(old)]:
            self.view(view, new)
        if bare(old) in self._views:
            self.view(new, self._views[bare(old)])
            self.view(old, None)

    def view(self, name: str, table: str | None) -> None:
        """From now on a name is that of a view over a table; None where it is none, or over no single table."""
        self.readings.clear()
        self._views.pop(bare(name), None)
        if table is not None:
            self._views[bare(name)] = table

    def beneath(self, name: str) -> str:
        """The table that takes what is written under a name: the name itself, unless it is a view's on which nothing is armed."""
        met = set[str]()
        while bare(name) in self._views and bare(name) not in met | self._armed.keys():
            met.add(bare(name))
            name = self._views[bare(name)]
        return name

    def fired(self, kind: OperationKind, tables: Iterable[str]) -> list[str]:
        """The functions that a change of these tables runs."""
        armed = [self._armed.get(bare(table), {}) for table in tables] if self._armed else []
        return [name for some in armed for name, verbs in some.items() if not verbs.isdisjoint(_VERBS.get(kind, ()))]

    def changes(self, names: Iterable[str]) -> list[Change]:
        """What calling these changes, with all that their bodies call and what that fires."""
        waiting, met, found = [name for name in names if name in self._changes], set[str](), dict[Change, None]()
        while waiting:
            name = waiting.pop(0)
            if name not in met:
                met.add(name)
                found.update(self._changes[name])
                waiting += sorted(called for called in self._calls.get(name, ()) if called in self._changes)
                waiting += [one for change in self._changes[name] for one in self.fired(change.kind, change.tables)]
                if self.missing(name):
                    found[Change(OperationKind.OPAQUE, (), 0, 0, dynamic=True)] = None
        return list(found)


_ANY = frozenset({"INSERT", "UPDATE", "DELETE"})
_VERBS = {
    OperationKind.UPDATE: frozenset({"UPDATE"}),
    OperationKind.DELETE: frozenset({"DELETE"}),
    OperationKind.TRUNCATE: frozenset({"TRUNCATE"}),
    OperationKind.MERGE: _ANY,
    OperationKind.UPSERT_VALUES: _ANY,  # REPLACE deletes
    OperationKind.INSERT_SELECT: _ANY,  # it may go on with ON CONFLICT, or be a REPLACE
    OperationKind.INSERT_VALUES: frozenset({"INSERT"}),
    OperationKind.INSERT_LOOP: frozenset({"INSERT"}),
}
"""What of a trigger's events a kind of change is."""
