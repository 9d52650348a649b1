"""Works at an entry of a registry: calls its function, counts what it says, and proves it where there is a way to."""

from __future__ import annotations

from dataclasses import replace
from operator import index
from typing import Any

from migration_guard.backfill.bench import Bench
from migration_guard.backfill.brake.reading import digest
from migration_guard.backfill.brake.turnstile import Turnstile
from migration_guard.backfill.brake.verdicts import Verdicts
from migration_guard.backfill.clock import Stop
from migration_guard.backfill.connect import engine
from migration_guard.backfill.errors import LostClaim, told_of
from migration_guard.backfill.keeper import Keeper
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.lent import Ended, Lease, Lender
from migration_guard.backfill.pinned import search_settings
from migration_guard.backfill.policy import SHORTEST_LEASE
from migration_guard.backfill.proving import BY_ITS_WORD, Proof
from migration_guard.backfill.record import Entry, Record
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.transitions import State
from migration_guard.backfill.trust import PINNED
from migration_guard.backfill.trying import Terms, Tries

EXPECTED = "expected (rows, completed), a number and True or False"
Word = tuple[int, bool]
"""How many rows a function has changed, and whether it is done: both as it says itself."""


def called(bench: Bench, definition: LegacyBackfill, record: Record) -> tuple[State, str | None]:
    """Call a function, unless only its proof is left; tell in which state that leaves it, and why."""
    bench.reporter.begin(definition.key, 0, bench.counts(definition.key))
    for warning in definition.warnings:
        bench.reporter.warn(definition.key, warning)
    claim = definition.claim
    if claim is None:
        word = _word_of(bench, definition, record)
        if isinstance(word, str):
            return State.FAILED, f"its function returned {word}; {EXPECTED}"
        _written_down(bench, definition, record, word[0])
        if word[1]:
            return State.DONE_BY_ITS_WORD, "nobody has proved it: it runs again with the next deployment"
        raise Stop(State.INCOMPLETE, "by its own word", passes=word[0] > 0)  # it goes on where it has come somewhere
    terms = Terms(bench.policy, 0, search_settings(claim))
    proof = Proof(Tries(bench.session, bench.clock, terms), terms, bench.store, bench.clock, bench.reporter)
    pending = proof.is_pending(record)
    if not pending:
        word = _word_of(bench, definition, record)
        record = _written_down(bench, definition, record, 0 if isinstance(word, str) else word[0])
    return proof.proved(claim, record, pending=pending)


def _written_down(bench: Bench, definition: LegacyBackfill, record: Record, rows: int) -> Record:
    """Write down how many rows it says that it has changed."""
    store, key, token = bench.store, definition.key, record.token
    counts, sweep = Counts(examined=rows, changed=rows), record.sweep + 1
    with bench.transaction() as connection:
        store.begin_sweep(connection, key, token, sweep=sweep, bound=BY_ITS_WORD, keeps=True)
        window = store.windows(connection, key)[0].id
        (place,) = store.control(connection, key, token, (window,), ()).places
        store.record(connection, key, token, (Entry(place, counts, done=True),), lease=bench.policy.lease)
    bench.reporter.batch(counts, 0.0, definition.batch_size)
    return replace(record, sweep=sweep)


def _word_of(bench: Bench, definition: LegacyBackfill, record: Record) -> Word | str:
    """Call the function with an engine that obeys us; give what it returns, or the name of what is no word."""
    settings, key, token = bench.policy.settings(0), definition.key, record.token
    verdicts = Verdicts(bench.store, key, digest(bench.brake))
    session = Session(engine(bench.where, bench.name))
    turnstile = Turnstile(session, verdicts, bench.brake, bench.clock, bench.reporter)
    lender = Lender(bench.where, bench.name, Lease(bench.store, key, token, settings), bench.clock, turnstile)
    keeper = Keeper(
        Session(engine(bench.where, bench.name)),
        {**settings, **PINNED},
        lambda connection: bench.store.renew(connection, key, token, SHORTEST_LEASE),
    )
    bench.session.close()  # the function has connections of its own; ours would only stand idle
    try:
        with keeper:
            given = definition.function_object(lender.engine, definition.batch_size, max(1.0, bench.clock.left))
    except Ended as ended:
        raise ended.why from None
    except LostClaim:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- somebody else's function; its text may hold rows
        raise lender.ended or Stop(State.FAILED, told_of(error)) from None
    finally:
        lender.close()
        turnstile.close()
    if lender.ended is not None and lender.raised:  # it has kept that to itself
        raise lender.ended
    return _word(given)


def _word(given: Any) -> Word | str:
    """Read what a function returned; what it says of itself counts for little, but what is no word counts for nothing."""
    match given:
        case (rows, completed) if not isinstance(completed, str):
            try:
                return max(0, index(rows)), bool(completed)
            except TypeError:
                return f"({type(rows).__name__}, {type(completed).__name__})"
    return type(given).__name__
