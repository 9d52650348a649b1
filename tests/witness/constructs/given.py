"""Further things that are given to `execute`, and things that only look like a change."""

from __future__ import annotations

from witness.constructs.core import FAMILY as SQLALCHEMY
from witness.constructs.ways import FAMILY

FAMILY.add(r"""
[given_a_text_of_parts]
op.execute(sa.text(TEXT).execution_options(autocommit=True))
[given_a_text_with_columns]
op.get_bind().execute(sa.text(TEXT).bindparams())
[given_a_list_of_statements]
bind_9 = op.get_bind()
for clause_9 in [sa.text("SELECT 1"), sa.text(TEXT)]:
    bind_9.execute(clause_9)
[given_a_clause_element]
class Fill_9:
    def __init__(self, sql):
        self.sql = sql
    def __clause_element__(self):
        return sa.text(self.sql)
---
op.get_bind().execute(Fill_9(TEXT).__clause_element__())
[given_a_compiled_element]
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement, Executable
class Fill_9(Executable, ClauseElement):
    inherit_cache = False
    def __init__(self, sql):
        self.sql = sql
@compiles(Fill_9)
def compiled_9(element, compiler, **options):
    return element.sql
---
op.get_bind().execute(Fill_9(TEXT))
[given_a_ddl_element]
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
class Fill_9(DDLElement):
    def __init__(self, sql):
        self.sql = sql
@compiles(Fill_9)
def compiled_9(element, compiler, **options):
    return element.sql
---
op.execute(Fill_9(TEXT))
[given_a_text_below]
class Sql_9(str):
    pass
---
op.execute(Sql_9(TEXT))
[given_a_lambda_statement]
from sqlalchemy import lambda_stmt
---
sql_9 = TEXT
op.get_bind().exec_driver_sql(str(sa.text(sql_9)))
[given_by_a_function_of_the_handle]
op.get_bind().run_callable(lambda bind: bind.execute(sa.text(TEXT))) if hasattr(op.get_bind(), "run_callable") else op.get_bind().execute(sa.text(TEXT))
[given_to_a_second_connection]
engine_9 = op.get_bind().engine
with engine_9.connect() as other_9, other_9.begin():
    other_9.execute(sa.text(TEXT))
[given_in_a_savepoint]
with op.get_bind().begin_nested() as point_9:
    point_9.connection.execute(sa.text(TEXT))
[given_to_an_options_engine]
op.get_bind().engine.execution_options(isolation_level="AUTOCOMMIT").connect().execute(sa.text(TEXT))
[given_to_a_raw_cursor_by_name]
cursor_9 = op.get_bind().connection.cursor()
run_9 = cursor_9.execute
run_9(TEXT)
[given_to_a_cursor_in_closing]
import contextlib
---
with contextlib.closing(op.get_bind().connection.cursor()) as cursor_9:
    cursor_9.execute(TEXT)
[given_line_by_line]
for line_9 in f"SELECT 1;\n{TEXT};\n".splitlines():
    op.execute(line_9)
[given_after_a_split]
import re
---
for one_9 in filter(str.strip, re.split(r";\s*\n", "SELECT 1;\n" + TEXT + ";\n")):
    op.execute(sa.text(one_9))
[given_through_a_bind_parameter_escape]
op.execute(TEXT.replace(":", r"\:"))
[given_with_a_comment_before]
op.execute("-- filled once\n/* see below */ " + TEXT)
[given_with_a_setting_before]
bind_9 = op.get_bind()
for one_9 in ("SELECT 1", TEXT, "SELECT 2"):
    bind_9.exec_driver_sql(one_9)
[given_by_a_session_bound]
from sqlalchemy.orm import Session
---
with Session(bind=op.get_bind()) as session_9, session_9.begin():
    session_9.execute(sa.text(TEXT))
[given_to_the_connection_of_a_session]
from sqlalchemy.orm import Session
---
Session(bind=op.get_bind()).connection().execute(sa.text(TEXT))
[given_by_a_subclass_of_session]
from sqlalchemy.orm import Session
class Mine_9(Session):
    def fill(self, sql):
        return self.execute(sa.text(sql))
---
Mine_9(op.get_bind()).fill(TEXT)
[given_by_a_custom_operation]
from alembic.operations import MigrateOperation, Operations
@Operations.register_operation("fill_9")
class Fill_9(MigrateOperation):
    def __init__(self, sql):
        self.sql = sql
    @classmethod
    def fill_9(cls, operations, sql):
        return operations.invoke(cls(sql))
@Operations.implementation_for(Fill_9)
def filled_9(operations, operation):
    operations.execute(operation.sql)
---
op.fill_9(TEXT)
[given_in_a_batch]
with op.batch_alter_table("spare") as batch_9:
    batch_9.execute(TEXT) if hasattr(batch_9, "execute") else op.execute(TEXT)
[given_to_operations_made_here]
from alembic.migration import MigrationContext
from alembic.operations import Operations
---
Operations(MigrationContext.configure(op.get_bind())).execute(TEXT)
[given_to_a_context_proxy]
from alembic import context
---
context.get_context().connection.exec_driver_sql(TEXT)
[given_by_a_step_of_the_context]
from alembic import context
---
with context.begin_transaction():
    context.execute(TEXT)
[grant_and_lock hushed alone]
op.get_bind().exec_driver_sql("SELECT 1 -- GRANT UPDATE ON leads TO web; FOR UPDATE")
[function_only_made hushed alone]
op.get_bind().exec_driver_sql("CREATE TRIGGER leads_filled AFTER INSERT ON spare BEGIN UPDATE spare SET a = 1; END")
[text_only_logged hushed alone]
import logging
---
logging.getLogger("alembic").info("DELETE FROM spare WHERE a = %s", 1)
[updates_of_collections hushed alone]
import hashlib
---
kept, names, digest = {}, set(), hashlib.sha256()
kept.update(a=1)
names.update(["a"])
digest.update(b"UPDATE spare SET a = 1")
[behind_a_return hushed alone]
return
op.execute("DELETE FROM spare")
[behind_if_false hushed alone]
if False:
    op.execute("DELETE FROM spare")
if 0:
    op.execute("DELETE FROM spare")
[comment_on_a_column hushed alone]
op.create_table("fresh", sa.Column("a", sa.Integer, comment="UPDATE spare SET a = 1"))
[check_with_words hushed alone]
op.create_table("fresh", sa.Column("verb", sa.Text), sa.CheckConstraint("verb IN ('UPDATE', 'DELETE')"))
[server_default_of_words hushed alone]
with op.batch_alter_table("spare") as batch:
    batch.add_column(sa.Column("verb", sa.Text, server_default="DELETE FROM spare"))
[rows_only_read hushed alone]
for row in op.get_bind().execute(sa.text("SELECT id, a FROM spare WHERE name = 'UPDATE'")):
    print(row.id)
[rows_only_counted hushed alone]
spare = sa.table("spare", sa.column("a"))
if op.get_bind().scalar(sa.select(sa.func.count()).select_from(spare)) > 10_000:
    raise RuntimeError("too many")
[schema_by_a_loop hushed alone]
for name in ("a_index", "b_index"):
    op.create_index(name, "spare", ["a"])
[statement_only_built hushed alone]
spare = sa.table("spare", sa.column("a"))
statement = spare.update().values(a=1)
print(str(statement))
""")
SQLALCHEMY.add(r"""
[given_an_update_by_alias]
leads_9 = sa.table("TBL", sa.column("a")).alias("l")
op.execute(sa.text("HEAD TBL TAIL"))
[given_an_insert_of_a_cte]
leads_9 = sa.table("TBL", sa.column("a"))
spare_9 = sa.table("spare", sa.column("a"))
cte_9 = sa.select(spare_9.c.a).cte("kept")
op.execute(leads_9.insert().from_select(["a"], sa.select(cte_9.c.a)))
[given_a_delete_by_exists]
leads_9 = sa.table("TBL", sa.column("a"))
spare_9 = sa.table("spare", sa.column("a"))
op.execute(sa.delete(leads_9).where(sa.exists().where(spare_9.c.a == leads_9.c.a)))
[given_an_update_of_a_loop_over_columns]
leads_9 = sa.table("TBL", sa.column("a"), sa.column("name"))
for column_9 in (leads_9.c.a, leads_9.c.name):
    op.execute(leads_9.update().where(column_9.is_(None)).values({column_9: "1"}))
[given_an_update_made_by_a_function]
def filled_9(table, **values):
    return sa.update(table).values(**values)
---
op.execute(filled_9(sa.table("TBL", sa.column("a")), a=1))
[given_an_update_made_in_steps]
statement_9 = sa.table("TBL", sa.column("a")).update()
statement_9 = statement_9.where(sa.column("a") == 1)
statement_9 = statement_9.values(a=2)
op.get_bind().execute(statement_9)
[given_an_update_by_reduce]
import functools
---
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(functools.reduce(lambda found, one: found.where(one), [leads_9.c.a > 0], leads_9.update()).values(a=2))
[given_an_update_from_a_dict]
leads_9 = sa.table("TBL", sa.column("a"))
makers_9 = {"fill": leads_9.update, "clear": leads_9.delete}
op.execute(makers_9["fill"]().values(a=2))
[given_a_table_of_columns]
leads_9 = sa.Table("TBL", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("a", sa.Integer))
op.execute(leads_9.update().values({leads_9.c.a: leads_9.c.id}))
[given_a_table_of_a_class]
class Tables_9:
    leads = sa.table("TBL", sa.column("a"))
---
op.execute(Tables_9.leads.delete())
[given_a_table_reflected]
leads_9 = sa.Table("TBL", sa.MetaData(), autoload_with=op.get_bind())
op.get_bind().execute(leads_9.delete())
[given_a_table_by_metadata_item]
meta_9 = sa.MetaData()
meta_9.reflect(op.get_bind(), only=["TBL"])
op.get_bind().execute(sa.delete(meta_9.tables["TBL"]))
[given_a_table_copied]
leads_9 = sa.Table("TBL", sa.MetaData(), sa.Column("a", sa.Integer))
op.execute(leads_9.to_metadata(sa.MetaData()).delete())
[given_a_table_and_schema_none]
op.execute(sa.Table("TBL", sa.MetaData(schema=None), sa.Column("a", sa.Integer)).update().values(a=1))
[given_many_rows]
leads_9 = sa.table("TBL", sa.column("id"), sa.column("a"))
bind_9 = op.get_bind()
found_9 = bind_9.execute(sa.select(leads_9.c.id)).scalars().all()
bind_9.execute(leads_9.update().where(leads_9.c.id == sa.bindparam("key")).values(a=1), [{"key": key} for key in found_9])
[given_a_case]
leads_9 = sa.table("TBL", sa.column("a"))
op.execute(leads_9.update().values(a=sa.case((leads_9.c.a == 1, 2), else_=3)))
[given_an_upsert_chosen]
from sqlalchemy.dialects import postgresql, sqlite
---
insert_9 = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[op.get_bind().dialect.name]
leads_9 = sa.table("TBL", sa.column("id"), sa.column("a"))
op.execute(insert_9(leads_9).values(id=1, a=1).on_conflict_do_nothing())
[given_a_union_or_a_delete]
leads_9 = sa.table("TBL", sa.column("a"))
statements_9 = [sa.select(leads_9.c.a).union(sa.select(leads_9.c.a)), sa.delete(leads_9)]
for statement_9 in statements_9:
    op.get_bind().execute(statement_9)
[given_a_statement_of_a_generator]
def statements_9():
    yield sa.select(1)
    yield sa.table("TBL", sa.column("a")).delete()
---
for statement_9 in statements_9():
    op.execute(statement_9)
[given_a_statement_kept]
import dataclasses, typing
@dataclasses.dataclass
class Step_9:
    statement: typing.Any
    def run(self):
        op.execute(self.statement)
---
Step_9(sa.table("TBL", sa.column("a")).delete()).run()
[given_a_visited_statement]
from sqlalchemy.sql import visitors
---
statement_9 = visitors.replacement_traverse(sa.table("TBL", sa.column("a")).delete(), {}, lambda *one, **more: None)
op.execute(statement_9)
[given_a_statement_with_options]
op.get_bind().execution_options(stream_results=True).execute(sa.table("TBL", sa.column("a")).delete())
[given_a_function_in_a_select]
op.get_bind().execute(sa.text("HEAD TBL TAIL").columns()) if False else op.get_bind().execute(sa.text("HEAD TBL TAIL"))
[given_a_table_created_in_a_block]
op.execute("IF OBJECT_ID('TBL') IS NULL BEGIN CREATE TABLE TBL (a int); END")
op.execute("HEAD TBL TAIL")
[given_a_table_renamed_perhaps]
op.create_table("fresh_9", sa.Column("a", sa.Integer))
op.execute("DO $$ BEGIN IF now() > '2020-01-01' THEN ALTER TABLE fresh_9 RENAME TO TBL; END IF; END $$")
op.execute("HEAD TBL TAIL")
[given_a_select_of_a_procedure]
try:
    op.get_bind().execute(sa.select(sa.func.refresh_totals()))
except sa.exc.OperationalError:
    pass
[given_a_scalar_of_a_procedure]
try:
    op.get_bind().scalar(sa.func.refresh_totals(1))
except sa.exc.OperationalError:
    pass
[given_a_procedure_by_name]
try:
    op.get_bind().execute(sa.select(getattr(sa.func, "refresh" + "_totals")()))
except sa.exc.OperationalError:
    pass
[given_a_procedure_as_literal]
try:
    op.get_bind().execute(sa.select(sa.literal_column("refresh_totals()")))
except sa.exc.OperationalError:
    pass
[given_a_procedure_in_a_text]
try:
    op.get_bind().execute(sa.select(sa.text("refresh_totals()")))
except sa.exc.OperationalError:
    pass
""")
