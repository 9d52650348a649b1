"""Code as text: `exec`, `eval`, `compile`. What is known of it is read where it is run; what is not is OPAQUE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_guard.interpreter.embedded import run_code
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, Unknown, Value, join
from migration_guard.libraries.execution import opaque

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


@dataclass(frozen=True, slots=True, eq=False)
class Code(Value):
    """`compile(text, …)`."""

    text: Value

    @property
    def key(self) -> object:
        return ("code", self.text.key)


def _compiled(call: Call) -> Value:
    return Code(call.argument(0, "source") or UNKNOWN)


def _run(call: Call) -> Value:
    given = call.argument(0, "source", "object") or UNKNOWN
    results: list[Value] = []
    for option in given.alternatives():
        text = option.text if isinstance(option, Code) else option
        for one in text.alternatives():
            result = None
            if isinstance(one, Text) and one.known:
                names = [
                    value for value in (call.argument(1, "globals"), call.argument(2, "locals")) if value is not None
                ]
                result = run_code(call, str(one), [value for value in names if value is not NONE])
            if result is None:
                opaque(call, "code that stands in a text is run, and the text is not known")
                result = Unknown("result")
            results.append(result)
    return join(results)


CALLS: dict[str, Callable[[Call], Value | None]] = {
    "builtins.exec": _run,
    "builtins.eval": _run,
    "builtins.compile": _compiled,
    "code.InteractiveInterpreter.runsource": _run,
}
