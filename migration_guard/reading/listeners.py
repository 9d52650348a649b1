"""Functions that SQLAlchemy calls with each connection that it makes, or transaction that it begins."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.syntax import dotted

_MOMENTS = frozenset({"connect", "checkout", "begin", "after_begin"})
_MAKERS = frozenset({"sqlalchemy", "sqlmodel"})
_ENGINES = frozenset({"create_engine", "create_async_engine", "engine_from_config"})


def prepares(node: cst.FunctionDef | cst.Lambda, tree: cst.Module) -> bool:
    """Whether a function prepares every session of a file: a listener of its one engine, or of all engines."""
    decorators = [one.decorator for one in node.decorators] if isinstance(node, cst.FunctionDef) else []
    heard = [
        one for one in decorators if isinstance(one, cst.Call) and _last(one) == "listens_for" and len(one.args) > 1
    ]
    moments = [one.args[1].value for one in heard]
    named = [one.evaluated_value for one in moments if isinstance(one, cst.SimpleString)]
    if not _MOMENTS & {*map(str, named)}:
        return False
    engines = [one for one in within(tree) if isinstance(one, cst.Call) and _last(one) in _ENGINES]
    told = [dotted(one.args[0].value) or "" for one in heard]
    if any(one.rpartition(".")[2] == "Engine" for one in told):
        return True
    elsewhere = {*_imported(tree)} if engines else set()
    return len(engines) <= 1 and not any(one.partition(".")[0] in elsewhere for one in told)


def _imported(tree: cst.Module) -> Iterator[str]:
    """Names that a file has of others than SQLAlchemy: what they stand for is no engine that it makes itself."""
    for node in within(tree):
        if not isinstance(node, (cst.Import, cst.ImportFrom)) or isinstance(node.names, cst.ImportStar):
            continue
        package = dotted(node.module) if isinstance(node, cst.ImportFrom) and node.module is not None else None
        relative = isinstance(node, cst.ImportFrom) and bool(node.relative)
        for one in node.names:
            if relative or (package or one.evaluated_name).partition(".")[0] not in _MAKERS:
                yield (one.evaluated_alias or one.evaluated_name).partition(".")[0]


def _last(call: cst.Call) -> str:
    return (dotted(call.func) or "").rpartition(".")[2]
