"""What a migration calls and nobody in sight explains is OPAQUE: operations, methods, functions of the database."""

from __future__ import annotations

import json
from pathlib import Path

import program
import pytest

from migration_guard.sql import Change, Functions, Unknown, read_sql

ALEMBIC = "from alembic import op\nfrom alembic.operations import ops\nrevision = '1'\ndown_revision = None\n"
DJANGO = (
    "from django.db import migrations\n{imports}\nclass Migration(migrations.Migration):\n    operations = [{line}]\n"
)


def told(folder: Path) -> list[tuple[str, list[str]]]:
    asked = ("check", "--isolated", "--no-baseline", "--select", "ALL", "--output-format", "json", ".")
    done = program.run(*asked, cwd=folder)
    found = [finding["operation"] for finding in json.loads(done.stdout)["findings"] if finding["operation"]]
    return [(operation["kind"], operation["tables"]) for operation in found]


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("op.unknown_thing()", ["OPAQUE"]),
        ("op.add_rows('leads', [])", ["OPAQUE"]),
        ("op.create_secrets()", ["OPAQUE"]),
        ("op.batch_alter_table('leads').__enter__().fill_column('a')", ["OPAQUE"]),
        ("op.sync_rows('UPDATE leads SET a = 1')", ["UPDATE"]),
        ("op.invoke(ops.ExecuteSQLOp('UPDATE leads SET a = 1'))", ["UPDATE"]),
        ("op.insert_table_row('leads', {'id': 1})", ["INSERT_VALUES"]),
        ("op.add_column('leads', None)", []),
        ("op.create_entity(object())", []),
        ("op.sync_enum_values('public', 'state', ['a'], [])", []),
        ("op.create_geospatial_index('i', 'leads', ['point'])", []),
        ("op.invoke(ops.DropColumnOp('leads', 'a'))", []),
        ("op.get_bind().posts.insert_one({})", ["OPAQUE"]),
        ("op.get_bind()['posts'].drop()", ["OPAQUE"]),
        ("op.get_bind().Lead.truncate()", ["OPAQUE"]),
        ("op.get_bind().fetcher.purge()", ["OPAQUE"]),
        ("op.get_bind().impl.execute('UPDATE leads SET a = 1')", ["UPDATE"]),
        ("op.get_bind()['crm']['posts'].drop()", ["OPAQUE"]),
        ("op.get_bind().crm.posts.insert_one({})", ["OPAQUE"]),
        ("insert = op.get_bind().posts.insert_one; insert({})", ["OPAQUE"]),
        ("getattr(op.get_bind().posts, 'purge')()", ["OPAQUE"]),
        ("op.get_bind().description[0][0].rstrip()", []),
        ("op.get_bind().posts.find_one_and_delete({})", ["OPAQUE"]),
        ("op.get_bind().posts.get_or_create(a=1)", ["OPAQUE"]),
        ("op.get_bind().session_purge()", ["OPAQUE"]),
        ("import unseen; unseen.retry(op.get_bind().session_purge)", ["OPAQUE"]),
        ("import unseen; x = unseen.look(op.get_bind().session_key)", []),
        ("import unseen; x = unseen.look(op.get_bind().connection.db_name.lower())", []),
        ("op.get_bind().session_key()", ["OPAQUE"]),
        ("op.get_bind().queries.delete_old()", ["OPAQUE"]),
        ("op.get_bind().notices.insert(a=1)", ["OPAQUE"]),
        ("op.get_bind().queries.users.purge()", ["OPAQUE"]),
        ("[query() for query in op.get_bind().queries]", ["OPAQUE"]),
        ("op.get_bind().posts.copy_rows()", ["OPAQUE"]),
        ("op.get_bind().queries[-1]['sql'].replace('a', 'b').lower()", []),
        ("op.get_bind().queries.clear()", []),
        ("op.get_bind().url.render_as_string(hide_password=False)", []),
        ("op.get_bind().crm.posts.find_one({})", []),
        ("op.get_bind().posts.find_one({})", []),
        ("op.get_bind().Database.Binary(b'a')", []),
        ("op.execute('SELECT fix_all()')", ["OPAQUE"]),
        ("op.execute('SELECT count(*) FROM leads')", []),
    ],
)
def test_an_operation_is_known_or_opaque(tmp_path: Path, line: str, kinds: list[str]) -> None:
    (tmp_path / "a.py").write_text(f"{ALEMBIC}def upgrade():\n    {line}\n", encoding="utf-8")
    assert [kind for kind, _ in told(tmp_path)] == kinds


