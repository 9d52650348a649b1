"""Data changes in as many shapes as migrations have them, and the tables that they are made on."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = '''"""The tables"""

import sqlalchemy as sa
from alembic import op

revision = "0000"
down_revision = None


def upgrade():
    op.execute("CREATE SCHEMA crm")
    op.create_table(
        "settings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer()),
        sa.Column("name", sa.Text()),
        sa.Column("value", sa.Text()),
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("tenant_id", sa.Integer()),
        sa.Column("status", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("email", sa.String(200)),
        sa.Column("score", sa.Integer()),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("weight", sa.Float()),
        sa.Column("active", sa.Boolean()),
        sa.Column("born", sa.Date()),
        sa.Column("seen_at", sa.DateTime()),
        sa.Column("data", sa.JSON()),
        sa.Column("parent_id", sa.BigInteger()),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("lead_id", sa.BigInteger()),
        sa.Column("seconds", sa.Integer()),
        sa.Column("note", sa.Text()),
    )
    op.create_table(
        "archive",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("lead_id", sa.BigInteger(), unique=True),
        sa.Column("name", sa.Text()),
    )
    op.create_index("calls_by_lead", "calls", ["lead_id"])
    op.execute("CREATE TABLE crm.notes (id bigint PRIMARY KEY, lead_id bigint, body text, kind varchar(5))")
'''

ROWS = """
INSERT INTO settings
SELECT n, n % 40, CASE n % 2 WHEN 0 THEN 'owner' ELSE 'zone' END, CASE WHEN n % 7 = 0 THEN NULL ELSE (n % 40)::text END
FROM generate_series(1, 60) AS n;
INSERT INTO leads
SELECT n, NULLIF(n % 50, 3), (ARRAY['new', 'won', 'lost', NULL, 'New'])[1 + n % 5], NULLIF('Lead ' || n % 900, 'Lead 8'),
    CASE WHEN n % 6 = 0 THEN NULL ELSE 'Mail' || n || '@Example.org ' END, NULLIF(n % 101, 7), (n % 977) / 7.0,
    (n % 13) / 3.0, (ARRAY[true, false, NULL])[1 + n % 3], DATE '2020-01-01' + n % 700,
    TIMESTAMP '2021-01-01' + n * interval '1 hour', CASE WHEN n % 4 = 0 THEN NULL ELSE '{"a": 1}'::json END, NULLIF(n / 2, 0)
FROM generate_series(1, 2000) AS n;
INSERT INTO calls SELECT n, NULLIF(n % 12000, 5), n % 300, 'Call ' || n FROM generate_series(1, 3000) AS n;
INSERT INTO archive (lead_id, name) SELECT n * 3, 'kept' FROM generate_series(1, 500) AS n;
INSERT INTO crm.notes SELECT n, n % 4000, NULLIF('Body ' || n % 30, 'Body 4'), 'a' FROM generate_series(1, 3000) AS n;
ANALYZE;
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """A migration: what it adds first, and the data change itself."""

    name: str
    change: str
    first: str = ""

    @property
    def revision(self) -> str:
        return f"r_{self.name}"

    @property
    def source(self) -> str:
        lines = [line for part in (self.first, self.change) for line in part.strip("\n").splitlines()]
        body = "\n".join(f"    {line}".rstrip() for line in lines)
        return (
            f'"""{self.name}"""\n\nimport sqlalchemy as sa\nimport sqlalchemy.orm\nfrom alembic import op\n\n'
            f'revision = "{self.revision}"\ndown_revision = "0000"\n\n{TABLES}\n\ndef upgrade():\n{body}\n'
        )


TABLES = """
Base = sa.orm.declarative_base()


class Lead(Base):
    __tablename__ = "leads"
    id = sa.Column(sa.BigInteger, primary_key=True)
    status = sa.Column(sa.Text)
    name = sa.Column(sa.Text)
    email = sa.Column(sa.String(200))
    points = sa.Column("score", sa.Integer)
    active = sa.Column(sa.Boolean)


leads = sa.table(
    "leads", sa.column("id"), sa.column("tenant_id"), sa.column("status", sa.Text), sa.column("score", sa.Integer),
    sa.column("name", sa.Text), sa.column("active", sa.Boolean), sa.column("parent_id"), sa.column("email", sa.Text),
)
calls = sa.table("calls", sa.column("id"), sa.column("lead_id"), sa.column("seconds", sa.Integer))
archive = sa.table("archive", sa.column("lead_id"), sa.column("name", sa.Text))
"""


