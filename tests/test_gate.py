"""The gate may only be wrong on the safe side: every way round it that we can think of stands here."""

from __future__ import annotations

import warnings

import pytest

from migration_guard.gate import SIZE_LIMIT, may_hold_operation

ALEMBIC = """\
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from geoalchemy2 import Geometry

revision: str = "1f2e3d4c5b6a"
down_revision = None


def upgrade() -> None:
{body}


def downgrade() -> None:
    pass
"""
DJANGO = """\
import uuid
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations, models
import crm.fields


class Migration(migrations.Migration):
    atomic = False
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("crm", "0001_initial")]
    operations = {operations}
"""


def alembic(body: str) -> bytes:
    return ALEMBIC.format(body="\n".join(f"    {line}" for line in body.splitlines())).encode()


def django(operations: str) -> bytes:
    return DJANGO.format(operations=operations).encode()


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "op.add_column('leads', sa.Column('status', sa.Text(), server_default=sa.text('now()')))",
        "op.add_column('leads', sa.Column('place', Geometry('POINT', srid=4326)))",
        "op.add_column('leads', sa.Column('tags', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')))",
        "op.create_index(op.f('ix_leads'), 'leads', ['a'], postgresql_where=sa.text('a IS NULL'))",
        "with op.batch_alter_table('leads') as batch_op:\n    batch_op.drop_column('a')",
        "with op.get_context().autocommit_block():\n    op.create_index('ix', 'leads', ['a'])",
        "if op.get_context().dialect.name == 'postgresql':\n    op.drop_index('ix')",
        "for name in ('a', 'b'):\n    op.drop_column('leads', name)",
        "op.create_table('x', *[sa.Column(f'c{n}', sa.Integer()) for n in range(3)])",
        "print('adding {}'.format('columns'))\nop.drop_table('x')",
        "def drop(name):\n    op.drop_column('leads', name)\ndrop('a')",
    ],
)
def test_alembic_schema_changes_are_dropped(body: str) -> None:
    assert not may_hold_operation(alembic(body))


@pytest.mark.parametrize(
    "operations",
    [
        "[]",
        "[migrations.AddField('lead', 'key', models.UUIDField(default=uuid.uuid4, unique=True))]",
        "[migrations.CreateModel('Lead', [('id', crm.fields.KeyField(primary_key=True))], bases=(models.Model,))]",
        "[AddIndexConcurrently('lead', models.Index(fields=['a'], name='ix')), TrigramExtension()]",
        "[migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel('Lead')])]",
        "[migrations.RemoveField('lead', 'a')] + [migrations.RenameModel('Lead', 'Prospect')]",
    ],
)
def test_django_schema_changes_are_dropped(operations: str) -> None:
    assert not may_hold_operation(django(operations))


@pytest.mark.parametrize(
    "body",
    [
        "op.execute('UPDATE leads SET a = 1')",
        "op.bulk_insert(leads, [])",
        "run = getattr(op, 'exec' + 'ute')\nrun('UPDATE leads SET a = 1')",
        "o = op\no.drop_column('leads', 'a')",
        "helper(op)",
        "helper()",
        "crm.helper()",
        "Seeder()",
        "print(Seeder())",
        "op.drop_column('leads', lookup('a'))",
        "op.run_async(fill)",
        "op.invoke(thing)",
        "[fill(row) for row in rows]",
        "list(map(fill, rows))",
        "sorted(rows, key=fill)",
        "max(rows, **options)",
        "lead.status = 'new'",
        "leads[0].status = 'new'",
        "del lead.status",
        "with fill():\n    op.drop_column('leads', 'a')",
        "with op.batch_alter_table('leads') as batch_op:\n    batch_op.fill()",
        "with op.batch_alter_table('leads') as batch_op:\n    fill(batch_op)",
        "with fill() as batch_op, op.batch_alter_table('leads') as batch_op:\n    batch_op.drop_column('a')",
        "globals()['fill']()",
        "__builtins__['fill']",
        "eval('fill')",
        "@fill\ndef helper(): pass",
        "import fill as op\nop.drop_column('leads', 'a')",
        "for op in handles:\n    op.drop_column('leads', 'a')",
        "sa.event.listens_for(leads, 'after_create')",
        "class Fill(Unknown): pass",
        "class Fill(metaclass=Unknown): pass",
        "(lambda: fill)()()",
        "values().split()",
        "print = fill\nprint('x')",
        "str('x').join(fill())",
        "async def fill(): pass",
        "yield fill",
        "match fill:\n    case Unknown(): pass",
        "op.get_context().connection",
        "class A:\n    def exec(self): pass\nexec('x')",
        "# back-fill happens elsewhere",
        "log = 'Backfilling leads'",
        "BACK_FILL = True",
    ],
)
def test_what_may_change_data_is_kept(body: str) -> None:
    assert may_hold_operation(alembic(body))


@pytest.mark.parametrize(
    "operations",
    [
        "[migrations.RunPython(fill)]",
        "[migrations.RunSQL('UPDATE leads SET a = 1')]",
        "[crm.fields.Fill()]",
        "make()",
        "[operation for operation in SHARED]",
        "SHARED",
        "[*SHARED]",
        "[migrations.SeparateDatabaseAndState(database_operations=SHARED)]",
        "[migrations.SeparateDatabaseAndState(**SHARED)]",
        "[migrations.AddField('lead', 'key', make_field())]",
        "[]\n    def apply(self, state, editor): pass",
        "[]\nMigration.operations = SHARED",
        "[]\nMigration.operations.append(SHARED)",
        "[]\nMigration = SHARED",
        "[]\nclass Other(migrations.AddField): pass",
    ],
)
def test_django_operations_that_are_not_known_are_kept(operations: str) -> None:
    assert may_hold_operation(django(operations))


@pytest.mark.parametrize(
    "source",
    [
        b"from shop.migrations.shared import upgrade\nrevision = down_revision = None\n",
        b"from shop.shared import *\n",
        b"from shop.shared import fill as downgrade\n",
        b"def upgrade(): pass\nupgrade = make\n",
        b"def __getattr__(name): pass\n",
        b"def helper(): pass\nfrom shop import helper\nhelper()\n",
        b"from shop import op\nop.drop_column('leads', 'a')\n",
        b"op.drop_column('leads', 'a')\n",
        b"from django.db import migrations\nclass Migration(migrations.Migration, Mixin): operations = []\n",
        b"class Migration(Unknown): operations = []\n",
        b"# coding: utf-7\n",
        b"#!/usr/bin/python\n# -*- coding: rot13 -*-\n",
        b"def upgrade(:\n",
        b"x = '\0'\n",
        b"x = " + b"(" * 5000 + b")" * 5000,
        b"x = " + b"-" * 200_000 + b"1",
        b"#" * (SIZE_LIMIT + 1),
        b"# caf\xe9\nx = '\xe9'\n",
    ],
)
def test_what_cannot_be_judged_is_kept(source: bytes) -> None:
    assert may_hold_operation(source)


@pytest.mark.parametrize(
    "source", [b"", b"\xef\xbb\xbf# -*- coding: utf-8 -*-\r\n", b"revision = '1'\r\ndown_revision = None\r\n"]
)
def test_nothing_is_dropped(source: bytes) -> None:
    assert not may_hold_operation(source)


def test_odd_escapes_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not may_hold_operation(b"pattern = '\\d+'\n")
