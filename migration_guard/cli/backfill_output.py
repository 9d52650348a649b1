"""What the backfill commands show: lines, tables, JSON, and the progress of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from migration_guard.backfill.gate import CHANGED
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.standing import Holder, Standing, TenantCounts
from migration_guard.backfill.transitions import SWEPT, State
from migration_guard.cli.backfill_shares import absence, seconds, shares_json, shares_table
from migration_guard.cli.backfill_table import COUNTS, Cells, table

NONE = "no backfill has been run"


def listing(definitions: Sequence[Definition], *, as_json: bool) -> str:
    """List definitions: as JSON, with the fields that registries of dictionaries have."""
    if as_json:
        return json.dumps([_fields(one) for one in definitions], indent=2, ensure_ascii=False)
    rows = [
        (one.key, one.priority.value, one.status.value, one.table, f"{one.batch_size:,}", one.description)
        for one in definitions
    ]
    return table(("key", "priority", "status", "table", "batch", "description"), rows)


def _fields(one: Definition) -> dict[str, Any]:
    return {
        "key": one.key,
        "migration_number": one.migration,
        "description": one.description,
        "tables": list(one.tables),
        "batch_size": one.batch_size,
        "max_runtime_seconds": one.max_runtime,
        "priority": one.priority.value,
        "safe_to_run_online": one.safe_to_run_online,
        "function": one.function,
        "status": one.status.value,
        **_arguments(one),
    }


def _arguments(one: Definition) -> dict[str, Any]:
    """Give what a run has to give to it, where there is something."""
    if isinstance(one, LegacyBackfill) or not one.arguments:
        return {}
    told = ({"name": a.name, "type": a.type, "needed": a.default is None, "public": a.public} for a in one.arguments)
    return {"arguments": list(told)}


def compared(standings: Sequence[Standing], known: Mapping[str, Definition] | str) -> tuple[Standing, ...]:
    """Say of what was done for another definition than there is now that it was; nothing, where it is not known what there is."""
    wanted = {} if isinstance(known, str) else {one.key: one.fingerprint for one in known.values()}
    return tuple(
        replace(one, reason=CHANGED) if wanted.get(one.key, one.fingerprint) != one.fingerprint and one.sweep else one
        for one in standings
    )


def standings_json(
    standings: Sequence[Standing], tenants: Sequence[TenantCounts], holders: Sequence[Holder] = ()
) -> str:
    """Give `status` as JSON: a list, with an object for each backfill."""
    return json.dumps([_standing(one, tenants, holders) for one in standings], indent=2, ensure_ascii=False)


def _standing(one: Standing, tenants: Sequence[TenantCounts], holders: Sequence[Holder]) -> dict[str, Any]:
    own = [tenant for tenant in tenants if tenant.backfill == one.key]
    counted = len(own) > 1 or any(tenant.tenant is not None for tenant in own)
    return {
        "key": one.key,
        "state": one.state.value,
        "reason": one.reason,
        "runner": one.claimed_by,
        "alive": one.alive,
        "lease_seconds": seconds(one.lease),
        "held": one.held,
        "pace": one.steered.steering.fields,
        "pace_set_by": one.paced_by,
        "pace_set_at": one.paced_at.isoformat() if one.paced_at else None,
        **asdict(one.counts),
        "batches": one.batches,
        "rows": one.rows,
        "sweep": one.sweep,
        "swept_up_to": list(one.bound) if one.bound else None,
        "proven_up_to": list(one.bound) if one.bound and one.grows else None,
        "started_at": one.started_at.isoformat() if one.started_at else None,
        "finished_at": one.finished_at.isoformat() if one.finished_at else None,
        "tenants": [{"tenant": t.tenant, **asdict(t.counts), "batches": t.batches} for t in own] if counted else [],
        **shares_json([holder for holder in holders if holder.backfill == one.key]),
    }


def standing_table(standings: Sequence[Standing]) -> str:
    """Give `status` as a table."""
    return table(*standing_cells(standings)) if standings else NONE


def standing_cells(standings: Sequence[Standing]) -> Cells:
    """Give the heads and the rows of that table."""
    rows = [
        (
            one.key,
            _state(one),
            *(f"{getattr(one.counts, name):,}" for name in COUNTS),
            f"{one.batches:,}",
            "; ".join(filter(None, (f"held: {one.held}" if one.held else "", one.reason or _reach(one), _paced(one)))),
        )
        for one in standings
    ]
    return ("key", "state", *(name.replace("_", " ") for name in COUNTS), "batches", "reason"), rows


def _paced(one: Standing) -> str:
    """Say which pace a person has set."""
    return f"pace: {one.steered.steering}" if one.steered.steering else ""


def _reach(one: Standing) -> str:
    """Say how far a completion goes."""
    if not one.bound or one.state not in SWEPT:
        return ""
    return f"up to key {', '.join(one.bound)}{'' if one.grows else '; rows that came since may lie anywhere'}"


def tenant_table(tenants: Sequence[TenantCounts]) -> str:
    """Give what became of each tenant's rows."""
    rows = [
        (one.backfill, "NULL" if one.tenant is None else one.tenant, *(f"{getattr(one.counts, n):,}" for n in COUNTS))
        for one in tenants
    ]
    return table(("key", "tenant", *(name.replace("_", " ") for name in COUNTS)), rows)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look gives."""

    standings: Sequence[Standing]
    holders: Sequence[Holder]

    def __str__(self) -> str:
        """Give `status`: a line a backfill and, where several work at one, who does what."""
        shown = shares_table(self.holders)
        return f"{standing_table(self.standings)}\n\n{shown}" if shown else standing_table(self.standings)


def _state(one: Standing) -> str:
    asked = f", asked to {one.request}" if one.request else ""
    if one.state is not State.RUNNING:
        return f"{one.state.value}{asked}"
    since = f" since {one.claimed_since:%Y-%m-%d %H:%M:%S %Z}" if one.claimed_since else ""
    there = (
        f"by {one.claimed_by}{since}" if one.alive else f"{absence(one.claimed_by, one.lease)}; the next run goes on"
    )
    held = ", held" if one.held else ""
    return f"{one.state.value} ({there}{held}{asked})"
