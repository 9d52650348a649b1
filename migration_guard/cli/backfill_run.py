"""`migration-guard backfill run`: runs, or plans, and says at the end what is left."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from migration_guard.backfill.bench import DEFAULT_BRAKE
from migration_guard.backfill.connect import Address, address_in
from migration_guard.backfill.errors import CannotRun
from migration_guard.backfill.order import in_order
from migration_guard.backfill.plan import Plan, planned
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Result
from migration_guard.backfill.runner import Limits, run_all
from migration_guard.backfill.transitions import State
from migration_guard.cli.backfill_databases import across
from migration_guard.cli.backfill_progress import reporter
from migration_guard.cli.lines import last, say, tolerate
from migration_guard.cli.never_failing import NOTHING
from migration_guard.config.settings import BrakeSettings
from migration_guard.lean import dataclass
from migration_guard.stopping import STOPPING
from migration_guard.watching.run import UNWATCHED, Watches, Wishes

LEFT = "WORK IS LEFT: "
UNPROVEN = "NOT PROVEN: "


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do."""

    definitions: tuple[Definition, ...]
    variable: str
    schema: str
    owners: tuple[str, ...]
    seconds: float
    offline: bool
    as_json: bool = False
    workers: int = 1
    brake: BrakeSettings = DEFAULT_BRAKE
    wishes: Wishes = UNWATCHED
    known: tuple[Definition, ...] = ()
    """All that are defined, for which those may wait."""
    databases: tuple[tuple[str, str], ...] = ()
    """Names of several, each with its variable; without any it is the one of `variable`."""

    @property
    def address(self) -> Address:
        return address_in(self.variable)

    @property
    def parts(self) -> dict[str, Order]:
        """What is done at each database, by its name."""
        return {name: replace(self, variable=variable, databases=()) for name, variable in self.databases}


def run(order: Order, *, strict: bool) -> int:
    """Run backfills; the exit code counts only where the caller is strict."""
    if not order.definitions:
        last(f"{NOTHING}no backfill is active", as_json=order.as_json)
        return 0
    tolerate()
    watches = Watches(order.wishes)
    results = _across(order, watches) if order.databases else run_one(order, watches)
    STOPPING.end()
    last(last_line(results), as_json=order.as_json)
    left = [one for one in results if not one.complete]
    return 1 if strict and left else 0


def _across(order: Order, watches: Watches) -> tuple[Result, ...]:
    parts = order.parts

    def ran(name: str, definitions: tuple[Definition, ...], seconds: float) -> tuple[Result, ...]:
        return run_one(replace(parts[name], definitions=definitions, seconds=seconds), watches, name)

    return across(tuple(parts), order.definitions, order.seconds, ran, as_json=order.as_json)


def run_one(order: Order, watches: Watches, name: str | None = None) -> tuple[Result, ...]:
    """Run backfills on one database, which has a name where there are several."""
    where = order.address
    watch = watches.of(
        order.definitions,
        where,
        name,
        schema=order.schema,
        owners=order.owners,
        workers=order.workers,
        shown=reporter(as_json=order.as_json),
    )

    def begun() -> None:
        STOPPING.begin()
        watch.mark()

    try:
        results = run_all(
            order.definitions,
            where,
            limits=Limits(order.seconds, order.offline, order.workers, besides=watch.connections, brake=order.brake),
            schema=order.schema,
            owners=order.owners,
            known=order.known,
            reporter=watch.reporter,
            stop=STOPPING.asked,
            begun=begun,
        )
    except CannotRun as error:
        watch.nothing_ran(str(error))
        raise
    with suppress(KeyboardInterrupt):  # whoever does not wait for hooks hears nevertheless what the run has come to
        watch.over(results)
    return results


def last_line(results: Sequence[Result]) -> str:
    """Say the truth about a run."""
    left = [one for one in results if not one.complete]
    told = "; ".join(map(str, left))
    if left and not any(one.ran for one in results):
        return f"{NOTHING}{told}"
    if left and all(one.state is State.DONE_BY_ITS_WORD for one in left):
        return f"{UNPROVEN}{len(left)} of {len(results)} backfills done by their own word: {told}"
    if left:
        return f"{LEFT}{len(left)} of {len(results)} backfills not complete: {told}"
    before = sum(not one.ran for one in results)
    apart = ", ".join(one.key for one in results if one.apart)
    return (
        f"All complete: {len(results)} of {len(results)} backfills{f', {before} of them before' if before else ''}"
        f"{f'; not all rows of {apart} were looked at again, which `migration-guard backfill gate KEY --prove` does' if apart else ''}."
    )


def dry_run(order: Order) -> int:
    """Show what a run would do."""
    for name, one in order.parts.items() or (("", order),):
        where = one.address
        for definition in in_order(order.definitions):
            say(f"{f'database {name}: ' if name else ''}{_shown(planned(definition, where, order.schema))}")
    last(f"{NOTHING}this was a dry run", as_json=order.as_json)
    return 0


def _shown(plan: Plan) -> str:
    lines = [f"{plan.key}", *(f"  {name}: {text}" for name, text in plan.facts)]
    for title, sql, explanation in plan.statements:
        lines += ["", f"  {title}", *(f"    {line}" for line in sql.splitlines())]
        lines += [f"      {line}" for line in explanation]
    return "\n".join((*lines, ""))
