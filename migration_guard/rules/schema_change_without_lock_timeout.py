"""Flags a migration that changes the schema and waits for its lock without a limit. Off unless it is selected by name.

## Why is this bad?
A schema change waits until all who use the table have finished, and everybody who comes after it waits behind it. One
forgotten transaction, or one long report, and a change of milliseconds stops every query of the table: PostgreSQL waits
without a limit unless a `lock_timeout` is set. A `statement_timeout` is none: it counts the work too, and is set to what the
longest change may take.

## Bad
```python
from alembic import op
import sqlalchemy as sa


def upgrade():
    op.execute("SET statement_timeout = '10min'")
    op.add_column("leads", sa.Column("status", sa.Text()))  # expect: MG304
```

```python
from alembic import op


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET LOCAL lock_timeout = '5s'")
        op.execute("ALTER TABLE calls ADD CHECK (seconds > 0) NOT VALID")  # expect: MG304
```

## Good
```python
from alembic import op
import sqlalchemy as sa


def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("leads", sa.Column("status", sa.Text()))
```

```python
from alembic import op


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY leads_status ON leads (status)")
```

```python
from alembic import op
import sqlalchemy as sa


def upgrade():
    op.create_table("stages", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.create_index("stages_id", "stages", ["id"])
```

## Use instead
`SET LOCAL lock_timeout = '5s'` at the beginning of the migration, and try again when it fails; or once for all migrations, in
`env.py` (`connection.execute(text("SET lock_timeout = '5s'"))`), in the `options` of Django's database settings, or in those of
the URL. Outside of a transaction (`autocommit_block`, Django's `atomic = False`) `SET LOCAL` sets nothing: leave out the LOCAL
there, and RESET it. What a role or a pooler sets is not seen here: where it does, do not select this rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Omission, Omitted
from migration_guard.rules._omission import Demand, demand

_HELP = {
    "django": "Begin the migration with migrations.RunSQL(\"SET LOCAL lock_timeout = '5s'\", migrations.RunSQL.noop), "
    "or set it once for all in the OPTIONS of the database; where atomic = False, without LOCAL.",
    "alembic": "Begin the migration with op.execute(\"SET LOCAL lock_timeout = '5s'\"), or set it once for all in env.py; "
    "in an autocommit_block, without LOCAL.",
}
_ELSE = "Begin the migration with SET LOCAL lock_timeout = '5s'; outside of a transaction, without LOCAL."


@demand("MG304", "schema-change-without-lock-timeout", of=Omitted.LOCK_TIMEOUT)
def check(omission: Omission, context: Demand) -> Iterator[Finding]:
    """Report the first change of the schema of a migration that may wait for a lock without a limit."""
    message = f"{omission.what} waits for its lock without a limit, and all who come after it wait behind it"
    yield context.finding(omission, message, _HELP.get(context.framework, _ELSE))
