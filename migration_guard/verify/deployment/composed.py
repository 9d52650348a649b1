"""The steps of a deployment that is `docker compose up`: the order is that of what waits for what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from migration_guard.verify.deployment.kinds import Kind, is_idle, is_step, kind_of, of_service, plain
from migration_guard.verify.deployment.programs import doubt, name_of
from migration_guard.verify.deployment.steps import Step
from migration_guard.verify.descriptions import Command, Fate, Look, compose, shell
from migration_guard.verify.descriptions.compose import Services

_OF_CONTAINER = Fate(stops=True, why="the container ends with its exit code")


def steps(services: Services, look: Look) -> Iterator[Step]:
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
        several = list(_in_one_service(service, stops, look))
        if len(several) > 1:
            yield from several
            continue
        kind = several[0].kind if several else kind
        if kind is None:
            continue
        before = [other for other in services.by_name if kinds[other] is Kind.MIGRATION]
        in_order = kind is not Kind.BACKFILL or not before or bool(services.after(name) & {*before})
        origin = service.path if in_order else f"{service.path}, {name}"  # it waits for none: any may come first
        words = plain(service.command)
        doubted = doubt(words, is_step) if words else None
        fate = replace(stops, stops=None, why=doubted) if doubted is not None and stops.stops else stops
        alone = several[0] if several else Step(kind, service.path, service.line, words, fate)
        yield replace(alone, origin=origin)


def _in_one_service(service: compose.Service, ended: Fate, look: Look) -> Iterator[Step]:
    """The steps of a script that a service runs, one behind the other; `ended` is what its failure leads to if it serves nobody."""
    script = shell.inner(service.command)
    source = script[0].encode() if script is not None else _called(service.command, look)
    if source is None:
        return
    errexit, above = (script[1], service.line - 1) if script is not None else (False, 0)
    found = shell.commands(source, errexit=errexit, above=above, last=_OF_CONTAINER, look=look)
    leads = _OF_CONTAINER if _serves(found) else ended
    for one in found:
        kind = kind_of(one.words)
        if kind is not None:
            yield Step(kind, service.path, service.line, one.words, one.led_to(leads).fate, service.path)


def _called(words: Sequence[str], look: Look) -> bytes | None:
    """The script of the project that a service starts."""
    named = next((word for word in words if not word.startswith("-") and word not in shell.SHELLS), "")
    source = look(named) if "/" in named or named.endswith(".sh") else None
    return source if source is not None and shell.recognises(named, source) else None


def _serves(script: Sequence[Command]) -> bool:
    """Whether a script ends with what its container is for, which is no step of the deployment."""
    words = script[-1].words if script else ()
    name = name_of(words)
    return name not in {"", ":", "true"} and not is_idle(name) and kind_of(words) is None
