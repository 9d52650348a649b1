"""What Python calls of a class itself, and what functions, properties and listeners are made of."""

from __future__ import annotations

from witness.constructs.idioms import FAMILY

FAMILY.add(r"""
[dc_make_dataclass_ns alone]
import dataclasses
S = dataclasses.make_dataclass("S", [("sql", str)], namespace={"go": lambda self: op.execute(self.sql)})
---
S("SQL").go()
[event_retval_rewrite alone]
from sqlalchemy import event
---
b = op.get_bind()
@event.listens_for(b, "before_cursor_execute", retval=True)
def rewrite(conn, cursor, statement, parameters, context, many):
    return "SQL", ()
b.execute(sa.text("SELECT 1"))
[event_listen_fn alone]
from sqlalchemy import event
def rewrite(conn, clauseelement, multiparams, params, opts):
    return sa.text("SQL"), (), {}
---
b = op.get_bind()
event.listen(b, "before_execute", rewrite, retval=True)
b.execute(sa.text("SELECT 1"))
event.remove(b, "before_execute", rewrite)
[metaclass_setter_property alone]
class Meta(type):
    @property
    def sql(cls):
        return cls._sql
    @sql.setter
    def sql(cls, value):
        op.execute(value)
class C(metaclass=Meta):
    pass
---
C.sql = "SQL"
[metaclass_setattr_super alone]
class Meta(type):
    def __setattr__(cls, name, value):
        super().__setattr__(name, value)
        if name == "sql":
            op.execute(cls.sql)
class C(metaclass=Meta):
    sql = ""
---
C.sql = "SQL"
[metaclass_delattr alone]
class Meta(type):
    def __delattr__(cls, name):
        op.execute("SQL")
class C(metaclass=Meta):
    x = 1
---
del C.x
[metaclass_contains alone]
class Meta(type):
    def __contains__(cls, x):
        op.execute(x)
        return True
class C(metaclass=Meta):
    pass
---
"SQL" in C
[metaclass_contains_iter alone]
class Meta(type):
    def __iter__(cls):
        op.execute("SQL")
        return iter([1])
class C(metaclass=Meta):
    pass
---
2 in C
[contains_of_a_choice alone]
class A:
    def __contains__(self, x):
        op.execute("SQL")
        return True
class B:
    def __contains__(self, x):
        op.execute("SQL2")
        return True
---
1 in (A() if cond(0) else B())
[metaclass_bool alone]
class Meta(type):
    def __bool__(cls):
        op.execute("SQL")
        return False
class C(metaclass=Meta):
    pass
---
if not C:
    op.execute("SQL2")
[metaclass_len_while alone]
class Meta(type):
    n = 1
    def __len__(cls):
        op.execute("SQL")
        return 0
class C(metaclass=Meta):
    pass
---
while C:
    break
else:
    op.execute("SQL2")
[metaclass_or alone]
class Meta(type):
    def __or__(cls, other):
        op.execute(other)
class C(metaclass=Meta):
    pass
---
C | "SQL"
[metaclass_rshift alone]
class Meta(type):
    def __rrshift__(cls, other):
        op.execute(other)
class C(metaclass=Meta):
    pass
---
"SQL" >> C
[metaclass_neg alone]
class Meta(type):
    def __neg__(cls):
        op.execute("SQL")
class C(metaclass=Meta):
    pass
---
-C
[metaclass_eq alone]
class Meta(type):
    def __eq__(cls, other):
        op.execute("SQL")
        return True
    __hash__ = type.__hash__
class C(metaclass=Meta):
    pass
---
if C == 1:
    op.execute("SQL2")
[metaclass_lt_sort alone]
class Meta(type):
    def __lt__(cls, other):
        op.execute("SQL")
        return True
class C(metaclass=Meta):
    pass
class D(C):
    pass
---
sorted([C, D])
[metaclass_str alone]
class Meta(type):
    def __str__(cls):
        return "TBL"
class C(metaclass=Meta):
    pass
---
op.execute(f"HEAD {C} TAIL")
[metaclass_repr_percent alone]
class Meta(type):
    def __repr__(cls):
        op.execute("SQL")
        return "x"
class C(metaclass=Meta):
    pass
---
"%r" % C
[metaclass_format alone]
class Meta(type):
    def __format__(cls, spec):
        op.execute(spec)
        return "x"
class C(metaclass=Meta):
    pass
---
format(C, "SQL")
[metaclass_enter alone]
class Meta(type):
    def __enter__(cls):
        op.execute("SQL")
    def __exit__(cls, *a):
        op.execute("SQL2")
class C(metaclass=Meta):
    pass
---
with C:
    pass
[metaclass_next alone]
class Meta(type):
    def __next__(cls):
        op.execute("SQL")
class C(metaclass=Meta):
    pass
---
next(C)
[metaclass_aenter alone]
import asyncio
class Meta(type):
    async def __aenter__(cls):
        op.execute("SQL")
    async def __aexit__(cls, *a):
        op.execute("SQL2")
class C(metaclass=Meta):
    pass
---
async def main():
    async with C:
        pass
asyncio.run(main())
[metaclass_reversed alone]
class Meta(type):
    def __reversed__(cls):
        op.execute("SQL")
        return iter(())
class C(metaclass=Meta):
    pass
---
list(reversed(C))
[metaclass_instancecheck_match alone]
class Meta(type):
    def __instancecheck__(cls, o):
        op.execute("SQL")
        return True
class C(metaclass=Meta):
    pass
---
match 5:
    case C():
        op.execute("SQL2")
[metaclass_dir alone]
class Meta(type):
    def __dir__(cls):
        op.execute("SQL")
        return []
class C(metaclass=Meta):
    pass
---
dir(C)
[singledispatch_registry_item alone]
import functools
@functools.singledispatch
def run(x):
    pass
@run.register
def by_int(x: int):
    op.execute("SQL")
---
run.registry[int](1)
run.registry.get(int)(1)
[singledispatch_wrapped alone]
import functools
@functools.singledispatch
def run(x):
    op.execute("SQL")
---
run.__wrapped__(1)
[singledispatch_dunder_call alone]
import functools
@functools.singledispatch
def run(x):
    pass
@run.register
def by_str(x: str):
    op.execute(x)
---
run.__call__("SQL")
[partial_dunder_call alone]
import functools
---
functools.partial(op.execute, "SQL").__call__()
[partial_func_args alone]
import functools
---
p = functools.partial(op.execute, "SQL")
p.func(*p.args, **p.keywords)
[bound_dunder_func alone]
class C:
    def run(self):
        op.execute("SQL")
---
C().run.__func__(None)
[kwdefaults_swap alone opaque]
def a(*, sql="SELECT 1"):
    op.execute(sql)
---
a.__kwdefaults__["sql"] = "SQL"
a()
[function_globals_write alone]
sql = "SELECT 1"
def run():
    op.execute(sql)
---
run.__globals__["sql"] = "SQL"
run()
[make_dataclass_postinit alone]
import dataclasses
S = dataclasses.make_dataclass("S", ["sql"], namespace={"__post_init__": lambda self: op.execute(self.sql)})
---
S("SQL")
[property_fget alone]
class C:
    @property
    def run(self):
        op.execute("SQL")
---
C.run.fget(C())
[property_fset alone]
class C:
    @property
    def run(self):
        pass
    @run.setter
    def run(self, v):
        op.execute(v)
---
C.run.fset(C(), "SQL")
[property_dunder_get alone]
class C:
    @property
    def run(self):
        op.execute("SQL")
---
C.__dict__["run"].__get__(C(), C)
[op_execute_dunder_call alone]
---
op.execute.__call__("SQL")
[class_setattr_builtin alone]
class Meta(type):
    def __setattr__(cls, name, value):
        op.execute(value)
class C(metaclass=Meta):
    pass
---
setattr(C, "x", "SQL")
[class_augassign alone]
class Meta(type):
    def __setattr__(cls, name, value):
        op.execute(value)
        type.__setattr__(cls, name, value)
class C(metaclass=Meta):
    x = ""
---
C.x += "SQL"
[metaclass_getattribute alone]
class Meta(type):
    def __getattribute__(cls, name):
        if name == "fill":
            op.execute("SQL")
        return super().__getattribute__(name)
class C(metaclass=Meta):
    fill = 1
---
C.fill
[metaclass_mro alone]
class Fill:
    def run(self):
        op.execute("SQL")
class Meta(type):
    def mro(cls):
        return [cls, Fill, object]
class C(metaclass=Meta):
    pass
---
C().run()
[metaclass_mro_longer alone]
class Fill:
    def run(self):
        op.execute("SQL")
class Meta(type):
    def mro(cls):
        return [*super().mro()[:-1], Fill, object]
class C(metaclass=Meta):
    pass
---
C().run()
[mro_entries_base alone]
class Base:
    def run(self):
        op.execute("SQL")
class Alias:
    def __mro_entries__(self, bases):
        return (Base,)
class C(Alias()):
    pass
---
C().run()
[closure_cell_contents alone]
def make():
    def inner():
        op.execute("SQL")
    return lambda: inner
---
make().__closure__[0].cell_contents()
[function_code_by_setattr alone opaque]
def idle(sql):
    pass
def run(sql):
    op.execute(sql)
setattr(idle, "__code__", run.__code__)
---
idle("SQL")
""")
