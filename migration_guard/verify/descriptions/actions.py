"""GitHub Actions: the jobs that deploy, in the order in which they need each other; a step that fails stops its job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.conditions import World, holds
from migration_guard.verify.descriptions.order import after, before, deploys, tests
from migration_guard.verify.descriptions.steps import BY_THE_CLOCK, SPEAKS, Command, Fate, Place, Unreadable, runs
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
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
_ENV = re.compile(r"\$\{\{\s*env\.(\w+)\s*\}\}")
_OPTIONS = re.compile(r"\s-\w*e")


_ALWAYS = Fate(stops=False, why="a step behind it runs always")
_MAYBE = Fate(stops=None, why="whether a step behind it runs all the same hangs on a condition")
_TELLS = re.compile(r"notif|slack|teams|report|summary|status|changelog|notes|docs|pages|comment", re.IGNORECASE)
"""What jobs are called that tell of a deployment, or publish texts."""
_ENDS = re.compile(r"\bexit\s+[1-9$]|\bfalse\b|setFailed")
_ASKED = frozenset({"pull_request", "pull_request_target", "merge_group"})
"""What starts workflows that look at a change, and deploy none."""


def recognises(root: Node) -> bool:
    return bool(list(pairs(get(root, "jobs")))) and (get(root, "on") is not None or get(root, "true") is not None)


def read(root: Node, name: str) -> Iterator[Command]:
    jobs = {key: value for key, _, value in pairs(get(root, "jobs"))}
    whole = deploys(name) or deploys(text(root, "name"))
    needs = {one: texts(get(job, "needs")) for one, job in jobs.items()}
    events = _events(root)
    run = _run(jobs, needs, events)
    asked = [key for key in run if _deploys(key, jobs[key], whole=whole)]
    for index, key in enumerate(asked):
        beside = [
            one for one in asked if one not in before(key, needs) and key not in before(one, needs) and one != key
        ]
        behind = _behind(
            World(failed=True, events=events, fails=frozenset({key})), [(one, jobs[one]) for one in asked[index + 1 :]]
        )
        waits = next((one for one in beside if _rolls_out(one, jobs[one])), None)
        if behind is None and waits is not None:
            behind = Fate(stops=None, why=f"the job {waits} does not wait for it")
        place = Place(key, before(key, needs), "workflow")
        around = _Around(
            _default_shell(jobs[key]) or _default_shell(root) or _shell_of(jobs[key]),
            behind,
            events,
            {**_env(root), **_env(jobs[key])},
        )
        for one in _job(jobs[key], around):
            yield replace(one, place=place, fate=BY_THE_CLOCK if events in _SCHEDULES else one.fate)
    for key in run:
        if (
            key not in asked
            and not events <= _ASKED
            and not _tests(key, jobs[key])
            and runs("\n".join(_run_by(jobs[key])))
        ):
            raise Unreadable(line(jobs[key]), f"whether the job {key} deploys is not told")


@dataclass(frozen=True, slots=True)
class _Around:
    """What a job is read in."""

    shell: str
    behind: Fate | None
    """What a later job makes of its failure; None if nothing runs behind it."""
    events: frozenset[str]
    env: dict[str, str]


def _events(root: Node) -> frozenset[str]:
    given = get(root, "on") or get(root, "true")
    return frozenset(texts(given)) or frozenset(key for key, _, _ in pairs(given))


def _run(jobs: dict[str, Node], needs: dict[str, list[str]], events: frozenset[str]) -> list[str]:
    """The jobs that a deployment runs in which all goes well, in order."""
    found: list[str] = []
    for key in after(needs):
        left_out = any(one in jobs and one not in found for one in needs[key]) and "always()" not in text(
            jobs[key], "if"
        )
        if not left_out and holds(text(jobs[key], "if"), World(failed=False, events=events)) is not False:
            found.append(key)
    return found


def _env(of: Node) -> dict[str, str]:
    return {key: text(value) for key, _, value in pairs(get(of, "env")) if text(value) and "${{" not in text(value)}


def _default_shell(of: Node) -> str:
    return text(of, "defaults", "run", "shell")


def _shell_of(job: Node) -> str:
    return "pwsh" if any("windows" in one for one in texts(get(job, "runs-on"))) else ""


def _deploys(key: str, job: Node, *, whole: bool) -> bool:
    called = " ".join((key, text(job, "name")))
    return deploys(called) or get(job, "environment") is not None or (whole and not _tests(key, job))


def _rolls_out(key: str, job: Node) -> bool:
    called = " ".join((key, text(job, "name")))
    return deploys(called) and not SPEAKS.search(called) and not _TELLS.search(called) and not _tests(key, job)


def _run_by(part: Node) -> list[str]:
    """What a step, or a job, runs and uses."""
    return [
        _EXPRESSION.sub(" ", said)
        for one in (part, *items(get(part, "steps")))
        for said in (text(one, "run"), text(one, "uses"), *spoken(get(one, "with")))
        if said
    ]


def _behind(world: World, parts: Sequence[tuple[str, Node]]) -> Fate | None:
    """What later steps or jobs make of a failure: those that run all the same, unless they only tell of it."""
    found: Fate | None = None
    for name, part in parts:
        said = " ".join(_run_by(part))
        if _TELLS.search(name) or not (SPEAKS.search(said) or deploys(said) or deploys(name)):
            continue
        held = holds(text(part, "if"), world)
        if held:
            return _ALWAYS
        found = _MAYBE if held is None else found
    return found


def _tests(key: str, job: Node) -> bool:
    """Whether a job is about a database of its own."""
    return get(job, "services") is not None or tests(f"{key} {text(job, 'name')}")


def _leniency(part: Node) -> Fate | None:
    """What `continue-on-error` says of a step or a job, if anything."""
    given = get(part, "continue-on-error")
    expression = _EXPRESSION.fullmatch(text(given).strip())
    if expression is None:
        return _ALLOWED if is_true(given) else None
    return {"true": _ALLOWED, "false": None}.get(expression[1].strip(), _UNTOLD)


def _job(job: Node, around: _Around) -> Iterator[Command]:
    steps = list(items(get(job, "steps")))
    used = text(job, "uses")
    if used and (SPEAKS.search(" ".join(spoken(job))) or not used.startswith("./")):
        raise Unreadable(line(job), f"what {used} runs is not read")
    for index, step in enumerate(steps):
        if holds(text(step, "if"), World(failed=False, events=around.events)) is False:
            continue
        later = [("", one) for one in steps[index + 1 :]]
        named = frozenset({text(step, "id")} - {""})
        always = around.behind or _behind(World(failed=True, events=around.events, fails=named), later)
        lenient = _leniency(job) or _leniency(step)
        if lenient is _ALLOWED and named:
            lenient = _asked(World(failed=False, events=around.events, fails=named), steps[index + 1 :]) or lenient
        yield from _step(step, lenient or always or _STOPS, around)


def _asked(world: World, later: Sequence[Node]) -> Fate | None:
    """What later steps make of a step that may fail, and did."""
    (name,) = world.fails
    for step in later:
        asks = f"steps.{name}." in text(step, "if")
        if asks and _ENDS.search(" ".join(_run_by(step))) and (held := holds(text(step, "if"), world)) is not False:
            return Fate(stops=held, why=f"the step on line {line(step)} fails by how it went")
    return None


def _step(step: Node, fate: Fate, around: _Around) -> Iterator[Command]:
    script = get(step, "run")
    if script is None:
        if SPEAKS.search(" ".join(spoken(step))):
            raise Unreadable(line(step), f"what {text(step, 'uses') or 'this step'} runs is not read")
        return
    named = text(step, "shell") or around.shell or "bash -e {0}"
    if not re.match(r"(?:ba)?sh\b", named):
        if SPEAKS.search(text(script)):
            raise Unreadable(line(script), f"a step in {named} is not read")
        return
    own = "{0}" in named  # else GitHub adds its options, which stop at what fails
    found = shell.commands(
        _EXPRESSION.sub("expression", _ENV.sub(r"$\1", text(script))).encode(),
        errexit=not own or _OPTIONS.search(named) is not None,
        pipefail=named == "bash" or "pipefail" in named,
        above=begins(script),
        last=fate,
        given={**around.env, **_env(step)},
    )
    yield from (one.led_to(fate) for one in found)
