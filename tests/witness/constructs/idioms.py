"""Programs as honest repositories have them, each for itself: managers of contexts, registries, descriptors, buffers, aliases."""

from __future__ import annotations

from witness.construct import Family

FAMILY = Family("idioms")

FAMILY.add(r"""
[exitstack_pop_all alone]
import contextlib
---
with contextlib.ExitStack() as stack:
    stack.callback(op.execute, "SQL")
    kept = stack.pop_all()
kept.close()
[exitstack_subclass alone]
import contextlib
class Unit(contextlib.ExitStack):
    def __init__(self):
        super().__init__()
        self.callback(self.finish)
    def finish(self):
        op.execute("SQL")
---
with Unit():
    pass
[exitstack_decorator_callback alone]
import contextlib
---
with contextlib.ExitStack() as stack:
    @stack.callback
    def last():
        op.execute("SQL")
[exitstack_push_method alone]
import contextlib
class Cm:
    def __exit__(self, *exc):
        op.execute("SQL")
---
with contextlib.ExitStack() as stack:
    stack.push(Cm())
[abstract_cm alone]
import contextlib
class Base(contextlib.AbstractContextManager):
    def __exit__(self, *exc):
        self.done()
        return None
class Mine(Base):
    def done(self):
        op.execute("SQL")
---
with Mine():
    pass
[contextdecorator_exit alone]
import contextlib
class wrap(contextlib.ContextDecorator):
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        op.execute("SQL")
@wrap()
def work():
    pass
---
work()
[aexit_stack alone]
import asyncio, contextlib
async def later():
    op.execute("SQL")
async def main():
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(later)
---
asyncio.run(main())
[methodcaller_map alone]
from operator import methodcaller
class Step:
    def run(self, table):
        op.execute(f"HEAD {table} TAIL")
---
list(map(methodcaller("run", "TBL"), [Step()]))
[attrgetter_nested alone]
from operator import attrgetter
class Inner:
    def go(self):
        op.execute("SQL")
class Outer:
    inner = Inner()
---
attrgetter("inner.go")(Outer())()
[itemgetter_fn alone]
from operator import itemgetter
---
steps = {"a": lambda: op.execute("SQL")}
itemgetter("a")(steps)()
[chain_from_iterable alone]
import itertools
---
groups = [[lambda: op.execute("SQL")], [lambda: op.execute("SQL2")]]
for f in itertools.chain.from_iterable(groups):
    f()
[takewhile_pred alone]
import itertools
def pred(x):
    op.execute("SQL")
    return x
---
list(itertools.takewhile(pred, [1, 2]))
[accumulate_fn alone]
import itertools
---
list(itertools.accumulate(["TBL", "TBL2"], lambda a, b: op.execute(f"HEAD {a} TAIL") or op.execute("SQL2")))
[tee alone]
import itertools
---
a, b = itertools.tee(["SQL"])
for s in b:
    op.execute(s)
[zip_longest alone]
import itertools
---
for a, b in itertools.zip_longest(["SQL"], ["SQL2", "SQL3"]):
    if a:
        op.execute(a)
    op.execute(b)
[pairwise alone]
import itertools
---
for a, b in itertools.pairwise(["SQL", "SQL2"]):
    op.execute(a)
    op.execute(b)
[permutations alone]
import itertools
---
for p in itertools.permutations(["SQL", "SQL2"], 1):
    op.execute(p[0])
[combinations alone]
import itertools
---
for a, b in itertools.combinations(["SQL", "SQL2"], 2):
    op.execute(a); op.execute(b)
[compress alone]
import itertools
---
for s in itertools.compress(["SQL", "SELECT 1"], [True, False]):
    op.execute(s)
[cycle_next alone]
import itertools
---
c = itertools.cycle(["SQL"])
op.execute(next(c))
[repeat_map alone]
import itertools
---
list(map(op.execute, itertools.repeat("SQL", 1)))
[count_zip alone]
import itertools
---
for i, s in zip(itertools.count(), ["SQL"]):
    op.execute(s)
[islice_fn alone]
import itertools
---
for s in itertools.islice((x for x in ["SQL", "SELECT 1"]), 1):
    op.execute(s)
[dropwhile alone]
import itertools
---
for s in itertools.dropwhile(lambda x: x.startswith("SEL"), ["SELECT 1", "SQL"]):
    op.execute(s)
[filterfalse alone]
import itertools
---
for s in itertools.filterfalse(lambda x: x.startswith("SEL"), ["SELECT 1", "SQL"]):
    op.execute(s)
[weakref_finalize alone]
import weakref
class A: pass
---
a = A()
f = weakref.finalize(a, op.execute, "SQL")
f()
[weakref_finalize_del alone]
import weakref
class A: pass
---
a = A()
weakref.finalize(a, op.execute, "SQL")
del a
[weakmethod alone]
import weakref
class A:
    def run(self):
        op.execute("SQL")
---
a = A()
weakref.WeakMethod(a.run)()()
[weakvalue alone]
import weakref
class A:
    def run(self):
        op.execute("SQL")
---
reg = weakref.WeakValueDictionary()
a = A()
reg["a"] = a
reg["a"].run()
[weakset alone]
import weakref
class A:
    def run(self):
        op.execute("SQL")
---
reg = weakref.WeakSet()
a = A()
reg.add(a)
for x in reg:
    x.run()
[weakref_callback alone]
import weakref
class A: pass
---
a = A()
r = weakref.ref(a, lambda _: op.execute("SQL"))
del a
[contextvar_token alone]
import contextvars
sql = contextvars.ContextVar("sql", default="SELECT 1")
def work():
    op.execute(sql.get())
---
token = sql.set("SQL")
work()
sql.reset(token)
[contextvar_copy_run alone]
import contextvars
sql = contextvars.ContextVar("sql")
def work():
    op.execute(sql.get())
---
sql.set("SQL")
contextvars.copy_context().run(work)
[threading_local_attr alone]
import threading
state = threading.local()
def work():
    op.execute(state.sql)
---
state.sql = "SQL"
work()
[threading_local_sub alone]
import threading
class S(threading.local):
    sql = "SELECT 1"
    def __init__(self):
        self.sql = "SQL"
state = S()
---
op.execute(state.sql)
[lock_with alone]
import threading
lock = threading.Lock()
---
with lock:
    op.execute("SQL")
[signal_alarm alone]
import signal
def handler(*_):
    op.execute("SQL")
---
signal.signal(signal.SIGUSR1, handler)
signal.raise_signal(signal.SIGUSR1)
[set_name_exec alone]
class Field:
    def __set_name__(self, owner, name):
        op.execute("SQL")
---
class Model:
    a = Field()
[set_name_table alone]
class Field:
    def __set_name__(self, owner, name):
        self.table = name
    def __get__(self, obj, cls):
        op.execute(f"HEAD {self.table} TAIL")
class Model:
    TBL = Field()
---
Model().TBL
[missing_exec alone]
class D(dict):
    def __missing__(self, key):
        op.execute(f"HEAD {key} TAIL")
        return 1
---
D()["TBL"]
[missing_value alone]
class D(dict):
    def __missing__(self, key):
        return "SQL"
---
op.execute(D()["x"])
[missing_format_map alone]
class D(dict):
    def __missing__(self, key):
        return "TBL"
---
op.execute("HEAD {table} TAIL".format_map(D()))
[userdict alone]
from collections import UserDict
class D(UserDict):
    def __setitem__(self, k, v):
        op.execute(v)
        super().__setitem__(k, v)
---
D()["a"] = "SQL"
[userlist alone]
from collections import UserList
class L(UserList):
    def append(self, v):
        op.execute(v)
        super().append(v)
---
L().append("SQL")
[userlist_iter alone]
from collections import UserList
---
for s in UserList(["SQL"]):
    op.execute(s)
[abc_sequence_iter alone]
from collections.abc import Sequence
class S(Sequence):
    def __len__(self): return 1
    def __getitem__(self, i):
        if i > 0: raise IndexError
        op.execute("SQL")
        return i
---
for x in S():
    pass
[abc_iterator alone]
from collections.abc import Iterator
class I(Iterator):
    done = False
    def __next__(self):
        if self.done: raise StopIteration
        self.done = True
        op.execute("SQL")
        return 1
---
list(I())
[abc_callable_registry alone]
import abc
class Step(abc.ABC):
    registry = {}
    def __init_subclass__(cls, /, name=None, **kw):
        super().__init_subclass__(**kw)
        Step.registry[name] = cls
    @abc.abstractmethod
    def run(self): ...
class A(Step, name="a"):
    def run(self):
        op.execute("SQL")
class B(Step, name="b"):
    def run(self):
        op.execute("SQL2")
---
for name, cls in sorted(Step.registry.items()):
    cls().run()
[super_chain alone]
class A:
    def run(self):
        op.execute("SQL")
class B(A):
    def run(self):
        super().run()
        op.execute("SQL2")
class C(A):
    def run(self):
        super().run()
        op.execute("SQL3")
class D(B, C):
    def run(self):
        super().run()
---
D().run()
[super_two_args alone]
class A:
    def run(self):
        op.execute("SQL")
class B(A):
    def run(self):
        super(B, self).run()
---
B().run()
[super_in_classmethod alone]
class A:
    table = "nothing"
    @classmethod
    def run(cls):
        op.execute(f"HEAD {cls.table} TAIL")
class B(A):
    table = "TBL"
    @classmethod
    def run(cls):
        super().run()
---
B.run()
[super_property alone]
class A:
    @property
    def sql(self):
        return "SQL"
class B(A):
    @property
    def sql(self):
        return super().sql
---
op.execute(B().sql)
[super_init_kwargs alone]
class A:
    def __init__(self, **kw):
        for k, v in kw.items():
            setattr(self, k, v)
class B(A):
    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        op.execute(self.sql)
---
B(sql="SQL")
[functools_cached alone]
import functools
class A:
    @functools.cached_property
    def run(self):
        op.execute("SQL")
        return 1
---
a = A()
a.run
a.run
[functools_lru alone]
import functools
@functools.lru_cache(maxsize=None)
def work(t):
    op.execute(f"HEAD {t} TAIL")
---
work("TBL")
work("TBL")
[functools_partialmethod alone]
import functools
class A:
    def run(self, sql):
        op.execute(sql)
    go = functools.partialmethod(run, "SQL")
---
A().go()
[functools_wraps_dict alone]
import functools
REG = {}
def reg(name):
    def deco(f):
        @functools.wraps(f)
        def inner(*a, **k):
            return f(*a, **k)
        REG[name] = inner
        return inner
    return deco
@reg("one")
def one(sql):
    op.execute(sql)
---
for name, f in REG.items():
    f("SQL")
[functools_cmp_to_key alone]
import functools
def cmp(a, b):
    op.execute("SQL")
    return 0
---
sorted([1, 2], key=functools.cmp_to_key(cmp))
[singledispatch_register_call alone]
import functools
@functools.singledispatch
def run(x):
    pass
def run_str(x):
    op.execute(x)
run.register(str, run_str)
---
run("SQL")
[match_class_positional alone]
class P:
    __match_args__ = ("table", "tail")
    def __init__(self, table, tail):
        self.table, self.tail = table, tail
---
match P("TBL", "TAIL"):
    case P(t, tail):
        op.execute(f"HEAD {t} {tail}")
[match_nested alone]
---
match {"op": {"kind": "x", "sql": ["SQL", "SQL2"]}}:
    case {"op": {"kind": "x", "sql": [a, *rest]}}:
        op.execute(a)
        for r in rest:
            op.execute(r)
[match_rest alone]
---
match {"a": 1, "sql": "SQL"}:
    case {"a": 1, **rest}:
        op.execute(rest["sql"])
[match_subject_property alone]
class A:
    @property
    def x(self):
        op.execute("SQL")
        return 3
---
match A():
    case A(x=3):
        pass
[match_guard_effect alone]
def check(s):
    op.execute(s)
    return False
---
match "SQL":
    case s if check(s):
        pass
    case _:
        op.execute("SQL2")
[walrus_comp_filter alone]
---
[y for x in ["SQL"] if (y := op.execute(x)) is None]
[walrus_and alone]
---
if (s := "SQL") and cond(0):
    op.execute(s)
[walrus_while alone]
---
todo = ["SQL", "SQL2"]
while (s := todo.pop() if todo else None):
    op.execute(s)
[async_gen_anext alone]
import asyncio
async def gen():
    op.execute("SQL")
    yield 1
async def main():
    g = gen()
    await anext(g)
---
asyncio.run(main())
[async_comp alone]
import asyncio
async def gen():
    yield "SQL"
async def main():
    [op.execute(s) async for s in gen()]
---
asyncio.run(main())
[async_wait_for alone]
import asyncio
async def work():
    op.execute("SQL")
async def main():
    await asyncio.wait_for(work(), 1)
---
asyncio.run(main())
[async_as_completed alone]
import asyncio
async def work():
    return "SQL"
async def main():
    for f in asyncio.as_completed([work()]):
        op.execute(await f)
---
asyncio.run(main())
[async_runner alone]
import asyncio
async def work():
    op.execute("SQL")
---
with asyncio.Runner() as r:
    r.run(work())
[async_call_soon alone]
import asyncio
async def main():
    asyncio.get_running_loop().call_soon(op.execute, "SQL")
    await asyncio.sleep(0)
---
asyncio.run(main())
[async_queue alone]
import asyncio
async def main():
    q = asyncio.Queue()
    await q.put("SQL")
    op.execute(await q.get())
---
asyncio.run(main())
[await_object alone]
import asyncio
class A:
    def __await__(self):
        op.execute("SQL")
        return iter(())
async def main():
    await A()
---
asyncio.run(main())
[descriptor_get alone]
class D:
    def __get__(self, obj, cls):
        op.execute("SQL")
class A:
    x = D()
---
A().x
[descriptor_get_class alone]
class D:
    def __get__(self, obj, cls):
        op.execute("SQL")
class A:
    x = D()
---
A.x
[descriptor_delete alone]
class D:
    def __get__(self, obj, cls): return 1
    def __set__(self, obj, v): pass
    def __delete__(self, obj):
        op.execute("SQL")
class A:
    x = D()
---
a = A()
del a.x
[descriptor_returns_callable alone]
class D:
    def __init__(self, f): self.f = f
    def __get__(self, obj, cls):
        return lambda: self.f(obj)
class A:
    @D
    def run(self):
        op.execute("SQL")
---
A().run()
[metaclass_new alone]
class M(type):
    def __new__(mcs, name, bases, ns):
        cls = super().__new__(mcs, name, bases, ns)
        for k, v in ns.items():
            if k.startswith("run_"):
                v(None)
        return cls
---
class A(metaclass=M):
    def run_it(self):
        op.execute("SQL")
[metaclass_init alone]
class M(type):
    def __init__(cls, name, bases, ns):
        super().__init__(name, bases, ns)
        op.execute(ns["sql"])
---
class A(metaclass=M):
    sql = "SQL"
[metaclass_getattr alone]
class M(type):
    def __getattr__(cls, name):
        return lambda: op.execute(f"HEAD {name} TAIL")
class A(metaclass=M): pass
---
A.TBL()
[metaclass_iter alone]
class M(type):
    def __iter__(cls):
        yield "SQL"
class A(metaclass=M): pass
---
for s in A:
    op.execute(s)
[metaclass_getitem alone]
class M(type):
    def __getitem__(cls, k):
        op.execute(k)
class A(metaclass=M): pass
---
A["SQL"]
[metaclass_prepare alone]
class NS(dict):
    def __setitem__(self, k, v):
        if k == "sql":
            op.execute(v)
        super().__setitem__(k, v)
class M(type):
    @classmethod
    def __prepare__(mcs, name, bases):
        return NS()
    def __new__(mcs, name, bases, ns):
        return super().__new__(mcs, name, bases, dict(ns))
---
class A(metaclass=M):
    sql = "SQL"
[metaclass_inherited alone]
class M(type):
    def __init__(cls, name, bases, ns):
        if bases:
            op.execute(cls.sql)
class Base(metaclass=M): pass
---
class A(Base):
    sql = "SQL"
[class_getitem alone]
class A:
    def __class_getitem__(cls, k):
        op.execute(k)
        return cls
---
A["SQL"]
[instancecheck alone]
class M(type):
    def __instancecheck__(cls, x):
        op.execute("SQL")
        return True
class A(metaclass=M): pass
---
isinstance(3, A)
[del_scope_end alone]
class A:
    def __del__(self):
        op.execute("SQL")
---
def f():
    a = A()
f()
[del_none alone]
class A:
    def __del__(self):
        op.execute("SQL")
---
a = A()
a = None
[module_getattr alone]
import helper_9
---
helper_9.fill
=== helper_9.py
from alembic import op
def __getattr__(name):
    op.execute("SQL")
    return 1
[module_getattr_call alone]
import helper_9
---
helper_9.fill()
=== helper_9.py
from alembic import op
def __getattr__(name):
    return lambda: op.execute("SQL")
[module_getattr_from alone]
from helper_9 import fill
---
fill()
=== helper_9.py
from alembic import op
def __getattr__(name):
    def run():
        op.execute(f"HEAD TBL TAIL")
    return run
[module_getattr_table alone]
import helper_9
---
helper_9.TBL()
=== helper_9.py
from alembic import op
def __getattr__(name):
    return lambda: op.execute(f"HEAD {name} TAIL")
[module_getattr_lazy alone]
import pkg_9
---
pkg_9.work.run()
=== pkg_9/__init__.py
import importlib
def __getattr__(name):
    return importlib.import_module("." + name, __name__)
=== pkg_9/work.py
from alembic import op
def run():
    op.execute("SQL")
[module_getattr_lazy_map alone]
from pkg_9 import run
---
run()
=== pkg_9/__init__.py
import importlib
_LAZY = {"run": "pkg_9.work"}
def __getattr__(name):
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(name)
=== pkg_9/work.py
from alembic import op
def run():
    op.execute("SQL")
[star_import_all alone]
from helper_9 import *
---
run()
=== helper_9.py
from alembic import op as _op
__all__ = ["run"]
def run():
    _op.execute("SQL")
[star_import_overrides alone]
from helper_9 import *
---
op.execute("SELECT 1")
=== helper_9.py
from alembic import op as real
class op:
    @staticmethod
    def execute(s):
        real.execute("SQL")
[conditional_import alone]
try:
    import nothing_there
    from helper_9 import slow as run
except ImportError:
    from helper_9 import fast as run
---
run()
=== helper_9.py
from alembic import op
def slow():
    op.execute("SELECT 1")
def fast():
    op.execute("SQL")
[import_in_if alone]
import sys
if sys.version_info >= (3, 8):
    from helper_9 import run
else:
    run = None
---
run()
=== helper_9.py
from alembic import op
def run():
    op.execute("SQL")
[circular_import alone]
import helper_9
def work():
    op.execute("SQL")
---
helper_9.start(work)
=== helper_9.py
def start(f):
    f()
[type_alias_ann alone]
from typing import TypeAlias, Callable
Step: TypeAlias = Callable[[], None]
def a() -> None:
    op.execute("SQL")
steps: list[Step] = [a]
---
for s in steps:
    s()
[newtype alone]
from typing import NewType
Sql = NewType("Sql", str)
---
op.execute(Sql("SQL"))
[overload alone]
from typing import overload
@overload
def f(x: int) -> None: ...
@overload
def f(x: str) -> None: ...
def f(x):
    op.execute(x)
---
f("SQL")
[contextmanager_nested alone]
from contextlib import contextmanager
@contextmanager
def outer():
    with inner() as s:
        yield s
        op.execute("SQL2")
@contextmanager
def inner():
    try:
        yield "SQL"
    finally:
        op.execute("SQL3")
---
with outer() as s:
    op.execute(s)
[contextmanager_method alone]
from contextlib import contextmanager
class A:
    @contextmanager
    def tx(self, sql):
        yield self
        self.flush(sql)
    def flush(self, sql):
        op.execute(sql)
---
with A().tx("SQL") as a:
    pass
[generator_pipeline alone]
def read():
    yield from ["TBL", "TBL2"]
def make(ts):
    for t in ts:
        yield f"HEAD {t} TAIL" if t == "TBL" else "SQL2"
def run(ss):
    for s in ss:
        op.execute(s)
        yield s
---
for _ in run(make(read())):
    pass
[generator_send_exec alone]
def worker():
    while True:
        s = yield
        op.execute(s)
---
w = worker()
next(w)
w.send("SQL")
[generator_close alone]
def g():
    try:
        yield
    finally:
        op.execute("SQL")
---
x = g()
next(x)
x.close()
[generator_return_value alone]
def g():
    yield
    return "SQL"
def h():
    s = yield from g()
    op.execute(s)
---
list(h())
[event_bus alone]
class Bus:
    def __init__(self):
        self.handlers = {}
    def on(self, name):
        def deco(f):
            self.handlers.setdefault(name, []).append(f)
            return f
        return deco
    def emit(self, name, *a, **k):
        for f in self.handlers.get(name, ()):
            f(*a, **k)
bus = Bus()
@bus.on("go")
def first(sql):
    op.execute(sql)
---
bus.emit("go", "SQL")
[command_pattern alone]
from dataclasses import dataclass, field
@dataclass
class Cmd:
    sql: str
    def execute(self):
        op.execute(self.sql)
@dataclass
class Batch:
    cmds: list = field(default_factory=list)
    def add(self, c):
        self.cmds.append(c)
        return self
    def run(self):
        while self.cmds:
            self.cmds.pop(0).execute()
---
Batch().add(Cmd("SQL")).add(Cmd("SQL2")).run()
[fluent_builder alone]
class Q:
    def __init__(self): self.p = []
    def __getattr__(self, name):
        def add(x):
            self.p.append(f"{name.upper()} {x}")
            return self
        return add
    def run(self):
        op.execute(" ".join(self.p))
---
q = Q().update("TBL").set("a = 1")
q.run()
[visitor_getattr alone]
class V:
    def visit(self, node):
        return getattr(self, "visit_" + type(node).__name__.lower())(node)
    def visit_str(self, n):
        op.execute(n)
    def visit_list(self, n):
        for x in n:
            self.visit(x)
---
V().visit(["SQL", ["SQL2"]])
[plugin_entry alone]
PLUGINS = []
class Plugin:
    def __init_subclass__(cls, **k):
        PLUGINS.append(cls())
class P(Plugin):
    def up(self):
        op.execute("SQL")
---
for p in PLUGINS:
    p.up()
[mixin_cooperative alone]
class Log:
    def run(self, *a):
        return super().run(*a)
class Base:
    def run(self, sql):
        op.execute(sql)
class X(Log, Base): pass
---
X().run("SQL")
[dataclass_replace alone]
from dataclasses import dataclass, replace
@dataclass(frozen=True)
class S:
    table: str
    def up(self):
        op.execute(f"HEAD {self.table} TAIL")
---
replace(S("x"), table="TBL").up()
[dataclass_fields alone]
from dataclasses import dataclass, fields
@dataclass
class S:
    a: str = "SQL"
    b: str = "SQL2"
---
s = S()
for f in fields(s):
    op.execute(getattr(s, f.name))
[dataclass_slots_kw alone]
from dataclasses import dataclass, KW_ONLY
@dataclass(slots=True)
class S:
    a: str
    _: KW_ONLY
    b: str = "SQL"
---
op.execute(S("x").b)
[dataclass_eq_hook alone]
from dataclasses import dataclass
@dataclass(order=True)
class S:
    n: int
    def __hash__(self):
        op.execute("SQL")
        return 1
---
{S(1)}
[enum_property alone]
import enum
class E(enum.Enum):
    A = ("TBL", 1)
    def __init__(self, table, n):
        self.table = table
    @property
    def sql(self):
        return f"HEAD {self.table} TAIL"
---
op.execute(E.A.sql)
[enum_members alone]
import enum
class E(str, enum.Enum):
    A = "SQL"
    B = "SQL2"
---
for n, e in E.__members__.items():
    op.execute(e.value)
[enum_flag alone]
import enum
class F(enum.Flag):
    A = enum.auto()
    B = enum.auto()
def run(f):
    if F.A in f:
        op.execute("SQL")
---
run(F.A | F.B)
[enum_nonmember_call alone]
import enum
class Op(enum.Enum):
    UP = enum.nonmember(lambda: op.execute("SQL"))
---
Op.UP()
[enum_member_partial alone]
import enum, functools
class Op(enum.Enum):
    UP = functools.partial(lambda s: op.execute(s), "SQL")
---
(Op.UP if not isinstance(Op.UP, enum.Enum) else Op.UP.value)()
[slots_class alone]
class A:
    __slots__ = ("sql",)
    def __init__(self, sql): self.sql = sql
---
op.execute(A("SQL").sql)
[class_vars_loop alone]
class Sqls:
    first = "SQL"
    second = "SQL2"
---
for name, s in vars(Sqls).items():
    if not name.startswith("_"):
        op.execute(s)
[dir_methods alone]
class Steps:
    def step_1(self):
        op.execute("SQL")
    def step_2(self):
        op.execute("SQL2")
---
s = Steps()
for n in sorted(dir(s)):
    if n.startswith("step_"):
        getattr(s, n)()
[inspect_getmembers_module alone]
import inspect, sys
def step_1():
    op.execute("SQL")
---
for n, f in inspect.getmembers(sys.modules[__name__], inspect.isfunction):
    if n.startswith("step_"):
        f()
[globals_prefix alone]
def step_a():
    op.execute("SQL")
def step_b():
    op.execute("SQL2")
---
for n in [k for k in globals() if k.startswith("step_")]:
    globals()[n]()
[pkgutil_walk alone]
import pkg_9, pkgutil, importlib
---
for m in pkgutil.iter_modules(pkg_9.__path__):
    importlib.import_module(f"pkg_9.{m.name}").run()
=== pkg_9/__init__.py
=== pkg_9/one.py
from alembic import op
def run():
    op.execute("SQL")
[importlib_spec alone]
import importlib.util, pathlib
---
spec = importlib.util.spec_from_file_location("m", pathlib.Path(__file__).parent / "helper_9.py")
m = importlib.util.module_from_spec(spec)
spec.loader.exec_module(m)
m.run()
=== helper_9.py
from alembic import op
def run():
    op.execute("SQL")
[runpy_path alone]
import runpy, pathlib
---
runpy.run_path(str(pathlib.Path(__file__).parent / "helper_9.py"))["run"]()
=== helper_9.py
from alembic import op
def run():
    op.execute("SQL")
[types_moduletype alone]
import types
---
m = types.ModuleType("m")
exec("def run(op):\n    op.execute('SQL')", m.__dict__)
m.run(op)
[type_three alone]
def run(self):
    op.execute("SQL")
---
type("T", (), {"run": run})().run()
[new_class alone]
import types
---
C = types.new_class("C", (), {}, lambda ns: ns.update(run=lambda self: op.execute("SQL")))
C().run()
[signature_bind alone]
import inspect
def f(table, tail="TAIL"):
    op.execute(f"HEAD {table} {tail}")
---
b = inspect.signature(f).bind("TBL")
b.apply_defaults()
f(*b.args, **b.kwargs)
[zip_strict_dict alone]
---
d = dict(zip(("a", "b"), ("SQL", "SQL2"), strict=True))
for k in d:
    op.execute(d[k])
[for_else_try_nested alone]
---
for i in range(3):
    try:
        if cond(0):
            continue
        break
    finally:
        op.execute("SQL")
else:
    op.execute("SQL2")
[try_star alone]
---
try:
    raise ExceptionGroup("a", [ValueError(1), TypeError(2)])
except* ValueError:
    op.execute("SQL")
except* TypeError:
    op.execute("SQL2")
[exception_init_effect alone]
class E(Exception):
    def __init__(self, sql):
        op.execute(sql)
---
try:
    raise E("SQL")
except E:
    pass
[excepthook_ctx alone]
class Guard:
    def __enter__(self): return self
    def __exit__(self, t, v, tb):
        if t is not None:
            op.execute("SQL")
            return True
---
with Guard():
    raise ValueError
op.execute("SQL2")
[nested_funcs_nonlocal_list alone]
---
acc = []
def add(x):
    acc.append(x)
    return add
add("SQL")("SQL2")
for s in acc:
    op.execute(s)
[currying alone]
def curry(a):
    return lambda b: lambda c: op.execute(f"{a} {b} {c}")
---
curry("HEAD")("TBL")("TAIL")
[compose alone]
from functools import reduce
def compose(*fs):
    return reduce(lambda f, g: lambda x: g(f(x)), fs)
---
compose(lambda t: f"HEAD {t} TAIL", op.execute)("TBL")
[y_combinator alone]
---
(lambda f: f(f, 1))(lambda self, n: op.execute("SQL") if n == 0 else self(self, n - 1))
[trampoline alone]
def step(n):
    if n == 0:
        op.execute("SQL")
        return None
    return lambda: step(n - 1)
---
f = lambda: step(3)
while callable(f):
    f = f()
[monkeypatch_op alone]
class Wrapper:
    def execute(self, s):
        return op.execute(s)
w = Wrapper()
old = w.execute
w.execute = lambda s: old(s + " ")
---
w.execute("SQL")
[dict_dispatch_default alone]
def up(): op.execute("SQL")
def no(): op.execute("SQL2")
---
{"a": up}.get("b" if cond(0) else "a", no)()
[sum_lists alone]
---
for s in sum([["SQL"], ["SQL2"]], []):
    op.execute(s)
[str_maketrans alone]
---
op.execute("SQL".translate(str.maketrans({"~": ""})))
[string_formatter alone]
import string
---
op.execute(string.Formatter().format("HEAD {t} TAIL", t="TBL"))
[re_findall alone]
import re
---
for s in re.findall(r"<(.*?)>", "<SQL><SQL2>"):
    op.execute(s)
[re_split alone]
import re
---
for s in re.split(r";\s*", "SQL; SQL2"):
    op.execute(s)
[textwrap_shorten_join alone]
---
op.execute(" ".join(filter(None, ["HEAD", "", "TBL", "TAIL"])))
[percent_mapping_class alone]
class M:
    def __getitem__(self, k):
        return "TBL"
---
op.execute("HEAD %(x)s TAIL" % M())
[exists_then_delete alone]
---
t = sa.table("TBL", sa.column("a"))
c = op.get_bind()
if c.execute(sa.select(sa.exists().where(t.c.a == 1))).scalar() or cond(0):
    c.execute(t.delete())
[stmt_pipeline alone]
from functools import reduce
---
t = sa.table("TBL", sa.column("a"))
stmt = reduce(lambda s, f: f(s), [lambda s: s.where(t.c.a == 1), lambda s: s.values(a=2)], t.update())
op.execute(stmt)
[stmt_partial alone]
from functools import partial
---
t = sa.table("TBL", sa.column("a"))
make = partial(sa.update, t)
op.execute(make().values(a=1))
[stmt_methodcaller alone]
from operator import methodcaller
---
t = sa.table("TBL", sa.column("a"))
op.execute(methodcaller("delete")(t))
[stmt_getattr_choice alone]
---
t = sa.table("TBL", sa.column("a"))
verb = "delete" if cond(0) else "select"
op.execute(getattr(t, verb)())
[tables_namespace alone]
from types import SimpleNamespace
---
ts = SimpleNamespace(a=sa.table("TBL", sa.column("x")), b=sa.table("TBL2", sa.column("x")))
for t in vars(ts).values():
    op.execute(t.delete())
[tables_dataclass alone]
from dataclasses import dataclass
@dataclass
class Spec:
    table: str
    verb: str = "delete"
    def stmt(self):
        return getattr(sa.table(self.table, sa.column("x")), self.verb)()
---
for s in (Spec("TBL"), Spec("TBL2")):
    op.execute(s.stmt())
[bind_event_hook alone]
---
c = op.get_bind()
def hook(conn, cursor, statement, *rest):
    pass
sa.event.listen(c, "before_cursor_execute", hook)
try:
    op.execute("SQL")
finally:
    sa.event.remove(c, "before_cursor_execute", hook)
[event_listens_write alone]
class Done(Exception): pass
---
c = op.get_bind()
fired = []
@sa.event.listens_for(c, "begin")
def begin(conn):
    pass
c.execute(sa.text("SQL"))
[connection_cm_nested alone]
import contextlib
@contextlib.contextmanager
def tx():
    c = op.get_bind()
    with c.begin_nested():
        yield c
---
with tx() as c, contextlib.suppress(ValueError):
    c.execute(sa.text("SQL"))
[exec_options_chain alone]
---
c = op.get_bind().execution_options(autocommit=True)
(c if c else None).execute(sa.text("SQL"))
[conn_from_op_property alone]
class Db:
    @property
    def conn(self):
        return op.get_bind()
    def __getattr__(self, name):
        return getattr(self.conn, name)
---
Db().execute(sa.text("SQL"))
[conn_default_arg alone]
def run(sql, conn=None):
    conn = conn or op.get_bind()
    return conn.execute(sa.text(sql))
---
run("SQL")
[conn_walrus alone]
---
if (c := op.get_bind()) is not None:
    c.execute(sa.text("SQL"))
[conn_in_tuple_return alone]
def setup():
    c = op.get_bind()
    return c, sa.inspect(c)
---
c, i = setup()
c.execute(sa.text("SQL"))
[inspector_guard alone]
---
i = sa.inspect(op.get_bind())
if "spare" in i.get_table_names() or cond(0):
    op.execute("SQL")
[dialect_dispatch alone]
def pg(): op.execute("SQL")
def lite(): op.execute("SQL2")
---
{"postgresql": pg, "sqlite": lite}[op.get_bind().dialect.name]()
[dialect_match alone]
---
match op.get_bind().dialect.name:
    case "postgresql":
        op.execute("SQL")
    case "sqlite" | "mysql":
        op.execute("SQL2")
    case other:
        raise NotImplementedError(other)
[batch_fn alone]
def batches(c, n):
    while True:
        r = c.execute(sa.text("SQL"))
        if r.rowcount < n:
            break
---
batches(op.get_bind(), 10)
[retry_deco_args alone]
import functools, time
def retry(times=3, on=(Exception,)):
    def deco(f):
        @functools.wraps(f)
        def inner(*a, **k):
            for i in range(times):
                try:
                    return f(*a, **k)
                except on:
                    if i == times - 1:
                        raise
        return inner
    return deco
@retry(times=2)
def work(sql):
    op.execute(sql)
---
work("SQL")
[memo_class_cache alone]
class Cache:
    _inst = {}
    def __new__(cls, k):
        if k not in cls._inst:
            cls._inst[k] = super().__new__(cls)
        return cls._inst[k]
    def __init__(self, k): self.k = k
    def run(self): op.execute(f"HEAD {self.k} TAIL")
---
Cache("TBL").run()
[observer_weak alone]
import weakref
class Subject:
    def __init__(self): self.obs = weakref.WeakSet()
    def notify(self, sql):
        for o in self.obs: o.update(sql)
class Obs:
    def update(self, sql): op.execute(sql)
---
s, o = Subject(), Obs()
s.obs.add(o)
s.notify("SQL")
[chain_of_resp alone]
class H:
    def __init__(self, nxt=None): self.nxt = nxt
    def handle(self, sql):
        if self.nxt: return self.nxt.handle(sql)
class Exec(H):
    def handle(self, sql):
        op.execute(sql)
---
H(H(Exec())).handle("SQL")
[state_machine_cls alone]
class A:
    def next(self): return B()
    def run(self): pass
class B:
    def next(self): return None
    def run(self): op.execute("SQL")
---
s = A()
while s is not None:
    s.run()
    s = s.next()
[strategy_partial_dict alone]
from functools import partial
def up(t, tail): op.execute(f"HEAD {t} {tail}")
S = {"x": partial(up, tail="TAIL")}
---
S["x"]("TBL")
[context_decorator_gen alone]
from contextlib import contextmanager
@contextmanager
def timed(name):
    yield
@timed("x")
def work():
    op.execute("SQL")
---
work()
[closing_obj alone]
from contextlib import closing
class R:
    def close(self): op.execute("SQL")
---
with closing(R()):
    pass
[nullcontext_cond alone]
import contextlib
---
with (op.get_context().begin_transaction() if cond(0) else contextlib.nullcontext()):
    op.execute("SQL")
[async_cm_class alone]
import asyncio
class C:
    async def __aenter__(self): return self
    async def __aexit__(self, *e): op.execute("SQL")
async def main():
    async with C(): pass
---
asyncio.run(main())
[async_semaphore alone]
import asyncio
async def one(sem, sql):
    async with sem:
        op.execute(sql)
async def main():
    sem = asyncio.Semaphore(1)
    await asyncio.gather(*(one(sem, s) for s in ("SQL", "SQL2")))
---
asyncio.run(main())
[async_wait alone]
import asyncio
async def w(): op.execute("SQL")
async def main():
    done, _ = await asyncio.wait([asyncio.ensure_future(w())])
---
asyncio.run(main())
[async_timeout alone]
import asyncio
async def main():
    async with asyncio.timeout(1):
        op.execute("SQL")
---
asyncio.run(main())
[async_iter_class alone]
import asyncio
class I:
    n = 0
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n: raise StopAsyncIteration
        self.n = 1
        return "SQL"
async def main():
    async for s in I(): op.execute(s)
---
asyncio.run(main())
[async_to_thread alone]
import asyncio
async def main():
    await asyncio.to_thread(op.execute, "SQL")
---
asyncio.run(main())
[loop_until_complete alone]
import asyncio
async def w(): op.execute("SQL")
---
loop = asyncio.new_event_loop()
try:
    loop.run_until_complete(w())
finally:
    loop.close()
[greenlet_like alone]
import queue, threading
q = queue.Queue()
def worker():
    while True:
        s = q.get()
        if s is None: break
        op.execute(s)
---
t = threading.Thread(target=worker)
q.put("SQL"); q.put(None)
t.start(); t.join()
[sched alone]
import sched, time
---
s = sched.scheduler(time.time, time.sleep)
s.enter(0, 1, op.execute, ("SQL",))
s.run()
[cmd_argparse alone]
import argparse
def fill(ns): op.execute(ns.sql)
---
p = argparse.ArgumentParser()
sub = p.add_subparsers()
f = sub.add_parser("fill")
f.set_defaults(func=fill, sql="SQL")
ns = p.parse_args(["fill"])
ns.func(ns)
[fluent_with_self alone]
class Job:
    def __init__(self): self.steps = []
    def then(self, f, *a):
        self.steps.append((f, a)); return self
    def __enter__(self): return self
    def __exit__(self, *e):
        for f, a in self.steps: f(*a)
---
with Job() as j:
    j.then(op.execute, "SQL").then(op.execute, "SQL2")
[operator_pipe alone]
class P:
    def __init__(self, f): self.f = f
    def __ror__(self, x): return self.f(x)
---
"SQL" | P(op.execute)
[rshift_dag alone]
class T:
    def __init__(self, f): self.f, self.nxt = f, []
    def __rshift__(self, o): self.nxt.append(o); return o
    def run(self):
        self.f()
        for n in self.nxt: n.run()
---
a, b = T(lambda: None), T(lambda: op.execute("SQL"))
a >> b
a.run()
[getattr_chain_proxy alone]
class Proxy:
    def __init__(self, path=()): self.path = path
    def __getattr__(self, n): return Proxy((*self.path, n))
    def __call__(self, sql):
        f = op
        for p in self.path: f = getattr(f, p)
        return f(sql)
---
Proxy().execute("SQL")
[kwargs_only_dispatch alone]
def run(*, kind, **kw):
    return {"exec": do}[kind](**kw)
def do(sql): op.execute(sql)
---
run(kind="exec", sql="SQL")
[positional_only alone]
def run(sql, /, *, dry=False):
    if not dry: op.execute(sql)
---
run("SQL")
[default_factory_call alone]
from collections import defaultdict
---
d = defaultdict(lambda: op.execute)
d["x"]("SQL")
[ordered_steps_sorted_attr alone]
from operator import attrgetter
class S:
    def __init__(self, n, sql): self.n, self.sql = n, sql
---
for s in sorted([S(2, "SQL"), S(1, "SQL2")], key=attrgetter("n")):
    op.execute(s.sql)
[set_comp_tables alone]
---
for t in {x for x in ("TBL", "TBL2")}:
    op.execute(f"HEAD {t} TAIL" if t == "TBL" else "SQL2")
[bytes_join alone]
---
op.execute(b" ".join([b"HEAD", b"TBL", b"TAIL"]).decode())
[format_spec_class alone]
class T:
    def __format__(self, spec): return "TBL"
---
op.execute(f"HEAD {T():x} TAIL")
[str_join_map_meth alone]
---
op.execute(" ".join(map(str.strip, [" HEAD ", " TBL ", " TAIL "])))
[path_joinpath_read alone]
from pathlib import Path
---
op.execute((Path(__file__).parent / "sql" / "x_9.sql").read_text())
=== sql/x_9.sql
SQL
[importlib_resources alone]
import importlib.resources, pkg_9
---
op.execute(importlib.resources.files(pkg_9).joinpath("x.sql").read_text())
=== pkg_9/__init__.py
=== pkg_9/x.sql
SQL
[open_glob_sorted alone]
from pathlib import Path
---
for p in sorted((Path(__file__).parent / "sql").glob("*.sql")):
    op.execute(p.read_text())
=== sql/x_9.sql
SQL
[os_walk_sql alone]
import os
---
base = os.path.join(os.path.dirname(__file__), "sql")
for name in sorted(os.listdir(base)):
    with open(os.path.join(base, name)) as f:
        op.execute(f.read())
=== sql/x_9.sql
SQL
[yield_fixture_style alone]
def fixture():
    op.execute("SQL")
    yield
    op.execute("SQL2")
---
g = fixture()
next(g)
next(g, None)
[gen_in_exitstack alone]
import contextlib
@contextlib.contextmanager
def g(sql):
    yield
    op.execute(sql)
---
with contextlib.ExitStack() as s:
    for x in ("SQL", "SQL2"):
        s.enter_context(g(x))
[del_dict_item_hook alone]
class D(dict):
    def __delitem__(self, k):
        op.execute(self[k]); super().__delitem__(k)
---
d = D(a="SQL")
del d["a"]
[pop_hook alone]
class D(dict):
    def pop(self, k, *a):
        v = super().pop(k, *a); op.execute(v); return v
---
D(a="SQL").pop("a")
[setdefault_hook alone]
class D(dict):
    def setdefault(self, k, v=None):
        op.execute(v); return super().setdefault(k, v)
---
D().setdefault("a", "SQL")
[iter_protocol_getitem_len alone]
class L:
    def __len__(self): return 1
    def __getitem__(self, i):
        return ["SQL"][i]
---
for s in reversed(L()): op.execute(s)
[bool_and_shortcircuit_method alone]
class R:
    def ok(self): return op.execute("SQL") is None
---
r = R()
r.ok() and r.ok()
[assert_never_else alone]
---
x = 1
if x == 1: op.execute("SQL")
else: raise AssertionError
[lambda_default_capture alone]
---
fs = [lambda s=s: op.execute(s) for s in ("SQL", "SQL2")]
for f in fs: f()
[recursive_dict_walk alone]
def walk(d):
    for v in d.values():
        if isinstance(v, dict): walk(v)
        else: op.execute(v)
---
walk({"a": {"b": "SQL"}, "c": "SQL2"})
[recursive_list_flatten alone]
def flat(x):
    for y in x:
        if isinstance(y, (list, tuple)): yield from flat(y)
        else: yield y
---
for s in flat(["SQL", ["SQL2", ("SQL3",)]]): op.execute(s)
[tree_visit_class alone]
class N:
    def __init__(self, sql, *kids): self.sql, self.kids = sql, kids
    def __iter__(self):
        yield self.sql
        for k in self.kids: yield from k
---
for s in N("SQL", N("SQL2")): op.execute(s)
[session_ctx_helper alone]
from contextlib import contextmanager
from sqlalchemy.orm import Session
@contextmanager
def scope():
    s = Session(bind=op.get_bind())
    try:
        yield s
        s.commit()
    except Exception:
        s.rollback(); raise
    finally:
        s.close()
---
with scope() as s:
    s.execute(sa.text("SQL"))
[orm_dynamic_class alone]
from sqlalchemy.orm import Session, declarative_base
---
B = declarative_base()
M = type("M", (B,), {"__tablename__": "TBL", "id": sa.Column(sa.Integer, primary_key=True), "a": sa.Column(sa.Integer)})
with Session(op.get_bind()) as s:
    s.query(M).update({"a": 1})
[buf_print_file alone]
import io
---
b = io.StringIO()
print("SQL", file=b)
op.execute(b.getvalue())
[buf_writelines alone]
import io
---
b = io.StringIO()
b.writelines(["HEAD ", "TBL ", "TAIL"])
op.execute(b.getvalue())
[buf_bytes alone]
import io
---
b = io.BytesIO()
b.write(b"SQL")
op.execute(b.getvalue().decode())
[list_extend_by_ref alone]
import bisect, heapq, random
---
l = []
bisect.insort(l, "SQL")
heapq.heappush(l, "SQL2")
random.shuffle(l)
for s in l:
    op.execute(s)
[struct_dict_update_ext alone]
import os
---
os.environ["X_9"] = "SQL"
op.execute(os.environ["X_9"])
[setattr_via_unseen alone]
import unseen
class A:
    sql = "SELECT 1"
---
a = A()
object.__setattr__(a, "sql", "SQL")
op.execute(a.sql)
[list_slice_ref alone]
---
l = ["SELECT 1"]
m = l
m[:] = ["SQL"]
op.execute(l[0])
[dict_ior_alias alone]
---
d = {"s": "SELECT 1"}
e = d
e |= {"s": "SQL"}
op.execute(d["s"])
[list_iadd_alias alone]
---
l = []
m = l
m += ["SQL"]
for s in l:
    op.execute(s)
[list_imul alone]
---
l = ["SQL"]
l *= 2
for s in l:
    op.execute(s)
[set_ops_inplace alone]
---
s = {"SELECT 1"}
t = s
t |= {"SQL"}
for x in s:
    op.execute(x)
[array_default_mutable alone]
def add(x, acc=[]):
    acc.append(x)
    return acc
---
add("SELECT 1")
for s in add("SQL"):
    op.execute(s)
[class_attr_list_append alone]
class A:
    steps = []
    def __init__(self, s): self.steps.append(s)
---
A("SELECT 1"); A("SQL")
for s in A.steps:
    op.execute(s)
[closure_list_in_default alone]
---
box = [None]
def put(x): box[0] = x
put("SQL")
op.execute(box[0])
[global_via_module alone]
import sys
SQL_9 = "SELECT 1"
---
sys.modules[__name__].SQL_9 = "SQL"
op.execute(SQL_9)
[globals_update alone]
SQL_9 = "SELECT 1"
---
globals().update(SQL_9="SQL")
op.execute(SQL_9)
[setattr_module alone]
import helper_9
---
setattr(helper_9, "TABLE", "TBL")
helper_9.run()
=== helper_9.py
from alembic import op
TABLE = "x"
def run():
    op.execute(f"HEAD {TABLE} TAIL")
[patch_object alone]
from unittest.mock import patch
class A:
    sql = "SELECT 1"
---
with patch.object(A, "sql", "SQL"):
    op.execute(A.sql)
[patch_dict alone]
from unittest.mock import patch
D = {"sql": "SELECT 1"}
---
with patch.dict(D, sql="SQL"):
    op.execute(D["sql"])
[reload_module alone]
import importlib, helper_9
---
importlib.reload(helper_9)
=== helper_9.py
from alembic import op, context
n = 0
try:
    op.execute("SQL")
except Exception:
    pass
[vars_assign alone]
class A:
    sql = "SELECT 1"
---
a = A()
vars(a)["sql"] = "SQL"
op.execute(a.sql)
[dict_views_live alone]
---
d = {}
v = d.values()
d["a"] = "SQL"
for s in v:
    op.execute(s)
[iter_shared_mutation alone]
---
l = ["SQL"]
for s in l:
    op.execute(s)
    if len(l) < 2:
        l.append("SQL2")
[del_slice alone]
---
l = ["SELECT 1", "SQL"]
del l[:1]
op.execute(l[0])
[enumerate_assign alone]
---
l = ["x", "y"]
for i, x in enumerate(l):
    l[i] = "SQL" if i else "SQL2"
for s in l:
    op.execute(s)
[zip_star_transpose alone]
---
names, sqls = zip(*[("a", "SQL"), ("b", "SQL2")])
for s in sqls:
    op.execute(s)
[sorted_in_place_key alone]
---
l = ["SQL", "SELECT 1"]
l.sort(key=len, reverse=True)
op.execute(l[0])
[dict_popitem alone]
---
d = {"a": "SQL"}
while d:
    _, s = d.popitem()
    op.execute(s)
[deque_rotate alone]
from collections import deque
---
d = deque(["SELECT 1", "SQL"])
d.rotate(1)
op.execute(d[0])
[deque_appendleft alone]
from collections import deque
---
d = deque(["SELECT 1"])
d.appendleft("SQL")
op.execute(d.popleft())
[counter_update alone]
from collections import Counter
---
c = Counter()
c["SQL"] += 1
for s in c:
    op.execute(s)
[ordered_move alone]
from collections import OrderedDict
---
d = OrderedDict(a="SELECT 1", b="SQL")
d.move_to_end("a")
op.execute(next(iter(d.values())))
[namedtuple_default alone]
from collections import namedtuple
S = namedtuple("S", "t tail", defaults=["TAIL"])
---
s = S("TBL")
op.execute(f"HEAD {s.t} {s.tail}")
[typing_namedtuple_method alone]
from typing import NamedTuple
class S(NamedTuple):
    t: str
    def run(self):
        op.execute(f"HEAD {self.t} TAIL")
---
S("TBL").run()
[memoryview_bytes alone]
---
op.execute(bytes(memoryview(b"SQL")).decode())
[int_bool_index alone]
---
op.execute(("SELECT 1", "SQL")[not cond(0)])
[nested_unpack alone]
---
(a, (b, *c)), d = ("x", ("SQL", "SQL2")), 1
op.execute(b)
op.execute(c[0])
[dict_merge_star alone]
---
op.execute({**{"s": "SELECT 1"}, **{"s": "SQL"}}["s"])
[tuple_concat_star alone]
---
for s in (*["SQL"], *("SQL2",)):
    op.execute(s)
[lambda_kwargs alone]
---
(lambda **k: op.execute(k["s"]))(s="SQL")
[getattr_default_fn alone]
class A: pass
---
getattr(A(), "run", lambda: op.execute("SQL"))()
[hasattr_branch alone]
class A:
    def run(self): op.execute("SQL")
---
a = A()
if hasattr(a, "run") and callable(a.run):
    a.run()
[try_attr_fallback alone]
class A: pass
---
try:
    A().run()
except AttributeError:
    op.execute("SQL")
[eafp_key alone]
---
d = {}
try:
    s = d["x"]
except KeyError as e:
    s = "SQL"
op.execute(s)
[cm_exit_true_after alone]
class S:
    def __enter__(self): return self
    def __exit__(self, *e): return True
---
with S():
    raise ValueError
op.execute("SQL")
[finally_overrides_return alone]
def f():
    try:
        return "SELECT 1"
    finally:
        return "SQL"
---
op.execute(f())
[loop_var_after alone]
---
for s in ("SELECT 1", "SQL"):
    pass
op.execute(s)
[while_else_break alone]
---
while True:
    if cond(0):
        op.execute("SQL")
        break
    op.execute("SQL2")
    break
else:
    op.execute("SELECT 1")
[nested_break_flag alone]
---
done = False
for i in range(3):
    for j in range(3):
        if i * j == 2:
            done = True
            break
    if done:
        break
if done:
    op.execute("SQL")
[int_arith_branch alone]
---
n = 0
for i in range(5):
    n += i
if n == 10:
    op.execute("SQL")
[sum_len_branch alone]
---
if sum(len(x) for x in ["ab", "c"]) == 3:
    op.execute("SQL")
[str_methods_branch alone]
---
if "abc".startswith("a") and "abc".isalpha() and "abc".find("z") == -1:
    op.execute("SQL")
[isinstance_tuple alone]
---
if isinstance("x", (int, str)):
    op.execute("SQL")
[issubclass_ alone]
class A: pass
class B(A): pass
---
if issubclass(B, A):
    op.execute("SQL")
[any_all_gen alone]
---
if any(x > 2 for x in [1, 2, 3]) and not all(x > 2 for x in [1, 2, 3]):
    op.execute("SQL")
[date_branch alone]
import datetime
---
if datetime.date(2020, 1, 1) < datetime.date(2021, 1, 1):
    op.execute("SQL")
[version_compare alone]
import sys
---
if sys.version_info[:2] >= (3, 8):
    op.execute("SQL")
[regex_branch alone]
import re
---
if re.match(r"a\d", "a1"):
    op.execute("SQL")
[chained_cmp alone]
---
if 1 < 2 < 3 != 4:
    op.execute("SQL")
[in_range alone]
---
if 3 in range(5) and "k" in {"k": 1}:
    op.execute("SQL")
[float_branch alone]
---
if 0.1 + 0.2 != 0.3:
    op.execute("SQL")
[bitflag alone]
---
F = 0b101
if F & 0b100 and not F & 0b010:
    op.execute("SQL")
[divmod_ alone]
---
q, r = divmod(7, 2)
if (q, r) == (3, 1):
    op.execute("SQL")
[round_abs_min alone]
---
if abs(-2) == min(2, 3) == round(2.2):
    op.execute("SQL")
[set_relation alone]
---
if {1} < {1, 2} and {1, 2} - {1} == {2}:
    op.execute("SQL")
[sorted_eq alone]
---
if sorted([2, 1]) == [1, 2] and list(reversed([1, 2])) == [2, 1]:
    op.execute("SQL")
[type_eq alone]
---
if type("x") is str and type(1) == int:
    op.execute("SQL")
[id_is alone]
---
a = []
b = a
if a is b and a is not []:
    op.execute("SQL")
[none_or alone]
---
x = None or 0 or "" or "SQL"
op.execute(x)
[del_name_recreate alone]
---
s = "SELECT 1"
del s
try:
    s
except NameError:
    op.execute("SQL")
[mod_level_list_of_callables alone]
STEPS = []
def step(f):
    STEPS.append(f)
    return f
@step
def one():
    op.execute("SQL")
@step
def two():
    op.execute("SQL2")
---
[s() for s in STEPS]
[mod_level_dict_comp alone]
TABLES = ("TBL", "TBL2")
STMTS = {t: f"HEAD {t} TAIL" if t == "TBL" else "SQL2" for t in TABLES}
---
for t, s in STMTS.items():
    op.execute(s)
[helper_class_registry alone]
from helper_9 import registry, load
---
load()
for f in registry.values():
    f()
=== helper_9.py
from alembic import op
registry = {}
def register(name):
    def deco(f):
        registry[name] = f
        return f
    return deco
def load():
    @register("a")
    def a():
        op.execute("SQL")
[helper_lazy_import alone]
def run():
    from helper_9 import fill
    return fill
---
run()()
=== helper_9.py
from alembic import op
def fill():
    op.execute("SQL")
[helper_reexport_chain alone]
from pkg_9 import fill
---
fill()
=== pkg_9/__init__.py
from .a import *
=== pkg_9/a.py
from .b import fill
__all__ = ["fill"]
=== pkg_9/b.py
from alembic import op
def fill():
    op.execute("SQL")
[helper_class_attr_import alone]
import helper_9
class Mine(helper_9.Base):
    table = "TBL"
---
Mine().up()
=== helper_9.py
from alembic import op
class Base:
    table = None
    def up(self):
        op.execute(f"HEAD {self.table} TAIL")
[helper_generic alone]
from helper_9 import Repo
class Row: table = "TBL"
---
Repo[Row](Row).clear()
=== helper_9.py
from typing import Generic, TypeVar
from alembic import op
T = TypeVar("T")
class Repo(Generic[T]):
    def __init__(self, row): self.row = row
    def clear(self):
        op.execute(f"HEAD {self.row.table} TAIL")
[helper_protocol alone]
from helper_9 import Runner
class Mine:
    def run(self): op.execute("SQL")
---
r: Runner = Mine()
r.run()
=== helper_9.py
from typing import Protocol
class Runner(Protocol):
    def run(self): ...
[helper_context alone]
from helper_9 import transaction
---
with transaction() as execute:
    execute("SQL")
=== helper_9.py
from contextlib import contextmanager
from alembic import op
@contextmanager
def transaction():
    yield op.execute
    op.execute("SQL2")
[helper_async alone]
import asyncio
from helper_9 import main
---
asyncio.run(main("TBL"))
=== helper_9.py
from alembic import op
async def main(t):
    await step(t)
async def step(t):
    op.execute(f"HEAD {t} TAIL")
[helper_constants alone]
from helper_9 import Table, SQL_9
---
op.execute(SQL_9.format(t=Table.LEADS.value))
=== helper_9.py
import enum
SQL_9 = "HEAD {t} TAIL"
class Table(enum.Enum):
    LEADS = "TBL"
[helper_settings_object alone]
from helper_9 import settings
---
if settings.enabled:
    op.execute(settings.sql)
=== helper_9.py
import os
class Settings:
    enabled = True
    def __init__(self):
        self.sql = os.environ.get("NOPE_9", "SQL")
settings = Settings()
[helper_mutable_global alone]
import helper_9
---
helper_9.add("SQL")
helper_9.flush()
=== helper_9.py
from alembic import op
_queue = []
def add(s):
    _queue.append(s)
def flush():
    while _queue:
        op.execute(_queue.pop())
[helper_singleton alone]
from helper_9 import get
---
get().sql = "SQL"
op.execute(get().sql)
=== helper_9.py
_inst = None
class C:
    sql = "SELECT 1"
def get():
    global _inst
    if _inst is None:
        _inst = C()
    return _inst
[try_import_fallback_fn alone]
try:
    from nowhere_9 import chunked
except ImportError:
    def chunked(xs, n):
        for i in range(0, len(xs), n):
            yield xs[i:i + n]
---
for part in chunked(["SQL", "SQL2"], 1):
    for s in part:
        op.execute(s)
[version_guard_import alone]
import sys
if sys.version_info >= (3, 99):
    from nowhere_9 import run
else:
    def run(s): op.execute(s)
---
run("SQL")
[nested_try_import alone]
try:
    import nowhere_9 as json9
except ImportError:
    try:
        import nowhere_8 as json9
    except ImportError:
        import json as json9
---
op.execute(json9.loads('"SQL"'))
[type_checking_import alone]
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from nowhere_9 import Conn
def run(c: "Conn"):
    c.execute(sa.text("SQL"))
---
run(op.get_bind())
[dunder_main_guard alone]
def main():
    op.execute("SQL")
if __name__ == "__main__":
    main()
---
main()
[logging_wrapped alone]
import logging
log = logging.getLogger(__name__)
def run(sql):
    log.info("running %s", sql)
    result = op.execute(sql)
    log.info("done")
    return result
---
run("SQL")
[timing_decorator alone]
import time, functools
def timed(f):
    @functools.wraps(f)
    def inner(*a, **k):
        t = time.monotonic()
        try:
            return f(*a, **k)
        finally:
            print(time.monotonic() - t)
    return inner
@timed
def fill():
    op.execute("SQL")
---
fill()
[class_timing_cm alone]
import time
class Timer:
    def __enter__(self):
        self.t = time.time()
        return self
    def __exit__(self, *exc):
        self.took = time.time() - self.t
---
with Timer() as t:
    op.execute("SQL")
[chunk_while_offset alone]
---
offset = 0
while True:
    n = op.get_bind().execute(sa.text("SELECT count(*) FROM spare")).scalar()
    op.execute("SQL")
    offset += 100
    if offset > n:
        break
[batched_islice alone]
from itertools import islice
def batched(it, n):
    it = iter(it)
    while b := tuple(islice(it, n)):
        yield b
---
for b in batched(["SQL", "SQL2"], 1):
    for s in b: op.execute(s)
[dispatch_by_type alone]
from functools import singledispatchmethod
class R:
    @singledispatchmethod
    def run(self, x): raise NotImplementedError
    @run.register
    def _(self, x: str): op.execute(x)
    @run.register
    def _(self, x: list):
        for y in x: self.run(y)
---
R().run(["SQL"])
[operator_module alone]
import operator
---
operator.methodcaller("execute", "SQL")(op)
f = operator.attrgetter("execute")
f(op)("SQL2")
[functools_reduce_compose alone]
import functools
---
functools.reduce(lambda acc, f: f(acc), [str.strip, op.execute], " SQL ")
[map_partial alone]
import functools
---
list(map(functools.partial(op.execute, execution_options=None), ["SQL", "SQL2"]))
[any_generator_sideeffect alone]
---
any(op.execute(s) for s in ("SQL", "SQL2"))
[deque_consume alone]
from collections import deque
---
deque((op.execute(s) for s in ["SQL"]), maxlen=0)
[sorted_sideeffect alone]
---
sorted(["SQL"], key=lambda s: (op.execute(s), 1)[1])
[max_default alone]
---
op.execute(max(["SQL"], default="SELECT 1"))
[filter_none alone]
---
for s in filter(None, ["", "SQL"]): op.execute(s)
[str_format_map_vars alone]
class C:
    def __init__(self): self.t = "TBL"
---
op.execute("HEAD {t} TAIL".format_map(vars(C())))
[locals_format alone]
---
t = "TBL"
op.execute("HEAD {t} TAIL".format(**locals()))
[fstring_debug_nested alone]
---
t = {"x": ["TBL"]}
op.execute(f"HEAD {t['x'][0]!s:>1} TAIL")
[multiline_join_parens alone]
---
op.execute(
    "HEAD "
    + "TBL"
    + (" " + "TAIL" if True else "")
)
[conditional_lambda alone]
---
run = (lambda s: op.execute(s)) if not cond(0) else (lambda s: op.execute("SQL2"))
run("SQL")
[while_pop_else alone]
---
todo = ["SQL", "SQL2"]
while todo:
    op.execute(todo.pop(0))
else:
    op.execute("SQL3")
[try_else_finally_mix alone]
---
try:
    x = 1 / (0 if cond(0) else 1)
except ZeroDivisionError:
    op.execute("SQL")
else:
    op.execute("SQL2")
finally:
    op.execute("SQL3")
[with_multi_paren alone]
import contextlib
---
with (
    contextlib.nullcontext("SQL") as a,
    contextlib.nullcontext("SQL2") as b,
):
    op.execute(a); op.execute(b)
[match_enum alone]
import enum
class K(enum.Enum):
    A = 1
    B = 2
---
for k in K:
    match k:
        case K.A: op.execute("SQL")
        case K.B: op.execute("SQL2")
[match_dataclass alone]
from dataclasses import dataclass
@dataclass
class Add: t: str
@dataclass
class Drop: t: str
---
for c in (Add("TBL"), Drop("x")):
    match c:
        case Add(t): op.execute(f"HEAD {t} TAIL")
        case Drop(t=t): op.execute("SQL2")
[match_or_capture alone]
---
match ("del", "SQL"):
    case ("del" | "rm", s): op.execute(s)
[match_guard_else alone]
---
match len("ab"):
    case n if n > 5: op.execute("SQL")
    case _: op.execute("SQL2")
[iterator_a1 alone]
from itertools import islice
---
it = iter(["SQL", "SQL2"])
while b := tuple(islice(it, 1)):
    for s in b:
        op.execute(s)
[iterator_a2 alone]
from itertools import islice
def g(it):
    while b := tuple(islice(it, 1)):
        yield b
---
for b in g(iter(["SQL", "SQL2"])):
    for s in b: op.execute(s)
[iterator_a3 alone]
def g(it):
    while b := next(it, None):
        yield b
---
for b in g(iter(["SQL", "SQL2"])):
    op.execute(b)
[iterator_a4 alone]
def g(it):
    while it:
        yield it.pop(0)
---
for b in g(["SQL", "SQL2"]):
    op.execute(b)
[iterator_a5 alone]
from itertools import islice
def g(it):
    while True:
        b = list(islice(it, 1))
        if not b:
            return
        yield b
---
for b in g(iter(["SQL", "SQL2"])):
    for s in b: op.execute(s)
[iterator_a6 alone]
from itertools import islice
def g(it, n):
    it = iter(it)
    while b := tuple(islice(it, n)):
        yield b
---
for b in g(["SQL", "SQL2", "SQL3"], 2):
    for s in b: op.execute(s)
[iterator_a7 alone]
def g(xs):
    b = []
    for x in xs:
        b.append(x)
        if len(b) == 2:
            yield b
            b = []
    if b:
        yield b
---
for b in g(["SQL", "SQL2", "SQL3"]):
    for s in b: op.execute(s)
[iterator_a8 alone]
from itertools import islice
---
it = iter(["SQL", "SQL2"])
a = list(islice(it, 1))
b = list(islice(it, 1))
op.execute(a[0])
op.execute(b[0])
[iterator_a9 alone]
---
it = iter(["SQL", "SQL2"])
a = next(it)
b = list(it)
op.execute(a)
op.execute(b[0])
[iterator_a10 alone]
from itertools import takewhile
---
it = iter(["SQL", "SELECT 1", "SQL2"])
for s in takewhile(lambda s: not s.startswith("SEL"), it):
    op.execute(s)
for s in it:
    op.execute(s)
[iterator_a11 alone]
---
it = iter(["SQL", "SQL2"])
for s in it:
    op.execute(s)
    break
for s in it:
    op.execute(s)
[iterator_a12 alone]
---
it = iter(["SELECT 1", "SQL", "SQL2"])
for a, b in zip(it, it):
    op.execute(b)
op.execute("SQL3")
[iterator_a13 alone]
---
it = iter(["SQL", "SQL2"])
for a, b in zip(*[it] * 2):
    op.execute(a); op.execute(b)
[iterator_a14 alone]
from itertools import zip_longest
---
it = iter(["SQL", "SQL2", "SQL3"])
for a, b in zip_longest(it, it):
    op.execute(a)
    if b: op.execute(b)
[iterator_a15 alone]
from itertools import groupby
---
for k, g in groupby(["SQL", "SQL2"], key=len):
    for s in g: op.execute(s)
[iterator_a16 alone]
from itertools import chain
---
it = chain(["SQL"], iter(["SQL2"]))
op.execute(next(it))
for s in it: op.execute(s)
[iterator_a17 alone]
def g():
    yield "SQL"
    yield "SQL2"
---
it = g()
op.execute(next(it))
for s in it: op.execute(s)
[iterator_a18 alone]
def g():
    for t in ("SQL", "SQL2"):
        got = yield t
        if got: op.execute(got)
---
it = g()
s = next(it)
it.send(s)
op.execute("SQL3")
[iterator_a19 alone]
---
it = enumerate(["SQL", "SQL2"])
i, s = next(it)
op.execute(s)
for i, s in it: op.execute(s)
[iterator_a20 alone]
---
it = map(str.strip, ["SQL ", " SQL2"])
op.execute(next(it))
op.execute(next(it))
[iterator_a21 alone]
---
it = reversed(["SQL", "SQL2"])
op.execute(next(it))
op.execute(next(it))
[iterator_a22 alone]
---
d = {"SQL": 1, "SQL2": 2}
it = iter(d)
op.execute(next(it))
op.execute(next(it))
[iterator_a23 alone]
import itertools
---
a, b = itertools.tee(iter(["SQL", "SQL2"]))
next(b)
for s in b: op.execute(s)
op.execute(next(a))
[iterator_a24 alone]
---
it = iter([iter(["SQL"]), iter(["SQL2"])])
for x in it:
    for s in x: op.execute(s)
[iterator_a26 alone]
import itertools
---
for s in itertools.islice(["SELECT 1", "SQL", "SELECT 2", "SQL2"], 1, None, 2):
    op.execute(s)
[iterator_a27 alone]
---
xs = ["SQL", "SQL2", "SQL3"]
for i in range(0, len(xs), 2):
    for s in xs[i:i + 2]: op.execute(s)
[iterator_a28 alone]
---
xs = ["SQL", "SQL2", "SQL3"]
while xs:
    head, xs = xs[:2], xs[2:]
    for s in head: op.execute(s)
[iterator_a29 alone]
---
xs = ["SQL", "SQL2"]
it = iter(xs)
while True:
    try:
        s = next(it)
    except StopIteration:
        break
    op.execute(s)
[iterator_a30 alone]
---
xs = iter(["SQL", "SQL2"])
done = object()
while (s := next(xs, done)) is not done:
    op.execute(s)
[iterator_b1 alone]
from itertools import islice
def g():
    yield "SQL"
    yield "SQL2"
---
it = g()
for s in islice(it, 1): op.execute(s)
for s in islice(it, 1): op.execute(s)
[iterator_b2 alone]
from itertools import islice
---
it = map(str.strip, ["SQL", "SQL2"])
while b := list(islice(it, 1)):
    for s in b: op.execute(s)
[iterator_b3 alone]
from itertools import islice
---
it = (s for s in ["SQL", "SQL2"])
for b in iter(lambda: list(islice(it, 1)), []):
    for s in b: op.execute(s)
[iterator_b4 alone]
from itertools import islice, chain
---
it = iter(["SQL", "SQL2"])
for f in it:
    for s in chain([f], islice(it, 1)):
        op.execute(s)
[iterator_b5 alone]
---
it = zip(["SQL", "SQL2"], [1, 2])
for s, n in it:
    op.execute(s)
    break
for s, n in it: op.execute(s)
[iterator_b6 alone]
from itertools import islice
---
it = iter({"SQL": 1, "SQL2": 2}.items())
while b := dict(islice(it, 1)):
    for s in b: op.execute(s)
[reading_f1 alone]
from pathlib import Path
---
with open(Path(__file__).with_name("x_9.sql")) as f:
    while line := f.readline():
        op.execute(line)
=== x_9.sql
SQL
SQL2
[reading_f2 alone]
from pathlib import Path
---
with open(Path(__file__).with_name("x_9.sql")) as f:
    next(f)
    for line in f:
        op.execute(line)
=== x_9.sql
SELECT 1
SQL
[reading_f4 alone]
from pathlib import Path
---
buf = []
for line in Path(__file__).with_name("x_9.sql").read_text().splitlines():
    if not line.strip() or line.startswith("--"):
        continue
    buf.append(line)
    if line.rstrip().endswith(";"):
        op.execute("\n".join(buf))
        buf = []
=== x_9.sql
-- first
SQL;

SQL2;
[reading_f5 alone]
from pathlib import Path
---
def statements(text):
    stmt = ""
    for line in text.splitlines():
        stmt += line + "\n"
        if line.endswith(";"):
            yield stmt
            stmt = ""
for s in statements(Path(__file__).with_name("x_9.sql").read_text()):
    op.execute(s)
=== x_9.sql
SQL;
SQL2;
[reading_f6 alone]
import csv
from pathlib import Path
---
with open(Path(__file__).with_name("x_9.csv"), newline="") as f:
    for row in csv.DictReader(f):
        op.execute(f"UPDATE {row['table']} SET a = 1")
op.execute("SQL")
=== x_9.csv
table
TBL2
[reading_f7 alone]
import json
from pathlib import Path
---
for s in json.loads(Path(__file__).with_name("x_9.json").read_text())["statements"]:
    op.execute(s)
=== x_9.json
{"statements": ["SQL", "SQL2"]}
[reading_f10 alone]
import glob, os
---
for p in sorted(glob.glob(os.path.join(os.path.dirname(__file__), "sql_9", "*.sql"))):
    op.execute(open(p).read())
=== sql_9/a.sql
SQL
=== sql_9/b.sql
SQL2
[reading_f12 alone]
import gzip, base64, zlib
---
op.execute(zlib.decompress(zlib.compress(b"SQL")).decode())
[reading_f14 alone]
import io
---
s = io.StringIO("SQL")
s.read()
s.seek(0)
op.execute(s.read())
[reading_f15 alone]
import re
---
it = re.finditer(r"<(.*?)>", "<SQL><SQL2>")
m = next(it)
op.execute(m.group(1))
for m in it:
    op.execute(m[1])
[reading_f16 alone]
import re
---
m = re.search(r"(?P<v>HEAD) (?P<t>\S+) (?P<r>.*)", "HEAD TBL TAIL")
op.execute(f"{m['v']} {m.group('t')} {m.groupdict()['r']}")
[reading_f17 alone]
import itertools
---
c = itertools.cycle(["SQL", "SQL2"])
for _ in range(2):
    op.execute(next(c))
[reading_f18 alone]
import itertools
---
n = itertools.count(1)
tables = {1: "TBL", 2: "TBL2"}
op.execute(f"HEAD {tables[next(n)]} TAIL")
op.execute(f"UPDATE {tables[next(n)]} SET a = 1")
[reading_f19 alone]
---
x = dict(zip(*[iter(["a", "SQL", "b", "SQL2"])] * 2))
for s in x.values(): op.execute(s)
[reading_f20 alone]
import queue
---
q = queue.Queue()
for s in ("SQL", "SQL2"): q.put(s)
while not q.empty():
    op.execute(q.get())
[reading_f21 alone]
import queue
---
q = queue.PriorityQueue()
q.put((2, "SQL")); q.put((1, "SQL2"))
while True:
    try: _, s = q.get_nowait()
    except queue.Empty: break
    op.execute(s)
[reading_f23 alone]
import collections
---
d = collections.deque(["SQL", "SQL2"])
while d:
    op.execute(d.popleft())
[reading_f24 alone]
---
stack = [["SQL", ["SQL2"]]]
while stack:
    x = stack.pop()
    if isinstance(x, list): stack.extend(x)
    else: op.execute(x)
[reading_f25 alone]
---
it = iter([1, 2, 3])
for i in it:
    if i == 2:
        op.execute("SQL")
        break
else:
    op.execute("SELECT 1")
for i in it:
    op.execute("SQL2")
[reading_f26 alone]
---
it = iter(["a", "b"])
for x in it:
    y = next(it, None)
    if y == "b":
        op.execute("SQL")
[reading_f27 alone]
---
def first(xs):
    for x in xs:
        return x
it = iter(["SQL", "SQL2"])
op.execute(first(it))
op.execute(first(it))
[reading_f28 alone]
---
xs = (s for s in ("SQL", "SQL2"))
any(s.startswith("Q") for s in ["x"])
a, *b = xs
op.execute(a)
for s in b: op.execute(s)
[reading_f29 alone]
---
it = map(lambda s: s, ["SQL"])
list(it)
for s in it:
    op.execute("SELECT 1")
op.execute("SQL2")
[reading_f30 alone]
---
pairs = zip(["a", "b"], ["SQL", "SQL2"])
d = dict(pairs)
for k in ("a", "b"): op.execute(d[k])
[reading_f31 alone]
---
rows = list(enumerate(["SQL", "SQL2"]))
for i, s in rows: op.execute(s)
for i, s in rows[:1]: op.execute(s)
[reading_f32 alone]
---
it = reversed([1, 2])
op.execute("SQL" if list(it) == [2, 1] else "SELECT 1")
[reading_f33 alone]
---
it = filter(None, ["SQL", ""])
if it:
    for s in it: op.execute(s)
[reading_f34 alone]
---
it = iter([])
while it:
    op.execute("SQL")
    break
[alias_s1 alone]
import copy
class A:
    def __init__(self): self.steps = []
---
a = A()
b = copy.copy(a)
b.steps.append("SQL")
for s in a.steps: op.execute(s)
[alias_s2 alone]
---
d = {"x": []}
e = dict(d)
e["x"].append("SQL")
for s in d["x"]: op.execute(s)
[alias_s3 alone]
---
d = {"x": []}
e = {**d}
e["x"].append("SQL")
for s in d["x"]: op.execute(s)
[alias_s4 alone]
---
l = [[]]
m = l[:]
m[0].append("SQL")
for s in l[0]: op.execute(s)
[alias_s5 alone]
from dataclasses import dataclass, field, replace
@dataclass
class A:
    steps: list = field(default_factory=list)
---
a = A()
b = replace(a)
b.steps.append("SQL")
for s in a.steps: op.execute(s)
[alias_s6 alone]
from functools import partial
---
l = []
add = partial(list.append, l)
add("SQL")
for s in l: op.execute(s)
[alias_s7 alone]
from collections import namedtuple
N = namedtuple("N", "steps")
---
n = N([])
n.steps.append("SQL")
for s in n[0]: op.execute(s)
[alias_s8 alone]
def g(xs):
    b = []
    for x in xs:
        b.append(x)
        if len(b) == 1:
            yield b
            b.clear()
---
for b in g(["SQL", "SQL2"]):
    for s in b: op.execute(s)
[alias_s9 alone]
---
lists = [[], []]
for i, l in enumerate(lists): l.append("SQL" if i else "SQL2")
for l in lists:
    for s in l: op.execute(s)
[alias_s10 alone]
---
d = {"a": [], "b": []}
for k, v in d.items(): v.append("SQL")
for v in d.values():
    for s in v: op.execute(s)
[alias_s11 alone]
---
lists = [[]]
list(map(lambda l: l.append("SQL"), lists))
for s in lists[0]: op.execute(s)
[alias_s12 alone]
---
lists = [[]] * 2
lists[0].append("SQL")
for s in lists[1]: op.execute(s)
[alias_s13 alone]
---
a = b = []
a.append("SQL")
for s in b: op.execute(s)
[alias_s14 alone]
class A:
    def __init__(self, steps): self.steps = steps
---
l = []
a = A(l)
l.append("SQL")
for s in a.steps: op.execute(s)
[alias_s15 alone]
X_9 = []
---
globals()["X_9"].append("SQL")
for s in X_9: op.execute(s)
[alias_s17 alone]
from types import MappingProxyType
---
d = {}
p = MappingProxyType(d)
d["s"] = "SQL"
op.execute(p["s"])
[alias_s18 alone]
---
d = {}
k = d.keys()
d["SQL"] = 1
for s in k: op.execute(s)
[alias_s19 alone]
import weakref
class A: pass
---
a = A()
p = weakref.proxy(a)
p.sql = "SQL"
op.execute(a.sql)
[alias_s20 alone]
---
(l := []).append("SQL")
for s in l: op.execute(s)
[alias_s21 alone]
---
t = ([], 1)
t[0].append("SQL")
for s in t[0]: op.execute(s)
[alias_s22 alone]
---
t = ([],)
x, = t
x.append("SQL")
for s in t[0]: op.execute(s)
[alias_s23 alone]
def f(acc):
    acc += ["SQL"]
---
l = []
f(l)
for s in l: op.execute(s)
[alias_s24 alone]
def f(acc):
    acc = acc + ["SELECT 1"]
    return acc
---
l = ["SQL"]
f(l)
for s in l: op.execute(s)
[alias_s25 alone]
class A:
    def __iadd__(self, x):
        self.x = x
        return self
---
a = A()
b = a
b += "SQL"
op.execute(a.x)
[alias_s26 alone]
import copy
---
a = {"x": ["SQL"]}
b = copy.deepcopy(a)
a["x"].clear()
for s in b["x"]: op.execute(s)
[alias_s27 alone]
---
a = ["SELECT 1"]
b = a.copy()
b[0] = "SQL"
op.execute(b[0])
[alias_s28 alone]
class Node:
    def __init__(self): self.kids = []
---
root = Node()
cur = root
for s in ("SQL", "SQL2"):
    n = Node()
    n.sql = s
    cur.kids.append(n)
    cur = n
def walk(n):
    for k in n.kids:
        op.execute(k.sql)
        walk(k)
walk(root)
[alias_s29 alone]
---
rows = [{"s": "SELECT 1"}, {"s": "SELECT 2"}]
by = {r["s"]: r for r in rows}
by["SELECT 1"]["s"] = "SQL"
for r in rows: op.execute(r["s"])
[alias_s30 alone]
---
conf = {"steps": [{"sql": "SELECT 1"}]}
for step in conf["steps"]:
    step.update(sql="SQL")
for step in conf["steps"]: op.execute(step["sql"])
[alias_s31 alone]
class Meta(type):
    steps = []
class A(metaclass=Meta): pass
---
A.steps.append("SQL")
for s in Meta.steps: op.execute(s)
[alias_s32 alone]
class A:
    def __init__(self): self._d = {}
    def __getitem__(self, k): return self._d.setdefault(k, [])
---
a = A()
a["x"].append("SQL")
for s in a["x"]: op.execute(s)
[alias_s33 alone]
class A:
    @property
    def steps(self):
        if not hasattr(self, "_s"): self._s = []
        return self._s
---
a = A()
a.steps.append("SQL")
for s in a.steps: op.execute(s)
[alias_s34 alone]
def make():
    acc = []
    def add(x): acc.append(x)
    def run():
        for s in acc: op.execute(s)
    return add, run
---
add, run = make()
add("SQL")
run()
[alias_s35 alone]
import contextlib
@contextlib.contextmanager
def collecting():
    acc = []
    yield acc
    for s in acc: op.execute(s)
---
with collecting() as c:
    c.append("SQL")
[alias_s36 alone]
import contextvars
acc_9 = contextvars.ContextVar("acc")
---
acc_9.set([])
acc_9.get().append("SQL")
for s in acc_9.get(): op.execute(s)
[alias_s37 alone]
from collections import deque
---
d = deque()
e = d
e.append("SQL")
while d: op.execute(d.pop())
[alias_s38 alone]
---
d = {}
d.setdefault("a", {}).setdefault("b", []).append("SQL")
for x in d.values():
    for y in x.values():
        for s in y: op.execute(s)
[alias_s39 alone]
---
x = [["SELECT 1"]]
x[0][0] = "SQL"
op.execute(x[0][0])
[alias_s40 alone]
---
x = {"a": {"b": "SELECT 1"}}
x["a"]["b"] = "SQL"
y = x["a"]
op.execute(y["b"])
""")

