"""A run on several databases, one after the other: a state in each, and one truth about all of them.

What goes first goes first everywhere: all that is HIGH is done on each database before anything that is MEDIUM. A database that
cannot be had keeps nobody from the others, and is told in the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from migration_guard.backfill.errors import CannotRun
from migration_guard.backfill.order import in_order
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Result
from migration_guard.cli.lines import say, stamped

Ran = Callable[[str, tuple[Definition, ...], float], tuple[Result, ...]]
"""Runs definitions on the database of a name, for so many seconds at most."""


def across(
    names: Sequence[str], definitions: Sequence[Definition], seconds: float, run: Ran, *, as_json: bool
) -> tuple[Result, ...]:
    """Run definitions on each database; CannotRun means that none could be had, and nothing was run."""
    deadline = time.monotonic() + seconds
    results: list[Result] = []
    away: dict[str, str] = {}
    for some in stages(definitions):
        for name in names:
            ran: tuple[Result, ...] = ()
            if name not in away:
                say(stamped("database", name, "begins", as_json=as_json))
                try:
                    ran = run(name, some, max(0.001, deadline - time.monotonic()))
                except CannotRun as error:
                    away[name] = str(error)
            ran = ran or tuple(Result(one.key, None, away.get(name), ran=False) for one in some)
            results += (replace(one, key=f"{one.key} on {name}") for one in ran)
    if len(away) == len(names) and not any(one.ran for one in results):
        raise CannotRun("; ".join(f"{name}: {reason}" for name, reason in away.items()))
    return tuple(results)


def stages(definitions: Sequence[Definition]) -> tuple[tuple[Definition, ...], ...]:
    """Part definitions by priority, in the order in which they are run."""
    return tuple(tuple(some) for _, some in groupby(in_order(definitions), key=lambda one: one.priority))
