"""Parsers of others, imported without what only their other users ask for: a process of ours does nothing else with them than parse."""

from __future__ import annotations

import abc
import dataclasses
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from migration_guard import lean


@contextmanager
def hurried() -> Iterator[None]:
    """Within it, the frozen classes of libcst are made so, too, when it is imported: of 300 ms, 180 go there.

    What they are and do is the same, but that they are no abstract classes: asking whether a node is one of them costs a
    tenth then, and an interpreter asks a thousand times per line. Nobody claims to be one without being derived from it. What its package `metadata` offers is imported when somebody asks for it; libcst
    itself asks for two of its modules. Only for a process of ours in which nothing else is imported at that moment.
    """
    standard: Any = dataclasses.dataclass
    abstract: Any = abc.ABC

    def instead(cls: type | None = None, /, **how: Any) -> Any:
        def make(given: type) -> type:
            plain = how == {"frozen": True} and given.__module__.startswith("libcst.")
            return _hurried(given, standard) if plain else standard(**how)(given)

        return make if cls is None else make(cls)

    dataclasses.dataclass = instead
    if "libcst" not in sys.modules:
        vars(abc)["ABC"] = _Plain
    _open_halfway("libcst", "metadata")
    try:
        yield
    finally:
        dataclasses.dataclass = standard
        vars(abc)["ABC"] = abstract
        sys.modules.pop("libcst.metadata", None)


class _Plain:
    """What a class is derived from in the place of `abc.ABC`."""

    __slots__ = ()


def _open_halfway(package: str, name: str) -> None:
    """Have the modules of a package within a package found, without what it imports itself."""
    spec = None if package in sys.modules else PathFinder.find_spec(package)
    if spec is not None and spec.submodule_search_locations:
        opened = ModuleType(f"{package}.{name}")
        opened.__path__ = [os.path.join(place, name) for place in spec.submodule_search_locations]
        sys.modules[opened.__name__] = opened


def spare(name: str, **offers: object) -> None:
    """Have a module that is only imported, and never asked for anything, stand for itself by what is imported of it."""
    if name not in sys.modules:
        stands = ModuleType(name)
        stands.__dict__.update(offers)
        sys.modules[name] = stands


def _hurried(given: type, standard: Any) -> type:
    doc, own = given.__doc__, vars(given)
    if any(map(lean.is_special, own.values())):
        return standard(frozen=True)(given)  # type: ignore[no-any-return]  # it was made of a type
    given.__doc__ = doc or "-"  # else one is made of the signature, which takes longer than all the rest
    cls: Any = standard(init=False, repr=False, eq=False)(given)
    given.__doc__ = doc
    if "__init__" not in own:
        cls.__init__ = lean.first
    cls.__setattr__, cls.__delattr__ = lean.refuse_setting, lean.refuse_deleting
    return cls  # type: ignore[no-any-return]  # it was made of a type
