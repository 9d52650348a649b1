"""Matching written tables against the configuration's patterns: `leads`, `public.leads`, `crm.Lead`, `call_log_*`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from fnmatch import fnmatchcase

from migration_guard.config.tables import Heat, MeasuredTable
from migration_guard.lean import dataclass
from migration_guard.operations import Operation

SMALL = (
    "django_content_type",
    "auth_permission",
    "auth_group",
    "django_site",
    "django_migrations",
    "alembic_version",
    "schema_migrations",
)
"""Tables that frameworks keep for themselves; a data change in them is harmless."""


@dataclass(frozen=True, slots=True)
class TablePatterns:
    """Patterns of one kind of table. Case never counts, and a schema counts only where both sides name one."""

    patterns: tuple[str, ...]

    @staticmethod
    def of(patterns: Iterable[str]) -> TablePatterns:
        return TablePatterns(tuple(pattern.lower() for pattern in patterns))

    def match(self, names: tuple[str, ...]) -> bool:
        """Whether any of the names by which one table is known fits any pattern."""
        return any(_fits(name, pattern) for name in names for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Measured:
    """Tables as their database counted them, found by the names that migrations use."""

    by_name: Mapping[str, tuple[MeasuredTable, ...]] = field(default_factory=dict)
    """By the name without its schema, in lower case."""

    @staticmethod
    def of(tables: Iterable[MeasuredTable]) -> Measured:
        by_name: dict[str, tuple[MeasuredTable, ...]] = defaultdict(tuple)
        for table in tables:
            by_name[_bare(table.name.lower())] += (table,)
        return Measured(dict(by_name))

    def find(self, names: tuple[str, ...]) -> MeasuredTable | None:
        """Give a table by any of its names; where its schema is not said, the hottest of that name."""
        return max(self._all(names), key=lambda table: (table.heat is Heat.HOT, table.rows), default=None)

    def words(self, operation: Operation) -> str:
        """Say how hot the written tables are; nothing where nobody counted."""
        found = [table for table in map(self.find, written(operation)) if table is not None]
        return "; ".join(f"{one.name}: {one.rows:,} rows, {one.writes_per_day:,} writes a day" for one in found)

    def _all(self, names: tuple[str, ...]) -> Iterator[MeasuredTable]:
        for name in names:
            for table in self.by_name.get(_bare(name), ()):
                if "." not in name or name == table.name.lower():
                    yield table


def written(operation: Operation) -> tuple[tuple[str, ...], ...]:
    """Every written table, each as the names by which it is known. Empty where nothing is known."""
    model = _model_names(operation)
    first, *others = operation.tables or ("",)
    known = (*((first.lower(),) if first else ()), *model)
    return tuple(names for names in (known, *((other.lower(),) for other in others)) if names)


def _model_names(operation: Operation) -> tuple[str, ...]:
    """The model's own name and, unless the table is known, the one that Django gives it."""
    if operation.model is None:
        return ()
    model = operation.model.lower()
    return (model,) if operation.tables or "." not in model else (model, model.replace(".", "_"))


def _fits(name: str, pattern: str) -> bool:
    """`crm.Lead` also means Django's default table `crm_lead`."""
    if fnmatchcase(name, pattern) or fnmatchcase(name, pattern.replace(".", "_")):
        return True
    if "." in name and "." in pattern:
        return False
    return fnmatchcase(_bare(name), _bare(pattern))


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
