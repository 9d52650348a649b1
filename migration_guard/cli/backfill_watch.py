"""`status --watch`: how all stands, again and again, until nothing runs any more."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from select import select

from rich.live import Live
from rich.text import Text

from migration_guard.backfill.standing import Holder, Standing
from migration_guard.backfill.transitions import State
from migration_guard.cli.backfill_output import Seen
from migration_guard.cli.lines import say

EVERY = 1.0
"""Seconds between two looks."""
QUIET = 3
"""Looks in a row at which nothing runs, after which it ends: between two backfills of a run there is a moment without one."""
LOOKS = 60
"""So many lie between what speeds are reckoned from."""
WIDTH = 20
FORESEEN = 90 * 86_400.0
"""Seconds beyond which nothing is foretold."""


def watched(look: Callable[[], Seen]) -> None:
    """Show what a look gives, until nothing runs, or somebody interrupts or presses q; in lines where there is no terminal."""
    courses = Courses()

    def seen() -> tuple[bool, str]:
        now = look()
        runs = any(one.state is State.RUNNING and one.alive for one in now.standings)
        told = courses.told(now)
        return runs, f"{now}\n\n{told}" if told else str(now)

    with suppress(KeyboardInterrupt):
        if sys.stdout.isatty():
            with Live(auto_refresh=False) as live, _keys() as pressed:
                _until_quiet(seen, lambda text: live.update(Text(text), refresh=True), pressed)
        else:
            _until_quiet(seen, _changes(), _asleep)


def _until_quiet(
    seen: Callable[[], tuple[bool, str]], show: Callable[[str], None], pressed: Callable[[], bool]
) -> None:
    quiet = 0
    while quiet < QUIET:
        runs, text = seen()
        show(text)
        quiet = 0 if runs else quiet + 1
        if quiet < QUIET and pressed():
            return


def _changes() -> Callable[[str], None]:
    shown: list[str] = []

    def show(text: str) -> None:
        if shown != [text]:
            shown[:] = [text]
            say(text)

    return show


def _asleep() -> bool:
    time.sleep(EVERY)
    return False


@contextmanager
def _keys() -> Iterator[Callable[[], bool]]:
    """Give what waits for a moment, and tells whether q was pressed meanwhile."""
    try:
        import termios  # noqa: PLC0415 -- not on every system
        import tty  # noqa: PLC0415

        before = termios.tcgetattr(sys.stdin)
    except Exception:  # noqa: BLE001 -- there is no keyboard, or nobody who knows of one
        yield _asleep
        return
    tty.setcbreak(sys.stdin)
    try:
        yield lambda: bool(select([sys.stdin], [], [], EVERY)[0]) and sys.stdin.read(1) in {"q", "Q", ""}
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


class Courses:
    """How far each backfill is, how fast, and when its pass will be over, by what has changed since a while ago."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, int], deque[tuple[float, int, float | None]]] = {}

    def told(self, seen: Seen) -> str:
        """Say it of those that run."""
        now, lines = time.monotonic(), []
        for one in seen.standings:
            if one.state is not State.RUNNING or not one.alive:
                continue
            part = done(one, seen.holders)
            looks = self._before.setdefault((one.key, one.sweep), deque(maxlen=LOOKS))
            looks.append((now, one.counts.examined, part))
            since, examined, _ = looks[0]
            told = [] if part is None else [f"{bar(part)} {part * 100:.0f} %"]
            if now > since:
                told.append(f"{(one.counts.examined - examined) / (now - since):,.0f} rows/s")
                left = _left(looks)
                told += [f"about {spelt(left)} left"] if left < FORESEEN else []
            if one.sweep > 1:
                told[:0] = [f"pass {one.sweep}"]
            told += [f"held: {one.held}"] if one.held else []
            lines += [f"{one.key}: {', '.join(told)}"] if told else []
        return "\n".join(lines)


def _left(looks: Sequence[tuple[float, int, float | None]]) -> float:
    """Reckon the seconds that the rest of a pass takes; infinite where nothing moves, or nobody knows how far it is."""
    known = [(at, part) for at, _, part in looks if part is not None]
    if looks[-1][2] is None or known[-1][1] <= known[0][1]:
        return float("inf")
    (since, before), (now, part) = known[0], known[-1]
    return (1 - part) * (now - since) / (part - before)


def done(one: Standing, holders: Sequence[Holder]) -> float | None:
    """Say which part of its pass is done: by rows in the first one, else by the ranges of one that is shared.

    None where nobody can, as where the table has outgrown its statistics.
    """
    if one.sweep <= 1 and one.rows and one.counts.examined < one.rows:
        return one.counts.examined / one.rows
    ranges = [holder.done for holder in holders if holder.backfill == one.key and holder.kind != "end"]
    return sum(ranges) / len(ranges) if ranges else None


def bar(part: float) -> str:
    """Draw a part of a whole."""
    return f"[{'#' * round(part * WIDTH):.<{WIDTH}}]"


def spelt(seconds: float) -> str:
    """Spell a time that is not known exactly."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else f"{seconds / 3600:.1f} h"
