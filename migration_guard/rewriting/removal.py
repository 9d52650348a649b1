"""Takes a data change out of a migration. Everything else in the file stays as it is, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from migration_guard.interpreter.syntax import Source, dotted, parse
from migration_guard.operations import Span
from migration_guard.rendition.spelling import shown

_OF_THE_SCHEMA = re.compile(
    r"exist|has_|inspect|dialect|vendor|get_columns|table_names|column_names|columns|is_postgres|offline|postgres|applied",
    re.IGNORECASE,
)
"""Conditions that ask what the schema or the database is, and nothing of the rows."""


class CannotRemove(Exception):
    """Why a data change cannot be taken out without a person; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """A statement or operation that runs after the data change."""

    line: int
    end: int
    code: str
    simple: bool
    """Whether it holds no other statements."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A range of the text, and what takes its place."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Site:
    """Where a data change stands: what has to be cut out, and what comes after it."""

    source: Source
    _statement: cst.CSTNode
    _only: bool
    """Whether nothing else stands in its block."""
    _instead: tuple[cst.CSTNode, str] | None
    """An argument that is replaced, where the operation has others that stay."""
    after: tuple[Step, ...]

    def without(self, comment: str) -> bytes:
        """Give the file with a comment in place of the data change."""
        cuts = [_cut(self.source, self._statement, comment, only=self._only)] if self._instead is None else []
        if self._instead is not None:
            node, text = self._instead
            line = _line_start(self.source.text, _range(self.source, self._statement)[0])
            indent = _indent(self.source.text, line)
            cuts = [
                Cut(line, line, f"{indent}{comment}{_newline(self.source.text)}"),
                Cut(*_range(self.source, node), text),
            ]
        result = self.source.text
        for cut in sorted(cuts, key=lambda cut: cut.start, reverse=True):
            result = result[: cut.start] + cut.text + result[cut.end :]
        return result.encode(self.source.tree.encoding)


def find(path: Path, data: bytes, calls: Sequence[Span]) -> Site:
    """Find the statement to be taken out: the innermost of the calls, as given, that is one. Raises Refused, CannotRemove."""
    source = parse(path, data)
    tree = _Parents(source.tree)
    found = [call for span in calls if (call := _call_at(source, tree, span)) is not None]
    while found and _passes_on(found[0], tree):
        del found[0]
    if not found:
        raise CannotRemove("it is not run by a call in this file; take it out by hand")
    call = found[0]
    statement, block = _statement_of(call, tree)
    instead = _instead(statement)
    _check_way_up(statement, tree)
    after = tuple(step for one in found for step in _after(source, tree, one))
    return Site(source, statement, block is not None and len(block) == 1, instead, after)


class _Parents:
    """Each node's parent, by identity."""

    def __init__(self, tree: cst.Module) -> None:
        self.tree = tree
        self._of: dict[int, cst.CSTNode] = {}
        waiting: list[cst.CSTNode] = [tree]
        self.calls: list[cst.Call] = []
        while waiting:
            node = waiting.pop()
            if isinstance(node, cst.Call):
                self.calls.append(node)
            for child in node.children:
                self._of[id(child)] = node
                waiting.append(child)

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        while (parent := self._of.get(id(node))) is not None:
            yield parent
            node = parent

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._of.get(id(node))


def _call_at(source: Source, tree: _Parents, span: Span) -> cst.Call | None:
    for call in tree.calls:
        source.want(call)
        source.want(_named(call))
    for call in tree.calls:
        if source.end(call) == (span.end_line, span.end_column) and source.start(_named(call)) == (
            span.line,
            span.column,
        ):
            return call
    return None


def _passes_on(call: cst.Call, tree: _Parents) -> bool:
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


def _named(call: cst.Call) -> cst.CSTNode:
    return call.func.attr if isinstance(call.func, cst.Attribute) else call.func


