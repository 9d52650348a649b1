"""Loops over rows as one UPDATE: what each assigns is said in SQL, where SQL says exactly what Python does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.spot import Spot, spot_of
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Place, Value
from migration_guard.rendition.kinds import Kind
from migration_guard.rendition.spelling import NotRendered, shown, spelt, understood_no
from migration_guard.rendition.texts import Texts

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

_PYTHON = "it computes in Python what SQL would not say in the same way ({})"
QUIET = frozenset({"print", "debug", "info", "warning", "write", "flush", "commit", "success"})
"""Calls that say something, or let the session do what it does at its end."""


class Fields(Protocol):
    """What is known of a row's fields."""

    def column(self, field: str) -> str: ...

    def kind(self, field: str) -> Kind: ...

    def related(self, field: str, attribute: str) -> tuple[str, Kind]: ...

    def checked(self, field: str, node: cst.BaseExpression, value: str) -> str: ...


def loop_spot(machine: Machine, loop: cst.For) -> Spot | None:
    """Where a loop stands, if that is in the file that runs."""
    source = machine.scope.module.source
    return spot_of(Place(source, loop, loop)) if source is not None else None


def row_of(loop: cst.For) -> tuple[str | None, cst.BaseExpression]:
    """The variable of a loop that holds a row, and what gives the rows; also where they are counted (`enumerate`)."""
    match loop:
        case cst.For(
            target=cst.Tuple(elements=[cst.Element(value=cst.Name()), cst.Element(value=cst.Name(value=row))]),
            iter=cst.Call(func=cst.Name(value="enumerate"), args=[cst.Arg(value=source, star=""), *_]),
        ):
            return row, source
    return dotted(loop.target), loop.iter


def loop_around(machine: Machine, node: cst.CSTNode, row: str | None) -> cst.For:
    """Find the loop whose row a statement saves. Raises NotRendered."""
    around = [loop for loop in loops_of(machine) if any(one is node for one in within(loop.body))]
    if not around or row is None:
        raise NotRendered("it is no loop over rows; write it as one UPDATE, or finish a --skeleton")
    if len(around) > 1 or row_of(around[-1])[0] != row:
        raise NotRendered("a loop with Python logic: several loops, or other rows than those that it goes through")
    return around[0]


def loops_of(machine: Machine) -> Iterator[cst.For]:
    for node in within(machine.frames[-1].node):
        if isinstance(node, cst.For):
            yield node


def read_of(body: cst.BaseSuite, row: str) -> frozenset[str]:
    """The attributes of a row that a loop speaks of."""
    return frozenset(
        node.attr.value for node in within(body) if isinstance(node, cst.Attribute) and dotted(node.value) == row
    )


def written_of(body: cst.CSTNode, row: str, *, bound: bool = False) -> list[str]:
    """The attributes of a row that a loop assigns, or puts something into. Raises NotRendered where that is not seen.

    `bound` says that the variable itself is set there, once.
    """
    found: list[str] = []
    for node in within(body):
        match node:
            case cst.AssignTarget(target=target) | cst.AugAssign(target=target) | cst.AnnAssign(target=target):
                for one in _single_targets(target):
                    whole = one.value if isinstance(one, cst.Subscript) else one
                    while isinstance(whole, cst.Subscript):
                        whole = whole.value
                    attribute = (dotted(whole) or "").split(".")
                    if attribute[0] == row and len(attribute) == 2:
                        found.append(attribute[1])
                    elif attribute[0] == row and not (bound and attribute == [row]):
                        raise understood_no(one)
            case cst.Call(func=cst.Name(value="setattr")):
                raise understood_no(node)
    return found


