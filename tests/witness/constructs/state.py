"""Shared state between where a text is put and where it is taken from."""

from __future__ import annotations

from witness.construct import Family

FAMILY = Family("state")

FAMILY.add(r"""
[dict_in_branches]
cfg_9 = {}
if cond(0):
    cfg_9["sql"] = "SQL"
else:
    cfg_9["sql"] = "SELECT 1"
OUT = cfg_9["sql"]
[dict_in_branches_other]
cfg_9 = {}
if cond(0):
    cfg_9["sql"] = "SELECT 1"
else:
    cfg_9["sql"] = "SQL"
OUT = cfg_9["sql"]
[dict_maybe]
cfg_9 = {"sql": "SQL"}
if cond(0):
    cfg_9["sql"] = "SELECT 1"
OUT = cfg_9["sql"]
[dict_update]
cfg_9 = {"sql": "SELECT 1"}
cfg_9.update({"sql": "SQL"})
OUT = cfg_9["sql"]
[dict_update_keywords]
cfg_9 = {"sql": "SELECT 1"}
cfg_9.update(sql="SQL")
OUT = cfg_9["sql"]
[dict_update_branch]
cfg_9 = {"sql": "SQL"}
if cond(0):
    cfg_9.update(sql="SELECT 1")
OUT = cfg_9["sql"]
[dict_update_pairs]
cfg_9 = {}
cfg_9.update([("sql", "SQL")])
OUT = cfg_9["sql"]
[dict_or_branch]
cfg_9 = {"sql": "SELECT 1"}
if cond(0):
    cfg_9 |= {"sql": "SQL"}
OUT = cfg_9["sql"]
[dict_del]
cfg_9 = {"sql": "SELECT 1"}
if cond(0):
    del cfg_9["sql"]
OUT = cfg_9.get("sql", "SQL")
[dict_pop]
cfg_9 = {"sql": "SELECT 1"}
if cond(0):
    cfg_9.pop("sql")
OUT = cfg_9.get("sql", "SQL")
[dict_clear]
cfg_9 = {"sql": "SELECT 1"}
cfg_9.clear()
OUT = cfg_9.get("sql", "SQL")
[dict_setdefault]
cfg_9 = {}
cfg_9.setdefault("sql", "SQL")
OUT = cfg_9["sql"]
[dict_setdefault_list]
cfg_9 = {}
cfg_9.setdefault("all", []).append("SQL")
OUT = cfg_9["all"][0]
[dict_alias]
cfg_9 = {}
other_9 = cfg_9
other_9["sql"] = "SQL"
OUT = cfg_9["sql"]
[dict_alias_branch]
cfg_9 = {"sql": "SELECT 1"}
other_9 = cfg_9 if cond(0) else {}
other_9["sql"] = "SQL"
OUT = cfg_9["sql"]
[dict_in_loop]
cfg_9 = {"sql": "SELECT 1"}
for _ in rows(0):
    cfg_9["sql"] = "SQL"
OUT = cfg_9["sql"]
[dict_unknown_key]
cfg_9 = {"sql": "SELECT 1"}
cfg_9["sql" if cond(0) else "other"] = "SQL"
OUT = cfg_9["sql"]
[call_changes_again]
sql_9 = ""

def fill_9():
    global sql_9
    sql_9 = "SQL"

def empty_9():
    global sql_9
    sql_9 = "SELECT 1"
---
fill_9()
empty_9()
fill_9()
OUT = sql_9
[dict_passed_twice]
seen_9 = []
def note_9(cfg):
    seen_9.append("HEAD " + cfg["table"] + " TAIL")
cfg_9 = {"table": "spare"}
note_9(cfg_9)
cfg_9["table"] = "TBL"
note_9(cfg_9)
OUT = seen_9[1]
[dict_argument]
def arm_9(cfg):
    cfg["sql"] = "SQL"
cfg_9 = {"sql": "SELECT 1"}
arm_9(cfg_9)
OUT = cfg_9["sql"]
[dict_argument_branch]
def arm_9(cfg):
    if cond(0):
        cfg["sql"] = "SQL"
cfg_9 = {"sql": "SELECT 1"}
arm_9(cfg_9)
OUT = cfg_9["sql"]
[dict_default_mutable]
def collect_9(sql=None, kept=[]):
    if sql:
        kept.append(sql)
    return kept
---
collect_9("SQL")
OUT = collect_9()[0]
[dict_nested]
cfg_9 = {"jobs": {}}
cfg_9["jobs"]["fill"] = "SQL"
OUT = cfg_9["jobs"]["fill"]
[dict_nested_alias]
jobs_9 = {}
cfg_9 = {"jobs": jobs_9}
jobs_9["fill"] = "SQL"
OUT = cfg_9["jobs"]["fill"]
[list_append]
waiting_9 = []
waiting_9.append("SQL")
OUT = waiting_9[0]
[list_append_branch]
waiting_9 = ["SELECT 1"]
if cond(0):
    waiting_9.append("SQL")
OUT = waiting_9[-1]
[list_append_loop]
waiting_9 = []
for table_9 in ("spare", "TBL"):
    waiting_9.append(f"HEAD {table_9} TAIL")
OUT = waiting_9[1]
[list_insert]
waiting_9 = ["SELECT 1"]
waiting_9.insert(0, "SQL")
OUT = waiting_9[0]
[list_item_set]
waiting_9 = ["SELECT 1"]
waiting_9[0] = "SQL"
OUT = waiting_9[0]
[list_item_set_branch]
waiting_9 = ["SELECT 1"]
if cond(0):
    waiting_9[0] = "SQL"
OUT = waiting_9[0]
[list_remove]
waiting_9 = ["SELECT 1", "SQL"]
waiting_9.remove("SELECT 1")
OUT = waiting_9[0]
[list_del]
waiting_9 = ["SELECT 1", "SQL"]
del waiting_9[0]
OUT = waiting_9[0]
[list_pop_branch]
waiting_9 = ["SQL", "SELECT 1"]
if cond(0):
    waiting_9.pop()
OUT = waiting_9[-1]
[list_reverse]
waiting_9 = ["SELECT 1", "SQL"]
waiting_9.reverse()
OUT = waiting_9[0]
[list_sort]
waiting_9 = ["b SELECT", "a SQL"]
waiting_9.sort()
OUT = waiting_9[0][2:]
[list_clear]
waiting_9 = ["SELECT 1"]
waiting_9.clear()
waiting_9.append("SQL")
OUT = waiting_9[0]
[list_alias]
waiting_9 = []
other_9 = waiting_9
other_9.append("SQL")
OUT = waiting_9[0]
[list_alias_two_names]
waiting_9 = kept_9 = []
kept_9 += ["SQL"]
OUT = waiting_9[0]
[list_argument]
def collect_9(into):
    into.append("SQL")
waiting_9 = []
collect_9(waiting_9)
OUT = waiting_9[0]
[list_global]
QUEUE_9 = []

def plan_9(sql):
    QUEUE_9.append(sql)
---
plan_9("SELECT 1")
plan_9("SQL")
OUT = QUEUE_9[1]
[list_global_drained]
QUEUE_9 = []

def plan_9(sql):
    QUEUE_9.append(sql)

def drain_9():
    while QUEUE_9:
        last = QUEUE_9.pop(0)
    return last
---
plan_9("SQL")
OUT = drain_9()
[set_add]
waiting_9 = set()
waiting_9.add("SQL")
(OUT,) = waiting_9
[set_discard]
waiting_9 = {"SQL", "SELECT 1"}
waiting_9.discard("SELECT 1")
(OUT,) = waiting_9
[global_name]
SQL_9 = "SELECT 1"

def choose_9():
    global SQL_9
    SQL_9 = "SQL"
---
choose_9()
OUT = SQL_9
[global_name_branch]
SQL_9 = "SELECT 1"

def choose_9():
    global SQL_9
    if cond(0):
        SQL_9 = "SQL"
    else:
        SQL_9 = "SELECT 2"
---
choose_9()
OUT = SQL_9
[global_maybe]
SQL_9 = "SQL"

def choose_9():
    global SQL_9
    if cond(0):
        SQL_9 = "SELECT 1"
---
choose_9()
OUT = SQL_9
[global_counter]
CALLS_9 = 0

def next_9():
    global CALLS_9
    CALLS_9 += 1
    return "SQL" if CALLS_9 == 2 else "SELECT 1"
---
next_9()
OUT = next_9()
[global_armed]
ARMED_9 = False

def step_9():
    global ARMED_9
    if ARMED_9:
        return "SQL"
    ARMED_9 = True
    return "SELECT 1"
---
step_9()
OUT = step_9()
[globals_dict]
globals()["SQL_9"] = "SQL"
OUT = SQL_9
[nonlocal_]
def work_9():
    sql = "SELECT 1"
    def choose():
        nonlocal sql
        sql = "SQL"
    choose()
    return sql
OUT = work_9()
[nonlocal_branches]
def work_9():
    sql = "SELECT 1"
    def choose():
        nonlocal sql
        if cond(0):
            sql = "SQL"
        else:
            sql = "SELECT 2"
    choose()
    return sql
OUT = work_9()
[nonlocal_counter]
def counter_9():
    count = 0
    def tick():
        nonlocal count
        count += 1
        return count
    return tick
tick_9 = counter_9()
tick_9()
OUT = "SQL" if tick_9() == 2 else "SELECT 1"
[closure_late]
sql_9 = "SELECT 1"
def read_9():
    return sql_9
sql_9 = "SQL"
OUT = read_9()
[closure_loop_late]
readers_9 = []
for sql_9 in ("SELECT 1", "SQL"):
    readers_9.append(lambda: sql_9)
OUT = readers_9[0]()
[closure_loop_bound]
readers_9 = []
for sql_9 in ("SQL", "SELECT 1"):
    readers_9.append(lambda sql=sql_9: sql)
OUT = readers_9[0]()
[class_attribute]
class Options_9:
    sql = "SELECT 1"
---
Options_9.sql = "SQL"
OUT = Options_9.sql
[class_attribute_branch]
class Options_9:
    sql = "SELECT 1"
---
if cond(0):
    Options_9.sql = "SQL"
OUT = Options_9.sql
[class_attribute_through_instance]
class Options_9:
    sql = "SELECT 1"
---
options_9 = Options_9()
Options_9.sql = "SQL"
OUT = options_9.sql
[class_attribute_inherited]
class Base_9:
    sql = "SELECT 1"

class Options_9(Base_9):
    pass
---
Base_9.sql = "SQL"
OUT = Options_9().sql
[class_attribute_cls]
class Options_9:
    sql = "SELECT 1"

    @classmethod
    def arm(cls):
        cls.sql = "SQL"
---
Options_9.arm()
OUT = Options_9.sql
[class_list_shared]
class Steps_9:
    waiting = []

    def add(self, sql):
        self.waiting.append(sql)
---
Steps_9().add("SQL")
OUT = Steps_9().waiting[0]
[class_setattr]
class Options_9:
    sql = "SELECT 1"
---
setattr(Options_9, "sql", "SQL")
OUT = Options_9.sql
[class_delattr]
class Base_9:
    sql = "SQL"

class Options_9(Base_9):
    sql = "SELECT 1"
---
del Options_9.sql
OUT = Options_9.sql
[instance_attribute]
class Step_9:
    sql = None
---
step_9 = Step_9()
step_9.sql = "SQL"
OUT = step_9.sql
[instance_attribute_branch]
class Step_9:
    sql = "SELECT 1"
---
step_9 = Step_9()
if cond(0):
    step_9.sql = "SQL"
OUT = step_9.sql
[instance_attribute_maybe_safe]
class Step_9:
    def __init__(self):
        self.sql = "SQL"
---
step_9 = Step_9()
if cond(0):
    step_9.sql = "SELECT 1"
OUT = step_9.sql
[instance_alias]
class Step_9:
    sql = "SELECT 1"
---
step_9 = Step_9()
other_9 = step_9
other_9.sql = "SQL"
OUT = step_9.sql
[instance_method_sets]
class Step_9:
    def __init__(self):
        self.table = "spare"

    def use(self, table):
        self.table = table

    def sql(self):
        return f"HEAD {self.table} TAIL"
---
step_9 = Step_9()
step_9.use("TBL")
OUT = step_9.sql()
[instance_run_twice]
class Step_9:
    sql = None

    def get(self):
        return self.sql
---
step_9 = Step_9()
step_9.sql = "SELECT 1"
step_9.get()
step_9.sql = "SQL"
OUT = step_9.get()
[instance_two]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
---
first_9, second_9 = Step_9("SELECT 1"), Step_9("SQL")
first_9.sql = "SELECT 2"
OUT = second_9.sql
[instance_in_dict]
class Step_9:
    sql = "SELECT 1"
---
kept_9 = {"step": Step_9()}
kept_9["step"].sql = "SQL"
OUT = kept_9["step"].sql
[instance_passed]
class Step_9:
    sql = "SELECT 1"

def arm_9(step):
    step.sql = "SQL"
---
step_9 = Step_9()
arm_9(step_9)
OUT = step_9.sql
[instance_dict_update]
class Step_9:
    sql = "SELECT 1"
---
step_9 = Step_9()
step_9.__dict__.update(sql="SQL")
OUT = step_9.sql
[instance_vars]
class Step_9:
    pass
---
step_9 = Step_9()
vars(step_9)["sql"] = "SQL"
OUT = step_9.sql
[singleton]
class Config_9:
    _one = None

    def __new__(cls):
        if cls._one is None:
            cls._one = super().__new__(cls)
        return cls._one
---
Config_9().sql = "SQL"
OUT = Config_9().sql
[property_backed]
class Step_9:
    _sql = "SELECT 1"

    @property
    def sql(self):
        return self._sql

    @sql.setter
    def sql(self, text):
        self._sql = text
---
step_9 = Step_9()
step_9.sql = "SQL"
OUT = step_9.sql
[dataclass_set]
from dataclasses import dataclass

@dataclass
class Step_9:
    sql: str = "SELECT 1"
---
step_9 = Step_9()
if cond(0):
    step_9.sql = "SQL"
OUT = step_9.sql
[namespace_set]
from types import SimpleNamespace
---
state_9 = SimpleNamespace(sql="SELECT 1")
state_9.sql = "SQL"
OUT = state_9.sql
[function_attribute]
def state_9():
    pass
state_9.sql = "SQL"
OUT = state_9.sql
[module_attribute]
import helper_9
---
helper_9.STATEMENT = "SQL"
OUT = helper_9.get()
=== helper_9.py
STATEMENT = "SELECT 1"

def get():
    return STATEMENT
[name_branch]
OUT = "SELECT 1"
if cond(0):
    OUT = "SQL"
[name_branch_other]
OUT = "SQL"
if cond(0):
    OUT = "SELECT 1"
[name_loop]
OUT = "SELECT 1"
for candidate_9 in ("SELECT 2", "SQL"):
    if cond(0):
        OUT = candidate_9
        break
[name_loop_last]
OUT = "SELECT 1"
for OUT in ("SELECT 2", "SQL"):
    if cond(0):
        break
[name_while]
OUT = "SQL"
while go(0):
    OUT = "SELECT 1"
[name_while_second]
OUT = "SELECT 1"
next_9 = "SELECT 2"
while go(0):
    OUT = next_9
    next_9 = "SQL"
[name_try]
OUT = "SELECT 1"
try:
    OUT = "SQL"
    risky(0)
    OUT = "SELECT 2"
except RuntimeError:
    pass
[name_try_else]
try:
    risky(0)
except RuntimeError:
    OUT = "SELECT 1"
else:
    OUT = "SQL"
[name_finally]
OUT = "SQL"
try:
    risky(0)
    OUT = "SELECT 1"
except RuntimeError:
    pass
finally:
    OUT = OUT + " "
[name_with]
from contextlib import suppress
---
OUT = "SELECT 1"
with suppress(RuntimeError):
    OUT = "SQL"
    risky(0)
    OUT = "SELECT 2"
[name_match]
match len(rows(0)):
    case 0:
        OUT = "SELECT 1"
    case _:
        OUT = "SQL"
[name_del]
kept_9 = "SQL"
OUT = kept_9
del kept_9
[name_swap]
a_9, b_9 = "SELECT 1", "SQL"
if cond(0):
    a_9, b_9 = b_9, a_9
OUT = a_9
[name_tuple_branch]
head_9, table_9 = "SELECT * FROM", "spare"
if cond(0):
    head_9, table_9 = "HEAD", "TBL"
OUT = f"{head_9} {table_9}" + (" TAIL" if table_9 != "spare" else "")
[name_correlated]
if cond(0):
    head_9, tail_9 = "HEAD TBL", "TAIL"
else:
    head_9, tail_9 = "SELECT 1", ""
OUT = head_9 + " " + tail_9
[memo_closure_loop]
def retry_9(function):
    return function()
kept_9 = []
for table_9 in ("spare", "TBL"):
    kept_9.append(retry_9(lambda: f"HEAD {table_9} TAIL"))
OUT = kept_9[1]
[memo_self]
class Step_9:
    def __init__(self, table):
        self.table = table

    def sql(self):
        return f"HEAD {self.table} TAIL"
---
for step_9 in (Step_9("spare"), Step_9("TBL")):
    OUT = step_9.sql()
[memo_argument_object]
class Box_9:
    pass

def read_9(box):
    return box.sql
---
box_9 = Box_9()
box_9.sql = "SELECT 1"
read_9(box_9)
box_9.sql = "SQL"
OUT = read_9(box_9)
[memo_global_between]
TABLE_9 = "spare"

def sql_9():
    return f"HEAD {TABLE_9} TAIL"

def use_9(table):
    global TABLE_9
    TABLE_9 = table
---
sql_9()
use_9("TBL")
OUT = sql_9()
[registry_dict]
REGISTRY_9 = {}

def register_9(name):
    def decorate(function):
        REGISTRY_9[name] = function
        return function
    return decorate

@register_9("fill")
def fill_9():
    return "SQL"
---
OUT = REGISTRY_9["fill"]()
[registry_list]
STEPS_9 = []

def step_9(function):
    STEPS_9.append(function)
    return function

@step_9
def fill_9():
    return "SQL"
---
for each_9 in STEPS_9:
    OUT = each_9()
[registry_subclasses]
class Step_9:
    sql = ""

class Fill_9(Step_9):
    sql = "SQL"
---
for cls_9 in Step_9.__subclasses__():
    OUT = cls_9.sql
[registry_init_subclass]
class Step_9:
    known = []

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        Step_9.known.append(cls)

class Fill_9(Step_9):
    sql = "SQL"
---
OUT = Step_9.known[0].sql
[registry_metaclass]
class Meta_9(type):
    known = []

    def __init__(cls, name, bases, names):
        super().__init__(name, bases, names)
        Meta_9.known.append(cls)

class Fill_9(metaclass=Meta_9):
    sql = "SQL"
---
OUT = Meta_9.known[0].sql
[context_var]
import contextvars

SQL_9 = contextvars.ContextVar("sql", default="SELECT 1")
---
SQL_9.set("SQL")
OUT = SQL_9.get()
[queue_]
import queue
---
queue_9 = queue.Queue()
queue_9.put("SQL")
OUT = queue_9.get()
[deque_]
from collections import deque
---
waiting_9 = deque()
waiting_9.appendleft("SQL")
waiting_9.append("SELECT 1")
OUT = waiting_9[0]
[counter_]
from collections import Counter
---
counts_9 = Counter(["TBL"])
OUT = f"HEAD {counts_9.most_common(1)[0][0]} TAIL"
[environ]
os.environ["FILL_9"] = "SQL"
OUT = os.environ["FILL_9"]
[generator_state]
def numbered_9():
    sql = "SELECT 1"
    while True:
        yield sql
        sql = "SQL"
running_9 = numbered_9()
next(running_9)
OUT = next(running_9)
[partial_state]
from functools import partial

def put_9(into, sql):
    into["sql"] = sql
---
state_9 = {}
partial(put_9, state_9)("SQL")
OUT = state_9["sql"]
[exit_sets]
class Sets_9:
    def __init__(self, into):
        self.into = into

    def __enter__(self):
        self.into["sql"] = "SELECT 1"

    def __exit__(self, *error):
        self.into["sql"] = "SQL"
---
state_9 = {}
with Sets_9(state_9):
    pass
OUT = state_9["sql"]
[iterator_shared]
running_9 = iter(["SELECT 1", "SQL"])
next(running_9)
OUT = next(running_9)
[del_global]
SQL_9 = "SELECT 1"

def reset_9():
    global SQL_9
    del SQL_9
---
reset_9()
try:
    OUT = SQL_9
except NameError:
    OUT = "SQL"
[try_import_handle]
try:
    from not_there_9 import text
except ImportError:
    from sqlalchemy import text
---
OUT = str(text("SQL"))
[put_and_taken]
box_9 = {}
box_9["text"] = TEXT
OUT = box_9["text"]
[put_in_list]
list_9 = []
list_9.append(TEXT)
OUT = list_9[0]
[put_in_object]
class Box_9:
    pass
---
box_9 = Box_9()
box_9.text = TEXT
OUT = box_9.text
[put_in_global]
KEPT_9 = None
---
global KEPT_9
KEPT_9 = TEXT
OUT = KEPT_9
[put_through_function]
def same_9(text):
    return text
---
OUT = same_9(TEXT)
[put_in_class]
class Box_9:
    text = None
---
Box_9.text = TEXT
OUT = Box_9.text
[put_in_branch]
box_9 = {"text": "SELECT 1"}
if cond(0):
    box_9["text"] = TEXT
OUT = box_9["text"]
[buffer_poured_into opaque]
import io
import unseen
---
buffer_9 = io.StringIO()
unseen.pour(("HEAD", "TBL", "TAIL"), buffer_9)
OUT = buffer_9.getvalue()
[list_put_into opaque]
import unseen
---
texts_9 = ["SELECT 1"]
unseen.put(("HEAD", "TBL", "TAIL"), texts_9)
OUT = texts_9[-1]
[dict_put_into opaque]
import unseen
---
texts_9 = {"sql": "SELECT 1"}
unseen.put(("HEAD", "TBL", "TAIL"), texts_9)
OUT = texts_9["sql"]
[list_put_into_deep opaque]
import unseen
---
texts_9 = []
holder_9 = {"texts": texts_9}
unseen.run_each([lambda: unseen.put(("HEAD", "TBL", "TAIL"), holder_9["texts"])])
OUT = texts_9[0] if texts_9 else "SELECT 1"
""")
