"""What is believed to be there and to be no more than that: modules whose names only settings tell, and data of handles.

That a plugin or a backend is loaded is believed, and that `connection.queries` is a list; what is called of them is told if
it does more than look. Whether a value comes from one says its origin, and so does what a look at it gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.values import SETTLED
from migration_guard.libraries import trust
from migration_guard.libraries.execution import opaque
from migration_guard.libraries.handles import LOOKS, OF_HANDLE

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.values import Value

LOADED = "<a module that a function loads>"
"""It is loaded for what is asked of it: any call is told that does not only look."""
CONSTANT = "<a constant of a module that a function loads>"
"""It is believed to be a value, as is what a look at the module gives; but it may hold functions, or be more than a value."""
_OF_A_MODULE = "is of a module whose name is not known"
_TOLD = {LOADED: _OF_A_MODULE, CONSTANT: _OF_A_MODULE, OF_HANDLE: "is called on what a handle has"}
_OF_VALUES = frozenset(
    {
        *(name for kind in (str, bytes, tuple, frozenset) for name in dir(kind)),
        *"setdefault pop match search fullmatch sub total_seconds translate_connect_args parameter_status".split(),
    }
)
"""Methods of values that cannot be changed, and of dictionaries, URLs and what psycopg says of a connection."""


def is_settled(value: Value, call: Call) -> bool:
    """Whether it is of what an import settles, or of nothing that has a name, while functions run because of that import.

    Only what it is given as a way to the database is told then.
    """
    return value.origin in (SETTLED, "") and call.machine.imports.is_settled


def part(owner: str, name: str) -> str:
    """The origin of an attribute."""
    return CONSTANT if owner == LOADED and name.isupper() else owner


def _is_told(value: Value, name: str, *, method: bool) -> bool:
    """Whether a call of it, or of its method, is told, so that what comes of it need not be."""
    if value.origin not in _TOLD or LOOKS.match(name) or trust.logs(value, name):
        return False
    return not (method and value.origin != LOADED and name in _OF_VALUES)


def called(value: Value, call: Call, *, method: bool = False) -> None:
    """Something of such an origin is called, or its method."""
    if _is_told(value, call.name, method=method):
        what = f"{call.name or 'a call'} {_TOLD[value.origin]}"
        opaque(call, what, call.name, beyond=value.origin != OF_HANDLE)


def result(value: Value, call: Call, *, method: bool = False) -> str:
    """The origin of what comes of that."""
    if _is_told(value, call.name, method=method):
        return ""
    return CONSTANT if value.origin == LOADED else value.origin
