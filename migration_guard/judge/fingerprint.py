"""What makes two findings the same one: rule, kind, target and canonical form; never path, line or message.

What runs on the way down only is told apart: brought into the upgrade it is a new danger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.findings import SCHEME
from migration_guard.later import Later
from migration_guard.operations import Direction, Operation, Part

if TYPE_CHECKING:
    import hashlib
else:
    hashlib = Later("hashlib")

_DIGITS = 20


def fingerprint(rule_name: str, operation: Operation | None, about: str = "") -> str:
    """Hash what an operation is, apart from where it stands; without one, the finding is about its whole migration,
    or about a backfill by this name.
    """
    if operation is None:
        return _hashed([rule_name, about] if about else [rule_name])
    every = operation.parts or (Part(operation.tables, ""),)
    if len(every) == 1:
        return _of_part(rule_name, operation, every[0])
    return _hashed([rule_name, *sorted(_of_part(rule_name, operation, part) for part in every)])


def parts(rule_name: str, operation: Operation | None) -> tuple[tuple[str, str], ...]:
    """Give a fingerprint for each table, where one place writes several of them one by one."""
    if operation is None or len(operation.parts) < 2:
        return ()
    return tuple((", ".join(part.tables), _of_part(rule_name, operation, part)) for part in operation.parts)


def _of_part(rule_name: str, operation: Operation, part: Part) -> str:
    tables = [table for table in part.tables if table not in operation.anywhere]
    called = operation.callee if not operation.beyond else None
    target = ",".join(tables) or operation.model or called or ""
    said = [rule_name, operation.kind.value, target.lower(), part.form]
    return _hashed([*said, "downgrade"] if operation.direction is Direction.DOWNGRADE else said)


def _hashed(said: list[str]) -> str:
    return f"{SCHEME}:{hashlib.sha256(chr(0).join(said).encode(errors='surrogatepass')).hexdigest()[:_DIGITS]}"
