"""What somebody out of sight keeps, a command group, a bus, a registry: whatever is called of it later may run that.

Whose it is says an origin, a text: of an object that a call made, where it was made; of a thing that was imported, its name;
of a thing of which nothing is known, how it is called. What is kept is state: what one entry point hands over, no other runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.calls import told_apart
from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.flow import HEAP, Content, Store
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.values import UNKNOWN, External, Method, Partial, Value, join
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.libraries import trust
from migration_guard.libraries.execution import opaque
from migration_guard.libraries.handing import held

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

_ONLY_WRAPS = re.compile(
    r"(?:^|_|(?<=[a-z])(?=[A-Z])|async|auto)(?i:retr|cach|atomic|transaction|wrap|time|trace|log|with_|deprecat|requir|skip|mock|patch|overrid|context|memo|lock|"
    r"session|connection|profil|bench|suppress|ignor|catch|setter|getter|deleter|default|valid|express|comparator|"
    r"inverse|overload|param|option|argument|inject|final|abstract)"
)
"""Decorators that are named, with one of their words, after what they do around a call: they keep nothing."""


def only_wraps(name: str) -> bool:
    """Whether a decorator does something around each call, and keeps nothing."""
    return bool(_ONLY_WRAPS.search(name))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept under one origin."""

    values: dict[object, Value]
    """By what tells them apart."""

    @property
    def key(self) -> object:
        return tuple(self.values)

    def shape(self, depth: int) -> object:
        return tuple(value.shape(depth) for value in self.values.values())

    def joined(self, others: list[Content]) -> Content:
        every = dict(self.values)
        for one in others:
            if isinstance(one, _Kept):
                every |= one.values
        return _Kept(every)


