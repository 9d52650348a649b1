"""Python's own library: what its functions carry along, compute or run, by their full names."""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING

from migration_guard.interpreter.real import computed
from migration_guard.interpreter.values import NONE, Constant, External, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.database import Handle, opened
from migration_guard.libraries.handing import run_callbacks
from migration_guard.libraries.standard import (
    builtin,
    code,
    contexts,
    errors,
    files,
    functions,
    hooks,
    iteration,
    programs,
    pure,
    queues,
    records,
    running,
    signatures,
    substitution,
    tables,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

CONSTANTS: dict[str, Value] = {"True": Constant(value=True), "False": Constant(value=False), "None": NONE}
BUILTINS = frozenset(dir(builtins)) - set(CONSTANTS)
ROOTS = sys.stdlib_module_names | {"builtins"}

_CALLS = {
    **iteration.CALLS,
    **builtin.CALLS,
    **functions.CALLS,
    **records.CALLS,
    **contexts.CALLS,
    **files.CALLS,
    **running.CALLS,
    **code.CALLS,
    **queues.CALLS,
    **signatures.CALLS,
    **errors.CALLS,
    **tables.CALLS,
    **substitution.CALLS,
}
_OTHER_NAMES = {
    "posixpath": "os.path",
    "ntpath": "os.path",
    "_io": "io",
    "collections.abc": "collections",
    "concurrent.futures.thread": "concurrent.futures",
    "concurrent.futures.process": "concurrent.futures",
    "multiprocessing.dummy": "multiprocessing",
    "multiprocessing.pool": "multiprocessing",
    "multiprocessing.context": "multiprocessing",
    "asyncio.threads": "asyncio",
    "asyncio.tasks": "asyncio",
    "asyncio.runners": "asyncio",
    "asyncio.events": "asyncio",
    "asyncio.taskgroups": "asyncio",
    "_operator": "operator",
    "_functools": "functools",
    "builtins.str.maketrans": "builtins.str.maketrans",
}
"""Modules that hold what others show."""


def full_name(name: str) -> str:
    """The name under which a thing of the standard library is known here."""
    module, _, last = name.rpartition(".")
    return f"{_OTHER_NAMES[module]}.{last}" if module in _OTHER_NAMES else name


def value(name: str) -> Value | None:
    """What stands behind a name, where it is more than a name."""
    return pure.CONSTANTS.get(name)


def call(target: External, call: Call) -> Value:
    """What calling something of the standard library does."""
    name = full_name(target.name)
    started = programs.call(name, call)
    if started is not None:
        return started
    if name in _ASK_FIRST:
        hooks.called(name, call)
    behaviour = _CALLS.get(name)
    result = behaviour(call) if behaviour is not None else None
    if result is None:
        result = hooks.called(name, call)
    if result is None and name in pure.FUNCTIONS:
        _calls_back(target, call)
        result = computed(pure.FUNCTIONS[name], call) or Unknown(target.last, _of_rows(call))
    if result is None:
        result = _unbound(name, call)
    if result is not None:
        return result
    if name == "sqlite3.connect":
        return opened(call, Handle("sqlite3"))
    run_callbacks(call)
    if target.root in RUNS_HEIRS:
        call.machine.libraries.entrusted.may_run(target, call)
        call.machine.libraries.entrusted.may_use(target, call)
    if target.root in _COMPUTE:
        return Inert(target.last, _of_rows(call))
    return Unknown(target.last, _of_rows(call))


@dataclass(frozen=True, slots=True)
class Inert(Unknown):
    """An object of a module that only computes: what it is given goes nowhere."""

    def attribute(self, name: str, machine: Machine) -> Value:
        return Inert(name, self.from_rows)

    def method(self, name: str, call: Call) -> Value:
        run_callbacks(call)
        return Inert(name, self.from_rows or _of_rows(call))

    def call(self, call: Call) -> Value:
        run_callbacks(call)
        return Inert(self.hint, self.from_rows or _of_rows(call))


_ASK_FIRST = frozenset({"builtins.print", "pprint.pprint", "builtins.range"})
"""Functions that are known and call methods of what they are given besides."""
RUNS_HEIRS = frozenset({"unittest", "doctest", "cmd"})
"""Modules that find classes of the repository by themselves, and run what those have: a call of theirs may run it."""
_COMPUTE = frozenset(
    "hashlib hmac zlib uuid random secrets time datetime decimal fractions statistics struct html unicodedata difflib csv".split()
)


def _of_rows(call: Call) -> bool:
    return any(given.from_rows for given in call.arguments)


def _calls_back(target: External, call: Call) -> None:
    """`re.sub(pattern, function, text)`, `json.dumps(value, default=function)`, `json.loads(text, cls=Decoder)`."""
    run_callbacks(call)
    if "cls" in call.named:
        with_class = call.with_arguments((), {"cls": call.named["cls"]})
        call.machine.libraries.entrusted.may_use(target, with_class)


def _unbound(name: str, call: Call) -> Value | None:
    """`str.upper(text)`, `dict.get(names, key)`: the method of a built-in type, called on its first argument."""
    owner, _, method = name.rpartition(".")
    if owner in _WITH_METHODS and call.positional:
        receiver, rest = call.positional[0], call.positional[1:]
        return receiver.method(method, call.with_arguments(rest, call.named))
    return None


_WITH_METHODS = frozenset(
    f"builtins.{name}" for name in ("str", "bytes", "list", "dict", "set", "tuple", "frozenset")
) | {
    "collections.OrderedDict",
    "collections.deque",
    "threading.Thread",
    "pathlib.Path",
}
