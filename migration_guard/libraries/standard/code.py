"""Code as text: `exec`, `eval`, `compile`. What is known of it is read where it is run; what is not is OPAQUE."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.embedded import run_code
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, Unknown, Value, join
from migration_guard.lean import dataclass
from migration_guard.libraries.execution import opaque

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


@dataclass(frozen=True, slots=True, eq=False)
class Code(Value):
    """`compile(text, …)`."""

    text: Value

    @property
    def key(self) -> object:
        return ("code", self.text.key)


def _compiled(call: Call) -> Value:
    given = call.argument(0, "source") or UNKNOWN
    node = call.place.whole
    if isinstance(given, Tree):
        at_once = isinstance(node, cst.Call) and bool(node.args) and isinstance(node.args[0].value, cst.Call)
        return Code(given.text if at_once else UNKNOWN)
    return given if isinstance(given, Code) else Code(given)


@dataclass(frozen=True, slots=True, eq=False)
class Tree(Value):
    """`ast.parse(text)`. What has it may change it: it is the text only where it is compiled at once."""

    text: Value


def _parsed(call: Call) -> Value:
    return Tree(call.argument(0, "source") or UNKNOWN)


def _run(call: Call) -> Value:
    return _among([call.argument(1, "globals"), call.argument(2, "locals")], call)


def _among(scopes: list[Value | None], call: Call) -> Value:
    """Run code among the names of dictionaries, if any are given."""
    given = call.argument(0, "source", "object", "code", "line") or UNKNOWN
    names = [value for value in scopes if value is not None and value is not NONE]
    results: list[Value] = []
    for option in given.alternatives():
        text = option.text if isinstance(option, Code) else option
        for one in text.alternatives():
            result = None
            if isinstance(one, Text) and one.known:
                result = run_code(call, str(one), names)
            if result is None:
                opaque(call, "code that stands in a text is run, and the text is not known")
                result = Unknown("result")
            results.append(result)
    return join(results)


@dataclass(frozen=True, slots=True, eq=False)
class Interpreter(Value):
    """`code.InteractiveInterpreter(locals)`: runs the code that it is given among these names."""

    names: Value

    @property
    def key(self) -> object:
        return ("interpreter", self.names.key)

    def method(self, name: str, call: Call) -> Value:
        return _among([self.names], call) if name in ("runsource", "runcode", "push") else Unknown(name)


def _interpreter(call: Call) -> Value:
    return Interpreter(call.argument(0, "locals") or Mapping())


def _timed(call: Call) -> Value:
    """`timeit.timeit(stmt, setup, globals=…)`: both are run, and may be functions."""
    names = [call.named.get("globals")]
    for one in (call.argument(1, "setup"), call.argument(0, "stmt")):
        for option in one.alternatives() if one is not None else ():
            if isinstance(option, (Text, Code)):
                _among(names, call.with_arguments((option,), {}))
            else:
                call.machine.call(option, call.with_arguments((), {})).consumed()
    return Unknown("seconds")


def _unpickled(call: Call) -> Value:
    """`pickle.loads(data)`: what it makes may be anything, and making it may do anything; rows hold plain values."""
    if not any(value.from_rows for value in call.arguments):
        opaque(call, "what is unpickled may run anything", call.name)
    return Unknown(call.name, from_rows=any(value.from_rows for value in call.arguments))


def _native(call: Call) -> Value:
    """`ctypes.CDLL(path)`: machine code that nobody can read."""
    opaque(call, "a library of machine code is loaded, which cannot be read", call.name)
    return Unknown(call.name)


CALLS: dict[str, Callable[[Call], Value | None]] = {
    "builtins.exec": _run,
    "builtins.eval": _run,
    "builtins.compile": _compiled,
    "ast.parse": _parsed,
    **dict.fromkeys(
        ("cProfile.run", "cProfile.runctx", "profile.run", "profile.runctx", "pdb.run", "pdb.runeval"), _run
    ),
    **dict.fromkeys(("timeit.timeit", "timeit.repeat"), _timed),
    **dict.fromkeys(("pickle.load", "pickle.loads", "marshal.load", "marshal.loads"), _unpickled),
    **dict.fromkeys(("ctypes.CDLL", "ctypes.PyDLL", "ctypes.cdll.LoadLibrary"), _native),
    "code.InteractiveInterpreter": _interpreter,
    "code.InteractiveConsole": _interpreter,
}
