"""The first point: backfills run after the migrations, and their failure stops no deployment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path

from migration_guard.files import Unreadable, read_source, shown_path
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Problem
from migration_guard.verify import descriptions, foreign
from migration_guard.verify.descriptions import Command, Fate, compose, make, shell, yamls
from migration_guard.verify.descriptions.compose import Services
from migration_guard.verify.scripts import Script, Scripts
from migration_guard.verify.verdict import Evidence, Outcome

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
_OF_CONTAINER = Fate(stops=True, why="the container ends with its exit code")
_STARTS = frozenset({"run", "up", "exec", "start"})
_QUERIES = frozenset({"--check", "--plan", "--dry-run", "--help", "-h", "--list", "-l", "--sql", "--version", "--fake"})
"""Options with which a command asks and does nothing."""
_ASKING = re.compile(
    r"^(?:show_?migrations|makemigrations|makemessages|current|heads|history|branches|stamp|revision|merge)$|(?:^|[_./-])(?:wait|await)(?:[_.-]|$)",
    re.IGNORECASE,
)
"""Commands that ask of migrations, write them, or wait for them."""
_DEEPEST = 4
"""Scripts that call scripts: beyond this, none is followed, which is told."""
_ASKS = frozenset({"gate", "status", "list", "init", "pause", "resume", "cancel", "retry", "verify", "check"})
"""Commands of a runner that run nothing."""
_IMAGE = re.compile(r"(?:docker|container)file[^/]*$", re.IGNORECASE)
"""What says how a container begins, and not when it is started."""
_Called = tuple[Path, str | None]
"""A script, and which target of it."""
REQUIRED_GOING = "its failure stops nothing"
REQUIRED_STOPPING = "a failure stops the deployment"
_HELP_BACKFILL = "Run backfills with `|| true` behind the command: what is left is done by the next run."
_HELP_INDEX = "Indexes are built again by the next deployment: write `|| true` behind the command."


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a deployment that is one of the three kinds."""

    kind: Kind
    path: str
    line: int
    command: tuple[str, ...]
    """What is run in the end, in a container or not."""
    fate: Fate
    origin: str = ""
    """The description that it is a step of, through whatever scripts."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the scripts do."""

    steps: tuple[Step, ...]
    services: Services
    problems: tuple[Problem, ...]
    root: Path
    cwd: Path


def read(scripts: Scripts, root: Path, cwd: Path) -> Deployment:
    """Read all compose files first, since other descriptions run their services."""
    reader = _Reader(root, cwd)
    for script in sorted(scripts.judged, key=lambda one: one.kind is not descriptions.Kind.COMPOSE):
        reader.read(script, named=scripts.named)
    for other in scripts.others:
        if other.touches:
            message = f"cannot be judged: {other.why}, and it may run migrations or backfills"
            reader.problems.append(Problem(other.shown, other.line, message))
    steps = reader.steps
    if not any(step.kind is Kind.BACKFILL for step in steps):
        steps += _started_by_compose(reader.services)
    return Deployment(tuple(steps), reader.services, tuple(reader.problems), root, cwd)


