"""Matching written tables against the configuration's patterns: `leads`, `public.leads`, `crm.Lead`, `call_log_*`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

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
    return fnmatchcase(name.rpartition(".")[2], pattern.rpartition(".")[2])
