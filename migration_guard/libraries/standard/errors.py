"""Exceptions of Python: what they are made with is what a handler finds in them."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.formatting import spelled
from migration_guard.interpreter.values import NONE, Constant, Unknown, Value, join
from migration_guard.libraries.handing import run_callbacks
from migration_guard.libraries.standard.records import Namespace

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


_GROUPS = tuple(filter(None, [getattr(builtins, "BaseExceptionGroup", None)]))  # of Python 3.11


class Error(Namespace):
    """`ValueError("…")`."""

    __slots__ = ()

    def __init__(self, args: Sequence) -> None:
        super().__init__(known=False)
        self.write("args", args)

    def special(self, name: str, *arguments: Value) -> Value | None:
        args = self.read("args")
        held = args.elements() if isinstance(args, Sequence) else None
        if name != "__str__" or held is None or len(held) != 1:
            return None
        return join(spelled(option) for option in held[0].alternatives())

    def method(self, name: str, call: Call) -> Value:
        if name == "with_traceback":
            return self
        if name == "add_note":
            return NONE
        args = self.read("args")
        if name == "__getitem__" and isinstance(args, Sequence):
            return args.item(call.argument(0) or Constant(0))
        return Unknown(name)


def _made(call: Call) -> Value:
    run_callbacks(call)
    return Error(Sequence(call.positional, call.rest if call.open else None, kind="tuple"))


_OF_THEIR_OWN = (OSError, UnicodeError, SyntaxError, KeyError, *_GROUPS)
CALLS: dict[str, Callable[[Call], Value | None]] = {
    f"builtins.{name}": _made
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, _OF_THEIR_OWN)
}
"""Those that keep what they are given as it is, and say no more than that."""
