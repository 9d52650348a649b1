"""The row of a loop over what a SELECT gives: which columns its parts hold."""

from __future__ import annotations

import ast

from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What a row is, as the loop has it."""

    names: tuple[str, ...]
    chosen: tuple[ast.expr, ...]
    table: str
    taken_apart: bool

    def gives(self, node: ast.AST, column: str) -> bool:
        """Whether an expression gives a column of the row, or may do so."""
        match node:
            case ast.Name(id=name) if self.taken_apart and name in self.names:
                return self._holds(self.names.index(name), column)
            case ast.Attribute(value=ast.Name(id=name), attr=key):
                return name == self.names[0] and (key == column or self._labelled(key, column))
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
                return name == self.names[0] and (key == column or self._labelled(key, column))
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int() as index)):
                return name == self.names[0] and self._holds(index, column)
        return False

    def _holds(self, index: int, column: str) -> bool:
        """Whether what a SELECT gives at a place is made of a column; the whole table may have any there."""
        if not -len(self.chosen) <= index < len(self.chosen):
            return True
        one = self.chosen[index]
        return (
            isinstance(one, ast.Name) or (column, False) in self._columns(one) or (column, True) in self._columns(one)
        )

    def _labelled(self, label: str, column: str) -> bool:
        return any(
            isinstance(one, ast.Call)
            and any(isinstance(given, ast.Constant) and given.value == label for given in one.args)
            and self._holds(index, column)
            for index, one in enumerate(self.chosen)
        )

    def _columns(self, node: ast.expr) -> set[tuple[str, bool]]:
        return {found for one in ast.walk(node) if (found := column_of(one, self.table)) is not None}


def column_of(node: ast.AST, table: str) -> tuple[str, bool] | None:
    match node:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr="c" | "columns"), attr=column) if (
            name == table
        ):
            return column, False
        case ast.Attribute(value=ast.Name(id=name), attr=column) if name == table:
            return column, True
    return None
