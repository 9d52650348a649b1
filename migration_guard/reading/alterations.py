"""Changes of rows, with what else the same backfill does to them: picks that confine, lock, or leave out what is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from migration_guard.operations import Span
from migration_guard.procedures import Alteration
from migration_guard.reading.diary import Event
from migration_guard.reading.feeding import givers
from migration_guard.sql.again import counts_on
from migration_guard.sql.batch import Pick, Write, is_key
from migration_guard.sql.met import still_met

_MANY = frozenset(
    "tenant organization organisation org account company workspace business customer team shop store site region "
    "country status state type kind category user owner parent group".split()
)
"""What many rows share, as the names of columns have it: such a value is no batch."""
Picked = Sequence[tuple[Event, Pick]]


def alteration(event: Event, write: Write, picks: Picked, tested: tuple[str, ...], *, managed: bool) -> Alteration:
    """A change, as it stands among the picks of its backfill."""
    same = [(at, pick) for at, pick in picks if same_table(pick.table, write.table)]
    own = _giving(event, [(at, pick) for at, pick in same if not pick.nested])
    within = [(at, pick) for at, pick in same if pick.nested and at.spot.key == event.spot.key]
    nested = any(pick.nested and pick.limit and at.spot.key == event.spot.key for at, pick in picks)
    if write.fed and (within or nested) and not any(_is_row(name, write, within) for name in write.fed):
        write = replace(write, confined=False)  # many rows share what the pick gives
    by_key = any(_is_row(name, write, own) for name in (*write.listed, *write.keyed))
    ranged = write.ranged and event.loop is not None
    by = {*write.listed, *write.keyed} if by_key or write.confined else set()
    choosing = [pick for _, pick in own if _chooses(pick, by)] if by or write.confined else []
    picked = [column for pick in choosing for column in pick.tested]
    asked = (*write.asked, *(one for pick in choosing for one in pick.asked))
    given = dict(write.given)
    again = write.counts_on or still_met(asked, given) or (bool(choosing) and counts_on(given, asked))
    write = replace(write, counts_on=again)
    return _made(
        write, event.spot.span(), (*tested, *picked), together=event.together, lasting=event.lasting, sources=write.sources,
        confined=write.confined or by_key or ranged or (managed and bool(write.listed)),
        locked=_locked(event, own, picks),
    )  # fmt: skip


def stated(write: Write, span: Span, tested: tuple[str, ...]) -> Alteration:
    """A change that a definition states, over `:ids` that the runner has locked."""
    confined = write.confined or bool(write.listed)
    return _made(
        write, span, tested, together=False, lasting=False, sources=write.sources, confined=confined, locked=True
    )


def _made(
    write: Write, span: Span, tested: Iterable[str], *, together: bool, lasting: bool, sources: tuple[str, ...],
    confined: bool, locked: bool,
) -> Alteration:  # fmt: skip
    """What left rows out where they were picked counts too."""
    every = tuple(dict.fromkeys((*write.tested, *tested)))
    inserts = write.verb == "INSERT" and write.confined and bool(every)
    repeats = write.repeats and not inserts and not (write.verb == "UPDATE" and set(write.columns) & set(every))
    repeats = repeats or write.counts_on
    return Alteration(
        verb=write.verb, table=write.table, columns=write.columns, tested=every, confined=confined, repeats=repeats,
        together=together, span=span, lasting=lasting, sources=sources, locked=locked,
    )  # fmt: skip


def counted_off(event: Event, write: Write, picks: Picked) -> Iterator[Event]:
    """The picks that count rows off of which the change makes fewer: it passes over as many as it has changed."""
    for at, pick in picks:
        shrinks = write.verb == "DELETE" or not set(write.columns).isdisjoint(pick.tested)
        here = not pick.nested or at.spot.key == event.spot.key
        if pick.counts_off and shrinks and here and same_table(pick.table, write.table):
            yield at


def _giving(event: Event, own: Picked) -> Picked:
    """Of the picks of the same table those that give the rows which are changed, where that is in sight."""
    place = event.spot.place
    if place is None or event.around is None or len(own) < 2:
        return own
    calls = givers(place.whole, event.around)
    found = [(at, pick) for at, pick in own if at.spot.place is not None and id(at.spot.place.whole) in calls]
    return found or own


def _locked(event: Event, own: Picked, picks: Picked) -> bool:
    """Whether a pick locks the rows: in the same transaction, on every way there, or inside the same statement."""
    before = any(pick.lock and at.key in (event.held or ()) for at, pick in own)
    return before or any(pick.nested and pick.lock and at.spot.key == event.spot.key for at, pick in picks)


def _chooses(pick: Pick, by: set[str]) -> bool:
    """Whether a pick decides which rows are changed: what only counts them, or reads others, does not."""
    return pick.lock is not None or pick.limit is not None or not by.isdisjoint(pick.gives)


def _is_row(column: str, write: Write, own: Picked) -> bool:
    """Whether a value of a column is one row, or a few: the key, or what was picked row by row from the same table."""
    if is_key(column):
        return True
    stem = column.removesuffix("_id").removesuffix("_uuid").removesuffix("_pk")
    if stem != column and same_table(stem, write.table):
        return True
    return stem not in _MANY and any(column in pick.gives for _, pick in own)


def same_table(one: str | None, other: str) -> bool:
    """Whether two names may be of one table: a model and its table are called alike."""
    if one is None or not other:
        return True
    first, second = (name.lower().rstrip("s").replace("_", "") for name in (one, other))
    return first == second or first.endswith(second) or second.endswith(first)
