"""Rules about backfills: what they look at is a Procedure, not an Operation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

from migration_guard.findings import Edit, Finding, Measure, Severity
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Span
from migration_guard.procedures import Alteration, Procedure, Setting
from migration_guard.rules._rule import Check, Rule, finding_at

LOCK = (30.0, 120.0)
"""Seconds that a batch waits for a lock: patient, since its locks are of single rows."""
STATEMENT = 120.0
IDLE = (30.0, 600.0)
SIZES = (200, 1_000)
_BOOKS = re.compile(r"backfill|progress|checkpoint|migration", re.IGNORECASE)
"""Tables in which a runner keeps its books."""


@dataclass(frozen=True, slots=True)
class Practice:
    """Where a rule about backfills reports to."""

    rule: Rule
    path: str
    override: Severity | None = None

    def finding(
        self,
        span: Span,
        message: str,
        help: str,  # noqa: A002 -- the Finding calls it so
        severity: Severity,
        measure: Measure,
    ) -> Finding:
        """Judge a backfill: the measure is what was found and what is required."""
        found = finding_at(self.rule, self.path, span, message, help, severity=self.override or severity)
        return replace(found, measure=replace(measure, weight=severity))


def practice(code: str, name: str) -> Callable[[Check], Rule]:
    """Make a rule of a generator over a Procedure and a Practice."""

    def decorate(check: Check) -> Rule:
        return Rule(code, name, (), check, sys.modules[check.__module__].__doc__ or "", practice=True)

    return decorate


def changes(procedure: Procedure) -> tuple[Alteration, ...]:
    """The data changes of a backfill, the books of its runner left out: they are kept beside other changes, a row at a time."""
    books = [one for one in procedure.alterations if _BOOKS.search(one.table) and _is_entry(one)]
    others = tuple(one for one in procedure.alterations if one not in books)
    return others or procedure.alterations


def _is_entry(change: Alteration) -> bool:
    """Whether a change is of an entry, which some condition names, and not of a whole table."""
    return change.verb == "INSERT" or bool(change.tested)


def in_force(procedure: Procedure, name: str) -> Iterator[tuple[Setting | None, Span]]:
    """Each setting of a time-out under which a backfill locks or changes rows, and where; None where there is none.

    Where it is set on some of the ways only, that is said not to be judged.
    """
    locking = (pick.span for pick in procedure.selections if pick.lock)
    places = {*locking, *(change.span for change in changes(procedure))}
    told: set[Setting | None] = set()
    for one in procedure.patience:
        if one.name == name and one.span in places:
            found: tuple[Setting | None, ...] = one.settings or (None,)
            yield from ((setting, one.span) for setting in found if setting not in told)
            told.update(found)


def spelt(setting: Setting) -> str:
    """A time-out as it was found."""
    return f"{setting.name} = {setting.text}"


def set_to(setting: Setting, value: str) -> Edit:
    """The edit that gives a time-out another value, for the transaction alone."""
    return Edit(setting.span, (*_local(setting), (setting.text, value)))


def added(procedure: Procedure, place: Span, name: str, value: str) -> Edit | None:
    """The edit that sets a time-out below the last one that holds at a place."""
    own = [setting for one in procedure.patience if one.span == place for setting in one.settings]
    if not own:
        return None
    last = max(own, key=lambda one: one.span)
    return Edit(last.span, (*_local(last), (last.name, name), (last.text, value)), again=True)


def _local(setting: Setting) -> tuple[tuple[str, str], ...]:
    """What makes a SET one that ends with its transaction, as the advice has it."""
    plain = ((f"SET {word}{setting.name}", f"SET LOCAL {setting.name}") for word in ("", "SESSION "))
    return () if setting.local else tuple(plain)
