"""Reads compose files: services, what they run, and what has to end well before they start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field

from migration_guard.lean import dataclass
from migration_guard.verify.descriptions.order import before
from migration_guard.verify.descriptions.steps import words_of
from migration_guard.verify.descriptions.yamls import Node, get, items, line, pairs, text, texts

COMPLETED = "service_completed_successfully"


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
        return before(name, {one.name: one.waits for one in self.by_name.values()})


def recognises(root: Node) -> bool:
    """By its services, which are mappings; those of a platform are a list."""
    services = get(root, "services")
    return bool(list(pairs(services))) and not get(root, "jobs") and not get(root, "kind")


def read(root: Node, path: str) -> tuple[Service, ...]:
    """Every service of a compose file."""
    return tuple(_service(key, value, path) for _, key, value in pairs(get(root, "services")))


def _service(key: Node, node: Node, path: str) -> Service:
    command = (*_words(get(node, "entrypoint")), *_words(get(node, "command")))
    return Service(key.value, path, line(key), command, tuple(_waits(get(node, "depends_on"))))


def _words(node: Node | None) -> tuple[str, ...]:
    return tuple(texts(node)) if items(node) else words_of(text(node))


def _waits(node: Node | None) -> Iterator[str]:
    """Only the condition that a service completed looks at an exit code."""
    yield from (name for name, _, value in pairs(node) if text(value, "condition") == COMPLETED)
