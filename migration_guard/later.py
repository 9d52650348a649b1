"""What few runs need: modules that are imported, and expressions that are compiled, when something of them is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re as re  # noqa: PLC0414 -- for the type checker they are the same


class Later:
    """Stands for a module. Who imports it this way shows the type checker the real one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


class _Postponed(ModuleType):
    """Stands for a module where another package imports it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # what the import itself looks for
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def postponed(modules: Mapping[str, Mapping[str, object]]) -> Iterator[None]:
    """Within it, modules are not imported: what stands for each holds what is given, and asks the real one for the rest.

    What is imported within it keeps what is given for ever, so only for a process that is a command of ours, and in which no
    other thread imports. Modules that are loaded already are left alone.
    """
    made = {name: _Postponed(name) for name in modules if name not in sys.modules}
    for name, one in made.items():
        vars(one).update(modules[name])
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, one in made.items():
            if sys.modules.get(name) is one:
                del sys.modules[name]


class Expression:
    """Stands for a regular expression. `tests/test_later.py` compiles all that our modules hold."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__[name] = getattr(import_module("re").compile(*self._given), name)
        return found


class _Expressions(Later):
    """Stands for `re`: of the 300 expressions of a run that finds something, most are never asked."""

    def __init__(self) -> None:
        super().__init__("re")
        self.compile = Expression


if not TYPE_CHECKING:
    re = _Expressions()
