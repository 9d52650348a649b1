"""Whether Celery runs tasks where they are called, and leaves none to a worker: `task_always_eager`, wherever it is set."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from migration_guard.sight import asked
from migration_guard.sight.folders import walk
from migration_guard.skim.created import NEVER, content
from migration_guard.skim.outline import parsed

_NAME = re.compile(r"always_eager$", re.IGNORECASE)
"""`task_always_eager`, with the prefix that a project gave it, and as it was called before."""
_ELSEWHERE = re.compile(
    r"(?:^|[_.-])(?:tests?|testing|conftest|dev|develop|development|local|ci|debug|examples?)(?:[_.-]|$)"
)
"""Words of names of settings that are for tests and for those who develop: no database of theirs is at stake."""


@asked(8)
def runs_tasks_here(root: Path) -> bool:
    """Whether a module of a repository sets it, or may: to what is not known, and has no falsy default."""
    return any(sets(content(file, root)) for file in _modules(root))


def _modules(root: Path) -> Iterator[Path]:
    for folder, inner, files in walk(root):
        inner[:] = sorted(
            name for name in inner if not (name.startswith(".") or name in NEVER or _ELSEWHERE.search(name))
        )
        yield from (folder / name for name in files if name.endswith(".py") and not _ELSEWHERE.search(name[:-3]))


def sets(source: bytes) -> bool:
    """Whether a module sets it, or may."""
    if b"always_eager" not in source.lower():
        return False
    try:
        tree = parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return any(_may_be_true(value) for value in _values(tree))


def _values(tree: ast.Module) -> Iterator[ast.expr]:
    """What is given to the setting: by assignment, as an argument, or in a dictionary."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if any(map(_names, targets)):
                yield value
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _names(target):
                yield value
            case ast.keyword(arg=str(name), value=value) if _NAME.search(name):
                yield value
            case ast.Dict(keys=keys, values=values):
                yield from (value for key, value in zip(keys, values) if key is not None and _names(key))


def _names(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=str(name)) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return bool(_NAME.search(name))
        case ast.Subscript(slice=key):
            return _names(key)
    return False


def _may_be_true(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=known):
            return bool(known)
        case ast.UnaryOp(op=ast.Not(), operand=denied):
            return _may_be_false(denied)
        case ast.Compare(left=left, ops=[ast.NotEq() | ast.IsNot() | ast.NotIn()]):
            return _may_be_false(left)
    return not any(one.value in _FALSY for one in ast.walk(value) if isinstance(one, ast.Constant))


_FALSY = (False, 0, "", "0", "False", "false")


def _may_be_false(value: ast.expr) -> bool:
    """The same of what is denied: what is given to a call behind a name is its default."""
    match value:
        case ast.Constant(value=known):
            return not known
        case ast.UnaryOp(op=ast.Not(), operand=denied):
            return _may_be_true(denied)
        case ast.Call(args=given, keywords=named):
            defaults = [*given[1:], *(one.value for one in named)]
            return not any(isinstance(one, ast.Constant) and one.value not in (*_FALSY, None) for one in defaults)
    return True
