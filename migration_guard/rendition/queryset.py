"""Django's querysets as SQL: `Lead.objects.filter(status__isnull=True).update(status="new")`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Unknown, Value
from migration_guard.rendition.spelling import (
    NotRendered,
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
    where,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.libraries.database import Model

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_QUIET = frozenset(
    {"all", "using", "order_by", "iterator", "select_related", "prefetch_related", "only", "defer", "db_manager"}
)
_NARROWS = frozenset({"filter", "exclude", "annotate", "distinct", "alias"})
"""What leaves rows out, or as they are."""
_COMPARED = {"exact": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
READ_BY_DJANGO = frozenset(
    {"DateTimeField", "TimeField", "DurationField", "JSONField", "BinaryField", "ArrayField", "HStoreField"}
)
"""Fields whose values Django makes something else of, by its settings or its own rules."""
_LOOKUPS = frozenset({"", "exact", "isnull", "in", "range", "lt", "lte", "gt", "gte", "pk", "id"})
"""What may stand behind a field and speaks of the column itself."""
_KEYS = frozenset({"pk", "id"})
_TEXTS = frozenset({"contains", "startswith", "endswith", "icontains", "istartswith", "iendswith"})
_FUNCTIONS = {
    "Lower": "lower", "Upper": "upper", "Coalesce": "coalesce", "Length": "length", "Trim": "trim", "Greatest": "greatest",
    "Least": "least", "Abs": "abs",
}  # fmt: skip
_OPERATORS = {cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*"}


class QuerySet:
    """Renders one chain of calls."""

    def __init__(
        self, machine: Machine, model: Model, table: str, prefix: str = "", outer: QuerySet | None = None
    ) -> None:
        self.machine = machine
        self.model = model
        self.table = table
        self.prefix = prefix
        """What stands before its columns: in a sub-select, the table."""
        self.outer = outer
        """The statement around a sub-select, of which `OuterRef` speaks."""
        self._turned = False
        """Whether what is said is turned round, in which NULL among what a sub-select gives would count."""

    def statement(self, whole: cst.Call) -> str:
        root, chain = links_of(whole, self.machine)
        self.check_root(root, chain)
        verb, last = chain[-1]
        conditions = self.conditions(chain[:-1])
        if verb == "_raw_delete" or (verb == "delete" and self.alone()):
            return f"DELETE FROM {qualified(self.table)}{where(conditions)}"
        if verb != "update":
            raise NotRendered("a loop with Python logic; write it as one UPDATE, or finish a --skeleton")
        _, named = plain_arguments(last)
        if not named:
            raise understood_no(last)
        sets = ", ".join(f"{self.column(field)} = {self.given(field, value)}" for field, value in named.items())
        if self.prefix:
            raise understood_no(last)
        return f"UPDATE {qualified(self.table)} SET {sets}{where(conditions)}"

    def rows(self, node: cst.BaseExpression) -> list[str]:
        """Give the conditions of the rows that a queryset goes through."""
        root, chain = links_of(node, self.machine)
        self.check_root(root, chain)
        return self.conditions(chain)

    def sayable(self, node: cst.BaseExpression) -> list[str]:
        """Give those conditions of a queryset's rows that can be said in SQL. All of its methods must be known."""
        root, chain = links_of(node, self.machine)
        self.check_root(root, chain)
        found: list[str] = []
        for link in chain:
            try:
                found += self.conditions([link])
            except NotRendered:
                if link[0] not in _NARROWS:
                    raise
        return found

    def conditions(self, chain: list[tuple[str, cst.Call]]) -> list[str]:
        conditions: list[str] = []
        for method, call in chain:
            if method in ("filter", "exclude"):
                held = self._turned_round(self._all, call) if method == "exclude" else self._all(call)
                conditions.append(f"({held}) IS NOT TRUE" if method == "exclude" else held)
            elif method not in _QUIET and method not in {"get_model", "get_queryset"}:
                raise NotRendered(
                    f"what .{method}() does to it is not known here; write the statement in SQL, then move it"
                )
        return conditions

    def check_root(self, root: cst.BaseExpression, chain: list[tuple[str, cst.Call]]) -> None:
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

    def alone(self) -> bool:
        """Whether deleting rows deletes no others: Django does that in Python, by every relation that it knows."""
        names = self.machine.libraries.django.related_to(self.model)
        if names:
            raise NotRendered(
                f"Django deletes, or changes, rows of {names[0]} with them; write a DELETE for each table in SQL, then move them"
            )
        return True

    # --- Conditions --------------------------------------------------------------------------------------------------

    def _turned_round(self, said: Callable[[Any], str], node: object) -> str:
        before, self._turned = self._turned, True
        try:
            return said(node)
        finally:
            self._turned = before

    def _all(self, call: cst.Call) -> str:
        positional, named = plain_arguments(call)
        parts = [self.q(one) for one in positional] + [self.lookup(*pair) for pair in named.items()]
        if not parts:
            return "TRUE"
        return " AND ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]

    def q(self, node: cst.BaseExpression) -> str:
        match node:
            case cst.Call() if (dotted(node.func) or "").rpartition(".")[2] == "Q":
                return self._all(node)
            case cst.Call(args=[cst.Arg(value=rows, keyword=None, star="")]) if (dotted(node.func) or "").rpartition(
                "."
            )[2] == "Exists":
                return f"EXISTS {self._there(rows)}"
            case cst.BinaryOperation(operator=cst.BitAnd() | cst.BitOr()):
                word = "AND" if isinstance(node.operator, cst.BitAnd) else "OR"
                return f"({self.q(node.left)}) {word} ({self.q(node.right)})"
            case cst.UnaryOperation(operator=cst.BitInvert()):
                return f"({self._turned_round(self.q, node.expression)}) IS NOT TRUE"
        raise understood_no(node)

    def lookup(self, spelling: str, node: cst.BaseExpression) -> str:
        field, _, lookup = spelling.partition("__")
        own = lookup in _LOOKUPS and (
            lookup not in _KEYS or self.machine.libraries.django.referred(self.model, field) in _KEYS
        )
        related = None if own else self.machine.libraries.django.related(self.model, field)
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
            some = self._keys_of_some(field, node) or self._keys_of_others(field, node)
            return f"{column} IN {some or spelt_list(self.machine.evaluate(node))}"
        if lookup in ("", "exact"):
            value = self.given(field, node)
            return f"{column} IS NULL" if value == "NULL" else f"{column} = {value}"
        if lookup in _COMPARED:
            return f"{column} {_COMPARED[lookup]} {self.given(field, node)}"
        if lookup == "range":
            ends = self.machine.evaluate(node)
            given = ends.elements() if isinstance(ends, Sequence) else None
            if given is None or len(given) != 2:
                raise understood_no(node)
            return f"{column} BETWEEN {spelt(given[0])} AND {spelt(given[1])}"
        if lookup in _TEXTS:
            return self._like(column, lookup, node)
        raise NotRendered(f"the condition {spelling} is not understood here; write the statement in SQL, then move it")

    def _keys_of_some(self, field: str, node: cst.BaseExpression) -> str | None:
        """The keys that `list(Lead.objects.filter(…).values_list("pk", flat=True)[:1000])` gives, of the same table."""
        found = behind(node, self.machine)
        if isinstance(found, cst.Call) and dotted(found.func) in ("list", "tuple", "set") and len(found.args) == 1:
            found = behind(found.args[0].value, self.machine)
        if not isinstance(found, cst.Subscript) or not isinstance(found.value, cst.Call) or self.prefix:
            return None
        (part, *more) = (one.slice for one in found.slice)
        if (
            more
            or not isinstance(part, cst.Slice)
            or part.lower is not None
            or part.upper is None
            or part.step is not None
        ):
            return None
        root, chain = links_of(found.value, self.machine)
        self.check_root(root, chain)
        from migration_guard.libraries.database import Query  # noqa: PLC0415 -- it imports the ledger

        query = self.machine.evaluate(found.value)
        method, last = chain[-1]
        (chosen, *rest), named = (*plain_arguments(last),) if last.args else ((None,), {})
        given = self.machine.evaluate(chosen) if chosen is not None else None
        same = isinstance(query, Query) and query.model is not None and query.model.table == self.table
        if method != "values_list" or rest or set(named) != {"flat"} or not same or not isinstance(given, Text):
            return None
        if self.column(str(given)) != self.column(field):
            return None
        limit = self.machine.evaluate(part.upper)
        counted = limit.value if isinstance(limit, Constant) and isinstance(limit.value, int) else 1000
        inner = QuerySet(self.machine, self.model, self.table)
        column = self.column(field)
        return f"(SELECT {column} FROM {qualified(self.table)}{where(inner.conditions(chain[:-1]))} LIMIT {counted})"

    def _keys_of_others(self, field: str, node: cst.BaseExpression) -> str | None:
        """What a queryset of another table gives: `Owner.objects.filter(…)`, `….values_list("pk", flat=True)`, or a list of it."""
        found = behind(node, self.machine)
        listed = isinstance(found, cst.Call) and dotted(found.func) in ("list", "tuple", "set") and len(found.args) == 1
        if listed:
            found = behind(cst.ensure_type(found, cst.Call).args[0].value, self.machine)
        other = self._other(found)
        if other is None or (self._turned and not listed):
            return None
        root, chain = links_of(found, self.machine)
        other.check_root(root, chain)
        chain = [link for link in chain if link[0] != "distinct" or link[1].args]
        method, last = chain[-1]
        chosen = "pk"
        if method in ("values", "values_list"):
            (positional, named), chain = plain_arguments(last), chain[:-1]
            value = self.machine.evaluate(positional[0]) if len(positional) == 1 else None
            if not isinstance(value, Text) or "__" in str(value) or (listed and "flat" not in named):
                return None
            chosen = str(value)
        elif listed or self.machine.libraries.django.referred(self.model, field) not in _KEYS:
            return None
        conditions = other.conditions(chain)
        return f"(SELECT {other.column(chosen)} FROM {qualified(other.table)}{where(conditions)})"

    def _there(self, node: cst.BaseExpression) -> str:
        """The rows of which `Exists(…)` asks, as a sub-select."""
        found = behind(node, self.machine)
        other = self._other(found, self)
        if other is None:
            raise understood_no(node)
        root, chain = links_of(found, self.machine)
        other.check_root(root, chain)
        return f"(SELECT 1 FROM {qualified(other.table)}{where(other.conditions(chain))})"

    def _other(self, node: cst.BaseExpression, outer: QuerySet | None = None) -> QuerySet | None:
        """A queryset of another table, as it stands in a sub-select."""
        from migration_guard.libraries.database import Query  # noqa: PLC0415 -- it imports the ledger

        while (
            isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "distinct"
        ):
            node = node.func.value
        query = self.machine.evaluate(node) if isinstance(node, cst.Call) else None
        model = query.model if isinstance(query, Query) else None
        if model is None or model.table is None or self.prefix or model.table == self.table:
            return None
        return QuerySet(self.machine, model, model.table, f"{name(model.table)}.", outer)

    def _of_related(self, field: str, lookup: str, related: Model, node: cst.BaseExpression) -> str:
        """A condition on the row that a foreign key refers to."""
        if related.table is None or lookup.rpartition("__")[2] == "isnull" or self._is_none(node):
            raise NotRendered(
                f"whether {field}__{lookup} asks for a row or for NULL in it is not told here; write it in SQL"
            )
        other = QuerySet(self.machine, related, related.table, f"{self.prefix}{name(related.table)}.")
        inside = other.lookup(lookup, node)
        referred = other.column(self.machine.libraries.django.referred(self.model, field))
        return f"{self.column(field)} IN (SELECT {referred} FROM {qualified(related.table)} WHERE {inside})"

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

    def bare(self, field: str) -> str:
        """The column of a field, as SET takes it."""
        return self.column(field).removeprefix(self.prefix)

    def given(self, field: str, node: cst.BaseExpression) -> str:
        """Render what a field is set to, or compared with."""
        value = self.value(node)
        return value if isinstance(node, cst.Call) else self.plain(field, value)

    def plain(self, field: str, value: str) -> str:
        """Give a value that Python has, unless Django makes something else of it."""
        kind = self.machine.libraries.django.field_kind(self.model, field)
        if kind in READ_BY_DJANGO and value != "NULL":
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
        elif function == "Cast" and len(positional) == 2 and (cast := _cast_to(positional[1])) is not None:
            return f"CAST({self._field_or_value(positional[0])} AS {cast})"
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
            conditions = [self.q(one) for one in asked] + [self.lookup(*pair) for pair in given.items()]
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
        root, chain = links_of(chosen, self.machine)
        method, last = chain[-1]
        fields = plain_arguments(last)[0]
        if method not in ("values", "values_list") or len(fields) != 1:
            raise understood_no(node)
        inner = QuerySet(self.machine, model, model.table, f"{name(model.table)}.", self)
        inner.check_root(root, chain)
        conditions = inner.conditions(chain[:-1])
        alone = any(one.startswith(f"{inner.column('pk')} = ") for one in conditions)
        if first and not alone:
            raise NotRendered(
                "which of several rows [:1] takes is not told here; write the statement in SQL with ORDER BY"
            )
        return f"(SELECT {inner._field_or_value(fields[0])} FROM {qualified(model.table)}{where(conditions)})"

    def _field_or_value(self, node: cst.BaseExpression) -> str:
        """Text in a function of Django's names a field."""
        value = self.machine.evaluate(node)
        return self.column(str(value)) if isinstance(value, Text) and value.known else self.value(node)


def _cast_to(field: cst.BaseExpression) -> str | None:
    """The type to which `Cast` casts, where PostgreSQL has it without a length."""
    name = (dotted(field.func) or "").rpartition(".")[2] if isinstance(field, cst.Call) and not field.args else ""
    return {"CharField": "varchar", "TextField": "text", "IntegerField": "integer", "BigIntegerField": "bigint"}.get(
        name
    )


def links_of(node: cst.BaseExpression, machine: Machine) -> tuple[cst.BaseExpression, list[tuple[str, cst.Call]]]:
    """Take a queryset apart. What is no chain of calls, as a slice, or the manager itself, is not understood."""
    root, chain = links(node, machine)
    if not chain:
        raise understood_no(node)
    return root, chain


def _speaks_of_fields(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.BinaryOperation):
        return _speaks_of_fields(node.left) or _speaks_of_fields(node.right)
    return isinstance(node, cst.Call) and (dotted(node.func) or "").rpartition(".")[2] in {"F", *_FUNCTIONS}
