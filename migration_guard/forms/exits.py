"""Where statements are left before their end: the pass of a loop, the loop, the function."""

from __future__ import annotations

import libcst as cst

from migration_guard.forms.nodes import children
from migration_guard.interpreter.kinds import kind_of

CLAUSES = (cst.Else, cst.Finally, cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchCase)
"""Parts of a compound statement that have a block of their own."""
_LOOP_EXITS = (cst.Continue, cst.Break)
_holds_statements = kind_of(cst.BaseSuite, cst.BaseCompoundStatement, cst.SimpleStatementLine, *CLAUSES)
_leaves_nothing = kind_of(cst.FunctionDef, cst.ClassDef, cst.BaseExpression)


def exits(node: cst.BaseCompoundStatement) -> list[cst.CSTNode]:
    """The statements in a compound one that leave it, and the pass of a loop or the function around it.

    What is raised in a handler ends as what it handled would have ended.
    """
    found: list[cst.CSTNode] = []
    waiting: list[tuple[cst.CSTNode, bool, bool]] = [(node, False, False)]
    while waiting:
        one, looped, handled = waiting.pop()
        if (
            isinstance(one, cst.Return)
            or (isinstance(one, cst.Raise) and not handled)
            or (isinstance(one, _LOOP_EXITS) and not looped)
        ):
            found.append(one)
        if _holds_statements(type(one)):
            now = looped or isinstance(one, (cst.For, cst.While))
            caught = handled or isinstance(one, (cst.ExceptHandler, cst.ExceptStarHandler))
            waiting += [(child, now, caught) for child in reversed(children(one)) if not _leaves_nothing(type(child))]
    return found


def breaks(loop: cst.For | cst.While) -> list[cst.CSTNode]:
    """The statements that end a loop before its last pass."""
    return [one for part in loop.body.body for one in _leaving(part) if isinstance(one, cst.Break)]


def _leaving(part: cst.CSTNode) -> list[cst.CSTNode]:
    if isinstance(part, cst.SimpleStatementLine):
        return [*part.body]
    return exits(part) if isinstance(part, cst.BaseCompoundStatement) else [part]
