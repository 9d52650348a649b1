"""The steps of a deployment that is `docker compose up`: the order is that of what waits for what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_guard.verify.deployment.kinds import Kind, is_idle, kind_of, of_service, plain
from migration_guard.verify.deployment.steps import Step
from migration_guard.verify.descriptions import Command, Fate, compose, shell
from migration_guard.verify.descriptions.compose import Services

_OF_CONTAINER = Fate(stops=True, why="the container ends with its exit code")


def steps(services: Services) -> Iterator[Step]:
    """The steps of a deployment that is `docker compose up`: the order is that of what waits for what."""
    kinds = {name: of_service(one) or kind_of((name,)) for name, one in services.by_name.items()}
    order = sorted(services.started(), key=lambda name: len(services.after(name)))
    for name in order:
        service = services.by_name[name]
        kind = kinds[name]
        waiting = [other for other in services.by_name if name in services.after(other) and kinds[other] is None]
        stops = Fate(
            bool(waiting), f"{', '.join(waiting)} waits for it to complete" if waiting else "nothing waits for it"
        )
        several = list(_in_one_service(service, stops))
        if len(several) > 1:
            yield from several
            continue
        if kind is None:
            continue
        before = [other for other in services.by_name if kinds[other] is Kind.MIGRATION]
        in_order = kind is not Kind.BACKFILL or not before or bool(services.after(name) & {*before})
        origin = (
            service.path if in_order else f"{service.path}, {name}"
        )  # it waits for no migration: any may come first
        yield Step(kind, service.path, service.line, plain(service.command), stops, origin)


def _in_one_service(service: compose.Service, ended: Fate) -> Iterator[Step]:
    """The steps of a script that a service runs, one behind the other; `ended` is what its failure leads to if it serves nobody."""
    script = shell.inner(service.command)
    if script is None:
        return
    found = shell.commands(script[0].encode(), errexit=script[1], above=service.line - 1, last=_OF_CONTAINER)
    leads = _OF_CONTAINER if _serves(found) else ended
    for one in found:
        kind = kind_of(one.words)
        if kind is not None:
            yield Step(kind, service.path, service.line, one.words, one.led_to(leads).fate, service.path)


def _serves(script: Sequence[Command]) -> bool:
    """Whether a script ends with what its container is for, which is no step of the deployment."""
    words = script[-1].words if script else ()
    name = words[0].rpartition("/")[2] if words else ""
    return name not in {"", ":", "true"} and not is_idle(name) and kind_of(words) is None
