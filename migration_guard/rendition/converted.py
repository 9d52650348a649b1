"""Rows that a function changes one by one, and that are saved together: `bulk_update([convert(row) for row in rows], …)`."""

from __future__ import annotations

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass

PIECES = frozenset({"batched", "chunked"})
"""What cuts rows into pieces, as they come: of itertools, and of more_itertools."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A list of rows, each as a function gives it back."""

    row: str
    source: cst.BaseExpression
    """What gives the rows."""


def each_changed(node: cst.BaseExpression) -> Converted | None:
    """Look at a list of all rows that something gives, each of which may be given to a function; None if it is none."""
    match node:
        case cst.ListComp(
            elt=made,
            for_in=cst.CompFor(target=cst.Name(value=row), iter=source, ifs=[], inner_for_in=None, asynchronous=None),
        ):
            pass
        case _:
            return None
    match made:
        case cst.Name(value=name) if name == row:
            return Converted(row, source)
        case cst.Call(func=cst.Name(), args=[cst.Arg(value=cst.Name(value=name), keyword=None, star=""), *_]):
            return Converted(row, source) if name == row else None
    return None


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows that are cut into pieces."""

    rows: cst.BaseExpression
    cutter: str
    """The function that does it, as it is called."""


def pieces_of(function: cst.CSTNode, node: cst.BaseExpression) -> Cut | None:
    """What is cut into the pieces of which an expression is one, `for batch in batched(rows, 500)`; None if it is none."""
    name = dotted(node)
    loops = [
        one for one in within(function) if isinstance(one, cst.For) and name is not None and dotted(one.target) == name
    ]
    if len(loops) != 1:
        return None
    match loops[0].iter:
        case cst.Call(func=cutter, args=[cst.Arg(value=rows, keyword=None, star=""), *_]):
            called = dotted(cutter) or ""
            return Cut(rows, called) if called.rpartition(".")[2] in PIECES else None
    return None