REGISTERED = """from alembic.operations import MigrateOperation, Operations

class Reversible(MigrateOperation):
    def __init__(self, target):
        self.target = target
    @classmethod
    def invoke_for_target(cls, operations, target):
        return operations.invoke(cls(target))

@Operations.register_operation("fill_view", "invoke_for_target")
class Fill(Reversible):
    pass

@Operations.register_operation("create_view", "invoke_for_target")
class Create(Reversible):
    pass

@Operations.implementation_for(Fill)
def fill(operations, operation):
    operations.execute(f"UPDATE {operation.target} SET a = 1")

@Operations.implementation_for(Create)
def create(operations, operation):
    operations.execute(f"CREATE VIEW {operation.target} AS SELECT 1")
"""


@pytest.mark.parametrize("importer", ["migrations/env.py", "migrations/versions/a.py"])
def test_an_operation_that_the_repository_registers_is_followed(tmp_path: Path, importer: str) -> None:
    (tmp_path / "migrations/versions").mkdir(parents=True)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__init__.py").touch()
    (tmp_path / "app/ops.py").write_text(REGISTERED, encoding="utf-8")
    (tmp_path / "migrations/env.py").write_text("from alembic import context\n", encoding="utf-8")
    source = f"{ALEMBIC}def upgrade():\n    op.create_view('v')\n    op.fill_view('leads')\n"
    (tmp_path / "migrations/versions/a.py").write_text(source, encoding="utf-8")
    file = tmp_path / importer
    file.write_text("import app.ops\n" + file.read_text("utf-8"), encoding="utf-8")
    assert told(tmp_path) == [("UPDATE", ["leads"])]


