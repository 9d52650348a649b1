"""Units of systemd: ExecStartPre, ExecStart and ExecStartPost in order; `-` before a command lets its failure pass."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.later import re
from migration_guard.verify.descriptions.steps import Command, Fate, words_of

_EXEC = re.compile(
    r"^(?P<key>ExecCondition|ExecStartPre|ExecStart|ExecStartPost|ExecReload)\s*=\s*(?P<prefix>[-@+!:|]*)(?P<rest>.*)$"
)
_ORDER = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload")
_STOPS = Fate(stops=True, why="the unit does not start when it fails")
_SOME = Fate(stops=None, why="SuccessExitStatus makes successes of some exit codes")
_ALLOWED = Fate(stops=False, why="the - before the command lets its failure pass")


def recognises(source: bytes) -> bool:
    return bool(re.search(rb"^\[Service\]\s*$", source, re.MULTILINE)) and b"Exec" in source


def read(source: bytes) -> Iterator[Command]:
    found: list[tuple[int, int, str, str]] = []
    lenient = re.search(rb"^SuccessExitStatus\s*=\s*\S", source, re.MULTILINE) is not None
    text = source.decode("utf-8", "replace").replace("\\\n", " \x00")
    number = 1
    for line in text.split("\n"):
        if match := _EXEC.match(line.replace("\x00", "")):
            found.append((_ORDER.index(match["key"]), number, match["prefix"], match["rest"]))
        number += 1 + line.count("\x00")
    for key, number, prefix, rest in sorted(found, key=lambda one: one[:2]):
        main = _ORDER[key] == "ExecStart"
        fate = _ALLOWED if "-" in prefix else _SOME if main and lenient else _STOPS
        yield Command(words_of(rest), number, fate)
