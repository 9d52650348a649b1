"""Nodes of libcst without layout: `bare.Call(func, args)` makes a `libcst.Call` from what it means, its fields in their order.

All nodes of a kind share the layout that libcst gives to one without any. They are made without libcst's own checks, which
take as long as the rest: whoever makes them has a tree that Python has understood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

import libcst as cst

from migration_guard.interpreter.kinds import code_fields


def __getattr__(name: str) -> Callable[..., Any]:
    kind = getattr(cst, name, None)
    if not isinstance(kind, type) or not issubclass(kind, cst.CSTNode):
        raise AttributeError(name)  # noqa: TRY004 -- what a module without such a name raises
    made = globals()[name] = _maker(kind)
    return made


def _maker(kind: type[cst.CSTNode]) -> Callable[..., Any]:
    known = code_fields(kind)
    given: dict[str, Any] = {"new": object.__new__, "kind": kind}
    lines = []
    for one in fields(kind):
        given[f"set_{one.name}"] = getattr(kind, one.name).__set__
        value = one.name
        if value not in known:
            value = f"its_{one.name}"
            given[value] = one.default if one.default_factory is MISSING else one.default_factory()
        lines.append(f"    set_{one.name}(self, {value})\n")
    exec(f"def make({', '.join(known)}):\n    self = new(kind)\n{''.join(lines)}    return self\n", given)  # noqa: S102 -- as dataclasses do
    made: Callable[..., Any] = given["make"]
    return made
