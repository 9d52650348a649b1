"""Functions that SQLAlchemy calls with each connection that it makes, or transaction that it begins."""

from __future__ import annotations

import libcst as cst

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.syntax import dotted

_MOMENTS = frozenset({"connect", "checkout", "begin", "after_begin"})
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
    return len(engines) <= 1 or any((dotted(one.args[0].value) or "").rpartition(".")[2] == "Engine" for one in heard)


def _last(call: cst.Call) -> str:
    return (dotted(call.func) or "").rpartition(".")[2]
