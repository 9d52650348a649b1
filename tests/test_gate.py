"""The gate may only be wrong on the safe side: every way round it that we can think of stands here."""

from __future__ import annotations

import warnings

import pytest

from migration_guard.gate import SIZE_LIMIT, may_hold_operation
from migration_guard.gate.text import only_changes_schema

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
        "from alembic.op import drop_column, get_context\nif get_context().dialect.name in ['mysql']:\n    drop_column('x', 'a')",
        "bind = op.get_bind()\nif 'a' not in [c['name'].lower() for c in sa.inspect(bind).get_columns('x')]:\n    pass",
        "bind = op.get_bind()\nlook = sa.inspect(bind)\nif look.has_table('x') and bind.dialect.name == 'mysql':\n    pass",
        "if op.get_bind().engine.dialect.name == 'postgresql':\n    op.drop_index('ix')",
        "def has(bind, t):\n    look = sa.inspect(bind)\n    return t in look.get_table_names()\nhas(op.get_bind(), 'x')",
        "bind = op.get_bind()\nkind = sa.Enum('a', 'b', name='kind')\nkind.create(bind, checkfirst=True)",
        "postgresql.ENUM('a', name='kind').drop(op.get_bind())",
        "names = []\nnames.append('a')\nfor name in names:\n    op.drop_column('x', name.lower())",
        "op.execute('ALTER TYPE kind ADD VALUE ' \"'b'\")",
        "op.execute(sa.text('DROP INDEX ix; SET lock_timeout TO 5'))",
        "op.get_bind().execute(sa.text('CREATE TYPE kind AS ENUM (1)'))",
        "conn = op.get_bind()\nconn.execute('ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE')",
        "SQL = 'CREATE EXTENSION IF NOT EXISTS citext'\nop.execute(SQL)",
        "for sql in ('DROP TYPE a', 'DROP TYPE b'):\n    op.execute(sql)",
        "with op.batch_alter_table('x') as batch:\n    batch.execute('PRAGMA foreign_keys=OFF')",
        "import textwrap\nop.execute(textwrap.dedent('DROP FUNCTION f'))",
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
        "[migrations.RunSQL('DROP INDEX ix', migrations.RunSQL.noop, elidable=True)]",
        "[migrations.RunSQL(sql=['DROP INDEX ix', 'DROP TYPE a'], reverse_sql='', state_operations=[])]",
        "[migrations.operations.special.SeparateDatabaseAndState([migrations.RunSQL('DROP VIEW a')])]",
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
        "import crm\ncrm.helper()",
        "Seeder()",
        "print(Seeder())",
        "op.drop_column('leads', lookup('a'))",
        "op.run_async(fill)",
        "from home import expressions\nop.create_index('ix', 'leads', [expressions.LOWER])",
        "from home import expressions\nop.create_index('ix', 'leads', ['a'], postgresql_where=expressions.HOT)",
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
        "op.execute('DROP TABLE a', 'b')",
        "op.execute('DROP TABLE a', execution_options=options)",
        "op.execute(*texts)",
        "op.execute(f'DROP TABLE {name}')",
        "op.execute('DROP TABLE %s' % name)",
        "op.execute('DROP TABLE {}'.format(name))",
        "op.execute('DROP TABLE a' + name)",
        "op.execute(b'DROP TABLE a')",
        "op.execute('DROP TABLE a -- and update b')",
        "op.execute('DROP TABLE a; /* do */ DROP TABLE b')",
        "op.execute('fill()')",
        "import text\nop.execute(text)",
        "import sql\nsql = 'DROP TABLE a'\nop.execute(sql)",
        "sql = 'DROP TABLE a'\nsql = 'fill()'\nop.execute(sql)",
        "sql = 'DROP TABLE a'\nsql += name\nop.execute(sql)",
        "sql = 'DROP TABLE a'\ndef run(sql):\n    op.execute(sql)",
        "for sql in ('DROP TABLE a', *more):\n    op.execute(sql)",
        "for sql in texts:\n    op.execute(sql)",
        "sql = sql\nop.execute(sql)",
        "def text(sql): return fill\nfrom sqlalchemy import text\nop.execute(text('DROP TABLE a'))",
        "op.execute(text('DROP TABLE a'))",
        "op.execute(sa.text('fill()'))",
        "op.execute(sa.text('DROP TABLE a').bindparams(a=fill()))",
        "bind = op.get_bind()\nbind.execute(leads)",
        "bind = op.get_bind()\nbind = other\nbind.execute('DROP TABLE a')",
        "bind = op.get_bind()\nrun = bind.execute\nrun('fill()')",
        "bind = op.get_bind()\nalias = bind\nalias.execute('fill()')",
        "bind = op.get_bind()\nfill(bind)",
        "bind = op.get_bind()\nop.add_column('x', Geometry(bind))",
        "bind = op.get_bind()\nop.add_column('x', Geometry(bind=bind.engine))",
        "op.add_column('x', Geometry(sa.inspect(op.get_bind()).bind))",
        "bind = op.get_bind()\nhandles = [bind]\nhandles[0].execute('fill()')",
        "bind = op.get_bind()\ndef run(b):\n    b.execute('fill()')\nrun(bind)",
        "bind = op.get_bind()\nbind.begin()",
        "bind = op.get_bind()\nwith bind.begin() as tx:\n    tx.execute('fill()')",
        "op.get_bind().connection.cursor().execute('fill()')",
        "op.get_context().bind.execute('fill()')",
        "look = sa.inspect(op.get_bind())\nlook.bind.execute('fill()')",
        "import crm\nlook = sa.inspect(op.get_bind())\nlook = crm.look\nlook.get_columns('x')",
        "sa.inspect(op.get_bind()).fill()",
        "import crm\ncrm.look.get_columns('x')",
        "import crm\nlook = crm.look\nlook.append('x')",
        "engine = sa.create_engine('x')\nengine.execute('DROP TABLE a')",
        "maker = sa.orm.sessionmaker(bind=op.get_bind())\nsession = maker()",
        "kind = Fill('a')\nkind.create(op.get_bind())",
        "from alembic.op import execute\nexecute('fill()')",
        "from alembic.op import execute as run\nop.add_column('x', Geometry(run))",
        "from crm import get_bind\nget_bind().execute('DROP TABLE a')",
        "logging = fill\nlogging.info('x')",
        "import crm\nwith crm.lock:\n    pass",
        "with op.get_bind():\n    pass",
        "bind = op.get_bind()\nbind = other\nop.add_column('x', Geometry(bind))",
        "bind = op.get_bind()\nop.add_column('x', Geometry(bind.execute))",
        "look = sa.inspect(op.get_bind())\nop.add_column('x', Geometry(look.bind))",
        "look = sa.inspect(op.get_bind())\nop.add_column('x', look.Fill())",
        "op.execute(sa.text('DROP TABLE a', fill))",
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
        "[migrations.RunSQL('DROP TABLE a', fill)]",
        "[migrations.RunSQL(['DROP TABLE a', ('DROP TABLE b', None)])]",
        "[migrations.RunSQL('DROP TABLE a', **more)]",
        "[migrations.RunSQL(*texts)]",
        "[migrations.RunSQL('DROP TABLE a', '', '')]",
        "[migrations.RunSQL('DROP TABLE a', state_operations=SHARED)]",
        "[migrations.RunSQL('DROP TABLE a', state_operations=[crm.fields.Fill()])]",
        "[]\n    x = [operations.append(crm.fields.Fill()) for _ in (1,)]",
        "[]\n    x = operations",
        "[]\nmigrations.RunSQL('DROP TABLE a')",
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


