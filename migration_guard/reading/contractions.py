"""Schema changes that rely on the data of a column, and the backfills that a migration requires to be complete."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from migration_guard.interpreter.spot import Spot, spot_in_text, spot_of
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Value
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.libraries.django import Built

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

ANY_KEY = "*"
"""A backfill that is required under a name that the source does not tell: it may be any."""
_NAME = r'"?(\w+)"?'
_TABLE = re.compile(r"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?([\w.\"]+)([^;]*)", re.IGNORECASE)
_NOT_NULL = re.compile(rf"\bALTER\s+(?:COLUMN\s+)?{_NAME}\s+SET\s+NOT\s+NULL\b", re.IGNORECASE)
_DROP = re.compile(
    rf"\bDROP\s+(?:COLUMN\s+(?:IF\s+EXISTS\s+)?|(?!CONSTRAINT\b|DEFAULT\b|NOT\b|EXPRESSION\b|IDENTITY\b)){_NAME}",
    re.IGNORECASE,
)
_VALIDATE = re.compile(rf"\bVALIDATE\s+CONSTRAINT\s+{_NAME}", re.IGNORECASE)
_FOREIGN_KEY = re.compile(rf"\bADD\s+CONSTRAINT\s+{_NAME}\s+FOREIGN\s+KEY\b", re.IGNORECASE)
_FOREIGN_KEY_NAME = re.compile(r".*_fkey\d*")
"""What PostgreSQL itself calls a foreign key."""
_CHECK = re.compile(r"\bADD\s+(?:CONSTRAINT\s+\S+\s+)?CHECK\s*\((.*)\)(?!.*\bNOT\s+VALID\b)", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Found:
    """One of them, whose place is located only when it is told."""

    table: str
    columns: tuple[str, ...]
    what: str
    spot: Spot


@dataclass(slots=True)
class Contractions:
    """Collects for one migration, as far as it goes up."""

    found: dict[object, Found] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    _foreign_keys: set[str] = field(default_factory=set)
    """The foreign keys that the migration adds."""
    _batch_table: str = ""
    """The table of Alembic's last `batch_alter_table`."""

    def called(self, call: Call) -> None:
        """Look at a call of Alembic, Django, or our own gate."""
        match call.name:
            case "require_backfill":
                key = _text(call.argument(1, "backfill"))
                self.required[key or ANY_KEY] = None
            case "batch_alter_table":
                self._batch_table = _text(call.argument(0, "table_name")) or ""
            case "alter_column" if _is(call.named.get("nullable"), truth=False):
                self._column(call, "SET NOT NULL")
            case "drop_column":
                self._column(call, "DROP COLUMN")
            case "create_check_constraint" if not _is(call.named.get("postgresql_not_valid"), truth=True):
                condition = _text(call.argument(2, "condition")) or ""
                self._add(call, _text(call.argument(1, "table_name")), _words(condition), "ADD CHECK")
            case "AlterField" if not _is(_made_with(call.argument(2, "field")), truth=True):
                self._field(call, "SET NOT NULL")
            case "RemoveField":
                self._field(call, "DROP COLUMN")

    def executed(self, call: Call, text: Text) -> None:
        """Look at SQL text."""
        shown = str(text)
        lowered = shown.lower()
        if "add" in lowered:
            self._foreign_keys.update(one[1] for one in _FOREIGN_KEY.finditer(shown))
        for table, columns, what, start, end in _in_sql(shown, self._foreign_keys) if "alter" in lowered else ():
            spot = spot_in_text(text, start, start + 1, end, call.place) or spot_of(call.place)
            self.found.setdefault((spot.key, what, columns), Found(table, columns, what, spot))

    def _column(self, call: Call, what: str) -> None:
        """`op.alter_column(table, column)`, or the same of a batch, which knows its table."""
        given = [_text(value) for value in call.positional[:2]]
        table, column = given if len(given) == 2 else (self._batch_table, given[0] if given else None)
        column = _text(call.named.get("column_name")) or column
        self._add(call, _text(call.named.get("table_name")) or table, (column.lower(),) if column else (), what)

    def _field(self, call: Call, what: str) -> None:
        model, name = _text(call.argument(0, "model_name")), _text(call.argument(1, "name"))
        if model and name:
            table = f"{call.machine.libraries.django.app}_{model}".lower()
            self._add(call, table, (name.lower(), f"{name.lower()}_id"), what)

    def _add(self, call: Call, table: str | None, columns: tuple[str, ...], what: str) -> None:
        if table:
            spot = spot_of(call.place)
            self.found.setdefault((spot.key, what, columns), Found(table, columns, what, spot))


def _in_sql(text: str, foreign_keys: Collection[str]) -> Iterator[tuple[str, tuple[str, ...], str, int, int]]:
    for statement in _TABLE.finditer(text):
        table, base = statement[1].replace('"', ""), statement.start(2)
        for pattern, what in ((_NOT_NULL, "SET NOT NULL"), (_DROP, "DROP COLUMN")):
            for one in pattern.finditer(statement[2]):
                yield table, (one[1].lower(),), what, base + one.start(), base + one.end()
        for one in _VALIDATE.finditer(statement[2]):
            if one[1] in foreign_keys or _FOREIGN_KEY_NAME.fullmatch(one[1]):
                continue  # it relies on rows of another table, not on what a backfill fills
            yield table, (), f"VALIDATE CONSTRAINT {one[1]}", base + one.start(), base + one.end()
        for one in _CHECK.finditer(statement[2]):
            yield table, _words(one[1]), "ADD CHECK", base + one.start(), base + one.end()


def _words(condition: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.lower() for word in _WORD.findall(condition)))


def _text(value: Value | None) -> str | None:
    return str(value) if isinstance(value, Text) and value.known else None


def _is(value: Value | None, *, truth: bool) -> bool:
    return isinstance(value, Constant) and value.value is truth


def _made_with(value: Value | None) -> Value | None:
    """The `null` of a model field."""
    return value.made_with.named.get("null") if isinstance(value, Built) else Constant(value=True)
