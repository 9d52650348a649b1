"""Files of the repository that a migration reads, paths to them, and streams in memory."""

from __future__ import annotations

import os.path
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.files import Unreadable, read_source
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.real import computed
from migration_guard.interpreter.syntax import Literal
from migration_guard.interpreter.text import Piece, Text, as_text, concatenated, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Method, ModuleValue, Unknown, Value, join
from migration_guard.libraries.standard import data
from migration_guard.libraries.standard.iteration import first
from migration_guard.sight import folders

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

MAX_FILE = 2_000_000
MAX_NAMES = 200
"""Files of a folder that are listed."""


class PathValue(Value):
    """A path in the repository, as far as it is known."""

    __slots__ = ("path",)

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @property
    def key(self) -> object:
        return ("path", str(self.path))

    def below(self, parts: list[Value]) -> PathValue:
        path = self.path
        for part in parts:
            if path is None or not isinstance(part, Text) or not part.known:
                return PathValue(None)
            path = path / str(part)
        return PathValue(path)

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        return self.below([other]) if operator == "__truediv__" else None

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "parent":
            return PathValue(self.path.parent if self.path else None)
        if name == "parents":
            return Sequence([PathValue(parent) for parent in self.path.parents] if self.path else [])
        if name in ("name", "stem", "suffix") and self.path:
            return plain(getattr(self.path, name))
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "read_text" | "read" | "read_bytes":
                data.reads(self.path, call)
                return file_text(self.path, call.machine, binary=name == "read_bytes")
            case "resolve" | "absolute" | "expanduser" | "__fspath__" | "as_posix" | "__str__":
                return self
            case "joinpath":
                return self.below(list(call.positional))
            case "with_name" | "with_suffix" | "with_stem" if self.path and isinstance(first(call), Text):
                return self._renamed(name, str(first(call)))
            case "open":
                return _opened(self.path, call.argument(0, "mode"), call)
            case "exists" | "is_file" | "is_dir":
                return Unknown(name)
            case "glob" | "rglob" | "iterdir":
                return self._found(name, first(call), call.machine)
            # as text
            case "endswith" | "startswith" | "format":
                return Unknown(name)
        return Unknown(name)

    def _renamed(self, name: str, given: str) -> Value:
        try:
            return PathValue(getattr(self.path, name)(given))
        except ValueError:
            return PathValue(None)

    def _found(self, name: str, pattern: Value, machine: Machine) -> Value:
        """The files below a folder of the repository that a pattern names."""
        path = self.path
        known = name == "iterdir" or (isinstance(pattern, Text) and pattern.known)
        if path is None or not known or not machine.repository.holds(path):
            return Sequence((), PathValue(None))
        if name == "iterdir":
            held = folders.names(path)
            found = None if held is None else tuple(sorted(path / one for one in held))
        else:
            found = folders.matching(path, str(pattern), name == "rglob")
        nowhere = not found and not folders.is_folder(path)  # a relative path begins where the program is started
        if found is None or nowhere or len(found) > MAX_NAMES:
            return Sequence((), PathValue(None))
        return Sequence([PathValue(one) for one in found], shuffled=len(found) > 1)


class OpenFile(Value):
    """An open file of the repository."""

    __slots__ = ("_binary", "_machine", "_path")

    def __init__(self, path: Path | None, machine: Machine, *, binary: bool = False) -> None:
        self._path = path
        self._machine = machine
        self._binary = binary

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "read":
                return file_text(self._path, call.machine, binary=self._binary)
            case "readlines" | "splitlines":
                return self.iterated()
            case "readline":
                return self.iterated().element()
            case "__enter__" | "__iter__":
                return self
        return Unknown(name)

    def iterated(self) -> Value:
        text = file_text(self._path, self._machine, binary=self._binary)
        if not isinstance(text, Text):
            return Sequence((), UNKNOWN)
        lines = text.split_lines(keep=True)
        return Sequence(lines) if len(lines) <= MAX_NAMES else Sequence((), join([*lines[:4], Unknown("line")]))

    def elements(self) -> list[Value] | None:
        return self.iterated().elements()

    def element(self) -> Value:
        return self.iterated().element()


