"""Flags a remark that ignores a rule where that rule finds nothing.

## Why is this bad?
A remark that outlives its reason hides whatever is written there next. It says of harmless code that it is dangerous,
and readers stop believing the remarks that matter.

## Bad
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    # migration-guard: ignore[update-in-migration] -- a few rows only  # expect: MG901
    op.add_column("leads", sa.Column("status", sa.Text()))
```

## Good
```python
from alembic import op


def upgrade():
    # migration-guard: ignore[update-in-migration] -- nine rows, and the application needs them at once
    op.execute("UPDATE plans SET active = true")
```

## Use instead
Take the remark away, or correct the name of the rule, or put the remark on the line above the statement.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.rules._upkeep import IgnoreUse, Upkeep, upkeep

HELP = "Take the remark away; it belongs on a line of the statement that it is about, or on the line above."


@upkeep("MG901", "unused-ignore")
def check(use: IgnoreUse, context: Upkeep) -> Iterator[Finding]:
    """Report the rules that a remark names and that found nothing where it counts."""
    if use.unused:
        where = "in this file" if use.ignore.whole_file else "here"
        names = ", ".join(use.unused)
        yield context.finding(use.ignore.line, f"Nothing of {names} is found {where} to be ignored", HELP, Severity.LOW)
