"""What speaks of a backfill without being one, and the block of the migration that each line belongs to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter

import libcst as cst

from migration_guard.interpreter.syntax import Source
from migration_guard.later import re
from migration_guard.lean import dataclass, replace
from migration_guard.operations import Direction, Operation, OperationKind, Part, Span

_WORD = re.compile(r"back[-_ ]?fill", re.IGNORECASE)
MOVED = "migration-guard move:"
"""How a comment begins that `move` left, with the key of the backfill and the names of what it changes: it promises none."""
_ELSEWHERE = re.compile(
    r"moved|separate|elsewhere|after|before|see |already|without|no |not |don't|never|handled|done in", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Mention:
    span: Span
    text: str
    form: str
    """What it says; of a name only that it is one, since renaming changes nothing."""


class Markers:
    """Reads the comments and names of one migration."""

    def __init__(
        self, source: Source, migration_marker: str | None, migration: str | None, *, blocks_are_functions: bool
    ) -> None:
        self._source = source
        self._migration = migration
        scopes_matter = _WORD.search(source.text) or migration_marker or blocks_are_functions
        self._functions = _functions(source) if scopes_matter else []
        self._blocks_are_functions = blocks_are_functions
        self._blocks = _blocks(source, migration_marker) if migration_marker else []

    def placed(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        """The operations with migration and scope filled in, and one MARKER for each scope that speaks of a backfill."""
        for operation in operations:
            yield self._place(operation)
        if not _WORD.search(self._source.text):
            return
        by_scope: dict[str, list[Operation]] = {}
        for mention in sorted(self._mentions(), key=lambda mention: mention.span):
            marker = self._place(
                Operation(
                    OperationKind.MARKER,
                    mention.span,
                    Direction.UPGRADE,
                    "comment",
                    text=mention.text,
                    parts=(Part((), mention.form),),
                )
            )
            by_scope.setdefault(marker.scope, []).append(marker)
        for markers in by_scope.values():  # the one that promises a backfill here tells more than one that denies it
            yield next((m for m in markers if not _ELSEWHERE.search(m.text or "")), markers[0])

    @property
    def blocks(self) -> tuple[str, ...]:
        """The ids that marker comments give, in the order in which they stand."""
        return tuple(name for _, name in self._blocks)

    def block_at(self, line: int) -> str | None:
        """The id of the migration that a line belongs to, in files that hold several."""
        if self._blocks_are_functions:
            return next(iter(self._functions_at(line)), None)
        at = bisect_right(self._blocks, line, key=itemgetter(0))
        return self._blocks[at - 1][1] if at else None

    def _place(self, operation: Operation) -> Operation:
        block = self.block_at(operation.span.line)
        functions = self._functions_at(operation.span.line)
        scope = "/".join(part for part in (block, functions[-1] if functions else None) if part)
        return replace(operation, migration=block or self._migration, scope=scope)

    def _functions_at(self, line: int) -> list[str]:
        """The functions around a line, outermost first."""
        return [name for first, last, name in self._functions if first <= line <= last]

    def _mentions(self) -> Iterator[_Mention]:
        source = self._source
        for comment in source.comments:
            said = comment.value.lstrip("#: ").strip()
            if _WORD.search(said) and not said.startswith(MOVED):
                yield _Mention(_span(source, comment), said, _folded(said))
        for function in source.functions:
            if _WORD.search(function.name.value):
                yield _Mention(_span(source, function.name), f"def {function.name.value}", "def")
        for statement in source.expressions:
            for text in _said(statement.value):
                yield from _in_string(source, text)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _span(source: Source, node: cst.CSTNode) -> Span:
    return Span(*source.start(node), *source.end(node))


def _said(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The strings of a docstring, or of a message that is logged."""
    if isinstance(node, cst.Call):
        return [argument.value for argument in node.args] if _LOGS.search(_called(node)) else []
    return [node] if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)) else []


def _in_string(source: Source, node: cst.BaseExpression) -> Iterator[_Mention]:
    """The first mention in a string, on its own line."""
    text = source.code(node)
    match = _WORD.search(text)
    if match is None:
        return
    line, column = source.start(node)
    before = text[: match.start()]
    lines = before.count("\n")
    said = text.splitlines()[lines].strip().strip("\"'")
    column = match.start() - before.rfind("\n") if lines else column + match.start()
    yield _Mention(Span(line + lines, column, line + lines, column + len(match.group())), said, _folded(said))


_LOGS = re.compile(r"^(?:debug|info|warning|warn|error|exception|critical|log|print|echo|secho|write)$")


def _called(node: cst.Call) -> str:
    function = node.func
    return (
        function.attr.value
        if isinstance(function, cst.Attribute)
        else function.value
        if isinstance(function, cst.Name)
        else ""
    )


def _functions(source: Source) -> list[tuple[int, int, str]]:
    """Every function as (first line, last line, name), in the order of their first lines."""
    return [(source.start(node)[0], source.end(node)[0], node.name.value) for node in source.functions]


def _blocks(source: Source, pattern: str) -> list[tuple[int, str]]:
    """The marker comments as (line, migration id).

    The pattern is the user's, and may take for ever: it is tried in readers only, which have a limit of time.
    """
    marker = re.compile(pattern)
    found = ((comment, marker.search(comment.value)) for comment in source.comments)
    return [(source.start(comment)[0], match[1]) for comment, match in found if match]
