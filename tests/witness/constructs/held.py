"""Further shared state: what classes, closures, globals, collections and exceptions hold, and who else sees it."""

from __future__ import annotations

from witness.constructs.state import FAMILY

FAMILY.add(r"""
[aliases_of_a_dict_united]
first_9 = other_9 = {"sql": "SELECT 1"}
first_9 |= {"sql": "SQL"}
OUT = other_9["sql"]
[class_below_sees_the_class_above]
class Above_9:
    sql = "SELECT 1"
class Below_9(Above_9):
    pass
---
Above_9.sql = "SQL"
OUT = Below_9.sql
[class_below_hides_the_class_above]
class Above_9:
    sql = "SELECT 1"
class Below_9(Above_9):
    pass
---
Below_9.sql = "SQL"
Above_9.sql = "SELECT 2"
OUT = Below_9().sql
[instance_attribute_deleted]
class Step_9:
    sql = "SQL"
---
step_9 = Step_9()
step_9.sql = "SELECT 1"
del step_9.sql
OUT = step_9.sql
[class_attribute_augmented]
class Step_9:
    sql = "HEAD "
---
Step_9.sql += "TBL"
Step_9.sql += " TAIL"
OUT = Step_9.sql
[class_attribute_through_type]
class Step_9:
    sql = "SELECT 1"
    def arm(self):
        type(self).sql = "SQL"
---
Step_9().arm()
OUT = Step_9().sql
[class_attribute_through_dunder_class]
class Step_9:
    sql = "SELECT 1"
    def arm(self):
        self.__class__.sql = "SQL"
---
Step_9().arm()
OUT = Step_9.sql
[class_attribute_through_super]
class Above_9:
    def words(self):
        return self.head, "TBL"
class Below_9(Above_9):
    head = "HEAD"
    def words(self):
        return (*super().words(), "TAIL")
---
OUT = " ".join(Below_9().words())
[global_of_a_function_of_a_function]
sql_9 = "SELECT 1"
def arm_9():
    def inner():
        global sql_9
        sql_9 = "SQL"
    inner()
---
arm_9()
OUT = sql_9
[global_of_a_lambda]
sql_9 = ["SELECT 1"]
arm_9 = lambda: sql_9.__setitem__(0, "SQL")
---
arm_9()
OUT = sql_9[0]
[global_deleted_and_bound]
sql_9 = "SELECT 1"
def arm_9():
    global sql_9
    del sql_9
    sql_9 = "SQL"
---
arm_9()
OUT = sql_9
[global_of_a_loop]
tables_9 = []
for number_9 in (1, 2):
    tables_9.append("TBL")
---
OUT = f"HEAD {tables_9[1]} TAIL"
[nonlocal_two_deep]
def make_9():
    sql = "SELECT 1"
    def middle():
        def inner():
            nonlocal sql
            sql = "SQL"
        inner()
    middle()
    return sql
OUT = make_9()
[closure_of_a_pair]
def pair_9():
    kept = "SELECT 1"
    def put(sql):
        nonlocal kept
        kept = sql
    def get():
        return kept
    return put, get
put_9, get_9 = pair_9()
put_9("SQL")
OUT = get_9()
[closures_are_apart]
def pair_9(kept):
    def put(sql):
        nonlocal kept
        kept = sql
    return put, lambda: kept
put_9, get_9 = pair_9("SQL")
put_other_9, _ = pair_9("SQL")
put_other_9("SELECT 1")
OUT = get_9()
[name_deleted_then_missing]
sql_9 = "SELECT 1"
if cond(0):
    del sql_9
try:
    OUT = sql_9
except NameError:
    OUT = "SQL"
[list_in_a_dict]
steps_9 = []
kept_9 = {"a": steps_9}
steps_9.append("SQL")
OUT = kept_9["a"][0]
[list_in_a_tuple]
kept_9 = ([], [])
kept_9[0].append("SQL")
OUT = kept_9[0][0]
[list_in_two_objects]
class Step_9:
    def __init__(self, texts):
        self.texts = texts
---
texts_9 = []
one_9, other_9 = Step_9(texts_9), Step_9(texts_9)
one_9.texts.append("SQL")
OUT = other_9.texts[-1]
[list_multiplied_alias]
rows_9 = [[]] * 2
rows_9[0].append("SQL")
OUT = rows_9[1][0]
[dict_fromkeys_alias]
kept_9 = dict.fromkeys(("a", "b"), [])
kept_9["a"].append("SQL")
OUT = kept_9["b"][0]
[copy_is_no_alias]
first_9 = {"sql": "SQL"}
other_9 = dict(first_9)
other_9["sql"] = "SELECT 1"
OUT = first_9["sql"]
[copy_copied_once]
import copy
---
first_9 = {"a": ["SELECT 1"]}
other_9 = copy.copy(first_9)
other_9["a"][0] = "SQL"
OUT = first_9["a"][0]
[copy_deep]
import copy
---
first_9 = {"a": ["SQL"]}
other_9 = copy.deepcopy(first_9)
other_9["a"][0] = "SELECT 1"
OUT = first_9["a"][0]
[copy_deep_is_apart]
import copy
---
first_9 = {"a": ["SELECT 1"]}
other_9 = copy.deepcopy(first_9)
other_9["a"].append("SQL")
OUT = other_9["a"][1]
[slice_is_no_alias]
first_9 = ["SQL"]
other_9 = first_9[:]
other_9[0] = "SELECT 1"
OUT = first_9[0]
[slots_of_an_object]
class Step_9:
    __slots__ = ("sql",)
---
step_9 = Step_9()
step_9.sql = "SQL"
OUT = step_9.sql
[attributes_set_in_a_loop]
class Step_9:
    pass
---
step_9 = Step_9()
for name_9, word_9 in (("head", "HEAD"), ("table", "TBL"), ("tail", "TAIL")):
    setattr(step_9, name_9, word_9)
OUT = f"{step_9.head} {step_9.table} {step_9.tail}"
[attributes_from_keywords]
class Step_9:
    def __init__(self, **words):
        self.__dict__.update(words)
---
OUT = Step_9(sql="SQL").sql
[attributes_by_vars]
class Step_9:
    sql = "SELECT 1"
---
step_9 = Step_9()
vars(step_9)["sql"] = "SQL"
OUT = step_9.sql
[attributes_from_another_object]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
---
one_9, other_9 = Step_9("SELECT 1"), Step_9("SQL")
one_9.__dict__ = other_9.__dict__
OUT = one_9.sql
[attribute_of_an_enum]
import enum
class Step_9(enum.Enum):
    FILL = "fill"
---
Step_9.FILL.sql = "SQL"
OUT = Step_9("fill").sql
[attribute_of_an_exception]
class Stop_9(Exception):
    def __init__(self, sql):
        super().__init__("stop")
        self.sql = sql
---
try:
    raise Stop_9("SQL")
except Stop_9 as error_9:
    OUT = error_9.sql
[argument_of_one_exception_of_several]
try:
    if cond(0):
        raise ValueError("SQL")
    raise TypeError("SQL2")
except (ValueError, TypeError) as error_9:
    OUT = error_9.args[0]
[argument_of_an_exception]
try:
    raise ValueError("SQL")
except ValueError as error_9:
    OUT = error_9.args[0]
[text_of_an_exception]
try:
    raise ValueError("SQL")
except ValueError as error_9:
    OUT = str(error_9)
[value_of_stop_iteration]
def steps_9():
    yield 1
    return "SQL"
made_9 = steps_9()
next(made_9)
try:
    next(made_9)
except StopIteration as stop_9:
    OUT = stop_9.value
[context_that_arms]
import contextlib
class Step_9:
    sql = "SELECT 1"
    @contextlib.contextmanager
    def armed(self):
        before, self.sql = self.sql, "SQL"
        try:
            yield self
        finally:
            self.sql = before
---
step_9 = Step_9()
with step_9.armed():
    OUT = step_9.sql
[context_that_disarms]
import contextlib
class Step_9:
    sql = "SQL"
    @contextlib.contextmanager
    def hushed(self):
        before, self.sql = self.sql, "SELECT 1"
        try:
            yield self
        finally:
            self.sql = before
---
step_9 = Step_9()
with step_9.hushed():
    pass
OUT = step_9.sql
[generator_fills_a_list]
def fill_9(texts):
    texts.append("SELECT 1")
    yield
    texts[0] = "SQL"
texts_9 = []
for _ in fill_9(texts_9):
    pass
OUT = texts_9[0]
[default_is_made_once]
def step_9(sql=None, seen=["SQL"]):
    seen.append(sql)
    return seen[0]
step_9("SELECT 1")
OUT = step_9("SELECT 2")
[default_is_kept]
sql_9 = "SQL"
def step_9(sql=sql_9):
    return sql
sql_9 = "SELECT 1"
OUT = step_9()
[defaults_are_replaced]
def step_9(sql="SELECT 1"):
    return sql
step_9.__defaults__ = ("SQL",)
OUT = step_9()
[counter_decides]
class Counter_9:
    seen = 0
    def sql(self):
        Counter_9.seen += 1
        return "SELECT 1" if Counter_9.seen < 3 else "SQL"
---
counter_9 = Counter_9()
for _ in range(3):
    OUT = counter_9.sql()
[property_arms]
class Step_9:
    _sql = "SELECT 1"
    @property
    def sql(self):
        return self._sql
    @sql.setter
    def sql(self, value):
        self._sql = value.upper()
---
step_9 = Step_9()
step_9.sql = "head"
step_9._sql = step_9.sql and "SQL"
OUT = step_9.sql
[property_deleter]
class Step_9:
    _sql = "SELECT 1"
    @property
    def sql(self):
        return self._sql
    @sql.deleter
    def sql(self):
        self._sql = "SQL"
---
step_9 = Step_9()
del step_9.sql
OUT = step_9.sql
[property_made_by_a_function]
class Step_9:
    def _get(self):
        return self.kept
    def _set(self, value):
        self.kept = value
    sql = property(_get, _set)
---
step_9 = Step_9()
step_9.sql = "SQL"
OUT = step_9.kept
[descriptor_keeps]
class Kept_9:
    def __set_name__(self, owner, name):
        self.name = "_" + name
    def __get__(self, instance, owner):
        return getattr(instance, self.name, "SELECT 1")
    def __set__(self, instance, value):
        setattr(instance, self.name, value)
class Step_9:
    sql = Kept_9()
---
step_9 = Step_9()
step_9.sql = "SQL"
OUT = step_9.sql
[descriptor_of_a_class]
class Words_9:
    def __get__(self, instance, owner):
        return owner.head + " TBL TAIL"
class Step_9:
    head = "HEAD"
    sql = Words_9()
---
OUT = Step_9.sql
[lazy_attribute]
class Step_9:
    def __getattr__(self, name):
        self.sql = "SQL"
        return self.sql
---
step_9 = Step_9()
step_9.sql
OUT = step_9.__dict__["sql"]
[module_is_another_class]
import lazy_9
---
OUT = lazy_9.sql
=== lazy_9.py
import sys
import types
class Lazy(types.ModuleType):
    @property
    def sql(self):
        return "SQL"
sys.modules[__name__].__class__ = Lazy
[module_is_an_object]
import lazy_9
---
OUT = lazy_9.sql
=== lazy_9.py
import sys
class Lazy:
    sql = "SQL"
sys.modules[__name__] = Lazy()
[module_dictionary]
import steps_9
---
OUT = vars(steps_9)["sql"]
=== steps_9.py
sql = "SQL"
[module_changed_from_elsewhere]
import arm_9, steps_9
---
arm_9.arm()
OUT = steps_9.sql
=== steps_9.py
sql = "SELECT 1"
=== arm_9.py
import steps_9
def arm():
    steps_9.sql = "SQL"
[module_list_from_elsewhere]
from arm_9 import arm
from steps_9 import TEXTS as texts_9
---
arm()
OUT = texts_9[0]
=== steps_9.py
TEXTS = []
=== arm_9.py
from steps_9 import TEXTS
def arm():
    TEXTS.append("SQL")
[environ_default]
import os
---
os.environ.setdefault("TABLE_9", "TBL")
OUT = "HEAD " + os.environ["TABLE_9"] + " TAIL"
[set_of_one]
tables_9 = {"TBL", "spare"}
tables_9 -= {"spare"}
OUT = f"HEAD {tables_9.pop()} TAIL"
[dict_view_is_live]
kept_9 = {}
words_9 = kept_9.values()
kept_9["sql"] = "SQL"
OUT = list(words_9)[0]
[zip_of_a_list_that_grows]
texts_9 = []
pairs_9 = zip(texts_9, (1, 2))
texts_9.append("SQL")
OUT = next(pairs_9)[0]
[partial_keeps_its_arguments]
import functools
---
words_9 = ["HEAD"]
join_9 = functools.partial(" ".join, words_9)
words_9 += ["TBL", "TAIL"]
OUT = join_9()
[named_tuple_replaced_in_a_list]
import collections
Step_9 = collections.namedtuple("Step_9", "name sql")
---
steps_9 = [Step_9("a", "SELECT 1")]
steps_9[0] = steps_9[0]._replace(sql="SQL")
OUT = steps_9[0].sql
[frozen_object_forced]
import dataclasses
@dataclasses.dataclass(frozen=True)
class Step_9:
    sql: str = "SELECT 1"
    def __post_init__(self):
        object.__setattr__(self, "sql", "SQL")
---
OUT = Step_9().sql
[class_replaced]
class First_9:
    def sql(self):
        return "SELECT 1"
class Second_9:
    def sql(self):
        return "SQL"
---
step_9 = First_9()
step_9.__class__ = Second_9
OUT = step_9.sql()
[method_replaced]
class Step_9:
    def sql(self):
        return "SELECT 1"
---
Step_9.sql = lambda self: "SQL"
OUT = Step_9().sql()
[method_replaced_on_an_object]
import types
class Step_9:
    def sql(self):
        return "SELECT 1"
---
step_9 = Step_9()
step_9.sql = types.MethodType(lambda self: "SQL", step_9)
OUT = step_9.sql()
[truth_of_a_list]
pending_9 = []
if cond(0):
    pending_9.append("SQL")
OUT = pending_9[0] if pending_9 else "SELECT 1"
[tuple_of_a_branch]
if cond(0):
    head_9, rest_9 = "HEAD", "TBL TAIL"
else:
    head_9, rest_9 = "SELECT", "1"
OUT = f"{head_9} {rest_9}"
[object_of_a_branch]
class Read_9:
    sql = "SELECT 1"
class Write_9:
    sql = "SQL"
---
step_9 = Read_9() if cond(0) else Write_9()
OUT = step_9.sql
[kept_between_calls]
def step_9(kept={}):
    if "sql" not in kept:
        kept["sql"] = "SQL"
        return "SELECT 1"
    return kept["sql"]
step_9()
OUT = step_9()
[chain_map_write]
import collections
---
base_9 = {"sql": "SELECT 1"}
view_9 = collections.ChainMap({}, base_9)
view_9["sql"] = "SQL"
OUT = view_9["sql"]
[user_dict_write]
import collections
class Texts_9(collections.UserDict):
    def __setitem__(self, key, value):
        super().__setitem__(key.lower(), value)
---
texts_9 = Texts_9()
texts_9["SQL_KEY"] = "SQL"
OUT = texts_9["sql_key"]
[inherited_list]
class Base_9:
    steps = ["SELECT 1"]
class Mine_9(Base_9):
    steps = [*Base_9.steps, "SQL"]
---
OUT = Mine_9.steps[-1]
[type_of_a_class_body_loop]
class Steps_9:
    texts = {}
    for name in ("a", "b"):
        texts[name] = "SQL"
---
OUT = Steps_9.texts["b"]
""")
