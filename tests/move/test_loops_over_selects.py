"""Loops over what a SELECT gives, moved as functions: the migration on one database, the backfill on another, and the same rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from backfill.server import Server

from migration_guard.move.plan import Move, Refusal
from migration_guard.rewriting.queried import Unlike, queried
from move.planning import planned, versions
from move.shapes import ROWS, SCHEMA
from move.test_shapes import connected, left_alike, upgrade

HEAD = '''import json
import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy import select, update
from sqlalchemy.orm import Session

revision = "{name}"
down_revision = "0000"

leads = sa.table(
    "leads", sa.column("id"), sa.column("name", sa.Text), sa.column("email", sa.Text), sa.column("data", sa.JSON),
    sa.column("status", sa.Text), sa.column("score", sa.Integer), sa.column("slug", sa.Text),
)
calls = sa.table("calls", sa.column("id"), sa.column("lead_id"), sa.column("note", sa.Text))


def tidy(text):
    """In small letters."""
    return re.sub(r"\\s+", " ", text or "").strip().lower()


'''
CLASS = """Base = sa.orm.declarative_base()


class Lead(Base):
    __tablename__ = "leads"
    key = sa.Column("id", sa.BigInteger, primary_key=True)
    status = sa.Column(sa.Text)
    name = sa.Column(sa.Text)
    email = sa.Column(sa.String(200))
    points = sa.Column("score", sa.Integer)


"""
LOOPS = {
    "mappings": """def upgrade():
    conn = op.get_bind()
    if not conn:
        return
    rows = conn.execute(sa.select(leads.c.id, leads.c.name)).mappings().all()
    for row in rows:
        name = tidy(row["name"])
        values = {}
        if name != row["name"]:
            values["name"] = name
        if values:
            conn.execute(leads.update().where(leads.c.id == row["id"]).values(**values))
""",
    "document": """def upgrade():
    bind = op.get_bind()
    stmt = select(leads.c.id, leads.c.data).where(leads.c.data.is_not(None)).order_by(leads.c.id)
    for row in bind.execute(stmt).fetchall():
        data = dict(row.data)
        data["b"] = [len(data)] if "b" not in data else data["b"]
        bind.execute(update(leads).where(leads.c.id == row.id).values({"data": data}))
""",
    "helper": """def upgrade():
    fill(op.get_bind())


def fill(connection):
    for id, email in connection.execute(select(leads.c.id, leads.c.email)):
        if not email:
            continue
        statement = update(leads).where(leads.c.id == id).values(email=tidy(email), status="known")
        connection.execute(statement)
""",
    "new_column": """def upgrade():
    op.add_column("leads", sa.Column("slug", sa.Text()))
    for row in op.get_bind().execute(sa.select(leads.c.id, leads.c.name)).fetchall():
        op.get_bind().execute(sa.update(leads).where(leads.c.id == row[0]).values(slug=tidy(row[1])))
""",
    "other": """def upgrade():
    conn = op.get_bind()
    for lead in conn.execute(select(leads.c.status, leads.c.id)).all():
        call = conn.execute(select(calls.c.note).where(calls.c.lead_id == lead.id).order_by(calls.c.id)).first()
        if call is not None:
            conn.execute(sa.update(leads).where(leads.c.id == lead.id).values(status=call.note))
""",
    "texts": """def upgrade():
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT id, name FROM leads WHERE name IS NOT NULL"))
    for id_, name in rows:
        bind.execute(sa.text("UPDATE leads SET name = :slug WHERE id = :id"), {"slug": tidy(name), "id": id_})
""",
    "texts_of_the_module": """UPDATE = sa.text("UPDATE leads SET data = :data, status = :status WHERE id = :id_")


def upgrade():
    session = Session(bind=op.get_bind())
    for row in session.execute(sa.text("SELECT l.id, l.data AS document FROM leads l WHERE l.data IS NOT NULL")).fetchall():
        document = dict(row.document)
        if "b" in document:
            continue
        document["b"] = 2
        session.execute(UPDATE, params=dict(data=json.dumps(document), status="b", id_=row.id))
    session.commit()
""",
    "session": CLASS
    + """def upgrade():
    session = Session(bind=op.get_bind())
    for lead in session.query(Lead).filter(Lead.name.isnot(None)):
        lead.name = tidy(lead.name)
    session.commit()
""",
    "session_counted": CLASS
    + """def upgrade():
    bind = op.get_bind()
    session = Session(bind=bind)
    leads = session.query(Lead).filter(Lead.email.isnot(None)).all()
    total = len(leads)
    changes = 0
    for number, lead in enumerate(leads):
        try:
            lead.name = tidy(lead.email)
            changes += 1
            print(f"{number} of {total}")
        except ValueError as error:
            print(error)
    session.commit()
    print(f"{changes} of {total} changed")
