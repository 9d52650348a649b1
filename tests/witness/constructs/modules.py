"""Modules of the repository that are filled when they are imported: registries, classes that get methods, names that are made."""

from __future__ import annotations

from witness.constructs.ways import FAMILY

FAMILY.add(r"""
[module_list_of_functions alone]
import steps_9
---
for step in steps_9.STEPS:
    step()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
STEPS = []
STEPS.append(fill)
[module_registry_by_item alone]
import steps_9
---
steps_9.STEPS["a"]()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
STEPS = {}
STEPS["a"] = fill
[module_registry_run_inside alone]
import steps_9
---
steps_9.run()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
STEPS = {}
STEPS["a"] = fill
def run():
    for step in STEPS.values():
        step()
[module_registry_filled_in_a_loop alone]
import steps_9
---
for step in steps_9.STEPS:
    step()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
STEPS = []
for number in (1, 2):
    STEPS.append(fill)
[module_registry_filled_by_a_call alone]
import steps_9
---
for step in steps_9.STEPS:
    step()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
STEPS = []
def keep(step):
    STEPS.append(step)
keep(fill)
[module_registry_taken_by_name alone]
from steps_9 import STEPS
---
STEPS["a"]()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
STEPS = {}
STEPS.update(a=fill)
[module_class_gets_a_method alone]
import steps_9
---
steps_9.Steps.fill()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
class Steps:
    pass
Steps.fill = staticmethod(fill)
[module_object_gets_a_method alone]
import steps_9
---
steps_9.steps.fill()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
class Steps:
    pass
steps = Steps()
steps.fill = fill
[module_class_gets_a_text alone]
import steps_9
---
op.execute(steps_9.Steps.sql)
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
class Steps:
    pass
Steps.sql = "SQL2"
[module_function_gets_a_text alone]
import steps_9
---
op.execute(steps_9.step.sql)
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
def step():
    pass
step.sql = "SQL2"
[module_names_by_globals alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
globals().update(go=fill)
[module_names_by_globals_item alone]
import steps_9
---
steps_9.on()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
for name in ("go", "on"):
    globals()[name] = fill
[module_names_by_a_comprehension alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
[globals().__setitem__(name, fill) for name in ("go",)]
[module_names_by_exec alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
exec("go = fill")
[module_names_by_setattr alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
setattr(sys.modules[__name__], "go", fill)
[module_names_by_itself alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
this = sys.modules[__name__]
this.go = fill
[module_names_by_its_dictionary alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
sys.modules[__name__].__dict__["go"] = fill
[module_names_by_a_function alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
def begin():
    global go
    go = fill
begin()
[module_names_bound_anew_by_a_function alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
go = print
def begin():
    global go
    go = fill
begin()
[module_function_in_a_loop alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
for number in (1,):
    def go():
        fill()
[module_function_in_a_match alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
match sys.platform:
    case _:
        def go():
            fill()
[module_function_in_a_while alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
while True:
    def go():
        fill()
    break
[module_text_in_a_loop alone]
import steps_9
---
op.execute(steps_9.sql)
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
for number in (1,):
    sql = "SQL2"
[module_walrus alone]
import steps_9
---
steps_9.go()
=== steps_9.py
import sys
from alembic import op
def fill():
    op.execute("SQL")
(go := fill)
[module_class_swapped opaque alone]
import steps_9
---
steps_9.leads
steps_9.fill()
=== steps_9.py
import sys
import types
from alembic import op
class Lazy(types.ModuleType):
    @property
    def leads(self):
        return op.execute("SQL")
    def fill(self):
        op.execute("SQL2")
sys.modules[__name__].__class__ = Lazy
[module_class_swapped_by_a_function opaque alone]
import steps_9
---
steps_9.leads
steps_9.fill()
=== steps_9.py
import sys
import types
from alembic import op
class Lazy(types.ModuleType):
    @property
    def leads(self):
        return op.execute("SQL")
    def fill(self):
        op.execute("SQL2")
def swap():
    module = sys.modules[__name__]
    module.__class__ = Lazy
swap()
[module_class_swapped_for_a_made_one opaque alone]
import steps_9
---
steps_9.leads
steps_9.fill()
=== steps_9.py
import sys
import types
from alembic import op
class Lazy(types.ModuleType):
    @property
    def leads(self):
        return op.execute("SQL")
    def fill(self):
        op.execute("SQL2")
sys.modules[__name__].__class__ = type("Made", (Lazy,), {})
[module_class_by_setattr opaque alone]
import steps_9
---
steps_9.leads
=== steps_9.py
import sys
import types
from alembic import op
class Lazy(types.ModuleType):
    @property
    def leads(self):
        return op.execute("SQL")
setattr(sys.modules[__name__], "__class__", Lazy)
[module_class_swapped_by_another opaque alone]
import steps_9
---
steps_9.fill()
=== steps_9.py
import lazy_9
lazy_9.install(__name__)
def fill():
    pass
=== lazy_9.py
import sys
import types
from alembic import op
class Lazy(types.ModuleType):
    def __getattribute__(self, name):
        if name == "fill":
            op.execute("SQL")
        return super().__getattribute__(name)
def install(name):
    sys.modules[name].__class__ = Lazy
[module_replaced opaque alone]
import steps_9
---
steps_9.leads
steps_9.fill()
=== steps_9.py
import sys
import types
from alembic import op
class Lazy(types.ModuleType):
    @property
    def leads(self):
        return op.execute("SQL")
    def fill(self):
        op.execute("SQL2")
sys.modules[__name__] = Lazy(__name__)
[module_named_by_a_setting opaque alone]
import steps_9
---
if steps_9.plugin().fill():
    raise RuntimeError
=== steps_9.py
import importlib
from unseen import options
SETTINGS = options("plug_9")
def plugin():
    return importlib.import_module(SETTINGS["sql"])
=== plug_9.py
from alembic import op
def fill():
    op.execute("SQL")
""")
