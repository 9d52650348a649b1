"""Judges a runner of somebody else's from its source: whether it exits with 0 whatever happens. It is never started."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from migration_guard.files import Unreadable, read_source
from migration_guard.lean import dataclass

_EXITS = frozenset({"exit", "quit", "_exit", "SystemExit"})
_CATCHES = frozenset({"Exception", "BaseException"})
_QUIET = frozenset(
    "print info warning error debug exception log ArgumentParser add_argument add_argument_group parse_args parse_known_args "
    "add_mutually_exclusive_group add_subparsers add_parser set_defaults basicConfig getLogger setLevel echo Path load_dotenv "
    "getenv get len str int list dict".split()
)
"""Calls that do no work: what stands outside of a `try` may be these."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Whether a runner keeps its exit code at 0, and why not."""

    kept: bool | None
    """None where that cannot be told."""
    line: int | None
    why: str


def promise(path: Path) -> Promise:
    """Read a runner; each exit and each error that may end it is looked for."""
    try:
        tree = ast.parse(read_source(path))
    except (Unreadable, SyntaxError, ValueError, RecursionError) as error:
        return Promise(None, None, f"it cannot be read: {error}")
    for line, exits in _exits(tree):
        if not exits:
            return Promise(kept=False, line=line, why="it may exit with another code than 0")
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for line in _unguarded(_started(tree), functions, set()):
        return Promise(kept=False, line=line, why="an error here would end it with exit code 1")
    last = max((line for line, _ in _exits(tree)), default=None)
    return Promise(kept=True, line=last, why="every exit is 0, and every error is caught")


def _exits(tree: ast.Module) -> Iterator[tuple[int, bool]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _EXITS:
            code = node.args[0] if node.args else None
            yield node.lineno, code is None or (isinstance(code, ast.Constant) and code.value in (0, None))


def _started(tree: ast.Module) -> list[ast.stmt]:
    """What runs when it is the program: the module's body, its `if __name__ == "__main__"` included."""
    return [
        node for node in tree.body if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))
    ]


def _unguarded(body: Sequence[ast.stmt], functions: dict[str, ast.FunctionDef], seen: set[str]) -> Iterator[int]:
    """Lines of calls that may raise, outside of any `try` that catches every error."""
    for node in body:
        match node:
            case ast.Try() if any(_catches(handler) for handler in node.handlers):
                yield from _unguarded(
                    [*node.finalbody, *(one for h in node.handlers for one in h.body)], functions, seen
                )
            case ast.FunctionDef() | ast.ClassDef():
                continue
            case ast.If() | ast.With() | ast.For() | ast.While() | ast.Try():
                parts = [*node.body, *getattr(node, "orelse", [])]
                yield from _unguarded(parts, functions, seen)
            case _:
                yield from _calls(node, functions, seen)


def _calls(node: ast.stmt, functions: dict[str, ast.FunctionDef], seen: set[str]) -> Iterator[int]:
    if isinstance(node, ast.Raise):
        yield node.lineno
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        name = _name(call.func)
        if name in functions:
            if name not in seen:
                seen.add(name)
                yield from _unguarded(functions[name].body, functions, seen)
        elif name not in _EXITS | _QUIET:
            yield call.lineno


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or _name(kind) in _CATCHES for kind in kinds)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