@pytest.mark.parametrize(
    ("imports", "line", "expected"),
    [
        ("from elsewhere import Fill", "Fill('leads')", [("OPAQUE", [])]),
        (
            "import elsewhere\nfrom django.contrib.auth.models import AnonymousUser",
            "migrations.RunPython(lambda apps, editor: elsewhere.show(AnonymousUser, AnonymousUser()))",
            [],
        ),
        (
            "import elsewhere\nfrom django.contrib.auth.models import User",
            "migrations.RunPython(lambda apps, editor: elsewhere.show(User))",
            [("OPAQUE", [])],
        ),
        ("import elsewhere", "*elsewhere.operations()", [("OPAQUE", [])]),
        ("import pgtrigger", "pgtrigger.migrations.RemoveTrigger('order', 't')", []),
        ("import pgtrigger", "pgtrigger.migrations.FillTrigger('order', 't')", [("OPAQUE", [])]),
        (
            "import django_migrate_sql.operations as sql",
            "sql.AlterSQL('x', sql='DELETE FROM leads', reverse_sql='')",
            [("DELETE", ["leads"])],
        ),
        (
            "from wagtail.blocks.migrations.migrate_operation import MigrateStreamData",
            "MigrateStreamData('shop', 'Page', 'body', [])",
            [("UPDATE", ["shop_page"])],
        ),
        ("from django.contrib.postgres import operations as pg", "pg.TrigramExtension()", []),
        (
            "def fill(apps, schema_editor):\n    schema_editor.refill('leads')",
            "migrations.RunPython(fill)",
            [("OPAQUE", [])],
        ),
        ("def fill(apps, schema_editor):\n    schema_editor.add_index(1, 2)", "migrations.RunPython(fill)", []),
        (
            "def fill(apps, schema_editor):\n    schema_editor._create_index_sql(1)",
            "migrations.RunPython(fill)",
            [],
        ),
    ],
)
def test_an_operation_of_django_is_known_or_opaque(
    tmp_path: Path, imports: str, line: str, expected: list[tuple[str, list[str]]]
) -> None:
    (tmp_path / "shop/migrations").mkdir(parents=True)
    source = DJANGO.format(imports=imports, line=line)
    (tmp_path / "shop/migrations/0001_a.py").write_text(source, encoding="utf-8")
    assert told(tmp_path) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT fix_all()",
        "SELECT app.round(1)",
        "SELECT * FROM fix_all(1) AS t(n)",
        "WITH a AS (SELECT fix_all()) SELECT * FROM a",
        "CALL refresh_all()",
        "DO $$ BEGIN PERFORM fix_all(); END $$",
        "DO $$ DECLARE n int; BEGIN n := fix_all(2); END $$",
        "DO $$ BEGIN IF fix_all() > 1 THEN NULL; END IF; END $$",
        "SELECT dblink_exec('x', 'UPDATE leads SET a = 1')",
        "SELECT query_to_xml('SELECT fix_all()', true, true, '')",
        "SELECT partman.partition_data_time('x')",
        "ALTER TABLE leads ALTER COLUMN a TYPE int USING fix(a)",
        "CREATE MATERIALIZED VIEW v AS SELECT fix_all()",
        "CREATE INDEX i ON leads (normal(name))",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY leads USING btree (a) WHERE NOT fix(a)",
        "ALTER TABLE leads ADD COLUMN b text GENERATED ALWAYS AS (normal(name)) STORED",
        "ALTER TABLE leads ALTER a SET DEFAULT 1, ADD CHECK (fix(a))",
        "ALTER TABLE leads ADD CONSTRAINT x EXCLUDE USING gist (fix(a) WITH &&)",
        "ALTER DOMAIN kind ADD CONSTRAINT c CHECK (fix(VALUE))",
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION fix_all()",
        "SELECT lo_unlink(oid) FROM leads",
        "\\lo_import 'picture.png'",
    ],
)
def test_a_function_that_nobody_knows_is_unknown(sql: str) -> None:
    assert [type(step) for step in read_sql(sql) if isinstance(step, Change | Unknown)] == [Unknown]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT coalesce(a, 1), a::numeric(10, 2), CAST(b AS varchar(3)) FROM leads WHERE a IN (1, 2)",
        "WITH x(a, b) AS (SELECT 1, 2) SELECT * FROM x",
        "SELECT * FROM (VALUES (1, 2)) v(a, b)",
        "SELECT setval('a_id_seq', (SELECT max(id) FROM a))",
        "SELECT count(*) FILTER (WHERE a), rank() OVER (PARTITION BY b) FROM x GROUP BY GROUPING SETS ((a), (b))",
        "SELECT ST_Area(point), public.st_srid(point) FROM leads",
        "SELECT create_hypertable('leads', 'at')",
        "SELECT partman.create_parent('public.leads', 'at', 'native', 'daily')",
        "SELECT cron.schedule('x', '* * * * *', 'VACUUM')",
        "CREATE INDEX i ON leads USING gin (lower(name) gin_trgm_ops(siglen=32)) INCLUDE (a) WHERE (a > 1)",
        "ALTER TABLE leads ADD CONSTRAINT x EXCLUDE USING gist (room WITH =, tsrange(a, b) WITH &&)",
        "ALTER TABLE leads ADD CONSTRAINT c CHECK (normal(a)) NOT VALID, ALTER b SET DEFAULT normal()",
        "CREATE TABLE t (a numeric(10, 2), b varchar(5) DEFAULT uuid_generate_v4(), CHECK (abs(a) > 1))",
        "SELECT DATABASE(), IFNULL(a, 1), DATE_FORMAT(b, '%Y') FROM leads",
        "SELECT strftime('%s', a), json_extract(b, '$.c') FROM leads",
    ],
)
def test_a_servers_own_functions_change_nothing(sql: str) -> None:
    assert [step for step in read_sql(sql) if isinstance(step, Change | Unknown)] == []


def test_what_a_created_function_calls_may_be_created_after_it() -> None:
    outer = "CREATE FUNCTION a() RETURNS void AS $$ BEGIN PERFORM b(); END $$ LANGUAGE plpgsql;"
    inner = "CREATE FUNCTION b() RETURNS void AS $$ BEGIN UPDATE leads SET x = 1; END $$ LANGUAGE plpgsql;"
    kinds = [step.kind.value for step in read_sql(f"{outer} {inner} SELECT a();") if isinstance(step, Change)]
    assert kinds == ["UPDATE"]
    kinds = [step.kind.value for step in read_sql(f"{outer} SELECT a();") if isinstance(step, Change)]
    assert kinds == ["OPAQUE"]
    assert not Functions().missing("a")


