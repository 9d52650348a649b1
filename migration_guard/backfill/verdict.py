"""Judges a backfill that its state calls complete, by what it was complete for and by a look at its rows."""

from __future__ import annotations

import json

from migration_guard.backfill import preflight, proof
from migration_guard.backfill.asks import Asks
from migration_guard.backfill.definition import Backfill, Claim
from migration_guard.backfill.earned import Earned, Verdict
from migration_guard.backfill.ends import has_passed, standing_floor, unproven
from migration_guard.backfill.gate import CHANGED, blind, looking
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.residue import has_sources
from migration_guard.backfill.state import Store
from migration_guard.backfill.subject import Source
from migration_guard.backfill.transitions import State

FOREVER = 24 * 3600.0


def verdict_on(
    ask: Asks, definition: Definition, earned: Earned, schema: str, *, prove: bool = False, seconds: float | None = None
) -> Verdict:
    """Judge a backfill that its state calls complete: by what it was complete for, and by a look at its rows.

    Where keys only grow, the rows up to its bound are those that were proved, as long as the tables are the same, and
    only a short look is at them again. Elsewhere rows may have come between them, so that the look is at all rows.
    """
    if earned.fingerprint != definition.fingerprint:
        return Verdict(passed=False, text=f"{earned}, but {CHANGED}")
    claim = definition.claim
    if earned.state is not State.COMPLETED or claim is None:
        return Verdict(passed=False, text=str(earned))
    store, limit = Store(schema), seconds if seconds is not None else FOREVER if prove else proof.QUICK

    excepts, below = True, None

    def not_kept(keys: str) -> int:
        return store.not_kept(ask, claim.key, keys) if excepts else len(json.loads(keys))

    with looking(ask, claim):
        if (hidden := blind(ask)) is not None:
            return Verdict(passed=False, text=f"is completed, and nobody can look here: {hidden}")
        sourced = not isinstance(definition, Backfill) or has_sources(ask, definition)
        with preflight.as_role(ask, claim):
            source = preflight.located(ask, claim)
            excepts = sourced and set(source.identity) <= set(earned.members)  # else they are other rows' keys
            floor = None if prove else standing_floor(ask, source, earned.floor, earned.members)
        look = proof.look_beyond(ask, source, floor, not_kept, seconds=limit)
        with preflight.as_role(ask, claim):
            goes_on = source.grows and not prove and has_passed(ask, source.table.oid, source.key, look.reached)
        if floor is not None and look.answer is proof.Answer.NOTHING:
            seconds = min(limit, proof.BELOW)
            below = proof.look_beyond(ask, source, None, not_kept, seconds=seconds, upto=floor)
    upto = f" up to key {proof.shown(earned.bound)}" if earned.bound else ""
    reached, members = look.reached if goes_on else None, source.identity
    if look.answer is proof.Answer.SOMETHING:
        text = f"was completed{upto}, and is no longer: {look.told}; {_filled_by(claim, prove=prove)}"
        return Verdict(passed=False, text=text, lost=True, reached=reached, members=members)
    if below is not None and below.answer is proof.Answer.SOMETHING:
        text = f"was completed{upto}, and is no longer: {below.told}, below what it had reached; {_filled_by(claim, prove=prove)}"
        return Verdict(passed=False, text=text, lost=True)
    if look.answer is proof.Answer.UNKNOWN:
        text = f"is completed{upto}, and not proven beyond: {look.told}; {_proofs(source)}"
        return Verdict(passed=False, text=text, reached=reached, members=members)
    text = f"is completed{f' up to key {proof.shown(look.reached)}' if look.reached else ''}"
    apart = None
    if below is not None and below.answer is proof.Answer.UNKNOWN:
        unseen = f"rows between {proof.shown(below.reached)} and {proof.shown(floor)} were not looked at again"
        apart = f"{unseen}: {proof.by_hand(claim.key)} does"
    return Verdict(passed=True, text=text, apart=apart, reached=reached, members=members)


def _filled_by(claim: Claim, *, prove: bool) -> str:
    """Say what fills rows that were found."""
    if prove:
        return f"{proof.by_hand(claim.key)} tells the runner, and the next run fills them"
    return "the next run fills them"


def _proofs(source: Source) -> str:
    """Say what would be a proof."""
    if source.grows:
        return "the next run, or another look, goes on from there"
    why = f"{unproven(source.hidden, source.moves)}; rows may have come anywhere"
    by_hand = proof.by_hand(source.claim.key)
    return f"{why}: {by_hand} looks at all of them; a trigger or a validated constraint keeps them filled"
