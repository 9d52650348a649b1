"""Further ways of object mappers: rows, querysets and models as they are passed around."""

from __future__ import annotations

from witness.constructs.core import FAMILY, with_model
from witness.constructs.django_rows import add

FAMILY.add(
    with_model(r"""
[mapped_by_index_of_rows]
MODEL
session_9 = orm.Session(op.get_bind())
found_9 = session_9.query(Lead_9).all()
for number_9 in range(len(found_9)):
    found_9[number_9].name = "new"
session_9.commit()
[mapped_by_unpacked_pair]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9, number_9 in session_9.execute(sa.select(Lead_9, Lead_9.a)):
    lead_9.a = number_9 + 1
session_9.commit()
[mapped_by_entity_name]
MODEL
session_9 = orm.Session(op.get_bind())
for row_9 in session_9.execute(sa.select(Lead_9)).all():
    row_9._mapping[Lead_9].name = "new"
session_9.commit()
[mapped_by_position]
MODEL
session_9 = orm.Session(op.get_bind())
for row_9 in session_9.execute(sa.select(Lead_9)).fetchmany(10):
    row_9[0].name = "new"
session_9.commit()
[mapped_by_one_or_none]
MODEL
session_9 = orm.Session(op.get_bind())
lead_9 = session_9.execute(sa.select(Lead_9).filter_by(id=1)).scalar_one_or_none()
if lead_9 is not None:
    lead_9.name = "new"
session_9.commit()
[mapped_by_walrus]
MODEL
session_9 = orm.Session(op.get_bind())
if lead_9 := session_9.query(Lead_9).order_by(Lead_9.id).first():
    lead_9.name = "new"
session_9.commit()
[mapped_by_dict_of_rows]
MODEL
session_9 = orm.Session(op.get_bind())
by_id_9 = {lead.id: lead for lead in session_9.query(Lead_9)}
by_id_9[1].name = "new"
session_9.commit()
[mapped_by_groups]
import itertools
MODEL
session_9 = orm.Session(op.get_bind())
for key_9, leads_9 in itertools.groupby(session_9.query(Lead_9).order_by(Lead_9.a), key=lambda lead: lead.a):
    for lead_9 in leads_9:
        lead_9.name = str(key_9)
session_9.commit()
[mapped_by_set_of_values]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.scalars(sa.select(Lead_9)):
    for key_9, value_9 in {"name": "new", "a": 3}.items():
        setattr(lead_9, key_9, value_9)
session_9.commit()
[mapped_by_a_method_of_a_mixin]
class Renamed_9:
    def rename(self, name):
        self.name = name
MODEL
class Named_9(Renamed_9, Lead_9):
    pass
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Named_9):
    lead_9.rename("new")
session_9.commit()
[mapped_by_validates]
from sqlalchemy import orm as mapper_9
MODEL
session_9 = orm.Session(op.get_bind())
list(map(lambda lead: setattr(lead, "name", "new"), session_9.query(Lead_9)))
session_9.flush()
[mapped_by_a_generator]
MODEL
def leads_9(session):
    yield from session.query(Lead_9).yield_per(10)
session_9 = orm.Session(op.get_bind())
for lead_9 in leads_9(session_9):
    lead_9.name = "new"
session_9.commit()
[mapped_and_deleted]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9).filter(Lead_9.a == 1):
    session_9.delete(lead_9)
session_9.commit()
[mapped_and_deleted_by_map]
MODEL
session_9 = orm.Session(op.get_bind())
list(map(session_9.delete, session_9.scalars(sa.select(Lead_9)).all()))
session_9.flush()
[mapped_and_added_all]
MODEL
with orm.Session(op.get_bind()) as session_9, session_9.begin():
    session_9.add_all([Lead_9(id=number, a=number) for number in (11, 12)])
[mapped_and_merged]
MODEL
with orm.Session(op.get_bind()) as session_9:
    session_9.merge(Lead_9(id=1, a=7))
    session_9.commit()
[mapped_bulk_rows]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.bulk_update_mappings(Lead_9, [{"id": lead.id, "a": 5} for lead in session_9.query(Lead_9)])
[mapped_bulk_by_execute]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.execute(sa.update(Lead_9), [{"id": 1, "a": 5}, {"id": 2, "a": 6}])
[mapped_insert_returning]
MODEL
session_9 = orm.Session(op.get_bind())
session_9.scalars(sa.insert(Lead_9).returning(Lead_9.id), [{"a": 5}]).all()
[mapped_query_delete_in_loop]
MODEL
session_9 = orm.Session(op.get_bind())
for key_9 in [lead.id for lead in session_9.query(Lead_9)]:
    session_9.query(Lead_9).filter_by(id=key_9).delete()
[mapped_query_union]
MODEL
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9).filter_by(a=1).union(session_9.query(Lead_9).filter_by(a=2)):
    lead_9.name = "new"
session_9.commit()
[mapped_in_a_scope]
import contextlib
MODEL
@contextlib.contextmanager
def scope_9():
    session = orm.sessionmaker(bind=op.get_bind())()
    try:
        yield session
        session.commit()
    except Exception:
        session.rollback()
        raise
with scope_9() as session_9:
    for lead_9 in session_9.query(Lead_9):
        lead_9.name = "new"
[mapped_in_a_registry]
MODEL
session_9 = orm.scoped_session(orm.sessionmaker(op.get_bind()))
for lead_9 in session_9.query(Lead_9):
    lead_9.name = "new"
session_9.commit()
session_9.remove()
[mapped_by_table_of_the_class]
MODEL
op.execute(sa.inspect(Lead_9).local_table.update().values(a=3))
[mapped_by_registry_of_the_base]
MODEL
for mapper_9 in Base_9.registry.mappers:
    op.execute(sa.delete(mapper_9.class_))
[mapped_by_tables_of_the_base]
MODEL
for table_9 in reversed(Base_9.metadata.sorted_tables):
    op.get_bind().execute(table_9.delete())
[mapped_by_annotation]
from sqlalchemy import orm
from typing import Optional
class Base_9(orm.DeclarativeBase):
    pass
class Lead_9(Base_9):
    __tablename__ = "TBL"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[Optional[str]]
---
with orm.Session(op.get_bind()) as session_9, session_9.begin():
    for lead_9 in session_9.scalars(sa.select(Lead_9)):
        lead_9.name = "new"
[mapped_imperatively]
from sqlalchemy import orm
class Lead_9:
    pass
registry_9 = orm.registry()
registry_9.map_imperatively(Lead_9, sa.Table("TBL", registry_9.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)))
---
session_9 = orm.Session(op.get_bind())
for lead_9 in session_9.query(Lead_9):
    lead_9.a = 9
session_9.commit()
[mapped_as_a_dataclass]
from sqlalchemy import orm
class Base_9(orm.MappedAsDataclass, orm.DeclarativeBase):
    pass
class Lead_9(Base_9):
    __tablename__ = "TBL"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, init=False)
    a: orm.Mapped[int] = orm.mapped_column(default=1)
---
with orm.Session(op.get_bind()) as session_9:
    session_9.add(Lead_9(a=4))
    session_9.commit()
[mapped_by_a_factory]
from sqlalchemy import orm
def model_9(table):
    base = orm.declarative_base()
    return type("Lead", (base,), {"__tablename__": table, "id": sa.Column(sa.Integer, primary_key=True), "a": sa.Column(sa.Integer)})
---
session_9 = orm.Session(op.get_bind())
session_9.query(model_9("TBL")).update({"a": 1})
""")
)

