"""Kubernetes, with Helm's hooks: init containers, containers, Jobs, by command and args."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_guard.verify.descriptions.steps import RUNS, Command, Fate, Unreadable
from migration_guard.verify.descriptions.yamls import Node, get, items, line, text, texts, words

_INIT = Fate(stops=True, why="an init container that fails keeps the pod from starting")
_MAIN = Fate(stops=True, why="the container ends with its exit code")
_HOOK = Fate(stops=True, why="a hook that fails makes the release fail")
_ALONE = Fate(stops=None, why="who waits for a Job is told elsewhere")
_SIDE = Fate(stops=False, why="it runs by its own schedule", apart=True)
_WORKLOADS = frozenset("Deployment StatefulSet DaemonSet ReplicaSet ReplicationController Rollout".split())
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")


def recognises(root: Node) -> bool:
    return bool(text(root, "apiVersion")) and bool(text(root, "kind"))


def read(roots: Sequence[Node]) -> Iterator[Command]:
    """The hooks before a release, then what it consists of, then the hooks behind it."""
    objects = [
        one for root in roots for one in ([*items(get(root, "items"))] if text(root, "kind") == "List" else [root])
    ]
    for one in sorted(objects, key=_place):
        yield from _object(one)


def _hooks(root: Node) -> str:
    notes = get(root, "metadata", "annotations")
    return ",".join(text(notes, name) for name in _HOOKS).lower()


def _place(root: Node) -> tuple[int, int]:
    hooks = _hooks(root)
    weight = text(root, "metadata", "annotations", "helm.sh/hook-weight").strip()
    number = int(weight) if weight.lstrip("-").isdigit() else 0
    stage = -1 if "pre" in hooks else 1 if "post" in hooks else 2 if text(root, "kind") == "CronJob" else 0
    return stage, number


def _object(root: Node) -> Iterator[Command]:
    kind = text(root, "kind")
    spec = get(root, "spec")
    match kind:
        case "Job":
            main = _HOOK if _hooks(root).strip(",") else _ALONE
            yield from _pod(get(spec, "template", "spec"), main, main)
        case "CronJob":
            yield from _pod(get(spec, "jobTemplate", "spec", "template", "spec"), _SIDE, _SIDE)
        case "Pod":
            yield from _pod(spec, _INIT, _MAIN)
        case _ if kind in _WORKLOADS:
            yield from _pod(get(spec, "template", "spec"), _INIT, _MAIN)
        case _ if any(map(RUNS.search, words(root))):
            raise Unreadable(line(root), f"a {kind} is not read, and speaks of migrations or backfills")


def _pod(spec: Node | None, first: Fate, main: Fate) -> Iterator[Command]:
    for name, fate in (("initContainers", first), ("containers", main)):
        for one in items(get(spec, name)):
            yield _container(one, fate)


def _container(node: Node, fate: Fate) -> Command:
    words = (*texts(get(node, "command")), *texts(get(node, "args")))
    place = next((one for name in ("command", "args") if (one := get(node, name)) is not None), node)
    return Command(words, line(place), fate, "" if words else text(node, "name"))