""",
    "session_of_selected": CLASS
    + """def upgrade():
    bind = op.get_bind()
    session = sa.orm.Session(bind)
    rows = session.scalars(sa.select(Lead).where(Lead.points > 3)).all()
    for lead in rows:
        if not lead.email:
            continue
        user, _, host = lead.email.partition("@")
        lead.status = host[:20]
        lead.points = len(user)
        session.add(lead)
    session.commit()
""",
    "one_of_several": """def upgrade():
    conn = op.get_bind()
    for row in conn.execute(select(leads.c.id, leads.c.name, leads.c.email)).mappings():
        if row["name"] is None:
            conn.execute(leads.update().where(leads.c.id == row["id"]).values(status="no name"))
        elif "1" in row["name"]:
            conn.execute(update(leads).where(leads.c.id == row["id"]).values(status=tidy(row["email"]), score=1))
        else:
            conn.execute(leads.update().where(leads.c.id == row["id"]).values({"name": tidy(row["name"])}))
""",
    "one_of_several_texts": """def upgrade():
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT id, name, email FROM leads")).fetchall()
    print(len(rows))
    for row in rows:
        if row.name:
            bind.execute(sa.text("UPDATE leads SET status = :name WHERE id = :id"), {"name": tidy(row.name), "id": row.id})
        else:
            bind.execute(sa.text("UPDATE leads SET status = :mail WHERE id = :id"), {"mail": tidy(row.email), "id": row.id})
""",
    "text_and_core": """def upgrade():
    conn = op.get_bind()
    for row in conn.execute(sa.text("SELECT * FROM leads WHERE status = :status").bindparams(status="new")).mappings():
        conn.execute(leads.update().where(leads.c.id == row["id"]).values(email=tidy(row["name"])))