def _sql(name: str, statement: str, first: str = "") -> Shape:
    return Shape(name, f'op.execute("""{statement}""")', first)


def _session(*lines: str) -> str:
    return "\n".join(("session = sa.orm.Session(bind=op.get_bind())", *lines, "session.commit()"))


_OWNER = 'op.add_column("leads", sa.Column("owner_id", sa.Integer(), nullable=True))'
_TOTAL = 'op.add_column("leads", sa.Column("total", sa.Numeric(10, 1), nullable=True))'

_JSON = "from sqlalchemy.dialects.postgresql import JSONB\nt = sa.table('leads', sa.column('id'), sa.column('doc', {kind}))\n"


def _document(name: str, kind: str, default: str, change: str) -> Shape:
    """A change of a document, of whose type the migration's own table tells."""
    first = f"""op.execute("ALTER TABLE leads ADD COLUMN doc {kind.rpartition(".")[2].lower()} {default}")"""
    return Shape(name, f"{_JSON.format(kind=kind)}op.execute({change})", first)


SHAPES = (
    _document(
        "document",
        "JSONB",
        "DEFAULT 'null'",
        "t.update().where(t.c.doc == JSONB.NULL).values(doc={'a': [1, None, \"it's\"]})",
    ),
    _document(
        "document_where_none_is", "sa.JSON", "", "t.update().where(t.c.doc.is_(None), t.c.id < 700).values(doc={})"
    ),
    _document("none_in_a_document", "JSONB", "DEFAULT '{}'", "t.update().where(t.c.id < 900).values({'doc': None})"),
    _document("no_document", "JSONB", "DEFAULT '{}'", "t.update().where(t.c.id < 900).values(doc=sa.null())"),
    _document("list_of_documents", "JSONB", "DEFAULT '{}'", "t.update().values(doc=[{}, {'é': 1.5}])"),
    Shape(
        "exists_by_where",
        'op.execute(leads.update().where(sa.exists().where(calls.c.lead_id == leads.c.id)).values(status="called"))',
    ),
    Shape(
        "exists_not", "op.execute(leads.delete().where(~sa.exists(calls.c.id).where(calls.c.lead_id == leads.c.id)))"
    ),
    Shape(
        "copies_that_are_missing",
        "op.execute(archive.insert().from_select(['lead_id', 'name'], sa.select(leads.c.id, leads.c.name)"
        ".where(~sa.exists().where(archive.c.lead_id == leads.c.id), leads.c.score > 3)))",
    ),
    Shape("concat_method", 'op.execute(leads.update().values(name=leads.c.email.concat("-").concat(leads.c.status)))'),
    _sql(
        "whole_minutes",
        "UPDATE leads SET took = date_trunc('minute', took) WHERE date_trunc('minute', took) != took AND score > 3",
        'op.add_column("leads", sa.Column("took", sa.Interval(), server_default="00:10:30"))',
    ),
    _sql(
        "document_of_which_a_key_is_asked",
        """UPDATE leads SET doc = doc || jsonb_build_object('price', 0) WHERE (doc ->> 'price')::numeric < 0 AND active""",
        'op.execute("""ALTER TABLE leads ADD COLUMN doc jsonb DEFAULT \'{"price": -1}\'""")',
    ),
    _sql("constant", "UPDATE leads SET status = 'open'"),
    _sql("constant_to_one_of_its_values", "UPDATE leads SET status = 'new' WHERE tenant_id > 10"),
    _sql("where_null", "UPDATE leads SET status = 'open' WHERE status IS NULL"),
    _sql("where_old_value", "UPDATE leads SET status = 'open' WHERE status = 'new'"),
    _sql("where_in", "UPDATE leads SET status = 'gone' WHERE status IN ('won', 'lost')"),
    _sql("where_not_in", "UPDATE leads SET status = 'new' WHERE status NOT IN ('new', 'won')"),
    _sql("where_or", "UPDATE leads SET score = 0 WHERE score IS NULL OR score < 10 OR tenant_id = 4"),
    _sql("to_null", "UPDATE leads SET email = NULL WHERE email LIKE 'Mail1%'"),
    _sql("several_columns", "UPDATE leads SET status = 'x', score = 5, active = TRUE WHERE tenant_id < 20"),
    _sql("row_of_columns", "UPDATE leads SET (status, score) = ('x', 5) WHERE active"),
    _sql("not_active", "UPDATE leads SET active = TRUE, score = score + 1 WHERE NOT active"),
    _sql("count_up_and_mark", "UPDATE leads SET score = score + 1, status = 'seen' WHERE status = 'new'"),
    _sql("lower", "UPDATE leads SET email = lower(email)"),
    _sql("trim", "UPDATE leads SET email = trim(email) WHERE email IS NOT NULL"),
    _sql("coalesce", "UPDATE leads SET score = coalesce(score, tenant_id, 0)"),
    _sql("other_column", "UPDATE leads SET name = email WHERE name IS NULL"),
    _sql("numeric_rounded", "UPDATE leads SET price = score * 1.005 + 0.333"),
    _sql("float_from_decimal", "UPDATE leads SET weight = 0.1 WHERE id % 3 = 0"),
    _sql("decimal_constant", "UPDATE leads SET price = 1.005 WHERE id < 5000"),
    _sql("date_from_timestamp", "UPDATE leads SET born = seen_at WHERE id > 1700"),
    _sql("case", "UPDATE leads SET status = CASE WHEN score > 50 THEN 'hot' WHEN score > 20 THEN 'warm' END"),
    _sql("concatenated", "UPDATE leads SET name = 'Lead of ' || tenant_id::text || ': ' || coalesce(email, '-')"),
    _sql("between_and_alias", "UPDATE leads AS l SET status = 'mid' WHERE l.score BETWEEN 20 AND 60 AND l.active"),
    _sql("quotes", "UPDATE leads SET status = 'it''s; 50% -- not' WHERE name = 'Lead 5' OR email ~ 'Mail9.*'"),
    _sql(
        "new_column_from_join",
        "UPDATE leads l SET owner_id = s.value::integer FROM settings s "
        "WHERE s.tenant_id = l.tenant_id AND s.name = 'owner' AND s.id <= 40",
        _OWNER,
    ),
    _sql("new_column_constant", "UPDATE leads SET owner_id = 7 WHERE tenant_id = 1", _OWNER),
    _sql(
        "new_column_subselect",
        "UPDATE leads SET total = (SELECT avg(c.seconds) FROM calls c WHERE c.lead_id = leads.id)",
        _TOTAL,
    ),
    _sql(
        "old_column_from_join",
        "UPDATE leads SET status = s.value FROM settings AS s WHERE s.tenant_id = leads.tenant_id AND s.id BETWEEN 1 AND 40",
    ),
    _sql("join_with_equal_duplicates", "UPDATE leads SET status = 'called' FROM calls WHERE calls.lead_id = leads.id"),
    _sql(
        "two_sources",
        "UPDATE leads SET name = c.note, score = 1 FROM calls c JOIN settings s ON s.id = c.seconds "
        "WHERE c.lead_id = leads.id",
    ),
    _sql(
        "subselect_of_old_column",
        "UPDATE leads SET score = (SELECT max(calls.seconds) FROM calls WHERE calls.lead_id = leads.id) "
        "WHERE EXISTS (SELECT 1 FROM calls WHERE calls.lead_id = leads.id)",
    ),
    _sql(
        "pair_from_subselect",
        "UPDATE leads SET (name, score) = (SELECT max(c.note), count(*) FROM calls c WHERE c.lead_id = leads.id) "
        "WHERE id < 4000",
    ),
    _sql(
        "cte",
        "WITH n AS (SELECT lead_id, count(*) AS calls FROM calls WHERE lead_id IS NOT NULL GROUP BY lead_id) "
        "UPDATE leads SET score = n.calls FROM n WHERE n.lead_id = leads.id",
    ),
    _sql("where_in_subselect", "UPDATE leads SET active = FALSE WHERE id IN (SELECT lead_id FROM calls)"),
    _sql("of_the_parent", "UPDATE leads SET name = p.email FROM leads p WHERE p.id = leads.parent_id AND p.active"),
    _sql("with_schema", "UPDATE crm.notes SET kind = 'b' WHERE body IS NULL"),
    _sql("with_schema_and_alias", "UPDATE crm.notes n SET body = l.name FROM public.leads l WHERE l.id = n.lead_id"),
    _sql("json_path", "UPDATE leads SET status = data->>'a' WHERE data IS NOT NULL"),
    _sql("delete", "DELETE FROM calls WHERE seconds < 100"),
    _sql("delete_all", "DELETE FROM calls"),
    _sql("delete_using", "DELETE FROM calls c USING leads l WHERE l.id = c.lead_id AND l.status IS NULL"),
    _sql("delete_orphans", 'DELETE FROM "calls" AS c WHERE NOT EXISTS (SELECT 1 FROM leads l WHERE l.id = c.lead_id)'),
    _sql("delete_not_in", "DELETE FROM crm.notes WHERE lead_id NOT IN (SELECT id FROM leads) OR body = 'Body 7'"),
    _sql(
        "duplicates_by_using",
        "DELETE FROM leads a USING leads b WHERE a.id < b.id AND a.name = b.name AND b.active AND a.score > 3",
    ),
    _sql(
        "duplicates_with_null",
        "DELETE FROM leads WHERE EXISTS (SELECT 1 FROM leads AS b WHERE b.tenant_id IS NOT DISTINCT FROM leads.tenant_id "
        "AND b.status = leads.status AND b.id > leads.id)",
    ),
    _sql("duplicates_by_groups", "DELETE FROM leads WHERE id NOT IN (SELECT max(id) FROM leads GROUP BY name, status)"),
    _sql(
        "duplicates_of_some",
        "DELETE FROM leads WHERE id NOT IN (SELECT min(id) FROM leads WHERE active GROUP BY status) AND tenant_id = 5",
    ),
    _sql(
        "all_but_the_best",
        "DELETE FROM leads l WHERE l.score <> (SELECT max(b.score) FROM leads b WHERE b.name = l.name AND NOT b.active)",
    ),
    _sql(
        "duplicates_by_number",
        "WITH numbered AS (SELECT id, row_number() OVER (PARTITION BY name, tenant_id ORDER BY score DESC, id) AS n FROM leads) "
        "DELETE FROM leads WHERE id IN (SELECT id FROM numbered WHERE n > 1)",
    ),
    _sql("delete_returning", "DELETE FROM calls WHERE note IS NULL OR seconds = 5 RETURNING id"),
    _sql(
        "insert_where_missing",
        "INSERT INTO archive (lead_id, name) SELECT l.id, l.name FROM leads l "
        "WHERE l.active AND NOT EXISTS (SELECT 1 FROM archive a WHERE a.lead_id = l.id)",
    ),
    _sql(
        "insert_on_conflict",
        "INSERT INTO archive (lead_id, name) SELECT id, upper(name) FROM leads WHERE score > 50 ON CONFLICT (lead_id) DO NOTHING",
    ),
    _sql("insert_of_calls", "INSERT INTO archive (name, lead_id) SELECT note, id FROM calls WHERE id > 2000"),
    Shape(
        "parameters",
        'op.get_bind().execute(sa.text("UPDATE leads SET status = :to WHERE status = :old"), {"to": "x", "old": "won"})',
    ),
    Shape("bindparams", 'op.execute(sa.text("UPDATE leads SET score = :n WHERE id = 4").bindparams(n=3))'),
    Shape("variable", "sql = \"UPDATE leads SET status = 'v'\"\nop.execute(sql)"),
    Shape("f_string", "table = 'leads'\nop.execute(f\"UPDATE {table} SET status = 'f' WHERE score = {4}\")"),
    Shape("core_update", "op.execute(leads.update().where(leads.c.status == None).values(status='core'))"),
    Shape(
        "core_function",
        "op.execute(sa.update(leads).where(leads.c.tenant_id.in_([1, 2]), leads.c.score > 5)"
        ".values({'name': sa.func.lower(leads.c.email), leads.c.status: 'low'}))",
    ),
    Shape(
        "core_conditions",
        "op.execute(leads.update().where(sa.or_(leads.c.active.is_(None), ~leads.c.name.like('Lead 1%')))"
        ".where(leads.c.score.between(3, 70) & (leads.c.status != 'won')).values(active=sa.true(), status=sa.null()))",
    ),
    Shape(
        "core_subselect",
        "most = sa.select(sa.func.max(calls.c.seconds)).where(calls.c.lead_id == leads.c.id).scalar_subquery()\n"
        "op.get_bind().execute(sa.update(leads).values(score=most))",
    ),
    Shape(
        "core_join",
        "op.execute(leads.update().where(calls.c.lead_id == leads.c.id).where(calls.c.seconds > 7).values(status='c'))",
    ),
    Shape(
        "orm_loop",
        _session("for lead in session.query(Lead).filter(Lead.status == 'new'):", "    lead.status = 'seen'"),
    ),
    Shape(
        "orm_loop_of_columns",
        _session("for lead in session.query(Lead).all():", "    lead.name = lead.email", "    session.add(lead)"),
    ),
    Shape(
        "orm_loop_with_conditions",
        _session(
            "for lead in session.query(Lead).filter(Lead.points.isnot(None)):",
            "    if lead.points > 50 and lead.active:",
            "        lead.status = 'hot'",
            "    elif lead.name:",
            "        lead.status = f'{lead.name}: {lead.points}'",
        ),
    ),
    Shape(
        "orm_query_update",
        _session("session.query(Lead).filter(Lead.points.is_(None)).update({'points': 0}, synchronize_session=False)"),
    ),
    Shape("core_case", "op.execute(leads.update().values(status=sa.case((leads.c.score > 9, 'a'), else_='b')))"),
    Shape("core_delete", "statement = sa.delete(calls).where(calls.c.seconds < 7)\nop.get_bind().execute(statement)"),
    Shape(
        "core_copy",
        "op.execute(archive.insert().from_select(['lead_id', 'name'], sa.select(calls.c.id, sa.literal('copied'))"
        ".where(calls.c.id > 2500)))",
    ),
    Shape(
        "loop_over_a_dictionary",
        "for old, new in {'new': 'fresh', 'won': 'sold'}.items():\n"
        "    op.execute(leads.update().where(leads.c.status == old).values(status=new))",
    ),
    Shape(
        "loop_over_pairs",
        "pairs = [('new', 1), ('won', 2), ('lost', 3)]\nfor old, score in pairs:\n"
        "    op.execute(f\"UPDATE leads SET score = {score} WHERE status = '{old}' AND active\")",
    ),
    Shape(
        "loop_over_conditions_that_overlap",
        "conn = op.get_bind()\nfor name, low in (('mid', 20), ('high', 60)):\n"
        "    conn.execute(sa.text('UPDATE leads SET status = :name WHERE score > :low'), {'name': name, 'low': low})\n"
        "    print(name)",
    ),
    Shape(
        "loop_with_deletes",
        "for low, high in [(3, 9), (200, 250)]:\n    op.execute(calls.delete().where(calls.c.seconds.between(low, high)))",
    ),
    Shape(
        "loop_until_none_is_left",
        "conn = op.get_bind()\nwhile True:\n    done = conn.execute(sa.text(\"UPDATE leads SET status = 'x' WHERE id IN \"\n"
        '        "(SELECT id FROM leads WHERE status IS NULL ORDER BY id LIMIT 100)"))\n    if done.rowcount == 0:\n        break',
    ),
    Shape(
        "delete_until_none_is_left",
        "conn = op.get_bind()\nwhile True:\n    n = conn.execute(sa.text(\n"
        "        'DELETE FROM calls WHERE id IN (SELECT c.id FROM calls c WHERE c.seconds < 50 LIMIT 70)')).rowcount\n"
        "    if not n:\n        break",
    ),
    Shape(
        "core_loop_over_pairs",
        "for old, new in [('new', 'a'), ('won', 'b')]:\n"
        "    op.get_bind().execute(sa.update(leads).where(leads.c.status == old, leads.c.active).values(status=new))",
    ),
    Shape(
        "loop_until_fewer_are_left",
        "conn = op.get_bind()\nBATCH = 90\nwhile True:\n    n = conn.execute(sa.text(\"UPDATE leads SET status = 'few' WHERE id IN \"\n"
        "        \"(SELECT id FROM leads WHERE status = 'lost' LIMIT 90)\")).rowcount\n    if n < BATCH:\n        break",
    ),
    Shape(
        "orm_scalars",
        _session(
            "for lead in session.scalars(sa.select(Lead).where(Lead.status == 'new')).all():",
            "    lead.status = 'seen'",
        ),
    ),
    Shape(
        "orm_execute_scalars",
        _session(
            "for lead in session.execute(sa.select(Lead).filter_by(status='won')).scalars():", "    lead.points = 7"
        ),
    ),
)
