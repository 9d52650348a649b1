"""What an operation cannot be spelled as is a reason for not moving it, and no failure of the reader."""

from __future__ import annotations

import pytest

from migration_guard.operations import Job
from migration_guard.reading.migration import read

TABLES = """
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.mutable import MutableDict

leads = sa.table(
    "leads", sa.column("a_x"), sa.column("name", sa.Text), sa.column("doc", JSONB(none_as_null=True)),
    sa.column("changing", MutableDict.as_mutable(JSONB)), sa.column("plain", sa.JSON()),
)
calls = sa.table("calls", sa.column("lead_id"), sa.column("name"))

def upgrade():
"""

UNSPELLED = {
    'for name in ("x", "y"):\n        op.execute(leads.update().values(**{f"a_{name}": 1}))': 'f"a_{name}"',
    'op.execute(leads.update().where(leads.c.name.startswith("a_b", autoescape=True)).values(name="x"))': "startswith",
    'op.execute(leads.update().where(leads.c.name.like("a!_b", escape="!")).values(name="x"))': "like",
    'op.execute(leads.update(whereclause=leads.c.name == "a").values(name="x"))': "whereclause",
    "op.execute(leads.update().values(doc=None))": 'sa.column("doc", JSONB(none_as_null=True))',
    "op.execute(leads.update().values(changing={}))": "MutableDict",
    "op.execute(leads.update().values(name={}))": "`{}`",
    'op.execute(leads.update().values(plain={"a": len(leads.c)}))': '{"a": len(leads.c)}',
    'op.execute(leads.update().values(plain={"a": "\\0"}))': '{"a": "\\0"}',
    (
        "op.execute(leads.update().where(sa.select(sa.literal(1)).where(calls.c.name == leads.c.name).exists(),"
        ' calls.c.lead_id == 3).values(name="x"))'
    ): "in a sub-select and around it",
}


@pytest.mark.parametrize("body", UNSPELLED)
def test_what_is_not_said_in_sql_is_refused(body: str) -> None:
    source = f"{TABLES}    {body}\n".encode()
    operations = read(Job("/nowhere/1.py", "1.py", "/nowhere", "alembic", renders=True), source).operations
    (said,) = {one.rendition.refusal or one.rendition.sql for one in operations if one.rendition is not None}
    assert UNSPELLED[body] in said