class _Reader:
    """Turns descriptions into steps, and follows the scripts of the project that they call."""

    def __init__(self, root: Path, cwd: Path) -> None:
        self.root = root
        self.cwd = cwd
        self.services = Services()
        self.steps: list[Step] = []
        self.problems: list[Problem] = []

    def read(self, script: Script, *, named: bool) -> None:
        assert script.kind is not None
        try:
            source = read_source(script.path)
            if script.kind is descriptions.Kind.COMPOSE:
                for document in yamls.documents(source):
                    self.services.add(compose.read(document, script.shown))
            else:
                for one in descriptions.commands(script.kind, script.path.name, source, named=named):
                    self._command(one, script.shown, script.shown, ())
        except Unreadable as error:
            self.problems.append(Problem(script.shown, None, f"cannot be read: {error}"))
        except descriptions.Unreadable as error:
            self.problems.append(Problem(script.shown, error.line, f"cannot be judged: {error}"))

    def _command(self, one: Command, shown: str, origin: str, above: tuple[_Called, ...]) -> None:
        """One command: a step, a script that is followed, or something else; called by those `above`."""
        script = shell.inner(one.words) or _in_a_container_s_shell(one.words)
        if script is not None:
            last = replace(one.fate)  # it is no `set -e` of the inner shell
            for inner in shell.commands(script[0].encode(), errexit=script[1], above=one.line - 1, last=last):
                self._command(inner.led_to(one.fate), shown, origin, above)
            return
        words = _behind_waiting(one.words)
        hidden = [word for word in words[1:] if " " in word and _kind_of(word.split())]
        if words and words[0] in {"ssh", "eval", "su", "sudo"} and hidden:
            self.problems.append(Problem(shown, one.line, f"what {words[0]} is given to run is not judged"))
            return
        if self._followed(words, one, origin, above):
            return
        for kind, command in _classified(words, self.services) if words else _by_label(one.label):
            self.steps.append(Step(kind, shown, one.line, command, one.fate, origin))

    def _followed(self, words: Sequence[str], one: Command, origin: str, above: tuple[_Called, ...]) -> bool:
        """Go into a script of the project, or a target of its Makefile. What is none is told by its name alone."""
        path, chosen = self._called(words) if words else (None, None)
        if path is None or (path, chosen) in above:
            return False
        shown = shown_path(path, self.cwd)
        try:
            inner = _inside(path, chosen, one, len(above))
        except (Unreadable, descriptions.Unreadable) as error:
            if _kind_of(words) is None:
                self.problems.append(Problem(shown, getattr(error, "line", None), f"cannot be judged: {error}"))
            return False
        before = len(self.steps)
        for each in inner:
            self._command(each.led_to(one.fate), shown, origin, (*above, (path, chosen)))
        return len(self.steps) > before

    def _called(self, words: Sequence[str]) -> tuple[Path | None, str | None]:
        name = words[0].rpartition("/")[2]
        rest = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        if name in {"make", "gmake", "just"} and rest:
            for file in ("Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", ".justfile"):
                if (path := self.root / file).is_file() and (name == "just") is ("just" in file.lower()):
                    return path, rest[0]
            return None, None
        called = rest[0] if name in {"sh", "bash", ".", "source", "exec", "sudo"} and rest else words[0]
        if not called.endswith((".sh", ".bash")):
            return None, None
        for place in (
            called.removeprefix("/app/"),
            called.removeprefix("./"),
            called.lstrip("/"),
            called.rpartition("/app/")[2],
        ):
            if (path := self.root / place).is_file():
                return path, None
        return None, None


def _inside(path: Path, chosen: str | None, one: Command, deep: int) -> list[Command]:
    """What stands in a script that a command calls."""
    if deep >= _DEEPEST:
        raise descriptions.Unreadable(None, f"scripts that call scripts are followed {_DEEPEST} deep, and no deeper")
    source = read_source(path)
    return list(make.read(source, chosen=chosen) if chosen else shell.commands(source, last=one.fate))


def _in_a_container_s_shell(words: Sequence[str]) -> tuple[str, bool] | None:
    """The script of `docker compose run web sh -c "…"`, and whether under `-e`."""
    if not words or words[0].rpartition("/")[2] not in _CONTAINERS or not _STARTS & set(words):
        return None
    found = (shell.inner(words[index:]) for index in range(1, len(words)))
    return next((one for one in found if one is not None), None)


def _behind_waiting(words: Sequence[str]) -> tuple[str, ...]:
    """What a command runs that first waits for something: `wait-for-it db:5432 -- alembic upgrade head`."""
    if (words and _ASKING.search(words[0].rpartition("/")[2])) or words[:1] == ("dockerize",):
        behind = tuple(words[words.index("--") + 1 :]) if "--" in words else ()
        return behind or ("wait",)
    return tuple(words)


def _by_label(label: str) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """A step of which only the name is told, such as a container that runs what its image says."""
    kind = _kind_of((label,)) if label else None
    if kind is not None:
        yield kind, (label,)


def _classified(words: Sequence[str], services: Services) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    name = words[0].rpartition("/")[2]
    if name in _NO_STEP or _SAYS.match(name):
        return
    if name in _CONTAINERS:
        yield from _in_container(words, services)
        return
    kind = _kind_of(words)
    if kind is not None:
        yield kind, tuple(words)


def _in_container(words: Sequence[str], services: Services) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """What is run in a container: the command that is given, and only without one the service's own."""
    verb = next((word for word in words if word in _STARTS), None)
    if verb is None:
        return
    behind = words[words.index(verb) + 1 :]
    service = services.named_in(behind)
    if service is None:
        kind = _kind_of(behind)
        if kind is not None:
            yield kind, tuple(behind)
    elif verb in {"up", "start"}:
        for one in behind:
            if one in services.by_name and (kind := _of_service(services.by_name[one])):
                yield kind, services.by_name[one].command or (one,)
    else:
        own = tuple(behind[list(behind).index(service.name) + 1 :])
        kind = _kind_of(own) if own else _of_service(service)
        if kind is not None:
            yield kind, own or service.command or (service.name,)


