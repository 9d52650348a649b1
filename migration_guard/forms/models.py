"""What decides on rows and stands in no statement: files of data that are read, and what the classes of models do.

Of a model of the repository that an operation speaks of: how its managers choose rows, and what its methods and
properties give that are asked for. Of the one that is written: what its fields are where nobody sets them, what its
constructor, its `save()` and its validators make of values, and what listens to it. Which columns it has does not count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import libcst as cst

from migration_guard.files import Unreadable, read_source
from migration_guard.forms.bindings import Names
from migration_guard.forms.exits import exits
from migration_guard.forms.members import MemberForms, body, constants, without_label
from migration_guard.forms.names import short
from migration_guard.forms.nodes import children, within
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
_COLUMN = frozenset({"db_column", "name"})
"""What says which column an attribute is."""
_CONVERTS = frozenset("pre_save get_prep_value get_db_prep_value get_db_prep_save process_bind_param coerce".split())
"""What fields and types of the repository make of values on their way to the database."""
_FIRST = frozenset("first last earliest latest [:]".split())
"""What depends on the order of rows."""
_VALIDATES = frozenset({"validates", "field_validator", "validator"})
_LISTENS = frozenset({"listens_for", "receiver"})
_DECLARES = frozenset({"declared_attr", "directive", "cascading"})
"""Decorators of functions that give a column, and no value."""
_CHOOSES = "get_queryset"
_Class = tuple[cst.ClassDef, Where]


class ModelForms(MemberForms):
    """Says what files of data and classes of models do to an operation."""

    def __init__(self, known: dict[int, Names], repository: Repository | None) -> None:
        super().__init__(known, repository)
        self._classes: dict[int, _Class] = {}
        """The classes of the repository that were spoken of …"""
        self._links: set[str] = set()
        """… and all that was asked of anything, or set."""
        self._data: dict[Path, None] = {}
        """Files of data that the calls read which were spoken of."""

    def _spoken(self, node: cst.CSTNode, where: Where) -> None:
        """Note what a chain of calls and attributes asks for, and the files that are read by it."""
        opened = self._repository.opened if self._repository is not None else {}
        caller = id(where.caller[0]) if where.caller is not None else 0
        one: cst.CSTNode = node
        while True:
            match one:
                case cst.Name():
                    return
                case cst.Call():
                    ways = opened.get(id(one), {})
                    for files in [ways[caller]] if caller in ways else ways.values():
                        self._data |= files
                    self._links |= {arg.keyword.value for arg in one.args if arg.keyword is not None}
                    one = one.func
                case cst.Attribute(attr=cst.Name(value=name)):
                    self._links.add(name)
                    member = self._in_module(one, where) if name[:1].isupper() else None
                    found = self._any_class(*member) if member is not None else None
                    if found is not None:
                        self._meets(*found)
                    one = one.value
                case cst.Subscript():
                    self._links |= {"[:]" for part in one.slice if isinstance(part.slice, cst.Slice)}
                    one = one.value
                case _:
                    return

    def _meets(self, node: cst.ClassDef, where: Where) -> None:
        self._classes.setdefault(id(node), (node, where.at(None)))

    def _sets(self, how: str) -> None:
        if how.startswith(".") and how.endswith("="):
            self._links.add(how[1:-1])

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
        if all(self._is_plain(one, there) for one, there in family):
            return  # a class of values is said where it is asked
        wanted = {*self._links} - {"__init__"}
        wanted |= {"__init__", "__post_init__", "save"} if kind in _INSERTS else set()
        wanted |= {"__setattr__"} if kind in _WRITES else set()
        choosing = [one for two, there in family for one in self._managers(two, there)]
        for one, there in choosing:
            yield from self._methods(one, there, {_CHOOSES, *wanted})
        for one, there in family:
            yield from self._methods(one, there, wanted)
            yield from self._values_of(one, there)
            if kind in _WRITES:
                yield from self._fields(one, there, _DEFAULTS | _AT_UPDATES if kind in _INSERTS else _AT_UPDATES)
                yield from self._hooks(one, there)
            if self._links & _FIRST:
                meta = (part for part in body(one) if isinstance(part, cst.ClassDef) and part.name.value == "Meta")
                orders = (value for part in meta for name, value in constants(part) if name == "ordering")
                yield from (f"ordering {self._of(value, there)}" for value in orders)

    def _methods(self, node: cst.ClassDef, where: Where, wanted: AbstractSet[str]) -> Iterator[str]:
        """Those methods and properties that are asked for, and what they ask of their own class."""
        every = (part for part in body(node) if isinstance(part, cst.FunctionDef))
        there = {part.name.value: part for part in every if not _is_decorated(part, _DECLARES)}
        waiting = sorted(there.keys() & wanted)
        met = {*waiting}
        while waiting:
            name = waiting.pop(0)
            yield from self._effect(there[name], where, called=name if name in wanted else "")
            more = sorted((_asked_of_self(there[name]) & there.keys()) - met)
            waiting += more
            met |= {*more}

    def _values_of(self, node: cst.ClassDef, where: Where) -> Iterator[str]:
        """Constants of a class, and of the classes in it, that are asked for."""
        inner = [part for part in body(node) if isinstance(part, cst.ClassDef) and part.name.value in self._links]
        for one in (node, *inner):
            for name, value in constants(one):
                if name in self._links and not isinstance(value, cst.Call):
                    yield f"{name} {self._of(without_label(value, one), where)}"

    def _effect(self, function: cst.FunctionDef, where: Where, *, called: str = "") -> Iterator[str]:
        """What a function gives, and what it makes of that which it is given."""
        names = self._names(function)
        inside = Where(names, function, where.source, None, outer=where)

        def made() -> str:
            changed = [self._changed(GIVEN, names.bindings.get(one, []), inside) for one in names.parameters]
            gives = self._results(inside) if names.results else ""
            return "; ".join(one for one in (*changed, *self._leaves(inside), gives) if one not in {GIVEN, ""})

        said = self._once((id(function), "effect"), made)
        if said:
            yield short(f"{called} {said}")

    def _leaves(self, where: Where) -> Iterator[str]:
        """Under which conditions a function ends early, or goes on to what it overrides."""
        for guard in where.names.guards:
            for leaving in exits(guard.node):
                blocks = where.names.spots[id(leaving)].blocks[len(guard.spot.blocks) :]
                yield f"unless {' and '.join(self._on_blocks(blocks, where))}"
        for part in _everywhere(where.node):
            spot = where.names.spots.get(id(part)) if isinstance(part, cst.Expr) else None
            call = _of_super(part) if spot is not None else None
            if spot is None or call is None:
                continue
            given = ", ".join(self._arguments(call.args, where.at(spot)))
            tests = " and ".join(self._on_blocks(spot.blocks, where))
            if given or tests:
                yield f"super({given}){f' if {tests}' if tests else ''}"

    def _fields(self, node: cst.ClassDef, where: Where, wanted: frozenset[str]) -> Iterator[str]:
        """What fields are where nobody sets them."""
        declared = (part for part in body(node) if isinstance(part, cst.FunctionDef) and _is_decorated(part, _DECLARES))
        further = ((part.name.value, value) for part in declared for _, value in self._names(part).results)
        for name, value in (*constants(node), *further):
            if not isinstance(value, cst.Call):
                continue
            asked = wanted | _COLUMN if name in self._links else wanted
            for number, one in enumerate(value.args):
                if one.keyword is not None and one.keyword.value in asked:
                    yield f"{name} {one.keyword.value}={self._of(one.value, where)}"
                elif number == 0 and name in self._links and isinstance(one.value, cst.SimpleString):
                    yield f"{name} name={self._of(one.value, where)}"
            kinds = (self._class_named(part, where) for part in (value.func, *(one.value for one in value.args)))
            for found in kinds:
                for cls, there in self._lineage(*found) if found is not None else ():
                    yield from self._methods(cls, there, _CONVERTS)

    def _hooks(self, node: cst.ClassDef, where: Where) -> Iterator[str]:
        """Validators in a class, and functions of its module that listen to it."""
        for part in body(node):
            if isinstance(part, cst.FunctionDef) and _is_decorated(part, _VALIDATES):
                yield from self._effect(part, where)
        connected = set[str]()
        for line in where.source.tree.body if where.source is not None else ():
            for part in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                connected |= _connected(part, node.name.value)
        for name, every in where.names.bindings.items():
            for function in (one.function for one in every if one.function is not None):
                if name in connected or _is_decorated(function, _LISTENS, node.name.value):
                    yield from self._effect(function, where)

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
        waiting += children(one)


def _of_super(node: cst.CSTNode) -> cst.Call | None:
    """The call of a statement that is `super().method(…)`."""
    match node:
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=cst.Call(func=cst.Name(value="super")))) as call):
            return call
    return None


def _connected(node: cst.CSTNode, model: str) -> set[str]:
    """The names in `pre_save.connect(function, sender=Model)`, or `event.listen(Model, "set", function)`."""
    match node:
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="connect" | "listen"))) as call):
            names = {part.value for part in within(call) if isinstance(part, cst.Name)}
            return names - {model} if model in names else set()
    return set()


def _is_decorated(function: cst.FunctionDef, names: frozenset[str], about: str = "") -> bool:
    """Whether a decorator of one of these names stands above it, and speaks of something."""
    for one in function.decorators:
        called = one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator
        name = called.attr.value if isinstance(called, cst.Attribute) else getattr(called, "value", "")
        spoken = {part.value for part in within(one.decorator) if isinstance(part, cst.Name)}
        if name in names and (not about or about in spoken):
            return True
    return False
