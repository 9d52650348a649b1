"""What lets a backfill leave rows out and not say so: errors that are passed over in silence, and loops that forget their deadline."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.later import re

_BROAD = frozenset(
    "Exception BaseException Error DatabaseError DBAPIError SQLAlchemyError OperationalError PostgresError "
    "InterfaceError".split()
)
"""Exceptions that a failed statement may be, whatever is wrong with it."""
_SILENT = frozenset({"rollback", "sleep", "close"})
"""Calls by which a handler tells nobody."""
_TELLS = (cst.Raise, cst.Return, cst.Assign, cst.AugAssign, cst.AnnAssign, cst.NamedExpr, cst.Yield)
_LIMIT = re.compile(
    r"max_?(?:run_?)?(?:time|seconds|minutes|duration)|run_?time_?(?:limit|seconds)|deadline|time_?(?:limit|budget)",
    re.IGNORECASE,
)
"""Names by which the time is limited that a backfill may take."""
_CLOCKS = frozenset("monotonic perf_counter time now utcnow monotonic_ns time_ns".split())


def swallowed(
    node: cst.CSTNode, handlers: Collection[int], working: Collection[int], named: Collection[str]
) -> Iterator[cst.CSTNode]:
    """The handlers, and blocks of `suppress`, in a function that pass over in silence whatever goes wrong with a change.

    `handlers` are the `id` of those of changes, `working` of calls that make them, `named` the functions with such calls.
    """
    loops = _innermost_loops(node)
    for one in within(node):
        match one:
            case cst.ExceptHandler() if id(one) in handlers and _is_silent(one, loops.get(id(one))):
                yield one
            case cst.With() if _works(one.body, working, named):
                yield from (item.item for item in one.items if _suppresses(item.item))


def names_of(nodes: Sequence[cst.FunctionDef | cst.Lambda], working: set[int]) -> set[str]:
    """The names of functions that change rows, by themselves or by others."""
    calls = {
        node.name.value: [one for one in within(node.body) if isinstance(one, cst.Call)]
        for node in nodes
        if isinstance(node, cst.FunctionDef)
    }
    named = {name for name, inside in calls.items() if any(id(one) in working for one in inside)}
    while more := {
        name
        for name, inside in calls.items()
        if name not in named and any((dotted(one.func) or "").rpartition(".")[2] in named for one in inside)
    }:
        named |= more
    return named


def _innermost_loops(node: cst.CSTNode) -> dict[int, cst.CSTNode]:
    """For each handler the loop that it stands in."""
    found: dict[int, cst.CSTNode] = {}
    waiting: list[tuple[cst.CSTNode, cst.CSTNode | None]] = [(node, None)]
    while waiting:
        one, loop = waiting.pop()
        if isinstance(one, cst.ExceptHandler) and loop is not None:
            found[id(one)] = loop
        inner = one if isinstance(one, (cst.For, cst.While)) else None if isinstance(one, cst.FunctionDef) else loop
        waiting += [(child, inner) for child in one.children]
    return found


def _works(body: cst.CSTNode, working: Collection[int], named: Collection[str]) -> bool:
    calls = (one for one in within(body) if isinstance(one, cst.Call))
    return any(id(one) in working or _last(one) in named for one in calls)


def _last(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else dotted(call.func) or ""


def _is_silent(handler: cst.ExceptHandler, loop: cst.CSTNode | None) -> bool:
    if handler.type is not None and not _is_broad(handler.type):
        return False
    every = list(within(handler.body))
    steps = {id(one) for one in every if loop is not None and _goes_on(one, loop)}
    if any(isinstance(one, _TELLS) and id(one) not in steps for one in every):
        return False
    if any(isinstance(one, cst.Continue) for one in every) and isinstance(loop, cst.While) and not steps:
        return False  # the same work is tried again
    return all(_last(one) in _SILENT for one in every if isinstance(one, cst.Call))


def _goes_on(node: cst.CSTNode, loop: cst.CSTNode) -> bool:
    """Whether a handler assigns just what the loop does behind a batch that went well: `last = ids[-1]`, `done += 1`."""
    if not isinstance(node, (cst.Assign, cst.AugAssign)):
        return False
    return any(one is not node and type(one) is type(node) and one.deep_equals(node) for one in within(loop))


def _is_broad(kind: cst.BaseExpression) -> bool:
    kinds = [one.value for one in kind.elements] if isinstance(kind, cst.Tuple) else [kind]
    return any((dotted(one) or "").rpartition(".")[2] in _BROAD for one in kinds)


def _suppresses(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and _last(node) == "suppress" and any(_is_broad(one.value) for one in node.args)


def untimed(loop: cst.CSTNode, tree: cst.Module) -> bool:
    """Whether a file limits the time that it may take, and a loop of its batches never asks for it."""
    if not any(map(_limits, within(tree))):
        return False
    asking = {one.name.value for one in within(tree) if isinstance(one, cst.FunctionDef) and _asks(one.body, ())}
    return not _asks(loop, asking)


def _limits(node: cst.CSTNode) -> bool:
    """Whether a name is given a limit of time: as a variable, a parameter or a field."""
    match node:
        case cst.AssignTarget(target=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name))):
            return _LIMIT.search(name) is not None
        case cst.AnnAssign(target=cst.Name(value=name)) | cst.Param(name=cst.Name(value=name)):
            return _LIMIT.search(name) is not None
    return False


def _asks(node: cst.CSTNode, asking: Collection[str]) -> bool:
    """Whether code looks at a clock, at a limit, or calls what does; a time that is only written down is not looked at."""
    every = list(within(node))
    written = {id(value) for one in every for value in _written(one)}
    for one in every:
        if isinstance(one, cst.Name) and (_LIMIT.search(one.value) or one.value in asking):
            return True
        if isinstance(one, cst.Call) and _last(one) in _CLOCKS and id(one) not in written:
            return True
    return False


def _written(node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    """What becomes a field, a column or a parameter as it is: `values(at=func.now())`, `lead.at = now()`, `(now(), key)`."""
    match node:
        case cst.Arg(keyword=cst.Name(), value=value):
            yield value
        case cst.DictElement(value=value) | cst.Element(value=value):
            yield value
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute())], value=value):
            yield value
