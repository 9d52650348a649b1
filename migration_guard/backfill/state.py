"""The state of backfills in their own schema: who runs what, how far it is, what became of the rows."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import current_thread, get_native_id, main_thread
from typing import Any, TypeVar

from sqlalchemy import Connection

from migration_guard.backfill.asks import NO_QUESTION, Asks, Question
from migration_guard.backfill.brake.law import BLIND
from migration_guard.backfill.earned import Verdict
from migration_guard.backfill.errors import Fault, LostClaim
from migration_guard.backfill.keys import Value, quoted
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.record import (
    Control,
    Entry,
    Place,
    Record,
    Share,
    Stands,
    Swept,
    Window,
)
from migration_guard.backfill.standing import Counts, SetAside
from migration_guard.backfill.statements import statement
from migration_guard.backfill.steered import FREELY, Steered, steered_of
from migration_guard.backfill.steering import Steering
from migration_guard.backfill.tables import Tables
from migration_guard.backfill.transitions import FINISHED, TAKEN_UP, Actor, State, check

T = TypeVar("T")

SCHEMA = "migration_guard"
FEW = 32
"""Keys found locked that stand together; so many are tried in one transaction."""


def whoami() -> str:
    """Name this worker, as the state shows it: a process, or a thread of one in which several may work."""
    process = f"{socket.gethostname()}:{os.getpid()}"
    return process if current_thread() is main_thread() else f"{process}:{get_native_id()}"


class Store:
    """The state's tables. Every method runs in the transaction that it is given."""

    def __init__(self, schema: str = SCHEMA, owners: Sequence[str] = ()) -> None:
        self.schema = schema
        self.tables = Tables(schema, owners)
        self._state = quoted(schema)

    def sql(self, name: str, **parts: str) -> str:
        """Give a statement on the state."""
        return statement(name, state=self._state, **parts)

    # Backfills.

    def enrol(self, connection: Connection, key: str, fingerprint: str, table: str) -> Record:
        """Take a backfill in; one that has not begun may still change."""
        self._sent(connection, "enrol", backfill=key, fingerprint=fingerprint, table=table)
        found = self.find(connection, key)
        assert found is not None
        return found

    def find(self, connection: Connection, key: str) -> Record | None:
        """Give what is known of a backfill."""
        row = self._sent(connection, "one", backfill=key, parts=self.alive).first()
        if row is None:
            return None
        record = Record(*row)
        bound, floor, members = _key(record.bound), _key(record.floor), tuple(record.members or ())
        return replace(record, state=State(record.state), bound=bound, floor=floor, members=members)

    def is_held(self, connection: Connection, key: str) -> bool:
        """Tell whether somebody is changing what is known of a backfill, and has not said what to."""
        return self._sent(connection, "unheld", backfill=key).first() is None

    def claim(
        self,
        connection: Connection,
        record: Record,
        policy: TimeoutPolicy,
        lease: float,
        *,
        ours: bool,
        also: Sequence[State] = (),
    ) -> int | None:
        """Take a backfill over as it was found, and give the token that proves it; None if somebody else is at it.

        The claim ends with our connection where the work is done over it. What a clean pass has finished is taken up
        as well where the caller knows that rows may have come since.
        """
        token: int | None = self._sent(
            connection,
            "claim",
            parts=self.alive,
            backfill=record.key,
            fingerprint=record.fingerprint,
            who=whoami(),
            lease=lease,
            policy=str(policy),
            ours=ours,
            free=[state.value for state in (*TAKEN_UP, *also) if state is not State.RUNNING],
        ).scalar()
        if token is not None:
            self.note(connection, record.key, Actor.RUNNER, "running", f"by {whoami()}; {policy}")
        return token

    def step(
        self,
        connection: Connection,
        record: Record,
        to: State,
        by: Actor,
        *,
        reason: str | None,
        token: int | None = None,
    ) -> None:
        """Lead a backfill to another state, as the table of transitions allows."""
        check(record.state, to, by)
        moved = self._sent(
            connection,
            "step",
            backfill=record.key,
            origin=record.state.value,
            to=to.value,
            reason=reason,
            token=token,
            finished=to in FINISHED,
        ).first()
        if moved is None:
            raise LostClaim("its state changed meanwhile")
        self.note(connection, record.key, by, to.value, reason)

    def ask(self, connection: Connection, key: str, request: str) -> None:
        """Leave a request that the runner takes up at its next batch."""
        self._sent(connection, "ask", backfill=key, request=request)
        self.note(connection, key, Actor.PERSON, f"asked to {request}", f"by {whoami()}")

    def steer(self, connection: Connection, key: str, steering: Steering, by: str) -> None:
        """Set the pace that all who work at a backfill keep from their next batch on."""
        told = steering.fields
        self._sent(connection, "steer", backfill=key, pace=json.dumps(told) if told else None, by=by)
        self.note(connection, key, Actor.PERSON, "pace", f"{steering or 'nothing is set any more'}; by {by}", data=told)

    def forget(self, connection: Connection, key: str) -> None:
        """Forget how far a backfill is; its events stay."""
        self._sent(connection, "forget", backfill=key)

    def renew(self, connection: Connection, key: str, token: int, lease: float) -> None:
        """Keep a claim while nothing is done."""
        self._sent(connection, "renew", backfill=key, token=token, lease=lease)

    def note(
        self,
        connection: Connection,
        key: str,
        by: Actor,
        kind: str,
        detail: str | None,
        *,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """Write down what happened, with the numbers of it for whoever draws them."""
        numbers = None if data is None else json.dumps(data)
        self._sent(connection, "event", backfill=key, actor=by.value, kind=kind, detail=detail, data=numbers)

    # Windows.

    def control(
        self,
        connection: Connection,
        key: str,
        token: int,
        windows: Sequence[int],
        tables: Sequence[int],
        *,
        thresholds: str | None = None,
    ) -> Control:
        """Ask, at the beginning of a batch, whether it may be, and where its windows stand."""
        asked = self.asking_control(key, token, windows, tables, thresholds=thresholds)
        return self.control_of(connection.exec_driver_sql(asked.sql, dict(asked.parameters)).all())

    def asking_control(
        self, key: str, token: int, windows: Sequence[int], tables: Sequence[int], *, thresholds: str | None = None
    ) -> Question:
        """Give that question, to be sent with something else."""
        before = self.sql("at_it_besides", who="<", alive=statement("range_alive"))
        parameters = {
            "thresholds": thresholds,
            "blind": BLIND,
            "backfill": key,
            "token": token,
            "windows": list(windows),
            "tables": list(tables),
            "who": whoami(),
        }
        return Question(self.sql("control", before=before, **self.steering), parameters)

    def control_of(self, rows: Sequence[Any]) -> Control:
        """Read its answer."""
        if not rows or not rows[0][1]:
            raise LostClaim("another runner has taken it over")
        request, _, queued, set_aside = rows[0][:4]
        places = (
            Place(row[0], row[1], row[2], row[3], _key(row[4]), _keys(row[5]), *row[6:])
            for row in (one[9:] for one in rows if one[9] is not None)
        )
        return Control(request, queued, set_aside, steered_of(rows[0][4:8]), bool(rows[0][8]), tuple(places))

    def steered(self, connection: Connection, key: str, thresholds: str | None = None) -> Steered:
        """Ask what is asked of a backfill, without a batch; who has no thresholds of his own hears of all."""
        given = {"backfill": key, "thresholds": thresholds, "blind": BLIND}
        row = self._sent(connection, "steering", parts=self.steering, **given).first()
        return FREELY if row is None else steered_of(row)

    def windows(self, connection: Connection, key: str) -> tuple[Window, ...]:
        """Give the windows with work in them, those first that have had the fewest batches."""
        rows = self._sent(connection, "windows", backfill=key).all()
        return tuple(Window(*row) for row in rows)

    def begin_sweep(
        self,
        connection: Connection,
        key: str,
        token: int,
        *,
        sweep: int,
        bound: Value | None,
        tenants: Sequence[str | None] | None = None,
        keeps: bool = False,
        members: Sequence[int] | None = None,
    ) -> None:
        """Set every cursor to the beginning, or to what was proved before if that still holds.

        A pass has a window for each tenant, or one for all of them; `members` tell what it looks at.
        """
        kind = "whole" if tenants is None else "range"
        named = [None] if tenants is None else list(tenants)
        self._sent(connection, "add_windows", backfill=key, sweep=sweep, tenants=named, kind=kind)
        if tenants is None:
            self._sent(connection, "reparent", backfill=key)
            self._sent(connection, "fold", backfill=key)
        given: dict[str, Any] = {"bound": _list(bound), "members": _list(members), "kind": kind, "keeps": keeps}
        self._sent(connection, "begin_sweep", backfill=key, token=token, sweep=sweep, **given)

    def result_of_sweep(self, connection: Connection, key: str, token: int, sweep: int) -> Swept:
        """Say what a pass came to, as of now, when nobody else can add to it."""
        held = self._sent(connection, "hold_backfill", backfill=key, token=token).first()
        if held is None:
            raise LostClaim("another runner has taken it over")
        left, touched, changed, before, kept, vain, unchanged = self._sent(
            connection, "result_of_sweep", backfill=key, sweep=sweep
        ).first()
        return Swept(left, touched, changed + before, kept, vain, unchanged, tuple(held[0] or ()))

    def end_sweep(
        self, connection: Connection, key: str, token: int, sweep: int, *, grows: bool, members: Sequence[int]
    ) -> None:
        """Write down that a pass over tables was clean; what it proved need not be read again where keys only grow."""
        self._sent(connection, "end_sweep", backfill=key, token=token, sweep=sweep, grows=grows, members=list(members))

    def look_was(self, connection: Connection, record: Record, verdict: Verdict) -> None:
        """Write down how far a look at a completed backfill has come, so that later ones begin there."""
        reached = verdict.reached
        if reached and (reached, reached, verdict.members) != (record.bound, record.floor, record.members):
            before = list(record.bound) if record.bound else None
            self._sent(
                connection,
                "move_bound",
                backfill=record.key,
                fingerprint=record.fingerprint,
                before=before,
                bound=list(reached),
                members=list(verdict.members),
            )
        if verdict.lost and not reached:
            self._sent(connection, "forget_floor", backfill=record.key)

    def record(
        self,
        connection: Connection,
        key: str,
        token: int,
        entries: Sequence[Entry],
        besides: Question = NO_QUESTION,
        *,
        lease: float,
        share: Share | None = None,
    ) -> object:
        """Write the outcome of a batch in its own transaction, or refuse if the claim or a window is not ours.

        Gives the answer to what is asked besides: a round trip of its own would cost more.
        """
        moved = self.moving(key, token, lease, share)
        tokens = share.tokens if share is not None and not share.ends else {}
        written = [{**entry.fields, "token": tokens.get(entry.window)} for entry in entries]
        parameters = {**moved.parameters, **besides.parameters, "entries": json.dumps(written)}
        row = connection.exec_driver_sql(self.sql("record", moved=moved.sql, besides=besides.sql), parameters).one()
        if row[0] != len(entries):
            raise LostClaim("another runner has taken it over")
        return row[1]

    def moving(self, key: str, token: int, lease: float, share: Share | None, *, unasked: bool = False) -> Question:
        """Give the part of a statement that moves cursors as its `entry` says, if the claim is still ours.

        Where nobody asks before each batch, it also moves none if a person has asked for something.
        """
        beat, fenced = "beat", False
        parameters: dict[str, object] = {"backfill": key, "token": token, "lease": lease}
        if share is not None and share.ends:
            ((window, claim),) = share.tokens.items()
            beat, parameters = "beat_of_end", {**parameters, "window": window, "claim": claim}
        elif share is not None:
            beat, fenced = "beat_of_range", bool(share.tokens)
        leased = statement("leased")
        parts = {"renewed": f", {leased}" if fenced else "", "fenced": statement("fenced") if fenced else ""}
        asked = f" {statement('unasked')}" if unasked else ""
        return Question(self.sql("moved", beat=self.sql(beat, leased=leased, unasked=asked), **parts), parameters)

    def stands(self, connection: Connection, window: int) -> Stands:
        """Say how far a window is, and what became of its rows."""
        batches, cursor, done, *counts = self._sent(connection, "stands", window=window).one()
        examined, changed, unchanged, already = counts
        return Stands(batches, _key(cursor), done, Counts(examined, changed, unchanged, done_already=already))

    def skip(self, connection: Connection, window: int, keys: Sequence[Value]) -> None:
        """Note keys that a batch found locked, to come back to."""
        for few in (keys[n : n + FEW] for n in range(0, len(keys), FEW)):
            most = FEW - len(few)
            self._sent(connection, "skip", window=window, keys=[list(key) for key in few], most=most)

    def keep(self, connection: Connection, key: str, keys: Sequence[Value], vain: Sequence[Value], sweep: int) -> None:
        """Note rows that `where` matches after the update, and which of them it has written, or was kept from, in vain."""
        some = set(vain)
        told = [{"key": row, "vain": row in some} for row in keys]
        self._sent(connection, "keep", backfill=key, keys=json.dumps(told), sweep=sweep)

    def not_kept(self, connection: Asks, key: str, keys: str) -> int:
        """Count those of a list of keys that no pass has left unchanged."""
        return int(connection.exec_driver_sql(self.sql("not_kept"), {"backfill": key, "keys": keys}).scalar())

    def keep_skipped(self, connection: Connection, window: int, keys: Sequence[Value]) -> None:
        """Note which of them are left."""
        if keys:
            self._sent(connection, "skip_rest", window=window, keys=[list(key) for key in keys])
        else:
            self._sent(connection, "skip_done", window=window)

    def quarantine(
        self, connection: Connection, key: str, tenant: str | None, rows: Sequence[tuple[Value, Fault]]
    ) -> int:
        """Set rows aside that cannot be changed; tell for how many it is the first time."""
        if not rows:
            return 0
        told = [{"key": row, "sqlstate": fault.sqlstate, "message": fault.message} for row, fault in rows]
        return int(self._sent(connection, "quarantine", backfill=key, tenant=tenant, rows=json.dumps(told)).scalar())

    def set_aside(self, connection: Connection, key: str | None) -> tuple[SetAside, ...]:
        """Give the rows in quarantine, of one backfill or of all."""
        rows = self._sent(connection, "in_quarantine", backfill=key).all()
        return tuple(SetAside(row[0], row[1], tuple(row[2]), *row[3:]) for row in rows)

    def release(self, connection: Connection, key: str) -> int:
        """Let the rows in quarantine be tried again, as rows that were locked are; tell how many they are."""
        rows = self._sent(connection, "release", backfill=key).all()
        for tenant in {row[0] for row in rows}:
            keys = [tuple(row[1]) for row in rows if row[0] == tenant]
            window = self._sent(connection, "released_to", backfill=key, tenant=tenant, rows=len(keys)).scalar()
            self.skip(connection, window, keys)
        return len(rows)

    def counts(self, connection: Connection, key: str) -> Counts:
        """Give what has become of the rows of a backfill."""
        return Counts(*self._sent(connection, "counts", backfill=key).one())

    @property
    def steering(self) -> dict[str, str]:
        """What of a statement asks for the pace, and for what holds."""
        return {"steered": statement("steered"), "braked": self.sql("braked")}

    @property
    def alive(self) -> dict[str, str]:
        """What of a statement asks whether who has claimed a backfill is still there."""
        return {"alive": self.sql("alive", range_alive=statement("range_alive"))}

    def _sent(
        self, connection: Connection, name: str, /, parts: dict[str, str] | None = None, **parameters: Any
    ) -> Any:
        return connection.exec_driver_sql(self.sql(name, **(parts or {})), parameters)


def _list(some: Sequence[T] | None) -> list[T] | None:
    return list(some) if some is not None else None


def _key(key: Sequence[str] | None) -> Value | None:
    return tuple(key) if key is not None else None


def _keys(keys: Sequence[Sequence[str]] | None) -> tuple[Value, ...]:
    return tuple(tuple(key) for key in keys or ())
