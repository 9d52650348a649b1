"""Whether a statement of a migration is always come to, once."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import dedent

import libcst as cst

from migration_guard.later import re
from migration_guard.rendition.spelling import shown
from migration_guard.rewriting.conditions import Conditions
from migration_guard.rewriting.parents import Parents

_OF_A_CONNECTION = re.compile(r"(?:not )?(?:conn|connection|bind|engine)(?: is (?:not )?None)?")
"""Whether there is one: without it nothing is executed."""
_OF_THE_PROGRAM = re.compile(r"""__name__ == (?:"__main__"|'__main__')""")
"""The condition under which a script does what it is for."""


class CannotRemove(Exception):
    """Why a data change cannot be taken out without a person; the message says what to do."""


class Reached:
    """The ways to the statements of a migration."""

    def __init__(self, tree: Parents) -> None:
        self._tree = tree

    def check(self, statement: cst.CSTNode) -> None:
        """Refuse what runs more than once, or only if something holds that a backfill would not ask."""
        below = statement
        for parent in self._tree.above(statement):
            match parent:
                case cst.For() | cst.While():
                    raise CannotRemove("it stands in a loop; write what the loop does as one statement, then move it")
                case cst.If(test=test, body=body) if body is below and _OF_THE_PROGRAM.fullmatch(shown(test)):
                    pass
                case cst.If(test=test, body=body) if body is below and self._asks_for_rows(test, statement, holds=True):
                    pass
                case cst.If(test=test) if not self._is_of_the_schema(test):
                    raise CannotRemove(f"it runs only if `{shown(test)}`; say so in the statement, then move it")
                case cst.If(test=test, body=body) if not self._conditions(test).runs_on_postgresql(
                    _plain(test), holds=body is below
                ):
                    raise CannotRemove(f"it does not run on PostgreSQL, by `{shown(test)}`")
                case cst.IndentedBlock(body=statements):
                    self._check_nothing_returns(statements, below, statement)
                case cst.Try():
                    raise CannotRemove("it stands in a try, whose handlers would never run again; take it out by hand")
                case cst.Match(subject=subject):
                    raise CannotRemove(
                        f"it runs only in a case of `{shown(subject)}`; say so in the statement, then move it"
                    )
                case cst.Lambda() | cst.CompFor():
                    raise CannotRemove("it stands in an expression; take it out by hand")
            below = parent

    def _check_nothing_returns(
        self, statements: Sequence[cst.CSTNode], until: cst.CSTNode, change: cst.CSTNode
    ) -> None:
        """Refuse what is not come to where a statement before it returns, unless that asks what the schema is, or for its rows."""
        for one in statements:
            if one is until:
                return
            if isinstance(one, cst.SimpleStatementLine) and _returns(one):
                raise CannotRemove("it is never come to, behind a return; take it out by hand")
            if isinstance(one, cst.If) and one.orelse is None and self._asks_for_rows(one.test, change, holds=False):
                continue
            self._check_goes_on(one)

    def _check_goes_on(self, one: cst.CSTNode) -> None:
        if isinstance(one, cst.SimpleStatementLine) or not _returns(one):
            return
        if not isinstance(one, cst.If):
            kind = type(one).__name__.lower()
            raise CannotRemove(
                f"it is not come to where a `{kind}` before it returns; say so in the statement, then move it"
            )
        if not self._is_of_the_schema(one.test):
            raise CannotRemove(f"it is not come to if `{shown(one.test)}`; say so in the statement, then move it")
        for block, holds in ((one.body, True), (one.orelse, False)):
            if block is None or not _returns(block):
                continue
            if not self._conditions(one.test).runs_on_postgresql(_plain(one.test), holds=not holds):
                raise CannotRemove(f"it does not run on PostgreSQL, by `{shown(one.test)}`")
            for inner in (block,) if isinstance(block, cst.If) else _lines(block):
                self._check_goes_on(inner)

    def _asks_for_rows(self, test: cst.BaseExpression, change: cst.CSTNode, *, holds: bool) -> bool:
        """Whether a condition holds (or does not) wherever there are rows that a change would change."""
        statement = ast.parse(dedent(self._tree.tree.code_for_node(change))).body
        return len(statement) == 1 and self._conditions(test).asks_for_rows_of(_plain(test), statement[0], holds=holds)

    def _is_of_the_schema(self, test: cst.BaseExpression) -> bool:
        if _OF_A_CONNECTION.fullmatch(shown(test)):
            return True
        return self._conditions(test).asks_the_schema(_plain(test))

    def _conditions(self, test: cst.BaseExpression) -> Conditions:
        """What is known of the function in which a condition stands."""
        around = next((one for one in self._tree.above(test) if isinstance(one, cst.FunctionDef)), None)
        function = ast.parse(dedent(self._tree.tree.code_for_node(around))) if around is not None else None
        return Conditions(ast.parse(self._tree.tree.code), function)


def _lines(block: cst.BaseSuite | cst.Else) -> Sequence[cst.CSTNode]:
    suite = block.body if isinstance(block, cst.Else) else block
    return suite.body if isinstance(suite, cst.IndentedBlock) else ()  # else it is one line, which has no blocks


def _returns(node: cst.CSTNode) -> bool:
    if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
        return False
    return isinstance(node, cst.Return) or any(map(_returns, node.children))


def _plain(test: cst.BaseExpression) -> ast.expr:
    return ast.parse(f"({cst.Module(body=[]).code_for_node(test)}\n)", mode="eval").body
