"""Units of systemd: ExecStartPre, ExecStart and ExecStartPost in order; `-` before a command lets its failure pass."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.later import re
from migration_guard.verify.descriptions.steps import Command, Fate, Place, Unreadable, runs, words_of

_EXEC = re.compile(
    r"^(?P<key>ExecCondition|ExecStartPre|ExecStart|ExecStartPost|ExecReload)\s*=\s*(?P<prefix>[-@+!:|]*)(?P<rest>.*)$"
)
_ORDER = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload")
_OTHER = re.compile(r"^ExecStop(?:Post)?\s*=")
_STOPS = Fate(stops=True, why="the unit does not start when it fails")
_SKIPS = Fate(stops=None, why="an ExecCondition that fails skips the unit, which is no failure of it")
_UNSEEN = Fate(stops=None, why="whoever starts the unit does not look how a service ends that is no Type=oneshot")
_SOME = Fate(stops=None, why="SuccessExitStatus makes successes of some exit codes")
_ALLOWED = Fate(stops=False, why="the - before the command lets its failure pass")

_FIRST = frozenset({"ExecCondition", "ExecStartPre"})
_PLACES = {
    True: {name: Place(name, frozenset(_ORDER[:index]), "unit") for index, name in enumerate(_ORDER)},
    False: {name: Place(name, frozenset(_ORDER[:index]) & _FIRST, "unit") for index, name in enumerate(_ORDER)},
}
"""What has ended when a command begins: of a service that is no oneshot, ExecStart runs on beside what stands behind it."""


def recognises(source: bytes) -> bool:
    return bool(re.search(rb"^\[Service\]\s*$", source, re.MULTILINE)) and b"Exec" in source


def read(source: bytes) -> Iterator[Command]:
    found: list[tuple[int, int, str, str]] = []
    lenient = re.search(rb"^SuccessExitStatus\s*=\s*\S", source, re.MULTILINE) is not None
    waits = re.search(rb"^Type\s*=\s*(?:oneshot|forking)\s*$", source, re.MULTILINE) is not None
    text = source.decode("utf-8", "replace").replace("\\\n", " \x00")
    number = 1
    for line in text.split("\n"):
        if match := _EXEC.match(line.replace("\x00", "")):
            found.append((_ORDER.index(match["key"]), number, match["prefix"], match["rest"]))
        elif _OTHER.match(line) and runs(line):
            raise Unreadable(number, "what runs when the unit stops is not read")
        number += 1 + line.count("\x00")
    for key, number, prefix, rest in sorted(found, key=lambda one: one[:2]):
        name = _ORDER[key]
        fate = _ALLOWED if "-" in prefix else _SOME if name == "ExecStart" and lenient else _STOPS
        if name == "ExecStart" and not waits and fate is _STOPS:
            fate = _UNSEEN
        if name == "ExecCondition" and fate is _STOPS:
            fate = _SKIPS
        yield Command(words_of(rest), number, fate, place=_PLACES[waits].get(name))
