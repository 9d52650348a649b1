"""Takes a data change out of a migration. Everything else in the file stays as it is, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass
from migration_guard.operations import Rendition, Span
from migration_guard.rendition.spelling import shown
from migration_guard.rewriting.cuts import (
    Cut,
    applied,
    cut_lines,
    cut_node,
    cut_text,
    indent_of,
    line_start,
    newline_of,
    range_of,
)
from migration_guard.rewriting.following import is_run_of, steps, steps_after
from migration_guard.rewriting.parents import Parents, call_at, parsed
from migration_guard.rewriting.reached import CannotRemove, Reached
from migration_guard.rewriting.steps import Step


@dataclass(frozen=True, slots=True)
class Site:
    """Where a data change stands: what has to be cut out, and what comes after it."""

    statements: tuple[cst.CSTNode, ...]
    """What is taken out: statements, or elements of a list."""
    instead: tuple[cst.CSTNode, str] | None
    """An argument that is replaced, where the operation has others that stay."""
    within: Span | None
    """The statement itself, in a text that holds others."""
    of_text: int
    """How many statements that text holds."""
    after: tuple[Step, ...]


class Migration:
    """The source of a migration, out of which data changes are taken."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.source, self._tree = parsed(path, data)
        self._reached = Reached(self._tree)

    def site(self, rendition: Rendition, calls: Sequence[Span]) -> Site:
        """Find what is to be taken out: the statement of the innermost call that is one, or the loop that it is made in.

        Raises CannotRemove.
        """
        found = [call for span in calls if (call := call_at(self.source, self._tree, span)) is not None]
        while found and _passes_on(found[0], self._tree):
            del found[0]
        loop = self._loop_at(rendition.loop) if rendition.loop is not None else None
        if not found and loop is None:
            raise CannotRemove("it is not run by a call in this file; take it out by hand")
        for one in found[1:]:
            self._reached.check(one)  # a function runs as often as it is called, and on the conditions that it is
        after = tuple(step for one in found for step in steps_after(self.source, self._tree, one, loop))
        if loop is not None:
            self._reached.check(loop)
            inside = found and any(parent is loop for parent in self._tree.above(found[0]))
            also = () if inside or not found else (self._asked_for(_statement_of(found[0], self._tree), loop),)
            return Site((loop, *also), None, None, 1, after)
        if rendition.within is not None:
            self._reached.check(found[0])
            rest = tuple(self._rest_of_text(rendition.within))
            statement = _statement_of(found[0], self._tree)
            instead = _instead(statement)
            return Site((statement,), instead, rendition.within, rendition.statements, (*rest, *after))
        statement = _statement_of(found[0], self._tree)
        got = [statement, *self._assigned_before(found[0], statement)]
        if len(got) > 1 and (whole := self._only_if_there(got)) is not None:
            got = [statement := whole]
        self._reached.check(statement)
        return Site(tuple(got), _instead(statement), None, 1, after)

    def _asked_for(self, statement: cst.CSTNode, loop: cst.CSTNode) -> cst.CSTNode:
        """What is taken out behind a loop: the statement, or the `if` which asks whether the loop has found anything."""
        block = self._tree.parent(statement)
        asks = self._tree.parent(block) if block is not None else None
        around = isinstance(asks, cst.If) and any(one is asks for one in self._tree.above(loop))
        return asks if isinstance(asks, cst.If) and asks.orelse is None and not around else statement

    def _only_if_there(self, statements: Sequence[cst.CSTNode]) -> cst.CSTNode | None:
        """The `try` that holds nothing but a row that is got, set and saved, and passes over where there is none."""
        block = self._tree.parent(statements[0])
        whole = self._tree.parent(block) if block is not None else None
        if (
            not isinstance(whole, cst.Try)
            or not isinstance(block, cst.IndentedBlock)
            or len(block.body) != len(statements)
        ):
            return None
        if whole.orelse is not None or whole.finalbody is not None:
            return None
        for handler in whole.handlers:
            body = self.code(handler.body).split()
            caught = dotted(handler.type) if handler.type is not None else None
            if body != ["pass"] or not (caught or "").endswith("DoesNotExist"):
                return None
        return whole

    def _assigned_before(self, call: cst.Call, statement: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What sets the attributes of a row that is saved by itself, back to where it is read."""
        row = (
            dotted(call.func.value) if isinstance(call.func, cst.Attribute) and call.func.attr.value == "save" else None
        )
        block = self._tree.parent(statement)
        if row is None or "." in row or not isinstance(block, cst.IndentedBlock):
            return
        at = next(index for index, one in enumerate(block.body) if one is statement)
        for one in reversed(block.body[:at]):
            line = one.body[0] if isinstance(one, cst.SimpleStatementLine) and len(one.body) == 1 else None
            target = dotted(line.targets[0].target) if isinstance(line, cst.Assign) and len(line.targets) == 1 else None
            if target == row:
                yield one
                return
            if target is not None and target.startswith(f"{row}."):
                yield one

    def loop_of(self, calls: Sequence[Span]) -> Span | None:
        """The one loop in which the innermost call of this file stands; None where there is none, or several."""
        found = self.call_of(calls)
        around = list(self._tree.above(found)) if found is not None else []
        loops = [one for one in around if isinstance(one, (cst.For, cst.While))]
        if len(loops) != 1 or not isinstance(loops[0], cst.For):
            return None
        return Span(*self.source.start(loops[0]), *self.source.end(loops[0]))

    def only_loop(self, calls: Sequence[Span]) -> Span | None:
        """The one loop around the innermost call of this file, if the function that it stands in runs once at most."""
        found = self.call_of(calls)
        around = list(self._tree.above(found)) if found is not None else []
        loops = [one for one in around if isinstance(one, (cst.For, cst.While))]
        functions = [one for one in around if isinstance(one, (cst.FunctionDef, cst.Lambda))]
        if len(loops) != 1 or len(functions) != 1 or not isinstance(functions[0], cst.FunctionDef):
            return None
        name = functions[0].name.value
        if name != "upgrade" and not self.runs(name) and len(list(self.calls_of(name))) != 1:
            return None
        return Span(*self.source.start(loops[0]), *self.source.end(loops[0]))

    def call_of(self, calls: Sequence[Span]) -> cst.Call | None:
        """The innermost call of this file."""
        return next((call for span in calls if (call := call_at(self.source, self._tree, span)) is not None), None)

    def outermost_loop(self, call: cst.Call) -> Span | None:
        """The loops of its function in which a call stands; or what it writes is collected, if it writes a list."""
        place: cst.CSTNode = call
        if (dotted(call.func) or "").endswith("bulk_update") and call.args and not self._loops_around(call):
            appends = f"{dotted(call.args[0].value)}.append"
            function = self.function_around(call)
            found = [
                one for one in self._tree.calls if dotted(one.func) == appends and function is self.function_around(one)
            ]
            place = found[0] if found else self._loop_over(call) or call
        loops = self._loops_around(place)
        return Span(*self.source.start(loops[-1]), *self.source.end(loops[-1])) if loops else None

    def _loop_over(self, call: cst.Call) -> cst.CSTNode | None:
        """What stands in the loop over the rows that a call is given."""
        listed, function = dotted(call.args[0].value), self.function_around(call)
        found = [
            one
            for one in self._tree.loops
            if isinstance(one, cst.For) and dotted(one.iter) == listed and self.function_around(one) is function
        ]
        return found[0].body if len(found) == 1 and listed is not None else None

    def _loops_around(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        found: list[cst.CSTNode] = []
        for parent in self._tree.above(node):
            if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
                break
            if isinstance(parent, (cst.For, cst.While)):
                found.append(parent)
        return found

    # --- For who makes a function of a loop --------------------------------------------------------------------------

    @property
    def module_body(self) -> Sequence[cst.CSTNode]:
        return self._tree.tree.body

    def line(self, node: cst.CSTNode) -> int:
        return self.source.start(node)[0]

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What a piece of code stands in, from the inside."""
        return self._tree.above(node)

    def holds(self, node: cst.CSTNode, span: Span) -> bool:
        """Whether a piece of the file lies in a node."""
        start, end = self.source.start(node), self.source.end(node)
        return start <= (span.line, span.column) and (span.end_line, span.end_column) <= end

    def function_around(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function of the module, or of the class of the migration, in which a statement stands."""
        found = [one for one in self._tree.above(node) if isinstance(one, (cst.FunctionDef, cst.ClassDef))]
        if len(found) == 2 and isinstance(found[1], cst.ClassDef) and found[1].name.value == "Migration":
            del found[1]
        return found[0] if len(found) == 1 and isinstance(found[0], cst.FunctionDef) else None

    def before(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What the function has done when a statement is reached, and stands in no other block."""
        for parent in self._tree.above(node):
            if isinstance(parent, cst.IndentedBlock):
                yield from parent.body[: next(i for i, one in enumerate(parent.body) if one is node)]
            if isinstance(parent, cst.FunctionDef):
                return
            node = parent

    def steps_of(self, function: str) -> list[Step]:
        """The statements of a function of the module."""
        found = [one for one in self.module_body if isinstance(one, cst.FunctionDef) and one.name.value == function]
        body = found[0].body.body if len(found) == 1 and isinstance(found[0].body, cst.IndentedBlock) else ()
        return [step for one in body for step in steps(self.source, self._tree, one, function)]

    def code(self, node: cst.CSTNode) -> str:
        return self._tree.tree.code_for_node(node)

    def calls_of(self, function: str) -> Iterator[cst.Call]:
        """The calls of a function of the module."""
        return (call for call in self._tree.calls if dotted(call.func) == function)

    def runs(self, function: str) -> bool:
        """Whether `RunPython` is given a function."""
        return any(is_run_of(call, function) for call in self._tree.calls)

    def _rest_of_text(self, within: Span) -> Iterator[Step]:
        """What the same text does after the statement, one step for each."""
        text = self.source.text
        start = self.source.offset((within.end_line, within.end_column))
        ends = [end for begin, end in self._tree.texts(self.source) if begin <= start <= end]
        line = within.end_line
        for part in text[start : max(ends, default=len(text))].split(";"):
            if part.strip(" \t\r\n\"'"):
                skipped = part[: len(part) - len(part.lstrip())].count("\n")
                yield Step(line + skipped, line + part.rstrip().count("\n"), part, simple=True)
            line += part.count("\n")

    def _loop_at(self, span: Span) -> cst.CSTNode | None:
        return next((loop for loop in self._tree.loops if self._begins_at(loop, span)), None)

    def _begins_at(self, node: cst.CSTNode, span: Span) -> bool:
        return self.source.start(node) == (span.line, span.column)

    def without(self, sites: Sequence[tuple[Site, str]], also: Sequence[tuple[cst.CSTNode, str]] = ()) -> bytes:
        """Give the file with comments in place of the data changes, and with other statements replaced, or without them."""
        text = self.source.text
        gone = {id(node) for site, _ in sites if not self._keeps_text(site, sites) for node in site.statements}
        gone |= {id(node) for node, instead in also if not instead}
        cuts = [
            cut_lines(
                self.source,
                node,
                instead or "pass" * (not self._tree.stays_beside(node, gone) and node is self._tree.last_of(node)),
            )
            for node, instead in also
        ]
        told: dict[int, int] = {}
        """Of each statement that is taken out: in which cut its comment stands."""
        for site, comment in sites:
            if self._keeps_text(site, sites):
                cuts.append(cut_text(self.source, site.within, comment))
                continue
            for node in site.statements:
                remark = f"# {comment}" if node is site.statements[0] else ""
                if (at := told.setdefault(id(node), len(cuts))) < len(cuts):
                    cuts[at] = replace(cuts[at], text=self._both(cuts[at], node, remark))
                elif site.instead is not None:
                    line = line_start(text, range_of(self.source, node)[0])
                    cuts.append(Cut(line, line, f"{indent_of(text, line)}{remark}{newline_of(text)}"))
                    cuts.append(Cut(*range_of(self.source, site.instead[0]), site.instead[1]))
                else:
                    only = not self._tree.stays_beside(node, gone)
                    cuts.append(cut_node(self.source, node, remark, only=only and node is self._tree.last_of(node)))
        return applied(text, cuts).encode(self.source.tree.encoding)

    def _both(self, cut: Cut, node: cst.CSTNode, remark: str) -> str:
        """Two changes that one call ran: both are told in its place."""
        indent = indent_of(self.source.text, line_start(self.source.text, range_of(self.source, node)[0]))
        first, newline, rest = cut.text.partition(newline_of(self.source.text))
        return f"{first}{newline_of(self.source.text)}{indent}{remark}{newline}{rest}"

    @staticmethod
    def _keeps_text(site: Site, sites: Sequence[tuple[Site, str]]) -> bool:
        """Whether a statement is cut out of a text that keeps others."""
        if site.within is None:
            return False
        together = [other for other, _ in sites if other.within is not None and other.statements == site.statements]
        return len(together) < site.of_text


def _passes_on(call: cst.Call, tree: Parents) -> bool:
    """Whether a call executes what its function is given."""
    given = {name for argument in call.args for name in _names(argument.value)}
    for parent in tree.above(call):
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
            every = (*parent.params.params, *parent.params.kwonly_params, *parent.params.posonly_params)
            return any(parameter.name.value in given for parameter in every)
    return False


def _names(node: cst.BaseExpression) -> Iterator[str]:
    """The variables that are given, also inside of `text(…)`; not those that methods are called on."""
    if isinstance(node, cst.Name):
        yield node.value
    elif isinstance(node, cst.Call):
        for argument in node.args:
            yield from _names(argument.value)


def _statement_of(call: cst.Call, tree: Parents) -> cst.CSTNode:
    """What is taken out with the call: its statement, or its element of a list."""
    node: cst.CSTNode = call
    for parent in tree.above(call):
        match parent:
            case cst.Await() | cst.Expr():
                node = parent
            case cst.SimpleStatementLine(body=body) if isinstance(node, cst.Expr):
                if len(body) > 1:
                    raise CannotRemove("several statements stand on its line; give each a line of its own")
                return parent
            case cst.SimpleStatementSuite():
                raise CannotRemove("it stands on the line of its block's head; give it a line of its own")
            case cst.Element() if _is_operation(call):
                return parent
            case cst.Arg():
                whole = tree.parent(parent)
                inside = shown(whole) if whole is not None else ""
                raise CannotRemove(f"what it returns is used by `{inside}`; take it out by hand")
            case cst.Attribute():
                raise CannotRemove("what it returns is used; take it out by hand")
            case _:
                raise CannotRemove(f"what it returns is used in `{shown(parent)}`; take it out by hand")
    raise CannotRemove("it is no statement of its own; take it out by hand")


def _is_operation(call: cst.Call) -> bool:
    return (dotted(call.func) or "").rpartition(".")[2] == "RunSQL"


def _instead(statement: cst.CSTNode) -> tuple[cst.CSTNode, str] | None:
    """The SQL of a RunSQL that has more to do: its way back, or the state."""
    if not isinstance(statement, cst.Element) or not isinstance(statement.value, cst.Call):
        return None
    call = statement.value
    others = [argument for argument in call.args[1:] if not _is_noop(argument)]
    if not others:
        return None
    first = next(
        (argument for argument in call.args if argument.keyword and argument.keyword.value == "sql"), call.args[0]
    )
    if first.keyword is not None and first.keyword.value != "sql":
        raise CannotRemove("its RunSQL is written unusually; take the statement out by hand")
    return first.value, f"{dotted(call.func)}.noop"


def _is_noop(argument: cst.Arg) -> bool:
    value = argument.value
    spelt = dotted(value) or ""
    empty = isinstance(value, cst.SimpleString) and not value.raw_value.strip()
    return (
        spelt.endswith("noop")
        or spelt == "None"
        or empty
        or bool(argument.keyword and argument.keyword.value == "elidable")
    )
