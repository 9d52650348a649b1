"""Flags a remark that ignores a rule and does not say why.

## Why is this bad?
A remark decides for everybody who deploys this migration. Whoever meets it in a year cannot tell whether it was
thought through, or was only the quickest way to a green build.

## Bad
```python
from alembic import op


def upgrade():
    op.execute("UPDATE plans SET active = true")  # migration-guard: ignore[update-in-migration]  # expect: MG902
```

## Good
```python
from alembic import op


def upgrade():
    op.execute("UPDATE plans SET active = true")  # migration-guard: ignore[update-in-migration] -- nine rows
```

## Use instead
Say the reason behind two hyphens: `# migration-guard: ignore[update-in-migration] -- nine rows`.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.rules._upkeep import IgnoreUse, Upkeep, upkeep

HELP = "Say why behind two hyphens: `migration-guard: ignore[…] -- nine rows, and nobody writes them`."


@upkeep("MG902", "reasonless-ignore")
def check(use: IgnoreUse, context: Upkeep) -> Iterator[Finding]:
    """Report a remark without a reason."""
    if not use.ignore.reason:
        names = ", ".join(use.ignore.rules)
        yield context.finding(use.ignore.line, f"This ignores {names} without a reason", HELP, Severity.LOW)
