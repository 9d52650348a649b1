"""How jobs and readings cross the process boundary: JSON behind its length."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

from migration_guard.operations import (
    Direction,
    Ignore,
    Job,
    Note,
    Operation,
    OperationKind,
    Part,
    Problem,
    Reading,
    Rendition,
    Rows,
    Span,
)
from migration_guard.procedures import Alteration, BatchSize, Contraction, Procedure, Selection, Setting

T = TypeVar("T")
_LENGTH = struct.Struct(">I")
_END = b"end of "


class Writer(Protocol):
    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


def send(pipe: Writer, message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)) + message)
    pipe.flush()


def receive(pipe: Reader) -> bytes | None:
    """The next message, None at the end of the stream or where it breaks off."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = pipe.read(length)
    return body if len(body) == length else None


def ticket(run: str, number: int) -> str:
    """What a job is known by; no two runs give the same."""
    return f"{run}/{number}"


def run_of(ticket: str) -> str:
    return ticket.partition("/")[0]


def end_message(run: str) -> bytes:
    """What ends the jobs of a run; it comes back when all of them were taken up."""
    return _END + run.encode()


def is_end(message: bytes) -> bool:
    return message.startswith(_END)


def job_message(ticket: str, job: Job) -> bytes:
    return json.dumps({"ticket": ticket, "job": asdict(job)}).encode()


def read_job(message: bytes) -> tuple[str, Job]:
    data = json.loads(message)
    fields = data["job"]
    return data["ticket"], Job(**{**fields, "dml_helpers": tuple(fields["dml_helpers"])})


def answer(ticket: str, reading: Reading) -> bytes:
    return json.dumps({"ticket": ticket, "reading": asdict(reading)}).encode()


def read_answer(message: bytes) -> tuple[str, Reading]:
    data = json.loads(message)
    reading = data["reading"]
    return data["ticket"], Reading(
        operations=tuple(_operation(fields) for fields in reading["operations"]),
        notes=tuple(Note(**fields) for fields in reading["notes"]),
        problems=tuple(Problem(**fields) for fields in reading["problems"]),
        ignores=tuple(Ignore(**{**fields, "rules": tuple(fields["rules"])}) for fields in reading["ignores"]),
        migration=reading["migration"],
        replaces=tuple(reading["replaces"]),
        procedures=tuple(_procedure(fields) for fields in reading["procedures"]),
        contractions=tuple(_placed(Contraction, fields) for fields in reading["contractions"]),
        required=tuple(reading["required"]),
        reached=tuple(reading["reached"]),
    )


def _procedure(fields: dict[str, Any]) -> Procedure:
    parts = {"settings": Setting, "selections": Selection, "alterations": Alteration}
    return Procedure(
        **{
            **fields,
            **{name: tuple(_placed(kind, one) for one in fields[name]) for name, kind in parts.items()},
            **{
                name: tuple(Span(**one) for one in fields[name])
                for name in ("schema_changes", "rowcounts", "error_texts")
            },
            **{name: Span(**fields[name]) if fields[name] else None for name in ("loop", "pause")},
            "span": Span(**fields["span"]),
            "size": _placed(BatchSize, fields["size"]) if fields["size"] else None,
        }
    )


def _placed(kind: Callable[..., T], fields: dict[str, Any]) -> T:
    """A record with a span, whose lists are tuples."""
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return kind(**{**plain, "span": Span(**fields["span"])})


def _operation(fields: dict[str, Any]) -> Operation:
    return Operation(
        **{
            **fields,
            "kind": OperationKind(fields["kind"]),
            "direction": Direction(fields["direction"]),
            "span": Span(**fields["span"]),
            "tables": tuple(fields["tables"]),
            "anywhere": tuple(fields["anywhere"]),
            "trail": tuple(fields["trail"]),
            "parts": tuple(Part(tuple(part["tables"]), part["form"]) for part in fields["parts"]),
            "batch": Span(**fields["batch"]) if fields["batch"] else None,
            "rendition": _rendition(fields["rendition"]) if fields["rendition"] else None,
        }
    )


def _rendition(fields: dict[str, Any]) -> Rendition:
    spans: dict[str, object] = {name: Span(**fields[name]) if fields[name] else None for name in ("within", "loop")}
    rows = fields["rows"]
    lists = {name: tuple(rows[name]) for name in ("conditions", "columns")} if rows else {}
    spans["rows"] = Rows(**{**rows, **lists}) if rows else None
    return Rendition(**{**fields, **spans, "calls": tuple(Span(**span) for span in fields["calls"])})
