"""What a command of a deployment is: migrations, an index builder or backfills, by its words, in a container or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from migration_guard.later import re
from migration_guard.verify.deployment.programs import name_of
from migration_guard.verify.descriptions import compose, shell
from migration_guard.verify.descriptions.compose import Services

_WORD = r"(?:^|[/_.:-])(?:{})(?:$|[/_.:-])"


class Kind(Enum):
    """What a step of a deployment does."""

    MIGRATION = "migrations"
    INDEX = "index builder"
    BACKFILL = "backfills"


_KINDS = (
    (Kind.BACKFILL, re.compile(r"back_?-?fill", re.IGNORECASE)),
    (Kind.INDEX, re.compile(_WORD.format(r"(?:re|build_?)?ind(?:ex(?:er|es|ing)?|ices)"), re.IGNORECASE)),
    (Kind.MIGRATION, re.compile(_WORD.format(r"migrat(?:e|ions?|or)"), re.IGNORECASE)),
)
_PHRASES = (("alembic", "upgrade"), ("db", "upgrade"), ("yoyo", "apply"), ("dbmate", "up"))
_NO_STEP = frozenset(
    "echo printf cd cp mv rm cat grep tail head test [ [[ mkdir chmod chown touch git pip curl wget ls export source . "
    "set exit return trap sleep local read tee docker-entrypoint logger".split()
)
_SAYS = re.compile(r"^_?(?:log|info|warn|say|print|notify|success|error|header)", re.IGNORECASE)
_CONTAINERS = frozenset({"docker", "docker-compose", "podman", "podman-compose", "kubectl"})
_STARTS = frozenset({"run", "up", "exec", "start"})
_QUERIES = frozenset({"--check", "--plan", "--dry-run", "--help", "-h", "--list", "-l", "--sql", "--version", "--fake"})
"""Options with which a command asks and does nothing."""
_ASKING = re.compile(
    r"^(?:show_?migrations|makemigrations|makemessages|current|heads|history|branches|stamp|revision|merge)$|(?:^|[_./-])(?:wait|await)(?:[_.-]|$)",
    re.IGNORECASE,
)
"""Commands that ask of migrations, write them, or wait for them."""
_ASKS = frozenset({"gate", "status", "list", "init", "pause", "resume", "cancel", "retry", "verify", "check"})
"""Commands of a runner that run nothing."""


def behind_waiting(words: Sequence[str]) -> tuple[str, ...]:
    """What a command runs that first waits for something: `wait-for-it db:5432 -- alembic upgrade head`."""
    if _ASKING.search(name_of(words)) or words[:1] == ("dockerize",):
        behind = tuple(words[words.index("--") + 1 :]) if "--" in words else ()
        return behind or ("wait",)
    return tuple(words)


def by_label(label: str) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """A step of which only the name is told, such as a container that runs what its image says."""
    kind = kind_of((label,)) if label else None
    if kind is not None:
        yield kind, (label,)


def is_idle(name: str) -> bool:
    """Whether a command does nothing to a database, or only says something."""
    return name in _NO_STEP or _SAYS.match(name) is not None


def is_in_container(words: Sequence[str]) -> bool:
    """Whether a command runs another one in a container."""
    return name_of(words) in _CONTAINERS


def classified(words: Sequence[str], services: Services) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    if is_idle(name_of(words)):
        return
    if is_in_container(words):
        yield from _in_container(words, services)
        return
    kind = kind_of(words)
    if kind is not None:
        yield kind, tuple(words)


def _in_container(words: Sequence[str], services: Services) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """What is run in a container: the command that is given, and only without one the service's own."""
    starts = _STARTS | {"create"} if {"job", "cronjob"} & {*words} else _STARTS
    verb = next((word for word in words if word in starts), None)
    if verb is None:
        return
    behind = words[words.index(verb) + 1 :]
    service = services.named_in(behind)
    if service is None:
        kind = kind_of(behind)
        if kind is not None:
            yield kind, tuple(behind)
    elif verb in {"up", "start"}:
        for one in behind:
            if one in services.by_name and (kind := of_service(services.by_name[one])):
                yield kind, services.by_name[one].command or (one,)
    else:
        own = tuple(behind[list(behind).index(service.name) + 1 :])
        kind = kind_of(own) if own else of_service(service)
        if kind is not None:
            yield kind, own or service.command or (service.name,)


def of_service(service: compose.Service) -> Kind | None:
    """What a service does: by its command, else by its name."""
    return kind_of(plain(service.command)) if service.command else kind_of((service.name,))


def plain(words: Sequence[str]) -> tuple[str, ...]:
    script = shell.inner(words)
    return tuple(script[0].split()) if script is not None else tuple(words)


def kind_of(words: Sequence[str]) -> Kind | None:
    bare = [word for word in words if " " not in word and not word.startswith("$")]
    if "backfill" in bare and _ASKS & set(bare):
        return None
    if _QUERIES & set(bare):
        return None
    called = {word.rpartition("/")[2] for word in bare}
    if any(called.issuperset(phrase) for phrase in _PHRASES):
        return Kind.MIGRATION
    if any(_ASKING.search(word.rpartition("/")[2]) for word in bare[:4] if not word.startswith("-")):
        return None
    named = [word for word in bare if word != "migration-guard" and not word.endswith((".yml", ".yaml", ".log"))]
    return next((kind for kind, pattern in _KINDS if any(pattern.search(word) for word in named)), None)


def is_step(name: str) -> bool:
    """Whether a command is a step by the name of its program alone."""
    return kind_of((name,)) is not None


def in_a_container_s_shell(words: Sequence[str]) -> tuple[str, bool] | None:
    """The script of `docker compose run web sh -c "…"`, and whether under `-e`."""
    if not is_in_container(words) or not _STARTS & set(words):
        return None
    found = (shell.inner(words[index:]) for index in range(1, len(words)))
    return next((one for one in found if one is not None), None)
