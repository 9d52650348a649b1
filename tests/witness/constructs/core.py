"""SQLAlchemy's Core and ORM, as migrations of Alembic use them. Each construct is a change of its own."""

from __future__ import annotations

from witness.construct import Family

FAMILY = Family("sqlalchemy")

FAMILY.add(r"""
[core_delete]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(leads_9.delete())
[core_delete_where]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(leads_9.delete().where(leads_9.c.a == 1))
[core_delete_function]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(sa.delete(leads_9))
[core_update]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(leads_9.update().values(a=1))
[core_update_op_values]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(leads_9.update().where(leads_9.c.a == op.inline_literal(1)).values({"a": op.inline_literal(2)}))
[core_update_function]
leads_9 = sa.table("TBL", sa.column("a"))
op.get_bind().execute(sa.update(leads_9).values(a=1))
[core_update_column_keys]
leads_9 = sa.table("TBL", sa.column("a"))
op.get_bind().execute(sa.update(leads_9).values({leads_9.c.a: leads_9.c.a + 1}))
[core_update_many]
leads_9 = sa.table("TBL", sa.column("id"), sa.column("a"))
op.get_bind().execute(
    sa.update(leads_9).where(leads_9.c.id == sa.bindparam("key")).values(a=sa.bindparam("new")),
    [{"key": 1, "new": 2}, {"key": 2, "new": 3}],
)
[core_insert_from_select]
leads_9 = sa.table("TBL", sa.column("a"))
spare_9 = sa.table("spare", sa.column("a"))
op.execute(leads_9.insert().from_select(["a"], sa.select(spare_9.c.a)))
[core_insert_values]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(leads_9.insert().values(a=1))
[core_insert_many]
leads_9 = sa.table("TBL", sa.column("a"))
op.get_bind().execute(sa.insert(leads_9), [{"a": 1}, {"a": 2}])
[core_bulk_insert]
leads_9 = sa.table("TBL", sa.column("a"))
op.bulk_insert(leads_9, [{"a": 1}, {"a": 2}])
[core_bulk_insert_rows]
leads_9 = sa.table("TBL", sa.column("a"))
op.bulk_insert(leads_9, [{"a": row.a} for row in op.get_bind().execute(sa.text("SELECT a FROM spare"))])
[core_insert_loop]
leads_9 = sa.table("TBL", sa.column("a"))
for row_9 in op.get_bind().execute(sa.text("SELECT a FROM spare")).fetchall():
    op.get_bind().execute(leads_9.insert().values(a=row_9.a))
[core_sa_table]
leads_9 = sa.Table("TBL", sa.MetaData(), sa.Column("a", sa.Integer))
op.execute(leads_9.delete())
[core_sa_table_schema]
leads_9 = sa.Table("TBL", sa.MetaData(schema="main"), sa.Column("a", sa.Integer))
op.execute(leads_9.delete())
[core_reflected]
leads_9 = sa.Table("TBL", sa.MetaData(), autoload_with=op.get_bind())
op.get_bind().execute(leads_9.update().values(a=1))
[core_metadata_reflect]
meta_9 = sa.MetaData()
meta_9.reflect(bind=op.get_bind(), only=("TBL",))
op.get_bind().execute(meta_9.tables["TBL"].delete())
[core_metadata_sorted]
meta_9 = sa.MetaData()
sa.Table("TBL", meta_9, sa.Column("a", sa.Integer))
for table_9 in reversed(meta_9.sorted_tables):
    op.execute(table_9.delete())
[core_module_table]
LEADS_9 = sa.table("TBL", sa.column("a"))
---
op.execute(LEADS_9.update().values(a=1))
[core_helper_table]
from helper_9 import leads
---
op.execute(leads.delete())
=== helper_9.py
import sqlalchemy as sa

leads = sa.table("TBL", sa.column("a"))
[core_table_function]
def table_9(name):
    return sa.table(name, sa.column("a"))
---
op.execute(table_9("TBL").delete())
[core_table_loop]
for name_9 in ("TBL", "TBL2"):
    op.execute(sa.delete(sa.table(name_9)))
[core_table_comprehension]
for table_9 in [sa.table(name, sa.column("a")) for name in ("TBL", "TBL2")]:
    op.execute(table_9.update().values(a=1))
[core_table_dict]
tables_9 = {"leads": sa.table("TBL", sa.column("a"))}
op.execute(tables_9["leads"].delete())
[core_table_alias]
leads_9 = sa.table("TBL", sa.column("a"))
alias_9 = leads_9
op.execute(alias_9.delete())
[core_table_choice]
chosen_9 = sa.table("TBL" if cond(0) else "TBL2", sa.column("a"))
op.execute(chosen_9.delete())
[core_select_or_delete]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(sa.select(leads_9) if cond(0) else sa.delete(leads_9))
[core_delete_or_select]
leads_9 = sa.table("TBL", sa.column("a"))
statement_9 = sa.delete(leads_9)
if cond(0):
    statement_9 = sa.select(leads_9)
op.execute(statement_9)
[core_statement_loop]
leads_9 = sa.table("TBL", sa.column("a"))
for statement_9 in (sa.select(leads_9), leads_9.update().values(a=1)):
    op.get_bind().execute(statement_9)
[core_statement_built]
leads_9 = sa.table("TBL", sa.column("a"))
statement_9 = leads_9.update()
statement_9 = statement_9.where(leads_9.c.a == 1)
if cond(0):
    statement_9 = statement_9.where(leads_9.c.a == 2)
statement_9 = statement_9.values(a=3)
op.execute(statement_9)
[core_statement_function]
def where_9(statement, column):
    return statement.where(column == 1)
---
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(where_9(leads_9.delete(), leads_9.c.a))
[core_statement_getattr]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(getattr(leads_9, "delete")())
[core_statement_verb]
leads_9 = sa.table("TBL", sa.column("a"))
for verb_9 in (sa.select, sa.delete):
    op.get_bind().execute(verb_9(leads_9))
[core_statement_options]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(sa.delete(leads_9).execution_options(synchronize_session=False))
[core_statement_params]
leads_9 = sa.table("TBL", sa.column("a"))
op.get_bind().execute(leads_9.delete().where(leads_9.c.a == sa.bindparam("x")), {"x": 1})
[core_cte]
leads_9 = sa.table("TBL", sa.column("a"))
old_9 = sa.select(sa.table("spare", sa.column("a"))).cte("old")
op.get_bind().execute(leads_9.delete().where(leads_9.c.a.in_(sa.select(old_9.c.a))))
[core_subquery]
leads_9 = sa.table("TBL", sa.column("a"))
spare_9 = sa.table("spare", sa.column("a"))
op.execute(leads_9.update().values(a=sa.select(sa.func.max(spare_9.c.a)).scalar_subquery()))
[core_returning]
leads_9 = sa.table("TBL", sa.column("a"))
op.get_bind().execute(leads_9.delete().returning(leads_9.c.a)).fetchall()
[core_upsert]
from sqlalchemy.dialects import sqlite
---
leads_9 = sa.table("TBL", sa.column("id"), sa.column("a"))
op.get_bind().execute(sqlite.insert(leads_9).values(id=1, a=1).on_conflict_do_update(index_elements=["id"], set_={"a": 2}))
[core_compiled]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(str(leads_9.delete().compile(dialect=op.get_bind().dialect)))
[core_row_loop]
leads_9 = sa.table("TBL", sa.column("id"), sa.column("a"))
bind_9 = op.get_bind()
for row_9 in bind_9.execute(sa.select(leads_9.c.id)).fetchall():
    bind_9.execute(leads_9.update().where(leads_9.c.id == row_9.id).values(a=1))
[core_row_mappings]
leads_9 = sa.table("TBL", sa.column("id"), sa.column("a"))
bind_9 = op.get_bind()
for row_9 in bind_9.execute(sa.select(leads_9)).mappings().all():
    bind_9.execute(leads_9.update().where(leads_9.c.id == row_9["id"]).values(a=1))
[core_row_if_any]
leads_9 = sa.table("TBL", sa.column("a"))
if op.get_bind().execute(sa.select(sa.func.count()).select_from(leads_9)).scalar():
    op.execute(leads_9.delete())
[core_row_first]
leads_9 = sa.table("TBL", sa.column("a"))
row_9 = op.get_bind().execute(sa.select(leads_9)).first()
if row_9 is None:
    pass
else:
    op.execute(leads_9.update().values(a=row_9.a))
[core_inspector_tables]
for name_9 in sa.inspect(op.get_bind()).get_table_names():
    if name_9 == "TBL":
        op.execute(sa.delete(sa.table(name_9)))
[core_inspector_columns]
columns_9 = [each["name"] for each in sa.inspect(op.get_bind()).get_columns("TBL")]
if "a" in columns_9:
    op.execute("UPDATE TBL SET a = 1")
[core_create_table_as]
op.execute("CREATE TABLE made_9 AS SELECT * FROM spare")
op.execute("SQL")
[core_executed_text_columns]
op.get_bind().execute(sa.text("SQL").columns())
[core_exec_driver_many]
op.get_bind().exec_driver_sql("DELETE FROM TBL WHERE a = ?", [(1,), (2,)])
[core_batch_add_fill]
with op.batch_alter_table("spare") as batch_9:
    batch_9.add_column(sa.Column("b_9", sa.Integer))
op.execute("SQL")
[created_if_not_exists]
op.create_table("TBL", sa.Column("a", sa.Integer), if_not_exists=True)
op.execute("UPDATE TBL SET a = 1")
[created_if_not_exists_sql]
op.execute("CREATE TABLE IF NOT EXISTS TBL (id int)")
op.execute("UPDATE TBL SET a = 1")
[created_certain quiet]
op.create_table("made_9", sa.Column("a", sa.Integer))
op.execute("UPDATE made_9 SET a = 1")
[created_perhaps]
if not sa.inspect(op.get_bind()).has_table("TBL"):
    op.create_table("TBL", sa.Column("a", sa.Integer))
op.execute("UPDATE TBL SET a = 1")
[created_then_return]
def work_9():
    if not sa.inspect(op.get_bind()).has_table("TBL"):
        op.create_table("TBL", sa.Column("a", sa.Integer))
        return
    op.execute("DELETE FROM TBL")
work_9()
[created_by_helper]
def ensure_9(name):
    if not sa.inspect(op.get_bind()).has_table(name):
        op.create_table(name, sa.Column("a", sa.Integer))
ensure_9("TBL")
op.execute("DELETE FROM TBL")
[created_swallowed]
try:
    op.create_table("TBL", sa.Column("a", sa.Integer))
except Exception:
    pass
op.execute("UPDATE TBL SET a = 1")
[created_suppressed]
from contextlib import suppress
---
with suppress(Exception):
    op.create_table("TBL", sa.Column("a", sa.Integer))
op.execute("UPDATE TBL SET a = 1")
[created_in_another_schema]
op.execute("CREATE TABLE temp.TBL (id int)")
op.execute("UPDATE main.TBL SET a = 1")
[created_after]
op.execute("UPDATE TBL SET a = 1")
op.execute("DROP TABLE TBL")
op.create_table("TBL", sa.Column("a", sa.Integer))
[created_perhaps_replaced]
if cond(0):
    op.drop_table("TBL")
    op.create_table("TBL", sa.Column("a", sa.Integer))
op.execute("UPDATE TBL SET a = 1")
[created_in_loop]
for _ in rows(0):
    op.execute("DROP TABLE IF EXISTS TBL")
    op.create_table("TBL", sa.Column("a", sa.Integer))
op.execute("UPDATE TBL SET a = 1")
[created_metadata_checkfirst]
meta_9 = sa.MetaData()
leads_9 = sa.Table("TBL", meta_9, sa.Column("a", sa.Integer))
meta_9.create_all(op.get_bind())
op.execute(leads_9.update().values(a=1))
[created_table_checkfirst]
leads_9 = sa.Table("TBL", sa.MetaData(), sa.Column("a", sa.Integer))
leads_9.create(op.get_bind(), checkfirst=True)
op.execute(leads_9.delete())
[created_renamed]
op.create_table("made_9", sa.Column("a", sa.Integer))
op.drop_table("made_9")
op.execute("ALTER TABLE TBL RENAME TO made_9")
op.execute("UPDATE made_9 SET a = 1")
[unknown_operation opaque]
from alembic.operations import MigrateOperation, Operations
from unseen import quietly

class Backfill_9(MigrateOperation):
    @classmethod
    def fill_9(cls, operations):
        return operations.invoke(cls())

Operations.register_operation("fill_9")(Backfill_9)

@Operations.implementation_for(Backfill_9)
def fill_9_implementation(operations, operation):
    operations.execute("SQL")
---
op.fill_9()
[unseen_statement opaque]
from unseen import statement_of
---
op.execute(statement_of("SQL"))
[select_unknown_function opaque]
op.execute("SELECT refresh_totals_9()")
[do_block]
op.execute("DO $$ BEGIN UPDATE TBL SET a = 1; END $$")
[truncate]
op.execute("TRUNCATE TABLE TBL")
[merge]
op.execute("MERGE INTO TBL USING spare ON TBL.a = spare.a WHEN MATCHED THEN UPDATE SET a = 1")
[with_prefix]
op.execute("WITH old AS (SELECT a FROM spare) DELETE FROM TBL WHERE a IN (SELECT a FROM old)")
[two_statements]
for statement_9 in "DELETE FROM TBL; DELETE FROM TBL2".split(";"):
    op.execute(statement_9)
""")

