"""What mappers do by themselves: with values that pass a type, with columns that tell of their changes, with the other side of
a relationship, and what their sessions and queries hold.
"""

from __future__ import annotations

from witness.constructs.core import FAMILY, with_model
from witness.constructs.django_rows import add

_CHILD = """
class Child_9(Base_9):
    __tablename__ = "TBL2"
    id = sa.Column(sa.Integer, primary_key=True)
    a = sa.Column(sa.ForeignKey("TBL.id"))
    name = sa.Column(sa.String)
"""
"""A class below that of `MODEL`, which a line `CHILD` stands for; a relationship may follow."""
_TRACKED = """
Base_9 = orm.declarative_base()
class Lead_9(Base_9):
    __tablename__ = "TBL"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(KIND_9.as_mutable(sa.JSON))
---
op.execute("UPDATE TBL SET name = '[]'")
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.query(Lead_9).first()
"""
"""A class with a column that tells of its changes, a session and a row: a line `TRACKED`."""


def _with_more(block: str) -> str:
    return with_model(block.replace("\nCHILD\n", _CHILD).replace("\nTRACKED\n", _TRACKED))


FAMILY.add(
    _with_more(r"""
[session_gone_through]
MODEL
session_9 = orm.Session(op.get_bind())
found_9 = session_9.scalars(sa.select(Lead_9)).all()
for lead_9 in session_9:
    lead_9.name = "new"
session_9.commit()
[session_identity_map]
MODEL
session_9 = orm.Session(op.get_bind())
found_9 = session_9.scalars(sa.select(Lead_9)).all()
for lead_9 in session_9.identity_map.values():
    lead_9.name = "new"
session_9.commit()
[query_of_a_relationship]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref=orm.backref("children", lazy="dynamic"))
session_9 = orm.Session(op.get_bind())
session_9.get(Lead_9, 1).children.update({"name": "new"})
[query_of_a_relationship_deletes]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref=orm.backref("children", lazy="dynamic"))
session_9 = orm.Session(op.get_bind())
session_9.get(Lead_9, 1).children.delete(synchronize_session=False)
[set_of_a_relationship]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref=orm.backref("children", collection_class=set))
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
lead_9.children.update([Child_9(name="u"), Child_9(name="v")])
session_9.commit()
[other_side_is_assigned]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref="children")
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 2)
lead_9.children = session_9.query(Child_9).all()
session_9.commit()
[there_before_it_is_appended]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref="children")
session_9 = orm.Session(op.get_bind())
lead_9, child_9 = session_9.get(Lead_9, 1), session_9.get(Child_9, 2)
lead_9.children.append(child_9)
session_9.commit()
[taken_out]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref="children")
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
lead_9.children.remove(lead_9.children[0])
session_9.commit()
[taken_out_by_del]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref="children")
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
del lead_9.children[0]
session_9.commit()
[orphan_is_deleted]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref=orm.backref("children", cascade="all, delete-orphan"))
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
lead_9.children[:] = []
session_9.commit()
[put_under_a_key]
MODEL
CHILD
    lead = orm.relationship(Lead_9, backref=orm.backref("children", collection_class=orm.attribute_keyed_dict("name")))
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.get(Lead_9, 1)
lead_9.children["n"] = Child_9(name="n")
session_9.commit()
[reconstructor_of_a_row]
from sqlalchemy import orm
Base_9 = orm.declarative_base()
class Spare_9(Base_9):
    __tablename__ = "spare"
    id = sa.Column(sa.Integer, primary_key=True)
    @orm.reconstructor
    def begin(self):
        op.get_bind().connection.driver_connection.execute("SQL")
---
found_9 = orm.Session(op.get_bind()).query(Spare_9).all()
[type_binds]
class Type_9(sa.types.TypeDecorator):
    impl = sa.Integer
    cache_ok = True
    def process_bind_param(self, value, dialect):
        op.get_bind().connection.driver_connection.execute("SQL")
        return value
---
spare_9 = sa.table("spare", sa.column("id"), sa.column("a", Type_9))
op.get_bind().execute(sa.select(spare_9.c.id).where(spare_9.c.a == 3)).all()
[type_reads]
class Type_9(sa.types.TypeDecorator):
    impl = sa.Integer
    cache_ok = True
    def process_result_value(self, value, dialect):
        op.execute("SQL")
        return value
---
spare_9 = sa.Table("spare", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("a", Type_9()))
found_9 = op.get_bind().execute(sa.select(spare_9.c.a)).all()
[type_has_a_processor]
class Type_9(sa.types.UserDefinedType):
    cache_ok = True
    def bind_processor(self, dialect):
        def process(value):
            op.get_bind().connection.driver_connection.execute("SQL")
            return value
        return process
---
found_9 = op.get_bind().execute(sa.select(sa.column("id")).select_from(sa.table("spare")).where(sa.bindparam("a", 3, Type_9()) == 3)).all()
[type_converts hushed alone]
class Type_9(sa.types.TypeDecorator):
    impl = sa.Text
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return None if value is None else str(value)
    def process_result_value(self, value, dialect):
        return value and value.strip()
---
op.add_column("spare", sa.Column("h_9", Type_9(), nullable=True))
spare_9 = sa.table("spare", sa.column("name", Type_9))
found_9 = op.get_bind().execute(sa.select(spare_9)).all()
[tracked_item]
from sqlalchemy import orm
from sqlalchemy.ext.mutable import MutableList as KIND_9
TRACKED
lead_9.name[:] = ["new"]
session_9.commit()
[tracked_method]
from sqlalchemy import orm
from sqlalchemy.ext.mutable import MutableList as KIND_9
TRACKED
lead_9.name.append("new")
session_9.commit()
[tracked_item_deleted]
from sqlalchemy import orm
from sqlalchemy.ext.mutable import MutableList as KIND_9
TRACKED
lead_9.name.append("new")
session_9.commit()
del lead_9.name[0]
session_9.commit()
[tracked_by_its_own_class]
from sqlalchemy import orm
from sqlalchemy.ext.mutable import Mutable
class KIND_9(Mutable, list):
    @classmethod
    def coerce(cls, key, value):
        return value if isinstance(value, cls) else cls(value)
    def append(self, value):
        super().append(value)
        self.changed()
TRACKED
lead_9.name.append("new")
session_9.commit()
""")
)
add(r"""
[rows_by_chained_query]
from django.db.models.sql import UpdateQuery
---
use Log
query_9 = Log_9.objects.filter(level=0).query.chain(UpdateQuery)
query_9.add_update_values({"text": "x"})
query_9.get_compiler("default").execute_sql(None)
[rows_by_unbound_update]
from django.db.models import QuerySet
---
use Log
QuerySet.update(Log_9.objects.filter(level=0), text="x")
[rows_deserialized]
from django.core import serializers
---
for one_9 in serializers.deserialize("json", '[{"model": "shop.tag_g", "pk": 50, "fields": {"name": "new"}}]'):
    one_9.save()
[rows_set_after_a_clear]
use Order Tag
for order_9 in Order_9.objects.all():
    order_9.tags.set(Tag_9.objects.all(), clear=True)
[rows_set_by_options]
options_9 = {"clear": True}
---
use Order Tag
for order_9 in Order_9.objects.all():
    order_9.tags.set(list(Tag_9.objects.all()), **options_9)
[rows_by_a_manager_made_here]
class Kept_9(models.Manager):
    def tidy(self):
        return self.filter(level=0).update(text="x")
---
use Log
manager_9 = Kept_9()
manager_9.model = Log_9
manager_9.tidy()
[rows_by_a_manager_of_the_state opaque alone]
class Kept_9(models.Manager):
    use_in_migrations = True
    def tidy(self):
        return self.filter(level=0).update(text="x")
def go_9(apps, schema_editor):
    apps.get_model("shop", "Log_g").logs.tidy()
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AlterModelManagers("Log_g", managers=[("logs", Kept_9())]), migrations.RunPython(go_9)]
[rows_only_asked_for hushed alone]
use Log
Log_9.objects.all()._fetch_all()
Log_9.objects.order_by("pk").last()
Log_9.objects.filter(level=0).exists()
Log_9.objects.in_bulk()
[rows_flushed opaque]
from django.core.management.color import no_style
---
use Order
connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), [f"{Order_9._meta.db_table}_tags"]))
""")
