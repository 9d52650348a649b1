"""Conditions of object mappers, and what they say in SQL as far as they compare columns with constants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from migration_guard.lean import dataclass
from migration_guard.sql.batch import Write, batches


@dataclass(frozen=True, slots=True)
class Test:
    """One condition of a query: a column, how it is compared, and with what."""

    column: str
    how: str
    value: cst.BaseExpression | None = None
    certain: bool = True
    negated: bool = False

    @property
    def leaves_out(self) -> bool:
        """Whether it leaves out rows that are done: asking for a value does not, done rows have one."""
        if not self.certain:
            return False
        if self.how == "isnull":
            return (isinstance(self.value, cst.Name) and self.value.value == "True") is not self.negated
        null = self.value is None or (isinstance(self.value, cst.Name) and self.value.value == "None")
        return not null or (self.how not in _IS_OTHER) is not self.negated


_IS_OTHER = frozenset({"isnot", "is_not", "ne"})
_NOT_KNOWN = "unknown()"
_SAYS = {"": "=", "eq": "=", "exact": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def told_in_sql(values: Iterable[tuple[str, cst.BaseExpression]], tests: Iterable[Test]) -> Write:
    """An UPDATE that gives columns these values where the tests hold; what is no constant is a function's affair."""
    given = ", ".join(f'"{column}" = {_constant(value) or _NOT_KNOWN}' for column, value in values)
    asked = " AND ".join(_condition(one) for one in tests if one.certain) or "true"
    found = next(iter(batches(f"UPDATE rows SET {given or 'none = none'} WHERE {asked}", (), "postgres")), None)
    return found.writes[0] if found is not None and found.writes else _NOTHING


_NOTHING = Write("UPDATE", "", (), (), (), confined=False, repeats=False)


def _condition(test: Test) -> str:
    column = f'"{test.column}"'
    value = _constant(test.value) if test.value is not None else None
    match test.how:
        case "isnull":
            said = f"{column} IS NULL" if value == "TRUE" else f"{column} IS NOT NULL" if value == "FALSE" else ""
        case "is" | "eq" | "exact" | "" if value == "NULL":
            said = f"{column} IS NULL"
        case how if how in _IS_OTHER and value == "NULL":
            said = f"{column} IS NOT NULL"
        case "in" if (listed := list(_listed(test.value))) and None not in listed:
            said = f"{column} IN ({', '.join(map(str, listed))})"
        case how if how in _SAYS and value is not None:
            said = f"{column} {_SAYS[how]} {value}"
        case _:
            said = ""
    said = said or f"{column} = {_NOT_KNOWN}"
    return f"NOT ({said})" if test.negated else said


def _listed(node: cst.BaseExpression | None) -> Iterator[str | None]:
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        yield from (_constant(one.value) for one in node.elements)


def _constant(node: cst.BaseExpression) -> str | None:
    """A constant as SQL spells it; None for anything else."""
    match node:
        case cst.Name(value="True" | "False" | "None" as name):
            return {"True": "TRUE", "False": "FALSE", "None": "NULL"}[name]
        case cst.SimpleString() if isinstance(node.evaluated_value, str):
            return "'" + node.evaluated_value.replace("'", "''") + "'"
        case cst.Integer() | cst.Float():
            return str(node.evaluated_value)
    return None
