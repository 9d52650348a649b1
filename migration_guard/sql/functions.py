"""Functions that a migration has created: what calling one of them changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from migration_guard.operations import OperationKind
from migration_guard.sql.steps import Change


class Functions:
    """By their bare names. Of several with one name, any may be meant; what a body calls is known when it is called."""

    def __init__(self, changes: Mapping[str, Iterable[Change]] = MappingProxyType({})) -> None:
        self._changes = {name: dict.fromkeys(some) for name, some in changes.items()}
        self._calls: dict[str, set[str]] = {}
        self._unknown: dict[str, set[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._changes)

    def __contains__(self, name: str) -> bool:
        return name in self._changes

    def copy(self) -> Functions:
        """The same functions, to which others can be added."""
        copied = Functions(self._changes)
        copied._calls = {name: set(calls) for name, calls in self._calls.items()}
        copied._unknown = {name: set(calls) for name, calls in self._unknown.items()}
        return copied

    def create(self, name: str, changes: Iterable[Change], calls: Iterable[str], unknown: Iterable[str] = ()) -> None:
        """A function comes into being, beside those of its name; `unknown` are those that it calls and nobody knows."""
        self._unknown.setdefault(name, set()).update(unknown)
        self._changes.setdefault(name, {}).update(dict.fromkeys(changes))
        self._calls.setdefault(name, set()).update(calls)

    def missing(self, name: str) -> set[str]:
        """The functions that a function calls and that are still not known."""
        return {called for called in self._unknown.get(name, ()) if called not in self._changes}

    def changes(self, names: Iterable[str]) -> list[Change]:
        """What calling these changes, with all that their bodies call."""
        waiting, met, found = [name for name in names if name in self._changes], set[str](), dict[Change, None]()
        while waiting:
            name = waiting.pop(0)
            if name not in met:
                met.add(name)
                found.update(self._changes[name])
                waiting += sorted(called for called in self._calls.get(name, ()) if called in self._changes)
                if self.missing(name):
                    found[Change(OperationKind.OPAQUE, (), 0, 0, dynamic=True)] = None
        return list(found)
