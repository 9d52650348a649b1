"""The canonical form of what a migration does in Python: equal for two spellings of one change, and for no others.

What decides which rows are written counts: values wherever they are bound or collected, the conditions on the way, what
is returned by functions that are called for a value. How it is spelled does not: white space, comments, quotes, line
breaks, parentheses, the order of named arguments, names of functions, parameters and local variables, whether a value
has a name of its own, how an import is written. The form is ours: what a parser prints changes from one version to
the next, and a fingerprint must not.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migration_guard.forms import nodes
from migration_guard.forms.bindings import Names
from migration_guard.forms.expressions import MAX_DEPTH
from migration_guard.forms.names import DEEP, MAX_NAMES
from migration_guard.forms.nodes import holes, names_in, path, specs, string_parts
from migration_guard.forms.remembered import Remembering
from migration_guard.forms.values import text_form
from migration_guard.forms.where import Way, Where
from migration_guard.interpreter.repository import Repository
from migration_guard.interpreter.syntax import Source
from migration_guard.interpreter.values import Place
from migration_guard.lean import replace
from migration_guard.operations import OperationKind

__all__ = ["Forms", "Way"]


class Forms:
    """Makes the forms of one migration; what its functions bind is read once."""

    def __init__(self) -> None:
        nodes.forget()
        self._known: dict[int, Names] = {}
        self._binding: dict[Source, bool] = {}
        """Whether parameters may be bound to texts in a file."""
        self.repository: Repository | None = None
        """Where imports are looked for."""

    def form(self, place: Place, way: Way, kind: OperationKind, model: str | None = None) -> str:
        """Give the canonical form of the call or assignment at a place, with the conditions on the way to it.

        What the class of a model does to the rows of an operation of this kind is told behind it.
        """
        form = self._of(way, place)
        return form.on_the_way(form.of_operation(place.whole), place) + form.beside(kind, model)

    def beyond(self, place: Place, way: Way) -> str:
        """Give the canonical form of what leads beyond a limit: an import, or a call by its name and what it is given.

        What happens on the way from there is the application's, and says nothing of what is not known.
        """
        form = self._of(way, place)
        return form.on_the_way(form.of_lead(place.whole), place)

    def around(self, statement: str, place: Place, way: Way, kind: OperationKind, *, loose: bool) -> str:
        """Give the canonical form of SQL, with the conditions on the way to it.

        If it is `loose`, what the call puts into it goes with it: the expressions in its text, and its parameters.
        """
        form = self._of(way, place)
        if not loose and self._may_bind(place.source):
            asked = self._of(way, place)  # one of its own: what it says must not count unless it binds something
            asked.of_arguments(place.whole)
            loose = asked.binds
        if not loose and statement.startswith("copy "):
            form.reads_also(self._of(way, place), place.whole)
        made = f"{statement} {form.of_arguments(place.whole)}" if loose else statement
        return form.on_the_way(made, place) + form.beside(kind)

    def _may_bind(self, source: Source) -> bool:
        if source not in self._binding:
            self._binding[source] = "bindparams" in source.text
        return self._binding[source]

    def _of(self, way: Way, place: Place) -> _Form:
        return _Form(way, place, self._known, self.repository)


class _Form(Remembering):
    """Makes one form: of an operation, with what is on the way to it."""

    def __init__(self, way: Way, place: Place, known: dict[int, Names], repository: Repository | None) -> None:
        super().__init__(known, repository)
        self.binds = False
        """Whether parameters are bound to the text itself, with `bindparams`."""
        self._frames(way, place)

    def _frames(self, way: Way, place: Place) -> None:
        """The frames on the way, the outermost first."""
        ends = [frame.place.whole if frame.place is not None else None for frame in way.frames[1:]]
        for frame, statement, passes, end in zip(way.frames, way.statements, way.passes, [*ends, place.whole]):
            names = self._names(frame.node)
            caller = (frame.place.whole, self._way[-1]) if frame.place is not None and self._way else None
            where = Where(
                names,
                frame.node,
                frame.scope.module.source,
                names.spots.get(id(statement)),
                outer=self._outer(frame, way.frames, caller),
                caller=caller,
                bound_arguments=int(frame.function is not None and frame.function.bound is not None),
                called=frame.name,
                passes=passes,
            )
            if statement is not None and end is not None:
                where = self._within(where, statement, end)
            self._way.append(where)

    def _within(self, where: Where, statement: cst.CSTNode, end: cst.CSTNode) -> Where:
        """Follow a statement down to the call that is made in it, through comprehensions and conditional expressions."""
        for node, child in path(statement, end):
            if type(node) not in _DECIDES:
                continue
            match node:
                case cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp() if child is not node.for_in:
                    where, tests, _ = self._gone_over(node.for_in, where)
                    where = replace(where, inside=(*where.inside, *tests))
                case cst.IfExp(test=test) if child is not test:
                    said = self._said(test, where, holds=child is not node.orelse)
                    where = replace(where, inside=(*where.inside, *said))
                case cst.BooleanOperation(left=left) if child is node.right:
                    said = self._said(left, where, holds=isinstance(node.operator, cst.And))
                    where = replace(where, inside=(*where.inside, *said))
                case _:
                    pass
        return where

    def of_operation(self, node: cst.CSTNode) -> str:
        if isinstance(node, _ENTERED):
            return ""  # the framework itself makes the call
        return self._of(node, self._way[-1])

    def of_lead(self, node: cst.CSTNode) -> str:
        where = self._way[-1]
        match node:
            case cst.Import() | cst.ImportFrom():
                return f"import {', '.join(self._modules_of(node, where))}"
            case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name))):
                placed = [one.star + self._of(one.value, where) for one in node.args if one.keyword is None]
                named = [
                    f"{one.keyword.value}={self._of(one.value, where)}" for one in node.args if one.keyword is not None
                ]
                return f"{name}({', '.join([*placed, *sorted(named)])})"
        return self.of_operation(node)

    def reads_also(self, other: _Form, node: cst.CSTNode) -> None:
        """What a call is given beside its text may be a file of rows; nothing else of it counts."""
        other.of_arguments(node)
        self._data |= other._data

    def of_arguments(self, node: cst.CSTNode) -> str:
        """What a call puts into a statement whose text is told already."""
        if not isinstance(node, cst.Call):
            return self.of_operation(node)
        where = self._way[-1]
        parts: list[str] = []
        for number, one in enumerate(node.args):
            if number == 0 and one.keyword is None:
                parts += self._filled(one.value, where)
            else:
                name = f"{one.keyword.value}=" if one.keyword is not None else one.star
                parts.append(name + self._of(one.value, where))
        return "; ".join(parts)

    def _filled(self, node: cst.CSTNode, where: Where) -> list[str]:
        """What stands in the holes of a text; the text itself is not said."""
        self._depth += 1
        parts = self._holes(node, where) if self._depth < MAX_DEPTH else [DEEP]
        self._depth -= 1
        return parts

    def _holes(self, node: cst.CSTNode, where: Where) -> list[str]:
        match node:
            case cst.SimpleString():
                return []
            case cst.ConcatenatedString() | cst.FormattedString():
                return [self._hole(part, where, how) for part, how in holes(node)]
            case cst.BinaryOperation(operator=cst.Add()):
                return [*self._filled(node.left, where), *self._filled(node.right, where)]
            case cst.BinaryOperation(operator=cst.Modulo()):
                how = self._written(node.left, "%", where)
                match node.right:
                    case cst.Tuple(elements=[cst.Element(value=right)]) | right:
                        return [*self._filled(node.left, where), self._of(right, where), *how]
            case cst.IfExp():
                sides = [*self._filled(node.body, where), *self._filled(node.orelse, where)]
                return [self._of(node.test, where), *sides]
            case cst.Call(
                func=cst.Attribute(value=receiver, attr=cst.Name(value="format" | "replace" | "bindparams" as how))
            ):
                bound = self._parameters(node, where) if how == "bindparams" else None
                self.binds = self.binds or how == "bindparams"
                said = [bound] if bound is not None else [self._of(one.value, where) for one in node.args]
                said += self._written(receiver, "{}", where) if how == "format" else []
                return [*self._filled(receiver, where), *said]
            case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value="strip" | "lstrip" | "rstrip"))):
                return self._filled(receiver, where)
            case cst.Call() if len(node.args) == 1 and self._of(node.func, where) in _WRAPPERS:
                return self._filled(node.args[0].value, where)
            case cst.Name():
                found = self._resolved(node.value, where)
                if isinstance(found, tuple):
                    values = list(self._values(*found))
                    if values:
                        return [part for value, at in values for part in self._filled(value, at)]
        return [self._of(node, where)]

    def _parameters(self, call: cst.Call, where: Where) -> str | None:
        """What `bindparams` binds, as the dictionary that `execute` would be given; None where it says more than that."""
        found: list[str] = []
        for one in call.args:
            name, value = one.keyword.value if one.keyword is not None else "", one.value
            if isinstance(value, cst.Call) and self._of(value.func, where) == "sqlalchemy.bindparam":
                keys = [arg.keyword.value if arg.keyword is not None else "" for arg in value.args]
                first = value.args[0].value if value.args else None
                if keys not in (["", ""], ["", "value"]) or not isinstance(first, cst.SimpleString):
                    return None
                name, value = str(first.evaluated_value), value.args[1].value
            if not name or one.star:
                return None
            found.append(f"{text_form(name)}: {self._of(value, where)}")
        return f"{{{', '.join(sorted(found))}}}"

    def _hole(self, node: cst.CSTNode, where: Where, how: str) -> str:
        """What stands in braces; a string that is known is part of the text already."""
        made = self._of(node, where)
        return "" if made.startswith('"') and made.endswith('"') else made + how

    def _written(self, node: cst.CSTNode, how: str, where: Where) -> list[str]:
        """How values are written that are filled into a text."""
        if isinstance(node, cst.Name) and (bound := self._bound(node.value, where)) is not None:
            node = bound[0]
        return specs("".join(part for part in string_parts(node) if isinstance(part, str)), how)

    def _values(self, name: str, where: Where) -> Iterator[tuple[cst.CSTNode, Where]]:
        """The expressions that a name stands for, as far as there are plain ones."""
        key = (name, id(where.names), where.spot)
        if key in self._open or self._lookups > MAX_NAMES:
            return
        self._open.add(key)
        self._lookups += 1
        reaching = where.names.reaching(name, where.spot)
        for one in reaching:
            for value in one.values:
                yield value, where.at(one.spot)
        if not reaching and (passed := self._passed(name, where)) is not None:
            yield passed
        self._open.discard(key)

    def on_the_way(self, made: str, place: Place) -> str:
        """Add the conditions under which the statements on the way run, the outermost first."""
        conditions: list[str] = []
        spoken = frozenset[str]() if isinstance(place.whole, _ENTERED) else names_in(place.whole)
        home = self._way[0].source if self._way else None
        for where in reversed(self._way):
            conditions[:0] = [*self._conditions(where, spoken, near=where.source is home), *where.inside]
            spoken = names_in(where.caller[0]) if where.caller is not None else frozenset()
        return f"{made} WHERE {' AND '.join(conditions)}" if conditions else made


_ENTERED = (cst.Module, cst.FunctionDef, cst.ClassDef)
"""What a framework runs by itself: no expression of the file calls it."""
_DECIDES = frozenset({cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp, cst.IfExp, cst.BooleanOperation})
"""Expressions that run a part of themselves under conditions."""
_WRAPPERS = frozenset({"sqlalchemy.text", "textwrap.dedent", "psycopg.sql.SQL", "psycopg2.sql.SQL", "str"})
"""What gives the text that it is called with."""
