"""Celery: what runs of a task here, when it is called or applied, and what is left to a worker, if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.values import External, Method, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.execution import opaque
from migration_guard.libraries.handing import held
from migration_guard.skim import eager

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("celery",)
SIGNS = frozenset({"s", "si", "signature", "subtask", "map", "starmap", "chunks"})
"""Methods of a task that give a signature: the task with arguments, to be called later."""
OVER_MANY = frozenset({"map", "starmap", "chunks"})
"""… which is one of a group of calls."""
LEAVES = frozenset({"delay", "apply_async"})
"""Methods that leave a task to a worker, if there is one."""
_TASK = External("celery.task")
_COMPOSE = frozenset({"group", "chain", "chord", "xmap", "xstarmap", "chunks"})
_NAMES = frozenset({"signature", "subtask", "Signature"})
"""Functions that are given a task's name."""
_SAME = frozenset({"set", "clone", "link", "link_error", "on_error", "copy"})


def is_eager(call: Call) -> bool:
    """Whether what is left to a worker runs here: `task_always_eager`, as the repository sets it."""
    root = call.machine.libraries.django.root
    return eager.sets(call.machine.source.text.encode()) or (root is not None and eager.runs_tasks_here(root))


def value(name: str) -> Value | None:
    return None


def call(target: External, call: Call) -> Value | None:
    if target.last == "Celery":
        return App()
    if target.last in ("task", "shared_task", "periodic_task"):
        return call.argument(0) or _TASK
    if target.last in _COMPOSE:
        parts = (part for argument in call.arguments for one in held(argument) for part in _tasks(one, call))
        return Signature(tuple(parts), single=False)
    return Registered() if target.last in _NAMES else Unknown(target.last)


def out_of_sight(target: External, call: Call) -> Value | None:
    """What a task that is out of sight gives, if it is signed, or is left to a worker; None of anything else."""
    if target.last in ("s", "si"):
        return Registered()
    if target.last in LEAVES and is_eager(call):
        return Registered().method(target.last, call)
    return None


def _tasks(value: Value, call: Call) -> tuple[tuple[Value, Call], ...]:
    """The tasks of a signature, each with its arguments."""
    if isinstance(value, Signature):
        return value.tasks
    return ((value, call.with_arguments((), {})),) if isinstance(value, Registered) else ()


@dataclass(frozen=True, slots=True, eq=False)
class App(Value):
    """`Celery(…)`, whose `task` makes tasks of functions."""

    @property
    def key(self) -> object:
        return "celery app"

    def attribute(self, name: str, machine: Machine) -> Value:
        return _TASK if name == "task" else Registered() if name == "tasks" else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        return (call.argument(0) or _TASK) if name == "task" else Unknown(name)


@dataclass(frozen=True, slots=True, eq=False)
class Registered(Value):
    """`app.tasks`, and each task that is looked up by its name or comes from out of sight: what it does is not known."""

    callable_in_sight = True

    @property
    def key(self) -> object:
        return "celery tasks"

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def item(self, key: Value) -> Value:
        return self

    def call(self, call: Call) -> Value:
        return self.method("run", call)

    def method(self, name: str, call: Call) -> Value:
        if name in ("run", "apply", "__call__") or (name in LEAVES and is_eager(call)):
            opaque(call, "a task that is out of sight is run here", call.name or name)
        if name == "values":
            return Sequence((), self)
        if name == "items":
            return Sequence((), Sequence((Unknown("name"), self), kind="tuple"))
        return self if name in ("get", "pop") or name in SIGNS | _SAME else Unknown(name)

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        return _chained(self, operator, other, call)


def _chained(one: Value, operator: str, other: Value, call: Call) -> Value | None:
    """`fill.s() | clear.s()`."""
    if operator != "__or__" or not isinstance(other, (Signature, Registered)):
        return None
    return Signature((*_tasks(one, call), *_tasks(other, call)), single=False)


@dataclass(frozen=True, slots=True, eq=False)
class Signature(Value):
    """Tasks with their arguments: one, or several in a chain or group, of which a call leaves all to a worker."""

    tasks: tuple[tuple[Value, Call], ...]
    single: bool = True

    is_made = True
    callable_in_sight = True

    @property
    def key(self) -> object:
        given = ((task.key, *(value.key for value in call.arguments), *call.named) for task, call in self.tasks)
        return ("signature", *given, self.single)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def call(self, call: Call) -> Value:
        return self._run(call) if self.single or is_eager(call) else Unknown("delay")

    def method(self, name: str, call: Call) -> Value:
        if name == "apply" or (name in LEAVES and is_eager(call)):
            return self._run(call)
        return self if name in _SAME else Unknown(name)

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        return _chained(self, operator, other, call)

    def _run(self, call: Call) -> Value:
        for task, given in self.tasks:
            again = call.with_arguments((*given.positional, *call.positional), {**given.named, **call.named})
            call.machine.call(
                task, again if self.single else call.with_arguments(given.positional, given.named)
            ).consumed()
        return Unknown("result", from_rows=True)
