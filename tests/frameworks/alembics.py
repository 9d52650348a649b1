"""Cases of packages that build on Alembic: what they add to it."""

from __future__ import annotations

_ALEMBIC = """import asyncio

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
"""

HEADS = {
    "ormar": f"""{_ALEMBIC}
import ormar

DATABASE_URL = str(op.get_bind().engine.url).replace("sqlite:", "sqlite+aiosqlite:")
config = ormar.OrmarConfig(database=ormar.DatabaseConnection(DATABASE_URL), metadata=sa.MetaData())


class Lead(ormar.Model):
    ormar_config = config.copy(tablename="leads")

    id: int = ormar.Integer(primary_key=True)
    name: str = ormar.String(max_length=50)
    hot: int = ormar.Integer(default=0)
    score: int = ormar.Integer(default=0)


class Note(ormar.Model):
    ormar_config = config.copy(tablename="notes")

    id: int = ormar.Integer(primary_key=True)
    lead_id: int = ormar.Integer(nullable=True)
    text: str = ormar.String(max_length=50, nullable=True)


def upgrade():
    asyncio.run(run())


async def run():
    async with config.database:
""",
    "edgy": f"""{_ALEMBIC}
import edgy

registry = edgy.Registry(database=str(op.get_bind().engine.url))


class Lead(edgy.Model):
    id: int = edgy.IntegerField(primary_key=True, autoincrement=True)
    name: str = edgy.CharField(max_length=50)
    hot: int = edgy.IntegerField(default=0)
    score: int = edgy.IntegerField(default=0)

    class Meta:
        tablename = "leads"
        registry = registry


class Note(edgy.Model):
    id: int = edgy.IntegerField(primary_key=True, autoincrement=True)
    lead_id: int = edgy.IntegerField(null=True)
    text: str = edgy.CharField(max_length=50, null=True)

    class Meta:
        tablename = "notes"
        registry = registry


def upgrade():
    asyncio.run(run())


async def run():
    async with registry:
""",
    "advanced_alchemy": f"""{_ALEMBIC}
from advanced_alchemy.base import BigIntBase
from advanced_alchemy.repository import SQLAlchemySyncRepository
from sqlalchemy.orm import Mapped, Session, mapped_column


class Lead(BigIntBase):
    __tablename__ = "leads"
    name: Mapped[str]
    hot: Mapped[int] = mapped_column(default=0)
    score: Mapped[int] = mapped_column(default=0)


class Note(BigIntBase):
    __tablename__ = "notes"
    lead_id: Mapped[int | None] = mapped_column(default=None)
    text: Mapped[str] = mapped_column(default="")


class Leads(SQLAlchemySyncRepository[Lead]):
    model_type = Lead


class Notes(SQLAlchemySyncRepository[Note]):
    model_type = Note


def upgrade():
    schema_upgrades()
    data_upgrades()


def schema_upgrades():
    pass


def data_upgrades():
    session = Session(op.get_bind())
    leads, notes = Leads(session=session), Notes(session=session)
""",
    "flask_migrate": f"""{_ALEMBIC}
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = str(op.get_bind().engine.url)
db = SQLAlchemy(app)


class Lead(db.Model):
    __tablename__ = "leads"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.Text, nullable=False)
    hot = db.Column(db.Integer, default=0)
    score = db.Column(db.Integer, default=0)


class Note(db.Model):
    __tablename__ = "notes"
    id = db.Column(db.Integer, primary_key=True)
    lead_id = db.Column(db.Integer)
    text = db.Column(db.Text)


def upgrade(engine_name=""):
    globals()[f"upgrade_{{engine_name}}"]()


def upgrade_():
    with app.app_context():
""",
}
DEPTH = {"ormar": 8, "edgy": 8, "advanced_alchemy": 4, "flask_migrate": 8}

