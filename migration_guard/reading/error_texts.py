"""Tests that tell errors apart by their messages: `"lock_timeout" in str(error)`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migration_guard.interpreter.syntax import dotted

_SPELT = frozenset({"str", "repr", "format"})
_PARTS = frozenset({"args", "message", "pgerror", "diag"})
_TESTS = frozenset({"startswith", "endswith", "find", "index", "search", "match", "fullmatch", "findall"})


def error_texts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Every such test in the handlers of a function."""
    for handler in _below(node, cst.ExceptHandler):
        if isinstance(handler, cst.ExceptHandler) and handler.name is not None:
            name = handler.name.name
            if isinstance(name, cst.Name):
                yield from _tests(handler.body, name.value)


def _tests(body: cst.CSTNode, error: str) -> Iterator[cst.CSTNode]:
    texts: set[str] = set()
    for assigned in _below(body, cst.Assign):
        if isinstance(assigned, cst.Assign) and _is_text(assigned.value, error, texts):
            texts |= {target.target.value for target in assigned.targets if isinstance(target.target, cst.Name)}
    for test in _below(body, cst.Comparison, cst.Call):
        match test:
            case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=cst.In() | cst.NotIn(), comparator=one)]):
                if _is_text(one, error, texts):
                    yield test
            case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=name))) if name in _TESTS:
                if any(_is_text(one, error, texts) for one in (receiver, *(argument.value for argument in test.args))):
                    yield test


def _is_text(node: cst.BaseExpression, error: str, texts: set[str]) -> bool:
    """Whether an expression spells out the error, whatever is done with the text then."""
    match node:
        case cst.Name(value=name):
            return name in texts
        case cst.Call(func=cst.Name(value=name), args=[cst.Arg(value=given), *_]) if name in _SPELT:
            return any(isinstance(one, cst.Name) and one.value == error for one in (given, *_below(given, cst.Name)))
        case cst.Call(func=cst.Attribute(value=receiver)):
            return _is_text(receiver, error, texts)
        case cst.Attribute(attr=cst.Name(value=part)) if part in _PARTS:
            return (dotted(node) or "").partition(".")[0] == error
        case cst.Subscript(value=value):
            return _is_text(value, error, texts)
        case cst.FormattedString():
            return any(isinstance(one, cst.Name) and one.value == error for one in _below(node, cst.Name))
    return False


def _below(node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    waiting = list(node.children)
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, kinds):
            yield one
        waiting += one.children
