"""Ansible: the tasks of a playbook in order; one that fails stops the play, unless its errors are ignored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from migration_guard.later import re
from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.steps import SPEAKS, Command, Fate, Unreadable, runs
from migration_guard.verify.descriptions.yamls import (
    Node,
    begins,
    command_of,
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
_LATER = Fate(stops=False, why="poll: 0 starts it and looks at its end no more")
_UNTOLD = Fate(stops=None, why="an expression says what a failure is")
_ASKED = Fate(stops=None, why="its errors are ignored, and a task behind it asks what it registered")
_ALLOWED = Fate(stops=False, why="its errors are ignored")
_RUNS = frozenset({"command", "shell", "script", "raw"})
_AS_EVER = re.compile(r"\w+\.rc\s*(?:!=|>)\s*0")
"""What a failure is without being said."""
_OF_RESULTS = re.compile(
    r"\.rc\b|\bis\s+(?:not\s+)?(?:failed|failure|succeeded|success|skipped|changed)\b|\.(?:failed|changed|skipped)\b"
)
"""Conditions on how another task went."""
_NEVER = frozenset({"false", "no"})
_ENDS = frozenset({"end_play", "end_host", "end_batch"})
_PARTS = ("pre_tasks", "roles", "tasks", "post_tasks")


class _EndOfPlay(Exception):
    """A task that ends its play."""


def recognises(root: Node) -> bool:
    listed = items(root)
    return bool(listed) and all(
        get(one, "hosts") is not None or get(one, "import_playbook") is not None for one in listed
    )


def read(root: Node) -> Iterator[Command]:
    for play in items(root):
        if _is_left_out(play):
            continue
        around = _leniency(play) or _STOPS
        with suppress(_EndOfPlay):
            for part in _PARTS:
                yield from _tasks(get(play, part), around)
        handlers = get(play, "handlers")
        if handlers is not None and SPEAKS.search(" ".join(spoken(handlers))):
            raise Unreadable(line(handlers), "when a handler runs is not told")


def _tasks(node: Node | None, around: Fate) -> Iterator[Command]:
    tasks = items(node)
    for index, task in enumerate(tasks):
        if _is_left_out(task):
            continue
        asks = next((one for one in (*texts(get(task, "when")), text(task, "when")) if _OF_RESULTS.search(one)), None)
        if asks is not None and SPEAKS.search(" ".join(spoken(task))):
            raise Unreadable(line(task), f"whether it runs hangs on what another task registered: {asks}")
        if text(task, "meta") in _ENDS or text(task, "ansible.builtin.meta") in _ENDS:
            if get(task, "when") is not None:
                raise Unreadable(line(task), "whether the play ends there hangs on a condition")
            raise _EndOfPlay
        fate = _leniency(task) or around
        if fate is _ALLOWED and _is_asked_for(text(task, "register"), tasks[index + 1 :]):
            fate = _ASKED
        if get(task, "block") is not None:
            rescue = get(task, "rescue")
            if rescue is not None and runs("\n".join(spoken(rescue))):
                raise Unreadable(line(rescue), "whether a rescue runs is not told")
            rescued = Fate(stops=None, why="a rescue decides what follows") if rescue is not None else fate
            for part in ("block", "always"):
                yield from _tasks(get(task, part), rescued if part == "block" else fate)
            continue
        yield from _task(task, fate)


def _is_left_out(task: Node) -> bool:
    """Whether it is never run: by a condition that never holds, or by the tag of what has to be asked for."""
    conditions = (*texts(get(task, "when")), text(task, "when"))
    tags = (*texts(get(task, "tags")), *text(task, "tags").split(","))
    return any(one.strip().lower() in _NEVER for one in conditions) or any(one.strip() == "never" for one in tags)


def _leniency(task: Node) -> Fate | None:
    """What lets the play go on when a task fails; None if nothing does."""
    if text(task, "poll") == "0" and get(task, "async") is not None:
        return _LATER
    ignored, failed = text(task, "ignore_errors").lower(), text(task, "failed_when").lower()
    if is_true(get(task, "ignore_errors")) or failed in _NEVER:
        return _ALLOWED
    told = (not failed or _AS_EVER.fullmatch(failed)) and ignored in {"", *_NEVER}
    return None if told else _UNTOLD


def _is_asked_for(registered: str, behind: Sequence[Node]) -> bool:
    """Whether a later task ends the play by what a task registered, or may."""
    asks = {"fail", "assert", "ansible.builtin.fail", "ansible.builtin.assert"}
    return bool(registered) and any(
        registered in said
        for task in behind
        if any(get(task, one) is not None for one in asks)
        for said in spoken(task)
    )


def _task(task: Node, fate: Fate) -> Iterator[Command]:
    for key, _, value in pairs(task):
        name = key.rpartition(".")[2]
        if name in _RUNS:
            given = get(value, "cmd") or get(value, "argv") or value
            if name in {"shell", "raw"}:
                found = shell.commands(text(given).encode(), above=begins(given), last=fate)
                yield from (one.led_to(fate) for one in found)
            else:
                yield Command(command_of(given), line(given), fate)
            return
    if SPEAKS.search(" ".join(spoken(task))):
        raise Unreadable(line(task), "what this task runs is not read")
