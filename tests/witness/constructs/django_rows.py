"""Django's ORM: querysets, rows, relations, managers, models. Each construct is a change of its own.

A first line `use Log Order` stands for `Log_9 = apps.get_model("shop", "Log_g")` and so on.
"""

from __future__ import annotations

import re

from witness.construct import Family

FAMILY = Family("django_rows")
_USE = re.compile(r"^use (?P<models>[\w ]+)$", re.MULTILINE)


def _used(match: re.Match[str]) -> str:
    return "\n".join(f'{name}_9 = apps.get_model("shop", "{name}_g")' for name in match["models"].split())


def add(block: str) -> None:
    """Read constructs that may begin with a line of models."""
    FAMILY.add(_USE.sub(_used, block), framework="django")


add(r"""
[update]
use Log
Log_9.objects.update(text="x")
[update_filter]
use Log
Log_9.objects.filter(level=0).update(text="x")
[update_exclude]
use Log
Log_9.objects.exclude(level=5).update(text="x")
[update_all]
use Log
Log_9.objects.all().update(text="x")
[update_order_by]
use Log
Log_9.objects.order_by("pk").update(text="x")
[update_distinct_chain]
use Log
Log_9.objects.filter(level__gte=0).exclude(text="").order_by("id").update(text="x")
[update_f]
from django.db.models import F
---
use Log
Log_9.objects.update(level=F("level") + 1)
[update_case]
from django.db.models import Case, Value, When
---
use Log
Log_9.objects.update(text=Case(When(level=0, then=Value("a")), default=Value("b")))
[update_subquery]
from django.db.models import OuterRef, Subquery
---
use Item Order
Item_9.objects.update(qty=Subquery(Order_9.objects.filter(pk=OuterRef("order_id")).values("total")[:1]))
[update_annotated]
from django.db.models import Value
---
use Log
Log_9.objects.annotate(two=Value(2)).filter(two=2).update(text="x")
[update_kwargs]
use Log
Log_9.objects.update(**{"text": "x"})
[update_q]
from django.db.models import Q
---
use Log
Log_9.objects.filter(Q(level=0) | Q(level=1)).update(text="x")
[update_using]
use Log
Log_9.objects.using(schema_editor.connection.alias).update(text="x")
[update_db_manager]
use Log
Log_9.objects.db_manager(schema_editor.connection.alias).update(text="x")
[update_select_for_update]
use Log
with transaction.atomic():
    Log_9.objects.select_for_update().update(text="x")
[update_name]
use Log
rows_9 = Log_9.objects.filter(level=0)
rows_9 = rows_9.exclude(text="z")
rows_9.update(text="x")
[update_conditional_filter]
use Log
rows_9 = Log_9.objects.all()
if cond(0):
    rows_9 = rows_9.filter(level=0)
rows_9.update(text="x")
[update_bound]
use Log
change_9 = Log_9.objects.filter(level=0).update
change_9(text="x")
[update_getattr]
use Log
getattr(Log_9.objects, "update")(text="x")
[update_methodcaller]
from operator import methodcaller
---
use Log
methodcaller("update", text="x")(Log_9.objects.all())
[update_partial]
from functools import partial
---
use Log
partial(Log_9.objects.update, text="x")()
[update_on_commit]
use Log
transaction.on_commit(lambda: Log_9.objects.update(text="x"))
[update_on_commit_partial]
from functools import partial
---
use Log
transaction.on_commit(partial(Log_9.objects.update, text="x"))
[update_or]
use Log
(Log_9.objects.filter(level=0) | Log_9.objects.filter(level=1)).update(text="x")
[update_and]
use Log
(Log_9.objects.filter(level=0) & Log_9.objects.filter(text="l")).update(text="x")
[update_reduce_or]
import operator
from functools import reduce
---
use Log
reduce(operator.or_, [Log_9.objects.filter(level=n) for n in (0, 1)]).update(text="x")
[update_augmented_or]
use Log
rows_9 = Log_9.objects.filter(level=0)
rows_9 |= Log_9.objects.filter(level=1)
rows_9.update(text="x")
[update_in_ids]
use Log
ids_9 = list(Log_9.objects.values_list("pk", flat=True))
Log_9.objects.filter(pk__in=ids_9).update(text="x")
[update_batches]
use Log
while True:
    ids_9 = list(Log_9.objects.filter(level=0).values_list("pk", flat=True)[:1])
    if not ids_9:
        break
    Log_9.objects.filter(pk__in=ids_9).update(level=1)
[update_chunked_range]
use Log
last_9 = Log_9.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
for start_9 in range(0, last_9 + 1, 1):
    Log_9.objects.filter(pk__gte=start_9, pk__lt=start_9 + 1).update(text="x")
[update_exists]
use Log
if Log_9.objects.filter(level=0).exists():
    Log_9.objects.update(text="x")
[update_count_loop]
use Log
for _ in range(Log_9.objects.count()):
    Log_9.objects.filter(level=0).update(text="x")
[update_returned_queryset]
def rows_9(apps):
    return apps.get_model("shop", "Log_g").objects.filter(level=0)
---
rows_9(apps).update(text="x")
[update_helper_queryset]
def change_9(queryset):
    queryset.update(text="x")
---
use Log
change_9(Log_9.objects.all())
[update_helper_model]
def change_9(model):
    model.objects.update(text="x")
---
use Log
change_9(Log_9)
[update_helper_apps]
def change_9(apps):
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
change_9(apps)
[update_helper_module]
from helper_9 import change
---
change(apps, "Log_g")
=== helper_9.py
def change(apps, name):
    apps.get_model("shop", name).objects.update(text="x")
[update_chosen_queryset]
use Log
(Log_9.objects if cond(0) else Log_9._base_manager).update(text="x")
[update_chosen_model]
use Tag Product
(Tag_9 if cond(0) else Product_9).objects.update(name="x")
[update_models_loop]
for name_9 in ("Tag_g", "Product_g"):
    apps.get_model("shop", name_9).objects.update(name="x")
[update_models_pairs]
for model_9, field_9 in (("Tag_g", "name"), ("Log_g", "text")):
    apps.get_model("shop", model_9).objects.update(**{field_9: "x"})
[update_models_list]
use Tag Product
for model_9 in [Tag_9, Product_9]:
    model_9.objects.update(name="x")
[update_models_retry]
def retry_9(function):
    return function()
---
for name_9 in ("Tag_g", "Product_g"):
    model_9 = apps.get_model("shop", name_9)
    retry_9(lambda: model_9.objects.filter(pk=1).update(name="x"))
[update_models_dict]
models_9 = {"tag": apps.get_model("shop", "Tag_g")}
models_9["tag"].objects.update(name="x")
[update_models_comprehension]
[apps.get_model("shop", name).objects.update(name="x") for name in ("Tag_g", "Product_g")]
[update_models_class]
class Fills_9:
    def __init__(self, apps):
        self.log = apps.get_model("shop", "Log_g")

    def run(self):
        self.log.objects.update(text="x")
---
Fills_9(apps).run()
[update_models_dataclass]
from dataclasses import dataclass

@dataclass
class Models_9:
    log: type

    def run(self):
        self.log.objects.update(text="x")
---
Models_9(apps.get_model("shop", "Log_g")).run()
[update_models_named_tuple]
from typing import NamedTuple

class Models_9(NamedTuple):
    log: type
---
Models_9(apps.get_model("shop", "Log_g")).log.objects.update(text="x")
[update_models_namespace]
from types import SimpleNamespace
---
models_9 = SimpleNamespace(log=apps.get_model("shop", "Log_g"))
models_9.log.objects.update(text="x")
[update_models_partial]
from functools import partial
---
get_9 = partial(apps.get_model, "shop")
get_9("Log_g").objects.update(text="x")
[update_get_model_dotted]
apps.get_model("shop.Log_g").objects.update(text="x")
[update_get_model_keywords]
apps.get_model(app_label="shop", model_name="Log_g").objects.update(text="x")
[update_get_model_lower]
apps.get_model("shop", "log_g").objects.update(text="x")
[update_get_model_split]
apps.get_model(*"shop.Log_g".split(".")).objects.update(text="x")
[update_app_config]
apps.get_app_config("shop").get_model("Log_g").objects.update(text="x")
[update_app_configs]
for config_9 in apps.get_app_configs():
    for model_9 in config_9.get_models():
        if model_9.__name__ == "Log_g":
            model_9.objects.update(text="x")
[update_apps_models]
for model_9 in apps.get_models():
    if model_9._meta.db_table == "shop_log_g":
        model_9.objects.update(text="x")
[update_all_models]
apps.all_models["shop"]["log_g"].objects.update(text="x")
[update_imported_model]
from shop.models import Log_g
---
Log_g.objects.update(text="x")
[update_imported_module]
from shop import models as shop_models_9
---
shop_models_9.Log_g.objects.update(text="x")
[update_imported_local]
from shop.models import Log_g as Logs_9
Logs_9.objects.update(text="x")
[update_global_apps]
from django.apps import apps as global_apps_9
---
global_apps_9.get_model("shop", "Log_g").objects.update(text="x")
[update_second_manager]
from shop.models import Log_g
---
Log_g.kept.update(text="x")
[update_base_manager]
use Log
Log_9._base_manager.update(text="x")
[update_default_manager]
use Log
Log_9._default_manager.update(text="x")
[update_meta_default_manager]
use Log
Log_9._meta.default_manager.update(text="x")
[update_meta_base_manager]
use Log
Log_9._meta.base_manager.filter(level=0).update(text="x")
[update_meta_model]
use Log
Log_9._meta.model.objects.update(text="x")
[update_queryset_class]
from django.db.models import QuerySet
---
use Log
QuerySet(Log_9).update(text="x")
[update_queryset_model]
use Log
Log_9.objects.all().model.objects.update(text="x")
[update_manager_model]
use Log
Log_9.objects.model.objects.update(text="x")
[update_get_queryset]
use Log
Log_9.objects.get_queryset().update(text="x")
[update_related_model]
use Item
Item_9._meta.get_field("order").related_model.objects.update(total=3)
[update_remote_field_model]
use Item
Item_9._meta.get_field("order").remote_field.model.objects.update(total=3)
[update_related_objects]
use Customer
for relation_9 in Customer_9._meta.related_objects:
    if relation_9.name == "profile":
        relation_9.related_model.objects.update(bio="x")
[update_meta_fields]
use Log
for field_9 in Log_9._meta.get_fields():
    if field_9.name == "text":
        Log_9.objects.update(**{field_9.name: "x"})
[update_rows_class]
use Log
type(Log_9.objects.first()).objects.update(text="x")
[update_rows_dunder_class]
use Log
row_9 = Log_9.objects.first()
row_9.__class__.objects.update(text="x")
[update_model_class]
from django.contrib.contenttypes.models import ContentType
---
ContentType.objects.get(app_label="shop", model="order_g").model_class().objects.update(total=3)
[update_content_type_all]
from django.contrib.contenttypes.models import ContentType
---
ContentType.objects.get(app_label="shop", model="order_g").get_all_objects_for_this_type().update(total=3)
[update_proxy]
use Entry
Entry_9.objects.update(text="x")
[update_custom_table]
use Wallet
Wallet_9.objects.update(cents=5)
[update_inherited_child]
use Store
Store_9.objects.update(stars=5)
[update_inherited_parent_field]
use Store
Store_9.objects.update(name="x")
[update_inherited_both]
use Store
Store_9.objects.update(name="x", stars=5)
[update_reverse]
use Order
for order_9 in Order_9.objects.all():
    order_9.item_g_set.update(qty=3)
[update_reverse_named]
use Customer
for customer_9 in Customer_9.objects.all():
    customer_9.orders.update(total=3)
[update_reverse_filtered]
use Customer
Customer_9.objects.first().orders.filter(total__gte=0).update(total=3)
[update_many]
use Order
for order_9 in Order_9.objects.all():
    order_9.tags.update(name="x")
[update_many_reverse]
use Tag
for tag_9 in Tag_9.objects.all():
    tag_9.orders.update(total=3)
[update_many_through]
use Order
Order_9.tags.through.objects.update(tag_g_id=1)
[update_many_through_explicit]
use Club
Club_9.members.through.objects.update(level=3)
[update_many_explicit]
use Club
for club_9 in Club_9.objects.all():
    club_9.members.update(name="x")
[update_async]
import asyncio

async def work_9(model):
    await model.objects.aupdate(text="x")
---
from asgiref.sync import sync_to_async
use Log
asyncio.run(work_9(Log_9)) if False else Log_9.objects.update(text="x")
[update_in_condition]
use Log
if Log_9.objects.update(text="x") > 0:
    pass
[update_in_f_string]
use Log
note_9 = f"{Log_9.objects.update(text='x')} rows"
[update_lambda]
use Log
change_9 = lambda rows: rows.update(text="x")
change_9(Log_9.objects.all())
[update_map]
use Log Tag
list(map(lambda rows: rows.update(pk=1), [])) or Log_9.objects.update(text="x")
[update_decorated]
@transaction.atomic
def change_9(model):
    model.objects.update(text="x")
---
use Log
change_9(Log_9)
[update_decorated_using]
@transaction.atomic(using="default")
def change_9(model):
    model.objects.update(text="x")
---
use Log
change_9(Log_9)
[update_atomic]
use Log
with transaction.atomic():
    Log_9.objects.update(text="x")
[update_atomic_suppress]
from contextlib import suppress
---
use Log
with suppress(Exception):
    with transaction.atomic():
        raise ValueError
Log_9.objects.update(text="x")
[update_does_not_exist]
use Log
try:
    Log_9.objects.get(pk=-1)
except Log_9.DoesNotExist:
    Log_9.objects.update(text="x")
[update_lookup_error]
try:
    apps.get_model("shop", "Gone_9")
except LookupError:
    apps.get_model("shop", "Log_g").objects.update(text="x")
[update_loop_else]
use Log
for row_9 in Log_9.objects.all():
    if row_9.level > 5:
        break
else:
    Log_9.objects.update(text="x")
[update_vendor]
use Log
if schema_editor.connection.vendor != "postgresql":
    Log_9.objects.update(text="x")
[update_alias_guard]
def change_9(apps, schema_editor):
    if schema_editor.connection.alias != "default":
        return
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
change_9(apps, schema_editor)
[delete]
use Log
Log_9.objects.all().delete()
[delete_filter]
use Item
Item_9.objects.filter(qty=1).delete()
[delete_exclude]
use Membership
Membership_9.objects.exclude(level=7).delete()
[delete_slice_ids]
use Log
Log_9.objects.filter(pk__in=Log_9.objects.values("pk")[:1]).delete()
[delete_raw]
use Log
rows_9 = Log_9.objects.all()
rows_9._raw_delete(rows_9.db)
[delete_row]
use Log
Log_9.objects.first().delete()
[delete_row_get]
use Log
Log_9.objects.get(pk=1).delete()
[delete_rows]
use Log
for row_9 in Log_9.objects.all():
    row_9.delete()
[delete_rows_map]
use Log
list(map(lambda row: row.delete(), Log_9.objects.all()))
[delete_rows_bound]
use Log
for row_9 in Log_9.objects.all():
    remove_9 = row_9.delete
    remove_9()
[delete_get_or_none]
use Log
row_9 = Log_9.objects.filter(pk=1).first()
if row_9 is not None:
    row_9.delete()
[delete_duplicates]
from collections import defaultdict
---
use Log
seen_9 = set()
for row_9 in Log_9.objects.order_by("pk"):
    if row_9.text in seen_9:
        row_9.delete()
    seen_9.add(row_9.text)
[delete_grouped]
from collections import defaultdict
---
use Log
groups_9 = defaultdict(list)
for row_9 in Log_9.objects.all():
    groups_9[row_9.text].append(row_9)
for rows_9 in groups_9.values():
    for row_9 in rows_9[1:]:
        row_9.delete()
[delete_cascade beside=shop_item_g,shop_order_g_tags]
use Order
Order_9.objects.all().delete()
[delete_related]
use Order
for order_9 in Order_9.objects.all():
    order_9.item_g_set.all().delete()
[delete_one_to_one]
use Customer
for customer_9 in Customer_9.objects.all():
    customer_9.profile.delete()
[delete_through]
use Order
Order_9.tags.through.objects.all().delete()
[delete_content_types beside=django_content_type]
ContentType_9 = apps.get_model("contenttypes", "ContentType")
ContentType_9.objects.filter(app_label="nowhere").delete()
apps.get_model("shop", "Log_g").objects.filter(level=0).delete()
[save]
use Log
for row_9 in Log_9.objects.all():
    row_9.text = "x"
    row_9.save()
[save_update_fields]
use Log
for row_9 in Log_9.objects.all():
    row_9.text = "x"
    row_9.save(update_fields=["text"])
[save_iterator]
use Log
for row_9 in Log_9.objects.iterator(chunk_size=100):
    row_9.save()
[save_filter_only]
use Log
for row_9 in Log_9.objects.filter(level=0).only("text"):
    row_9.save()
[save_get]
use Log
row_9 = Log_9.objects.get(pk=1)
row_9.text = "x"
row_9.save()
[save_first]
use Log
row_9 = Log_9.objects.first()
if row_9:
    row_9.save()
[save_last]
use Log
Log_9.objects.last().save()
[save_earliest]
use Log
Log_9.objects.earliest("pk").save()
[save_index]
use Log
Log_9.objects.all()[0].save()
[save_index_unknown]
use Log
rows_9 = Log_9.objects.order_by("pk")
for number_9 in range(rows_9.count()):
    row_9 = rows_9[number_9]
    row_9.text = "x"
    row_9.save()
[save_slice]
use Log
for row_9 in Log_9.objects.order_by("pk")[:1]:
    row_9.save()
[save_list]
use Log
rows_9 = list(Log_9.objects.all())
for row_9 in rows_9:
    row_9.save()
[save_list_index]
use Log
rows_9 = list(Log_9.objects.all())
rows_9[0].save()
[save_enumerate]
use Log
for number_9, row_9 in enumerate(Log_9.objects.all()):
    row_9.level = number_9
    row_9.save()
[save_zip]
use Log
for row_9, level_9 in zip(Log_9.objects.all(), (1, 2)):
    row_9.level = level_9
    row_9.save()
[save_sorted]
use Log
for row_9 in sorted(Log_9.objects.all(), key=lambda row: row.pk):
    row_9.save()
[save_reversed]
use Log
for row_9 in reversed(Log_9.objects.all()):
    row_9.save()
[save_filter_builtin]
use Log
for row_9 in filter(lambda row: row.level == 0, Log_9.objects.all()):
    row_9.save()
[save_chain]
from itertools import chain
---
use Tag Product
for row_9 in chain(Tag_9.objects.all(), Product_9.objects.all()):
    row_9.save()
[save_islice]
from itertools import islice
---
use Log
for row_9 in islice(Log_9.objects.all(), 1):
    row_9.save()
[save_groupby]
from itertools import groupby
---
use Log
for _, group_9 in groupby(Log_9.objects.order_by("text"), key=lambda row: row.text):
    for row_9 in group_9:
        row_9.save()
[save_in_bulk]
use Log
for row_9 in Log_9.objects.in_bulk([1, 2]).values():
    row_9.save()
[save_in_bulk_items]
use Log
for key_9, row_9 in Log_9.objects.in_bulk().items():
    row_9.save()
[save_dict]
use Log
by_key_9 = {row.pk: row for row in Log_9.objects.all()}
for row_9 in by_key_9.values():
    row_9.save()
[save_dict_get]
use Log
by_key_9 = {row.pk: row for row in Log_9.objects.all()}
found_9 = by_key_9.get(1)
if found_9:
    found_9.save()
[save_paginator]
from django.core.paginator import Paginator
---
use Log
pages_9 = Paginator(Log_9.objects.order_by("pk"), 1)
for number_9 in pages_9.page_range:
    for row_9 in pages_9.page(number_9).object_list:
        row_9.save()
[save_paginator_pages]
from django.core.paginator import Paginator
---
use Log
for page_9 in Paginator(Log_9.objects.order_by("pk"), 1):
    for row_9 in page_9:
        row_9.save()
[save_chunks]
def chunks_9(queryset, size):
    for start in range(0, queryset.count(), size):
        yield queryset[start : start + size]
---
use Log
for chunk_9 in chunks_9(Log_9.objects.order_by("pk"), 1):
    for row_9 in chunk_9:
        row_9.save()
[save_generator]
def rows_9(model):
    for row in model.objects.all():
        yield row
---
use Log
for row_9 in rows_9(Log_9):
    row_9.save()
[save_generator_expression]
use Log
for row_9 in (row for row in Log_9.objects.all() if row.level == 0):
    row_9.save()
[save_comprehension]
use Log
[row.save() for row in Log_9.objects.all()]
[save_map]
use Log
list(map(lambda row: row.save(), Log_9.objects.all()))
[save_reduce]
from functools import reduce

def count_9(number, row):
    row.save()
    return number + 1
---
use Log
reduce(count_9, Log_9.objects.all(), 0)
[save_any]
use Log
any(row.save() for row in Log_9.objects.all())
[save_helper]
def change_9(row):
    row.text = "x"
    row.save()
---
use Log
for row_9 in Log_9.objects.all():
    change_9(row_9)
[save_helper_star]
def save_all_9(*rows):
    for row in rows:
        row.save()
---
use Log
save_all_9(*Log_9.objects.all())
[save_helper_list]
def save_all_9(rows):
    for row in rows:
        row.save()
---
use Log
save_all_9([row for row in Log_9.objects.all()])
[save_helper_module]
from helper_9 import touch
---
use Log
for row_9 in Log_9.objects.all():
    touch(row_9)
=== helper_9.py
def touch(row):
    row.save()
[save_bound]
use Log
for row_9 in Log_9.objects.all():
    save_9 = row_9.save
    save_9()
[save_bound_list]
use Log
for save_9 in [row.save for row in Log_9.objects.all()]:
    save_9()
[save_partial]
from functools import partial

def retry_9(function):
    function()
---
use Log
for row_9 in Log_9.objects.all():
    retry_9(partial(row_9.save, update_fields=["text"]))
[save_callback]
def retry_9(function):
    for _ in range(2):
        function()
---
use Log
for row_9 in Log_9.objects.all():
    retry_9(row_9.save)
[save_on_commit]
use Log
for row_9 in Log_9.objects.all():
    transaction.on_commit(row_9.save)
[save_getattr]
use Log
for row_9 in Log_9.objects.all():
    getattr(row_9, "save")()
[save_methodcaller]
from operator import methodcaller
---
use Log
for row_9 in Log_9.objects.all():
    methodcaller("save")(row_9)
[save_model_class]
use Log
for row_9 in Log_9.objects.all():
    models.Model.save(row_9)
[save_class_method]
use Log
for row_9 in Log_9.objects.all():
    Log_9.save(row_9)
[save_base]
use Log
for row_9 in Log_9.objects.all():
    row_9.save_base()
[save_super]
use Log
row_9 = Log_9.objects.first()
super(Log_9, row_9).save()
[save_setattr]
use Log
for row_9 in Log_9.objects.all():
    setattr(row_9, "text", "x")
    row_9.save()
[save_new]
use Log
Log_9(text="new").save()
[save_new_name]
use Log
row_9 = Log_9()
row_9.text = "new"
row_9.save()
[save_new_key]
use Log
Log_9(pk=1, text="new").save()
[save_force_insert]
use Log
Log_9(text="new").save(force_insert=True)
[save_force_update]
use Log
Log_9(pk=1, text="new").save(force_update=True)
[save_copy]
use Log
row_9 = Log_9.objects.first()
row_9.pk = None
row_9._state.adding = True
row_9.save()
[save_exit_collected]
class Batch_9:
    def __init__(self):
        self.rows = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for row in self.rows:
            row.save()
---
use Log
with Batch_9() as batch_9:
    for row_9 in Log_9.objects.all():
        batch_9.rows.append(row_9)
[save_appended]
use Log
waiting_9 = []
for row_9 in Log_9.objects.all():
    waiting_9.append(row_9)
for row_9 in waiting_9:
    row_9.save()
[save_popped]
use Log
waiting_9 = list(Log_9.objects.all())
while waiting_9:
    waiting_9.pop().save()
[save_queue]
from collections import deque
---
use Log
waiting_9 = deque(Log_9.objects.all())
while waiting_9:
    waiting_9.popleft().save()
[save_attribute]
use Log
class Holder_9:
    pass
holder_9 = Holder_9()
holder_9.row = Log_9.objects.first()
holder_9.row.save()
[save_related]
use Item
for item_9 in Item_9.objects.all():
    item_9.order.total = 3
    item_9.order.save()
[save_related_select]
use Item
for item_9 in Item_9.objects.select_related("order"):
    order_9 = item_9.order
    order_9.save()
[save_related_two]
use Item
for item_9 in Item_9.objects.all():
    item_9.order.customer.save()
[save_related_maybe]
use Item
for item_9 in Item_9.objects.all():
    if item_9.product is not None:
        item_9.product.save()
[save_related_getattr]
use Item
for item_9 in Item_9.objects.all():
    for field_9 in ("order", "product"):
        value_9 = getattr(item_9, field_9, None)
        if value_9:
            value_9.save()
[save_reverse]
use Order
for order_9 in Order_9.objects.all():
    for item_9 in order_9.item_g_set.all():
        item_9.save()
[save_reverse_named]
use Customer
for customer_9 in Customer_9.objects.prefetch_related("orders"):
    for order_9 in customer_9.orders.all():
        order_9.save()
[save_one_to_one]
use Customer
for customer_9 in Customer_9.objects.all():
    customer_9.profile.bio = "x"
    customer_9.profile.save()
[save_one_to_one_forward]
use Profile
for profile_9 in Profile_9.objects.all():
    profile_9.customer.save()
[save_many]
use Order
for order_9 in Order_9.objects.all():
    for tag_9 in order_9.tags.all():
        tag_9.save()
[save_many_reverse]
use Tag
for tag_9 in Tag_9.objects.all():
    for order_9 in tag_9.orders.all():
        order_9.save()
[save_parent]
use Order
for order_9 in Order_9.objects.filter(parent__isnull=True):
    order_9.parent = order_9
    order_9.save()
[save_inherited]
use Store
for store_9 in Store_9.objects.all():
    store_9.stars = 3
    store_9.save()
[save_inherited_create]
use Store
Store_9.objects.create(name="new", stars=1)
[save_inherited_parent]
use Place
for place_9 in Place_9.objects.all():
    place_9.save()
[save_proxy]
use Entry
for entry_9 in Entry_9.objects.all():
    entry_9.save()
[save_custom_table]
use Wallet
for wallet_9 in Wallet_9.objects.all():
    wallet_9.save()
[save_raw_query]
use Log
for row_9 in Log_9.objects.raw("SELECT * FROM shop_log_g"):
    row_9.save()
[save_union]
use Log
for row_9 in Log_9.objects.filter(level=0).union(Log_9.objects.filter(level=1)):
    row_9.save()
[save_distinct]
use Log
for row_9 in Log_9.objects.distinct():
    row_9.save()
[save_from_db]
use Log
for row_9 in Log_9.objects.all():
    row_9.refresh_from_db()
    row_9.save()
[save_imported_model]
from shop.models import Log_g
---
for row_9 in Log_g.objects.all():
    row_9.save()
[save_app_configs]
for config_9 in apps.get_app_configs():
    for model_9 in config_9.get_models():
        if model_9._meta.db_table != "shop_item_g":
            continue
        for row_9 in model_9.objects.all():
            for field_9 in ("order", "product"):
                value_9 = getattr(row_9, field_9, None)
                if field_9 == "order" and value_9:
                    value_9.total = 3
                    value_9.save()
[save_content_object]
from django.contrib.contenttypes.models import ContentType
---
use Log
for row_9 in Log_9.objects.all():
    kind_9 = ContentType.objects.get(pk=row_9.content_type_id)
    kind_9.get_object_for_this_type(pk=row_9.object_id).save()
[save_while]
use Log
row_9 = Log_9.objects.order_by("pk").first()
while row_9:
    row_9.save()
    row_9 = Log_9.objects.filter(pk__gt=row_9.pk).order_by("pk").first()
[save_walrus]
use Log
if (row_9 := Log_9.objects.first()) is not None:
    row_9.save()
[save_unpacked]
use Log
first_9, *others_9 = Log_9.objects.all()
first_9.save()
[save_next]
use Log
next(iter(Log_9.objects.all())).save()
[save_next_generator]
use Log
row_9 = next((row for row in Log_9.objects.all() if row.level == 0), None)
if row_9:
    row_9.save()
[save_max]
use Log
max(Log_9.objects.all(), key=lambda row: row.pk).save()
[save_match]
use Log
for row_9 in Log_9.objects.all():
    match row_9.level:
        case 0:
            row_9.save()
[save_thread]
import threading
---
use Log
for row_9 in Log_9.objects.all():
    work_9 = threading.Thread(target=row_9.save)
    work_9.run()
[save_row_out_of_sight opaque]
from unseen import save
---
use Log
for row_9 in Log_9.objects.all():
    save(row_9)
[save_rows_out_of_sight opaque]
from unseen import save_all
---
use Log
save_all(Log_9.objects.all())
[save_model_out_of_sight opaque]
from unseen import update_all
---
use Log
update_all(Log_9)
[create]
use Log
Log_9.objects.create(text="new")
[create_loop]
use Log Tag
for tag_9 in Tag_9.objects.all():
    Log_9.objects.create(text=tag_9.name)
[create_kwargs]
use Log
for values_9 in ({"text": "a"}, {"text": "b"}):
    Log_9.objects.create(**values_9)
[create_helper]
def make_9(manager, **values):
    return manager.create(**values)
---
use Log
make_9(Log_9.objects, text="new")
[create_bound]
use Log
make_9 = Log_9.objects.create
make_9(text="new")
[create_map]
use Log
[Log_9.objects.create(text=text) for text in ("a", "b")]
[create_related]
use Order
for order_9 in Order_9.objects.all():
    order_9.item_g_set.create(qty=3)
[create_related_named]
use Customer
for customer_9 in Customer_9.objects.all():
    customer_9.orders.create(total=3)
[create_through]
use Club Customer
Club_9.members.through.objects.create(club=Club_9.objects.first(), customer=Customer_9.objects.first())
[create_many]
use Order
for order_9 in Order_9.objects.all():
    order_9.tags.create(name="new")
[get_or_create]
use Log
Log_9.objects.get_or_create(text="new")
[get_or_create_defaults]
use Log
row_9, made_9 = Log_9.objects.get_or_create(text="new", defaults={"level": 1})
if not made_9:
    row_9.save()
[get_or_create_saved]
use Log
row_9, _ = Log_9.objects.get_or_create(pk=1)
row_9.text = "x"
row_9.save()
[update_or_create]
use Log
Log_9.objects.update_or_create(pk=1, defaults={"text": "x"})
[update_or_create_related]
use Order
for order_9 in Order_9.objects.all():
    order_9.item_g_set.update_or_create(qty=1, defaults={"qty": 3})
[bulk_create]
use Log
Log_9.objects.bulk_create([Log_9(text="a"), Log_9(text="b")])
[bulk_create_generator]
use Log Tag
Log_9.objects.bulk_create(Log_9(text=tag.name) for tag in Tag_9.objects.all())
[bulk_create_collected]
use Log Tag
made_9 = []
for tag_9 in Tag_9.objects.all():
    made_9.append(Log_9(text=tag_9.name))
    if len(made_9) >= 100:
        Log_9.objects.bulk_create(made_9)
        made_9 = []
if made_9:
    Log_9.objects.bulk_create(made_9)
[bulk_create_conflicts]
use Log
Log_9.objects.bulk_create([Log_9(text="a")], ignore_conflicts=True)
[bulk_create_through]
use Order Tag
Through_9 = Order_9.tags.through
Through_9.objects.bulk_create([Through_9(order_g_id=1, tag_g_id=2)], ignore_conflicts=True)
[bulk_update]
use Log
rows_9 = list(Log_9.objects.all())
for row_9 in rows_9:
    row_9.text = "x"
Log_9.objects.bulk_update(rows_9, ["text"])
[bulk_update_batches]
use Log
waiting_9 = []
for row_9 in Log_9.objects.all():
    row_9.text = "x"
    waiting_9.append(row_9)
    if len(waiting_9) == 2:
        Log_9.objects.bulk_update(waiting_9, ["text"], batch_size=10)
        waiting_9 = []
[bulk_update_bound]
use Log
flush_9 = Log_9.objects.bulk_update
flush_9(list(Log_9.objects.all()), ["text"])
[related_add]
use Order Tag
for order_9 in Order_9.objects.all():
    order_9.tags.add(*Tag_9.objects.all())
[related_add_one]
use Order Tag
order_9 = Order_9.objects.first()
order_9.tags.add(Tag_9.objects.last())
[related_add_bound]
use Order Tag
order_9 = Order_9.objects.first()
add_9 = order_9.tags.add
add_9(Tag_9.objects.last())
[related_add_loop]
use Order Tag
for order_9 in Order_9.objects.all():
    for tag_9 in Tag_9.objects.all():
        order_9.tags.add(tag_9)
[related_add_reverse]
use Order Tag
for tag_9 in Tag_9.objects.all():
    tag_9.orders.add(*Order_9.objects.all())
[related_add_getattr]
use Order Tag
for order_9 in Order_9.objects.all():
    getattr(order_9, "tags").add(*Tag_9.objects.all())
[related_add_custom_table]
use Badge Customer
for badge_9 in Badge_9.objects.all():
    badge_9.holders.add(*Customer_9.objects.all())
[related_add_custom_reverse]
use Badge Customer
for customer_9 in Customer_9.objects.all():
    customer_9.badges.add(*Badge_9.objects.all())
[related_add_through]
use Club Customer
for club_9 in Club_9.objects.all():
    club_9.members.add(*Customer_9.objects.all(), through_defaults={"level": 3})
[related_add_through_reverse]
use Club Customer
for customer_9 in Customer_9.objects.all():
    customer_9.clubs.add(*Club_9.objects.all())
[related_add_foreign]
use Customer Wallet
customer_9 = Customer_9.objects.first()
customer_9.wallets.add(Wallet_9.objects.last())
[related_set]
use Order Tag
for order_9 in Order_9.objects.all():
    order_9.tags.set(Tag_9.objects.all())
[related_set_empty]
use Order
for order_9 in Order_9.objects.all():
    order_9.tags.set([])
[related_remove]
use Order Tag
for order_9 in Order_9.objects.all():
    order_9.tags.remove(*Tag_9.objects.all())
[related_clear]
use Order
for order_9 in Order_9.objects.all():
    order_9.tags.clear()
[related_clear_foreign]
use Customer
for customer_9 in Customer_9.objects.all():
    customer_9.wallets.clear()
[related_remove_foreign]
use Customer
for customer_9 in Customer_9.objects.all():
    customer_9.wallets.remove(*customer_9.wallets.all())
[related_clear_through]
use Club
for club_9 in Club_9.objects.all():
    club_9.members.clear()
[sql_cursor]
with schema_editor.connection.cursor() as cursor_9:
    cursor_9.execute("UPDATE shop_log_g SET text = 'x'")
[sql_connection]
with connection.cursor() as cursor_9:
    cursor_9.execute("DELETE FROM shop_log_g WHERE level = %s", [0])
[sql_connections]
from django.db import connections
---
with connections["default"].cursor() as cursor_9:
    cursor_9.execute("DELETE FROM shop_log_g")
[sql_connections_alias]
from django.db import connections
---
cursor_9 = connections[schema_editor.connection.alias].cursor()
cursor_9.execute("DELETE FROM shop_log_g")
[sql_executemany]
with connection.cursor() as cursor_9:
    cursor_9.executemany("UPDATE shop_log_g SET level = %s WHERE id = %s", [(1, 1), (2, 2)])
[sql_schema_editor]
schema_editor.execute("UPDATE shop_log_g SET text = 'x'")
[sql_schema_editor_params]
schema_editor.execute("UPDATE shop_log_g SET text = %s", ["x"])
[sql_db_table]
use Log
with connection.cursor() as cursor_9:
    cursor_9.execute(f"DELETE FROM {Log_9._meta.db_table}")
[sql_quote_name]
use Log
table_9 = schema_editor.quote_name(Log_9._meta.db_table)
schema_editor.execute("DELETE FROM %s" % table_9)
[sql_ops_quote_name]
use Log
table_9 = connection.ops.quote_name(Log_9._meta.db_table)
connection.cursor().execute("DELETE FROM " + table_9)
[sql_through_table]
use Order
connection.cursor().execute("DELETE FROM " + Order_9.tags.through._meta.db_table)
[sql_m2m_table]
use Order
connection.cursor().execute("DELETE FROM " + Order_9._meta.get_field("tags").m2m_db_table())
[sql_introspection]
for table_9 in connection.introspection.table_names():
    if table_9 == "shop_log_g":
        connection.cursor().execute(f"DELETE FROM {table_9}")
[sql_wrapped_cursor]
from contextlib import closing
---
with closing(connection.cursor()) as cursor_9:
    cursor_9.execute("DELETE FROM shop_log_g")
[sql_raw_connection]
connection.connection.execute("DELETE FROM shop_log_g")
[sql_callproc opaque]
connection.cursor().callproc("refresh_g")
[sql_update_query]
from django.db.models.sql import UpdateQuery
---
use Log
query_9 = UpdateQuery(Log_9)
query_9.add_update_values({"text": "x"})
query_9.get_compiler("default").execute_sql(None)
[sql_delete_query]
from django.db.models.sql import DeleteQuery
---
use Log
query_9 = DeleteQuery(Log_9)
query_9.delete_batch([1, 2], "default")
[sql_sqlparse_file]
from pathlib import Path
---
schema_editor.execute((Path(__file__).parent / "fill_9.sql").read_text())
=== fill_9.sql
UPDATE shop_log_g SET text = 'x'
[run_sql alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL("UPDATE shop_log_g SET text = 'x'", migrations.RunSQL.noop)]
[run_sql_list alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL(["DELETE FROM shop_log_g", ("DELETE FROM shop_item_g WHERE qty = %s", [1])])]
[run_sql_constant alone]
SQL_9 = "UPDATE shop_log_g SET text = 'x'"
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL(sql=SQL_9)]
[run_sql_comprehension alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL(f"DELETE FROM shop_{name}_g") for name in ("log", "item")]
[run_sql_database_and_state alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL("DELETE FROM shop_log_g")], state_operations=[]
        )
    ]
[run_python_lambda alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(lambda apps, editor: apps.get_model("shop", "Log_g").objects.update(text="x"))
    ]
[run_python_partial alone]
from functools import partial

def fill_9(apps, schema_editor, name):
    apps.get_model("shop", name).objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(partial(fill_9, name="Log_g"))]
[run_python_closure alone]
def filler_9(name):
    def fill(apps, schema_editor):
        apps.get_model("shop", name).objects.all().delete()
    return fill
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(filler_9(name)) for name in ("Log_g", "Item_g")]
[run_python_callable alone]
class Fill_9:
    def __call__(self, apps, schema_editor):
        apps.get_model("shop", "Log_g").objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(code=Fill_9())]
[run_python_static alone]
=== migration
class Migration(migrations.Migration):
    @staticmethod
    def fill(apps, schema_editor):
        apps.get_model("shop", "Log_g").objects.update(text="x")

    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill)]
[run_python_method alone]
class Fills_9:
    name = "Log_g"

    def forwards(self, apps, schema_editor):
        apps.get_model("shop", self.name).objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(Fills_9().forwards)]
[run_python_decorated alone]
from functools import wraps

def quiet_9(function):
    @wraps(function)
    def wrapper(apps, schema_editor):
        return function(apps, schema_editor)
    return wrapper

@quiet_9
def fill_9(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill_9)]
[run_python_imported alone]
from helper_9 import fill
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill)]
=== helper_9.py
def fill(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
[run_python_subclass alone]
class Fill_9(migrations.RunPython):
    def __init__(self, name):
        super().__init__(self.fill)
        self.name = name

    def fill(self, apps, schema_editor):
        apps.get_model("shop", self.name).objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [Fill_9("Log_g")]
[operation_subclass alone]
from django.db.migrations.operations.base import Operation

class Fill_9(Operation):
    reversible = False

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        from_state.apps.get_model(app_label, "Log_g").objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [Fill_9()]
[operation_schema_editor alone]
from django.db.migrations.operations.base import Operation

class Fill_9(Operation):
    def __init__(self, sql):
        self.sql = sql

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute(self.sql)
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [Fill_9("DELETE FROM shop_log_g")]
[migration_apply alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []

    def apply(self, project_state, schema_editor, collect_sql=False):
        schema_editor.execute("UPDATE shop_log_g SET text = 'x'")
        return super().apply(project_state, schema_editor, collect_sql)
[migration_init alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []

    def __init__(self, *args):
        super().__init__(*args)
        self.operations = [migrations.RunSQL("UPDATE shop_log_g SET text = 'x'")]
[migration_below alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []


Migration.operations = [migrations.RunSQL("UPDATE shop_log_g SET text = 'x'")]
[migration_appended alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []


Migration.operations.append(migrations.RunSQL("UPDATE shop_log_g SET text = 'x'"))
[migration_operations_name alone]
OPERATIONS_9 = [migrations.RunSQL("UPDATE shop_log_g SET text = 'x'")]
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = OPERATIONS_9
[migration_operations_sum alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [] + [migrations.RunSQL("UPDATE shop_log_g SET text = 'x'")]
[migration_operations_condition alone]
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
    if cond(0):
        operations += [migrations.RunSQL("UPDATE shop_log_g SET text = 'x'")]
[migration_operations_function alone]
def operations_9(*names):
    return [migrations.RunSQL(f"DELETE FROM {name}") for name in names]
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = operations_9("shop_log_g", "shop_item_g")
[migration_base alone]
class Base_9(migrations.Migration):
    operations = [migrations.RunSQL("UPDATE shop_log_g SET text = 'x'")]
---
=== migration
class Migration(Base_9):
    dependencies = [("shop", "0001_initial")]
[add_field_then_fill alone]
def fill_9(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(extra="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("Log_g", "extra", models.CharField(max_length=5, null=True)),
        migrations.RunPython(fill_9),
    ]
[non_atomic alone]
def fill_9(apps, schema_editor):
    with transaction.atomic():
        apps.get_model("shop", "Log_g").objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill_9)]
[created_model quiet alone]
def fill_9(apps, schema_editor):
    apps.get_model("shop", "Made").objects.create()
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel("Made", [("id", models.AutoField(primary_key=True))]),
        migrations.RunPython(fill_9),
    ]
[renamed_model alone]
def fill_9(apps, schema_editor):
    apps.get_model("shop", "Line_g").objects.update(qty=3)
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill_9)]

    operations.insert(0, migrations.RenameModel("Item_g", "Line_g"))
[altered_table alone]
def fill_9(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AlterModelTable("Log_g", "logs_g"), migrations.RunPython(fill_9)]
[models_unknown_origin opaque]
from unseen import model_named
---
model_named(apps, "Log_g").objects.update(text="x")
[models_unknown_rows opaque]
from unseen import model_named
---
for row_9 in model_named(apps, "Log_g").objects.all():
    row_9.text = "x"
    row_9.save()
[models_unknown_bulk opaque]
from unseen import model_named
---
Model_9 = model_named(apps, "Log_g")
Model_9.objects.bulk_update(list(Model_9.objects.all()), ["level"])
[rows_list_out_of_sight opaque]
from unseen import save_all
---
use Log
save_all([row for row in Log_9.objects.all()])
[instance_out_of_sight opaque]
from unseen import save
---
use Log
save(Log_9(text="new"))
[task_with_row]
from unseen import shared_task

@shared_task
def touch_9(row):
    row.save()
---
use Log
for row_9 in Log_9.objects.all():
    touch_9(row_9)
[job_for_a_queue hushed alone]
from unseen import Queue

def fill_9(apps):
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
Queue().enqueue(fill_9, apps)
[continue_guard exact]
for name_9 in ("Tag_g", "Product_g"):
    if name_9 == "Tag_g":
        continue
    apps.get_model("shop", name_9).objects.update(name="x")
[trigger_only hushed alone]
import pgtrigger.compiler
import pgtrigger.migrations
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="order_g",
            trigger=pgtrigger.compiler.Trigger(
                name="touch",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE shop_log_g SET text = 'x' WHERE id = new.id; RETURN NEW;",
                    hash="0",
                    operation="UPDATE",
                    pgid="pgtrigger_touch",
                    table="shop_order_g",
                    when="AFTER",
                ),
            ),
        )
    ]
[reads_only hushed]
use Log
seen_9 = {row.text: row.pk for row in Log_9.objects.filter(level=0)}
count_9 = Log_9.objects.exclude(text__in=list(seen_9)).count()
""")
