"""Values that a run gives to a definition: declared with a type, bound as parameters, and part of what it is.

A value never becomes part of a statement's text. It is set for the transaction, by a statement whose parameter it is, and read
there by name, so that it can be read in blocks of PL/pgSQL and by a gate's connection as well. What is given other values
is another backfill, with a state of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,30}")
_TYPE = re.compile(
    r"[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)?(?: [A-Za-z]+)*(?:\(\d+(?:, ?\d+)?\))?(?: [A-Za-z]+)*(?:\[\])*"
)
_SHOWN = re.compile(r"[\w.:+@ -]{1,40}")
"""What of a value may stand in the name of a state."""
MOVES = re.compile(r"(?<![^\W\d])(?:now|today|tomorrow|yesterday)(?![^\W\d])", re.IGNORECASE)
"""Texts that the server may read as a point in time, and as another one each time: also within a range, and beside digits."""
_TEXTS = re.compile(r"(?:text|citext|name|(?:character|char|varchar)\b.*)(?:\[\])*", re.IGNORECASE)
_TAKEN = "ids"


class ArgumentRefused(ValueError):
    """An argument that cannot be: the message says what was expected, and never holds a value."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What a run gives to a definition, whose SQL says `:name`, and whose function takes it by this name."""

    name: str
    type: str = "text"
    """A type of PostgreSQL's: the server reads the value."""
    default: str | None = None
    """What it is where a run gives none; without one, a run must."""
    public: bool = False
    """Whether its value may be shown: in the state's keys, in lines and in the names of connections."""
    value: str | None = field(default=None, repr=False)
    """What a run has given."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name) or self.name == _TAKEN:
            expected = f"expected a name in small letters, other than {_TAKEN}"
            raise ArgumentRefused(f"arguments: {expected}, found {self.name!r}")
        if not isinstance(self.type, str) or not _TYPE.fullmatch(self.type):
            raise ArgumentRefused(f"arguments: {self.name}: expected a type such as bigint, found {self.type!r}")
        if self.default is not None:
            object.__setattr__(self, "default", str(self.default))

    @property
    def bound(self) -> str | None:
        """The value that it has, as text."""
        return self.default if self.value is None else self.value

    @property
    def moves(self) -> bool:
        """Whether the server reads another value each time: no pass would prove anything."""
        return bool(MOVES.search(self.bound or "")) and not _TEXTS.fullmatch(self.type)

    @property
    def setting(self) -> str:
        """The server's parameter that carries it through a transaction."""
        return f"migration_guard.arg_{self.name}"

    @property
    def sql(self) -> str:
        """What stands for it in a statement."""
        return f"CAST(pg_catalog.current_setting('{self.setting}') AS {self.type})"

    @property
    def needed(self) -> str:
        """How it is given, for whoever has not."""
        return f"--arg {self.name}=VALUE ({self.type})"


def settings(arguments: Iterable[Argument]) -> dict[str, str]:
    """Give the parameters of the server that carry values."""
    return {one.setting: one.bound for one in arguments if one.bound is not None}


def spelt(arguments: Iterable[Argument]) -> dict[str, str]:
    """Give what stands for each argument in a statement."""
    return {one.name: one.sql for one in arguments}


def given(arguments: Sequence[Argument], values: Mapping[str, str]) -> tuple[Argument, ...]:
    """Give arguments their values; those that say what holds anyway are none."""
    return tuple(
        replace(one, value=values[one.name]) if values.get(one.name, one.default) != one.default else one
        for one in arguments
    )


def named(key: str, arguments: Sequence[Argument]) -> str:
    """Name the state of a definition with its values: two sets are two states. What is not public is told apart by a digest."""
    told = [f"{one.name}{_told(key, one, one.value)}" for one in arguments if one.value is not None]
    return f"{key}[{','.join(told)}]" if told else key


def _told(key: str, argument: Argument, value: str) -> str:
    if argument.public and _SHOWN.fullmatch(value):
        return f"={value}"
    return f"#{hashlib.sha256(chr(0).join((key, argument.name, value)).encode()).hexdigest()[:12]}"