def _single_targets(target: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """What an assignment sets, one by one: `a, b = …` sets two."""
    if isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _single_targets(element.value)
    else:
        yield target


class Body:
    """Runs the body of a loop, with SQL in the place of values."""

    def __init__(
        self,
        machine: Machine,
        loop: cst.For,
        fields: Fields,
        saved: cst.CSTNode | None = None,
        without: Sequence[cst.CSTNode] = (),
    ) -> None:
        """`saved` saves the row, or puts it among those that are; `without` are statements that are left out."""
        self._machine = machine
        self._loop = loop
        self._row = row_of(loop)[0] or ""
        self._counts = {one.value for one in within(loop.target) if isinstance(one, cst.Name)} - {self._row}
        self._saved = saved
        self._without = without
        self._fields = fields
        self._texts = Texts(self._value, self._same_for_all)
        self._locals: dict[str, tuple[str, Kind] | NotRendered] = {}
        self._sets: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._held: tuple[str, ...] | None = None
        """Under which conditions the row is saved."""
        self._skipped: tuple[str, ...] = ()
        """Conditions under which the rest is left out."""

    def run(self) -> tuple[dict[str, str], list[str]]:
        """Give what each field is set to, and the conditions. Raises NotRendered."""
        if self._loop.orelse is not None:
            raise NotRendered("a loop with Python logic: its else")
        self._block(self._loop.body, ())
        if self._saved is None:
            self._held = ()  # the session writes what has changed
        if self._held is None or not self._sets:
            raise NotRendered("a loop with Python logic; write it as one UPDATE, or finish a --skeleton")
        held = self._held
        if self._saved is None:
            every = [conditions for ways in self._sets.values() for conditions, _ in ways]
            held = every[0] if all(one == every[0] for one in every) else ()
        return {field: self._value_of(field, ways, held) for field, ways in self._sets.items()}, list(held)

    def held(self) -> list[str]:
        """Give the conditions under which the row is deleted, in a loop that does nothing else."""
        self._block(self._loop.body, ())
        if self._held is None or self._sets or self._loop.orelse is not None:
            raise NotRendered("a loop with Python logic; write it as one DELETE, or finish a --skeleton")
        return list(self._held)

    def _value_of(self, field: str, ways: Sequence[tuple[tuple[str, ...], str]], held: tuple[str, ...]) -> str:
        """The value of a field: what was assigned last counts."""
        found = self._fields.column(field)
        for conditions, value in ways:
            own = [one for one in conditions if one not in held]
            found = (
                f"CASE WHEN {' AND '.join(f'({one})' for one in own)} THEN {value} ELSE {found} END" if own else value
            )
        return found

    # --- Statements --------------------------------------------------------------------------------------------------

    def _block(self, block: cst.BaseSuite, held: tuple[str, ...]) -> None:
        for statement in block.body:
            if isinstance(statement, cst.SimpleStatementLine):
                for line in statement.body:
                    self._line(line, (*held, *self._skipped))
            elif any(statement is one for one in self._without):
                continue
            elif isinstance(statement, cst.If):
                self._if(statement, (*held, *self._skipped))
            elif isinstance(statement, cst.BaseSmallStatement):
                self._line(statement, (*held, *self._skipped))
            else:
                raise NotRendered(_PYTHON.format(shown(statement)))

    def _if(self, statement: cst.If, held: tuple[str, ...]) -> None:
        test = self._test(statement.test)
        if _only_continues(statement.body):
            if statement.orelse is not None:
                raise NotRendered(_PYTHON.format("continue"))
            inside = [one for one in held if one not in self._skipped]
            left = " AND ".join(f"({one})" for one in (*inside, test))
            self._skipped = (*self._skipped, f"NOT ({left})")
            return
        before = {field: list(ways) for field, ways in self._sets.items()}
        self._block(statement.body, (*held, test))
        after, self._sets = self._sets, before
        match statement.orelse:
            case cst.If():
                self._if(statement.orelse, (*held, f"NOT ({test})"))
            case cst.Else():
                self._block(statement.orelse.body, (*held, f"NOT ({test})"))
        for field, ways in after.items():
            own = self._sets.get(field, [])
            self._sets[field] = [*ways, *(way for way in own if way not in ways)]

    def _line(self, line: cst.CSTNode, held: tuple[str, ...]) -> None:
        match line:
            case cst.Pass():
                return
            case cst.Expr(value=cst.SimpleString()):
                return
            case cst.Expr(value=cst.Call() as call):
                self._call(call, held)
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=variable))], value=value):
                if variable in self._locals or held:
                    raise NotRendered(_PYTHON.format(variable))
                self._locals[variable] = self._now(value)
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Attribute(value=cst.Name(value=row), attr=attr))], value=value
            ):
                if row != self._row or (self._held is not None and self._saved is not None):
                    raise NotRendered(_PYTHON.format(shown(line)))
                self._set(attr.value, value, held)
            case _:
                raise NotRendered(_PYTHON.format(shown(line)))

    def _now(self, node: cst.BaseExpression) -> tuple[str, Kind] | NotRendered:
        """What an expression gives where it stands; or why that is not said, for who asks for it."""
        try:
            return self._value(node)
        except NotRendered as reason:
            return reason

    def _set(self, field: str, node: cst.BaseExpression, held: tuple[str, ...]) -> None:
        value, _ = self._value(node)
        self._sets.setdefault(field, []).append((held, self._fields.checked(field, node, value)))

    def _call(self, call: cst.Call, held: tuple[str, ...]) -> None:
        if call is self._saved:
            if self._held is not None:
                raise NotRendered(_PYTHON.format("it saves a row twice"))
            self._held = held
        elif not self._is_quiet(call):
            raise NotRendered(_PYTHON.format(shown(call)))

    def _is_quiet(self, call: cst.Call) -> bool:
        name = (dotted(call.func) or "").rpartition(".")[2]
        if name == "add":  # `session.add(row)`, which the session does anyway; any other row would be one more
            return self._saved is None and [dotted(one.value) for one in call.args] == [self._row]
        return name in QUIET

    # --- Conditions --------------------------------------------------------------------------------------------------

    def _test(self, node: cst.BaseExpression) -> str:
        """A condition as SQL that is never NULL."""
        match node:
            case cst.UnaryOperation(operator=cst.Not()):
                return f"NOT ({self._test(node.expression)})"
            case cst.BooleanOperation():
                word = "AND" if isinstance(node.operator, cst.And) else "OR"
                return f"({self._test(node.left)}) {word} ({self._test(node.right)})"
            case cst.Comparison(comparisons=[one]):
                return self._compared(node.left, one)
        value, kind = self._value(node)
        match kind:
            case Kind.TEXT:
                return f"COALESCE({value} <> '', FALSE)"
            case Kind.NUMBER:
                return f"COALESCE({value} <> 0, FALSE)"
            case Kind.TRUTH:
                return f"COALESCE({value}, FALSE)"
        raise NotRendered(f"whether `{shown(node)}` holds is not said in SQL: its type is not known here")

    def _compared(self, left: cst.BaseExpression, one: cst.ComparisonTarget) -> str:
        operator, other = one.operator, one.comparator
        value, kind = self._value(left)
        if (
            isinstance(operator, (cst.In, cst.NotIn))
            and isinstance(other, (cst.List, cst.Tuple, cst.Set))
            and other.elements
        ):
            listed = [self._value(element.value)[0] for element in other.elements]
            if "NULL" in listed:
                raise understood_no(other)
            inside = f"COALESCE({value} IN ({', '.join(listed)}), FALSE)"
            return inside if isinstance(operator, cst.In) else f"NOT ({inside})"
        if isinstance(operator, (cst.In, cst.NotIn)):
            held = self._texts.holds(left, other)
            if held is None:
                raise NotRendered(_PYTHON.format(shown(left)))
            return held if isinstance(operator, cst.In) else f"NOT ({held})"
        given, given_kind = self._value(other)
        match operator:
            case cst.Is() | cst.IsNot() if given in ("NULL", "TRUE", "FALSE"):
                same = f"{value} IS NOT DISTINCT FROM {given}" if given != "NULL" else f"{value} IS NULL"
                return same if isinstance(operator, cst.Is) else f"NOT ({same})"
            case cst.Equal():
                return f"{value} IS NOT DISTINCT FROM {given}"
            case cst.NotEqual():
                return f"{value} IS DISTINCT FROM {given}"
            case cst.LessThan() | cst.GreaterThan() | cst.LessThanEqual() | cst.GreaterThanEqual() if (
                kind is given_kind is Kind.NUMBER
            ):
                sign = {cst.LessThan: "<", cst.GreaterThan: ">", cst.LessThanEqual: "<=", cst.GreaterThanEqual: ">="}
                return f"COALESCE({value} {sign[type(operator)]} {given}, FALSE)"
        raise NotRendered(_PYTHON.format(shown(left)))

    # --- Values ------------------------------------------------------------------------------------------------------

    def _value(self, node: cst.BaseExpression) -> tuple[str, Kind]:
        match node:
            case cst.Name(value=variable) if variable in self._locals:
                known = self._locals[variable]
                if isinstance(known, NotRendered):
                    raise known
                return known
            case cst.Attribute(value=cst.Name(value=row), attr=attr) if row == self._row:
                return self._field(attr.value)
            case cst.Attribute(value=cst.Attribute(value=cst.Name(value=row), attr=relation), attr=attr) if (
                row == self._row
            ):
                return self._fields.related(relation.value, attr.value)
            case cst.FormattedString():
                return self._formatted(node)
            case cst.Comparison() | cst.UnaryOperation(operator=cst.Not()):
                return f"({self._test(node)})", Kind.TRUTH
            case cst.BinaryOperation():
                return self._computed(node)
            case cst.IfExp():
                (one, kind), (other, second) = self._value(node.body), self._value(node.orelse)
                return (
                    f"CASE WHEN {self._test(node.test)} THEN {one} ELSE {other} END",
                    kind if kind is second else Kind.OTHER,
                )
            case cst.BooleanOperation(operator=cst.Or()):
                one, kind = self._value(node.left)
                return f"CASE WHEN {self._test(node.left)} THEN {one} ELSE {self._value(node.right)[0]} END", kind
            case cst.Call() if (said := self._texts.called(node)) is not None:
                return said
            case cst.Subscript() if (said := self._texts.part(node)) is not None:
                return said
        value = self._same_for_all(node)
        if value is None:
            raise NotRendered(_PYTHON.format(shown(node)))
        if isinstance(value, Text) or (isinstance(value, Constant) and value.value is None):
            return spelt(value), Kind.TEXT if isinstance(value, Text) else Kind.OTHER
        if isinstance(value, Constant) and isinstance(value.value, (bool, int)):
            return spelt(value), Kind.TRUTH if isinstance(value.value, bool) else Kind.NUMBER
        raise NotRendered(_PYTHON.format(shown(node)))

    def _same_for_all(self, node: cst.BaseExpression) -> Value | None:
        """The value of an expression that speaks of no row, and calls nothing."""
        names = (self._row, *self._counts, *self._locals)
        if any(isinstance(one, cst.Call) or (isinstance(one, cst.Name) and one.value in names) for one in within(node)):
            return None
        return self._machine.evaluate(node)

    def _field(self, field: str) -> tuple[str, Kind]:
        ways = self._sets.get(field)
        if ways is None:
            return self._fields.column(field), self._fields.kind(field)
        if len(ways) > 1 or ways[0][0]:
            raise NotRendered(_PYTHON.format(f"{field}, which it assigns"))
        return f"({ways[0][1]})", self._fields.kind(field)

    def _formatted(self, node: cst.FormattedString) -> tuple[str, Kind]:
        parts: list[str | cst.BaseExpression | None] = []
        for part in node.parts:
            match part:
                case cst.FormattedStringText(value=text):
                    if "\\" in text:
                        raise understood_no(node)
                    parts.append(text.replace("{{", "{").replace("}}", "}"))
                case cst.FormattedStringExpression(expression=given, conversion=None, format_spec=None, equal=None):
                    parts.append(given)
                case _:
                    parts.append(None)
        if (said := self._texts.joined(parts)) is None:
            raise NotRendered(_PYTHON.format(shown(node)))
        return said

    def _computed(self, node: cst.BinaryOperation) -> tuple[str, Kind]:
        if (filled := self._texts.filled_in(node)) is not None:
            return filled
        (left, one), (right, other) = self._value(node.left), self._value(node.right)
        if isinstance(node.operator, cst.Add) and one is other is Kind.TEXT:
            return f"({left} || {right})", Kind.TEXT
        sign = {cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*"}.get(type(node.operator))
        if sign is not None and one is other is Kind.NUMBER:
            return f"({left} {sign} {right})", Kind.NUMBER
        raise NotRendered(_PYTHON.format(shown(node)))


def _only_continues(block: cst.BaseSuite) -> bool:
    lines = [line for one in block.body for line in (one.body if isinstance(one, cst.SimpleStatementLine) else [one])]
    return len(lines) == 1 and isinstance(lines[0], cst.Continue)
