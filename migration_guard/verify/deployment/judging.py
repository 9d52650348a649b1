"""Whether backfills run after the migrations, and what a failure leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_guard.files import shown_path
from migration_guard.later import re
from migration_guard.operations import Problem
from migration_guard.verify import foreign
from migration_guard.verify.deployment.kinds import Kind, of_service
from migration_guard.verify.deployment.sight import Sight
from migration_guard.verify.deployment.steps import Deployment, Step
from migration_guard.verify.descriptions import Fate
from migration_guard.verify.verdict import Evidence, Outcome

_IMAGE = re.compile(r"(?:docker|container)file[^/]*$", re.IGNORECASE)
"""What says how a container begins, and not when it is started."""
REQUIRED_GOING = "its failure stops nothing"
REQUIRED_STOPPING = "a failure stops the deployment"
_HELP_BACKFILL = "Run backfills with `|| true` behind the command: what is left is done by the next run."
_HELP_INDEX = "Indexes are built again by the next deployment: write `|| true` behind the command."


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
        if step.fate.stops is None and not step.fate.repeats:
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
    """Where a step stands among those of the same description."""
    same = [one for one in steps if one.origin == step.origin]
    here = same.index(step)
    migrations = [(index < here, one) for index, one in enumerate(same) if one.kind is Kind.MIGRATION]
    before = [one for first, one in migrations if one.ends_before(step, in_file=first)]
    behind = [one for first, one in migrations if step.ends_before(one, in_file=not first)]
    beside = [one for _, one in migrations if one not in before and one not in behind and step.is_beside(one)]
    told = (("after", before), ("before", behind), ("beside", beside))
    found = " and ".join(f"{how} the migrations (line {those[-1].line})" for how, those in told if those)
    if found:
        outcome = Outcome.PASS if before else Outcome.FAIL
        yield Evidence(outcome, "the step that runs backfills", found, "after the migrations", step.path, step.line)


def _going_on(step: Step, deployment: Deployment, what: str, help_: str) -> Evidence:
    """Whether the deployment goes on when a step fails."""
    place = (step.path, step.line)
    if not step.fate.stops and not step.fate.repeats:
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
    path = Sight(deployment.root).program(words)
    if path is None:
        return False, "the runner is not in sight"
    promise = foreign.promise(path)
    shown = shown_path(path, deployment.cwd)
    where = shown if promise.line is None else f"{shown}:{promise.line}"
    return bool(promise.kept), f"{where}: {promise.why}"


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
    names = {name for name, one in services.by_name.items() if of_service(one) is Kind.BACKFILL}
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