def test_a_function_that_the_repository_creates_elsewhere_is_followed(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    body = "CREATE OR REPLACE FUNCTION app.purge(n int) RETURNS void AS $$ DELETE FROM orders $$ LANGUAGE sql;"
    (tmp_path / "sql/purge.sql").write_text(body, encoding="utf-8")
    (tmp_path / "versions").mkdir()
    text = "CREATE FUNCTION tidy(n int) RETURNS int AS $$ SELECT n $$ LANGUAGE sql"
    before = f"{ALEMBIC}def upgrade():\n    op.execute('{text}')\n"
    (tmp_path / "versions/a.py").write_text(before, encoding="utf-8")
    source = f"{ALEMBIC}def upgrade():\n    op.execute('SELECT app.purge(1)')\n    op.execute('SELECT tidy(2)')\n"
    (tmp_path / "versions/b.py").write_text(source, encoding="utf-8")
    assert told(tmp_path) == [("DELETE", ["orders"])]


NO_ALARM = {
    "versions/f.py": """import sqlalchemy as sa
from alembic import op
from rq import Queue
from elsewhere import make, sql
from app.jobs import queue
revision = "f"
down_revision = None
def job(): op.execute("UPDATE jobs SET a = 1")
def upgrade():
    Queue().enqueue(job)
    queue.enqueue_in(1, job, "x")
    for name in ("leads", "orders"):
        if name == "leads":
            continue
        op.execute(f"DELETE FROM {name}")
    for name in ["leads", "orders", "parts"]:
        if name in ("leads", "parts"):
            continue
        op.execute(sa.text("UPDATE %s SET a = 1" % name))
    value = "x".replace("'", "''")
    op.get_bind().execute(sa.text("SELECT id FROM leads WHERE a = '" + value + "' AND b = '{}'".format(value)))
    names = ", ".join(f"'{one}'" for one in ["a", "b"])
    op.get_bind().execute(f"SELECT id FROM leads WHERE a IN ({names})")
    user = make()
    op.get_bind().execute("SELECT id FROM leads WHERE a = '%s'" % user.name.replace("'", "''"))
    q = "SELECT id FROM leads WHERE " + " AND ".join(f"{k} = '{v}'" for k, v in make().items())
    op.get_bind().execute(sa.text(q)).fetchall()
    op.execute("CREATE FUNCTION t() RETURNS trigger AS $$ BEGIN UPDATE leads SET a = 1; RETURN NEW; END $$ LANGUAGE plpgsql")
    op.execute("CREATE TRIGGER x AFTER INSERT ON leads FOR EACH ROW EXECUTE FUNCTION t()")
def downgrade(): pass
""",
    "shop/migrations/0001_p.py": """from django.db import migrations
import pgtrigger.compiler, pgtrigger.migrations
from pgtrigger import Trigger, UpsertTriggerSql
from django_db_views.operations import ViewRunPython
import django_rq
from elsewhere.tasks import refill
def job(pk): pass
def fill(apps, schema_editor):
    Lead = apps.get_model("shop", "Lead")
    for lead in Lead.objects.all():
        django_rq.enqueue(job, lead.pk)
        refill.delay(lead.pk)
        refill.apply_async(args=[lead.pk])
class Migration(migrations.Migration):
    operations = [
        migrations.RunPython(fill),
        pgtrigger.migrations.AddTrigger(model_name="x", trigger=Trigger(name="t", sql=UpsertTriggerSql(func="DELETE FROM shop_customer; RETURN NEW;", hash="0", operation="UPDATE", pgid="p", table="t", when="AFTER"))),
        pgtrigger.migrations.AddTrigger(model_name="x", trigger=pgtrigger.compiler.Trigger(name="t", sql="UPDATE a SET b = 1")),
    ]
""",
}
"""Jobs that go into a queue, items that a guard leaves out, texts with what is escaped, triggers that are only created."""


def test_what_only_looks_like_a_change_is_not_told(tmp_path: Path) -> None:
    for name, content in NO_ALARM.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert told(tmp_path) == [("DELETE", ["orders"]), ("UPDATE", ["orders"])]


SILENT_BEFORE = """import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session
from elsewhere import thing
from elsewhere.models import Lead
revision = "1"
down_revision = None
def upgrade():
    session = Session(op.get_bind())
    {line}
"""


@pytest.mark.parametrize(
    "line",
    [
        "Lead.recompute_all(session)",
        "session.query(Lead).first().recompute()",
        "op.execute(sa.select(sa.func.fix_everything()))",
        "op.get_bind().scalar(sa.func.fix_everything(1))",
        "session.query(sa.func.fix_everything(Lead.id)).all()",
        "session.unknown_method()",
        "op.get_bind().execute(thing)",
        "thing(op.execute)",
        "thing.enqueue(session)",
        "thing.get_or_create_total(session)",
    ],
)
def test_what_is_out_of_sight_and_has_a_way_to_the_database_is_opaque(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.py").write_text(SILENT_BEFORE.format(line=line), encoding="utf-8")
    assert told(tmp_path) == [("OPAQUE", [])]


@pytest.mark.parametrize(
    "line",
    [
        "session.execute(sa.func.now())",
        "op.execute(sa.select(sa.func.count(Lead.id)))",
        "thing.table_exists(session, 'leads')",
        "sa.inspect(op.get_bind()).get_columns('leads')",
        "op.get_bind().dialect.has_table(op.get_bind(), 'leads')",
        "session.in_transaction()",
        "session.query(Lead).filter(Lead.id.in_([1])).all()",
    ],
)
def test_what_is_known_to_read_is_not_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.py").write_text(SILENT_BEFORE.format(line=line), encoding="utf-8")
    assert told(tmp_path) == []


SESSIONS = {
    "db.merge(Lead(id=1))": ["UPDATE"],  # whoever lent it goes on with it
    "lead = Lead(id=1); db.add(lead)": ["INSERT_VALUES"],
    "db.add(Lead(id=1)); db.rollback()": ["INSERT_VALUES"],
    "own = Session(create_engine('x')); own.add(Lead(id=1))": [],  # is never written
    "own = Session(create_engine('x')); own.add(Lead(id=1)); own.commit()": ["INSERT_VALUES"],
    "app.db.merge(app.Lead(id=1))": ["OPAQUE"],
    "app.stores.session.add(app.Lead(id=1))": ["INSERT_VALUES"],
    "app.session.merge(Lead(id=1))": ["UPDATE"],
    "s = app.get_session(); s.add(Lead(id=1))": ["INSERT_VALUES"],
    "app.db.delete(app.find(1))": ["OPAQUE"],
    "both = app.frame.merge(app.other)": [],
    "db.delete('leads', where='a = 1')": ["DELETE"],
    "app.http.session.delete('https://localhost/1')": [],
    "seen = set(); seen.add(app.find(1))": [],
}


def test_sessions_that_are_lent_or_out_of_sight_may_write(tmp_path: Path) -> None:
    head = "import app\nfrom app.models import Lead\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session\n"
    lines = dict(enumerate(SESSIONS, 1))
    text = head + "".join(f"def f{number}(db): {line}\n" for number, line in lines.items())
    (tmp_path / "fill.py").write_text(text, encoding="utf-8")
    asked = ("check", "--isolated", "--no-baseline", "--select", "ALL", "--output-format", "json", "fill.py")
    found = json.loads(program.run(*asked, cwd=tmp_path).stdout)["findings"]
    kinds: dict[str, list[str]] = {line: [] for line in SESSIONS}
    for finding in found:
        if finding["operation"]:
            kinds[lines[finding["line"] - head.count("\n")]].append(finding["operation"]["kind"])
    assert kinds == SESSIONS


@pytest.mark.parametrize("rename", ["op.execute('ALTER TABLE notes RENAME TO remarks')", "op.rename_table('notes', 'remarks')"])  # fmt: skip
def test_a_table_keeps_its_triggers_under_another_name(tmp_path: Path, rename: str) -> None:
    function = (
        "CREATE FUNCTION t() RETURNS trigger AS $$ BEGIN UPDATE leads SET a = 1; RETURN NEW; END $$ LANGUAGE plpgsql"
    )
    lines = [
        f"op.execute('{function}')",
        "op.execute('CREATE TRIGGER x AFTER INSERT ON notes EXECUTE FUNCTION t()')",
        rename,
        "op.execute('INSERT INTO remarks (a) VALUES (1)')",
    ]
    body = "".join(f"    {line}\n" for line in lines)
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions/1_a.py").write_text(
        f"from alembic import op\nrevision = '1'\ndown_revision = None\ndef upgrade():\n{body}", encoding="utf-8"
    )
    assert ("UPDATE", ["leads"]) in told(tmp_path)
