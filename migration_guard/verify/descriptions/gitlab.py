"""GitLab CI: jobs by stage; one that fails stops the stages behind it, unless it may fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.order import after, before, deploys
from migration_guard.verify.descriptions.steps import SPEAKS, Command, Fate, Place, Unreadable
from migration_guard.verify.descriptions.yamls import (
    Node,
    begins,
    get,
    is_true,
    items,
    line,
    pairs,
    scalars,
    spoken,
    text,
    texts,
)

_STAGES = (".pre", "build", "test", "deploy", ".post")
_STOPS = Fate(stops=True, why="a job that fails stops the pipeline")
_ALLOWED = Fate(stops=False, why="allow_failure lets the pipeline go on")
_MANUAL = Fate(stops=False, why="a job that is started by hand holds up nothing")
_ALWAYS = Fate(stops=False, why="a job behind it runs always")
_SOME = Fate(stops=None, why="allow_failure holds for some exit codes")
_UNTOLD = Fate(stops=None, why="its rules differ in whether it may fail")
_BEHIND = Fate(stops=False, why="what after_script runs fails no job")
_DEEPEST = 10
"""Jobs that extend others, and scripts that refer to others, as GitLab has it."""
_NO_JOBS = frozenset({"stages", "variables", "default", "include", "workflow", "image", "services", "cache", "pages"})


def recognises(name: str, root: Node) -> bool:
    scripts = any(get(job, "script") is not None for key, _, job in pairs(root) if key not in _NO_JOBS)
    return scripts and (name.endswith("gitlab-ci.yml") or get(root, "stages") is not None)


def read(root: Node) -> Iterator[Command]:
    jobs = {key: _Job(root, job) for key, _, job in pairs(root) if key not in _NO_JOBS and not key.startswith(".")}
    jobs = {key: job for key, job in jobs.items() if job.get("script") is not None}
    stages = texts(get(root, "stages")) or list(_STAGES)
    place = {key: stages.index(stage) if (stage := _stage(job)) in stages else len(stages) for key, job in jobs.items()}
    ordered = sorted(jobs, key=lambda key: place[key])
    needs = {key: _needed(jobs[key], [one for one in ordered if place[one] < place[key]]) for key in ordered}
    asked = [key for key in after(needs) if _deploys(key, jobs[key])]
    shared = get(root, "before_script") or get(root, "default", "before_script")
    for index, key in enumerate(asked):
        goes_on = any(text(jobs[one].get("when")) == "always" for one in asked[index + 1 :])
        for one in _job(jobs[key], shared, goes_on=goes_on):
            yield replace(one, place=Place(key, before(key, needs), "pipeline"))
    _left_out(root, asked)


def _deploys(key: str, job: _Job) -> bool:
    return deploys(f"{key} {_stage(job)}") or job.get("environment") is not None


def _left_out(root: Node, read: Sequence[str]) -> None:
    """Raise Unreadable for what may deploy and stands in other files: what is included, and pipelines that a job starts."""
    included = get(root, "include")
    if included is not None and SPEAKS.search(" ".join(spoken(included))):
        raise Unreadable(line(included), "what it includes stands in files that are not read with it")
    for key, _, job in pairs(root):
        if key not in read and get(job, "trigger") is not None and SPEAKS.search(f"{key} {' '.join(spoken(job))}"):
            raise Unreadable(line(job), "the pipeline that it triggers is not read with it")


class _Job:
    """A job, with what it has from those that it extends."""

    def __init__(self, root: Node, job: Node) -> None:
        self.root = root
        self._job = job

    def get(self, name: str) -> Node | None:
        return self._given(self._job, name, 0)

    def _given(self, job: Node, name: str, deep: int) -> Node | None:
        own = get(job, name)
        if own is not None or deep > _DEEPEST:
            return own
        for base in reversed(texts(get(job, "extends"))):
            other = get(self.root, base)
            if other is None:
                raise Unreadable(line(job), f"{base}, which a job extends, stands in a file that is not read with it")
            if (found := self._given(other, name, deep + 1)) is not None:
                return found
        return None


def _stage(job: _Job) -> str:
    return text(job.get("stage")) or "test"


def _needed(job: _Job, earlier: list[str]) -> list[str]:
    """The jobs that it needs; of one that names none, those of all stages before its own."""
    needs = job.get("needs")
    return earlier if needs is None else [*texts(needs), *(text(one, "job") for one in items(needs))]


def _leniency(job: _Job) -> Fate | None:
    """What lets the pipeline go on when it fails, or is not run; None if nothing does."""
    ways = {_way(rule, job) for rule in items(job.get("rules")) if text(rule, "when") != "never"} or {_way(None, job)}
    return ways.pop() if len(ways) == 1 else _UNTOLD


def _way(rule: Node | None, job: _Job) -> Fate | None:
    allowed = get(rule, "allow_failure") or job.get("allow_failure")
    if get(allowed, "exit_codes") is not None:
        return _SOME
    manual = "manual" in {text(rule, "when"), text(job.get("when"))}
    if is_true(allowed):
        return _ALLOWED
    return _MANUAL if manual and rule is None and allowed is None else None


def _job(job: _Job, shared: Node | None, *, goes_on: bool) -> Iterator[Command]:
    """What a job runs; `goes_on` says that a later one runs whatever becomes of it."""
    fate = _leniency(job) or (_ALWAYS if goes_on else _STOPS)
    parts = [job.get("before_script") or shared, job.get("script")]
    for part, leads in (*((one, fate) for one in parts), (job.get("after_script"), _BEHIND)):
        for one in _lines(part, job.root) if part is not None else ():
            found = shell.commands(text(one).encode(), errexit=True, above=begins(one), last=leads)
            yield from (command.led_to(leads) for command in found)


def _lines(part: Node, root: Node, deep: int = 0) -> Iterator[Node]:
    """The texts of a script, also those that stand elsewhere (`!reference [.setup, script]`)."""
    if not part.tag.endswith("reference"):
        for one in items(part):
            yield from _lines(one, root, deep)
        yield from scalars([part])
        return
    if deep > _DEEPEST:
        raise Unreadable(line(part), f"what scripts refer to is followed {_DEEPEST} deep, and no deeper")
    there = get(root, *texts(part))
    if there is not None:
        yield from _lines(there, root, deep + 1)
    elif SPEAKS.search(" ".join(spoken(part))):
        raise Unreadable(line(part), "what a script refers to stands in a file that is not read with it")
