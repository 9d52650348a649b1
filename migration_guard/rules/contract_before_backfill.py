"""Flags a schema change that relies on a column before the backfill that fills it is known to be complete.

## Why is this bad?
The backfill runs after the deployment, and may still be at work, or have rows left, when this migration comes. NOT NULL and
validated checks then fail, and the deployment with them; a column that is dropped takes the data with it that was not
copied yet.

## Bad
```python
from alembic import op


def upgrade():
    op.alter_column("leads", "status", nullable=False)  # expect: MG303
    op.execute("ALTER TABLE leads DROP COLUMN old_status")  # expect: MG303
```

## Good
```python
from alembic import op

from migration_guard.backfill import require_backfill


def upgrade():
    require_backfill(op.get_bind(), "leads-status")
    op.alter_column("leads", "status", nullable=False)
    op.execute("ALTER TABLE leads DROP COLUMN old_status")
```

```python
from alembic import op


def upgrade():
    op.execute("ALTER TABLE leads VALIDATE CONSTRAINT leads_tenant_id_fkey")
```

## Use instead
`require_backfill(op.get_bind(), KEY)` at the beginning of the migration, or with Django `RunPython` of a function that calls
`require_backfill(schema_editor.connection, KEY)`: it goes on only where the backfill was verified as complete, or the table is
empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.procedures import Contraction
from migration_guard.rules._contract import Contract, contract


@contract("MG303", "contract-before-backfill")
def check(contraction: Contraction, context: Contract) -> Iterator[Finding]:
    """Report each change of a column that a known backfill fills, or reads, unless the migration requires it."""
    for fill in context.fills:
        if fill.concerns(contraction) and not context.requires(fill.key):
            where = f"{contraction.table}.{contraction.columns[0]}" if contraction.columns else contraction.table
            message = f"{contraction.what} on {where} relies on backfill {fill.key}, which may not be complete"
            help_ = f"{_first(fill.key, context)}: it goes on only where the backfill was verified as complete."
            yield context.finding(contraction, message, help_)
            return


def _first(key: str, context: Contract) -> str:
    if context.django:
        return f'Begin this migration with RunPython of a function that calls require_backfill(schema_editor.connection, "{key}")'
    return f'Call require_backfill(op.get_bind(), "{key}") first in this migration'
