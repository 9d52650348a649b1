"""GitHub Actions: the jobs that deploy, in the order in which they need each other; a step that fails stops its job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.order import after, before, deploys
from migration_guard.verify.descriptions.steps import BY_THE_CLOCK, SPEAKS, Command, Fate, Place, Unreadable
from migration_guard.verify.descriptions.yamls import (
    Node,
    begins,
    get,
    is_true,
    items,
    line,
    pairs,
    spoken,
    text,
    texts,
)

_STOPS = Fate(stops=True, why="a step that fails stops its job")
_ALLOWED = Fate(stops=False, why="continue-on-error lets the job go on")
_SCHEDULES = ({"schedule"}, {"schedule", "workflow_dispatch"})
_UNTOLD = Fate(stops=None, why="an expression says whether it may fail")
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_OPTIONS = re.compile(r"\s-\w*e")


_ALWAYS = Fate(stops=False, why="a step behind it runs always")
_NEVER = re.compile(r"false|0|''|(?:failure|cancelled)\(\)(?:\s*&&.*)?", re.IGNORECASE | re.DOTALL)
_RUNS_ALWAYS = re.compile(r"always\(\)|!\s*cancelled\(\)|failure\(\)")


def recognises(root: Node) -> bool:
    return bool(list(pairs(get(root, "jobs")))) and (get(root, "on") is not None or get(root, "true") is not None)


def read(root: Node, name: str) -> Iterator[Command]:
    jobs = {key: value for key, _, value in pairs(get(root, "jobs"))}
    whole = deploys(name) or deploys(text(root, "name"))
    needs = {one: texts(get(job, "needs")) for one, job in jobs.items()}
    order = after(needs)
    apart = {key for key, _, _ in pairs(get(root, "on") or get(root, "true"))} in _SCHEDULES
    asked = [key for key in order if _deploys(key, jobs[key], whole=whole) and not _is_left_out(jobs[key])]
    for index, key in enumerate(asked):
        goes_on = any(map(_runs_always, (jobs[one] for one in asked[index + 1 :])))
        place = Place(key, before(key, needs), "workflow")
        for one in _job(jobs[key], _default_shell(jobs[key]) or _default_shell(root), goes_on=goes_on):
            yield replace(one, place=place, fate=BY_THE_CLOCK if apart else one.fate)


def _default_shell(of: Node) -> str:
    return text(of, "defaults", "run", "shell")


def _deploys(key: str, job: Node, *, whole: bool) -> bool:
    called = " ".join((key, text(job, "name")))
    return deploys(called) or get(job, "environment") is not None or (whole and not _tests(called, job))


def _runs_always(part: Node) -> bool:
    """Whether a step or a job is run though what stands before it has failed: one that only tells of it does not count."""
    said = " ".join(spoken(part))
    return _RUNS_ALWAYS.search(text(part, "if")) is not None and bool(SPEAKS.search(said) or deploys(said))


def _is_left_out(part: Node) -> bool:
    """Whether a deployment that goes well never runs a step or a job."""
    asked = text(part, "if").strip()
    expression = _EXPRESSION.fullmatch(asked)
    return _NEVER.fullmatch(expression[1] if expression is not None else asked) is not None


def _tests(called: str, job: Node) -> bool:
    """Whether a job is about a database of its own."""
    return get(job, "services") is not None or bool(re.search(r"\b(?:test|lint|check|ci)", called, re.IGNORECASE))


def _leniency(part: Node) -> Fate | None:
    """What `continue-on-error` says of a step or a job, if anything."""
    given = get(part, "continue-on-error")
    said = _EXPRESSION.fullmatch(text(given).strip())
    if said is not None and said[1] not in {"true", "false"}:
        return _UNTOLD
    return _ALLOWED if (said[1] == "true" if said is not None else is_true(given)) else None


def _job(job: Node, default: str, *, goes_on: bool) -> Iterator[Command]:
    """Read the steps of a job; `goes_on` says that a later job runs whatever becomes of this one."""
    steps = list(items(get(job, "steps")))
    if get(job, "uses") is not None and SPEAKS.search(" ".join(spoken(job))):
        raise Unreadable(line(job), f"what {text(job, 'uses')} runs is not read")
    for index, step in enumerate(steps):
        if _is_left_out(step):
            continue
        always = goes_on or any(map(_runs_always, steps[index + 1 :]))
        fate = _leniency(job) or _leniency(step) or (_ALWAYS if always else _STOPS)
        script = get(step, "run")
        if script is None:
            if SPEAKS.search(" ".join(spoken(step))):
                raise Unreadable(line(step), f"what {text(step, 'uses') or 'this step'} runs is not read")
            continue
        named = text(step, "shell") or default or "bash -e {0}"
        if not re.match(r"(?:ba)?sh\b", named):
            if SPEAKS.search(text(script)):
                raise Unreadable(line(script), f"a step in {named} is not read")
            continue
        own = "{0}" in named  # else GitHub adds its options, which stop at what fails
        found = shell.commands(
            _EXPRESSION.sub("expression", text(script)).encode(),
            errexit=not own or _OPTIONS.search(named) is not None,
            pipefail=named == "bash" or "pipefail" in named,
            above=begins(script),
            last=fate,
        )
        yield from (one.led_to(fate) for one in found)
