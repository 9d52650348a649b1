"""Reads compose files: services, what they run, and what has to end well before they start."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import yaml

COMPLETED = "service_completed_successfully"


class Unreadable(Exception):
    """A compose file that is none; the line is where that shows."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class Service:
    """A service, as one file or several together describe it."""

    name: str
    path: str
    line: int
    command: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    """The services that have to end successfully before it starts."""


@dataclass(slots=True)
class Services:
    """The services of all compose files; a later file adds to what an earlier one says."""

    by_name: dict[str, Service] = field(default_factory=dict)

    def add(self, services: Iterable[Service]) -> None:
        for one in services:
            old = self.by_name.get(one.name)
            kept = one if one.command or old is None else old
            waits = (*(old.waits if old else ()), *one.waits)
            self.by_name[one.name] = Service(one.name, kept.path, kept.line, kept.command, tuple(dict.fromkeys(waits)))

    def named_in(self, words: Iterable[str]) -> Service | None:
        """The service that a command such as `docker compose run --rm backfill` is about."""
        return next((self.by_name[word] for word in words if word in self.by_name), None)

    def after(self, name: str) -> frozenset[str]:
        """All services that have to end successfully before one starts, through others too."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            service = self.by_name.get(waiting.pop())
            for one in service.waits if service is not None else ():
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
        return frozenset(seen)


def read(source: bytes, path: str) -> tuple[Service, ...]:
    """Every service of a compose file."""
    try:
        root = yaml.compose(source.decode("utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise Unreadable(line, f"it is no YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(None, f"it is no YAML: {type(error).__name__}") from None
    services = _get(root, "services")
    if not isinstance(services, yaml.MappingNode):
        raise Unreadable(None, "it has no services")
    return tuple(_service(key, value, path) for key, value in services.value if isinstance(key, yaml.ScalarNode))


def _service(key: yaml.ScalarNode, node: yaml.Node, path: str) -> Service:
    command = (*_words(_get(node, "entrypoint")), *_words(_get(node, "command")))
    return Service(key.value, path, key.start_mark.line + 1, command, tuple(_waits(_get(node, "depends_on"))))


def _words(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.ScalarNode):
        try:
            yield from shlex.split(node.value)
        except ValueError:
            yield from node.value.split()
    elif isinstance(node, yaml.SequenceNode):
        items = [item.value for item in node.value if isinstance(item, yaml.ScalarNode)]
        yield from items[-1].split() if items[:1] in (["sh"], ["bash"]) and len(items) == 3 else items


def _waits(node: yaml.Node | None) -> Iterator[str]:
    """Only the condition that a service completed looks at an exit code."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        condition = _get(value, "condition")
        if isinstance(condition, yaml.ScalarNode) and condition.value == COMPLETED:
            yield key.value


def _get(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if isinstance(key, yaml.ScalarNode) and key.value == name), None)