SOUTH = """\
from south.db import db
from south.v2 import {base}


class Migration({base}):
    def forwards(self, orm):
        {body}
"""


@pytest.mark.parametrize(
    "body",
    [
        "db.add_column('a', 'b', self.gf('django.db.models.fields.TextField')(default=''), keep_default=False)",
        "db.create_table('a', (('id', self.gf('crm.fields.Key')(to=orm['crm.Lead'])),))",
        "db.execute('DROP INDEX ix')",
    ],
)
def test_south_schema_changes_are_dropped(body: str) -> None:
    assert not may_hold_operation(SOUTH.format(base="SchemaMigration", body=body).encode())
    assert may_hold_operation(SOUTH.format(base="DataMigration", body=body).encode())


@pytest.mark.parametrize(
    "body",
    [
        "db.execute('fill()')",
        "db.execute_many('DROP INDEX ix')",
        "orm.Lead.objects.create()",
        "orm.Lead.fill()",
        "fill(db)",
        "self.gf('crm.fill')()",
        "self.gf(name)()",
        "self.fill()",
        "db.add_column('a', 'b', Fill(db))",
    ],
)
def test_south_data_changes_are_kept(body: str) -> None:
    assert may_hold_operation(SOUTH.format(base="SchemaMigration", body=body).encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  alter table a add column b timestamp with time zone;\n",
        "CREATE UNIQUE INDEX CONCURRENTLY ix ON a (lower(b)) WHERE c IS NULL",
        "COMMENT ON COLUMN a.b IS 'when'",
        "DROP TRIGGER t ON a; DROP FUNCTION f();",
        "CREATE TABLE a (last_update date, updated int REFERENCES b ON UPDATE NO ACTION)",
    ],
)
def test_plain_schema_texts_are_known(text: str) -> None:
    assert only_changes_schema(text)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE a SET b = 1",
        "update/**/a set b = 1",
        "DROP TABLE a; UPDATE b SET c = 1",
        "DROP TABLE a UPDATE b SET c = 1",
        "CREATE TABLE a AS TABLE b",
        "CREATE TABLE a TABLE b",
        "CREATE TABLE a (SELECT 1)",
        "CREATE TABLE a AS EXECUTE fill",
        "CREATE RULE r AS ON UPDATE TO a DO NOTHING",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql",
        "CREATE TRIGGER t",
        "CREATE VIEW v AS SELECT 1",
        "DO $$ BEGIN END $$",
        "fill",
        "DROP TABLE a; fill",
        "CALL fill()",
        "EXEC fill",
        "WITH a AS (DELETE FROM b) TABLE a",
        "ALTER TABLE a UPDATE b = 1 WHERE c",
        "ALTER TABLE a DELETE WHERE b",
        "ALTER TABLE a ON UPDATE b",
        "SET @x = (SELECT fill())",
        "PREPARE p FROM 'x'",
        "/*! UPDATE a SET b = 1 */",
        "-- a comment\nfill",
        "TRUNCATE a",
        "COPY a FROM 'x'",
        "ALTER TABLE a ADD b int -- %s",
        "DROP TABLE a" + " " * 20_000,
    ],
)
def test_texts_that_may_change_data_are_not(text: str) -> None:
    assert not only_changes_schema(text)


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
        b"# a comment\n# coding: utf-7\n",
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
    "source",
    [
        b"",
        b"\xef\xbb\xbf# -*- coding: utf-8 -*-\r\n",
        b"revision = '1'\r\ndown_revision = None\r\n",
        b"# encoding: utf-8\nimport datetime\n",
    ],
)
def test_nothing_is_dropped(source: bytes) -> None:
    assert not may_hold_operation(source)


def test_odd_escapes_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not may_hold_operation(b"pattern = '\\d+'\n")
