"""Modules whose names only settings tell: plugins, backends. That they are loaded is believed; what is called of them is told.

Whether a value comes from one says its origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.values import SETTLED
from migration_guard.libraries.execution import opaque
from migration_guard.libraries.handles import LOOKS

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.values import Value

LOADED = "<a module that a function loads>"
"""It is loaded for what is asked of it: any call is told that does not only look."""
CONSTANT = "<a constant of a module that a function loads>"
"""What it can do is no deed of the module's own; but it may hold functions."""


def is_settled(value: Value, call: Call) -> bool:
    """Whether it is of what an import settles, or of nothing that has a name, while functions run because of that import.

    Only what it is given as a way to the database is told then.
    """
    return value.origin in (SETTLED, "") and call.machine.imports.is_settled


def part(owner: str, name: str) -> str:
    """The origin of an attribute."""
    return CONSTANT if owner == LOADED and name.isupper() else owner


def is_told(value: Value) -> bool:
    """Whether a call of it is told, so that what it gives need not be."""
    return value.origin in (LOADED, CONSTANT)


def called(value: Value, call: Call) -> None:
    """Something of such a module is called."""
    if is_told(value) and not LOOKS.match(call.name):
        opaque(call, f"{call.name or 'a call'} is of a module whose name is not known", call.name, beyond=True)


def method_called(value: Value, call: Call) -> None:
    """A method of something of such a module is called."""
    if value.origin != CONSTANT:
        called(value, call)
