"""GitLab CI: jobs by stage; one that fails stops the stages behind it, unless it may fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from migration_guard.later import re
from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.order import after, before, deploys, tests
from migration_guard.verify.descriptions.steps import SPEAKS, Command, Fate, Place, Unreadable, runs
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
_AWAY = ("project", "remote", "component")
"""What is included from elsewhere."""
_OF_MERGE_REQUESTS = re.compile(r"^merge_requests$|==\s*[\"']?merge_request_event|^\$CI_MERGE_REQUEST_\w+$")
_NO_JOBS = frozenset({"stages", "variables", "default", "include", "workflow", "image", "services", "cache"})
_UNREAD = {
    "trigger": "the pipeline that it triggers is not read with it",
    "run": "what run says is not read",
    "hooks": "what its hooks run is not read",
}
"""What a job may run besides its scripts."""


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
    run = [key for key in after(needs) if not _is_left_out(jobs[key])]
    asked = [key for key in run if _deploys(key, jobs[key])]
    shared = {name: get(root, name) or get(root, "default", name) for name in ("before_script", "after_script")}
    for index, key in enumerate(asked):
        behind = _behind(key, [(one, jobs[one]) for one in asked[index + 1 :]], needs)
        for one in _job(jobs[key], shared, behind):
            yield replace(one, place=Place(key, before(key, needs), "pipeline"))
    _left_out(root, asked)
    for key in run:
        job = jobs[key]
        if key not in asked and not tests(f"{key} {_stage(job)}") and job.get("services") is None and runs(job.said()):
            raise Unreadable(job.line, f"whether the job {key} deploys is not told")


def _behind(key: str, later: Sequence[tuple[str, _Job]], needs: Mapping[str, Sequence[str]]) -> Fate | None:
    """What later jobs make of the failure of one: those that run always, or do not wait for it."""
    for name, job in later:
        if text(job.get("when")) == "always" or any(text(rule, "when") == "always" for rule in items(job.get("rules"))):
            return _ALWAYS
        if key not in before(name, needs) and deploys(name) and not SPEAKS.search(f"{name} {job.said()}"):
            return Fate(stops=None, why=f"the job {name} does not wait for it")
    return None


def _is_left_out(job: _Job) -> bool:
    """Whether a deployment that goes well never runs a job."""
    asked = [text(rule, "if") for rule in items(job.get("rules"))] or texts(job.get("only"))
    if asked and all(_OF_MERGE_REQUESTS.search(one) and "||" not in one for one in asked):
        return True
    rules = [text(rule, "when") or text(job.get("when")) or "on_success" for rule in items(job.get("rules"))]
    return {*rules, *([] if rules else [text(job.get("when"))])} <= {"never", "on_failure"}


def _deploys(key: str, job: _Job) -> bool:
    return deploys(f"{key} {_stage(job)}") or job.get("environment") is not None


def _left_out(root: Node, read: Sequence[str]) -> None:
    """Raise Unreadable for what may deploy and stands in other files: what is included, and pipelines that a job starts."""
    included = get(root, "include")
    away = any(get(one, name) is not None for one in (included, *items(included)) for name in _AWAY) or any(
        "://" in one for one in texts(included)
    )
    if included is not None and (away or SPEAKS.search(" ".join(spoken(included)))):
        raise Unreadable(line(included), "what it includes stands in files that are not read with it")
    for key, _, job in pairs(root):
        for name, why in _UNREAD.items():
            part = get(job, name)
            said = spoken(part) if key in read else (key, *spoken(job))
            if part is not None and SPEAKS.search(" ".join(said)):
                raise Unreadable(line(job), why)


class _Job:
    """A job, with what it has from those that it extends."""

    def __init__(self, root: Node, job: Node) -> None:
        self.root = root
        self._job = job

    @property
    def line(self) -> int:
        return line(self._job)

    def get(self, name: str) -> Node | None:
        return self._given(self._job, name, 0)

    def said(self) -> str:
        """All that it runs."""
        parts = (self.get(name) for name in ("before_script", "script", "after_script"))
        return "\n".join(said for part in parts for said in spoken(part))

    def _given(self, job: Node, name: str, deep: int) -> Node | None:
        own = get(job, name)
        if own is not None:
            return own
        if deep > _DEEPEST:
            raise Unreadable(line(job), f"jobs that extend others are followed {_DEEPEST} deep, and no deeper")
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
    for one in items(needs):
        if is_true(get(one, "optional")) or get(one, "pipeline") is not None or get(one, "project") is not None:
            raise Unreadable(line(one), "whether what it needs is there is not told")
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


def _job(job: _Job, shared: Mapping[str, Node | None], behind: Fate | None) -> Iterator[Command]:
    """What a job runs; `shared` is what all jobs run that say nothing else, `behind` what a later one makes of its failure.

    before_script and script share a shell.
    """
    fate = _leniency(job) or behind or _STOPS
    given = {key: text(value) for key, _, value in pairs(job.get("variables")) if text(value)}
    for parts, leads in (
        ((job.get("before_script") or shared["before_script"], job.get("script")), fate),
        ((job.get("after_script") or shared["after_script"],), _BEHIND),
    ):
        lines = [one for part in parts if part is not None for one in _lines(part, job.root)]
        source, where = _joined(lines)
        for one in shell.commands(source, errexit=True, pipefail=None, last=leads, given=given):
            yield replace(one.led_to(leads), line=where[one.line - 1])


def _joined(lines: Sequence[Node]) -> tuple[bytes, list[int]]:
    """A script's texts as one, each in its own line where that can be, and the line of the file for each line of it."""
    whole: list[str] = []
    where: list[int] = []
    for one in lines:
        while len(whole) < begins(one):
            whole.append("")
            where.append(len(whole))
        for index, said in enumerate(text(one).split("\n")):
            whole.append(said)
            where.append(begins(one) + index + 1)
    return "\n".join(whole).encode(), [*where, where[-1] if where else 1]


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
