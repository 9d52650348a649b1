"""The states of a backfill, and who may lead from one to another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(str, Enum):
    """Where a backfill stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    INCOMPLETE = "incomplete"
    COMPLETED = "completed"
    COMPLETED_WITH_QUARANTINE = "completed_with_quarantine"
    DONE_BY_ITS_WORD = "done_by_its_word"
    """A function of a registry says that it is done; nobody has proved it."""
    FAILED = "failed"


class Actor(str, Enum):
    """Who leads from one state to another."""

    RUNNER = "runner"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the table."""

    origin: State
    to: State
    by: Actor


UNFINISHED = (State.QUEUED, State.RUNNING, State.INCOMPLETE, State.FAILED)
"""Where work is left that needs nobody. The rest is done, or waits for a person."""
TAKEN_UP = (*UNFINISHED, State.DONE_BY_ITS_WORD)
"""What a run takes up: a word is given anew at each deployment, as no one has looked."""
SWEPT = (State.COMPLETED, State.COMPLETED_WITH_QUARANTINE)
"""What a clean pass has earned, up to a key: rows that came later let a run take it up again."""
FINISHED = (*SWEPT, State.DONE_BY_ITS_WORD)
_ENDS = (State.INCOMPLETE, *FINISHED, State.FAILED)
_REST = tuple(state for state in State if state is not State.RUNNING)

TABLE: frozenset[Transition] = frozenset(
    (
        *(Transition(origin, State.RUNNING, Actor.RUNNER) for origin in TAKEN_UP),  # running: its runner has died
        *(Transition(origin, State.RUNNING, Actor.RUNNER) for origin in SWEPT),  # rows have come since, or may have
        Transition(State.COMPLETED, State.INCOMPLETE, Actor.RUNNER),  # a gate has found such rows
        *(Transition(State.RUNNING, end, Actor.RUNNER) for end in _ENDS),
        Transition(State.RUNNING, State.PAUSED, Actor.RUNNER),  # at a person's request, or somebody's cancel
        Transition(State.RUNNING, State.CANCELLED, Actor.RUNNER),  # at a person's request
        *(Transition(origin, State.PAUSED, Actor.PERSON) for origin in TAKEN_UP),
        *(Transition(origin, State.CANCELLED, Actor.PERSON) for origin in (*TAKEN_UP, State.PAUSED)),
        Transition(State.PAUSED, State.QUEUED, Actor.PERSON),  # resume: goes on where it stood
        *(Transition(origin, State.QUEUED, Actor.PERSON) for origin in _REST),  # retry: from the beginning
    )
)


class NotAllowed(Exception):
    """A state that does not follow from the one there is."""


def check(origin: State, to: State, by: Actor) -> None:
    """Refuse a step that the table does not have, and name those that it has."""
    if Transition(origin, to, by) in TABLE:
        return
    ways = sorted({one.to.value for one in TABLE if one.origin is origin and one.by is by})
    raise NotAllowed(f"it is {origin.value}; a {by.value} leads from there to {', '.join(ways) or 'nothing'}")