""",
}


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Move | Refusal]:
    root = tmp_path_factory.mktemp("project")
    folder = versions(root, SCHEMA)
    for name, text in LOOPS.items():
        (folder / f"{name}.py").write_text(HEAD.replace("{name}", name) + text)
    return {stem: made for stem, _, made in planned(root)}


@pytest.fixture(scope="module")
def template(server: Server) -> Iterator[str]:
    with server.fresh() as name:
        with connected(server.url(name)) as connection:
            upgrade(connection, SCHEMA)
        server.execute(ROWS.replace("2000", "150").replace("3000", "100"), name)
        yield name


@pytest.mark.parametrize("name", LOOPS)
def test_the_function_does_what_the_loop_did(
    name: str,
    plans: dict[str, Move | Refusal],
    server: Server,
    template: str,
) -> None:
    definition, _ = left_alike(plans[name], HEAD + LOOPS[name], server, template)
    assert definition.apply is not None


UPDATE = "conn.execute(update(leads).where(leads.c.id == row.id).values({}))"
TEXT = "conn.execute(text('UPDATE leads SET {} WHERE id = :id'), {{{}}})"
REFUSED = (
    (
        "select(leads.c.id)",
        "conn.execute(update(leads).where(leads.c.id == row.name).values(name='x'))",
        "something else",
    ),
    ("select(leads.c.id).limit(5)", UPDATE.format("name='x'"), "in another way"),
    ("select(leads.c.id, calls.c.id)", UPDATE.format("name='x'"), "other tables"),
    ("select(leads.c.id).where(leads.c.id.in_(select(calls.c.id)))", UPDATE.format("name='x'"), "other tables"),
    (
        "select(leads.c.id)",
        f"n = conn.execute(select(leads.c.score)).scalar(); {UPDATE.format('score=n')}",
        "other rows",
    ),
    ("select(leads.c.id)", UPDATE.format("name=f(conn)"), "hands its connection on"),
    ("select(leads.c.id)", UPDATE.format("**given"), "not seen"),
    ("select(leads)", f"x = row.name + 'x'; {UPDATE.format('name=x')}", "from the one that stands there"),
    ("select(leads.c.id, leads.c.name)", UPDATE.format("name=row[1] + 'x'"), "from the one that stands there"),
    (
        "select(leads.c.id, leads.c.name.label('n'))",
        UPDATE.format("name=row.n + 'x'"),
        "from the one that stands there",
    ),
    (
        "select(leads.c.id)",
        "; ".join(UPDATE.format(one) for one in ("name='x'", "score=1")),
        "several changes",
    ),
    (
        "select(leads.c.id)",
        f"if row.id:\n        {UPDATE.format('score=1')}\n    else:\n        {UPDATE.replace('leads', 'calls').format('score=1')}",
        "several tables",
    ),
    ("text", UPDATE.format("name='x'"), "its SELECT"),
    ("text('SELECT id FROM leads LIMIT 5')", UPDATE.format("name='x'"), "other things than the rows"),
    ("text('SELECT min(id) FROM leads GROUP BY name')", UPDATE.format("name='x'"), "other things than the rows"),
    ("text('SELECT l.id FROM leads l JOIN calls c ON c.lead_id = l.id')", UPDATE.format("name='x'"), "other things"),
    (
        "text('SELECT id, name FROM leads')",
        TEXT.format("name = :n", "'n': row.name + 'x', 'id': row.id"),
        "stands there",
    ),
    (
        "text('SELECT id, name AS n FROM leads')",
        TEXT.format("name = :n", "'n': f'x{row.n}', 'id': row.id"),
        "stands there",
    ),
    ("text('SELECT id, name FROM leads')", TEXT.format("name = name || :n", "'n': 'x', 'id': row.id"), "in the row"),
    ("text('SELECT id, name FROM leads')", TEXT.format("name = :n", "'n': 'x', 'id': row.name"), "something else"),
    ("text('SELECT id, name FROM leads')", TEXT.format("name = :n", "'id': row.id"), "parameters are not seen"),
    ("select(leads.c.id)", TEXT.format("name = :n", "'n': 'x', 'id': row.id"), "other means"),
    (
        "select(leads.c.id, f.row_number().over().label('n'))",
        UPDATE.format("score=row.n"),
        "other things than the rows",
    ),
    ("select(leads.c.id)", f"row = other; {UPDATE.format('score=1')}", "sets what holds its key anew"),
)


@pytest.mark.parametrize(("select", "body", "reason"), REFUSED)
def test_loops_that_are_something_else(select: str, body: str, reason: str) -> None:
    (loop,) = ast.parse(f"for row in conn.execute({select}).all():\n    {body}").body
    assert isinstance(loop, ast.For)
    with pytest.raises(Unlike, match=reason):
        queried(loop, {})


def test_a_value_that_is_taken_apart_is_still_the_one_that_stands_there() -> None:
    update = "conn.execute(update(leads).where(leads.c.id == id).values(name=name + 'x'))"
    (loop,) = ast.parse(f"for id, name in conn.execute(select(leads.c.id, leads.c.name)):\n    {update}").body
    assert isinstance(loop, ast.For)
    with pytest.raises(Unlike, match="from the one that stands there"):
        queried(loop, {})


def test_a_key_that_is_computed_is_another_row() -> None:
    update = "conn.execute(update(leads).where(leads.c.id == id).values(name='x'))"
    (loop,) = ast.parse(
        f"for id, name in conn.execute(select(leads.c.id, leads.c.name)):\n    id = id + 1; {update}"
    ).body
    assert isinstance(loop, ast.For)
    with pytest.raises(Unlike, match="sets what holds its key anew"):
        queried(loop, {})


OTHER_ROWS = {
    "statement": "    most = select(sa.func.max(leads.c.score))\n    for row in conn.execute(select(leads.c.id)).all():\n"
    "        score = conn.execute(most).scalar()\n",
    "text": "    for row in conn.execute(select(leads.c.id)).all():\n        score = conn.execute(MOST).scalar()\n",
    "all of them": "    rows = conn.execute(select(leads.c.id, leads.c.score)).all()\n    score = len(rows)\n    for row in rows:\n",
    "value": "    score = conn.execute(select(sa.func.max(leads.c.score))).scalar()\n"
    "    for row in conn.execute(select(leads.c.id)).all():\n",
}


def test_other_rows_are_seen_wherever_they_are_asked_for(tmp_path: Path) -> None:
    folder = versions(tmp_path, SCHEMA)
    update = "        conn.execute(update(leads).where(leads.c.id == row.id).values(score=score))\n"
    most = 'MOST = sa.text("SELECT max(score) FROM leads")\n\n\n'
    for name, text in OTHER_ROWS.items():
        whole = f"{HEAD.replace('{name}', name)}{most}def upgrade():\n    conn = op.get_bind()\n{text}{update}"
        (folder / f"{name}.py").write_text(whole)
    plans = {stem: made for stem, _, made in planned(tmp_path)}
    assert {
        name: isinstance(one, Refusal) and ("other rows" in one.reason or "rows together" in one.reason)
        for name, one in plans.items()
    } == dict.fromkeys(OTHER_ROWS, True), plans


CALLED = {
    "if os.environ.get('FILL'):\n        fill(conn)": "it runs only if",
    "for number in conn.execute(sa.text('SELECT 1')):\n        fill(conn)": "it stands in a loop",
    "try:\n        fill(conn)\n    except ValueError:\n        pass": "it stands in a try",
    "if not sa.inspect(conn).has_table('leads'):\n        return\n    fill(conn)": "",
}


def test_a_function_runs_on_the_conditions_on_which_it_is_called(tmp_path: Path) -> None:
    folder = versions(tmp_path, SCHEMA)
    fill = "def fill(conn):\n    conn.execute(sa.text(\"UPDATE leads SET status = 'x' WHERE status IS NULL\"))\n\n\n"
    for number, call in enumerate(CALLED):
        whole = f"import os\n{HEAD.replace('{name}', f'c{number}')}{fill}def upgrade():\n    conn = op.get_bind()\n    {call}\n"
        (folder / f"c{number}.py").write_text(whole)
    plans = {stem: made for stem, _, made in planned(tmp_path)}
    reasons = [one.reason if isinstance(one := plans[f"c{number}"], Refusal) else "" for number in range(len(CALLED))]
    assert [wanted in reason for wanted, reason in zip(CALLED.values(), reasons, strict=True)] == [True] * len(
        CALLED
    ), reasons
    assert not reasons[-1]


UPDATE_OF = "op.execute(\"UPDATE leads SET status = 'x' WHERE status IS NULL\")\n"
HELD = (
    "    session = Session(bind=op.get_bind())\n    rows = session.query(Lead).all()\n    for lead in rows:\n        "
)
WAYS = {
    "a return": (f"    if os.environ.get('SKIP'):\n        return\n    {UPDATE_OF}", "it is not come to if"),
    "a return for want of rows": (
        (
            "    there = op.get_bind().execute(sa.text('SELECT 1 FROM calls'))\n"
            f"    if not there.first():\n        return\n    {UPDATE_OF}"
        ),
        "it is not come to if",
    ),
    "a return for want of a table": (
        f"    if not sa.inspect(op.get_bind()).has_table('leads'):\n        return\n    {UPDATE_OF}",
        "",
    ),
    "another database": (
        f"    if op.get_bind().dialect.name == 'sqlite':\n        {UPDATE_OF}",
        "it does not run on PostgreSQL",
    ),
    "all others": (
        f"    if op.get_bind().dialect.name == 'postgresql':\n        pass\n    else:\n        {UPDATE_OF}",
        "it does not run on PostgreSQL",
    ),
    "not for PostgreSQL": (
        f"    if op.get_bind().dialect.name == 'postgresql':\n        return\n    {UPDATE_OF}",
        "it does not run on PostgreSQL",
    ),
    "PostgreSQL": (f"    if op.get_bind().dialect.name != 'sqlite':\n        {UPDATE_OF}", ""),
    "an effect beside it": (
        (
            "    for old, new in [('a', 'b'), ('c', 'd')]:\n        answer = requests.post('x', json=old)\n"
            "        op.execute(f\"UPDATE leads SET status = '{new}' WHERE status = '{old}'\")\n"
        ),
        "a loop, or several callers",
    ),
    "a session that is handed on": (
        f"{HELD}lead.name = helper(lead, db=session)\n    session.commit()\n",
        "the session",
    ),
    "rows that are counted": (
        (
            "    session = Session(bind=op.get_bind())\n    for place, lead in enumerate(session.query(Lead).all()):\n"
            "        lead.points = place\n    session.commit()\n"
        ),
        "counts its rows",
    ),
    "all rows together": (
        (
            "    session = Session(bind=op.get_bind())\n    rows = session.query(Lead).all()\n    total = len(rows)\n"
            "    for lead in rows:\n        lead.points = total\n    session.commit()\n"
        ),
        "all of its rows together",
    ),
    "a count of all": (
        (
            "    session = Session(bind=op.get_bind())\n    total = session.query(Lead).count()\n"
            "    for lead in session.query(Lead).all():\n        lead.points = len(lead.name) + total\n"
        ),
        "other rows of the table",
    ),
    "a text beside it": (
        (
            "    session = Session(bind=op.get_bind())\n    top = session.execute(sa.text('SELECT max(name) FROM leads')).scalar()\n"
            "    for lead in session.query(Lead).all():\n        lead.name = tidy(top)\n"
        ),
        "other rows of the table",
    ),
    "a SELECT beside it": (
        (
            "    session = Session(bind=op.get_bind())\n    top = session.execute(select(sa.func.max(leads.c.name))).scalar()\n"
            "    for lead in session.query(Lead).all():\n        lead.name = tidy(top)\n"
        ),
        "other rows of the table",
    ),
    "a bound of all": (
        (
            "    session = Session(bind=op.get_bind())\n    mean = session.query(sa.func.avg(Lead.points)).scalar()\n"
            "    for lead in session.query(Lead).filter(Lead.points > mean):\n        lead.points = len(lead.name)\n"
        ),
        "other rows of the table",
    ),
    "a SELECT inside": (
        (
            "    session = Session(bind=op.get_bind())\n\n"
            "    for lead in session.query(Lead).filter(Lead.points > select(sa.func.avg(Lead.points)).scalar_subquery()):\n"
            "        lead.points = len(lead.name)\n"
        ),
        "reads other rows of leads",
    ),
    "a session that asks for more": (
        f"{HELD}lead.name = tidy(lead.email)\n        session.execute(calls.delete())\n    session.commit()\n",
        "the session",
    ),
}


def test_what_a_statement_depends_on_is_no_less_where_it_is_moved(tmp_path: Path) -> None:
    folder = versions(tmp_path, SCHEMA)
    helper = "def helper(lead, db):\n    return str(db.execute(sa.text('SELECT max(score) FROM leads')).scalar())\n\n\n"
    for number, (body, _) in enumerate(WAYS.values()):
        whole = (
            f"import os\nimport requests\n{HEAD.replace('{name}', f'w{number}')}{CLASS}{helper}def upgrade():\n{body}"
        )
        (folder / f"w{number}.py").write_text(whole)
    plans = [(stem, made) for stem, _, made in planned(tmp_path)]
    for number, (name, (_, reason)) in enumerate(WAYS.items()):
        of = [one for stem, one in plans if stem == f"w{number}"]
        refused = [one.reason for one in of if isinstance(one, Refusal)]
        assert of, name
        assert len(refused) == (len(of) if reason else 0), (name, refused)
        assert any(reason in one for one in refused) or not reason, (name, refused)


CLASSES = """Base = sa.orm.declarative_base()