_MODEL = """
from sqlalchemy import orm

Base_9 = orm.declarative_base()

class Lead_9(Base_9):
    __tablename__ = "TBL"
    id = sa.Column(sa.Integer, primary_key=True)
    a = sa.Column(sa.Integer)
    name = sa.Column(sa.String)
---
"""
"""A class on a table of its own, which a line `MODEL` stands for."""


def with_model(block: str) -> str:
    """Put the class where a construct wants it."""
    return block.replace("\nMODEL\n", _MODEL)


FAMILY.add(
    with_model(r"""
[orm_attribute]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
session_9.commit()
[orm_attribute_all]
MODEL
session_9 = orm.Session(bind=op.get_bind())
for lead_9 in session_9.query(Lead_9).filter(Lead_9.a > 0).all():
    lead_9.name = "new"
session_9.flush()
[orm_attribute_get]
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
lead_9.name = "new"
session_9.commit()
[orm_attribute_first]
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.query(Lead_9).first()
if lead_9:
    lead_9.name = "new"
session_9.commit()
[orm_attribute_one]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.query(Lead_9).filter_by(id=1).one().name = "new"
session_9.commit()
[orm_attribute_scalars]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.scalars(sa.select(Lead_9)):
    lead_9.name = "new"
session_9.commit()
[orm_attribute_scalars_all]
MODEL
with orm.Session(op.get_bind()) as session_9:
    for lead_9 in session_9.execute(sa.select(Lead_9)).scalars().all():
        lead_9.name = "new"
    session_9.commit()
[orm_attribute_scalar_one]
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.scalar(sa.select(Lead_9).limit(1))
lead_9.name = "new"
session_9.commit()
[orm_attribute_entity]
MODEL
session_9 = orm.Session(op.get_bind())
for row_9 in session_9.execute(sa.select(Lead_9)):
    row_9.Lead_9.name = "new"
session_9.commit()
[orm_attribute_row_index]
MODEL
session_9 = orm.Session(op.get_bind())
for row_9 in session_9.execute(sa.select(Lead_9)):
    row_9[0].name = "new"
session_9.commit()
[orm_attribute_row_unpacked]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9, in session_9.execute(sa.select(Lead_9)).all():
    lead_9.name = "new"
session_9.commit()
[orm_attribute_index]
MODEL
session_9 = orm.Session(op.get_bind())
leads_9 = session_9.query(Lead_9).all()
leads_9[0].name = "new"
session_9.commit()
[orm_attribute_index_unknown]
MODEL
session_9 = orm.Session(op.get_bind())
leads_9 = session_9.query(Lead_9).all()
for number_9 in range(len(leads_9)):
    leads_9[number_9].name = "new"
session_9.commit()
[orm_attribute_partitions]
MODEL
session_9 = orm.Session(op.get_bind())
for part_9 in session_9.scalars(sa.select(Lead_9)).partitions(10):
    for lead_9 in part_9:
        lead_9.name = "new"
session_9.commit()
[orm_attribute_yield_per]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9).yield_per(10):
    lead_9.name = "new"
session_9.commit()
[orm_attribute_slice]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9).order_by(Lead_9.id)[0:10]:
    lead_9.name = "new"
session_9.commit()
[orm_attribute_setattr]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    setattr(lead_9, "name", "new")
session_9.commit()
[orm_attribute_setattr_unknown]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    for column_9 in ("name", "a"):
        setattr(lead_9, column_9, 5)
session_9.commit()
[orm_attribute_augmented]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.a += 1
session_9.commit()
[orm_attribute_helper]
def rename_9(lead):
    lead.name = "new"
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    rename_9(lead_9)
session_9.commit()
[orm_attribute_list]
MODEL
session_9 = orm.Session(op.get_bind())
changed_9 = [lead for lead in session_9.query(Lead_9)]
for lead_9 in changed_9:
    lead_9.name = "new"
session_9.commit()
[orm_attribute_dict]
MODEL
session_9 = orm.Session(op.get_bind())
by_id_9 = {lead.id: lead for lead in session_9.query(Lead_9)}
by_id_9[1].name = "new"
session_9.commit()
[orm_attribute_method]
from sqlalchemy import orm

Base_9 = orm.declarative_base()

class Lead_9(Base_9):
    __tablename__ = "TBL"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)

    def rename(self):
        self.name = "new"
---
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.rename()
session_9.commit()
[orm_attribute_underscore]
from sqlalchemy import orm

Base_9 = orm.declarative_base()

class Lead_9(Base_9):
    __tablename__ = "TBL"
    id = sa.Column(sa.Integer, primary_key=True)
    _name = sa.Column("name", sa.String)
---
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9._name = "new"
session_9.commit()
[orm_attribute_hybrid]
from sqlalchemy import orm
from sqlalchemy.ext.hybrid import hybrid_property

Base_9 = orm.declarative_base()

class Lead_9(Base_9):
    __tablename__ = "TBL"
    id = sa.Column(sa.Integer, primary_key=True)
    _name = sa.Column("name", sa.String)

    @hybrid_property
    def name(self):
        return self._name

    @name.inplace.setter
    def _name_setter(self, value):
        self._name = value
---
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
session_9.commit()
[orm_query_update]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.query(Lead_9).update({"name": "new"})
[orm_query_update_where]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.query(Lead_9).filter(Lead_9.a == 1).update({Lead_9.name: "new"}, synchronize_session=False)
[orm_query_delete]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.query(Lead_9).filter(Lead_9.a == 1).delete()
[orm_query_column_update]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.query(Lead_9).where(Lead_9.a.is_(None)).update({"a": 1}, "fetch")
[orm_execute_update]
MODEL
orm.Session(op.get_bind()).execute(sa.update(Lead_9).values(name="new"))
[orm_execute_delete]
MODEL
op.get_bind().execute(sa.delete(Lead_9).where(Lead_9.a == 1))
[orm_execute_insert]
MODEL
orm.Session(op.get_bind()).execute(sa.insert(Lead_9), [{"a": 1}, {"a": 2}])
[orm_dunder_table]
MODEL
op.execute(Lead_9.__table__.update().values(name="new"))
[orm_dunder_table_alias]
MODEL
table_9 = Lead_9.__table__
op.execute(table_9.delete())
[orm_metadata_tables]
MODEL
op.execute(Base_9.metadata.tables["TBL"].delete())
[orm_delete]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    session_9.delete(lead_9)
session_9.commit()
[orm_delete_get]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.delete(session_9.get(Lead_9, 1))
session_9.flush()
[orm_add]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.add(Lead_9(name="new"))
session_9.commit()
[orm_add_all]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.add_all([Lead_9(name=str(number)) for number in range(3)])
session_9.commit()
[orm_add_keywords]
MODEL
session_9 = orm.Session(op.get_bind())
for values_9 in ({"name": "a"}, {"name": "b"}):
    session_9.add(Lead_9(**values_9))
session_9.commit()
[orm_add_later]
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = Lead_9()
session_9.add(lead_9)
lead_9.name = "new"
session_9.commit()
[orm_merge]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.merge(Lead_9(id=1, name="new"))
session_9.commit()
[orm_bulk_save]
MODEL
session_9 = orm.Session(op.get_bind())
leads_9 = session_9.query(Lead_9).all()
for lead_9 in leads_9:
    lead_9.name = "new"
session_9.bulk_save_objects(leads_9)
[orm_bulk_update]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.bulk_update_mappings(Lead_9, [{"id": 1, "name": "new"}])
[orm_bulk_insert]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.bulk_insert_mappings(Lead_9, [{"name": "new"}])
[orm_relationship]
MODEL
class Child_9(Base_9):
    __tablename__ = "TBL2"
    id = sa.Column(sa.Integer, primary_key=True)
    a = sa.Column(sa.ForeignKey("TBL.id"))
    name = sa.Column(sa.String)
    lead = orm.relationship(Lead_9, backref="children")
session_9 = orm.Session(op.get_bind())
for child_9 in session_9.query(Child_9):
    if child_9.lead:
        child_9.lead.name = "new"
session_9.commit()
[orm_relationship_collection]
MODEL
class Child_9(Base_9):
    __tablename__ = "TBL2"
    id = sa.Column(sa.Integer, primary_key=True)
    a = sa.Column(sa.ForeignKey("TBL.id"))
    name = sa.Column(sa.String)
    lead = orm.relationship(Lead_9, backref="children")
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    for child_9 in lead_9.children:
        child_9.name = "new"
session_9.commit()
[orm_relationship_append]
MODEL
class Child_9(Base_9):
    __tablename__ = "TBL2"
    id = sa.Column(sa.Integer, primary_key=True)
    a = sa.Column(sa.ForeignKey("TBL.id"))
    name = sa.Column(sa.String)
    lead = orm.relationship(Lead_9, backref="children")
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
lead_9.children.append(Child_9(name="new"))
session_9.commit()
[orm_join_rows]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9, number_9 in session_9.query(Lead_9, Lead_9.id):
    lead_9.name = "new"
session_9.commit()
[orm_aliased]
MODEL
session_9 = orm.Session(op.get_bind())
other_9 = orm.aliased(Lead_9)
for lead_9 in session_9.query(other_9):
    lead_9.name = "new"
session_9.commit()
[orm_from_statement]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.scalars(sa.select(Lead_9).from_statement(sa.text("SELECT * FROM TBL"))):
    lead_9.name = "new"
session_9.commit()
[orm_session_maker]
MODEL
Session_9 = orm.sessionmaker(bind=op.get_bind())
with Session_9.begin() as session_9:
    session_9.query(Lead_9).update({"name": "new"})
[orm_session_scoped]
MODEL
session_9 = orm.scoped_session(orm.sessionmaker(bind=op.get_bind()))
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
session_9.commit()
[orm_session_query_property]
MODEL
session_9 = orm.scoped_session(orm.sessionmaker(bind=op.get_bind()))
Base_9.query = session_9.query_property()
for lead_9 in Lead_9.query.all():
    lead_9.name = "new"
session_9.commit()
[orm_object_session]
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
orm.object_session(lead_9).delete(lead_9)
session_9.flush()
[orm_dirty_property]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
for _ in session_9.dirty:
    session_9.flush()
[orm_autoflush]
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
lead_9.name = "new"
session_9.query(Lead_9).count()
[orm_begin]
MODEL
with orm.Session(op.get_bind()) as session_9, session_9.begin():
    session_9.get(Lead_9, 1).name = "new"
[orm_flag_modified]
from sqlalchemy.orm.attributes import flag_modified
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
flag_modified(lead_9, "name")
session_9.commit()
[orm_new_style]
from typing import Optional

from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base_9(DeclarativeBase):
    pass

class Lead_9(Base_9):
    __tablename__ = "TBL"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Optional[str]]
---
with Session(op.get_bind()) as session_9:
    for lead_9 in session_9.scalars(sa.select(Lead_9)):
        lead_9.name = "new"
    session_9.commit()
[orm_mapped_table]
from sqlalchemy import orm

registry_9 = orm.registry()

class Lead_9:
    pass

registry_9.map_imperatively(
    Lead_9, sa.Table("TBL", registry_9.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
)
---
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
session_9.commit()
[orm_class_table]
from sqlalchemy import orm

Base_9 = orm.declarative_base()

class Lead_9(Base_9):
    __table__ = sa.Table(
        "TBL", Base_9.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String)
    )
---
session_9 = orm.Session(op.get_bind())
session_9.query(Lead_9).delete()
[orm_automap]
from sqlalchemy.ext.automap import automap_base
from sqlalchemy import orm
---
Base_9 = automap_base()
Base_9.prepare(autoload_with=op.get_bind())
Lead_9 = Base_9.classes.TBL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
session_9.commit()
[orm_in_function]
MODEL
def classes_9():
    class Other(Base_9):
        __tablename__ = "TBL2"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
    return Other
orm.Session(op.get_bind()).query(classes_9()).update({"name": "new"})
[orm_mixin]
from sqlalchemy import orm

Base_9 = orm.declarative_base()

class Named_9:
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)

class Lead_9(Named_9, Base_9):
    __tablename__ = "TBL"
---
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
session_9.commit()
[orm_declared_attr]
from sqlalchemy import orm

class Named_9:
    @orm.declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower()
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)

Base_9 = orm.declarative_base(cls=Named_9)

class TBL(Base_9):
    pass
---
session_9 = orm.Session(op.get_bind())
session_9.query(TBL).update({"name": "new"})
[orm_query_bound]
MODEL
session_9 = orm.Session(op.get_bind())
change_9 = session_9.query(Lead_9).update
change_9({"name": "new"})
[orm_delete_map]
MODEL
session_9 = orm.Session(op.get_bind())
list(map(session_9.delete, session_9.query(Lead_9)))
session_9.flush()
[orm_query_loop]
MODEL
class Other_9(Base_9):
    __tablename__ = "TBL2"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
session_9 = orm.Session(op.get_bind())
for model_9 in (Lead_9, Other_9):
    session_9.query(model_9).delete()
[orm_query_union]
MODEL
session_9 = orm.Session(op.get_bind())
first_9 = session_9.query(Lead_9).filter(Lead_9.a == 1)
for lead_9 in first_9.union(session_9.query(Lead_9)):
    lead_9.name = "new"
session_9.commit()
[orm_row_out_of_sight opaque]
from unseen import touch
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    touch(lead_9)
session_9.commit()
[orm_events]
from sqlalchemy import event
MODEL
session_9 = orm.Session(op.get_bind())

@event.listens_for(session_9, "before_flush")
def before_9(session, context, instances):
    session.execute(sa.text("SQL2"))
session_9.get(Lead_9, 1).name = "new"
session_9.commit()
[orm_session_called]
MODEL
sessions_9 = orm.scoped_session(orm.sessionmaker(bind=op.get_bind()))
session_9 = sessions_9()
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
session_9.commit()
[orm_session_attribute_called]
from types import SimpleNamespace
MODEL
db_9 = SimpleNamespace(session=orm.scoped_session(orm.sessionmaker(bind=op.get_bind())))
with db_9.session() as session_9:
    session_9.query(Lead_9).delete()
[orm_session_attribute]
from types import SimpleNamespace
MODEL
db_9 = SimpleNamespace(session=orm.scoped_session(orm.sessionmaker(bind=op.get_bind())))
for lead_9 in db_9.session.query(Lead_9).all():
    lead_9.name = "new"
db_9.session.commit()
[orm_rows_index]
MODEL
session_9 = orm.Session(op.get_bind())
rows_9 = session_9.execute(sa.select(Lead_9)).scalars().all()
rows_9[-1].name = "new"
session_9.commit()
[orm_rows_while]
MODEL
session_9 = orm.Session(op.get_bind())
waiting_9 = list(session_9.query(Lead_9))
while waiting_9:
    lead_9 = waiting_9.pop()
    lead_9.name = "new"
session_9.commit()
[orm_rows_map]
MODEL
session_9 = orm.Session(op.get_bind())
list(map(lambda lead: setattr(lead, "name", "new"), session_9.query(Lead_9)))
session_9.commit()
[orm_rows_zip]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9, name_9 in zip(session_9.query(Lead_9), ("a", "b")):
    lead_9.name = name_9
session_9.commit()
[orm_rows_generator]
def renamed_9(session, model):
    for lead in session.query(model):
        lead.name = "new"
        yield lead
MODEL
session_9 = orm.Session(op.get_bind())
list(renamed_9(session_9, Lead_9))
session_9.commit()
[orm_rows_swallowed]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    try:
        risky(0)
        lead_9.name = "new"
    except RuntimeError:
        continue
session_9.commit()
[orm_update_bound]
MODEL
session_9 = orm.Session(op.get_bind())
update_9 = session_9.query(Lead_9).filter(Lead_9.a > 0).update
update_9({"name": "new"})
[orm_delete_bound]
MODEL
session_9 = orm.Session(op.get_bind())
remove_9 = session_9.delete
remove_9(session_9.get(Lead_9, 1))
session_9.flush()
[orm_instance_out_of_sight opaque]
from unseen import add_to
MODEL
session_9 = orm.Session(op.get_bind())
add_to(session_9, Lead_9(name="new"))
[orm_choice_of_models]
MODEL
class Other_9(Base_9):
    __tablename__ = "TBL2"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
session_9 = orm.Session(op.get_bind())
model_9 = Lead_9 if cond(0) else Other_9
for row_9 in session_9.query(model_9):
    row_9.name = "new"
session_9.commit()
[orm_with_for_update]
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.query(Lead_9).with_for_update().filter_by(id=1).one_or_none()
if lead_9 is not None:
    lead_9.name = "new"
    session_9.commit()
[orm_unique_rows]
MODEL
with orm.Session(op.get_bind()) as session_9:
    for lead_9 in session_9.execute(sa.select(Lead_9)).unique().scalars():
        lead_9.name = "new"
    session_9.commit()
[orm_tuples]
MODEL
with orm.Session(op.get_bind()) as session_9:
    for lead_9, number_9 in session_9.execute(sa.select(Lead_9, Lead_9.id)).tuples():
        lead_9.name = str(number_9)
    session_9.commit()
[sqlmodel_exec]
from sqlmodel import Session, select
MODEL
with Session(op.get_bind()) as session_9:
    for lead_9 in session_9.exec(select(Lead_9)).all():
        lead_9.name = "new"
        session_9.add(lead_9)
    session_9.commit()
""")
)
