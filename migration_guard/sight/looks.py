"""The record of what was looked at: questions with their answers, and the records of what was found out on the way."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Generic, TypeVar, Union

V = TypeVar("V")

Argument = Union[Path, str, int, "tuple[str, ...]"]
Question = tuple[Argument, ...]
"""A question's name, and what it is about."""
_SHORT = 8
CHANGED = "?"
"""The answer to what was answered differently before: it is never given."""


class Looks:
    """What was looked at. A record that others hold is complete, so that there are no circles."""

    __slots__ = ("claim", "digest", "own", "parts", "text")

    def __init__(self) -> None:
        self.own: dict[Question, str] = {}
        self.parts: dict[int, Looks] = {}
        """What was looked at for what was found out on the way, by the record's `id`."""
        self.claim: tuple[Question, str] | None = None
        """The question that all of this answers: asked again, it may be answered as before in spite of changes."""
        self.digest: str | None = None
        """What it is known by once it is written down …"""
        self.text = ""
        """… and as what."""

    def note(self, question: Question, answer: str) -> None:
        """Note an answer; a file that changes while it is read leaves a record that never holds."""
        if self.own.setdefault(question, answer) != answer:
            self.own[question] = CHANGED

    def add(self, other: Looks) -> None:
        """All that another record holds counts here too; a short one is copied."""
        if other.claim is None and not other.parts and len(other.own) <= _SHORT:
            for question, answer in other.own.items():
                self.note(question, answer)
        else:
            self.parts[id(other)] = other


_current: ContextVar[Looks | None] = ContextVar("_current", default=None)


def note(question: Question, answer: str) -> None:
    """Note what was asked, if anybody records it."""
    current = _current.get()
    if current is not None:
        current.note(question, answer)


def note_all(looks: Looks) -> None:
    """Note what was looked at when something was found out that is used again."""
    current = _current.get()
    if current is not None:
        current.add(looks)


class looking:  # noqa: N801 -- it is used as a function is; a generator takes three times as long, and there are many
    """Record what is looked at; it counts outside too."""

    __slots__ = ("_before", "_looks")

    def __enter__(self) -> Looks:
        self._looks = Looks()
        self._before = _current.set(self._looks)
        return self._looks

    def __exit__(self, *_: object) -> None:
        _current.reset(self._before)
        note_all(self._looks)


@contextmanager
def unnoted() -> Iterator[None]:
    """Note nothing: what is looked at is told by an answer."""
    before = _current.set(None)
    try:
        yield
    finally:
        _current.reset(before)


def call_unnoted(function: Callable[..., V], arguments: tuple[object, ...]) -> V:
    """Call a function as `unnoted` does, at a third of its cost."""
    before = _current.set(None)
    try:
        return function(*arguments)
    finally:
        _current.reset(before)


class Memory(Generic[V]):
    """What was found out, by what it is about, each with what was looked at for it."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[V, Looks]] = {}

    def of(self, key: Hashable, find: Callable[[], V]) -> V:
        """Give what is remembered, else find it out."""
        kept = self._kept.get(key)
        if kept is None:
            with looking() as looks:
                value = find()
            self._kept[key] = (value, looks)
            return value
        note_all(kept[1])
        return kept[0]
