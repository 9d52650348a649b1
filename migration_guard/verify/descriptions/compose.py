"""Reads compose files: services, what they run, and what has to end well before they start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from migration_guard.lean import dataclass
from migration_guard.verify.descriptions.order import before
from migration_guard.verify.descriptions.steps import SPEAKS, Unreadable, runs
from migration_guard.verify.descriptions.yamls import Node, command_of, get, line, pairs, spoken, text, texts

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
    profiles: frozenset[str] = frozenset()
    """Those one of which has to be asked for, so that it is started; none where it always is."""


@dataclass(slots=True)
class Services:
    """The services of all compose files; a later file adds to what an earlier one says."""

    by_name: dict[str, Service] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    """The profiles that commands ask for."""

    def add(self, services: Iterable[Service]) -> None:
        for one in services:
            old = self.by_name.get(one.name)
            kept = one if one.command or old is None else old
            waits = (*(old.waits if old else ()), *one.waits)
            profiles = one.profiles | (old.profiles if old else frozenset())
            self.by_name[one.name] = Service(
                one.name, kept.path, kept.line, kept.command, tuple(dict.fromkeys(waits)), profiles
            )

    def ask(self, words: Sequence[str]) -> None:
        """Note the profiles that a command asks for."""
        for index, word in enumerate(words[:-1]):
            if word == "--profile":
                self.asked.add(words[index + 1])
        self.asked.update(word.partition("=")[2] for word in words if word.startswith("--profile="))

    def started(self) -> list[str]:
        """The services that are started with all the others."""
        everything = "*" in self.asked
        return [
            name
            for name, one in self.by_name.items()
            if not one.profiles or one.profiles & self.asked or (everything and _NOBODY not in one.profiles)
        ]

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
    included = get(root, "include")
    if included is not None:
        raise Unreadable(line(included), "what it includes stands in files that are not read with it")
    return tuple(_service(key, value, path) for _, key, value in pairs(get(root, "services")))


def _service(key: Node, node: Node, path: str) -> Service:
    for name in ("extends", "post_start", "pre_stop", "provider"):
        if (other := get(node, name)) is not None and (name == "extends" or SPEAKS.search(" ".join(spoken(other)))):
            raise Unreadable(line(other), f"what {name} brings to {key.value} is not read")
    if (health := get(node, "healthcheck")) is not None and runs(" ".join(spoken(health))):
        raise Unreadable(line(health), f"the check of the health of {key.value} is not read, and runs again and again")
    command = (*command_of(get(node, "entrypoint")), *command_of(get(node, "command")))
    profiles = frozenset(texts(get(node, "profiles")))
    if "0" in {text(node, "scale"), text(node, "deploy", "replicas")}:
        profiles |= {_NOBODY}
    return Service(key.value, path, line(key), command, tuple(_waits(get(node, "depends_on"))), profiles)


_NOBODY = "(none)"
"""The profile of a service of which no container is started."""


def _waits(node: Node | None) -> Iterator[str]:
    """Only the condition that a service completed looks at an exit code, unless it may go unmet."""
    yield from (
        name
        for name, _, value in pairs(node)
        if text(value, "condition") == COMPLETED and text(value, "required").lower() not in {"false", "no"}
    )
