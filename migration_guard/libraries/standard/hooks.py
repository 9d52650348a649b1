"""Methods that Python calls by itself when a built-in function is given an object of the repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.flow import each
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.values import NONE, UNKNOWN, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

_HOOKS: dict[str, tuple[str, ...]] = {
    "builtins.len": ("__len__",),
    "builtins.bool": ("__bool__", "__len__"),
    "builtins.hash": ("__hash__",),
    "builtins.int": ("__int__", "__index__", "__trunc__"),
    "builtins.float": ("__float__", "__index__"),
    "builtins.complex": ("__complex__", "__float__"),
    "builtins.abs": ("__abs__",),
    "builtins.bytes": ("__bytes__", "__iter__"),
    "builtins.dir": ("__dir__",),
    "builtins.divmod": ("__divmod__",),
    "builtins.pow": ("__pow__",),
    "builtins.round": ("__round__",),
    "builtins.hex": ("__index__",),
    "builtins.oct": ("__index__",),
    "builtins.bin": ("__index__",),
    "builtins.chr": ("__index__",),
    "builtins.range": ("__index__",),
    "builtins.ascii": ("__repr__",),
    "operator.index": ("__index__",),
    "operator.truth": ("__bool__", "__len__"),
    "operator.not_": ("__bool__", "__len__"),
    "operator.length_hint": ("__len__", "__length_hint__"),
    "math.floor": ("__floor__", "__float__"),
    "math.ceil": ("__ceil__", "__float__"),
    "math.trunc": ("__trunc__",),
    "copy.copy": ("__copy__", "__reduce_ex__", "__reduce__", "__getstate__"),
    "copy.deepcopy": ("__deepcopy__", "__reduce_ex__", "__reduce__", "__getstate__"),
    "copy.replace": ("__replace__",),
    "pickle.dumps": ("__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs__"),
    "pickle.dump": ("__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs__"),
    "os.fspath": ("__fspath__",),
    "sys.getsizeof": ("__sizeof__",),
    "inspect.signature": ("__signature__",),
}
"""By the function: the first of these that there is."""
_OF_STREAMS = frozenset(
    {"csv", "json", "pickle", "marshal", "contextlib", "logging", "pprint", "traceback", "shutil", "gzip", "zipfile"}
)
"""Modules that write to what they are given, if that has the method."""
_OF_PATHS = frozenset({"os", "shutil", "tempfile", "zipfile", "tarfile", "filecmp", "fileinput", "stat"})
"""Modules that take paths, whichever of their functions it is."""
_OF_A_TYPE = {"builtins.isinstance": "__instancecheck__", "builtins.issubclass": "__subclasscheck__"}


def called(name: str, call: Call) -> Value | None:
    """What a hook gives; None where there is none, or what it gives says nothing of what the function gives."""
    if name in _OF_A_TYPE and len(call.positional) > 1:
        for option in (*_types(call.positional[1]), *call.positional[1].alternatives()):
            if isinstance(option, (Class, Instance)):
                option.special(_OF_A_TYPE[name], call.positional[0])
        return None
    if name.partition(".")[0] in _OF_STREAMS or name == "builtins.print":
        for option in (option for value in call.arguments for option in value.alternatives()):
            option.special("write", UNKNOWN)
    if name not in _HOOKS:
        if name.partition(".")[0] in _OF_PATHS:
            for option in (option for value in call.arguments for option in value.alternatives()):
                option.special("__fspath__")
        return None
    others = call.positional[1:2]
    given = [option for value in call.positional[:1] for option in value.alternatives()]
    found = [one for one in each([_asked(way, name, others) for way in given]) if one is not None]
    return join(found) if found and len(found) == len(given) and name not in _TELL_NOTHING else None


_TELL_NOTHING = frozenset({"builtins.hash", "builtins.dir", "pickle.dumps", "pickle.dump", "builtins.range"})


def _asked(option: Value, name: str, others: tuple[Value, ...]) -> Callable[[], Value | None]:
    def ask() -> Value | None:
        for hook in _HOOKS[name]:
            takes = others if hook in ("__divmod__", "__pow__", "__round__") else ()
            takes = (NONE,) if hook in ("__deepcopy__", "__reduce_ex__") else takes
            said = option.special(hook, *takes)
            if said is not None:
                return said
        return None

    return ask


def _types(value: Value) -> Iterator[Class]:
    for option in value.alternatives():
        if isinstance(option, Class):
            yield option
        elif option.is_collection:
            for element in option.each():
                yield from _types(element)
