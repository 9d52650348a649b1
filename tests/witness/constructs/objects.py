"""Further ways to the database: what Python calls of an object without naming it, and texts that are code."""

from __future__ import annotations

from witness.constructs.ways import FAMILY

FAMILY.add(r"""
[hook_of_copy]
import copy
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __copy__(self):
        op.execute(self.sql)
        return self
---
copy.copy(Step_9(TEXT))
[hook_of_deepcopy]
import copy
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __deepcopy__(self, memo):
        op.execute(self.sql)
        return self
---
copy.deepcopy([Step_9(TEXT)])
[hook_of_pickle]
import pickle
def made_9(sql):
    op.execute(sql)
class Step_9:
    def __reduce__(self):
        return made_9, (self.sql,)
---
step_9 = Step_9()
step_9.sql = TEXT
try:
    pickle.loads(pickle.dumps(step_9))
except pickle.PicklingError:
    made_9(TEXT)
[hook_of_int]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __int__(self):
        op.execute(self.sql)
        return 1
---
int(Step_9(TEXT))
[hook_of_float]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __float__(self):
        op.execute(self.sql)
        return 1.0
---
f"{float(Step_9(TEXT)):.1f}"
[hook_of_round]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __round__(self, digits=0):
        op.execute(self.sql)
---
round(Step_9(TEXT), 1)
[hook_of_abs]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __abs__(self):
        op.execute(self.sql)
---
abs(Step_9(TEXT))
[hook_of_divmod]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __divmod__(self, other):
        op.execute(self.sql)
        return 0, 0
---
divmod(Step_9(TEXT), 2)
[hook_of_pow]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __pow__(self, other, modulus=None):
        op.execute(self.sql)
---
pow(Step_9(TEXT), 2)
[hook_of_invert]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __invert__(self):
        op.execute(self.sql)
---
~Step_9(TEXT)
[hook_of_bytes]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __bytes__(self):
        op.execute(self.sql)
        return b""
---
bytes(Step_9(TEXT))
[hook_of_a_path]
import os
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __fspath__(self):
        op.execute(self.sql)
        return "."
---
os.path.join(Step_9(TEXT), "x")
[hook_of_repr]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __repr__(self):
        op.execute(self.sql)
        return ""
---
f"{[Step_9(TEXT)]}"
[hook_of_repr_in_format]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __repr__(self):
        op.execute(self.sql)
        return ""
---
"%r" % (Step_9(TEXT),)
[hook_of_dir]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __dir__(self):
        op.execute(self.sql)
        return []
---
dir(Step_9(TEXT))
[hook_of_missing]
class Steps_9(dict):
    def __missing__(self, key):
        op.execute(key)
        return key
---
Steps_9()[TEXT]
[hook_of_a_factory]
import collections
---
sql_9 = TEXT
steps_9 = collections.defaultdict(lambda: op.execute(sql_9))
steps_9["fill"]
[hook_of_attribute_deletion]
class Step_9:
    def __init__(self, sql):
        self.__dict__["sql"] = sql
    def __delattr__(self, name):
        op.execute(self.sql)
---
del Step_9(TEXT).name
[hook_of_an_index]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __index__(self):
        op.execute(self.sql)
        return 0
---
["a"][Step_9(TEXT)]
[hook_of_range]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __index__(self):
        op.execute(self.sql)
        return 1
---
for number_9 in range(Step_9(TEXT)):
    pass
[hook_of_a_set]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __hash__(self):
        op.execute(self.sql)
        return 1
---
{Step_9(TEXT)}
[hook_of_equality_in_a_list]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __eq__(self, other):
        op.execute(self.sql)
        return True
---
["a"].index(Step_9(TEXT))
[hook_of_order]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __lt__(self, other):
        op.execute(self.sql)
        return True
---
max([Step_9(TEXT), Step_9("SELECT 1")], key=lambda one: one)
[hook_of_sum]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __radd__(self, other):
        op.execute(self.sql)
        return other
---
sum([Step_9(TEXT)])
[hook_of_join]
class Steps_9:
    def __init__(self, sql):
        self.sql = sql
    def __iter__(self):
        op.execute(self.sql)
        yield "a"
---
",".join(Steps_9(TEXT))
[hook_of_unpacking]
class Steps_9:
    def __init__(self, sql):
        self.sql = sql
    def __iter__(self):
        op.execute(self.sql)
        yield 1
        yield 2
---
first_9, second_9 = Steps_9(TEXT)
[hook_of_keys]
class Steps_9:
    def __init__(self, sql):
        self.sql = sql
    def keys(self):
        op.execute(self.sql)
        return ["a"]
    def __getitem__(self, key):
        return key
---
dict(**Steps_9(TEXT))
[hook_of_isinstance]
class Kind_9(type):
    sql = None
    def __instancecheck__(cls, other):
        op.execute(cls.sql)
        return True
class Step_9(metaclass=Kind_9):
    pass
---
Kind_9.sql = TEXT
isinstance(1, Step_9)
[hook_of_a_loop_backwards]
class Steps_9:
    def __init__(self, sql):
        self.sql = sql
    def __reversed__(self):
        op.execute(self.sql)
        return iter(())
---
for step_9 in reversed(Steps_9(TEXT)):
    pass
[hook_of_await]
import asyncio
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __await__(self):
        op.execute(self.sql)
        return iter(())
async def main_9(sql):
    await Step_9(sql)
---
asyncio.run(main_9(TEXT))
[hook_of_async_for]
import asyncio
class Steps_9:
    def __init__(self, sql):
        self.sql = sql
    def __aiter__(self):
        return self
    async def __anext__(self):
        if self.sql is None:
            raise StopAsyncIteration
        sql, self.sql = self.sql, None
        return sql
async def main_9(sql):
    async for one in Steps_9(sql):
        op.execute(one)
---
asyncio.run(main_9(TEXT))
[hook_of_bases]
class Base_9:
    def __init__(self, sql):
        self.sql = sql
    def __mro_entries__(self, bases):
        op.execute(self.sql)
        return ()
---
class Step_9(Base_9(TEXT)):
    pass
[hook_of_a_class_call]
class Kind_9(type):
    def __call__(cls, sql):
        op.execute(sql)
        return super().__call__()
class Step_9(metaclass=Kind_9):
    pass
---
Step_9(TEXT)
[hook_of_new]
class Step_9(str):
    def __new__(cls, sql):
        op.execute(sql)
        return super().__new__(cls, sql)
---
Step_9(TEXT)
[hook_of_init_above]
class Above_9:
    def __init__(self, sql, *more):
        op.execute(sql)
class Step_9(Above_9):
    def __init__(self, *words):
        super().__init__(*words)
---
Step_9(TEXT)
[hook_of_reflected_operator]
class Step_9:
    def __ror__(self, other):
        op.execute(other)
---
TEXT | Step_9()
[hook_of_augmented]
class Steps_9:
    def __iadd__(self, sql):
        op.execute(sql)
        return self
---
steps_9 = Steps_9()
steps_9 += TEXT
[hook_of_at]
class Steps_9:
    def __matmul__(self, sql):
        op.execute(sql)
---
Steps_9() @ TEXT
[hook_of_comparison_chain]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def __gt__(self, other):
        op.execute(self.sql)
        return True
---
1 < Step_9(TEXT)
[hook_of_match]
class Step_9:
    __match_args__ = ("sql",)
    def __init__(self, sql):
        self.sql = sql
---
match Step_9(TEXT):
    case Step_9(sql_9):
        op.execute(sql_9)
[dataclass_init_of_its_own]
import dataclasses
@dataclasses.dataclass(init=False)
class Step_9:
    sql: str
    def __init__(self, sql):
        self.sql = sql
        op.execute(self.sql)
---
Step_9(TEXT)
[dataclass_given_to_init]
import dataclasses
@dataclasses.dataclass
class Step_9:
    sql: dataclasses.InitVar[str]
    def __post_init__(self, sql):
        op.execute(sql)
---
Step_9(TEXT)
[dataclass_above]
import dataclasses
@dataclasses.dataclass
class Above_9:
    sql: str
    def __post_init__(self):
        op.execute(self.sql)
@dataclasses.dataclass
class Step_9(Above_9):
    name: str = "x"
---
Step_9(sql=TEXT)
[dataclass_made]
import dataclasses
Step_9 = dataclasses.make_dataclass("Step_9", ["sql"])
---
op.execute(Step_9(TEXT).sql)
[dataclass_compared]
import dataclasses
@dataclasses.dataclass(order=True)
class Step_9:
    number: int
    sql: str
---
op.execute(sorted([Step_9(2, "SELECT 1"), Step_9(1, TEXT)])[0].sql)
[named_tuple_method]
import typing
class Step_9(typing.NamedTuple):
    sql: str
    name: str = "fill"
    def run(self):
        op.execute(self.sql)
---
Step_9(TEXT).run()
[named_tuple_from_rows]
import collections
Step_9 = collections.namedtuple("Step_9", ["name", "sql"])
---
for step_9 in map(Step_9._make, [("fill", TEXT)]):
    op.execute(step_9.sql)
[namespace_of_words]
import types
---
step_9 = types.SimpleNamespace(**{"sql": TEXT})
op.execute(step_9.sql)
[namespace_method]
import types
---
step_9 = types.SimpleNamespace(run=op.execute)
step_9.run(TEXT)
[typed_dict_step]
import typing
class Step_9(typing.TypedDict):
    sql: str
---
step_9: Step_9 = {"sql": TEXT}
op.execute(step_9["sql"])
[enum_with_values]
import enum
class Step_9(enum.Enum):
    READ = ("read", False)
    FILL = ("fill", True)
    def __init__(self, word, writes):
        self.word, self.writes = word, writes
---
for step_9 in Step_9:
    if step_9.writes:
        op.execute(TEXT)
[enum_missing]
import enum
class Step_9(enum.Enum):
    READ = 1
    @classmethod
    def _missing_(cls, value):
        op.execute(value)
        return cls.READ
---
Step_9(TEXT)
[property_of_a_class_above]
class Above_9:
    def __init__(self, sql):
        self.sql = sql
    @property
    def done(self):
        return op.execute(self.sql)
class Step_9(Above_9):
    @property
    def done(self):
        return super().done
---
Step_9(TEXT).done
[property_cached]
import functools
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    @functools.cached_property
    def done(self):
        op.execute(self.sql)
        return True
---
Step_9(TEXT).done
[property_read_by_name]
import operator
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    @property
    def done(self):
        return op.execute(self.sql)
---
operator.attrgetter("done")(Step_9(TEXT))
[property_in_a_condition]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    @property
    def done(self):
        op.execute(self.sql)
        return True
---
if hasattr(Step_9(TEXT), "done"):
    pass
[property_in_a_match]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    @property
    def done(self):
        op.execute(self.sql)
        return True
---
match Step_9(TEXT):
    case Step_9(done=True):
        pass
[descriptor_that_runs]
class Run_9:
    def __set__(self, instance, sql):
        op.execute(sql)
class Step_9:
    sql = Run_9()
---
Step_9().sql = TEXT
[descriptor_given_a_class]
class Run_9:
    def __get__(self, instance, owner):
        op.execute(owner.sql)
class Step_9:
    run = Run_9()
    sql = None
---
Step_9.sql = TEXT
Step_9.run
[method_kept_in_a_class_attribute]
class Steps_9:
    run = op.execute
---
Steps_9.run(TEXT)
[method_kept_in_a_default]
def work_9(sql, run=op.execute):
    run(sql)
---
work_9(TEXT)
[method_of_a_wrapped_handle]
class Db_9:
    def __init__(self, inner):
        self.__dict__["inner"] = inner
    def __getattr__(self, name):
        found = getattr(self.inner, name)
        return lambda *args, **kwargs: found(*args, **kwargs)
---
Db_9(op).execute(TEXT)
[method_through_slots]
class Db_9:
    __slots__ = ("run",)
    def __init__(self, handle):
        self.run = handle.execute
---
Db_9(op).run(TEXT)
[exec_defines_a_function]
space_9 = {"op": op}
exec("def run(sql):\n    op.execute(sql)\n", space_9)
space_9["run"](TEXT)
[exec_of_lines]
lines_9 = ["for one in texts:", "    op.execute(one)"]
exec("\n".join(lines_9), {"op": op, "texts": [TEXT]})
[exec_of_a_file]
from pathlib import Path
---
path_9 = Path(__file__).with_name("steps_9.txt")
exec(path_9.read_text(), {"op": op, "sql": TEXT})
=== steps_9.txt
op.execute(sql)
[exec_of_a_changed_tree opaque]
import ast
---
tree_9 = ast.parse("op.execute('SELECT 1')")
tree_9.body[0].value.args[0].value = TEXT
exec(compile(tree_9, "steps", "exec"), {"op": op})
[exec_compiled]
import ast
---
exec(compile(ast.parse("op.execute(sql)"), "steps", "exec"), {"op": op, "sql": TEXT})
[eval_of_a_lambda]
eval("lambda sql: op.execute(sql)")(TEXT)
[eval_with_locals]
sql_9 = TEXT
eval("op.execute(sql)", {"op": op}, {"sql": sql_9})
[type_made_with_methods]
Step_9 = type("Step_9", (), {"run": lambda self, sql: op.execute(sql)})
---
Step_9().run(TEXT)
[type_made_with_an_init]
def init_9(self, sql):
    op.execute(sql)
Step_9 = type("Step_9", (object,), {"__init__": init_9})
---
Step_9(TEXT)
[class_made_by_a_function]
def made_9(handle):
    class Step:
        def run(self, sql):
            handle.execute(sql)
    return Step
---
made_9(op)().run(TEXT)
[abstract_method_below]
import abc
class Above_9(abc.ABC):
    def __init__(self, sql):
        self.run(sql)
    @abc.abstractmethod
    def run(self, sql):
        pass
class Step_9(Above_9):
    def run(self, sql):
        op.execute(sql)
---
Step_9(TEXT)
[mixin_order]
class One_9:
    def run(self, sql):
        pass
class Two_9:
    def run(self, sql):
        op.execute(sql)
class Step_9(Two_9, One_9):
    pass
---
Step_9().run(TEXT)
[mixin_passes_on]
class One_9:
    def run(self, sql):
        super().run(sql)
class Two_9:
    def run(self, sql):
        op.execute(sql)
class Step_9(One_9, Two_9):
    pass
---
Step_9().run(TEXT)
[shell_heredoc]
import subprocess
---
subprocess.run(["psql", "-v", "ON_ERROR_STOP=1", "-c", TEXT, "shop"], check=True)
[shell_long_option]
import subprocess
---
subprocess.check_output(["psql", "--command=" + TEXT])
[shell_path_and_input]
import subprocess
---
subprocess.run("/usr/bin/psql shop", shell=True, input=TEXT, text=True)
[shell_of_what_is_put_out_of_sight opaque]
import subprocess
import unseen
---
texts_9 = {"sql": "SELECT 1"}
unseen.put(TEXT.split(), texts_9)
subprocess.call(["mysql", "-e", texts_9["sql"]])
[shell_through_a_function]
import subprocess
def psql_9(*words):
    return subprocess.run(["psql", *words], check=True)
---
psql_9("-c", TEXT)
[shell_pipe]
import subprocess
---
with subprocess.Popen(["sqlite3", "shop.db"], stdin=subprocess.PIPE) as client_9:
    client_9.communicate(TEXT.encode())
""")
