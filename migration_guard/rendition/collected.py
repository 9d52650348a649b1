"""Rows that a loop puts into a list, which is saved as a whole: behind the loop, and each time that it is long enough.

Every use of the list must be known, since a backfill saves all of the rows: one that is dropped, or saved only if
something holds, would be another change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass
from migration_guard.rendition.loops import QUIET, row_of
from migration_guard.rendition.spelling import NotRendered

_UNLIKE = "the list of rows that it saves is used in another way too; write it as one UPDATE, or finish a --skeleton"
_LATE = "a row is used again behind where its list is saved on the way, and may be changed there; change it before that"
_SAVES = frozenset({"bulk_update", "abulk_update"})
_ENDS = (cst.Return, cst.Raise, cst.Break, cst.Continue)
_MORE = (cst.GreaterThanEqual, cst.GreaterThan, cst.Equal)


@dataclass(frozen=True, slots=True)
class Collected:
    """A loop that puts its rows into a list."""

    loop: cst.For
    append: cst.Call
    flushes: tuple[cst.If, ...]
    """Where the list is saved and emptied on the way."""


def collected(function: cst.CSTNode, saved: cst.Call) -> Collected | None:
    """Look at the list that a `bulk_update` is given; None where no loop puts anything into it. Raises NotRendered."""
    listed = saved.args[0].value if saved.args else None
    if not isinstance(listed, cst.Name):
        return None
    return _List(function, listed.value).read()


class _List:
    """The uses of a list in a function."""

    def __init__(self, function: cst.CSTNode, name: str) -> None:
        self._name = name
        self._nodes = list(within(function))
        self._above = {id(child): node for node in self._nodes for child in node.children}

    def read(self) -> Collected | None:
        appends = [one for one in self._calls() if dotted(one.func) == f"{self._name}.append" and len(one.args) == 1]
        loops = [(one, self._loop_of(one)) for one in appends]
        found = [loop for _, loop in loops if loop is not None]
        if not appends or any(loop is None for _, loop in loops):
            return None
        saves = [one for one in self._calls() if self._is_save(one)]
        last = [one for one in saves if not self._is_in(one, found[0])]
        if len({id(loop) for loop in found}) != 1 or len(last) != 1 or len({_fields(one) for one in saves}) != 1:
            raise NotRendered(_UNLIKE)
        flushes = tuple(self._flush_of(one) for one in saves if one is not last[0])
        if any(self._is_used_behind(flush, appends, found[0]) for flush in flushes):
            raise NotRendered(_LATE)
        known = {id(one) for one in (*appends, *saves)}
        if not self._follows(last[0], found[0]) or self._may_end_between(found[0], last[0]):
            raise NotRendered("the rows that it collects are saved only if something holds; say so in the statement")
        for use in self._uses():
            if not self._is_known(use, known, flushes, found[0], self._statement(last[0])):
                raise NotRendered(_UNLIKE)
        return Collected(found[0], appends[0], flushes)

    # --- Where it is filled and saved --------------------------------------------------------------------------------

    def _calls(self) -> Iterator[cst.Call]:
        return (one for one in self._nodes if isinstance(one, cst.Call))

    def _is_save(self, call: cst.Call) -> bool:
        method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
        return method in _SAVES and bool(call.args) and dotted(call.args[0].value) == self._name

    def _loop_of(self, append: cst.Call) -> cst.For | None:
        """The loop whose row is put into the list."""
        row = dotted(append.args[0].value)
        around = (one for one in self._around(append) if isinstance(one, cst.For) and row_of(one)[0] == row)
        return next(around, None)

    def _around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        while (parent := self._above.get(id(node))) is not None:
            yield parent
            node = parent

    def _is_in(self, node: cst.CSTNode, whole: cst.CSTNode) -> bool:
        return any(one is whole for one in self._around(node))

    def _statement(self, call: cst.Call) -> cst.CSTNode:
        """The statement of a save, or the `if` that asks whether there is anything to be saved."""
        line = next(one for one in self._around(call) if isinstance(one, cst.BaseStatement | cst.SimpleStatementLine))
        outer = next((one for one in self._around(line) if isinstance(one, cst.BaseStatement)), None)
        asks = isinstance(outer, cst.If) and outer.orelse is None and self._asks_for_some(outer.test)
        return outer if asks and isinstance(outer, cst.If) and self._only_saves(outer) else line

    def _follows(self, last: cst.Call, loop: cst.For) -> bool:
        """Whether a save comes behind the loop in any case."""
        statement = self._statement(last)
        block = self._above.get(id(statement))
        if not isinstance(block, cst.IndentedBlock):
            return False
        at = next(index for index, one in enumerate(block.body) if one is statement)
        return any(one is loop or self._is_in(loop, one) for one in block.body[:at])

    def _may_end_between(self, loop: cst.For, last: cst.Call) -> bool:
        begin, end = self._place(loop), self._place(last)
        return any(isinstance(one, _ENDS) and not self._is_in(one, loop) for one in self._nodes[begin:end])

    def _is_used_behind(self, flush: cst.If, appends: Sequence[cst.Call], loop: cst.For) -> bool:
        """Whether a row that is in the list already is spoken of in the loop behind where the list is saved."""
        at = self._place(flush)
        return any(self._place(one) < at for one in appends) and any(
            isinstance(one, cst.Name) and one.value == row_of(loop)[0] and self._is_in(one, loop)
            for one in self._nodes[at:]
        )

    def _place(self, node: cst.CSTNode) -> int:
        return next(at for at, one in enumerate(self._nodes) if one is node)

    def _flush_of(self, save: cst.Call) -> cst.If:
        """The `if len(rows) >= 500:` in which a list is saved on the way. Raises NotRendered."""
        around = next((one for one in self._around(save) if isinstance(one, cst.BaseCompoundStatement)), None)
        match around:
            case cst.If(orelse=None, test=cst.Comparison(left=left, comparisons=[one])):
                asks = self._is_length(left) and isinstance(one.operator, _MORE)
                if asks and self._speaks(one.comparator) == 0 and self._only_saves(around):
                    return around
        raise NotRendered(_UNLIKE)

    def _only_saves(self, block: cst.If) -> bool:
        """Whether a block saves the list, and then at most empties it, or says something."""
        body = block.body.body
        lines = [part for one in body if isinstance(one, cst.SimpleStatementLine) for part in one.body]
        plain = len(lines) == len(body) and all(map(self._is_plain, lines))
        saves = [at for at, one in enumerate(lines) if isinstance(one, cst.Expr) and self._saved_by(one)]
        empties = [at for at, one in enumerate(lines) if self._empties(one)]
        return plain and len(saves) == 1 and all(at > saves[0] for at in empties)

    def _is_plain(self, line: cst.CSTNode) -> bool:
        if isinstance(line, cst.Expr) and isinstance(line.value, cst.Call):
            name = (dotted(line.value.func) or "").rpartition(".")[2]
            return self._saved_by(line) or self._empties(line) or name in QUIET
        return self._empties(line)

    def _saved_by(self, line: cst.Expr) -> bool:
        return isinstance(line.value, cst.Call) and self._is_save(line.value)

    def _empties(self, line: cst.CSTNode) -> bool:
        match line:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
                return name == self._name and _is_empty(value)
            case cst.AnnAssign(target=cst.Name(value=name), value=cst.BaseExpression() as value):
                return name == self._name and _is_empty(value)
            case cst.Expr(value=cst.Call(func=function, args=[])):
                return dotted(function) == f"{self._name}.clear"
        return False

    # --- How it is used ----------------------------------------------------------------------------------------------

    def _uses(self) -> Iterator[cst.Name]:
        for one in self._nodes:
            if isinstance(one, cst.Name) and one.value == self._name:
                parent = self._above.get(id(one))
                if not (isinstance(parent, cst.Attribute) and parent.attr is one) and not (
                    isinstance(parent, cst.Arg) and parent.keyword is one
                ):
                    yield one

    def _is_known(
        self, use: cst.Name, calls: set[int], flushes: tuple[cst.If, ...], loop: cst.For, last: cst.CSTNode
    ) -> bool:
        around = list(self._around(use))
        if any(id(one) in calls for one in around[:2]):
            return True  # it is appended to, or saved
        if any(one is saves for one in around for saves in (*flushes, last) if isinstance(saves, cst.If)):
            return True
        said = [one.value for one in around if isinstance(one, cst.Expr) and isinstance(one.value, cst.Call)]
        if said and (dotted(said[0].func) or "").rpartition(".")[2] in QUIET:
            return self._is_length(around[1] if isinstance(around[0], cst.Arg) else use)
        line = next((one for one in around if isinstance(one, (cst.Assign, cst.AnnAssign))), None)
        if line is None or not self._empties(line) or self._loops_around(line) != self._loops_around(last):
            return False
        return self._place(line) < self._place(loop)  # behind it, rows would be lost

    def _loops_around(self, node: cst.CSTNode) -> list[int]:
        return [id(one) for one in self._around(node) if isinstance(one, (cst.For, cst.While))]

    def _asks_for_some(self, test: cst.BaseExpression) -> bool:
        match test:
            case cst.Name(value=name):
                return name == self._name
            case cst.Call():
                return self._is_length(test)
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=other)]):
                bound = other.value if isinstance(other, cst.Integer) else ""
                asked = (type(operator), bound) in {
                    (cst.GreaterThan, "0"), (cst.NotEqual, "0"), (cst.GreaterThanEqual, "1"),
                }  # fmt: skip
                return asked and self._is_length(left)
        return False

    def _is_length(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.Call(func=cst.Name(value="len"), args=[cst.Arg(value=cst.Name(value=name))]):
                return name == self._name
        return False

    def _speaks(self, node: cst.CSTNode) -> int:
        return sum(isinstance(one, cst.Name) and one.value == self._name for one in within(node))


def _is_empty(node: cst.BaseExpression) -> bool:
    match node:
        case cst.List(elements=[]) | cst.Call(func=cst.Name(value="list"), args=[]):
            return True
    return False


def _fields(call: cst.Call) -> tuple[str, ...]:
    """What a save is given besides the rows, as it is written, but for how many it saves at once."""
    code = cst.Module(body=[]).code_for_node
    given = [one for one in call.args[1:] if one.keyword is None or one.keyword.value != "batch_size"]
    return tuple(code(one.value) for one in given)