class Entrusted:
    """Everything of that kind in one migration."""

    def __init__(self) -> None:
        with HEAP.lasting():
            self._kept = Store()
        self._running: set[int] = set()
        self._quiet = 0
        self._at_a_limit = 0
        self._used_by: Call | None = None
        """The call that was followed last: where it may go to several things out of sight, all begin in one state."""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing of what is kept is run."""
        return self._quiet > 0

    @contextmanager
    def at_a_limit(self) -> Iterator[None]:
        """What is called in this block is not followed. What runs because of that runs nothing more at the next limit.

        Each of what is kept would lead to all the others, in every order.
        """
        self._at_a_limit += 1
        self._quiet += self._at_a_limit > 1
        try:
            yield
        finally:
            self._quiet -= self._at_a_limit > 1
            self._at_a_limit -= 1

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """In this block nothing is run: what makes a decorator only hands over."""
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1

    def decorates(self, value: Value, wrapper: Value, machine: Machine) -> None:
        """A decorator that is out of sight, or partly, stands before a function or class: it may keep it."""
        for option in wrapper.alternatives():
            name = getattr(option, "hint", "") or getattr(option, "last", "") or getattr(option, "name", "")
            if only_wraps(name):
                continue
            maker = option.origin.partition("@")[0]
            if isinstance(option, External):
                self.keeps(maker.rpartition(".")[0], value, machine)
                continue
            self.keeps(option.origin, value, machine)
            if maker.rpartition(".")[2] == name:  # `@unseen.register("fill")` made the decorator itself
                self.keeps(maker.rpartition(".")[0], value, machine)

    def keeps(self, origin: str, value: Value, machine: Machine) -> None:
        """Something is handed over for later."""
        if not origin:
            return
        for option in value.alternatives():
            if isinstance(option, (Function, Method, Partial, Class, Instance)) or option.handle:
                slot = (origin, None if machine.scope.parent is None else machine.ledger.direction)
                before = self._kept.read(slot)
                kept = before.values if isinstance(before, _Kept) else {}
                if option.key not in kept:
                    self._kept.write(slot, _Kept({option.key: option, **kept}))

    def inherits(self, base: Value, cls: Value, machine: Machine) -> None:
        """A class has a base from out of sight: that, and whatever lies beside it, may know its subclasses."""
        self.keeps(base.origin, cls, machine)
        if isinstance(base, External):
            self.keeps(base.origin.rpartition(".")[0], cls, machine)

    def may_run(self, callee: Value, call: Call) -> None:
        """Something out of sight is called: what it keeps, and what keeps is given to it, may run."""
        name = call.name
        if self.is_quiet or name in trust.QUEUES or trust.logs(callee, name) or trust.keeps(callee, name):
            return
        given = (value for value in call.arguments if not isinstance(value, Method))
        origins = dict.fromkeys(origin for value in (callee, *given) for origin in _origins(value))
        for origin in origins:
            for value in self._of(origin, call):
                if value.handle and not isinstance(value, (Method, Instance)):
                    if not (trust.asks(name) or trust.is_reader(callee, name)):
                        opaque(call, f"{name or 'a call'} is out of sight and keeps a way to the database", name)
                else:
                    self._run(value, call)

    def _of(self, origin: str, call: Call) -> Iterator[Value]:
        for slot in ((origin, None), (origin, call.machine.ledger.direction)):
            kept = self._kept.read(slot)
            yield from kept.values.values() if isinstance(kept, _Kept) else ()

    def may_use(self, callee: Value, call: Call) -> None:
        """Something out of sight is given objects and classes of the repository: it may call what they have."""
        if self.is_quiet or trust.logs(callee, call.name) or trust.keeps(callee, call.name) or call is self._used_by:
            return
        for value in call.arguments:
            for one in held(value):
                if isinstance(one, (Class, Instance)):
                    self._run(one, call)
        if call.arguments:
            self._used_by = call

    def _run(self, value: Value, call: Call) -> None:
        if id(value) in self._running:
            return
        rest = join((*call.arguments, UNKNOWN))
        key = ("kept", value.key, call.name, self._at_a_limit, told_apart(rest))
        self._running.add(id(value))
        try:
            call.machine.calls.once(key, partial(_run_all, value, call, rest), value, rest)
        finally:
            self._running.discard(id(value))


def _run_all(value: Value, call: Call, rest: Value) -> None:
    for function in _functions(value, call):
        if not any(frame.function is not None and frame.node is function.node for frame in call.machine.frames):
            call.machine.call(function, call.with_arguments((), {}).opened(rest)).consumed()


def _functions(value: Value, call: Call) -> Iterator[Function]:
    """The functions that a call may lead to: of an object the method of that name, or else any that is no hook."""
    match value:
        case Function():
            yield value
        case Partial(function=function):
            yield from _functions(function, call)
        case Class():
            announced = value.method_of("__init_subclass__")
            if announced is not None:  # a class may be made of it
                yield announced.bind(value)
            made = call.machine.call(value, call.with_arguments((), {}).opened(UNKNOWN))
            for option in made.alternatives():
                if isinstance(option, Instance):
                    yield from _functions(option, call)
        case Instance():
            names = [name for cls in value.cls.lineage() for name in cls.scope.names]
            other_way = trust.other_way(call.machine.ledger.direction)
            public = [name for name in dict.fromkeys(names) if name not in (*_MAKERS, *other_way)]
            for name in [call.name] if call.name in public else public:
                method = value.cls.method_of(name)
                if method is not None:
                    yield method.bind(value.cls if method.style == "classmethod" else value)


_MAKERS = ("__init__", "__new__", "__post_init__", "__init_subclass__", "__class_getitem__", "__set_name__", "__del__")
"""Methods that Python calls where an object or a class is made, or is gone."""


def _origins(value: Value) -> Iterator[str]:
    for option in value.alternatives():
        origin = option.origin
        if not origin:
            continue
        yield origin
        if isinstance(option, External):
            yield origin.rpartition(".")[0]
        elif "@" in origin:  # made by a function of a module: `unseen.Runner()`
            yield origin.partition("@")[0].rpartition(".")[0]
