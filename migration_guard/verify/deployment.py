"""The first point: backfills run after the migrations, and their failure stops no deployment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from migration_guard.files import Unreadable, read_source, shown_path
from migration_guard.operations import Problem
from migration_guard.verify import compose, foreign, shell
from migration_guard.verify.compose import Services
from migration_guard.verify.scripts import Script, Scripts
from migration_guard.verify.shell import Command, Fate
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
_STARTS = frozenset({"run", "up", "exec", "start"})
_ASKS = frozenset({"gate", "status", "list", "init", "pause", "resume", "cancel", "retry", "verify", "check"})
"""Commands of a runner that run nothing."""
REQUIRED_GOING = "its failure stops nothing"
REQUIRED_STOPPING = "a failure stops the deployment"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a deployment that is one of the three kinds."""

    kind: Kind
    path: str
    line: int
    command: tuple[str, ...]
    """What is run in the end, in a container or not."""
    fate: Fate


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the scripts do."""

    steps: tuple[Step, ...]
    services: Services
    problems: tuple[Problem, ...]
    root: Path
    cwd: Path


def read(scripts: Scripts, root: Path, cwd: Path) -> Deployment:
    """Read all compose files first, since the shell scripts run their services."""
    problems: list[Problem] = []
    services = Services()
    steps: list[Step] = []
    for script in sorted(scripts.judged, key=lambda one: not one.compose):
        try:
            source = read_source(script.path)
            if script.compose:
                services.add(compose.read(source, script.shown))
            else:
                steps += _steps(shell.commands(source), script, services, problems)
        except Unreadable as error:
            problems.append(Problem(script.shown, None, f"cannot be read: {error}"))
        except (compose.Unreadable, shell.Unreadable) as error:
            problems.append(Problem(script.shown, error.line, f"cannot be judged: {error}"))
    if not any(step.kind is Kind.BACKFILL for step in steps):
        steps += _started_by_compose(services)
    return Deployment(tuple(steps), services, tuple(problems), root, cwd)


def _steps(commands: Iterable[Command], script: Script, services: Services, problems: list[Problem]) -> Iterator[Step]:
    for one in commands:
        hidden = [word for word in one.words[1:] if " " in word and _kind_of(word.split())]
        if one.words[0] in {"ssh", "eval", "bash", "sh", "su", "sudo"} and hidden:
            problems.append(Problem(script.shown, one.line, f"what {one.words[0]} is given to run is not judged"))
            continue
        found = _classified(one.words, services)
        if found is not None:
            kind, command = found
            yield Step(kind, script.shown, one.line, command, one.fate)


def _classified(words: Sequence[str], services: Services) -> tuple[Kind, tuple[str, ...]] | None:
    name = words[0].rpartition("/")[2]
    if name in _NO_STEP or _SAYS.match(name):
        return None
    if name in _CONTAINERS:
        if not _STARTS & set(words):
            return None
        service = services.named_in(words)
        behind = words[next(index for index, word in enumerate(words) if word in _STARTS) :]
        own = words[words.index(service.name) + 1 :] if service is not None else ()
        command = tuple(own) or (service.command if service is not None else ())
        kind = _kind_of(behind) or _kind_of(command)
        return (kind, command or tuple(behind)) if kind else None
    kind = _kind_of(words)
    return (kind, tuple(words)) if kind else None


def _kind_of(words: Sequence[str]) -> Kind | None:
    plain = [word for word in words if " " not in word and not word.startswith("$")]
    if "backfill" in plain and _ASKS & set(plain):
        return None
    if any(all(part in plain for part in phrase) for phrase in _PHRASES):
        return Kind.MIGRATION
    named = [word for word in plain if word != "migration-guard" and not word.endswith((".yml", ".yaml", ".log"))]
    return next((kind for kind, pattern in _KINDS if any(pattern.search(word) for word in named)), None)


def _started_by_compose(services: Services) -> Iterator[Step]:
    """The steps of a deployment that is `docker compose up`: the order is that of what waits for what."""
    kinds = {name: _kind_of((name, *one.command)) for name, one in services.by_name.items()}
    order = sorted(services.by_name, key=lambda name: len(services.after(name)))
    for name in order:
        kind = kinds[name]
        if kind is None:
            continue
        service = services.by_name[name]
        waiting = [other for other in services.by_name if name in services.after(other) and kinds[other] is None]
        stops = Fate(
            bool(waiting), f"{', '.join(waiting)} waits for it to complete" if waiting else "nothing waits for it"
        )
        yield Step(kind, service.path, service.line, service.command, stops)


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
    for step in backfills:
        evidence += _order(step, deployment.steps)
        evidence.append(_going_on(step, deployment, problems))
    for step in deployment.steps:
        if step.kind is Kind.INDEX:
            evidence.append(_indexing(step))
        elif step.kind is Kind.MIGRATION:
            evidence.append(_stopping(step))
    evidence += _waiting(backfills, deployment)
    return evidence, problems


def _order(step: Step, steps: Sequence[Step]) -> Iterator[Evidence]:
    """Where a step stands among those of the same file, which are in the order in which they run."""
    same = [one for one in steps if one.path == step.path]
    migrations = [one for one in same if one.kind is Kind.MIGRATION]
    for one in migrations[-1:]:
        after = same.index(one) < same.index(step)
        outcome = Outcome.PASS if after else Outcome.FAIL
        found = f"{'after' if after else 'before'} the migrations (line {one.line})"
        yield Evidence(outcome, "the step that runs backfills", found, "after the migrations", step.path, step.line)


def _going_on(step: Step, deployment: Deployment, problems: list[Problem]) -> Evidence:
    what = "a failed backfill"
    place = (step.path, step.line)
    if step.fate.stops is None:
        problems.append(
            Problem(step.path, step.line, f"what a failed backfill leads to cannot be told: {step.fate.why}")
        )
    if not step.fate.stops:
        return Evidence(Outcome.PASS, what, step.fate.why, REQUIRED_GOING, *place)
    kept, why = _promise(step, deployment)
    if kept:
        return Evidence(Outcome.PASS, what, f"{step.fate.why}, but {why}", REQUIRED_GOING, *place)
    help_ = "Run backfills with `|| true` behind the command: what is left is done by the next run."
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


def _stopping(step: Step) -> Evidence:
    stops = bool(step.fate.stops) and not step.fate.partly
    help_ = "" if stops else "Exit when the migrations fail: `|| exit 1` behind the command, or `set -e` at the top."
    outcome = Outcome.PASS if stops else Outcome.FAIL
    return Evidence(outcome, "a failed migration", step.fate.why, REQUIRED_STOPPING, step.path, step.line, help=help_)


def _indexing(step: Step) -> Evidence:
    outcome = Outcome.FAIL if step.fate.stops else Outcome.PASS
    help_ = (
        "Indexes are built again by the next deployment: write `|| true` behind the command." if step.fate.stops else ""
    )
    return Evidence(outcome, "a failed index build", step.fate.why, REQUIRED_GOING, step.path, step.line, help=help_)


def _waiting(backfills: Sequence[Step], deployment: Deployment) -> Iterator[Evidence]:
    """Services that a shell script starts and that wait for a backfill to complete."""
    services = deployment.services
    names = {name for name, one in services.by_name.items() if _kind_of((name, *one.command)) is Kind.BACKFILL}
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
