"""Paths and files of the repository, as far as they are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.syntax import Literal
from migration_guard.interpreter.text import Piece, Text, plain
from migration_guard.interpreter.values import UNKNOWN, Method, Unknown, Value

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

MAX_FILE = 2_000_000


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
            return Sequence([PathValue(parent) for parent in list(self.path.parents)[:20]] if self.path else [])
        if name in ("name", "stem", "suffix") and self.path:
            return plain(getattr(self.path, name))
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "read_text" | "read" | "read_bytes":
                return file_text(self.path, call.machine)
            case "resolve" | "absolute" | "expanduser":
                return self
            case "joinpath":
                return self.below(list(call.positional))
            case "with_name" | "with_suffix" if self.path and call.positional and isinstance(call.positional[0], Text):
                return PathValue(getattr(self.path, name)(str(call.positional[0])))
            case "open":
                return OpenFile(self.path)
        return Unknown(name)


class OpenFile(Value):
    """An open file of the repository."""

    __slots__ = ("path",)

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def method(self, name: str, call: Call) -> Value:
        if name == "read":
            return file_text(self.path, call.machine)
        if name in ("readlines", "splitlines"):
            return self.element_list(call.machine)
        return Unknown(name)

    def element_list(self, machine: Machine) -> Value:
        text = file_text(self.path, machine)
        return Sequence(list(text.split("\n"))) if isinstance(text, Text) else UNKNOWN


def file_text(path: Path | None, machine: Machine) -> Value:
    """The text of a file of the repository; unknown where it is none, or cannot be read."""
    if path is None or not machine.repository.holds(path):
        return Unknown("file")
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE:
            return Unknown("file")
        value = path.read_text("utf-8", errors="replace")
    except (OSError, ValueError):
        return Unknown("file")
    machine.repository.reached.add(path)
    return Text((Piece(value, Literal(None, None, value, (), path)),))


def path_of(value: Value | None, machine: Machine) -> Path | None:
    """The path that a value is, or spells."""
    match value:
        case PathValue(path=path):
            return path
        case Text() if value.known:
            return machine.folder() / str(value)
    return None
