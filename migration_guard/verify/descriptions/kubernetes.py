"""Kubernetes, with Helm's hooks: init containers, containers, Jobs, by command and args."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from migration_guard.later import re
from migration_guard.verify.descriptions.steps import BY_THE_CLOCK, SPEAKS, Command, Fate, Place, Unreadable, runs
from migration_guard.verify.descriptions.yamls import (
    TEMPLATE,
    Node,
    get,
    is_true,
    items,
    line,
    spoken,
    text,
    texts,
    words,
)

_INIT = Fate(stops=True, why="an init container that fails keeps the pod from starting")
_MAIN = Fate(stops=True, why="the container ends with its exit code")
_HOOK = Fate(stops=True, why="a hook that fails makes the release fail")
_ALONE = Fate(stops=None, why="who waits for a Job is told elsewhere")
_BESIDE = Fate(stops=False, why="an init container that always restarts runs beside the others")
_WORKLOADS = frozenset("Deployment StatefulSet DaemonSet ReplicaSet ReplicationController Rollout".split())
_WEIGHTS = ("helm.sh/hook-weight", "argocd.argoproj.io/sync-wave")
_Stage = tuple[int, int, str]
_NOW = (0, 0)
"""When objects without hooks and weights are made: all at once, and who waits for whom is told elsewhere."""
_DEPLOYING = frozenset("pre-upgrade post-upgrade presync sync postsync".split())
"""A deployment is an upgrade: what only an installation runs is none of it."""
_POLICIES = ("podFailurePolicy", "successPolicy")
_VARIABLE = re.compile(r"\$\((\w+)\)")
"""What Kubernetes puts in from the container's environment."""
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")


def recognises(root: Node) -> bool:
    return bool(text(root, "apiVersion")) and bool(text(root, "kind"))


def read(roots: Sequence[Node]) -> Iterator[Command]:
    """The hooks before a release, then what it consists of, then the hooks behind it."""
    objects = [
        one for root in roots for one in ([*items(get(root, "items"))] if text(root, "kind") == "List" else [root])
    ]
    stages = [(_stage(one), one) for one in objects if _is_deployed(one)]
    begun: dict[str, _Stage] = {}
    for index, (stage, one) in enumerate(sorted(stages, key=lambda pair: pair[0])):
        earlier = frozenset(
            name for name, other in begun.items() if other < stage and (other[:2], stage[:2]) != (_NOW, _NOW)
        )
        for command in _object(one, f"{index} {text(one, 'metadata', 'name')}", earlier):
            yield command
            if command.place is not None:
                begun[command.place.name] = stage


def _hooks(root: Node) -> str:
    notes = get(root, "metadata", "annotations")
    return ",".join(text(notes, name) for name in _HOOKS).lower()


def _is_deployed(root: Node) -> bool:
    """Whether a deployment makes an object: hooks of tests, rollbacks and deletions have their own time."""
    hooks = {one.strip() for one in _hooks(root).split(",")} - {""}
    spec = get(root, "spec")
    notes = get(root, "metadata", "annotations")
    said = (text(spec, "suspend"), *(text(notes, name) for name in (*_HOOKS, *_WEIGHTS)))
    if TEMPLATE in said and any(map(SPEAKS.search, words(root))):
        raise Unreadable(line(notes or root), "a template says when it is made")
    if is_true(get(spec, "suspend")) or "0" in {text(spec, "replicas"), text(spec, "parallelism")}:
        return False
    return not hooks or bool(hooks & _DEPLOYING)


def _stage(root: Node) -> _Stage:
    """When an object is made: by its hook, its weight or wave, and the name by which Helm orders hooks of one weight."""
    hooks = _hooks(root)
    weights = (text(root, "metadata", "annotations", name).strip() for name in _WEIGHTS)
    number = next((int(one) for one in weights if one.lstrip("-").isdigit()), 0)
    stage = -1 if "pre" in hooks else 1 if "post" in hooks else 2 if text(root, "kind") == "CronJob" else 0
    return stage, number, text(root, "metadata", "name") if "upgrade" in hooks or "install" in hooks else ""


def _object(root: Node, name: str, earlier: frozenset[str]) -> Iterator[Command]:
    kind = text(root, "kind")
    spec = get(root, "spec")
    if any(get(spec, one) is not None for one in _POLICIES) and any(map(SPEAKS.search, words(root))):
        raise Unreadable(line(root), "a policy says which failures are none")
    match kind:
        case "Job":
            main = _HOOK if _hooks(root).strip(",") else _ALONE
            yield from _pod(get(spec, "template", "spec"), main, main, name, earlier)
        case "CronJob":
            for one in _pod(
                get(spec, "jobTemplate", "spec", "template", "spec"), BY_THE_CLOCK, BY_THE_CLOCK, name, earlier
            ):
                yield replace(one, place=None)
        case "Pod":
            yield from _pod(spec, _INIT, _MAIN, name, earlier)
        case _ if kind in _WORKLOADS:
            yield from _pod(get(spec, "template", "spec"), _INIT, _MAIN, name, earlier)
        case _ if runs("\n".join((*words(root), *spoken(root)))):
            raise Unreadable(line(root), f"a {kind} is not read, and speaks of migrations or backfills")


def _pod(spec: Node | None, first: Fate, main: Fate, pod: str, earlier: frozenset[str]) -> Iterator[Command]:
    """Init containers one after the other, and then the containers beside each other."""
    ended = earlier
    for one in items(get(spec, "initContainers")):
        beside = text(one, "restartPolicy") == "Always"
        place = Place(f"{pod} {text(one, 'name')}", ended, pod)
        yield replace(_container(one, _BESIDE if beside else first), place=place)
        ended = ended if beside else ended | {place.name}
    for one in items(get(spec, "containers")):
        yield replace(_container(one, main), place=Place(f"{pod} {text(one, 'name')}", ended, pod))


def _container(node: Node, fate: Fate) -> Command:
    hooks = get(node, "lifecycle")
    if hooks is not None and any(map(SPEAKS.search, words(hooks))):
        raise Unreadable(line(hooks), "what a container runs behind its start or before its end is not read")
    env = {text(one, "name"): text(one, "value") for one in items(get(node, "env")) if text(one, "value")}
    written = (*texts(get(node, "command")), *texts(get(node, "args")))
    given = tuple(_VARIABLE.sub(lambda match: env.get(match[1], f"${match[1]}"), word) for word in written)
    place = next((one for name in ("command", "args") if (one := get(node, name)) is not None), node)
    return Command(given, line(place), fate, text(node, "name"))
