"""What every description of a deployment comes to: commands in order, and what becomes of the deployment if one fails."""

from __future__ import annotations

import shlex
from dataclasses import replace

from migration_guard.later import re
from migration_guard.lean import dataclass

SPEAKS = re.compile(r"migrat|back_?-?fill|\balembic\b|\bdb upgrade\b", re.IGNORECASE)
"""What a step says that may run migrations or backfills."""


RUNS = re.compile(
    r"\balembic\b[^\n]*\bupgrade\b|\bmanage(?:\.py)?\b[^\n]*\bmigrate\b|\bdjango-admin\b[^\n]*\bmigrate\b|"
    r"\bflask\b[^\n]*\bdb\b[^\n]*\bupgrade\b|\bmigration[-_]guard\b[^\n]*\bbackfill\b|\bbackfill\b[^\n]{1,5}\brun\b|"
    r"(?:\bpython[\d.]*\s|\b(?:ba)?sh\s|(?:^|[\s\"'=;&])(?:\./|(?:[\w./$-]*/)?(?:bin|scripts)/))[\w./ -]*(?:migrat(?!ions/)|back_?-?fill)",
    re.MULTILINE,
)
"""What runs migrations or backfills, in whatever language that is said."""
_LISTED = re.compile(r"[\"'\[\](),]+")
_BETWEEN = re.compile(r"[\"'\[\](),:=\s-]+")
_WORD_BY_WORD = re.compile(
    r"\balembic (?:\S+ ){0,3}upgrade\b|\bmanage\.py (?:\S+ ){0,2}migrate\b|\bflask (?:\S+ ){0,2}db (?:\S+ )?upgrade\b|"
    r"\bmigration.guard (?:\S+ )?backfill\b"
)


def runs(text: str) -> bool:
    """Whether a text runs migrations or backfills, also where the words of a command stand in a list, each in its line."""
    return bool(
        RUNS.search(text) or RUNS.search(_LISTED.sub(" ", text)) or _WORD_BY_WORD.search(_BETWEEN.sub(" ", text))
    )


class Unreadable(Exception):
    """A description that cannot be read; the line is where that shows."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the deployment if a command fails."""

    stops: bool | None
    """None where that cannot be told."""
    why: str
    partly: bool = False
    """Whether only some of what follows is left out."""
    repeats: bool = False
    """Whether the command is run until it succeeds: nothing that follows runs before."""
    started: bool = False
    """Whether it is only started, and nobody looks at its end at once."""
    apart: bool = False
    """Whether it runs by a schedule of its own, again and again, whatever is deployed."""


BY_THE_CLOCK = Fate(stops=False, why="it runs by its own schedule", apart=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands among those that run beside each other, or after one another."""

    name: str
    after: frozenset[str] = frozenset()
    """The jobs that have ended when it begins."""
    within: str = ""
    """What starts it: jobs of the same that do not wait for each other are known to run beside each other."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, with the words that it is called with."""

    words: tuple[str, ...]
    line: int
    fate: Fate
    label: str = ""
    """What the description calls the step, where that is all that it says of it."""
    place: Place | None = None
    """None where all that a description names runs in its order."""
    options: tuple[bool, bool] = (False, False)
    """Whether `set -e` and pipefail hold in the shell that runs it, and so in what it sources."""

    def led_to(self, fate: Fate, *, label: str = "") -> Command:
        """The same command inside a step: if its own failure ends the step, the step's fate is what it leads to."""
        return replace(self, fate=fate if self.fate.stops and not self.fate.partly else self.fate, label=label)

    def inside(self, outer: Command) -> Command:
        """The same command as a part of what another one runs."""
        return replace(self.led_to(outer.fate), place=outer.place)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a command that no shell runs."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())