class Owner(Base):
    __tablename__ = "settings"
    id = sa.Column(sa.BigInteger, primary_key=True)
    leads = sa.orm.relationship("Lead")


class Lead(Base):
    __tablename__ = "leads"
    id = sa.Column(sa.BigInteger, primary_key=True)
    status = sa.Column(sa.Text)
    name = sa.Column(sa.Text)
    parent_id = sa.Column(sa.ForeignKey("leads.id"))
    parent = sa.orm.relationship("Lead", remote_side=[id])
    tenant_id = sa.Column(sa.ForeignKey("settings.id"))
    owner = sa.orm.relationship("Owner")


class Twin(Base):
    __tablename__ = "leads"
    id = sa.Column(sa.BigInteger, primary_key=True)
    status = sa.Column(sa.Text)


"""
MAPPED = {
    "its own": ("lead.status = lead.name.strip('x')", ""),
    "its parent's": ("lead.status = str(lead.parent.status)", "other rows"),
    "its owner's others": ("lead.status = lead.owner.leads[0].status", "other rows"),
    "those of a second class": ("lead.status = str(others.get(lead.parent_id))", "other rows"),
    "what is out of sight": ("lead.status = lead.shown.strip()", "other rows"),
    "its key": ("lead.id = len(lead.name)", "writes the key id"),
    "a swap": (
        "old = lead.name.strip()\n        lead.name = lead.status\n        lead.status = old",
        "from the one that stands there",
    ),
}


def test_what_a_class_of_a_session_leads_to_is_seen(tmp_path: Path) -> None:
    folder = versions(tmp_path, SCHEMA)
    for number, (body, _) in enumerate(MAPPED.values()):
        twins = "    others = {one.id: one.status for one in session.query(Twin)}\n" if "others" in body else ""
        whole = (
            f"{HEAD.replace('{name}', f'm{number}')}{CLASSES}def upgrade():\n    session = Session(bind=op.get_bind())\n"
            f"{twins}    for lead in session.query(Lead):\n        {body}\n    session.commit()\n"
        )
        (folder / f"m{number}.py").write_text(whole)
    plans = {stem: made for stem, _, made in planned(tmp_path)}
    for number, (name, (_, reason)) in enumerate(MAPPED.items()):
        one = plans[f"m{number}"]
        assert isinstance(one, Refusal) is bool(reason), (name, one)
        assert not isinstance(one, Refusal) or reason in one.reason, (name, one.reason)
