"""Code that stands in a text and is run: `exec`, `eval`. What it does is told where it is run."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.call import Frame
from migration_guard.interpreter.repository import Module, Scope
from migration_guard.interpreter.syntax import Refused, Source, parse
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Value

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.values import Place

MAX_CODE = 100_000
"""Characters of code that are read."""
MAX_WITHIN = 5
"""Texts that run one another."""


class Embedded(Source):
    """Code in a text: all of it stands where it is run."""

    where: Place

    def start(self, node: cst.CSTNode) -> tuple[int, int]:
        return self.where.source.start(self.where.node)

    def end(self, node: cst.CSTNode) -> tuple[int, int]:
        return self.where.source.end(self.where.whole)


def run_code(call: Call, text: str, names: AnySequence[Value]) -> Value | None:
    """Run the code of a text among the names that it is given, or those that stand where it is run; None where it cannot be read."""
    machine = call.machine
    within = [frame for frame in machine.frames if frame.name == _NAME]
    if len(text) > MAX_CODE or len(within) >= MAX_WITHIN or any(value.mapping() is None for value in names):
        return None
    try:
        parsed = parse(call.place.source.path, text.strip("\n ").encode())
    except Refused:
        return None
    source = Embedded(parsed.path, parsed.text, parsed.tree)
    source.where = call.place
    outer = machine.scope
    module = Module(call.place.source.path, source)
    scope = module.scope
    scope.parent = None if names else outer
    for value in names:
        mapping = value.mapping()
        for key, item in mapping.known.values() if mapping is not None else ():
            if isinstance(key, Text) and key.known:
                scope.write(str(key), item)
    before = {name: scope.read(name) for name in scope.names}
    machine.frames.append(Frame(_NAME, call.place, source.tree, scope))
    depth = len(machine.frames)
    result: Value = NONE
    try:
        only = source.tree.body[0] if len(source.tree.body) == 1 else None
        expression = only.body[0] if isinstance(only, cst.SimpleStatementLine) else None
        if isinstance(expression, cst.Expr):
            result = machine.evaluate(expression.value)
        else:
            machine.statements.block(source.tree.body)
    finally:
        del machine.frames[depth - 1 :]
    bound = {name: scope.get(name) for name in scope.names if scope.read(name) is not before.get(name)}
    _hand_back(bound, names, outer)
    return result


_NAME = "<code>"


def _hand_back(bound: dict[str, Value | None], names: AnySequence[Value], outer: Scope) -> None:
    """What the code has bound is bound where it was run, or in the dictionary that it was given."""
    for name, value in bound.items():
        if names:
            names[-1].set_item(plain(name), value or UNKNOWN, rows=False)
        else:
            outer.assign(name, value or UNKNOWN)
