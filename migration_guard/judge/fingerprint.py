"""What makes two findings the same one: rule, kind, target and canonical form; never path, line or message.

What runs on the way down only is told apart: brought into the upgrade it is a new danger.
"""

from __future__ import annotations

from hashlib import sha256

from migration_guard.operations import Direction, Operation

VERSION = "1"
_DIGITS = 20


def fingerprint(rule_name: str, operation: Operation | None, about: str = "") -> str:
    """Hash what an operation is, apart from where it stands; without one, the finding is about its whole migration,
    or about a backfill by this name.
    """
    parts = [rule_name, about] if about else [rule_name]
    if operation is not None:
        tables = [table for table in operation.tables if table not in operation.anywhere]
        target = ",".join(tables) or operation.model or operation.callee or ""
        parts += [operation.kind.value, target.lower(), operation.form]
        parts += ["downgrade"] if operation.direction is Direction.DOWNGRADE else []
    return f"{VERSION}:{sha256(chr(0).join(parts).encode(errors='surrogatepass')).hexdigest()[:_DIGITS]}"