add(r"""
[rows_by_or_of_three]
use Log
found_9 = Log_9.objects.filter(level=1) | Log_9.objects.filter(level=0) | Log_9.objects.none()
found_9.update(text="x")
[rows_by_q_in_a_loop]
from django.db.models import Q
---
use Log
asked_9 = Q()
for number_9 in (0, 1):
    asked_9 |= Q(level=number_9)
Log_9.objects.filter(asked_9).update(text="x")
[rows_by_xor]
use Log
(Log_9.objects.filter(level=0) ^ Log_9.objects.filter(level=5)).update(text="x")
[rows_by_difference_ids]
use Log
gone_9 = Log_9.objects.values_list("pk", flat=True).difference(Log_9.objects.filter(level=5).values_list("pk", flat=True))
Log_9.objects.filter(pk__in=list(gone_9)).delete()
[rows_by_last_of_a_list]
use Log
[*Log_9.objects.all()][-1].delete()
[rows_by_union]
use Log
for row_9 in Log_9.objects.filter(level=0).union(Log_9.objects.filter(level=1)):
    row_9.text = "x"
    row_9.save(update_fields=["text"])
[rows_by_subquery_model]
from django.db.models import OuterRef, Subquery
---
use Order Customer
Order_9.objects.update(status=Subquery(Customer_9.objects.filter(pk=OuterRef("customer_id")).values("name")[:1]))
[rows_by_prefetch]
from django.db.models import Prefetch
---
use Customer Order
for customer_9 in Customer_9.objects.prefetch_related(Prefetch("orders", queryset=Order_9.objects.all(), to_attr="kept")):
    for order_9 in customer_9.kept:
        order_9.total = 1
        order_9.save()
[rows_by_prefetched_relation beside=shop_item_g,shop_order_g_tags]
use Customer
for customer_9 in Customer_9.objects.prefetch_related("orders"):
    for order_9 in customer_9.orders.all():
        order_9.delete()
[rows_by_reverse_first]
use Customer
customer_9 = Customer_9.objects.first()
order_9 = customer_9.orders.first()
order_9.status = "x"
order_9.save()
[rows_by_getattr_of_a_relation beside=shop_item_g,shop_order_g_tags]
use Customer
for name_9 in ("orders", "wallets"):
    getattr(Customer_9.objects.first(), name_9).all().delete()
[rows_by_relation_of_meta]
use Customer
for relation_9 in Customer_9._meta.related_objects:
    if relation_9.one_to_many:
        relation_9.related_model.objects.filter(**{relation_9.field.name: None}).update(**{relation_9.field.name: None})
[rows_by_field_of_meta]
use Item
Item_9._meta.get_field("product").related_model._default_manager.update(price=4)
[rows_by_related_manager_model]
use Customer
Customer_9.objects.first().orders.model.objects.update(total=4)
[rows_by_through_of_a_field]
use Order
Order_9._meta.get_field("tags").remote_field.through.objects.all().delete()
[rows_by_through_of_a_relation]
use Order
Order_9.tags.through.objects.filter(order_g__total__gt=0).delete()
[rows_by_through_create]
use Order Tag
through_9 = Order_9.tags.through
through_9.objects.bulk_create([through_9(**{"order_g_id": Order_9.objects.first().pk, "tag_g_id": Tag_9.objects.create().pk})])
[rows_by_app_config_loop]
for model_9 in apps.get_app_config("shop").get_models():
    if model_9._meta.model_name == "log_g":
        model_9.objects.update(text="x")
[rows_by_all_models_lookup]
apps.all_models["shop"]["log_g"].objects.update(text="x")
[rows_by_content_type_loop beside=django_content_type]
from django.contrib.contenttypes.models import ContentType
---
ContentType.objects.get_or_create(app_label="shop", model="log_g")
for kind_9 in ContentType.objects.filter(app_label="shop", model="log_g"):
    model_9 = apps.get_model(kind_9.app_label, kind_9.model)
    model_9.objects.update(text="x")
[rows_by_content_type_of_apps]
kinds_9 = apps.get_model("contenttypes", "ContentType")
kinds_9.objects.filter(app_label="shop").update(app_label="shop")
[rows_by_model_of_a_queryset]
use Log
def touch_9(queryset):
    queryset.model._base_manager.filter(pk__in=queryset).update(text="x")
touch_9(Log_9.objects.all())
[rows_by_manager_given]
use Log
def touch_9(manager):
    manager.get_queryset().filter(level=0).update(text="x")
touch_9(Log_9.objects)
[rows_by_db_manager]
use Log
Log_9._default_manager.db_manager(schema_editor.connection.alias).all().update(text="x")
[rows_by_setattr_loop]
use Log
for row_9 in Log_9.objects.iterator(chunk_size=10):
    for name_9, value_9 in (("text", "x"), ("level", 3)):
        setattr(row_9, name_9, value_9)
    row_9.save(force_update=True)
[rows_by_values_then_filter]
use Log
for found_9 in Log_9.objects.values("pk", "level"):
    Log_9.objects.filter(pk=found_9["pk"]).update(level=found_9["level"] + 1)
[rows_by_values_list_named]
use Log
for found_9 in Log_9.objects.values_list("pk", "level", named=True):
    Log_9.objects.filter(pk=found_9.pk).update(level=found_9.level)
[rows_by_aggregate]
from django.db.models import Max
---
use Log
Log_9.objects.filter(pk=Log_9.objects.aggregate(last=Max("pk"))["last"]).delete()
[rows_by_windows]
use Log
last_9 = 0
while rows_9 := list(Log_9.objects.filter(pk__gt=last_9).order_by("pk")[:1]):
    for row_9 in rows_9:
        row_9.text = "x"
        last_9 = row_9.pk
    Log_9.objects.bulk_update(rows_9, ["text"])
[rows_by_exists_loop]
use Log
while Log_9.objects.filter(level__lt=2).exists():
    Log_9.objects.filter(pk__in=Log_9.objects.filter(level__lt=2).values("pk")[:1]).update(level=2)
[rows_by_get_or_none]
use Log
try:
    row_9 = Log_9.objects.get(level=77)
except Log_9.DoesNotExist:
    row_9 = Log_9(level=77)
row_9.text = "x"
row_9.save()
[rows_by_multiple_objects]
use Log
try:
    Log_9.objects.get(level=0)
except Log_9.MultipleObjectsReturned:
    Log_9.objects.filter(level=0).first().delete()
[rows_by_copy_of_a_row]
import copy
---
use Log
row_9 = copy.copy(Log_9.objects.first())
row_9.pk = None
row_9._state.adding = True
row_9.save()
[rows_by_a_class_of_steps]
import dataclasses
@dataclasses.dataclass
class Fill_9:
    model: object
    values: dict
    def run(self):
        self.model.objects.filter(pk__gt=0).update(**self.values)
---
use Log
for step_9 in [Fill_9(Log_9, {"text": "x"})]:
    step_9.run()
[rows_by_a_table_of_models]
for name_9, values_9 in {"Log_g": {"text": "x"}, "Order_g": {"total": 3}}.items():
    apps.get_model("shop", name_9).objects.update(**values_9)
[rows_by_parent_of_inheritance]
use Store
for store_9 in Store_9.objects.all():
    store_9.name = "x"
    store_9.save()
[rows_by_parent_pointer]
use Store
store_9 = Store_9.objects.first()
store_9.place_g_ptr.name = "x"
store_9.place_g_ptr.save()
[rows_deleted_of_inheritance]
use Store
Store_9.objects.first().delete(keep_parents=True)
[rows_by_one_to_one_back]
use Customer
for customer_9 in Customer_9.objects.select_related("profile"):
    customer_9.profile.bio = "x"
    customer_9.profile.save()
[rows_set_through_defaults]
use Customer Club
club_9 = Club_9.objects.first()
club_9.members.add(Customer_9.objects.create(name="a"), through_defaults={"level": 3})
[rows_get_or_create_related]
use Customer
order_9, made_9 = Customer_9.objects.first().orders.get_or_create(status="once", defaults={"total": 1})
[rows_create_by_star]
use Log
rows_9 = [{"text": "a"}, {"text": "b", "level": 2}]
for row_9 in rows_9:
    Log_9.objects.create(**row_9)
[rows_create_from_rows]
use Log Tag
Tag_9.objects.bulk_create(Tag_9(name=row.text) for row in Log_9.objects.all())
[rows_update_or_create_loop]
use Log
for key_9 in Log_9.objects.values_list("pk", flat=True):
    Log_9.objects.update_or_create(pk=key_9, defaults={"text": "x"})
[rows_saved_by_attrgetter]
import operator
---
use Log
for row_9 in Log_9.objects.all():
    row_9.text = "x"
    operator.methodcaller("save", update_fields=["text"])(row_9)
[rows_saved_by_stack]
import contextlib
---
use Log
with contextlib.ExitStack() as stack_9:
    for row_9 in Log_9.objects.all():
        row_9.text = "x"
        stack_9.callback(row_9.save)
[rows_saved_by_exit]
class Saved_9:
    def __init__(self, row):
        self.row = row
    def __enter__(self):
        return self.row
    def __exit__(self, *exc):
        self.row.save()
---
use Log
for found_9 in Log_9.objects.all():
    with Saved_9(found_9) as row_9:
        row_9.text = "x"
[rows_saved_in_a_thread_pool]
from concurrent.futures import ThreadPoolExecutor
---
use Log
kept_9 = list(Log_9.objects.all())
class Now_9(ThreadPoolExecutor):
    def submit(self, function, *args):
        return function(*args)
for row_9 in kept_9:
    row_9.text = "x"
    Now_9().submit(row_9.save)
[rows_saved_on_commit_by_lambda]
use Log
for row_9 in Log_9.objects.all():
    row_9.text = "x"
    transaction.on_commit(lambda row=row_9: row.save(), using=schema_editor.connection.alias)
[rows_deleted_by_a_collector]
from django.db.models.deletion import Collector
---
use Log
collector_9 = Collector(using=schema_editor.connection.alias)
collector_9.collect(Log_9.objects.all())
collector_9.delete()
[rows_by_update_query]
from django.db.models.sql import UpdateQuery
---
use Log
query_9 = UpdateQuery(Log_9)
query_9.add_update_values({"text": "x"})
query_9.get_compiler(schema_editor.connection.alias).execute_sql(None)
[rows_by_cursor_of_a_model]
use Log
with schema_editor.connection.cursor() as cursor_9:
    cursor_9.execute(f"UPDATE {Log_9._meta.db_table} SET {Log_9._meta.get_field('text').column} = %s", ["x"])
[rows_by_cursor_of_many]
use Log
with connection.cursor() as cursor_9:
    cursor_9.executemany("UPDATE shop_log_g SET level = %s WHERE id = %s", [(row.level, row.pk) for row in Log_9.objects.all()])
[rows_by_statement_class]
from django.db.backends.ddl_references import Statement, Table
---
use Log
table_9 = Table(Log_9._meta.db_table, schema_editor.quote_name)
schema_editor.execute(str(Statement("DELETE FROM %(table)s", table=table_9)))
[rows_by_deferred_sql]
schema_editor.deferred_sql.append("DELETE FROM shop_log_g")
[rows_by_atomic_function]
@transaction.atomic
def touch_9(model):
    model.objects.update(text="x")
---
use Log
touch_9(Log_9)
[rows_by_class_with_apps]
class Steps_9:
    def __init__(self, apps):
        self.apps = apps
    def __getattr__(self, name):
        return self.apps.get_model("shop", name)
---
Steps_9(apps).Log_g.objects.update(text="x")
[rows_by_cached_lookup]
import functools
---
model_9 = functools.lru_cache(None)(lambda name: apps.get_model("shop", name))
model_9("Log_g").objects.update(text="x")
[rows_by_lazy_lookup]
from django.utils.functional import SimpleLazyObject
---
model_9 = SimpleLazyObject(lambda: apps.get_model("shop", "Log_g"))
model_9.objects.update(text="x")
[rows_by_lookup_error]
try:
    model_9 = apps.get_model("shop", "Gone_g")
except LookupError:
    model_9 = apps.get_model("shop", "Log_g")
model_9.objects.update(text="x")
[rows_by_signal_sender]
from django.db.models.signals import post_save
---
use Log Tag
def touched_9(sender, instance, **more):
    Tag_9.objects.update(name="x")
post_save.connect(touched_9, sender=Log_9)
Log_9.objects.create(text="a")
post_save.disconnect(touched_9, sender=Log_9)
[rows_operations_extended alone]
=== migration
def forwards(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
    operations.extend([migrations.RunPython(forwards)])
[rows_operations_added_below alone]
=== migration
def forwards(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(migrations.RunPython.noop)]
Migration.operations += [migrations.RunPython(forwards)]
[rows_operations_made_by_init alone]
=== migration
def forwards(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    def __init__(self, name, app_label):
        super().__init__(name, app_label)
        self.operations = [*self.operations, migrations.RunPython(forwards)]
[rows_operations_in_separate alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL([("UPDATE shop_log_g SET level = %s", [3]), "DELETE FROM shop_item_g"])],
        )
    ]
[rows_operations_by_function_of_a_class alone]
=== migration
class Fill:
    def __init__(self, model, **values):
        self.model, self.values = model, values
    def __call__(self, apps, schema_editor):
        apps.get_model("shop", self.model).objects.update(**self.values)
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(Fill("Log_g", text="x"), elidable=True)]
[rows_operations_by_helper alone]
import steps_9
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [steps_9.fill("Log_g")]
=== steps_9.py
from django.db import migrations
def fill(name):
    def forwards(apps, schema_editor):
        apps.get_model("shop", name).objects.update(text="x")
    return migrations.RunPython(forwards, migrations.RunPython.noop)
""")