def file_text(path: Path | None, machine: Machine, *, binary: bool = False) -> Value:
    """The text of a file of the repository; unknown where it is none, or cannot be read."""
    if path is None or not machine.repository.holds(path):
        return Unknown("file")
    try:
        content = read_source(path, MAX_FILE)
    except Unreadable:
        return Unknown("file")
    value = content.decode("latin-1") if binary else _as_text(content)
    machine.repository.reached.add(path)
    return Text((Piece(value, Literal(None, None, value, (), path)),), binary=binary)


def _as_text(content: bytes) -> str:
    """As Python reads a text: every line ends with the same character."""
    return content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def as_path(value: Value | None, machine: Machine) -> Path | None:
    match value:
        case Instance():
            said = value.special("__fspath__")
            return as_path(said, machine) if not isinstance(said, Instance) else None  # Python refuses another object
        case PathValue(path=path):
            return path
        case Text() if value.known:
            return machine.folder() / str(value)
    return None


def _each_path(value: Value, make: Callable[[Path | None], Value], machine: Machine) -> Value:
    return join(make(as_path(option, machine)) for option in value.alternatives())


def _path(call: Call) -> Value:
    if not call.positional:
        return PathValue(None)
    rest = list(call.positional[1:])
    return _each_path(first(call), lambda path: PathValue(path).below(rest), call.machine)


def _open(call: Call) -> Value:
    mode = call.argument(1, "mode")
    given = call.argument(0, "file", "filename") or UNKNOWN
    return _each_path(given, lambda path: _opened(path, mode, call), call.machine)


def _opened(path: Path | None, mode: Value | None, call: Call) -> OpenFile:
    data.reads(path, call)
    return OpenFile(path, call.machine, binary=isinstance(mode, Text) and "b" in str(mode))


def _join_path(call: Call) -> Value | None:
    """`os.path.join(…)`: a path of the repository, or a text that only looks like one."""
    if call.positional and all(isinstance(value, Text) and value.known for value in call.positional):
        return computed(os.path.join, call)
    return _path(call) if len(call.positional) > 1 else first(call)


def _parent(call: Call) -> Value:
    return _each_path(first(call), lambda path: PathValue(path.parent if path else None), call.machine)


def _same_path(call: Call) -> Value:
    return _each_path(first(call), PathValue, call.machine)


def _part(name: str, call: Call) -> Value | None:
    """`os.path.basename(path)` and the like."""
    value = first(call)
    path = value.path if isinstance(value, PathValue) else None
    if path is None:
        return computed(getattr(os.path, name), call)
    return computed(getattr(os.path, name), call.with_arguments((plain(str(path)),), {}))


def _listed(call: Call) -> Value:
    """`os.listdir(folder)`."""
    found = PathValue(as_path(first(call), call.machine)).method("iterdir", call.with_arguments((), {}))
    names = [plain(one.path.name) if isinstance(one, PathValue) and one.path else UNKNOWN for one in found.each()]
    return Sequence(names) if found.elements() is not None else Sequence((), join(names))


def _globbed(call: Call) -> Value:
    """`glob.glob(pattern)`."""
    path = as_path(first(call), call.machine)
    if path is None:
        return Sequence((), PathValue(None))
    return PathValue(path.parent).method("glob", call.with_arguments((plain(path.name),), {}))


def _data(call: Call) -> Value:
    """`pkgutil.get_data(package, name)`, `importlib.resources.read_text(package, name)`."""
    path = _data_path(call)
    data.reads(path, call)
    binary = call.name in ("get_data", "read_binary")
    return file_text(path, call.machine, binary=binary)


def _open_data(call: Call) -> Value:
    data.reads(_data_path(call), call)
    return UNKNOWN


def _data_path(call: Call) -> Path | None:
    name = call.argument(1, "resource")
    folder = _package(first(call), call)
    path = folder / str(name) if folder is not None and isinstance(name, Text) and name.known else None
    if path is None or not folders.is_file(path):
        path = as_path(name, call.machine)
    return path


def _resources(call: Call) -> Value:
    """`importlib.resources.files(package)`."""
    return PathValue(_package(first(call), call))


