"""Ranges of keys, shared by any number of workers: split by a sample, claimed, leased, fenced, and taken over from their cursor.

A range is a row of its own, and nobody writes another's: its claim, its lease by the server's clock, its token, its
cursor and its counts. What a worker does in a range and how far it is are one transaction, whose last statement moves the
cursor where the token is still the worker's; a worker that was replaced meanwhile is rolled back. The end of a pass is
claimed in the same way, by one, when all ranges are done: so there is nobody whom the others depend on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.asks import Asks
from migration_guard.backfill.errors import LostClaim
from migration_guard.backfill.keys import Value, quoted
from migration_guard.backfill.record import Share
from migration_guard.backfill.standing import Holder
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Subject

SMALLEST = 5_000
"""Rows below which a range is not worth a claim."""
ALONE = 100_000
"""The same where one worker is asked for: some batches, so that a claim costs it nothing, and whoever comes later can join."""
A_WORKER = 8
"""Ranges for each worker: one that is slower, or comes later, leaves more of them to the others."""
MOST_ALONE = 1_024
MOST = 8_192
"""Of the same where many workers are expected. Each is a row of the state, and a few pages of the sample."""
PAGES = 500
"""Of a sample; and so many for each range, so that none is much larger than the others."""
PAGES_EACH = 4
TENANTS = (200, 16)
"""How many tenants are claimed at once at most, and which part of those that are left: the others are for others."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a worker has taken, and of which pass it is."""

    sweep: int
    bound: Value | None
    high: Value | None
    """Up to where the windows go."""
    share: Share
    tenants: bool = False
    """Whether each is a tenant's, who has his turn and no more."""
    taken_over: bool = field(default=False)
    """Whether somebody else was at it, whose connection is gone or whose lease is over."""

    @property
    def windows(self) -> tuple[int, ...]:
        return tuple(self.share.tokens)


def parts_of(rows: int, workers: int) -> int:
    """Say in how many ranges a table is split; fewer than two where it is not worth it."""
    alone = min(rows // ALONE, MOST_ALONE)
    return min(max(workers * A_WORKER if workers > 1 else 0, alone), rows // SMALLEST, MOST)


def edges(connection: Asks, subject: Subject, low: Value | None, high: Value, workers: int) -> tuple[Value, ...] | None:
    """Give the keys at which a stretch is split: those that a sample of its pages has at equal distances; None if it is not.

    A sample knows partitions, composite keys and values that are frequent, which no histogram of the planner's does.
    """
    members = {"tables": list(subject.members)}
    pages = int(connection.exec_driver_sql(statement("pages"), members).scalar() or 1)
    parts = parts_of(subject.table.rows or _counted(connection, subject, pages), workers)
    if parts < 2:
        return None
    key = subject.key
    stretch, given = key.between(low, high)
    sql = statement(
        "edges",
        named=key.named,
        table=subject.table.sql,
        texts=key.named_texts,
        order=", ".join(f"mg_{n}" for n in range(len(key.columns))),
        range=stretch,
    )
    percent = _percent(max(PAGES, PAGES_EACH * parts), pages)
    found = connection.exec_driver_sql(sql, {**given, "percent": percent, "parts": parts}).all()
    return tuple(tuple(row[0]) for row in found)


def _counted(connection: Asks, subject: Subject, pages: int) -> int:
    """Say about how many rows there are, where the server has not counted them."""
    percent = _percent(PAGES, pages)
    sql = statement("sampled", table=subject.table.sql)
    return int(connection.exec_driver_sql(sql, {"percent": percent}).scalar() / percent * 100)


def _percent(wanted: int, pages: int) -> float:
    return min(100.0, 100.0 * wanted / pages)


class Ranges:
    """The ranges of one backfill, in the state's tables. Every method runs in the transaction that it is given."""

    def __init__(self, schema: str, key: str) -> None:
        self._state = quoted(schema)
        self._key = key

    def share(
        self,
        connection: Connection,
        token: int,
        ends: Sequence[Value],
        low: Value | None,
        high: Value | None,
        *,
        proves: bool,
    ) -> None:
        """Let a pass be shared: after a key, split at some keys, up to its end; of tenants, without any."""
        marks = (low, *ends, high)
        parts = [] if high is None else list(pairwise(marks))
        self._sent(connection, "share", token=token, parts=json.dumps(parts), unproven=int(not proves))

    def claim(self, connection: Connection, token: int, who: str, lease: float) -> Claimed | None:
        """Take what nobody is at: ranges, or the end of a pass whose ranges are done; None if there is nothing just now."""
        most, few = TENANTS
        given = {"token": token, "who": who, "lease": lease}
        rows = self._sent(connection, "claim_ranges", most=most, few=few, **given).all()
        rows = rows or self._sent(connection, "claim_end", **given).all()
        if not rows:
            return None
        _, _, kind, _, high, _, sweep, bound = rows[0]
        share = Share({row[0]: row[1] for row in rows}, ends=kind == "end")
        return Claimed(
            sweep, _value(bound), _value(high), share, kind == "range", taken_over=any(row[5] for row in rows)
        )

    def renew(self, connection: Connection, share: Share, lease: float) -> None:
        """Keep claims while nothing is done."""
        for window, claim in share.tokens.items():
            self._sent(connection, "renew_range", window=window, claim=claim, lease=lease)

    def leave(self, connection: Connection, share: Share) -> None:
        """Give ranges back, to whoever claims them next."""
        for window, claim in share.tokens.items():
            self._sent(connection, "leave_range", window=window, claim=claim)

    def one_by_one(self, connection: Connection) -> None:
        """Let nobody else end the backfill, or leave it, before the transaction is over."""
        self._sent(connection, "hold_one")

    def others(self, connection: Connection, who: str) -> bool:
        """Give back all that somebody has, and tell whether others are at it."""
        self._sent(connection, "leave_all", who=who)
        return bool(self._sent(connection, "others").scalar())

    def hold_end(self, connection: Connection, share: Share | None) -> None:
        """See that the end of a pass is still ours, and stays so until the transaction is over."""
        if share is None:
            return
        ((window, claim),) = share.tokens.items()
        if self._sent(connection, "hold_end", window=window, claim=claim).first() is None:
            raise LostClaim("another worker has taken the end of the pass over")

    def _sent(self, connection: Connection, name: str, **parameters: object) -> Any:
        parts = {"leased": statement("leased"), "own": statement("range_own"), "alive": statement("range_alive")}
        something = statement("some_end" if name == "claim_end" else "some_range", state=self._state, **parts)
        open_pass = statement("open_pass", state=self._state, something=something)
        others = statement("at_it_besides", state=self._state, who="<>", alive=parts["alive"])
        wanted = statement("wanted", state=self._state, others=others)
        sql = statement(name, state=self._state, open_pass=open_pass, wanted=wanted, **parts)
        return connection.exec_driver_sql(sql, {"backfill": self._key, **parameters})


def holders(connection: Connection, schema: str) -> tuple[Holder, ...]:
    """Say who does what, in all passes that are shared."""
    sql = statement("holders", state=quoted(schema), alive=statement("range_alive"))
    return tuple(
        Holder(of, id_, kind, tenant, by, alive, done, _value(cursor), _value(high), examined, lease)
        for of, id_, kind, tenant, by, alive, done, cursor, high, examined, lease in connection.exec_driver_sql(sql, {})
    )


def _value(key: Sequence[str] | None) -> Value | None:
    return tuple(key) if key is not None else None
