"""How a backfill stands with its sessions on a path: what limits its waiting, what it has locked, what is not committed yet.

Where paths meet, locks count only if all of them hold them; whatever is not committed on one of them is not committed; and
a time-out may be what any of them has set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from migration_guard.interpreter.flow import Content, Store
from migration_guard.lean import dataclass, replace

Session = object
"""What tells sessions apart that a file opens for itself; None for one that it is given, which may be any."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A time-out that has been set."""

    setting: object
    """What sets it."""
    fresh: bool
    """Whether the transaction that sets it is still open: a rollback takes it back."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that may not have been committed."""

    session: Session
    change: object
    within: object = None
    """The block in which it stands and whose end commits it, if it does."""
    passed: frozenset[object] = frozenset()
    """The loops that have begun another pass since."""


Limits = Mapping[tuple[Session, str, bool], frozenset["Limit | None"]]
"""By session, name, and whether they end with the transaction; None among them is a path on which none is set."""
_NONE: frozenset[Limit | None] = frozenset({None})


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What is so at one point."""

    limits: Limits = field(default_factory=dict)
    held: frozenset[tuple[Session, object]] = frozenset()
    """The picks whose locks are surely held."""
    pending: frozenset[Pending] = frozenset()
    begun: frozenset[Session] = frozenset()
    """Sessions in which a transaction may be open that no block has opened."""
    opened: frozenset[Session] = frozenset()
    """Sessions in which BEGIN has surely opened one."""
    cursors: frozenset[Session] = frozenset()
    """Sessions in which the server may hold a cursor until the transaction ends."""
    closed: frozenset[Session] = frozenset()
    """Sessions in which a transaction may have ended while it did."""

    @property
    def key(self) -> object:
        limits = frozenset(self.limits.items())
        return (limits, self.held, self.pending, self.begun, self.opened, self.cursors, self.closed)

    def shape(self, depth: int) -> object:
        return self.key

    def joined(self, others: list[Content]) -> Standing:
        result = self
        for other in others:
            if isinstance(other, Standing):
                places = {*result.limits, *other.limits}
                result = Standing(
                    {at: result.limits.get(at, _NONE) | other.limits.get(at, _NONE) for at in places},
                    result.held & other.held,
                    result.pending | other.pending,
                    result.begun | other.begun,
                    result.opened & other.opened,
                    result.cursors | other.cursors,
                    result.closed | other.closed,
                )
        return result

    def in_force(self, session: Session, name: str) -> frozenset[Limit | None]:
        """Every setting of a time-out that may hold in a session; None among them where there may be none."""
        own = self._set(session, name, local=True)
        return own if None not in own else (own - _NONE) | self._set(session, name, local=False)

    def _set(self, session: Session, name: str, *, local: bool) -> frozenset[Limit | None]:
        found = self.limits.get((session, name, local)) or self.limits.get((None, name, local))
        if found is None and session is None:
            every = [one for (_, other, ends), one in self.limits.items() if (other, ends) == (name, local)]
            found = frozenset[Limit | None]().union(*every) if every else None
        return found or _NONE

    def with_limit(self, session: Session, name: str, limit: Limit, *, local: bool) -> Standing:
        """A time-out is set, or taken back. What is said for the session replaces what was for the transaction."""
        kept = {at: one for at, one in self.limits.items() if local or at != (session, name, True)}
        return replace(self, limits={**kept, (session, name, local): frozenset({limit})})

    def ended(self, session: Session, *, undone: bool) -> Standing:
        """The transaction of a session is over, and with it what was to last no longer."""
        limits = {
            at: frozenset(_after(one, undone=undone) for one in found) if is_same(at[0], session) else found
            for at, found in self.limits.items()
            if not (at[2] and is_same(at[0], session))
        }
        return Standing(
            limits,
            frozenset(one for one in self.held if not is_same(one[0], session)),
            frozenset(one for one in self.pending if not is_same(one.session, session)),
            frozenset(one for one in self.begun if not is_same(one, session)),
            frozenset(one for one in self.opened if not is_same(one, session)),
            self.cursors - {session},
            self.closed | (self.cursors & {session}),
        )

    def passed(self, loop: object) -> Standing:
        """A loop begins another pass."""
        pending = frozenset(replace(one, passed=one.passed | {loop}) for one in self.pending)
        return replace(self, pending=pending)


def _after(limit: Limit | None, *, undone: bool) -> Limit | None:
    if limit is None or not limit.fresh:
        return limit
    return None if undone else replace(limit, fresh=False)


def is_same(one: Session, other: Session) -> bool:
    """Whether two sessions may be the same one."""
    return one is None or other is None or one == other


class Standings(Store):
    """The one slot that holds the Standing."""

    __slots__ = ()

    @property
    def now(self) -> Standing:
        found = self.read("now")
        return found if isinstance(found, Standing) else Standing()

    def become(self, change: Callable[[Standing], Standing]) -> None:
        before = self.now
        after = change(before)
        if after.key != before.key:
            self.write("now", after)
