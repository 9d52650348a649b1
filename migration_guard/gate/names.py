"""What the names of a file mean, wherever in it they stand: a name that is bound in two ways means nothing."""

from __future__ import annotations

import ast

from migration_guard.gate.known import GIVES_TEXT, TEXT, same
from migration_guard.gate.text import only_changes_schema


class Names:
    """Collects every binding of a file, and answers once all are known."""

    def __init__(self) -> None:
        self._imported: dict[str, str] = {}
        self._given: dict[str, list[ast.expr]] = {}
        self.defined: set[str] = set()
        """Functions and classes."""
        self.bound: set[str] = set()
        """Names that are bound in a way that tells nothing."""
        self._known: dict[str, frozenset[str]] = {}

    def imports(self, name: str, origin: str) -> None:
        if self._imported.setdefault(name, origin) != origin:
            self.bound.add(name)

    def gives(self, name: str, value: ast.expr) -> None:
        self._given.setdefault(name, []).append(value)

    def is_imported(self, name: str) -> bool:
        return name in self._imported

    def is_defined(self, name: str) -> bool:
        """Whether a name can only be a function or class of the file."""
        return name in self.defined and not self._is_variable(name) and name not in self._imported

    def is_free(self, name: str) -> bool:
        """Whether nothing in the file binds a name, so that it is a builtin."""
        return not self._is_variable(name) and name not in self.defined and name not in self._imported

    def is_variable_only(self, name: str) -> bool:
        return self._is_variable(name) and name not in self.defined and name not in self._imported

    def _is_variable(self, name: str) -> bool:
        return name in self.bound or name in self._given

    def origins(self, name: str) -> frozenset[str]:
        """All that a name can be; an empty text stands for what is not known."""
        if name not in self._known:
            self._known[name] = frozenset({""})  # for a name that is given to itself
            found = {self.origin(value) for value in self._given.get(name, ())}
            if name in self._imported:
                found.add(same(self._imported[name]))
            if name in self.bound or name in self.defined:
                found.add("")
            self._known[name] = frozenset(found)
        return self._known[name]

    def origin(self, node: ast.expr) -> str:
        """Spell out where a value comes from, or nothing if that is not certain."""
        match node:
            case ast.Name(id=name):
                found = self.origins(name)
                return next(iter(found)) if len(found) == 1 else ""
            case ast.Attribute(value=owner, attr=name):
                origin = self.origin(owner)
                return same(f"{origin}.{name}") if origin else ""
            case ast.Call(func=function):
                origin = self.origin(function)
                if origin in GIVES_TEXT:
                    return self._text(node)
                return same(f"{origin}()") if origin else ""
            case ast.Constant(value=str() as text):
                return TEXT if only_changes_schema(text) else ""
        return ""

    def _text(self, node: ast.Call) -> str:
        return self.origin(node.args[0]) if len(node.args) == 1 and not node.keywords else ""
