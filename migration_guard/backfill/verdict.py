"""Judges a backfill that its state calls complete, by what it was complete for and by a look at its rows."""

from __future__ import annotations

from migration_guard.backfill import preflight, proof
from migration_guard.backfill.asks import Asks
from migration_guard.backfill.definition import Claim
from migration_guard.backfill.gate import CHANGED, Earned, Verdict, looking
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.state import Store
from migration_guard.backfill.transitions import State

FOREVER = 24 * 3600.0


def verdict_on(
    ask: Asks, definition: Definition, earned: Earned, schema: str, *, prove: bool = False, seconds: float | None = None
) -> Verdict:
    """Judge a backfill that its state calls complete: by what it was complete for, and by a look at its rows.

    Where keys only grow, the rows up to its bound are those that were proved. Elsewhere rows may have come between them,
    so that the look is at all rows.
    """
    if earned.fingerprint != definition.fingerprint:
        return Verdict(passed=False, text=f"{earned}, but {CHANGED}")
    claim = definition.claim
    if earned.state is not State.COMPLETED or claim is None:
        return Verdict(passed=False, text=str(earned))
    store, limit = Store(schema), seconds if seconds is not None else FOREVER if prove else proof.QUICK
    with looking(ask, claim):
        with preflight.as_role(ask, claim):
            source = preflight.located(ask, claim)
        floor = earned.floor if source.grows and not prove else None
        look = proof.look_beyond(ask, source, floor, lambda keys: store.not_kept(ask, claim.key, keys), seconds=limit)
    upto = f" up to key {proof.shown(earned.bound)}" if earned.bound else ""
    reached = look.reached if source.grows and not prove else None
    if look.answer is proof.Answer.SOMETHING:
        text = f"was completed{upto}, and is no longer: {look.told}; {_filled_by(claim, prove=prove)}"
        return Verdict(passed=False, text=text, lost=True, reached=reached)
    if look.answer is proof.Answer.UNKNOWN:
        return Verdict(
            passed=False,
            text=f"is completed{upto}, and not proven beyond: {look.told}; {_proofs(source.grows)}",
            reached=reached,
        )
    return Verdict(
        passed=True,
        text=f"is completed{f' up to key {proof.shown(look.reached)}' if look.reached else ''}",
        reached=reached,
    )


def _filled_by(claim: Claim, *, prove: bool) -> str:
    """Say what fills rows that were found."""
    if prove:
        return f"`migration-guard backfill gate {claim.key} --prove` tells the runner, and the next run fills them"
    return "the next run fills them"


def _proofs(grows: bool) -> str:
    """Say what would be a proof."""
    if grows:
        return "the next run, or another look, goes on from there"
    why = "its keys do not only grow, so that rows may have come anywhere"
    return f"{why}: `gate --prove` looks at all rows; a trigger or a validated constraint keeps them filled"
