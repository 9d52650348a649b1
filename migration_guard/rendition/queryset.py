"""Django's querysets as SQL: `Lead.objects.filter(status__isnull=True).update(status="new")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Unknown, Value
from migration_guard.rendition.loops import KINDS, Body, Kind, collecting_loop, loop_around, loop_spot
from migration_guard.rendition.spelling import (
    NotRendered,
    Rendered,
    behind,
    links,
    name,
    plain_arguments,
    qualified,
    quoted,
    shown,
    spelt,
    spelt_list,
    understood_no,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.libraries.database import Model

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_QUIET = frozenset(
    {"all", "using", "order_by", "iterator", "select_related", "prefetch_related", "only", "defer", "db_manager"}
)
_COMPARED = {"exact": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_READ_BY_DJANGO = frozenset(
    {"DateTimeField", "TimeField", "DurationField", "JSONField", "BinaryField", "ArrayField", "HStoreField"}
)
"""Fields whose values Django makes something else of, by its settings or its own rules."""
_LOOKUPS = frozenset({"", "exact", "isnull", "in", "range", "lt", "lte", "gt", "gte", "pk", "id"})
"""What may stand behind a field and speaks of the column itself."""
_TEXTS = frozenset({"contains", "startswith", "endswith", "icontains", "istartswith", "iendswith"})
_FUNCTIONS = {
    "Lower": "lower", "Upper": "upper", "Coalesce": "coalesce", "Length": "length", "Trim": "trim", "Greatest": "greatest",
    "Least": "least", "Abs": "abs",
}  # fmt: skip
_OPERATORS = {cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*"}


def rendered(call: Call, model: Model | None) -> str | Rendered:
    """Give the statement of a call of `update()` or `delete()`."""
    whole = call.place.whole
    if not isinstance(whole, cst.Call) or model is None or model.table is None or model.name is None:
        raise NotRendered("which table it writes is not known; write the statement in SQL, then move it")
    if links(whole, call.machine)[1][-1][0].lstrip("a") == "bulk_update":
        return of_bulk_update(call.machine, model, whole)
    return _QuerySet(call.machine, model, model.table).statement(whole)


def of_save(call: Call, model: Model | None) -> Rendered:
    """Give the statement that a loop over a queryset stands for, whose rows are saved one by one."""
    whole = call.place.whole
    if not isinstance(whole, cst.Call) or model is None or model.table is None or model.name is None:
        raise NotRendered("which table it writes is not known; write the statement in SQL, then move it")
    row = dotted(whole.func.value) if isinstance(whole.func, cst.Attribute) else None
    loop = loop_around(call.machine, whole, row)
    given = plain_arguments(whole)[1].get("update_fields")
    return _of_loop(call.machine, model, loop, _fields_of(given), saved=whole)


def of_bulk_update(machine: Machine, model: Model, whole: cst.Call) -> Rendered:
    """Give the statement of a loop that collects rows, which are saved together."""
    positional, named = plain_arguments(whole)
    listed = positional[0] if positional else None
    fields = _fields_of(positional[1] if len(positional) > 1 else named.get("fields"))
    if not isinstance(listed, cst.Name) or not fields:
        raise understood_no(whole)
    loop, added = collecting_loop(machine, listed.value)
    return _of_loop(machine, model, loop, fields, saved=added)


def _of_loop(machine: Machine, model: Model, loop: cst.For, fields: tuple[str, ...], saved: cst.CSTNode) -> Rendered:
    assert model.table is not None
    spot = loop_spot(machine, loop)
    query = _QuerySet(machine, model, model.table)
    try:
        conditions = query.rows(loop.iter)
        sets, held = Body(machine, loop, _Fields(query), saved).run()
        _check_saved(machine, model, set(sets), fields)
        columns = ", ".join(f"{query.column(field)} = {value}" for field, value in sets.items())
        return Rendered(f"UPDATE {qualified(model.table)} SET {columns}{_where([*conditions, *held])}", loop=spot)
    except NotRendered as reason:
        raise NotRendered(str(reason), spot) from None


def _check_saved(machine: Machine, model: Model, assigned: set[str], fields: tuple[str, ...]) -> None:
    if fields and assigned - set(fields):
        raise NotRendered("it assigns fields that it does not save; write the statement in SQL, then move it")
    if not fields and (stamp := machine.libraries.django.stamped(model)):
        raise NotRendered(f"save() also writes the time into {stamp} (auto_now); say update_fields, then move it")


def _fields_of(node: cst.BaseExpression | None) -> tuple[str, ...]:
    """The names of `update_fields`, if they are written out."""
    if node is None:
        return ()
    if not isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        raise understood_no(node)
    values = [element.value for element in node.elements]
    if not all(isinstance(value, cst.SimpleString) for value in values):
        raise understood_no(node)
    return tuple(str(value.evaluated_value) for value in values if isinstance(value, cst.SimpleString))


class _Fields:
    """The fields of a row in a loop over a queryset."""

    def __init__(self, query: _QuerySet) -> None:
        self._query = query

    def column(self, field: str) -> str:
        return self._query.column(field)

    def kind(self, field: str) -> Kind:
        return KINDS.get(self._query.machine.libraries.django.field_kind(self._query.model, field), Kind.OTHER)

    def related(self, field: str, attribute: str) -> tuple[str, Kind]:
        """A field of the row that a foreign key refers to."""
        django = self._query.machine.libraries.django
        other = django.related(self._query.model, field)
        if other is None or other.table is None or other.table == self._query.table:
            raise NotRendered(f"which table {field} refers to is not known here; write the statement in SQL")
        inner = _QuerySet(self._query.machine, other, other.table, f"{name(other.table)}.")
        key = f"{name(self._query.table)}.{self.column(field)}"
        found = f"(SELECT {inner.column(attribute)} FROM {qualified(other.table)} WHERE {inner.column('id')} = {key})"
        return found, KINDS.get(django.field_kind(other, attribute), Kind.OTHER)

    def checked(self, field: str, node: cst.BaseExpression, value: str) -> str:
        kind = self._query.machine.libraries.django.field_kind(self._query.model, field)
        if kind in _READ_BY_DJANGO and value != "NULL" and not isinstance(node, cst.Attribute):
            raise NotRendered(
                f"Django makes something else of values of a {kind} ({field}); write the statement in SQL"
            )
        return value


class _QuerySet:
    """Renders one chain of calls."""

    def __init__(
        self, machine: Machine, model: Model, table: str, prefix: str = "", outer: _QuerySet | None = None
    ) -> None:
        self.machine = machine
        self.model = model
        self.table = table
        self.prefix = prefix
        """What stands before its columns: in a sub-select, the table."""
        self.outer = outer
        """The statement around a sub-select, of which `OuterRef` speaks."""

    def statement(self, whole: cst.Call) -> str:
        root, chain = links(whole, self.machine)
        self._check_root(root, chain)
        verb, last = chain[-1]
        conditions = self._conditions(chain[:-1])
        where = _where(conditions)
        if verb == "_raw_delete" or (verb == "delete" and self._alone()):
            return f"DELETE FROM {qualified(self.table)}{where}"
        if verb != "update":
            raise NotRendered("a loop with Python logic; write it as one UPDATE, or finish a --skeleton")
        _, named = plain_arguments(last)
        if not named:
            raise understood_no(last)
        sets = ", ".join(f"{self.column(field)} = {self.given(field, value)}" for field, value in named.items())
        if self.prefix:
            raise understood_no(last)
        return f"UPDATE {qualified(self.table)} SET {sets}{where}"

    def rows(self, node: cst.BaseExpression) -> list[str]:
        """Give the conditions of the rows that a queryset goes through."""
        root, chain = links(node, self.machine)
        self._check_root(root, chain)
        return self._conditions(chain)

    def _conditions(self, chain: list[tuple[str, cst.Call]]) -> list[str]:
        conditions: list[str] = []
        for method, call in chain:
            if method in ("filter", "exclude"):
                held = self._all(call)
                conditions.append(f"({held}) IS NOT TRUE" if method == "exclude" else held)
            elif method not in _QUIET and method not in {"get_model", "get_queryset"}:
                raise NotRendered(
                    f"what .{method}() does to it is not known here; write the statement in SQL, then move it"
                )
        return conditions

    def _check_root(self, root: cst.BaseExpression, chain: list[tuple[str, cst.Call]]) -> None:
        """The rows must be those of the model's own manager."""
        from migration_guard.libraries.database import Model  # noqa: PLC0415 -- it imports the ledger

        first = chain[0][1].func
        for _, call in chain:
            base = call.func.value if isinstance(call.func, cst.Attribute) else root
            manager = base if isinstance(base, cst.Attribute) and base.attr.value in _MANAGERS else None
            if manager is not None and isinstance(self.machine.evaluate(manager.value), Model):
                return
        raise NotRendered(
            f"which rows `{shown(first)}` gives is not known here; write the statement in SQL, then move it"
        )

    def _alone(self) -> bool:
        """Whether deleting rows deletes no others: Django does that in Python, by every relation that it knows."""
        names = self.machine.libraries.django.related_to(self.model)
        if names:
            raise NotRendered(
                f"Django deletes, or changes, rows of {names[0]} with them; write a DELETE for each table in SQL, then move them"
            )
        return True

    # --- Conditions --------------------------------------------------------------------------------------------------

    def _all(self, call: cst.Call) -> str:
        positional, named = plain_arguments(call)
        parts = [self._q(one) for one in positional] + [self._lookup(*pair) for pair in named.items()]
        if not parts:
            return "TRUE"
        return " AND ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]

    def _q(self, node: cst.BaseExpression) -> str:
        match node:
            case cst.Call() if (dotted(node.func) or "").rpartition(".")[2] == "Q":
                return self._all(node)
            case cst.BinaryOperation(operator=cst.BitAnd() | cst.BitOr()):
                word = "AND" if isinstance(node.operator, cst.BitAnd) else "OR"
                return f"({self._q(node.left)}) {word} ({self._q(node.right)})"
            case cst.UnaryOperation(operator=cst.BitInvert()):
                return f"({self._q(node.expression)}) IS NOT TRUE"
        raise understood_no(node)

    def _lookup(self, spelling: str, node: cst.BaseExpression) -> str:
        field, _, lookup = spelling.partition("__")
        related = self.machine.libraries.django.related(self.model, field) if lookup not in _LOOKUPS else None
        if related is not None and self.machine.libraries.django.field_kind(self.model, field) in (
            "ForeignKey",
            "OneToOneField",
        ):
            return self._of_related(field, lookup, related, node)
        column = self.column(field)
        if lookup == "isnull":
            truth = self.machine.evaluate(node)
            if not isinstance(truth, Constant) or not isinstance(truth.value, bool):
                raise understood_no(node)
            return f"{column} IS {'' if truth.value else 'NOT '}NULL"
        if lookup == "in":
            return f"{column} IN {spelt_list(self.machine.evaluate(node))}"
        if lookup in ("", "exact"):
            value = self.given(field, node)
            return f"{column} IS NULL" if value == "NULL" else f"{column} = {value}"
        if lookup in _COMPARED:
            return f"{column} {_COMPARED[lookup]} {self.given(field, node)}"
        if lookup == "range":
            low, high = spelt_list(self.machine.evaluate(node))[1:-1].split(", ")
            return f"{column} BETWEEN {low} AND {high}"
        if lookup in _TEXTS:
            return self._like(column, lookup, node)
        raise NotRendered(f"the condition {spelling} is not understood here; write the statement in SQL, then move it")

    def _of_related(self, field: str, lookup: str, related: Model, node: cst.BaseExpression) -> str:
        """A condition on the row that a foreign key refers to."""
        if related.table is None or lookup.rpartition("__")[2] == "isnull" or self._is_none(node):
            raise NotRendered(
                f"whether {field}__{lookup} asks for a row or for NULL in it is not told here; write it in SQL"
            )
        other = _QuerySet(self.machine, related, related.table, f"{self.prefix}{name(related.table)}.")
        inside = other._lookup(lookup, node)
        return f"{self.column(field)} IN (SELECT {other.column('id')} FROM {qualified(related.table)} WHERE {inside})"

    def _is_none(self, node: cst.BaseExpression) -> bool:
        value = self.machine.evaluate(node)
        return isinstance(value, Constant) and value.value is None

    def _like(self, column: str, lookup: str, node: cst.BaseExpression) -> str:
        value = self.machine.evaluate(node)
        if not isinstance(value, Text) or not value.known:
            raise understood_no(node)
        escaped = str(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        kind = lookup.removeprefix("i") if lookup != "in" else lookup
        start, end = "" if kind == "startswith" else "%", "" if kind == "endswith" else "%"
        insensitive = lookup.startswith("i")
        pattern = quoted(f"{start}{escaped}{end}")
        if insensitive:
            return f"UPPER({column}::text) LIKE UPPER({pattern})"
        return f"{column}::text LIKE {pattern}"

    # --- Values ------------------------------------------------------------------------------------------------------

    def column(self, field: str) -> str:
        """The column of a field, as the app's migrations tell it."""
        column = self.machine.libraries.django.column(self.model, field)
        if column is None:
            raise NotRendered(
                f"the migrations do not say which column of {self.table} the field {field} is; write the statement in SQL"
            )
        return f"{self.prefix}{name(column)}"

    def given(self, field: str, node: cst.BaseExpression) -> str:
        """Render what a field is set to, or compared with."""
        value = self.value(node)
        kind = self.machine.libraries.django.field_kind(self.model, field)
        if kind in _READ_BY_DJANGO and value != "NULL" and not isinstance(node, cst.Call):
            raise NotRendered(
                f"Django makes something else of values of a {kind} ({field}); write the statement in SQL"
            )
        return value

    def value(self, node: cst.BaseExpression) -> str:
        match node:
            case cst.Call():
                return self._function(node)
            case cst.BinaryOperation() if (
                sign := _OPERATORS.get(type(node.operator))
            ) is not None and _speaks_of_fields(node):
                return f"({self.value(node.left)} {sign} {self.value(node.right)})"
        value: Value = self.machine.evaluate(node)
        if isinstance(value, (Text, Constant)):
            return spelt(value)
        if isinstance(value, Unknown):
            raise NotRendered(f"`{shown(node)}` is known only when it runs; write the value into the statement")
        raise understood_no(node)

    def _function(self, node: cst.Call) -> str:
        function = (dotted(node.func) or "").rpartition(".")[2]
        positional, named = plain_arguments(node)
        if function == "F" and len(positional) == 1:
            field = self.machine.evaluate(positional[0])
            if isinstance(field, Text) and field.known and "__" not in str(field):
                return self.column(str(field))
        elif function == "OuterRef" and len(positional) == 1 and self.outer is not None:
            field = self.machine.evaluate(positional[0])
            if isinstance(field, Text) and field.known and "__" not in str(field):
                return f"{name(self.outer.table)}.{self.outer.column(str(field)).rpartition('.')[2]}"
        elif function == "Value" and len(positional) == 1:
            return self.value(positional[0])
        elif function == "Concat" and len(positional) > 1:
            return f"concat({', '.join(self._field_or_value(one) for one in positional)})"
        elif function == "Subquery" and len(positional) == 1:
            return self._sub_select(positional[0])
        elif function == "Case":
            return self._case(positional, named)
        elif function in _FUNCTIONS and not named:
            return f"{_FUNCTIONS[function]}({', '.join(self._field_or_value(one) for one in positional)})"
        raise understood_no(node)

    def _case(self, branches: list[cst.BaseExpression], named: dict[str, cst.BaseExpression]) -> str:
        parts = []
        for branch in branches:
            if not isinstance(branch, cst.Call) or (dotted(branch.func) or "").rpartition(".")[2] != "When":
                raise understood_no(branch)
            asked, given = plain_arguments(branch)
            then = given.pop("then", None)
            if then is None:
                raise understood_no(branch)
            conditions = [self._q(one) for one in asked] + [self._lookup(*pair) for pair in given.items()]
            parts.append(f"WHEN {' AND '.join(f'({one})' for one in conditions)} THEN {self.value(then)}")
        default = named.get("default")
        otherwise = f" ELSE {self.value(default)}" if default is not None else ""
        return f"CASE {' '.join(parts)}{otherwise} END"

    def _sub_select(self, node: cst.BaseExpression) -> str:
        """`Owner.objects.filter(pk=OuterRef("owner_id")).values("name")[:1]`."""
        from migration_guard.libraries.database import Query  # noqa: PLC0415 -- it imports the ledger

        node = behind(node, self.machine)
        first = isinstance(node, cst.Subscript)
        chosen = behind(node.value, self.machine) if isinstance(node, cst.Subscript) else node
        query = self.machine.evaluate(chosen)
        model = query.model if isinstance(query, Query) else None
        if model is None or model.table is None or self.prefix or model.table == self.table:
            raise understood_no(node)
        root, chain = links(chosen, self.machine)
        method, last = chain[-1]
        fields = plain_arguments(last)[0]
        if method not in ("values", "values_list") or len(fields) != 1:
            raise understood_no(node)
        inner = _QuerySet(self.machine, model, model.table, f"{name(model.table)}.", self)
        inner._check_root(root, chain)
        conditions = inner._conditions(chain[:-1])
        alone = any(one.startswith(f"{inner.prefix}{name('id')} = ") for one in conditions)
        if first and not alone:
            raise NotRendered(
                "which of several rows [:1] takes is not told here; write the statement in SQL with ORDER BY"
            )
        return f"(SELECT {inner._field_or_value(fields[0])} FROM {qualified(model.table)}{_where(conditions)})"

    def _field_or_value(self, node: cst.BaseExpression) -> str:
        """Text in a function of Django's names a field."""
        value = self.machine.evaluate(node)
        return self.column(str(value)) if isinstance(value, Text) and value.known else self.value(node)


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(f'({one})' for one in conditions)}" if conditions else ""


def _speaks_of_fields(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.BinaryOperation):
        return _speaks_of_fields(node.left) or _speaks_of_fields(node.right)
    return isinstance(node, cst.Call) and (dotted(node.func) or "").rpartition(".")[2] in {"F", *_FUNCTIONS}
