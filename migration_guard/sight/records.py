"""How records of what was looked at are written down, each under its digest, so that what many rest on is written once."""

from __future__ import annotations

import json
import os
from pathlib import Path

from migration_guard.lean import dataclass
from migration_guard.sight.asking import answer, digest
from migration_guard.sight.looks import Argument, Looks, Question

_PATH, _TEXT = "p", "s"
NOTHING_LOOKED_AT = ""
"""Stands for the record in which nothing is."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was written down."""

    own: tuple[tuple[Question, str], ...]
    parts: tuple[str, ...]
    claim: tuple[Question, str] | None

    @property
    def holds(self) -> bool:
        """Whether all that it noted itself is answered as it was."""
        return all(answer(question) == answered for question, answered in self.own)

    @property
    def claims(self) -> bool:
        """Whether what all of it was looked at for is answered as it was, in spite of changes."""
        return self.claim is not None and answer(self.claim[0]) == self.claim[1]


def written(looks: Looks, known: set[str]) -> tuple[str, dict[str, str]]:
    """Write a record and those that it rests on: its digest, and all of them that are not known yet, which then are."""
    if not looks.own and not looks.parts:
        return NOTHING_LOOKED_AT, {}
    digests: dict[int, str] = {}
    found: dict[str, str] = {}
    waiting = [looks]
    while waiting:
        one = waiting[-1]
        if one.digest is not None and one.digest in known:
            digests[id(one)] = one.digest
            waiting.pop()
            continue
        open_parts = [part for part in one.parts.values() if id(part) not in digests]
        if open_parts:
            waiting += open_parts
            continue
        waiting.pop()
        if id(one) not in digests:
            digests[id(one)] = name = _write(one, digests, found)
            if name in known:
                found.pop(name, None)
    known.update(found)
    return digests[id(looks)], found


def _write(looks: Looks, digests: dict[int, str], found: dict[str, str]) -> str:
    if looks.digest is None:
        own = sorted(([*_spelled(question), answered] for question, answered in looks.own.items()), key=repr)
        parts = sorted({digests[one] for one in looks.parts})
        claim = None if looks.claim is None else [*_spelled(looks.claim[0]), looks.claim[1]]
        looks.text = json.dumps([own, parts, claim], separators=(",", ":"))
        looks.digest = digest(looks.text.encode())
    found[looks.digest] = looks.text
    return looks.digest


def read(text: str) -> Record:
    """Read what was written; raises ValueError, TypeError or IndexError for anything else."""
    own, parts, claim = json.loads(text)
    return Record(tuple(map(_answered, own)), tuple(map(str, parts)), None if claim is None else _answered(claim))


def _answered(fields: list[object]) -> tuple[Question, str]:
    *question, answered = fields
    if not question or not isinstance(answered, str):
        raise ValueError("no question with an answer")
    name, *arguments = question
    return (str(name), *map(_argument, arguments)), answered


def _spelled(question: Question) -> list[object]:
    name, *arguments = question
    return [name, *map(_spelled_argument, arguments)]


def _spelled_argument(argument: Argument) -> object:
    match argument:
        case Path():
            return _PATH + os.fspath(argument)
        case str():
            return _TEXT + argument
        case tuple():
            return list(argument)
    return argument


def _argument(written: object) -> Argument:
    match written:
        case str():
            return Path(written[1:]) if written.startswith(_PATH) else written[1:]
        case int():
            return written
        case list():
            return tuple(map(str, written))
    raise ValueError("no argument of a question")