def _of_service(service: compose.Service) -> Kind | None:
    """What a service does: by its command, else by its name."""
    return _kind_of(_plain(service.command)) if service.command else _kind_of((service.name,))


def _plain(words: Sequence[str]) -> tuple[str, ...]:
    script = shell.inner(words)
    return tuple(script[0].split()) if script is not None else tuple(words)


def _kind_of(words: Sequence[str]) -> Kind | None:
    plain = [word for word in words if " " not in word and not word.startswith("$")]
    if "backfill" in plain and _ASKS & set(plain):
        return None
    if _QUERIES & set(plain) or any(_ASKING.search(word.rpartition("/")[2]) for word in plain[:4]):
        return None
    called = {word.rpartition("/")[2] for word in plain}
    if any(called.issuperset(phrase) for phrase in _PHRASES):
        return Kind.MIGRATION
    named = [word for word in plain if word != "migration-guard" and not word.endswith((".yml", ".yaml", ".log"))]
    return next((kind for kind, pattern in _KINDS if any(pattern.search(word) for word in named)), None)


def _started_by_compose(services: Services) -> Iterator[Step]:
    """The steps of a deployment that is `docker compose up`: the order is that of what waits for what."""
    kinds = {name: _of_service(one) or _kind_of((name,)) for name, one in services.by_name.items()}
    order = sorted(services.by_name, key=lambda name: len(services.after(name)))
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
        yield Step(kind, service.path, service.line, _plain(service.command), stops, origin)


def _in_one_service(service: compose.Service, ended: Fate) -> Iterator[Step]:
    """The steps of a script that a service runs, one behind the other; `ended` is what its failure leads to if it serves nobody."""
    script = shell.inner(service.command)
    if script is None:
        return
    found = shell.commands(script[0].encode(), errexit=script[1], above=service.line - 1, last=_OF_CONTAINER)
    leads = _OF_CONTAINER if _serves(found) else ended
    for one in found:
        kind = _kind_of(one.words)
        if kind is not None:
            yield Step(kind, service.path, service.line, one.words, one.led_to(leads).fate, service.path)


def _serves(script: Sequence[Command]) -> bool:
    """Whether a script ends with what its container is for, which is no step of the deployment."""
    words = script[-1].words if script else ()
    name = words[0].rpartition("/")[2] if words else ""
    return name not in {"", ":", "true", *_NO_STEP} and not _SAYS.match(name) and _kind_of(words) is None


# --- Judging -------------------------------------------------------------------------------------------------------------


def judge(deployment: Deployment) -> tuple[list[Evidence], list[Problem]]:
    """Give the evidence, and what could not be judged."""
    evidence: list[Evidence] = []
    problems = list(deployment.problems)
    migrations = [step for step in deployment.steps if step.kind is Kind.MIGRATION]
    backfills = [step for step in deployment.steps if step.kind is Kind.BACKFILL]
    if not backfills and not problems:
        evidence.append(Evidence(Outcome.FAIL, "the step that runs backfills", "none", "a step after the migrations"))
    if not migrations:
        problems.append(Problem("deploy scripts", None, "no step that runs migrations was found in them"))
    ordered = any(True for step in backfills for _ in _order(step, deployment.steps))
    for step in backfills:
        order = list(_order(step, deployment.steps))
        if not order and migrations and not step.fate.apart and not (ordered and _IMAGE.search(step.path)):
            where = ", ".join(dict.fromkeys(one.path for one in migrations))
            problems.append(
                Problem(step.path, step.line, f"whether it runs after the migrations of {where} is not told")
            )
        evidence += order
        if step.fate.stops is None:
            why = f"what a failed backfill leads to cannot be told: {step.fate.why}"
            problems.append(Problem(step.path, step.line, why))
        evidence.append(_going_on(step, deployment, "a failed backfill", _HELP_BACKFILL))
    for step in deployment.steps:
        if step.kind is Kind.INDEX:
            evidence.append(_going_on(step, deployment, "a failed index build", _HELP_INDEX))
        elif step.kind is Kind.MIGRATION:
            evidence += _stopping(step, deployment, problems)
    evidence += _waiting(backfills, deployment)
    return evidence, problems


