"""What an operation cannot be spelled as is a reason for not moving it, and no failure of the reader."""

from __future__ import annotations

from migration_guard.operations import Job
from migration_guard.reading.migration import read

COMPUTED = b"""
import sqlalchemy as sa
from alembic import op

leads = sa.table("leads", sa.column("a_x"))

def upgrade():
    for name in ("x", "y"):
        op.execute(leads.update().values(**{f"a_{name}": 1}))
"""


def test_a_column_whose_name_is_computed() -> None:
    (operation,) = read(Job("/nowhere/1.py", "1.py", "/nowhere", "alembic", renders=True), COMPUTED).operations
    assert operation.rendition is not None
    assert 'f"a_{name}"' in operation.rendition.refusal
