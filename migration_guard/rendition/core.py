"""SQLAlchemy's statements as SQL: `update(leads).where(…).values(…)`, `session.query(Lead).filter(…).delete()`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Unknown, Value
from migration_guard.rendition.documents import calls_in, document, json_null, json_type
from migration_guard.rendition.mapped import calls_of, columns_of
from migration_guard.rendition.spelling import (
    NotRendered,
    behind,
    first_argument,
    items,
    links,
    name,
    plain_arguments,
    qualified,
    shown,
    spelt,
    understood_no,
    where,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

Chain = Sequence[tuple[str, cst.Call]]

_VERBS = frozenset({"update", "delete", "insert"})
_QUIET = frozenset({"execution_options", "prefix_with", "with_hint", "options", "distinct_on"})
_COMPARED = {
    cst.Equal: "=", cst.NotEqual: "<>", cst.LessThan: "<", cst.LessThanEqual: "<=", cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
}  # fmt: skip
_SELECTS = frozenset({"select", "exists"})
_LISTS = frozenset({"in_", "notin_", "not_in"})
"""Methods whose argument is a list, or a sub-select."""
_COMPUTED = {cst.Subtract: "-", cst.Multiply: "*", cst.BitAnd: "AND", cst.BitOr: "OR"}
_TYPES = {
    "Integer": "INTEGER", "BigInteger": "BIGINT", "SmallInteger": "SMALLINT", "String": "VARCHAR", "Unicode": "VARCHAR",
    "Text": "TEXT", "UnicodeText": "TEXT", "Boolean": "BOOLEAN", "Date": "DATE", "DateTime": "TIMESTAMP",
    "Numeric": "NUMERIC", "Float": "FLOAT", "JSON": "JSON", "JSONB": "JSONB", "UUID": "UUID", "BIGINT": "BIGINT",
    "INTEGER": "INTEGER", "TEXT": "TEXT", "VARCHAR": "VARCHAR", "BOOLEAN": "BOOLEAN",
}  # fmt: skip


def executed(call: Call) -> str:
    """Give the statement that a call executes: its first argument, or what it is a method of."""
    node = first_argument(call)
    if call.name in ("execute", "run", "exec") and node is None and isinstance(call.place.whole, cst.Call):
        function = call.place.whole.func
        node = function.value if isinstance(function, cst.Attribute) else None
    if node is None:
        raise NotRendered("what it executes is not seen; write the statement in SQL, then move it")
    if isinstance(call.place.whole, cst.Call) and len(call.place.whole.args) > 1:
        raise NotRendered("its parameters are given apart; write the values into the statement, then move it")
    return Core(call.machine).statement(node)


def of_query(call: Call) -> str:
    """Give the statement of `session.query(Lead).filter(…).update({…})`."""
    assert isinstance(call.place.whole, cst.Call)
    return Core(call.machine).query(call.place.whole)


class Core:
    """Renders the expressions of one statement."""

    def __init__(self, machine: Machine, around: Iterable[str] = ()) -> None:
        self.machine = machine
        self.around = frozenset(around)
        """Tables of the statement around a sub-select, which it may speak of."""
        self.tables: dict[str, None] = {}
        """Every table that was spoken of, in order."""
        self.entity: cst.BaseExpression | None = None
        """The class whose attributes names speak of, where it is one: they may have other columns."""
        self.written: tuple[str, ...] = ()
        """The table that the statement writes."""
        self.target: cst.BaseExpression | None = None
        """What stands for it in the source."""
        self.own: frozenset[str] = frozenset()
        """Of a SELECT: the tables that do not stand around it."""
        self.taken: frozenset[str] = frozenset()
        """The same of its sub-selects."""

    # --- Statements --------------------------------------------------------------------------------------------------

    def statement(self, node: cst.BaseExpression) -> str:
        root, chain = links(node, self.machine)
        for index, (verb, call) in enumerate(chain):
            base = call.func.value if isinstance(call.func, cst.Attribute) else root
            if verb in _VERBS and (table := self.table(base)) is not None:
                self.target = base
                return self._write(verb, table, self._first(call), chain[index + 1 :])
            positional = [argument.value for argument in call.args[:1] if argument.keyword is None]
            if verb in _VERBS and positional and (table := self.table(positional[0])) is not None:
                self.target = positional[0]
                return self._write(verb, table, [], chain[index + 1 :])
        start = behind(root, self.machine)
        if isinstance(start, cst.Call) and (dotted(start.func) or "").rpartition(".")[2] in _VERBS and start.args:
            table, self.target = self.table(start.args[0].value), start.args[0].value
            if table is not None:
                return self._write(dotted(start.func) or "", table, [], chain)
        raise understood_no(node)

    def _first(self, call: cst.Call) -> list[tuple[str, cst.Call]]:
        """What the verb itself is given, as the methods that would say so."""
        positional, named = plain_arguments(call)
        found = []
        if named.keys() - {"values"}:
            raise understood_no(call)
        if positional:
            found.append(("where", cst.Call(func=cst.Name("where"), args=[cst.Arg(positional[0])])))
        if "values" in named:
            found.append(("values", cst.Call(func=cst.Name("values"), args=[cst.Arg(named["values"])])))
        return found

    def _write(self, verb: str, table: str, first: Chain, chain: Chain) -> str:
        kind = verb.rpartition(".")[2]
        self.written = (table,)
        conditions: list[str] = []
        values: list[tuple[str, str]] = []
        copied = ""
        for method, call in (*first, *chain):
            match method:
                case "where" | "filter" | "filter_by":
                    conditions += self._conditions(table, call)
                case "values":
                    values += self._values(call)
                case "from_select":
                    copied = self._copied(call)
                case _ if method not in _QUIET:
                    raise NotRendered(f"what .{method}() does to it is not known here; write the statement in SQL")
        others = [other for other in self.tables if other != table]
        self._refuse_taken(others)
        from_ = ", ".join(qualified(other) for other in others)
        match kind:
            case "update" if values:
                sets = ", ".join(f"{column} = {value}" for column, value in values)
                return f"UPDATE {qualified(table)} SET {sets}{f' FROM {from_}' if others else ''}{where(conditions)}"
            case "delete":
                return f"DELETE FROM {qualified(table)}{f' USING {from_}' if others else ''}{where(conditions)}"
            case "insert" if copied:
                return f"INSERT INTO {qualified(table)} {copied}"
        raise NotRendered("what it sets is given apart; write the values into the statement, then move it")

    def _conditions(self, table: str, call: cst.Call) -> list[str]:
        """What a `where()`, `filter()` or `filter_by()` says."""
        positional, named = plain_arguments(call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "filter_by":
            return [self._equal(table, *pair) for pair in named.items()]
        return [self.expression(one) for one in positional]

    def query(self, whole: cst.Call) -> str:
        table, _, chain = self._queried(whole)
        last, call = chain[-1]
        given = [("values", cst.Call(func=cst.Name("values"), args=call.args[:1]))] if last == "update" else []
        return self._write(last, table, [], [*chain[:-1], *given])

    def _queried(self, node: cst.BaseExpression) -> tuple[str, cst.Call, Chain]:
        """The table that a session's query is of, the call of `query()`, and what follows it."""
        root, chain = links(node, self.machine)
        start = next((i for i, (method, _) in enumerate(chain) if method == "query"), None)
        if start is None or not chain[start][1].args:
            raise understood_no(root)
        self.entity = self.target = chain[start][1].args[0].value
        table = self.table(self.entity)
        if table is None:
            raise understood_no(self.entity)
        return table, chain[start][1], chain[start + 1 :]

    def rows(self, node: cst.BaseExpression) -> tuple[str, list[str]]:
        """Give the table whose rows a session's query goes through, and the conditions."""
        selected = self._selected(node)
        table, query, chain = selected if selected is not None else self._queried(node)
        if len(query.args) != 1:
            raise understood_no(node)
        conditions: list[str] = []
        for method, call in chain:
            if method in ("where", "filter", "filter_by"):
                conditions += self._conditions(table, call)
            elif method not in ("all", "yield_per", "order_by", "enable_eagerloads", "execution_options"):
                raise NotRendered(f"what .{method}() does to it is not known here; write the statement in SQL")
        if set(self.tables) - {table}:
            raise NotRendered("it goes through rows of several tables; write the statement in SQL, then move it")
        return table, conditions

    def _selected(self, node: cst.BaseExpression) -> tuple[str, cst.Call, Chain] | None:
        """The same of `session.scalars(select(Lead).where(…))`, and of `session.execute(…).scalars()`."""
        _, chain = links(node, self.machine)
        chain = chain[next((i for i, (method, _) in enumerate(chain) if method in ("scalars", "execute")), 0) :]
        names = [method for method, _ in chain]
        behind_it = names[2:] if names[:2] == ["execute", "scalars"] else names[1:]
        runs = names[:1] == ["scalars"] or names[:2] == ["execute", "scalars"]
        if not runs or set(behind_it) - {"all", "unique"} or len(chain[0][1].args) != 1:
            return None
        root, inner = links(chain[0][1].args[0].value, self.machine)
        if inner and inner[0][0] == "select":
            start, inner = inner[0][1], inner[1:]
        elif isinstance(root, cst.Call) and dotted(root.func) == "select":
            start = root
        else:
            return None
        self.entity = start.args[0].value if start.args else None
        table = self.table(self.entity) if self.entity is not None else None
        return (table, start, inner) if table is not None else None

    def _values(self, call: cst.Call) -> list[tuple[str, str]]:
        positional, named = plain_arguments(call)
        mapped = partial(self._mapped, self.entity) if self.entity is not None else str
        pairs = [(name(mapped(column)), value) for column, value in named.items()]
        for one in positional:
            given = behind(one, self.machine)
            if not isinstance(given, cst.Dict):
                raise understood_no(one)
            pairs += [(self._column_name(key), value) for key, value in items(given)]
        return [(column, self._given(column, value)) for column, value in pairs]

    def _given(self, column: str, value: cst.BaseExpression) -> str:
        """What a column is set to: Python's own documents, and None, are JSON where it holds JSON."""
        node = behind(value, self.machine)
        if isinstance(node, (cst.Dict, cst.List)) and (kind := self._kind_of(column)) is not None:
            return document(node, kind)
        given = self.expression(node)
        if given == "NULL" and not isinstance(node, cst.Call) and (kind := self._kind_of(column)) is not None:
            return document(cst.Name("None"), kind)
        return given

    def _kind_of(self, column: str) -> str | None:
        """The type of a column of the written table if it holds JSON; None where it does not, or that is not said."""
        if self.target is None:
            return None
        value = self.machine.evaluate(self.target)
        told = calls_of(value) if isinstance(value, Class) else calls_in(behind(self.target, self.machine))
        return next((json_type(call) for known, call in told if name(known) == column), None)

    def _column_name(self, node: cst.BaseExpression) -> str:
        value = self.machine.evaluate(node) if isinstance(node, cst.SimpleString) else None
        if isinstance(value, Text):
            return name(self._mapped(self.entity, str(value)) if self.entity is not None else str(value))
        return self.expression(node).rpartition(".")[2]

    def _equal(self, table: str, column: str, value: cst.BaseExpression) -> str:
        given = self.expression(value)
        column = self._mapped(self.entity, column) if self.entity is not None else column
        return f"{qualified(table)}.{name(column)} {'IS NULL' if given == 'NULL' else f'= {given}'}"

    def _copied(self, call: cst.Call) -> str:
        positional, _ = plain_arguments(call)
        if len(positional) != 2 or not isinstance(positional[0], (cst.List, cst.Tuple)):
            raise understood_no(call)
        columns = ", ".join(self._column_name(element.value) for element in positional[0].elements)
        return f"({columns}) {Core(self.machine).select(positional[1])}"

    def select(self, node: cst.BaseExpression) -> str:
        """Render `select(…).where(…)`."""
        root, chain = links(node, self.machine)
        if chain and chain[0][0] in _SELECTS:  # `sa.select(…)`
            start, chain = chain[0][1], chain[1:]
        elif isinstance(root, cst.Call) and (dotted(root.func) or "") in _SELECTS:
            start = root
        else:
            raise understood_no(node)
        parts = plain_arguments(start)[0]
        if len(parts) == 1 and isinstance(parts[0], (cst.List, cst.Tuple)):
            parts = [element.value for element in parts[0].elements]
        chosen = [self.expression(part) for part in parts] or ["1"]
        conditions: list[str] = []
        tail = ""
        for method, call in chain:
            given = plain_arguments(call)[0]
            match method:
                case "where" | "filter":
                    conditions += [self.expression(one) for one in given]
                case "select_from" if given and (table := self.table(given[0])) is not None:
                    self.tables.setdefault(table)
                case "order_by":
                    tail += f" ORDER BY {', '.join(self.expression(one) for one in given)}"
                case "group_by":
                    tail += f" GROUP BY {', '.join(self.expression(one) for one in given)}"
                case "limit" if len(given) == 1:
                    tail += f" LIMIT {self.expression(given[0])}"
                case "correlate" | "scalar_subquery" | "as_scalar" | "label" | "exists":
                    pass
                case _:
                    raise NotRendered(
                        f"what .{method}() does to a SELECT is not known here; write the statement in SQL"
                    )
        own = [table for table in self.tables if table not in self.around]
        self._refuse_taken(own)
        self.own, own = frozenset(own), own or list(self.tables)
        return f"SELECT {', '.join(chosen)} FROM {', '.join(map(qualified, own))}{where(conditions)}{tail}"

    def sub_select(self, node: cst.BaseExpression) -> str:
        inner = Core(self.machine, around=(*self.around, *self.written, *self.tables))
        text = inner.select(node)
        self.taken |= inner.own
        return f"({text})"

    def _refuse_taken(self, tables: Iterable[str]) -> None:
        """Refuse a sub-select that was read with a table of its own which, as is seen later, stands around it."""
        if self.taken & frozenset(tables):
            raise NotRendered("a table stands in a sub-select and around it; write the statement in SQL, then move it")

    # --- Tables and columns ------------------------------------------------------------------------------------------

    def table(self, node: cst.BaseExpression) -> str | None:
        """The name of the table that an expression stands for."""
        origin = behind(node, self.machine)
        while isinstance(origin, cst.Attribute) and origin.attr.value == "__table__":
            origin = origin.value
        if isinstance(origin, cst.Call) and (dotted(origin.func) or "").rpartition(".")[2] in ("alias", "aliased"):
            raise NotRendered(
                f"`{shown(origin)}` is a second name for a table; write the statement in SQL, then move it"
            )
        return self._table_of(self.machine.evaluate(node))

    def _table_of(self, value: Value) -> str | None:
        from migration_guard.libraries.database import Model, Table  # noqa: PLC0415 -- it imports the ledger

        match value:
            case Table(name=spelling):
                return spelling
            case Model(table=spelling):
                return spelling
            case Class():
                model = self.machine.libraries.model_of(value)
                return model.table if model is not None else None
        return None

    def column(self, node: cst.BaseExpression) -> str | None:
        """Render `leads.c.status`, `leads.c["status"]`, `Lead.status`."""
        key: str | None = None
        base: cst.BaseExpression = node
        if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            value = self.machine.evaluate(node.slice[0].slice.value)
            key, base = (str(value) if isinstance(value, Text) and value.known else None), node.value
        elif isinstance(node, cst.Attribute):
            key, base = node.attr.value, node.value
        if key is None or not isinstance(base, (cst.Attribute, cst.Name)):
            return None
        if isinstance(base, cst.Attribute) and base.attr.value in ("c", "columns"):
            base = base.value
        elif isinstance(node, cst.Subscript):
            return None
        else:
            key = self._mapped(base, key)
        table = self.table(base)
        if table is None:
            return None
        self.tables.setdefault(table)
        return f"{name(table.rpartition('.')[2])}.{name(key)}"

    def _mapped(self, base: cst.BaseExpression, attribute: str) -> str:
        """The column of a model's attribute, which may have another name."""
        value = self.machine.evaluate(base)
        return dict(columns_of(value)).get(attribute, attribute) if isinstance(value, Class) else attribute

    # --- Expressions -------------------------------------------------------------------------------------------------

    def expression(self, node: cst.BaseExpression) -> str:
        node = behind(node, self.machine)
        match node:
            case cst.Comparison(comparisons=[one]):
                return self._compared(node.left, one)
            case cst.BinaryOperation():
                return self._computed(node)
            case cst.UnaryOperation(operator=cst.BitInvert()):
                return f"NOT ({self.expression(node.expression)})"
            case cst.UnaryOperation(operator=cst.Minus()):
                return f"-{self.expression(node.expression)}"
            case cst.Attribute() | cst.Subscript() if (column := self.column(node)) is not None:
                return column
            case cst.Call():
                return self._called(node)
            case cst.Attribute() if (null := json_null(node)) is not None:
                return null
        value = self.machine.evaluate(node)
        if isinstance(value, (Text, Constant)):
            return spelt(value)
        if isinstance(value, Unknown):
            raise NotRendered(f"`{shown(node)}` is known only when it runs; write the value into the statement")
        raise understood_no(node)

    def _compared(self, left: cst.BaseExpression, target: cst.ComparisonTarget) -> str:
        sign = _COMPARED.get(type(target.operator))
        if sign is None:
            raise understood_no(target.comparator)
        one, other = self.expression(left), self.expression(target.comparator)
        if other == "NULL" and sign in ("=", "<>"):
            return f"{one} IS {'NOT ' if sign == '<>' else ''}NULL"
        return f"{one} {sign} {other}"

    def _computed(self, node: cst.BinaryOperation) -> str:
        left, right = self.expression(node.left), self.expression(node.right)
        sign = _COMPUTED.get(type(node.operator))
        if isinstance(node.operator, cst.Add):
            quoted, counted = (any(test(part) for part in (left, right)) for test in (_is_text, _is_number))
            sign = "||" if quoted else "+" if counted else None
        if sign is None:
            raise understood_no(node)
        return f"({left}) {sign} ({right})"

    def _called(self, node: cst.Call) -> str:
        function = (dotted(node.func) or "").rpartition(".")[2]
        positional, named = plain_arguments(node)
        match function:
            case "and_" | "or_":
                return f" {function[:-1].upper()} ".join(f"({self.expression(one)})" for one in positional)
            case "not_" if len(positional) == 1:
                return f"NOT ({self.expression(positional[0])})"
            case "null" | "true" | "false" if not positional:
                return function.upper()
            case "literal" | "inline_literal" | "literal_column" | "column" | "text" if positional:
                value = self.machine.evaluate(positional[0])
                if function in ("literal", "inline_literal"):
                    return spelt(value)
                if isinstance(value, Text) and value.known and ":" not in str(value).replace("::", ""):
                    return name(str(value)) if function == "column" else str(value)
            case "cast" | "type_coerce" if len(positional) == 2:
                return self._cast(positional[0], positional[1])
            case "case":
                return self._case(positional, named)
            case "exists" if len(positional) == 1 and self.column(positional[0]) is None:
                return f"EXISTS {self.sub_select(positional[0])}"
            case _ if ".func." in f".{dotted(node.func) or ''}":
                return f"{function}({', '.join(self.expression(one) for one in positional)})"
        if isinstance(node.func, cst.Attribute) and not named:
            return self._method(node, node.func, positional)
        raise understood_no(node)

    def _method(self, node: cst.Call, function: cst.Attribute, positional: list[cst.BaseExpression]) -> str:
        method = function.attr.value
        if method in ("scalar_subquery", "as_scalar", "where", "select_from", "limit"):
            root, chain = links(node, self.machine)
            first = (
                chain[0][0] if root is not node and isinstance(root, cst.Name) else dotted(getattr(root, "func", root))
            )
            return f"{'EXISTS ' if first == 'exists' else ''}{self.sub_select(node)}"
        if method == "exists":
            return f"EXISTS {self.sub_select(node)}"
        given = [self._listed(one) if method in _LISTS else self.expression(one) for one in positional]
        subject = self.expression(function.value)
        match method, given:
            case (("is_" | "isnot" | "is_not"), ["NULL" | "TRUE" | "FALSE" as what]):
                return f"{subject} IS {'' if method == 'is_' else 'NOT '}{what}"
            case "in_", [values]:
                return f"{subject} IN {values}"
            case (("notin_" | "not_in"), [values]):
                return f"{subject} NOT IN {values}"
            case (("like" | "ilike"), [pattern]):
                return f"{subject} {method.upper()} {pattern}"
            case (("notlike" | "not_like" | "notilike" | "not_ilike"), [pattern]):
                return f"{subject} NOT {'ILIKE' if 'ilike' in method else 'LIKE'} {pattern}"
            case "startswith", [text]:
                return f"{subject} LIKE {text} || '%'"
            case "endswith", [text]:
                return f"{subject} LIKE '%' || {text}"
            case "contains", [text]:
                return f"{subject} LIKE '%' || {text} || '%'"
            case "concat", [text]:
                return f"({subject}) || ({text})"
            case "between", [low, high]:
                return f"{subject} BETWEEN {low} AND {high}"
            case (("label" | "asc"), _):
                return subject
            case "desc", []:
                return f"{subject} DESC"
            case (("is_distinct_from" | "isnot_distinct_from" | "is_not_distinct_from"), [other]):
                return f"{subject} IS {'NOT ' if 'not' in method else ''}DISTINCT FROM {other}"
            case "cast", _ if positional:
                return self._cast(function.value, positional[0])
        raise understood_no(node)

    def _listed(self, node: cst.BaseExpression) -> str:
        """Render what IN takes: a list, or a sub-select."""
        origin = behind(node, self.machine)
        if isinstance(origin, cst.Call):
            return self.sub_select(origin)
        if not isinstance(origin, (cst.List, cst.Tuple, cst.Set)) or not origin.elements:
            raise understood_no(node)
        return f"({', '.join(self.expression(element.value) for element in origin.elements)})"

    def _cast(self, value: cst.BaseExpression, kind: cst.BaseExpression) -> str:
        plain = kind.func if isinstance(kind, cst.Call) else kind
        spelling = _TYPES.get((dotted(plain) or "").rpartition(".")[2])
        if spelling is None or (isinstance(kind, cst.Call) and kind.args):
            raise understood_no(kind)
        return f"CAST({self.expression(value)} AS {spelling})"

    def _case(self, branches: list[cst.BaseExpression], named: dict[str, cst.BaseExpression]) -> str:
        if len(branches) == 1 and isinstance(branches[0], (cst.List, cst.Tuple)):
            first = branches[0].elements[0].value if branches[0].elements else None
            if isinstance(first, cst.Tuple):
                branches = [element.value for element in branches[0].elements]
        if set(named) - {"else_"} or not branches:
            raise NotRendered("a case() by value is not understood here; write the statement in SQL, then move it")
        parts = []
        for branch in branches:
            if not isinstance(branch, cst.Tuple) or len(branch.elements) != 2:
                raise understood_no(branch)
            when, then = (self.expression(element.value) for element in branch.elements)
            parts.append(f"WHEN {when} THEN {then}")
        otherwise = f" ELSE {self.expression(named['else_'])}" if "else_" in named else ""
        return f"CASE {' '.join(parts)}{otherwise} END"


def _is_text(part: str) -> bool:
    return part.startswith("'")


def _is_number(part: str) -> bool:
    return part.lstrip("-").replace(".", "", 1).isdigit()