def _order(step: Step, steps: Sequence[Step]) -> Iterator[Evidence]:
    """Where a step stands among those of the same file, which are in the order in which they run."""
    same = [one for one in steps if one.origin == step.origin]
    here = same.index(step)
    before = [one for one in same[:here] if one.kind is Kind.MIGRATION]
    behind = [one for one in same[here:] if one.kind is Kind.MIGRATION]
    if before or behind:
        outcome = Outcome.PASS if before else Outcome.FAIL
        found = f"after the migrations (line {before[-1].line})" if before else ""
        found += " and " if before and behind else ""
        found += f"before the migrations (line {behind[-1].line})" if behind else ""
        yield Evidence(outcome, "the step that runs backfills", found, "after the migrations", step.path, step.line)


def _going_on(step: Step, deployment: Deployment, what: str, help_: str) -> Evidence:
    """Whether the deployment goes on when a step fails."""
    place = (step.path, step.line)
    if not step.fate.stops:
        return Evidence(Outcome.PASS, what, step.fate.why, REQUIRED_GOING, *place)
    kept, why = _promise(step, deployment)
    if kept:
        return Evidence(Outcome.PASS, what, f"{step.fate.why}, but {why}", REQUIRED_GOING, *place)
    return Evidence(Outcome.FAIL, what, f"{step.fate.why}, and {why}", REQUIRED_GOING, *place, help=help_)


def _promise(step: Step, deployment: Deployment) -> tuple[bool, str]:
    """Whether the runner itself keeps its exit code at 0."""
    words = step.command
    if "migration-guard" in " ".join(words).replace("migration_guard", "migration-guard") and "run" in words:
        strict = "--strict" in words
        return not strict, "--strict lets the runner fail" if strict else "our runner exits with 0 whatever happens"
    path = _program(words, deployment.root)
    if path is None:
        return False, "the runner is not in sight"
    promise = foreign.promise(path)
    shown = shown_path(path, deployment.cwd)
    where = shown if promise.line is None else f"{shown}:{promise.line}"
    return bool(promise.kept), f"{where}: {promise.why}"


def _program(words: Sequence[str], root: Path) -> Path | None:
    """The file of a Python program that a command starts."""
    for index, word in enumerate(words):
        module = words[index + 1] if word == "-m" and index + 1 < len(words) else None
        name = f"{module.replace('.', '/')}.py" if module else word if word.endswith(".py") else None
        if name is not None and (path := root / name.removeprefix("/app/").lstrip("/")).is_file():
            return path
    return None


def _stopping(step: Step, deployment: Deployment, problems: list[Problem]) -> Iterator[Evidence]:
    what, place = "a failed migration", (step.path, step.line)
    again = next((one for one in _later(step, deployment.steps) if one.fate.stops and not one.fate.partly), None)
    if not step.fate.stops and again is not None:
        found = f"{step.fate.why}, and line {again.line} runs them again: {again.fate.why}"
        yield Evidence(Outcome.PASS, what, found, REQUIRED_STOPPING, *place)
        return
    if step.fate.stops is None and not step.fate.repeats:
        problems.append(Problem(*place, f"what a failed migration leads to cannot be told: {step.fate.why}"))
        return
    stops = step.fate.repeats or (bool(step.fate.stops) and not step.fate.partly)
    help_ = "" if stops else "Exit when the migrations fail: `|| exit 1` behind the command, or `set -e` at the top."
    outcome = Outcome.PASS if stops else Outcome.FAIL
    yield Evidence(outcome, what, step.fate.why, REQUIRED_STOPPING, *place, help=help_)


def _later(step: Step, steps: Sequence[Step]) -> Iterator[Step]:
    """Further steps that run the same command: migrations that waited for a backfill are run again behind it."""
    behind = steps[steps.index(step) + 1 :]
    return (one for one in behind if one.origin == step.origin and one.command == step.command)


def _waiting(backfills: Sequence[Step], deployment: Deployment) -> Iterator[Evidence]:
    """Services that a shell script starts and that wait for a backfill to complete."""
    services = deployment.services
    names = {name for name, one in services.by_name.items() if _of_service(one) is Kind.BACKFILL}
    if any(step.path in {one.path for one in services.by_name.values()} for step in backfills):
        return  # told as the steps of compose
    for service in services.by_name.values():
        for name in sorted(names & set(service.waits)):
            command = services.by_name[name].command
            step = Step(
                Kind.BACKFILL, service.path, service.line, command, Fate(stops=True, why=f"{service.name} waits")
            )
            kept, why = _promise(step, deployment)
            outcome = Outcome.PASS if kept else Outcome.FAIL
            found = f"{service.name} waits for {name} to complete, {'but' if kept else 'and'} {why}"
            yield Evidence(outcome, "a failed backfill", found, REQUIRED_GOING, service.path, service.line)
