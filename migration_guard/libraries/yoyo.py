"""yoyo's `step()`: remembered in the order of the calls, run by the framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.values import UNKNOWN, Unknown, Value

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.values import External

ROOTS = ("yoyo",)


def value(name: str) -> Value | None:
    return None


def call(target: External, call: Call) -> Value | None:
    if target.last == "step":
        call.machine.libraries.steps.append(call)
        return UNKNOWN
    return Unknown(target.last)
