"""Which calls give the values that a call is made with: through variables of the same function, as far as these are in sight."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migration_guard.interpreter.kinds import within

_FETCHES = ("fetch", "scalars", "mappings", "all")
_EXECUTES = frozenset({"execute", "exec", "stream"})


def givers(call: cst.CSTNode, around: cst.CSTNode) -> frozenset[int]:
    """The `id` of each call whose result may become a part of what `call` is given; `around` is the function."""
    every = list(_in_order(around))
    executed = dict(_executed(every))
    found: set[int] = set()
    seen: set[str] = set()
    waiting: list[cst.CSTNode] = [one.value for one in call.args] if isinstance(call, cst.Call) else []
    while waiting:
        part = waiting.pop()
        for node in within(part):
            if isinstance(node, cst.Call):
                found.add(id(node))
                if id(node) in executed:
                    waiting.append(executed[id(node)])
            elif isinstance(node, cst.Name) and node.value not in seen:
                seen.add(node.value)
                waiting += (value for one in every for value in _bound(one, node.value))
    return frozenset(found)


def _in_order(around: cst.CSTNode) -> Iterator[cst.CSTNode]:
    waiting: list[cst.CSTNode] = [around]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _executed(every: list[cst.CSTNode]) -> Iterator[tuple[int, cst.CSTNode]]:
    """For each call that fetches from a cursor the one before it by which that has executed something."""
    last: dict[str, cst.CSTNode] = {}
    for node in every:
        if (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Attribute)
            and isinstance(node.func.value, cst.Name)
        ):
            name, method = node.func.value.value, node.func.attr.value
            if method in _EXECUTES:
                last[name] = node
            elif method.startswith(_FETCHES) and name in last:
                yield id(node), last[name]


def _bound(node: cst.CSTNode, name: str) -> Iterator[cst.CSTNode]:
    """What a statement or an expression binds to a name, or adds to what it holds."""
    match node:
        case cst.Assign(targets=targets, value=value) if any(_names(one.target, name) for one in targets):
            yield value
        case cst.AnnAssign(target=target, value=value) | cst.AugAssign(target=target, value=value):
            if value is not None and _names(target, name):
                yield value
        case cst.NamedExpr(target=target, value=value) if _names(target, name):
            yield value
        case cst.For(target=target, iter=values) if _names(target, name):
            yield values
        case cst.Call(func=cst.Attribute(value=cst.Name(value=other), attr=cst.Name(value=method)), args=arguments):
            if other == name and method in {"append", "extend", "add", "update", "insert"}:
                yield from (one.value for one in arguments)


def _names(target: cst.BaseExpression, name: str) -> bool:
    return any(isinstance(one, cst.Name) and one.value == name for one in within(target))