BODIES = {
    "ormar": [
        "await Lead.objects.filter(hot=0).update(hot=1)",
        "await Lead.objects.update(each=True, hot=1)",
        "await Note.objects.delete(id=1)",
        "await Note.objects.filter(lead_id=1).delete()",
        "lead = await Lead.objects.get(id=1)\nawait lead.update(hot=2)",
        "lead = await Lead.objects.first()\nlead.hot = 3\nawait lead.update()",
        "await Lead.objects.create(name='x')",
        "await Lead(name='x').save()",
        "lead = await Lead.objects.get(id=2)\nawait lead.delete()",
        "await Note.objects.bulk_create([Note(text='a'), Note(text='b')])",
        "leads = await Lead.objects.all()\nfor lead in leads:\n    lead.hot = 1\nawait Lead.objects.bulk_update(leads, columns=['hot'])",
        "await Note.objects.get_or_create(text='new', _defaults={'lead_id': 1})",
        # what changes no rows
        "print(await Lead.objects.all())",
        "print(await Lead.objects.filter(hot=0).count())",
        "print((await Lead.objects.get(id=1)).name)",
        "lead = await Lead.objects.get(id=1)\nlead.hot = 9",
        "print(await Lead.objects.filter(hot=1).exists())",
        "print(await Lead.objects.order_by('name').limit(2).values(['name']))",
        "print(await Lead.objects.get_or_none(name='nobody'))",
        "print(Lead(name='x').model_dump())",
        "print(await Lead.objects.max('score'))",
        "op.create_table('extra', sa.Column('id', sa.Integer()))",
        "async for lead in Lead.objects.iterate():\n    print(lead.name)",
        "print(await Lead.objects.values_list('name', flatten=True))",
    ],
    "edgy": [
        "await Lead.query.filter(hot=0).update(hot=1)",
        "await Note.query.filter(id=1).delete()",
        "lead = await Lead.query.get(id=1)\nawait lead.update(hot=2)",
        "lead = await Lead.query.first()\nlead.hot = 3\nawait lead.save()",
        "await Lead.query.create(name='x')",
        "await Lead(name='x').save()",
        "lead = await Lead.query.get(id=2)\nawait lead.delete()",
        "await Note.query.bulk_create([Note(text='a'), Note(text='b')])",
        "leads = await Lead.query.all()\nfor lead in leads:\n    lead.hot = 1\nawait Lead.query.bulk_update(leads)",
        "await Note.query.get_or_create(text='new', defaults={'lead_id': 1})",
        "await Lead.query.update_or_create(name='a', defaults={'hot': 4})",
        "await registry.database.execute(sa.text('UPDATE leads SET hot = 1'))",
        # what changes no rows
        "print(await Lead.query.all())",
        "print(await Lead.query.filter(hot=0).count())",
        "print((await Lead.query.get(id=1)).name)",
        "lead = await Lead.query.get(id=1)\nlead.hot = 9",
        "print(await Lead.query.filter(hot=1).exists())",
        "print(await Lead.query.order_by('name').limit(2).values(['name']))",
        "print(await Lead.query.get_or_none(name='nobody'))",
        "print(Lead(name='x').model_dump())",
        "print(await registry.database.fetch_all(sa.text('SELECT * FROM leads')))",
        "op.create_table('extra', sa.Column('id', sa.Integer()))",
        "async for lead in Lead.query.filter(hot=0):\n    print(lead.name)",
        "print(await Lead.query.exclude(hot=1).only('name'))",
    ],
    "advanced_alchemy": [
        "leads.add(Lead(name='x'))\nsession.commit()",
        "notes.add_many([Note(text='a'), Note(text='b')])\nsession.commit()",
        "lead = leads.get(1)\nlead.hot = 1\nleads.update(lead)\nsession.commit()",
        "leads.update_many([Lead(id=1, name='a', hot=5)])\nsession.commit()",
        "notes.delete(1)\nsession.commit()",
        "notes.delete_many([1, 2])\nsession.commit()",
        "notes.delete_where(lead_id=1)\nsession.commit()",
        "leads.upsert(Lead(id=1, name='y', hot=7))\nsession.commit()",
        "notes.get_or_upsert(text='new')\nsession.commit()",
        "op.execute(sa.update(Lead).values(hot=1))",
        "session.execute(sa.text('UPDATE leads SET hot = 1'))\nsession.commit()",
        "for lead in leads.list(hot=0):\n    lead.score = 2\nsession.commit()",
        # what changes no rows
        "print(leads.list())",
        "print(leads.count())",
        "print(leads.get(1).name)",
        "print(leads.get_one_or_none(name='nobody'))",
        "print(leads.exists(name='a'))",
        "print(leads.list_and_count(hot=0))",
        "print(Lead(name='x').name)",
        "op.add_column('leads', sa.Column('extra', sa.Integer()))",
        "print(session.scalars(sa.select(Lead)).all())",
        "print(sa.update(Lead).values(hot=1))",
        "op.create_table('extra', sa.Column('id', sa.Integer()))",
        "print(leads.check_health(session))",
    ],
    "flask_migrate": [
        "Lead.query.filter_by(hot=0).update({'hot': 1})\ndb.session.commit()",
        "Note.query.filter(Note.id == 1).delete()\ndb.session.commit()",
        "lead = db.session.get(Lead, 1)\nlead.hot = 2\ndb.session.commit()",
        "for lead in Lead.query.all():\n    lead.score = 1\ndb.session.commit()",
        "db.session.add(Lead(name='x'))\ndb.session.commit()",
        "db.session.delete(Lead.query.get(2))\ndb.session.commit()",
        "db.session.execute(db.update(Lead).values(hot=1))\ndb.session.commit()",
        "db.session.execute(db.text('DELETE FROM notes'))\ndb.session.commit()",
        "db.session.bulk_save_objects([Note(text='x')])\ndb.session.commit()",
        "with db.engine.begin() as connection:\n    connection.execute(db.text('UPDATE leads SET hot = 1'))",
        "lead = Lead.query.first()\ndb.session.merge(Lead(id=lead.id, name='z'))\ndb.session.commit()",
        "db.session.query(Lead).filter_by(id=3).delete()\ndb.session.commit()",
        # what changes no rows
        "print(Lead.query.all())",
        "print(Lead.query.filter_by(hot=0).count())",
        "print(db.session.get(Lead, 1).name)",
        "print(db.session.scalars(db.select(Lead)).all())",
        "print(Lead.query.filter(Lead.hot == 1).first())",
        "print(Lead(name='x').name)",
        "op.add_column('leads', sa.Column('extra', sa.Integer()))",
        "op.create_index('i', 'leads', ['hot'])",
        "print(db.update(Lead).values(hot=1))",
        "print(db.session.execute(db.text('SELECT * FROM leads')).fetchall())",
        "print(Lead.query.order_by(Lead.name).limit(2).all())",
        "op.create_table('extra', sa.Column('id', sa.Integer()))",
    ],
}
