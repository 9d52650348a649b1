"""GitLab CI: jobs by stage; one that fails stops the stages behind it, unless it may fail."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.order import after, deploys
from migration_guard.verify.descriptions.steps import Command, Fate
from migration_guard.verify.descriptions.yamls import Node, begins, get, is_true, items, pairs, scalars, text, texts

_STAGES = (".pre", "build", "test", "deploy", ".post")
_STOPS = Fate(stops=True, why="a job that fails stops the pipeline")
_ALLOWED = Fate(stops=False, why="allow_failure lets the pipeline go on")
_NO_JOBS = frozenset({"stages", "variables", "default", "include", "workflow", "image", "services", "cache", "pages"})


def recognises(name: str, root: Node) -> bool:
    scripts = any(get(job, "script") is not None for key, _, job in pairs(root) if key not in _NO_JOBS)
    return scripts and (name.endswith("gitlab-ci.yml") or get(root, "stages") is not None)


def read(root: Node) -> Iterator[Command]:
    jobs = {key: job for key, _, job in pairs(root) if key not in _NO_JOBS and get(job, "script") is not None}
    stages = texts(get(root, "stages")) or list(_STAGES)
    place = {key: stages.index(stage) if (stage := _stage(job)) in stages else len(stages) for key, job in jobs.items()}
    ordered = sorted(jobs, key=lambda key: place[key])
    for key in after({key: _needs(jobs[key]) for key in ordered}):
        job = jobs[key]
        if deploys(f"{key} {_stage(job)}") or get(job, "environment") is not None:
            yield from _job(job, get(root, "before_script") or get(root, "default", "before_script"))


def _stage(job: Node) -> str:
    return text(job, "stage") or "test"


def _needs(job: Node) -> list[str]:
    needs = get(job, "needs")
    return [*texts(needs), *(text(one, "job") for one in items(needs))]


def _job(job: Node, shared: Node | None) -> Iterator[Command]:
    allowed = get(job, "allow_failure")
    fate = _ALLOWED if is_true(allowed) or get(allowed, "exit_codes") is not None else _STOPS
    parts = [part for name in ("before_script", "script") if (part := get(job, name)) is not None]
    if get(job, "before_script") is None and shared is not None:
        parts.insert(0, shared)
    for part in parts:
        for one in scalars(items(part)) or scalars([part]):
            found = shell.commands(text(one).encode(), errexit=True, above=begins(one), last=fate)
            yield from (command.led_to(fate) for command in found)
