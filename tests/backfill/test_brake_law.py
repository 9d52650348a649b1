"""The law of the brake, without a server: when it holds, and when it lets go."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_guard.backfill.brake.archive import end_of
from migration_guard.backfill.brake.law import BLIND, CALM, WAITS, Verdict, judged, worst
from migration_guard.backfill.brake.marks import APART, Mark, Marks, marks_of
from migration_guard.backfill.brake.reading import Reading, limits_of
from migration_guard.config.settings import BrakeSettings

LIMITS = limits_of(BrakeSettings(throttle="SELECT 1", throttle_above=10, autovacuum=True))


def through(readings: Iterable[tuple[float, float | None]], verdict: Verdict | None = None) -> list[Verdict]:
    """Judge readings of one gauge at moments."""
    verdict, found = verdict or Verdict(), []
    for now, value in readings:
        verdict = judged(verdict, [Reading("throttle", value, blind="" if value is not None else "no")], LIMITS, now)
        found.append(verdict)
    return found


@pytest.mark.parametrize(
    ("readings", "held"),
    [
        ([(100, 9.9), (101, 10), (102, 5), (103, 4.9)], [False, True, True, False]),  # below the lower mark
        ([(100, 10), (100.5, 0), (101, 0)], [True, True, False]),  # not before the wait is over
        ([(100, None), (101, 0)], [True, False]),  # never seen
        ([(100, 0), (114, None), (115, None), (116, 0)], [False, False, True, False]),  # blind for long
        ([(100, 20), (101, None), (110, None)], [True, True, True]),  # nobody knows that it is better
    ],
)
def test_when_it_holds(readings: list[tuple[float, float | None]], held: list[bool]) -> None:
    assert [one.held for one in through(readings)] == held


def test_waits_grow_and_begin_anew_after_a_calm() -> None:
    now, verdict, waits = 100.0, Verdict(), []
    for _ in range(12):
        (verdict,) = through([(now, 20.0)], verdict)
        waits.append(verdict.until - now)
        now = verdict.until
        (verdict,) = through([(now, 0.0)], verdict)
        assert not verdict.held
        now += 1
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == WAITS[1]
    (verdict,) = through([(now + CALM, 20.0)], verdict)
    assert verdict.until - now - CALM == WAITS[0]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.1, 1, 5, 40, 200]), st.none() | st.floats(0, 20)), min_size=1, max_size=60)
)
def test_it_never_goes_on_beyond_what_it_must_hold_for(steps: list[tuple[float, float | None]]) -> None:
    now, verdict, seen = 1000.0, Verdict(), None
    for pause, value in steps:
        now += pause
        (after,) = through([(now, value)], verdict)
        seen = now if value is not None else seen
        if (value is not None and value >= 10) or seen is None or now - seen >= BLIND:
            assert after.held
        if verdict.held and not after.held:
            assert value is not None
            assert value < 5
            assert now >= verdict.until
        assert (after.reason is not None) == after.held
        verdict = after


def test_a_threshold_that_is_set_no_longer_is_forgotten() -> None:
    (verdict,) = through([(100.0, None)])
    assert verdict.held
    assert not judged(verdict, [], {}, 102.0).held


def test_the_worst_of_several_counts() -> None:
    some = [Reading("lag-bytes", 1.0, "a"), Reading("lag-bytes", 3.0, "b"), Reading("lag-seconds", 9.0)]
    assert worst(some) == (some[1], some[2])
    hidden = Reading("lag-bytes", None, blind="no")
    assert worst([*some, hidden]) == (hidden, some[2])


def test_marks_tell_how_long_ago_something_was_written() -> None:
    marks = Marks(())
    for n in range(500):
        marks = marks.added(Mark(1000.0 + n, 100 * n, 10 * n))
    assert len(marks.all) < 60
    assert marks_of(marks.fields) == marks
    assert marks.behind(marks.now.wal) == 0
    for ago in (0, 1, 2, 5, 20, 200, 499, 900):
        least = min(ago, 499) * (1 - APART) - 1
        assert least <= marks.behind(marks.now.wal - 100 * ago) <= ago
        assert least <= marks.open_since(marks.now.xid - 10 * ago) <= ago
    assert marks.added(Mark(2000.0, 0, 0)).all == (Mark(2000.0, 0, 0),)  # put back to an earlier state


def test_the_end_of_a_segment() -> None:
    assert end_of("00000000", "00000001", 16 << 20) == 32 << 20
    assert end_of("00000002", "000000FF", 16 << 20) == (2 << 32) + (4 << 30)


def test_reasons_say_what_it_is_and_from_where_on() -> None:
    told = {
        key: LIMITS[key].told(Reading(key, value, of))
        for key, value, of in (
            ("lag-bytes", 600 * 2.0**20, "walreceiver"),
            ("lag-seconds", 7.25, "walreceiver"),
            ("archive-bytes", 1.5 * 2.0**30, ""),
            ("waiters", 7.0, ""),
            ("autovacuum", 1.0, "leads"),
            ("throttle", 120.5, ""),
        )
    }
    assert told == {
        "lag-bytes": "replication lag of walreceiver: 600 MB, held from 256 MB on",
        "lag-seconds": "replication lag of walreceiver: 7.2 s, held from 5.0 s on",
        "archive-bytes": "WAL that is not archived: 1.5 GB, held from 1.0 GB on",
        "waiters": "sessions that wait behind one batch: 7, held from 5 on",
        "autovacuum": "a vacuum of leads",
        "throttle": "the throttle: 120.5, held from 10 on",
    }
