"""Which backfill goes first, and for which ones a backfill waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.connect import Address
from migration_guard.backfill.definition import Backfill, Priority, Status
from migration_guard.backfill.errors import judged
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.record import Record
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Result
from migration_guard.backfill.state import Store
from migration_guard.backfill.subject import Unfit
from migration_guard.backfill.transitions import State
from migration_guard.backfill.verdict import verdict_on
from migration_guard.backfill.visit import visit


def in_order(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Give HIGH before MEDIUM before LOW, otherwise the order in which they are defined; each behind those it waits for."""
    ranks = list(Priority)
    waiting = sorted(definitions, key=lambda one: ranks.index(one.priority))
    placed: list[Definition] = []
    while waiting:
        left = {one.key for one in waiting}
        free = (one for one in waiting if not left & set(awaited(one)))
        ready = next(free, waiting[0])  # in a circle each waits, and says so
        placed.append(ready)
        waiting.remove(ready)
    return tuple(placed)


def awaited(definition: Definition) -> tuple[str, ...]:
    """The keys that must be complete first."""
    return definition.after if isinstance(definition, Backfill) else ()


def past(definitions: Sequence[Definition], known: Sequence[Definition]) -> tuple[Definition, ...]:
    """Give definitions that wait no longer for those of all that are known of which their owner says that they are completed."""
    over = {one.key for one in known if one.status is Status.COMPLETED}
    return tuple(
        one.behind(tuple(key for key in one.after if key not in over)) if isinstance(one, Backfill) else one
        for one in definitions
    )


def waits(
    definition: Definition,
    where: Address,
    store: Store,
    known: Mapping[str, Definition] | None = None,
    done: Collection[str] = (),
) -> Result | None:
    """Say for what a definition has to wait, if so: not for those that this run has done, and of which it so knows.

    Of the others their state tells, and, where their definition is known, a look at what came since.
    """
    wanted = [key for key in awaited(definition) if key not in done]
    if not wanted:
        return None
    try:
        with visit(where) as connection:
            records = {key: store.find(connection, key) for key in wanted}
        for key, record in records.items():
            if (lacks := _lacks(record, (known or {}).get(key), where, store)) is not None:
                return Result(definition.key, None, f"waits for {key}, which {lacks}", ran=False, waits=True)
    except DBAPIError as error:
        said = f"waits for {', '.join(wanted)}, whose state cannot be read: {judged(error)}"
        return Result(definition.key, None, said, ran=False, passes=True)
    return None


def _lacks(record: Record | None, definition: Definition | None, where: Address, store: Store) -> str | None:
    """Say why a backfill is none that is complete, if so."""
    if record is None or record.state is not State.COMPLETED:
        return f"is {record.state.value if record is not None else 'never run'}"
    if definition is None:
        return None
    try:
        with visit(where, TimeoutPolicy().settings(0)) as connection:
            verdict = verdict_on(connection, definition, record.earned, store.schema)
    except Unfit as unfit:
        return f"was {record.state.value}, and nobody can look any more: {unfit}"
    return None if verdict.passed else verdict.text
