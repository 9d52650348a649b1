"""Values as SQL spells them."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Choice, Constant, Value
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Rows

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.spot import Spot

_PLAIN = re.compile(r"[A-Za-z_]\w*")
MAX_HOPS = 10
"""Variables behind variables that are looked up."""


class NotRendered(Exception):
    """Why a data change cannot be said in one statement of SQL; of a loop, where it stands all the same."""

    def __init__(self, reason: str, loop: Spot | None = None, rows: Rows | None = None) -> None:
        super().__init__(reason)
        self.loop = loop
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Rendered:
    """A data change as one statement."""

    sql: str
    within: Spot | None = None
    """Where it stands in a text that holds other statements too."""
    statements: int = 1
    """How many that text holds."""
    loop: Spot | None = None
    """The loop that it stands for."""
    rows: Rows | None = None
    """What is known of the rows that it writes, where a function could do the same."""


def spelt(value: Value) -> str:
    """Spell a value as a literal."""
    match value:
        case Text() if value.known:
            return quoted(str(value))
        case Text():
            raise NotRendered("a part of it is known only when it runs; write the value into the statement")
        case Constant(value=bool() as truth):
            return "TRUE" if truth else "FALSE"
        case Constant(value=None):
            return "NULL"
        case Constant(value=int() | float() as number):
            return repr(number)
        case Choice():
            raise NotRendered("it has one of several values, depending on Python; write one statement for each")
    raise NotRendered("a value is known only when it runs; write the value into the statement")


def spelt_list(value: Value) -> str:
    """Spell a collection as IN takes it."""
    elements = value.elements() if isinstance(value, Sequence) else None
    if not elements:
        raise NotRendered("a list of values is known only when it runs; write the values into the statement")
    return f"({', '.join(spelt(element) for element in elements)})"


def quoted(text: str) -> str:
    """Spell text as a literal, which a backslash does not change."""
    if "\x00" in text:
        raise NotRendered("a text with a zero byte, which PostgreSQL cannot hold")
    return "'" + text.replace("'", "''") + "'"


def name(spelling: str) -> str:
    """Spell an identifier as SQLAlchemy and Django do: exactly."""
    return '"' + spelling.replace('"', '""') + '"'


def qualified(table: str) -> str:
    """Spell a table, perhaps with its schema."""
    return ".".join(name(part) for part in table.split("."))


def where(conditions: AnySequence[str]) -> str:
    """Spell the WHERE of all these conditions; nothing where there are none."""
    return f" WHERE {' AND '.join(f'({one})' for one in conditions)}" if conditions else ""


def shown(node: cst.CSTNode) -> str:
    """Show a piece of Python in a message."""
    code = " ".join(cst.Module(body=[]).code_for_node(node).split())
    return code if len(code) < 60 else f"{code[:57]}…"


def understood_no(node: cst.CSTNode) -> NotRendered:
    return NotRendered(f"what `{shown(node)}` gives is not known here; write the statement in SQL, then move it")


def behind(node: cst.BaseExpression, machine: Machine) -> cst.BaseExpression:
    """Look through variables that are assigned once, to the expression that they stand for."""
    for _ in range(MAX_HOPS):
        if not isinstance(node, cst.Name):
            return node
        value = _assigned(node.value, machine)
        if value is None:
            return node
        node = value
    return node


def _assigned(variable: str, machine: Machine) -> cst.BaseExpression | None:
    """The expression that a variable is assigned, in the function that runs or else in its module."""
    module = machine.scope.module.source
    for tree in (machine.frames[-1].node, module.tree if module is not None else None):
        if tree is None:
            continue
        found = _Assignments(variable)
        tree.visit(found)
        if found.gone_through and not found.bound:
            return None
        if found.bound > 1 or (found.bound and (found.value is None or found.gone_through)):
            raise NotRendered(
                f"`{variable}` is assigned more than once; write the statement in one piece, then move it"
            )
        if found.value is not None:
            return found.value
    return None


class _Assignments(cst.CSTVisitor):
    """Finds what a name is bound to."""

    def __init__(self, variable: str) -> None:
        self._variable = variable
        self.bound = 0
        self.gone_through = False
        """Whether it is the variable of a loop: what it holds is known, or not, when its statement runs."""
        self.value: cst.BaseExpression | None = None

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            if dotted(target.target) == self._variable:
                self.bound += 1
                self.value = node.value

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.bound += 2 * (dotted(node.target) == self._variable)

    def visit_For(self, node: cst.For) -> None:
        targets = node.target.elements if isinstance(node.target, (cst.Tuple, cst.List)) else [cst.Element(node.target)]
        self.gone_through |= any(dotted(one.value) == self._variable for one in targets)


def links(node: cst.BaseExpression, machine: Machine) -> tuple[cst.BaseExpression, list[tuple[str, cst.Call]]]:
    """Take a chain of calls apart: what it begins with, and each method with its call."""
    chain: list[tuple[str, cst.Call]] = []
    node = behind(node, machine)
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        chain.append((node.func.attr.value, node))
        node = behind(node.func.value, machine)
    return node, chain[::-1]


def plain_arguments(call: cst.Call) -> tuple[list[cst.BaseExpression], dict[str, cst.BaseExpression]]:
    """Give the arguments of a call, by position and by name; starred ones are not known."""
    positional: list[cst.BaseExpression] = []
    named: dict[str, cst.BaseExpression] = {}
    for argument in call.args:
        if argument.star == "**" and isinstance(argument.value, cst.Dict):
            for key, value in items(argument.value):
                if not isinstance(key, cst.SimpleString):
                    raise understood_no(key)
                named[str(key.evaluated_value)] = value
        elif argument.star:
            raise understood_no(argument.value)
        elif argument.keyword is not None:
            named[argument.keyword.value] = argument.value
        else:
            positional.append(argument.value)
    return positional, named


def items(node: cst.Dict) -> list[tuple[cst.BaseExpression, cst.BaseExpression]]:
    """Give the items of a dictionary that is written out."""
    found = []
    for element in node.elements:
        if not isinstance(element, cst.DictElement):
            raise understood_no(node)
        found.append((element.key, element.value))
    return found


def first_argument(call: Call) -> cst.BaseExpression | None:
    """Give the expression that is executed by a call."""
    whole = call.place.whole
    return whole.args[0].value if isinstance(whole, cst.Call) and whole.args else None
