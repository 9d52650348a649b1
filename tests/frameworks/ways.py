"""Cases of frameworks that hand over engines, builders and connections; some of them run on old packages, some on PostgreSQL."""

from __future__ import annotations

HEADS = {
    "sqlalchemy_migrate": """from migrate import changeset
from sqlalchemy import Column, Integer, MetaData, Table, select, text
from sqlalchemy.orm import sessionmaker


def upgrade(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    leads = Table("leads", meta, autoload=True)
    notes = Table("notes", meta, autoload=True)
""",
    "orator": """from orator import Model
from orator.migrations import Migration
from orator.orm import has_many


class Lead(Model):
    __table__ = "leads"
    __timestamps__ = False
    __guarded__ = []

    @has_many("lead_id", "id")
    def notes(self):
        return Note


class Note(Model):
    __table__ = "notes"
    __timestamps__ = False
    __guarded__ = []


class Fill(Migration):
    def up(self):
""",
    "tortoise": """from tortoise import migrations
from tortoise.expressions import F
from tortoise.migrations import operations as ops


async def fill(apps, schema_editor):
    Lead = apps.get_model("models.Lead")
    Note = apps.get_model("models.Note")
""",
    "playhouse": """import peewee as pw
from playhouse.migrate import SqliteMigrator, migrate

db = pw.SqliteDatabase(DATABASE)
migrator = SqliteMigrator(db)


class Lead(pw.Model):
    name = pw.CharField()
    hot = pw.IntegerField(default=0)
    score = pw.IntegerField(default=0)

    class Meta:
        database = db
        table_name = "leads"


class Note(pw.Model):
    lead_id = pw.IntegerField(null=True)
    text = pw.CharField(default="")

    class Meta:
        database = db
        table_name = "notes"


""",
    "upgrade_table": """from mautrix.util.async_db import Connection, Scheme, UpgradeTable

upgrade_table = UpgradeTable()


@upgrade_table.register(description="Fill")
async def upgrade_v1(conn: Connection, scheme: Scheme) -> None:
""",
    "numbered": """import asyncpg


async def m001_fill(db):
""",
    "numbered_module": """import psycopg
from psycopg import sql
from psycopg.rows import dict_row


def upgrade(connection):
    cursor = connection.cursor()
""",
    "synapse": """from synapse.storage.database import LoggingTransaction
from synapse.storage.engines import BaseDatabaseEngine, PostgresEngine, Sqlite3Engine


def run_create(cur: LoggingTransaction, database_engine: BaseDatabaseEngine) -> None:
""",
    "tasks": """import sqlalchemy as sa
from alembic import op
from celery import Celery, chain, group, shared_task

revision = "1"
down_revision = None
app = Celery("crm", broker="memory://", backend="cache+memory://")


@app.task
def fill(hot=1):
    with sa.create_engine(op.get_bind().engine.url).begin() as connection:
        connection.execute(sa.text("UPDATE leads SET hot = :hot"), {"hot": hot})


@shared_task
def clear():
    with sa.create_engine(op.get_bind().engine.url).begin() as connection:
        connection.execute(sa.text("DELETE FROM notes"))


@app.task
def count():
    with sa.create_engine(op.get_bind().engine.url).connect() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM leads")).scalar()


def upgrade():
""",
}
DEPTH = {
    "sqlalchemy_migrate": 4, "orator": 8, "tortoise": 4, "playhouse": 0, "upgrade_table": 4, "numbered": 4,
    "numbered_module": 4, "synapse": 4, "tasks": 4,
}  # fmt: skip
TAILS = {
    "orator": "\n    def down(self):\n        pass\n",
    "tortoise": """

class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [ops.RunPython(fill)]
""",
}
BODIES = {
    "sqlalchemy_migrate": [
        "leads.update().values(hot=1).execute()",
        "notes.delete().where(notes.c.id == 1).execute()",
        "notes.insert().execute(text='x')",
        "migrate_engine.execute('UPDATE leads SET hot = 1')",
        "migrate_engine.execute(leads.update().values(hot=leads.c.score))",
        "conn = migrate_engine.connect()\nconn.execute(text('DELETE FROM notes'))",
        "for row in leads.select().execute().fetchall():\n    leads.update().where(leads.c.id == row.id).values(hot=1).execute()",
        "session = sessionmaker(bind=migrate_engine)()\nsession.execute(leads.update().values(hot=1))\nsession.commit()",
        "with migrate_engine.begin() as conn:\n    conn.execute(notes.delete())",
        "migrate_engine.execute(notes.insert().from_select(['text'], select([leads.c.name])))",
        "Column('extra', Integer).create(leads)\nleads.update().values(extra=0).execute()",
        "meta.bind.execute(\"INSERT INTO notes (text) VALUES ('x')\")",
        "migrate_engine.execute(notes.insert(), [{'text': 'a'}, {'text': 'b'}])",
        # what changes no rows
        "print(leads.select().execute().fetchall())",
        "Column('extra', Integer).create(leads)",
        "leads.c.score.drop()",
        "Table('extra', meta, Column('id', Integer, primary_key=True)).create()",
        "notes.drop()",
        "print(migrate_engine.execute('SELECT count(*) FROM leads').scalar())",
        "print(leads.update().values(hot=1))",
        "leads.c.score.alter(name='points')",
        "print(migrate_engine.has_table('leads') if hasattr(migrate_engine, 'has_table') else '')",
        "migrate_engine.execute('CREATE INDEX i ON leads (hot)')",
        "notes.rename('remarks')",
        "changeset.alter_column(leads.c.score, name='points', table=leads, engine=migrate_engine)",
        "print([row.name for row in select([leads]).execute()])",
    ],
    "orator": [
        "self.db.table('leads').where('hot', 0).update(hot=1)",
        "self.db.table('leads').update({'hot': 1})",
        "self.db.table('notes').delete()",
        "self.db.table('notes').insert(text='x')",
        "self.db.table('notes').insert([{'text': 'a'}, {'text': 'b'}])",
        "self.db.statement('UPDATE leads SET hot = 1')",
        "self.db.update('UPDATE leads SET hot = ?', [1])",
        "self.db.table('leads').where('id', 1).increment('score', 2)",
        "self.schema.get_connection().table('leads').where('id', 1).delete()",
        "for lead in self.db.table('leads').get():\n    self.db.table('leads').where('id', lead['id']).update(hot=1)",
        "for leads in self.db.table('leads').chunk(2):\n    for lead in leads:\n        self.db.table('leads').where('id', lead['id']).update(score=0)",
        "self.db.table('notes').truncate()",
        "self.db.delete('DELETE FROM notes')",
        "self.db.insert('INSERT INTO notes (text) VALUES (?)', ['x'])",
        "self.db.table('leads').insert_get_id({'name': 'x'})",
        "Lead.where('hot', 0).update(hot=1)",
        "lead = Lead.find(1)\nlead.hot = 1\nlead.save()",
        "Lead.create(name='x')",
        "Lead.find(1).delete()",
        "Lead.destroy(1, 2)",
        "Lead.find(1).notes().delete()",
        "Lead.first_or_create(name='new')",
        # what changes no rows
        "print(self.db.table('leads').get())",
        "print(self.db.table('leads').where('hot', 0).count())",
        "print(self.db.select('SELECT * FROM leads'))",
        "with self.schema.create('extra') as table:\n    table.increments('id')",
        "with self.schema.table('leads') as table:\n    table.integer('extra').nullable()",
        "self.schema.drop_if_exists('extra')",
        "print(self.schema.has_table('leads'), self.schema.has_column('leads', 'hot'))",
        "print(self.db.table('leads').where('hot', 0).to_sql())",
        "print(Lead.where('hot', 0).first().name)",
        "lead = Lead.find(1)\nlead.hot = 1",
        "print(Lead.all().pluck('name'))",
        "print(self.db.table('leads').lists('name'))",
        "for leads in self.db.table('leads').chunk(2):\n    print(leads)",
        "self.db.statement('CREATE INDEX i ON leads (hot)')",
        "lead = Lead(name='x')\nprint(lead.name)",
    ],
    "tortoise": [
        "await Lead.filter(hot=0).update(hot=1)",
        "await Lead.all().delete()",
        "async for lead in Lead.all():\n    lead.hot = 2\n    await lead.save()",
        "await Lead.create(name='x')",
        "await Lead.bulk_create([Lead(name='x')])",
        "lead = await Lead.get(id=1)\nawait lead.delete()",
        "await Note.filter(id=1).update(text='n')",
        "await schema_editor.client.execute_query('UPDATE leads SET hot = 1')",
        "await schema_editor.client.execute_script('DELETE FROM notes')",
        "leads = await Lead.all()\nfor lead in leads:\n    lead.hot = 1\nawait Lead.bulk_update(leads, fields=['hot'])",
        "await Lead.filter(id=1).update(score=F('score') + 1)",
        "await Lead.get_or_create(name='new')",
        # what changes no rows
        "print(await Lead.all().count())",
        "print(await Lead.filter(hot=0).values('id'))",
        "lead = await Lead.first()\nlead.hot = 1",
        "print(await Lead.filter(hot=1).exists())",
        "print((await schema_editor.client.execute_query('SELECT * FROM leads'))[1])",
        "await schema_editor.client.execute_script('CREATE INDEX i ON leads (hot)')",
        "print(Lead.filter(hot=1).sql())",
        "print(Lead(name='x').name)",
        "print([lead.name async for lead in Lead.all()])",
        "print(await Note.all().values_list('text', flat=True))",
        "return None",
        "print(await Lead.filter(id=9).get_or_none())",
    ],
    "playhouse": [
        "migrate(migrator.add_column('leads', 'extra', pw.IntegerField(default=0)))",
        "migrate(migrator.add_column('leads', 'extra', pw.IntegerField(null=True)))\ndb.execute_sql('UPDATE leads SET extra = 1')",
        "with db.atomic():\n    Lead.update(hot=1).execute()",
        "Lead.update({Lead.hot: Lead.score}).where(Lead.hot == 0).execute()",
        "for lead in Lead.select():\n    lead.hot = 1\n    lead.save()",
        "Lead.delete().where(Lead.id == 1).execute()",
        "Lead.get_by_id(1).delete_instance()",
        "Note.insert_from(Lead.select(Lead.name), [Note.text]).execute()",
        "Note.create(text='x')",
        "Note.insert_many([{'text': 'a'}]).execute()",
        "migrate(migrator.sql('UPDATE leads SET hot = 1'))",
        "db.execute_sql('DELETE FROM notes WHERE id = ?', (1,))",
        "Note.replace(id=1, text='z').execute()",
        # what changes no rows
        "migrate(migrator.add_column('leads', 'extra', pw.IntegerField(null=True)))",
        "migrate(migrator.add_index('leads', ('hot',), False))",
        "migrate(migrator.rename_table('notes', 'remarks'))",
        "migrate(migrator.drop_not_null('leads', 'name'))",
        "print(Lead.select().count())",
        "print(Lead.update(hot=1).sql())",
        "db.create_tables([Note], safe=True)",
        "lead = Lead.get_by_id(1)\nlead.hot = 1",
        "print(db.execute_sql('SELECT * FROM leads').fetchall())",
        "print(db.table_exists('leads'), db.get_columns('leads'))",
        "db.execute_sql('CREATE INDEX i ON leads (hot)')",
        "migrate(migrator.rename_column('leads', 'score', 'points'))",
    ],
    "upgrade_table": [
        "await conn.execute('UPDATE leads SET hot = 1')",
        "await conn.execute('DELETE FROM notes WHERE id = $1', 1)",
        "await conn.executemany('INSERT INTO notes (text) VALUES ($1)', [('x',), ('y',)])",
        "for row in await conn.fetch('SELECT id FROM leads'):\n    await conn.execute('UPDATE leads SET hot = 1 WHERE id = $1', row['id'])",
        "if scheme == Scheme.POSTGRES:\n    await conn.execute('UPDATE leads SET score = 0')",
        "await conn.fetchval('DELETE FROM notes RETURNING id')",
        "await conn.fetch('UPDATE leads SET hot = 1 RETURNING id')",
        "await conn.execute('ALTER TABLE leads ADD extra int')\nawait conn.execute('UPDATE leads SET extra = 0')",
        "await conn.execute('INSERT INTO notes (text) SELECT name FROM leads')",
        "await fill(conn)\n\n\nasync def fill(conn):\n    await conn.execute('UPDATE notes SET text = $1', '')",
        "async with conn.transaction():\n    await conn.execute('DELETE FROM notes')",
        "await conn.execute('WITH gone AS (DELETE FROM notes RETURNING id) SELECT * FROM gone')",
        "await conn.execute('TRUNCATE notes')",
        "await conn.copy_records_to_table('notes', records=[(9, 1, 'x')], columns=['id', 'lead_id', 'text'])",
        # what changes no rows
        "await conn.execute('CREATE TABLE extra (id int)')",
        "print(await conn.fetch('SELECT * FROM leads'))",
        "print(await conn.fetchval('SELECT count(*) FROM leads'))",
        "await conn.execute('ALTER TABLE leads ADD extra int')",
        "await conn.execute('CREATE INDEX i ON leads (hot)')",
        "if scheme == Scheme.SQLITE:\n    await conn.execute('CREATE TABLE extra (id INTEGER)')",
        "print(await conn.table_exists('leads'))",
        "await conn.execute('CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ UPDATE leads SET hot = 1 RETURNING 1 $$')",
        "await conn.execute('DROP TABLE notes')",
        "await conn.execute('ALTER TABLE leads RENAME score TO points')",
        "print([row['name'] for row in await conn.fetch('SELECT name FROM leads')])",
        "await conn.execute('COMMENT ON TABLE leads IS $$UPDATE me$$')",
        "await conn.execute('ALTER TABLE leads ALTER hot SET DEFAULT 1')",
    ],
    "numbered": [
        "await db.execute('UPDATE leads SET hot = 1')",
        "await db.execute('DELETE FROM notes WHERE id = $1', 1)",
        "await db.executemany('UPDATE leads SET hot = $1 WHERE id = $2', [(1, 1), (2, 2)])",
        "for row in await db.fetch('SELECT id FROM leads'):\n    await db.execute('UPDATE leads SET hot = 1 WHERE id = $1', row['id'])",
        "async for row in db.cursor('SELECT id FROM leads') if False else aiter_of(db):\n    await db.execute('DELETE FROM notes')\n\n\nasync def aiter_of(db):\n    for row in await db.fetch('SELECT id FROM leads'):\n        yield row",
        "async with db.transaction():\n    await db.execute('INSERT INTO notes (text) SELECT name FROM leads')",
        "await db.copy_records_to_table('notes', records=[(9, 1, 'x')], columns=['id', 'lead_id', 'text'])",
        "statement = await db.prepare('UPDATE leads SET hot = $1')\nawait statement.fetch(1)",
        "statement = await db.prepare('DELETE FROM notes WHERE id = $1')\nawait statement.executemany([(1,), (2,)])",
        "await db.fetchrow('UPDATE leads SET hot = 1 WHERE id = 1 RETURNING *')",
        "await db.execute('TRUNCATE notes')",
        "await db.execute('INSERT INTO leads (name) VALUES ($1) ON CONFLICT (id) DO UPDATE SET hot = 1', 'x')",
        "await db.execute('''DO $$ BEGIN UPDATE leads SET hot = 1; END $$''')",
        # what changes no rows
        "print(await db.fetch('SELECT * FROM leads'))",
        "await db.execute('CREATE TABLE extra (id int)')",
        "await db.execute('ALTER TABLE leads ADD extra int')",
        "statement = await db.prepare('SELECT * FROM leads')\nprint(await statement.fetch())",
        "print(await db.fetchval('SELECT count(*) FROM leads'))",
        "statement = await db.prepare('UPDATE leads SET hot = $1')\nprint(statement.get_query())",
        "await db.execute('CREATE INDEX i ON leads (hot)')",
        "print(db.get_server_version(), db.is_closed())",
        "async with db.transaction():\n    async for row in db.cursor('SELECT id FROM leads'):\n        print(row)",
        "await db.execute('SET lock_timeout = 1000')",
        "await db.execute('CREATE VIEW v AS SELECT * FROM leads')",
        "await db.execute('ANALYZE leads')",
        "print(await db.fetchrow('SELECT * FROM leads FOR UPDATE'))",
    ],
    "numbered_module": [
        "cursor.execute('UPDATE leads SET hot = 1')",
        "connection.execute('DELETE FROM notes WHERE id = %s', (1,))",
        "cursor.executemany('INSERT INTO notes (text) VALUES (%s)', [('x',), ('y',)])",
        "cursor.execute(sql.SQL('UPDATE {} SET hot = 1').format(sql.Identifier('leads')))",
        "for row in connection.execute('SELECT id FROM leads').fetchall():\n    connection.execute('UPDATE leads SET hot = 1 WHERE id = %s', row)",
        "with connection.transaction():\n    cursor.execute('DELETE FROM notes')",
        "with cursor.copy('COPY notes (text) FROM STDIN') as copy:\n    copy.write_row(('x',))",
        "with connection.cursor(row_factory=dict_row) as rows:\n    rows.execute('UPDATE leads SET hot = 1 RETURNING id')\n    print(rows.fetchall())",
        "cursor.execute('INSERT INTO notes (text) SELECT name FROM leads')",
        "with connection.pipeline():\n    connection.execute('UPDATE leads SET score = 0')",
        "query = 'UPDATE leads SET hot = %(hot)s'\ncursor.execute(query, {'hot': 1})",
        "cursor.execute('MERGE INTO notes n USING leads l ON n.lead_id = l.id WHEN MATCHED THEN UPDATE SET text = l.name')",
        "list(cursor.stream('DELETE FROM notes RETURNING id'))",
        # what changes no rows
        "print(cursor.execute('SELECT * FROM leads').fetchall())",
        "cursor.execute('CREATE TABLE extra (id int)')",
        "cursor.execute('ALTER TABLE leads ADD extra int')",
        "with cursor.copy('COPY leads TO STDOUT') as copy:\n    print([*copy])",
        "print(connection.info.server_version)",
        "print(list(cursor.stream('SELECT id FROM leads')))",
        "cursor.execute('CREATE INDEX i ON leads (hot)')",
        "print(sql.SQL('UPDATE {} SET hot = 1').format(sql.Identifier('leads')).as_string(connection))",
        "connection.execute('SET lock_timeout = 1000')",
        "with connection.cursor(row_factory=dict_row) as rows:\n    print(rows.execute('SELECT name FROM leads').fetchone())",
        "connection.commit()",
        "cursor.execute('DROP VIEW IF EXISTS v')",
        "with connection.cursor(name='leads') as server:\n    server.execute('SELECT id FROM leads')\n    print(server.fetchmany(2))",
    ],
    "synapse": [
        "cur.execute('UPDATE leads SET hot = 1')",
        "cur.execute('DELETE FROM notes WHERE id = ?', (1,))",
        "cur.executemany('INSERT INTO notes (text) VALUES (?)', [('x',), ('y',)])",
        "if isinstance(database_engine, PostgresEngine):\n    cur.execute('UPDATE leads SET score = 1')\nelse:\n    cur.execute('UPDATE leads SET score = 0')",
        "cur.execute('SELECT id FROM leads')\nfor (one,) in cur.fetchall():\n    cur.execute('UPDATE leads SET hot = 1 WHERE id = ?', (one,))",
        "cur.execute_batch('UPDATE leads SET hot = ? WHERE id = ?', [(1, 1), (2, 2)])",
        "cur.execute('INSERT INTO notes (text) SELECT name FROM leads')",
        "fill(cur)\n\n\ndef fill(cur):\n    cur.execute('DELETE FROM notes')",
        "cur.execute('ALTER TABLE leads ADD extra INT')\ncur.execute('UPDATE leads SET extra = 0')",
        "cur.execute('REPLACE INTO notes (id, text) VALUES (1, ?)', ('z',))",
        "for table in ('leads', 'notes'):\n    cur.execute(f'DELETE FROM {table}')",
        "sql = 'UPDATE leads SET hot = 1'\nif isinstance(database_engine, Sqlite3Engine):\n    sql = 'UPDATE leads SET hot = 2'\ncur.execute(sql)",
        # what changes no rows
        "cur.execute('CREATE TABLE extra (id INT)')",
        "cur.execute('ALTER TABLE leads ADD extra INT')",
        "cur.execute('SELECT * FROM leads')\nprint(cur.fetchall())",
        "cur.execute('CREATE INDEX i ON leads (hot)')",
        "print(database_engine.module.__name__)",
        "if isinstance(database_engine, PostgresEngine):\n    cur.execute('ALTER TABLE leads ADD extra INT')",
        "cur.execute('DROP TABLE notes')",
        "cur.execute('SELECT count(*) FROM leads')\nprint(cur.fetchone()[0])",
        "cur.execute('CREATE VIEW v AS SELECT * FROM leads')",
        "for table in ('a', 'b'):\n    cur.execute(f'CREATE TABLE {table} (id INT)')",
        "pass",
        "cur.execute('DROP INDEX IF EXISTS i')",
    ],
    "tasks": [
        "fill()",
        "fill(2)",
        "fill.run()",
        "fill.apply()",
        "fill.apply(args=(2,))",
        "fill.s(3)()",
        "fill.si().apply()",
        "clear()",
        "clear.apply()",
        "fill.__wrapped__()",
        "for hot in (1, 2):\n    fill(hot)",
        "(fill.si(1) | clear.si()).apply()",
        "group(fill.s(1), fill.s(2)).apply()",
        # what changes no rows
        "fill.delay()",
        "fill.apply_async()",
        "fill.apply_async(args=(1,), countdown=60)",
        "app.send_task('crm.fill')",
        "clear.delay()",
        "fill.s(1).delay()",
        "fill.si().apply_async()",
        "group(fill.s(1), fill.s(2)).delay()",
        "chain(fill.si(1), clear.si()).apply_async()",
        "print(count())",
        "print(count.apply().get())",
        "op.create_index('i', 'leads', ['hot'])",
        "print(fill.name)",
        "fill.s(1)",
    ],
}
READ_AS = {"playhouse": "script", "tasks": "alembic"}
OLD = ("sqlalchemy_migrate", "orator")
"""What runs with SQLAlchemy 1 and other packages of its time only."""