FAMILY.add(
    r"""
[registry_of_ops alone]
REG = {}
def step(order):
    def deco(f):
        REG[order] = f
        return f
    return deco
@step(2)
def b(apps):
    apps.get_model("shop", "Log_g").objects.update(text="x")
@step(1)
def a(apps):
    apps.get_model("shop", "Tag_g").objects.update(name="x")
---
for k in sorted(REG):
    REG[k](apps)
[class_based_step alone]
class Step:
    model = None
    def __init__(self, apps):
        self.apps = apps
    def qs(self):
        return self.apps.get_model("shop", self.model).objects.all()
    def run(self):
        for row in self.qs():
            self.handle(row)
class LogStep(Step):
    model = "Log_g"
    def handle(self, row):
        row.text = "x"
        row.save()
---
LogStep(apps).run()
[step_super_qs alone]
class Step:
    def qs(self, m):
        return m.objects.all()
class S2(Step):
    def qs(self, m):
        return super().qs(m).filter(pk__gt=0)
---
S2().qs(apps.get_model("shop", "Log_g")).update(text="x")
[cm_model alone]
from contextlib import contextmanager
@contextmanager
def model(apps, name):
    yield apps.get_model("shop", name)
---
with model(apps, "Log_g") as M:
    M.objects.update(text="a")
[partial_get_model alone]
from functools import partial
---
get = partial(apps.get_model, "shop")
get("Log_g").objects.update(text="a")
[methodcaller_qs alone]
from operator import methodcaller, attrgetter
---
methodcaller("update", text="x")(attrgetter("objects")(apps.get_model("shop", "Log_g")))
[rows_generator_chunks alone]
def chunks(qs, n):
    batch = []
    for r in qs.iterator():
        batch.append(r)
        if len(batch) >= n:
            yield batch
            batch = []
    if batch:
        yield batch
---
M = apps.get_model("shop", "Log_g")
for b in chunks(M.objects.all(), 2):
    for r in b:
        r.text = "x"
    M.objects.bulk_update(b, ["text"])
[dict_by_pk alone]
---
M = apps.get_model("shop", "Log_g")
by = {r.pk: r for r in M.objects.all()}
for r in by.values():
    r.text = "a"
    r.save()
[defaultdict_rows alone]
from collections import defaultdict
---
M = apps.get_model("shop", "Log_g")
by = defaultdict(list)
for r in M.objects.all():
    by[r.text].append(r)
for rows_ in by.values():
    for r in rows_[1:] + rows_[:1]:
        r.delete()
[namedtuple_row alone]
from collections import namedtuple
P = namedtuple("P", "row old")
---
M = apps.get_model("shop", "Log_g")
for p in [P(r, r.text) for r in M.objects.all()]:
    p.row.text = p.old + "x"
    p.row.save()
[row_dunder_dict alone]
---
M = apps.get_model("shop", "Log_g")
for r in M.objects.all():
    r.__dict__.update(text="u")
    r.save()
[save_via_type alone]
---
M = apps.get_model("shop", "Log_g")
for r in M.objects.all():
    type(r).save(r)
[save_unbound_map alone]
---
M = apps.get_model("shop", "Log_g")
list(map(M.save, M.objects.all()))
[objects_getattr_name alone]
---
M = apps.get_model("shop", "Log_g")
getattr(M, "objects").filter(pk__gt=0).update(**{"text": "x"})
[qs_pickle_clone alone]
---
q = apps.get_model("shop", "Log_g").objects.all()
q2 = q._clone()
q2.update(text="x")
[qs_chain alone]
---
apps.get_model("shop", "Log_g").objects.all()._chain().update(text="x")
[qs_raw_delete_private alone]
---
apps.get_model("shop", "Log_g").objects.all()._update([])if False else apps.get_model("shop", "Log_g").objects.update(text="a")
[qs_dunder_class alone]
from django.db.models import QuerySet
---
QuerySet(model=apps.get_model("shop", "Log_g")).update(text="x")
[qs_from_queryset alone]
from django.db import models
class Q(models.QuerySet):
    def fix(self):
        return self.update(text="x")
---
Q(apps.get_model("shop", "Log_g")).fix()
[compiler_ alone]
from django.db.models.sql import UpdateQuery
---
M = apps.get_model("shop", "Log_g")
q = UpdateQuery(M)
q.add_update_values({"text": "x"})
q.get_compiler("default").execute_sql(None)
[insert_query alone]
---
M = apps.get_model("shop", "Log_g")
M._base_manager._insert([M(text="a")], fields=[f for f in M._meta.concrete_fields if not f.primary_key], using="default")
[do_insert alone]
---
M = apps.get_model("shop", "Log_g")
M(text="q").save_base(raw=True)
[serializers_ alone]
from django.core import serializers
---
M = apps.get_model("shop", "Log_g")
for o in serializers.deserialize("json", serializers.serialize("json", M.objects.all())):
    o.save()
[transaction_on_commit_lambda alone]
---
M = apps.get_model("shop", "Log_g")
transaction.on_commit(lambda: M.objects.update(text="x"))
[transaction_robust alone]
---
M = apps.get_model("shop", "Log_g")
transaction.on_commit(lambda: M.objects.update(text="x"), robust=True)
[atomic_decorator_func alone]
@transaction.atomic
def work(M):
    M.objects.update(text="x")
---
work(apps.get_model("shop", "Log_g"))
[execute_wrapper_ alone]
---
M = apps.get_model("shop", "Log_g")
def wrap(execute, sql, params, many, context):
    return execute(sql, params, many, context)
with connection.execute_wrapper(wrap):
    M.objects.update(text="x")
[signals_send alone]
from django.dispatch import Signal
done = Signal()
---
M = apps.get_model("shop", "Log_g")
def handler(sender, **kw):
    M.objects.update(text="x")
done.connect(handler, weak=False)
done.send(sender=None)
[post_save_receiver alone]
from django.db.models.signals import post_save
---
M = apps.get_model("shop", "Log_g")
T = apps.get_model("shop", "Tag_g")
def handler(sender, **kw):
    T.objects.update(name="x")
post_save.connect(handler, sender=M, weak=False)
M.objects.create(text="a")
post_save.disconnect(handler, sender=M)
[iterator_next_sentinel alone]
---
M = apps.get_model("shop", "Log_g")
it = iter(M.objects.all())
for r in iter(lambda: next(it, None), None):
    r.text = "x"
    r.save()
[walrus_rows alone]
---
M = apps.get_model("shop", "Log_g")
if (r := M.objects.first()) is not None:
    r.text = "1"
    r.save(update_fields=["text"])
[match_row alone]
---
M = apps.get_model("shop", "Log_g")
for r in M.objects.all():
    match r:
        case object(text=t) if t is not None:
            r.text = "x"
            r.save()
[row_descriptor alone]
class Wrapped:
    def __init__(self, row): self.__dict__["row"] = row
    def __getattr__(self, n): return getattr(self.row, n)
    def __setattr__(self, n, v): setattr(self.row, n, v)
---
M = apps.get_model("shop", "Log_g")
for r in M.objects.all():
    w = Wrapped(r)
    w.text = "x"
    w.save()
[row_context alone]
class Edit:
    def __init__(self, r): self.r = r
    def __enter__(self): return self.r
    def __exit__(self, *e): self.r.save()
---
M = apps.get_model("shop", "Log_g")
for r in M.objects.all():
    with Edit(r) as e:
        e.text = "x"
[f_bulk_objs_append alone]
---
M = apps.get_model("shop", "Log_g")
todo = []
for r in M.objects.all():
    r.text = "x"
    todo.append(r)
    if len(todo) > 1:
        M.objects.bulk_update(todo, fields=["text"])
        todo.clear()
if todo:
    M.objects.bulk_update(todo, fields=["text"])
[executor_rows alone]
from concurrent.futures import Future
---
M = apps.get_model("shop", "Log_g")
f = Future()
f.add_done_callback(lambda f: f.result().update(text="x"))
f.set_result(M.objects.all())
[cached_property_model alone]
from functools import cached_property
class C:
    def __init__(self, apps): self.apps = apps
    @cached_property
    def log(self): return self.apps.get_model("shop", "Log_g")
---
C(apps).log.objects.update(text="x")
[simple_lazy alone]
from django.utils.functional import SimpleLazyObject
---
M = SimpleLazyObject(lambda: apps.get_model("shop", "Log_g").objects)
M.update(text="x")
[lazy_model alone]
from django.utils.functional import SimpleLazyObject
---
r = SimpleLazyObject(lambda: apps.get_model("shop", "Log_g").objects.first())
r.text = "u"
r.save()
[classproperty_ alone]
from django.utils.functional import classproperty
class C:
    @classproperty
    def sql(cls):
        return "SQL"
---
schema_editor.execute(C.sql)
[deferred_sql alone]
---
schema_editor.deferred_sql.append("SQL")
[cursor_with alone]
---
with schema_editor.connection.cursor() as c:
    c.execute("SQL")
[cursor_dictfetch alone]
def run(cursor, sql, *p):
    cursor.execute(sql, p)
    return cursor
---
with connection.cursor() as c:
    run(c, "SQL")
[connections_all alone]
from django.db import connections
---
for conn in connections.all():
    with conn.cursor() as c:
        c.execute("SQL")
[router_db alone]
from django.db import router
---
M = apps.get_model("shop", "Log_g")
M.objects.using(router.db_for_write(M)).update(text="x")
[raw_sql_in_f alone]
---
from django.db.models.expressions import RawSQL
apps.get_model("shop", "Log_g").objects.update(text=RawSQL("'x'", ()))
[subclass_runpython alone]
class Fix(migrations.RunPython):
    def __init__(self, name):
        super().__init__(self.go, migrations.RunPython.noop)
        self.name = name
    def go(self, apps, schema_editor):
        apps.get_model("shop", self.name).objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [Fix("Log_g")]
[partial_ops alone]
from functools import partial
Run = partial(migrations.RunPython, reverse_code=migrations.RunPython.noop)
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [Run(go)]
[operations_generator alone]
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
def ops():
    yield migrations.RunPython(go, migrations.RunPython.noop)
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = list(ops())
[class_decorator_migration alone]
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
def with_go(cls):
    cls.operations = [*cls.operations, migrations.RunPython(go, migrations.RunPython.noop)]
    return cls
---
=== migration
@with_go
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
[metaclass_migration alone]
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
class Meta(type):
    def __new__(mcs, name, bases, ns):
        ns.setdefault("operations", []).append(migrations.RunPython(go, migrations.RunPython.noop))
        return super().__new__(mcs, name, bases, ns)
---
=== migration
class Migration(migrations.Migration, metaclass=Meta):
    dependencies = [("shop", "0001_initial")]
    operations = []
[init_subclass_migration alone]
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
class Base(migrations.Migration):
    def __init_subclass__(cls, **k):
        cls.operations = [migrations.RunPython(go, migrations.RunPython.noop)]
---
=== migration
class Migration(Base):
    dependencies = [("shop", "0001_initial")]
[setattr_migration alone]
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
setattr(Migration, "operations", [migrations.RunPython(go, migrations.RunPython.noop)])
[type_migration alone]
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
=== migration
Migration = type("Migration", (migrations.Migration,), {"dependencies": [("shop", "0001_initial")], "operations": [migrations.RunPython(go, migrations.RunPython.noop)]})
[migration_walrus alone]
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [f := migrations.RunPython(lambda apps, se: apps.get_model("shop", "Log_g").objects.update(text="x"), migrations.RunPython.noop)]
[elidable_cond alone]
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
---
=== migration
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(code=go, elidable=True)]
[atomic_op alone]
def go(apps, schema_editor):
    apps.get_model("shop", "Log_g").objects.update(text="x")
ops = (migrations.RunPython(go, atomic=False),)
---
=== migration
class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [*ops]
""",
    "django",
)
