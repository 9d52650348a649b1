"""Functions whose results only the file system decides: noted when they are called, and asked again later."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from migration_guard.sight.looks import Looks, Question, call_unnoted, looking, note, note_all, unnoted

F = TypeVar("F", bound=Callable[..., Any])

_TRUTHS = {True: "True", False: "False"}
"""How most answers are said: there are hundreds of thousands."""
_SHORT = 40
"""Characters of an answer that is kept as it is."""
_answering: dict[str, Callable[..., str]] = {}
"""Who answers a question, by its name."""
_answers: dict[Question, str] = {}
"""What was answered in this run."""
_forgetting: list[Callable[[], None]] = [_answers.clear]


def answers(name: str) -> Callable[[F], F]:
    """Name a function that answers a question with a text."""

    def named(function: F) -> F:
        _answering[name] = function
        return function

    return named


def answer(question: Question) -> str | None:
    """Ask again, once in a run; None where nobody knows the question any more."""
    known = _answers.get(question)
    if known is None:
        name, *arguments = question
        function = _answering.get(str(name))
        if function is None:
            return None
        with unnoted():
            known = _answers[question] = function(*arguments)
    return known


def seed(question: Question, answered: str) -> None:
    """Say what a question is answered with, where somebody has just found it out."""
    _answers[question] = answered


def forget() -> None:
    """Forget all that was looked at: files may have changed since."""
    for clear in _forgetting:
        clear()


def forgets(clear: Callable[[], None]) -> None:
    """Have something else forgotten with it."""
    _forgetting.append(clear)


def asked(size: int = 0) -> Callable[[F], F]:
    """Note a call as a question, with its answer; `size` results are kept for a run."""

    def decorate(function: F) -> F:
        name = f"{function.__module__}.{function.__name__}".removeprefix("migration_guard.")

        def find(*arguments: Any) -> tuple[Any, str]:
            value = call_unnoted(function, arguments)
            return value, _TRUTHS[value] if value is True or value is False else said(value)

        kept = _kept(find, size)
        answers(name)(lambda *arguments: kept(*arguments)[1])

        @wraps(function)
        def ask(*arguments: Any) -> Any:
            value, answered = kept(*arguments)
            note((name, *arguments), answered)
            return value

        return ask  # type: ignore[return-value]  # of the same signature

    return decorate


def remembered(size: int, *, claims: bool = False) -> Callable[[F], F]:
    """Keep results for a run, and note what each of them took to be looked at whenever it is used.

    With `claims` the call is a question too: where something changed that it looked at, it is asked again.
    """

    def decorate(function: F) -> F:
        name = f"{function.__module__}.{function.__name__}".removeprefix("migration_guard.")

        def find(*arguments: Any) -> tuple[Any, Looks]:
            with looking() as looks:
                value = function(*arguments)
            if claims:
                looks.claim = ((name, *arguments), said(value))
            return value, looks

        kept = _kept(find, size)
        if claims:
            answers(name)(lambda *arguments: said(kept(*arguments)[0]))

        @wraps(function)
        def ask(*arguments: Any) -> Any:
            value, looks = kept(*arguments)
            note_all(looks)
            return value

        return ask  # type: ignore[return-value]  # of the same signature

    return decorate


def _kept(find: F, size: int) -> F:
    if not size:
        return find
    kept = lru_cache(size)(find)
    forgets(kept.cache_clear)
    return kept  # type: ignore[return-value]  # of the same signature


def said(value: object) -> str:
    """Give a value as an answer: as it is written, or a digest of that."""
    text = repr(_plain(value))
    return text if len(text) <= _SHORT and text.isascii() else digest(text.encode("utf-8", "surrogatepass"))


def digest(content: bytes) -> str:
    """What stands for a content: it is the same only for the same content."""
    return str(_blake2b()(content, digest_size=16).hexdigest())


@cache
def _blake2b() -> Any:
    """That of `hashlib`, without OpenSSL: to load it takes as long as ten thousand digests, and it has no part in this one."""
    try:
        return import_module("_blake2").blake2b
    except ImportError:
        return import_module("hashlib").blake2b


def _plain(value: object) -> object:
    match value:
        case Path():
            return os.fspath(value)
        case dict():
            return sorted((_plain(key), _plain(one)) for key, one in value.items())
        case set() | frozenset():
            return sorted(map(_plain, value))  # type: ignore[type-var]  # of one kind
        case tuple() | list():
            return [_plain(one) for one in value]
    return value
