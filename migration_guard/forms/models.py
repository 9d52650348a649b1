"""What decides on rows and stands in no statement: files of data that are read, and what the classes of models do.

Of a model of the repository that an operation speaks of: how its managers choose rows, and what its methods and
properties give that are asked for. Of the one that is written: what its fields are where nobody sets them, what its
constructor, its `save()` and its validators make of values, and what listens to it. Which columns it has does not count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import libcst as cst

from migration_guard.files import Unreadable, read_source
from migration_guard.forms.bindings import Names
from migration_guard.forms.members import MemberForms, body, constants
from migration_guard.forms.names import short
from migration_guard.forms.nodes import within
from migration_guard.forms.values import GIVEN, text_form
from migration_guard.forms.where import Where
from migration_guard.interpreter.repository import Repository
from migration_guard.operations import OperationKind

MAX_DATA = 64 * 1024 * 1024
"""Bytes of a file of data that is looked at; of a larger one only that it is there."""
_INSERTS = frozenset({
    OperationKind.INSERT_LOOP, OperationKind.INSERT_VALUES, OperationKind.UPSERT_VALUES, OperationKind.DML_CALL
})  # fmt: skip
_WRITES = _INSERTS | {OperationKind.UPDATE}
_DEFAULTS = frozenset({"default", "default_factory", "insert_default"})
_AT_UPDATES = frozenset({"onupdate", "auto_now"})
_VALIDATES = frozenset({"validates", "field_validator", "validator"})
_LISTENS = frozenset({"listens_for", "receiver"})
_CHOOSES = "get_queryset"
_Class = tuple[cst.ClassDef, Where]


class ModelForms(MemberForms):
    """Says what files of data and classes of models do to an operation."""

    def __init__(self, known: dict[int, Names], repository: Repository | None) -> None:
        super().__init__(known, repository)
        self._classes: dict[int, _Class] = {}
        """The classes of the repository that were spoken of …"""
        self._links: set[str] = set()
        """… and all that was asked of anything."""
        self._data: dict[Path, None] = {}
        """Files of data that the calls read which were spoken of."""

    def _spoken(self, node: cst.CSTNode, where: Where) -> None:
        """Note what a chain of calls and attributes asks for, and the files that are read by it."""
        opened = self._repository.opened if self._repository is not None else {}
        caller = id(where.caller[0]) if where.caller is not None else 0
        one: cst.CSTNode = node
        while True:
            match one:
                case cst.Call():
                    ways = opened.get(id(one), {})
                    for files in [ways[caller]] if caller in ways else ways.values():
                        self._data |= files
                    one = one.func
                case cst.Attribute(attr=cst.Name(value=name)):
                    self._links.add(name)
                    member = self._in_module(one, where) if name[:1].isupper() else None
                    found = self._any_class(*member) if member is not None else None
                    if found is not None:
                        self._meets(*found)
                    one = one.value
                case cst.Subscript():
                    one = one.value
                case _:
                    return

    def _meets(self, node: cst.ClassDef, where: Where) -> None:
        self._classes.setdefault(id(node), (node, where.at(None)))

    def beside(self, kind: OperationKind, model: str | None = None) -> str:
        """What is said behind a form, nothing where there is nothing of the kind."""
        said: list[str] = []
        met = set[int]()
        while waiting := [one for key, one in self._classes.items() if key not in met]:
            for node, there in waiting:  # what is said of one may speak of others
                met.add(id(node))
                written = (model or "").rpartition(".")[2] == node.name.value
                made = list(dict.fromkeys(self._of_model(node, there, kind if written else None)))
                said += [f"{node.name.value}: {'; '.join(made)}"] if made else []
        files = sorted(map(_digest, self._data))
        return (f" WITH {' & '.join(sorted(said))}" if said else "") + (f" READING {', '.join(files)}" if files else "")

    def _of_model(self, node: cst.ClassDef, where: Where, kind: OperationKind | None) -> Iterator[str]:
        """What a class says of the rows that an operation finds, and of those that it writes."""
        family = [*self._lineage(node, where)]
        wanted = {*self._links} - {"__init__"}
        if kind in _INSERTS:
            wanted |= {"__init__", "__post_init__", "save"}
        if all(self._is_plain(one, there) for one, there in family):
            return  # a class of values is said where it is asked
        choosing = [one for two, there in family for one in self._managers(two, there)]
        for one, there in choosing:
            yield from self._methods(one, there, {_CHOOSES, *wanted})
        for one, there in family:
            yield from self._methods(one, there, wanted)
            if kind in _WRITES:
                yield from self._fields(one, there, _DEFAULTS | _AT_UPDATES if kind in _INSERTS else _AT_UPDATES)
                yield from self._hooks(one, there)

    def _methods(self, node: cst.ClassDef, where: Where, wanted: set[str]) -> Iterator[str]:
        """Those methods and properties that are asked for, and what they ask of their own class."""
        there = {part.name.value: part for part in body(node) if isinstance(part, cst.FunctionDef)}
        waiting = sorted(there.keys() & wanted)
        met = {*waiting}
        while waiting:
            name = waiting.pop(0)
            yield from self._effect(there[name], where, called=name if name in wanted else "")
            more = sorted((_asked_of_self(there[name]) & there.keys()) - met)
            waiting += more
            met |= {*more}

    def _effect(self, function: cst.FunctionDef, where: Where, *, called: str = "") -> Iterator[str]:
        """What a function gives, and what it makes of that which it is given."""
        names = self._names(function)
        inside = Where(names, function, where.source, None, outer=where)

        def made() -> str:
            changed = [self._changed(GIVEN, names.bindings.get(one, []), inside) for one in names.parameters]
            gives = self._results(inside) if names.results else ""
            return "; ".join(one for one in (*changed, gives) if one not in {GIVEN, ""})

        said = self._once((id(function), "effect"), made)
        if said:
            yield short(f"{called} {said}")

    def _fields(self, node: cst.ClassDef, where: Where, wanted: frozenset[str]) -> Iterator[str]:
        """What fields are where nobody sets them."""
        for name, value in constants(node):
            for one in value.args if isinstance(value, cst.Call) else ():
                if one.keyword is not None and one.keyword.value in wanted:
                    yield f"{name} {one.keyword.value}={self._of(one.value, where)}"

    def _hooks(self, node: cst.ClassDef, where: Where) -> Iterator[str]:
        """Validators in a class, and functions of its module that listen to it."""
        for part in body(node):
            if isinstance(part, cst.FunctionDef) and _is_decorated(part, _VALIDATES):
                yield from self._effect(part, where)
        for every in where.names.bindings.values():
            for one in every:
                if one.function is not None and _is_decorated(one.function, _LISTENS, node.name.value):
                    yield from self._effect(one.function, where)

    def _managers(self, node: cst.ClassDef, where: Where) -> Iterator[_Class]:
        """The classes of managers and querysets that the body of a model's class names, and those that they name."""
        waiting = [(value, where) for _, value in constants(node)]
        met = set[int]()
        while waiting:
            value, at = waiting.pop(0)
            for part in within(value):
                found = self._any_class(part.value, at) if isinstance(part, cst.Name) else None
                for one, there in self._lineage(*found) if found is not None else ():
                    if id(one) not in met and self._is_manager(one, there):
                        met.add(id(one))
                        yield one, there
                        waiting += [(base.value, there) for base in one.bases if isinstance(base.value, cst.Call)]
                        waiting += [(made, there) for made in self._gives(one, _CHOOSES)]

    def _is_manager(self, node: cst.ClassDef, where: Where) -> bool:
        bases = [part for one, _ in self._lineage(node, where) for base in one.bases for part in within(base.value)]
        return any(
            str(getattr(part, "value", "")).endswith(("Manager", "QuerySet", "Query"))
            for part in bases
            if isinstance(part, cst.Name)
        )

    def _gives(self, node: cst.ClassDef, name: str) -> list[cst.BaseExpression]:
        """What a method of a class may give."""
        methods = (part for part in body(node) if isinstance(part, cst.FunctionDef) and part.name.value == name)
        return [value for one in methods for _, value in self._names(one).results]

    def _lineage(self, node: cst.ClassDef, where: Where) -> Iterator[_Class]:
        """A class and those above it, each once, as far as they are in sight."""
        waiting: list[_Class] = [(node, where)]
        met = {id(node)}
        while waiting:
            one, there = waiting.pop(0)
            yield one, there
            for base in one.bases:
                found = self._class_named(base.value, there)
                if found is not None and id(found[0]) not in met:
                    met.add(id(found[0]))
                    waiting.append(found)

    def _class_named(self, node: cst.BaseExpression, where: Where) -> _Class | None:
        if isinstance(node, cst.Name):
            return self._any_class(node.value, where)
        member = self._in_module(node, where)
        return self._any_class(*member) if member is not None else None