def _statement_of(call: cst.Call, tree: _Parents) -> tuple[cst.CSTNode, Sequence[cst.CSTNode] | None]:
    """What is taken out with the call: its statement, with the block that it stands in, or its element of a list."""
    node: cst.CSTNode = call
    for parent in tree.above(call):
        match parent:
            case cst.Await() | cst.Expr():
                node = parent
            case cst.SimpleStatementLine(body=body) if isinstance(node, cst.Expr):
                if len(body) > 1:
                    raise CannotRemove("several statements stand on its line; give each a line of its own")
                block = tree.parent(parent)
                return parent, block.body if isinstance(block, (cst.IndentedBlock, cst.Module)) else None
            case cst.SimpleStatementSuite():
                raise CannotRemove("it stands on the line of its block's head; give it a line of its own")
            case cst.Element() if _is_operation(call):
                return parent, None
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


def _check_way_up(statement: cst.CSTNode, tree: _Parents) -> None:
    """Refuse what runs more than once, or only if something holds that a backfill would not ask."""
    for parent in tree.above(statement):
        match parent:
            case cst.For() | cst.While():
                raise CannotRemove("it stands in a loop; write what the loop does as one statement, then move it")
            case cst.If(test=test) if not _OF_THE_SCHEMA.search(shown(test)):
                raise CannotRemove(f"it runs only if `{shown(test)}`; say so in the statement, then move it")
            case cst.Try():
                raise CannotRemove("it stands in a try, whose handlers would never run again; take it out by hand")
            case cst.Lambda() | cst.CompFor():
                raise CannotRemove("it stands in an expression; take it out by hand")


def _after(source: Source, tree: _Parents, call: cst.Call) -> Iterator[Step]:
    """What the function, or the list of operations, does after a call."""
    node: cst.CSTNode = call
    for parent in tree.above(call):
        if isinstance(parent, (cst.IndentedBlock, cst.List)):
            rest = parent.body if isinstance(parent, cst.IndentedBlock) else parent.elements
            at = next(index for index, one in enumerate(rest) if one is node)
            for step in rest[at + 1 :]:
                simple = isinstance(step, (cst.SimpleStatementLine, cst.Element))
                yield Step(source.start(step)[0], source.end(step)[0], tree.tree.code_for_node(step), simple)
        if isinstance(parent, cst.FunctionDef):
            yield from _after_operation(source, tree, parent.name.value)
            return
        node = parent


def _after_operation(source: Source, tree: _Parents, function: str) -> Iterator[Step]:
    """What follows the RunPython that calls a function."""
    for call in tree.calls:
        is_run = (dotted(call.func) or "").rpartition(".")[2] == "RunPython"
        if is_run and call.args and dotted(call.args[0].value) == function:
            yield from _after(source, tree, call)


# --- Text ------------------------------------------------------------------------------------------------------------


def _cut(source: Source, statement: cst.CSTNode, comment: str, *, only: bool) -> Cut:
    start, end = _range(source, statement)
    text = source.text
    indent = _indent(text, _line_start(text, start))
    if isinstance(statement, cst.SimpleStatementLine):
        behind = re.compile(r"[ \t]*(?:#[^\r\n]*)?").match(text, end)
        end = behind.end() if behind else end
        return Cut(start, end, f"{comment}{_newline(text)}{indent}pass" if only else comment)
    comma = re.compile(r"\s*,").match(text, end)
    end = comma.end() if comma else end
    rest = re.compile(r"[^\r\n]*").match(text, end)
    if rest is not None and rest.group().strip():
        comment += f"{_newline(text)}{indent}"
    line = _line_start(text, start)
    if text[line:start].strip():
        start = line + len(text[line:start].rstrip())
        comment = f"{_newline(text)}{indent}{comment}"
    return Cut(start, end, comment)


def _range(source: Source, node: cst.CSTNode) -> tuple[int, int]:
    inner = node.value if isinstance(node, cst.Element) else node
    return source.offset(source.start(inner)), source.offset(source.end(inner))


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _indent(text: str, line: int) -> str:
    found = re.compile(r"[ \t]*").match(text, line)
    return found.group() if found else ""


def _newline(text: str) -> str:
    found = re.search(r"\r\n?|\n", text)
    return found.group() if found else "\n"
