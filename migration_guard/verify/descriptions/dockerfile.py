"""Dockerfiles: what a container starts. What RUN does is done when the image is built, where no database is."""

from __future__ import annotations

import json
from collections.abc import Iterator

from migration_guard.later import re
from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.steps import SPEAKS, Command, Fate, Unreadable, runs

_START = re.compile(r"^\s*(?P<name>CMD|ENTRYPOINT)\s+(?P<rest>.+)$", re.IGNORECASE)
_NAME = re.compile(r"^(?:Docker|Container)file(?:[._-].+)?$|\.(?:dockerfile|containerfile)$", re.IGNORECASE)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_COPY = re.compile(r"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*(?P<rest>[^\[<].*)$", re.IGNORECASE)
_FATE = Fate(stops=True, why="the container ends with its exit code")


def recognises(name: str, source: bytes) -> bool:
    return bool(_NAME.search(name)) and bool(re.search(rb"^[ \t]*FROM\s", source, re.MULTILINE | re.IGNORECASE))


def read(source: bytes) -> Iterator[Command]:
    """The last ENTRYPOINT and the last CMD, joined as the container joins them."""
    found: dict[str, tuple[int, str]] = {}
    stages: dict[str, dict[str, tuple[int, str]]] = {}
    name = ""
    copied: dict[str, str] = {}
    shell_of: int | None = None
    for number, line in _lines(source.decode("utf-8", "replace")):
        if match := _FROM.match(line):
            stages[name] = dict(found)
            found = dict(stages.get(match["base"], {}))
            name = match["name"] or f"stage {number}"
            shell_of = None
        elif re.match(r"\s*SHELL\s", line, re.IGNORECASE):
            plain = re.search(r"\[\s*\"(?:/bin/|/usr/bin/)?(?:ba|da)?sh\"(?:\s*,\s*\"-(?:c|lc)\")+\s*\]", line)
            shell_of = None if plain else number
        elif re.match(r"\s*HEALTHCHECK\s", line, re.IGNORECASE) and runs(line):
            raise Unreadable(number, "the check of its health is not read, and runs again and again")
        elif match := _COPY.match(line):
            *sources, to = match["rest"].split()
            copied |= {to.rstrip("/"): sources[-1]} if len(sources) == 1 else {}
        elif match := _START.match(line):
            found[match["name"].upper()] = (number, match["rest"].strip())
    elsewhere = [one for stage in stages.values() for one in stage.values() if one not in found.values()]
    words: list[str] = []
    for name in ("ENTRYPOINT", "CMD"):
        if name not in found:
            continue
        number, rest = found[name]
        if shell_of is not None and not rest.startswith("["):
            raise Unreadable(shell_of, "SHELL gives what it starts another shell")
        listed = _listed(rest)
        if listed is None and not words:
            yield from shell.commands(rest.encode(), above=number - 1, last=_FATE)
        words += listed or []
    if words:
        place = next((at for at in copied if words[0] in {at, at.rpartition("/")[2]}), None)
        words[0] = f"./{copied[place]}" if place is not None and not copied[place].startswith(".") else words[0]
        number = found.get("ENTRYPOINT", found.get("CMD", (1, "")))[0]
        script = shell.inner(words)
        if script is None:
            yield Command(tuple(words), number, _FATE)
        else:
            yield from shell.commands(script[0].encode(), errexit=script[1], above=number - 1, last=_FATE)
    for number, rest in elsewhere:
        if SPEAKS.search(rest):
            raise Unreadable(number, "another stage starts that, and which one is built is not told")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The instructions, each in one line, with the number of its first."""
    begun, first = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        first = first if begun else number
        if line.lstrip().startswith("#"):
            continue
        begun += line.rstrip().removesuffix("\\")
        if not line.rstrip().endswith("\\"):
            yield first, begun
            begun = ""


def _listed(rest: str) -> list[str] | None:
    if not rest.startswith("["):
        return None
    try:
        found = json.loads(rest)
    except ValueError:
        return None
    return [str(one) for one in found] if isinstance(found, list) else None