def _digest(path: Path) -> str:
    """What a file says: of JSON whatever its layout, of a text whatever its line ends."""
    try:
        text = read_source(path, MAX_DATA).decode("utf-8", "surrogateescape")
    except Unreadable:
        return path.name
    said = text_form(text)
    if path.suffix in {".json", ".jsonl"}:
        every = [text] if path.suffix == ".json" else text.splitlines()
        with suppress(ValueError, RecursionError):  # what is no JSON is a text as any other
            said = json.dumps([json.loads(one) for one in every])
    return sha256(said.encode(errors="surrogatepass")).hexdigest()[:20]


def _asked_of_self(function: cst.FunctionDef) -> set[str]:
    own = function.params.params[0].name.value if function.params.params else ""
    return {
        part.attr.value
        for part in _everywhere(function.body)
        if isinstance(part, cst.Attribute) and isinstance(part.value, cst.Name) and part.value.value == own
    }


def _everywhere(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.children


def _is_decorated(function: cst.FunctionDef, names: frozenset[str], about: str = "") -> bool:
    """Whether a decorator of one of these names stands above it, and speaks of something."""
    for one in function.decorators:
        called = one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator
        name = called.attr.value if isinstance(called, cst.Attribute) else getattr(called, "value", "")
        spoken = {part.value for part in within(one.decorator) if isinstance(part, cst.Name)}
        if name in names and (not about or about in spoken):
            return True
    return False
