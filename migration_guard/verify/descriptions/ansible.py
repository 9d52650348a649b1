"""Ansible: the tasks of a playbook in order; one that fails stops the play, unless its errors are ignored."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.steps import SPEAKS, Command, Fate, Unreadable, words_of
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

_STOPS = Fate(stops=True, why="a task that fails stops the play")
_ALLOWED = Fate(stops=False, why="its errors are ignored")
_RUNS = frozenset({"command", "shell", "script", "raw"})
_PARTS = ("pre_tasks", "roles", "tasks", "post_tasks")


def recognises(root: Node) -> bool:
    listed = items(root)
    return bool(listed) and all(
        get(one, "hosts") is not None or get(one, "import_playbook") is not None for one in listed
    )


def read(root: Node) -> Iterator[Command]:
    for play in items(root):
        for part in _PARTS:
            yield from _tasks(get(play, part), _STOPS)


def _tasks(node: Node | None, around: Fate) -> Iterator[Command]:
    for task in items(node):
        allowed = is_true(get(task, "ignore_errors")) or text(task, "failed_when").lower() in {"false", "no"}
        fate = _ALLOWED if allowed else around
        if get(task, "block") is not None:
            rescued = Fate(stops=None, why="a rescue decides what follows") if get(task, "rescue") is not None else fate
            for part in ("block", "always"):
                yield from _tasks(get(task, part), rescued if part == "block" else fate)
            continue
        yield from _task(task, fate)


def _task(task: Node, fate: Fate) -> Iterator[Command]:
    for key, _, value in pairs(task):
        name = key.rpartition(".")[2]
        if name in _RUNS:
            given = get(value, "cmd") or get(value, "argv") or value
            if name in {"shell", "raw"}:
                found = shell.commands(text(given).encode(), above=begins(given), last=fate)
                yield from (one.led_to(fate) for one in found)
            else:
                yield Command(_words(given), line(given), fate)
            return
    if SPEAKS.search(" ".join(spoken(task))):
        raise Unreadable(line(task), "what this task runs is not read")


def _words(node: Node) -> tuple[str, ...]:
    return tuple(texts(node)) if items(node) else words_of(text(node))
