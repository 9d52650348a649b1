"""What a rule is: a code, a name, the kinds of Operation it fires on, a pure generator, and its page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.lean import dataclass
from migration_guard.operations import Direction, Omitted, Operation, OperationKind, Span
from migration_guard.rules._page import without_marks

CHANGES = tuple(
    kind
    for kind in OperationKind
    if kind
    not in (OperationKind.INSERT_VALUES, OperationKind.UPSERT_VALUES, OperationKind.OPAQUE, OperationKind.MARKER)
)
"""The kinds that surely change rows, seeds of constants apart."""

BACKFILLS = "Migrations change the schema, backfills change the data, after the deployment, in committed batches of 200 to 1000 rows"
"""What most advice begins with; a page for people says it once."""

Check = Callable[..., Iterator[Finding]]
"""Of an Operation and a Context; for the rules of upkeep, of a remark or an entry and an Upkeep."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as its decorator leaves it. Codes and names never change their meaning."""

    code: str
    name: str
    kinds: tuple[OperationKind, ...]
    check: Check
    page: str
    """The module's docstring: the page, the `rule` command and, with its marks, the test in one."""
    default: bool = True
    """Whether the rule runs without being selected."""
    upkeep: bool = False
    """Whether it is about the guard itself: it then always runs, and can be neither grandfathered nor ignored."""
    practice: bool = False
    """Whether it is about backfills: it then looks at Procedures."""
    contract: bool = False
    """Whether it joins migrations and backfills: it then looks at Contractions."""
    omission: Omitted | None = None
    """What it asks for, if it is about what migrations leave out: it then looks at Omissions, and is off unless selected."""

    @property
    def text(self) -> str:
        """The page, as people read it."""
        return without_marks(self.page)


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know beside the Operation. Severity is decided elsewhere, in one place."""

    rule: Rule
    path: str
    severity: Callable[[Operation, Severity | None], Severity]
    """Severity of an operation; a base that the rule gives replaces the ladder by table."""
    reported: frozenset[str] = frozenset()
    """Scopes in which another rule has already reported an operation."""
    operations: tuple[Operation, ...] = ()
    """All operations of the file, by place."""

    def finding(
        self,
        operation: Operation,
        message: str,
        help: str,  # noqa: A002 -- the Finding calls it so
        *,
        base: Severity | None = None,
        whole: bool = False,
        span: Span | None = None,
    ) -> Finding:
        """Judge an operation. The message names table and danger, the help is the exact safe thing to do.

        A finding about the `whole` migration has no operation of its own, and may stand at another `span`.
        """
        return Finding(
            code=self.rule.code,
            name=self.rule.name,
            severity=self.severity(operation, base),
            path=self.path,
            span=operation.span if span is None else span,
            message=message,
            help=help,
            migration=operation.migration,
            operation=None if whole else operation,
        )


def finding_at(
    rule: Rule,
    path: str,
    span: Span,
    message: str,
    help: str,  # noqa: A002 -- the Finding calls it so
    *,
    severity: Severity,
    migration: str | None = None,
) -> Finding:
    """Make a finding that no operation stands behind."""
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=severity,
        path=path,
        span=span,
        message=message,
        help=help,
        migration=migration,
        operation=None,
    )


def rule(
    code: str, name: str, *, on: OperationKind | tuple[OperationKind, ...], default: bool = True
) -> Callable[[Check], Rule]:
    """Make a rule of a generator; the module that holds it is found by its place in this package."""

    def decorate(check: Check) -> Rule:
        page = sys.modules[check.__module__].__doc__ or ""
        return Rule(code, name, on if isinstance(on, tuple) else (on,), check, page, default)

    return decorate


def tables(operation: Operation) -> str:
    """Every table written, for a message."""
    return ", ".join(operation.tables) or operation.target


def place(operation: Operation) -> str:
    """Where the operation runs, for a message."""
    return "the downgrade" if operation.direction is Direction.DOWNGRADE else "the migration"
