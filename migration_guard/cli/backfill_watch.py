"""`status --watch`: how all stands, again and again, until nothing runs any more."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from select import select

from rich.live import Live
from rich.text import Text

from migration_guard.backfill.standing import Standing
from migration_guard.backfill.transitions import State
from migration_guard.cli.lines import say

EVERY = 1.0
"""Seconds between two looks."""
QUIET = 3
"""Looks in a row at which nothing runs, after which it ends: between two backfills of a run there is a moment without one."""


def watched(look: Callable[[], tuple[Sequence[Standing], str]]) -> None:
    """Show what a look gives, until nothing runs, or somebody interrupts or presses q; in lines where there is no terminal."""
    speeds = Speeds()

    def seen() -> tuple[bool, str]:
        standings, text = look()
        runs = any(one.state is State.RUNNING and one.alive for one in standings)
        told = speeds.told(standings)
        return runs, f"{text}\n\n{told}" if told else text

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


class Speeds:
    """How fast each backfill is, by what was examined between two looks."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, int]] = {}

    def told(self, standings: Sequence[Standing]) -> str:
        """Say it of those that run."""
        now, lines = time.monotonic(), []
        for one in standings:
            at, examined = self._before.get(one.key, (now, one.counts.examined))
            if one.state is State.RUNNING and one.alive and now > at:
                held = f", held: {one.held}" if one.held else ""
                lines.append(f"{one.key}: {(one.counts.examined - examined) / (now - at):,.0f} rows/s{held}")
            self._before[one.key] = (now, one.counts.examined)
        return "\n".join(lines)
