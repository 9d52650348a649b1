"""Calls hooks by what the state says has happened: each event once, however many runs and workers have seen it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timezone

from migration_guard.backfill.clock import LEAVING
from migration_guard.backfill.errors import told_of
from migration_guard.backfill.report import Result
from migration_guard.backfill.standing import NOTHING, Counts, Happened
from migration_guard.backfill.transitions import State
from migration_guard.watching.holds import Holds
from migration_guard.watching.hooks import Event, Hook, Hooks
from migration_guard.watching.lookout import Eyes, Outlet, Snapshot

AT_THE_END = 30.0
"""Seconds that all hooks together may take once the run is over; or one of them its whole time, if that is more."""


def hook_of(state: State | None, reason: str | None) -> Hook | None:
    """Say what is called when a backfill has ended so. That its time was over is no failure: the next run goes on."""
    if state is State.COMPLETED:
        return Hook.COMPLETE
    if state in {None, State.FAILED, State.COMPLETED_WITH_QUARANTINE}:
        return Hook.FAILURE
    leaves = (reason or "").startswith(LEAVING)  # and what held at that moment
    return Hook.FAILURE if state is State.INCOMPLETE and not leaves else None


class Calling(Outlet):
    """Of one run, and the backfills that are its own."""

    name = "hooks"

    def __init__(
        self,
        hooks: Hooks,
        eyes: Eyes,
        keys: Collection[str],
        *,
        refused: Callable[[str], str | None],
        say: Callable[[str, str], None],
        database: str | None = None,
    ) -> None:
        self._hooks = hooks
        self._eyes = eyes
        self._keys = frozenset(keys)
        self._refused = refused
        """Says why `gate` would not let a backfill pass, if so."""
        self._say = say
        self._database = database
        self._holds = Holds()
        self._seen = set[tuple[str, Hook]]()
        self._until: float | None = None

    def see(self, snapshot: Snapshot) -> None:
        counts = {one.key: one.counts for one in snapshot.standings}
        held = {hold.event.id for hold in self._holds.begun(snapshot.events)}
        for event in snapshot.events:
            hook = Hook.HOLD if event.id in held else self._hook(event)
            if hook is not None and event.backfill in self._keys:
                self._seen.add((event.backfill, hook))
                try:
                    self._happened(hook, event, counts.get(event.backfill, NOTHING))
                except Exception as error:  # noqa: BLE001 -- the events after it are told nevertheless
                    self._say(event.backfill, f"{hook.value} was not called: {told_of(error)}")

    def over(self) -> None:
        """The run is over: what is still to be called has little time."""
        self._until = time.monotonic() + max(AT_THE_END, self._hooks.seconds)

    def finish(self, results: Sequence[Result]) -> None:
        """Call what the state could not tell, since it could not be written down; say what could not be read of it."""
        for one in results:
            hook = hook_of(one.state, one.reason) if one.ran else None
            if hook is None or not self._hooks.wants(hook) or (one.key, hook) in self._seen:
                continue
            if hook is Hook.COMPLETE:  # which is never called unless `gate` says the same
                self._say(one.key, f"{hook.value} was not called: the state could not be looked at any more")
            else:
                self._call(
                    Event(
                        hook,
                        one.key,
                        one.state and one.state.value,
                        one.reason,
                        _now(),
                        asdict(one.counts),
                        self._database,
                    )
                )

    def nothing_ran(self, reason: str) -> None:
        """Tell that nothing could be run at all."""
        self._call(Event(Hook.FAILURE, None, None, reason, _now(), database=self._database))

    def _hook(self, event: Happened) -> Hook | None:
        ended = (State.COMPLETED, State.COMPLETED_WITH_QUARANTINE, State.FAILED, State.INCOMPLETE)
        state = next((one for one in ended if one.value == event.kind), None)
        return hook_of(state, event.detail) if state is not None else None

    def _happened(self, hook: Hook, event: Happened, counts: Counts) -> None:
        if not self._hooks.wants(hook):
            return
        if hook is Hook.COMPLETE and (why := self._refused(event.backfill)) is not None:
            self._say(event.backfill, f"{hook.value} is not called: it {why}")
            return
        if self._eyes.told(event, hook.value):
            state = State.RUNNING.value if hook is Hook.HOLD else event.kind
            self._call(
                Event(hook, event.backfill, state, event.detail, event.at.isoformat(), asdict(counts), self._database)
            )

    def _call(self, event: Event) -> None:
        left = self._hooks.seconds if self._until is None else self._until - time.monotonic()
        key = event.key or "hooks"
        if left <= 0:
            self._say(key, f"{event.hook.value} was not called: the run is over, and those before took too long")
            return
        problem = self._hooks.call(event, left)
        if problem is not None:
            self._say(key, problem)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()
