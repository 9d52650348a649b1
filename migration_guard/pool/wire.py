"""How jobs and readings cross the process boundary: JSON behind its length."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from migration_guard import codec
from migration_guard.lean import dataclass
from migration_guard.operations import Job, Problem, Reading

_LENGTH = struct.Struct(">I")


class Writer(Protocol):
    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> None: ...


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


def job_message(ticket: str, job: Job) -> bytes:
    return json.dumps({"ticket": ticket, "job": codec.job_fields(job)}).encode()


def read_job(message: bytes) -> tuple[str, Job]:
    data = json.loads(message)
    return data["ticket"], codec.job_of(data["job"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader says of a file."""

    reading: Reading
    looks: str = ""
    """The digest of the record of all that was looked at for it; nothing where there is no such record."""
    records: Mapping[str, str] = field(default_factory=dict[str, str])
    """Records by their digests: that one and those that it rests on, unless the reader has sent them before in this run."""


def unread(job: Job, reason: str) -> Answer:
    """Answer that a file could not be read, and why."""
    return Answer(Reading(problems=(Problem(job.shown, None, reason),)))


def answer_message(ticket: str, answer: Answer) -> bytes:
    fields = codec.reading_fields(answer.reading)
    return json.dumps(
        {"ticket": ticket, "reading": fields, "looks": answer.looks, "records": dict(answer.records)}
    ).encode()


def read_answer(message: bytes) -> tuple[str, Answer]:
    data = json.loads(message)
    return data["ticket"], Answer(codec.reading_of(data["reading"]), data["looks"], data["records"])
