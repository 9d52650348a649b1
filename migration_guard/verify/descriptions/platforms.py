"""What platforms are told: Procfile, fly.toml, render.yaml, app.json. Each names few commands, in a fixed order."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

from migration_guard.later import re
from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.steps import Command, Fate, Place, Unreadable
from migration_guard.verify.descriptions.yamls import Node, begins, get, items, text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_RELEASE = Fate(stops=True, why="a release command that fails stops the release")
_BEFORE = Fate(stops=True, why="a command before the deployment stops it when it fails")
_BEHIND = Fate(stops=True, why="a command behind the deployment makes it fail")
_RUNS = Fate(stops=True, why="the process ends with its exit code")
_FIRST = "release"
_LINE = re.compile(r"^(?P<name>[\w-]+):\s*(?P<command>.+)$")


def is_procfile(name: str) -> bool:
    return bool(re.match(r"^Procfile(?:\.[\w.-]+)?$", name))


def procfile(source: bytes) -> Iterator[Command]:
    """The release phase, and then the processes."""
    lines = [(number, found) for number, line in enumerate(source.decode("utf-8", "replace").splitlines(), 1)
             if (found := _LINE.match(line))]  # fmt: skip
    for number, found in sorted(lines, key=lambda one: one[1]["name"] != "release"):
        fate = _RELEASE if found["name"] == "release" else _RUNS
        yield from _process(found["name"], found["command"], number - 1, fate, "Procfile")


def is_fly(name: str, source: bytes) -> bool:
    return re.match(r"^fly(?:\.[\w-]+)?\.toml$", name) is not None or b"release_command" in source


def fly(source: bytes) -> Iterator[Command]:
    document = _toml(source)
    deploy = document.get("deploy")
    release = deploy.get("release_command") if isinstance(deploy, Mapping) else None
    if release is not None and not isinstance(release, str):
        raise Unreadable(_line_of(source, "release_command"), "release_command is no text")
    if release is not None:
        yield from _process(_FIRST, release, _line_of(source, "release_command") - 1, _RELEASE, "fly")
    processes = document.get("processes")
    for name, command in processes.items() if isinstance(processes, Mapping) else ():
        if isinstance(command, str):
            yield from _process(str(name), command, _line_of(source, str(name)) - 1, _RUNS, "fly")


def is_render(root: Node) -> bool:
    return any(
        get(one, "startCommand")
        or get(one, "preDeployCommand")
        or get(one, "buildCommand")
        or get(one, "dockerCommand")
        for one in _services(root)
    )


def render(root: Node) -> Iterator[Command]:
    for index, one in enumerate(_services(root)):
        place = Place(f"{index} {text(one, 'name')}")
        for name, fate in (
            ("buildCommand", _BEFORE),
            ("preDeployCommand", _BEFORE),
            ("startCommand", _RUNS),
            ("dockerCommand", _RUNS),
        ):
            command = get(one, name)
            if command is not None:
                yield from (replace(each, place=place) for each in _script(text(command), begins(command), fate))


def _services(root: Node) -> list[Node]:
    return items(get(root, "services"))


def is_app_json(name: str) -> bool:
    return name == "app.json"


def app_json(source: bytes) -> Iterator[Command]:
    """Heroku's and Dokku's scripts."""
    try:
        document = json.loads(source)
    except ValueError as error:
        raise Unreadable(getattr(error, "lineno", None), "it is no JSON") from None
    scripts = document.get("scripts") if isinstance(document, dict) else None
    every = {**(scripts if isinstance(scripts, dict) else {})}
    every |= every.pop("dokku", None) or {}
    for name, fate in (("predeploy", _BEFORE), ("release", _RELEASE), ("postdeploy", _BEHIND)):
        if isinstance(every.get(name), str):
            yield from _script(every[name], _line_of(source, f'"{name}"') - 1, fate)


def _process(name: str, command: str, above: int, fate: Fate, within: str) -> Iterator[Command]:
    """A process that runs beside the others, once the release command has ended."""
    place = Place(name, frozenset() if name == _FIRST else frozenset({_FIRST}), within)
    yield from (replace(one, place=place) for one in _script(command, above, fate))


def _toml(source: bytes) -> Mapping[str, object]:
    try:
        return tomllib.loads(source.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(None, f"it is no TOML: {error}") from None


def _line_of(source: bytes, name: str) -> int:
    before, found, _ = source.decode("utf-8", "replace").partition(name)
    return before.count("\n") + 1 if found else 1


def _script(command: str, above: int, fate: Fate) -> Iterator[Command]:
    yield from (one.led_to(fate) for one in shell.commands(command.encode(), above=above, last=fate))