def _package(value: Value, call: Call) -> Path | None:
    """The folder of a package, by its name or the module itself."""
    if isinstance(value, ModuleValue):
        return value.module.folder or value.module.path.parent
    if isinstance(value, Text) and value.known and str(value).replace(".", "").isidentifier():
        module = call.machine.repository.find(str(value), call.machine.scope.module.path)
        return (module.folder or module.path.parent) if module is not None else None
    return call.machine.folder() if not call.positional else None


# --- Streams in memory -----------------------------------------------------------------------------------------------


class Stream(Store, Value):
    """`StringIO`: what was written to it, one after the other."""

    __slots__ = ()

    def __init__(self, text: Value) -> None:
        super().__init__()
        self.write("text", text)

    @property
    def key(self) -> object:
        return id(self)

    @property
    def text(self) -> Value:
        found = self.read("text")
        return found if isinstance(found, Value) else UNKNOWN

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "write":
                self.put(first(call), call.machine)
                return Unknown("written")
            case "writelines":
                for value in first(call).each():
                    self.put(value, call.machine)
                return NONE
            case "getvalue" | "read" | "getbuffer":
                return self.text
            case "readlines":
                return Sequence(self._lines() or ()) if self._lines() is not None else Sequence((), UNKNOWN)
            case "readline":
                lines = self._lines()
                return join([*lines, plain("")]) if lines else UNKNOWN
            case "truncate":
                self.write("text", join((self.text, plain(""))))
                return Unknown(name)
            case "__enter__" | "__iter__":
                return self
        return Unknown(name)

    def written_into(self) -> None:
        self.write("text", join((self.text, UNKNOWN)))

    def put(self, value: Value, machine: Machine) -> None:
        self.write("text", machine.combine(lambda a, b: concatenated((as_text(a), as_text(b))), self.text, value))

    def _lines(self) -> list[Value] | None:
        text = self.text
        return [*text.split_lines(keep=True)] if isinstance(text, Text) and text.known else None

    def elements(self) -> list[Value] | None:
        return self._lines()

    def element(self) -> Value:
        lines = self._lines()
        return join(lines) if lines else UNKNOWN


def _stream(call: Call) -> Value:
    return Stream(call.argument(0, "initial_value", "initial_bytes") or plain(""))


# --- The environment -------------------------------------------------------------------------------------------------


def _environment(call: Call) -> Value:
    """`os.getenv(name, default)`."""
    return call.machine.libraries.environment.method("get", call)


def _set_environment(call: Call) -> Value:
    value = call.argument(1, "value") or UNKNOWN
    call.machine.libraries.environment.set_item(first(call), value, rows=bool(call.machine.row_loops))
    return NONE


CALLS: dict[str, Callable[[Call], Value | None]] = {
    **dict.fromkeys((f"pathlib.{name}" for name in ("Path", "PurePath", "PosixPath", "PurePosixPath")), _path),
    "pathlib.Path.cwd": lambda call: PathValue(None),
    **dict.fromkeys(("builtins.open", "io.open", "codecs.open", "io.FileIO"), _open),
    **dict.fromkeys(("io.TextIOWrapper", "io.BufferedReader"), first),
    **dict.fromkeys(("io.StringIO", "io.BytesIO"), _stream),
    "os.path.join": _join_path,
    "os.path.dirname": _parent,
    **dict.fromkeys((f"os.path.{name}" for name in ("abspath", "realpath", "normpath", "expanduser")), _same_path),
    **{f"os.path.{name}": partial(_part, name) for name in ("basename", "splitext", "split")},
    "os.fspath": lambda call: first(call) if isinstance(first(call), (PathValue, Text)) else None,
    "os.listdir": _listed,
    **dict.fromkeys(("glob.glob", "glob.iglob"), _globbed),
    **dict.fromkeys(
        (
            "pkgutil.get_data",
            "importlib.resources.read_text",
            "importlib.resources.read_binary",
        ),
        _data,
    ),
    **dict.fromkeys(("importlib.resources.open_text", "importlib.resources.open_binary"), _open_data),
    "importlib.resources.files": _resources,
    "importlib.resources.as_file": first,
    "os.getenv": _environment,
    "os.putenv": _set_environment,
}
