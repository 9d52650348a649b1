"""Further ways to the database: who calls whom, with what, and what hears of it."""

from __future__ import annotations

from witness.constructs.ways import FAMILY

FAMILY.add(r"""
[partial_of_a_partial]
import functools
def run_9(handle, head, sql):
    handle.execute(sql)
---
functools.partial(functools.partial(run_9, op), "fill")(TEXT)
[partial_in_a_dict]
import functools
---
steps_9 = {"fill": functools.partial(op.execute, TEXT)}
for name_9 in sorted(steps_9):
    steps_9[name_9]()
[reduce_over_handles]
import functools
---
functools.reduce(lambda handle, sql: handle.execute(sql) or handle, [TEXT], op)
[map_of_two]
list(map(lambda handle, sql: handle.execute(sql), [op], [TEXT]))
[thread_of_a_method]
import threading
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    def run(self):
        op.execute(self.sql)
---
thread_9 = threading.Thread(target=Step_9(TEXT).run, daemon=True)
thread_9.start()
thread_9.join()
[thread_below]
import threading
class Step_9(threading.Thread):
    def __init__(self, sql):
        super().__init__(name="fill")
        self.sql = sql
    def run(self):
        op.execute(self.sql)
---
for thread_9 in [Step_9(TEXT)]:
    thread_9.start()
    thread_9.join()
[executor_of_a_method]
import concurrent.futures
class Steps_9:
    def fill(self, sql):
        op.execute(sql)
---
with concurrent.futures.ThreadPoolExecutor(1) as pool_9:
    futures_9 = {pool_9.submit(Steps_9().fill, TEXT): "fill"}
    for future_9 in concurrent.futures.as_completed(futures_9):
        future_9.result()
[executor_begins]
import concurrent.futures
---
with concurrent.futures.ThreadPoolExecutor(1, initializer=op.execute, initargs=(TEXT,)) as pool_9:
    pool_9.submit(int).result()
[thread_pool_starmap]
from multiprocessing.pool import ThreadPool
def run_9(handle, sql):
    handle.execute(sql)
---
with ThreadPool(1) as pool_9:
    pool_9.starmap(run_9, [(op, TEXT)])
[decorator_is_an_object]
class Logged_9:
    def __init__(self, function):
        self.function = function
    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)
@Logged_9
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_gives_another]
def instead_9(function):
    def other(sql):
        op.execute(sql)
    return other
@instead_9
def run_9(sql):
    pass
---
run_9(TEXT)
[decorator_with_a_default]
import functools
def retry_9(function=None, *, times=2):
    if function is None:
        return functools.partial(retry_9, times=times)
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        for _ in range(times):
            return function(*args, **kwargs)
    return wrapper
@retry_9(times=3)
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_of_a_class_keeps]
STEPS_9 = []
def step_9(cls):
    STEPS_9.append(cls)
    return cls
@step_9
class Fill_9:
    def run(self, sql):
        op.execute(sql)
---
for kind_9 in STEPS_9:
    kind_9().run(TEXT)
[decorator_of_a_static_method]
def logged_9(function):
    return lambda *args: function(*args)
class Steps_9:
    @staticmethod
    @logged_9
    def fill(sql):
        op.execute(sql)
---
Steps_9.fill(TEXT)
[decorator_in_a_loop]
def step_9(function):
    function.step = True
    return function
@step_9
def fill_9(sql):
    op.execute(sql)
def read_9(sql):
    pass
---
for function_9 in (read_9, fill_9):
    if getattr(function_9, "step", False):
        function_9(TEXT)
[decorator_counts]
REGISTRY_9 = {}
def migration_9(number):
    def keep(function):
        REGISTRY_9.setdefault(number, []).append(function)
        return function
    return keep
@migration_9(12)
def fill_9(sql):
    op.execute(sql)
---
for number_9, functions_9 in sorted(REGISTRY_9.items()):
    for function_9 in functions_9:
        function_9(TEXT)
[dispatch_on_a_method]
import functools
class Steps_9:
    @functools.singledispatchmethod
    def run(self, step):
        pass
    @run.register
    def _(self, step: str):
        op.execute(step)
---
Steps_9().run(TEXT)
[heirs_of_heirs]
class Step_9:
    def run(self, sql):
        pass
class Above_9(Step_9):
    pass
class Fill_9(Above_9):
    def run(self, sql):
        op.execute(sql)
def heirs_9(kind):
    for heir in kind.__subclasses__():
        yield heir
        yield from heirs_9(heir)
---
for kind_9 in heirs_9(Step_9):
    kind_9().run(TEXT)
[heirs_with_keywords]
class Step_9:
    kept = {}
    def __init_subclass__(cls, *, number, **kwargs):
        super().__init_subclass__(**kwargs)
        Step_9.kept[number] = cls
class Fill_9(Step_9, number=1):
    def run(self, sql):
        op.execute(sql)
---
for number_9 in sorted(Step_9.kept):
    Step_9.kept[number_9]().run(TEXT)
[queue_of_partials]
import functools
QUEUE_9 = []
def later_9(function, *args):
    QUEUE_9.append(functools.partial(function, *args))
---
later_9(op.execute, TEXT)
while QUEUE_9:
    QUEUE_9.pop()()
[queue_of_pairs]
QUEUE_9 = []
---
QUEUE_9.append((op.execute, [TEXT], {}))
for function_9, args_9, kwargs_9 in QUEUE_9:
    function_9(*args_9, **kwargs_9)
[arguments_passed_on]
def outer_9(*args, **kwargs):
    return inner_9(*args, **kwargs)
def inner_9(handle, *, sql, dry=False):
    if not dry:
        handle.execute(sql)
---
outer_9(op, sql=TEXT)
[arguments_bound]
import inspect
def run_9(handle, sql="SELECT 1"):
    handle.execute(sql)
---
bound_9 = inspect.signature(run_9).bind(op, TEXT)
bound_9.apply_defaults()
run_9(*bound_9.args, **bound_9.kwargs)
[callback_in_a_dataclass]
import dataclasses
import typing
@dataclasses.dataclass
class Step_9:
    run: typing.Callable
    sql: str = "SELECT 1"
---
step_9 = Step_9(op.execute, sql=TEXT)
step_9.run(step_9.sql)
[callback_that_may_be_none]
def work_9(sql, done=None):
    if done is not None:
        done(sql)
---
work_9(TEXT, done=lambda sql: op.execute(sql))
[callback_given_by_name]
def work_9(steps, sql):
    getattr(steps, "exec" + "ute")(sql)
---
work_9(op, TEXT)
[retry_of_a_retry]
def retry_9(function, times=3):
    for attempt in range(times):
        try:
            return function()
        except RuntimeError:
            if attempt == times - 1:
                raise
---
retry_9(lambda: retry_9(lambda: op.execute(TEXT)))
[call_by_name_of_self]
class Steps_9:
    def run(self, sql):
        for name in ("check", "fill"):
            getattr(self, f"_{name}")(sql)
    def _check(self, sql):
        pass
    def _fill(self, sql):
        op.execute(sql)
---
Steps_9().run(TEXT)
[call_by_name_of_the_module]
def fill_9(sql):
    op.execute(sql)
---
globals()["fill" + "_9"](TEXT)
[call_by_name_of_another_module]
import importlib
---
importlib.import_module("steps_9").fill(op, TEXT)
=== steps_9.py
def fill(handle, sql):
    handle.execute(sql)
[call_all_that_a_module_has]
import steps_9
---
for name_9, function_9 in vars(steps_9).items():
    if name_9.startswith("fill"):
        function_9(op, TEXT)
=== steps_9.py
def check(handle, sql):
    pass
def fill_rows(handle, sql):
    handle.execute(sql)
[call_all_functions_of_a_module]
import inspect
import steps_9
---
for name_9, function_9 in inspect.getmembers(steps_9, inspect.isfunction):
    function_9(op, TEXT)
=== steps_9.py
def fill_rows(handle, sql):
    handle.execute(sql)
[method_made_of_a_function]
import types
class Steps_9:
    pass
def fill_9(self, sql):
    op.execute(sql)
---
types.MethodType(fill_9, Steps_9())(TEXT)
[method_put_on_a_class]
class Steps_9:
    pass
def fill_9(self, sql):
    op.execute(sql)
Steps_9.fill = fill_9
---
Steps_9().fill(TEXT)
[method_is_a_lambda]
class Steps_9:
    fill = lambda self, sql: op.execute(sql)
---
Steps_9().fill(TEXT)
[method_bound_in_a_list]
class Steps_9:
    def __init__(self):
        self.steps = [self.check, self.fill]
    def check(self, sql):
        pass
    def fill(self, sql):
        op.execute(sql)
---
for step_9 in Steps_9().steps:
    step_9(TEXT)
[constructor_by_a_class_method]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
    @classmethod
    def of(cls, sql):
        return cls(sql)
    def run(self):
        op.execute(self.sql)
---
Step_9.of(TEXT).run()
[coroutine_in_a_coroutine]
import asyncio
async def inner_9(sql):
    op.execute(sql)
async def outer_9(sql):
    await asyncio.gather(*(inner_9(one) for one in [sql]))
---
asyncio.run(outer_9(TEXT))
[coroutine_is_kept]
import asyncio
async def run_9(sql):
    op.execute(sql)
async def main_9(sql):
    task = asyncio.ensure_future(run_9(sql))
    await task
---
asyncio.run(main_9(TEXT))
[function_by_condition]
import os
if os.name:
    def run_9(sql):
        op.execute(sql)
else:
    def run_9(sql):
        pass
---
run_9(TEXT)
[function_by_try]
try:
    import not_there_9
    run_9 = not_there_9.run
except ImportError:
    def run_9(sql):
        op.execute(sql)
---
run_9(TEXT)
[function_said_anew]
def run_9(sql):
    pass
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[function_of_a_dict_by_default]
def fill_9(sql):
    op.execute(sql)
---
{"a": lambda sql: None}.get("b", fill_9)(TEXT)
[property_gives_a_function]
class Steps_9:
    @property
    def fill(self):
        return lambda sql: op.execute(sql)
---
Steps_9().fill(TEXT)
[generator_of_functions]
def steps_9():
    yield lambda sql: None
    yield op.execute
---
for step_9 in steps_9():
    step_9(TEXT)
[stack_of_callbacks]
import contextlib
---
with contextlib.ExitStack() as stack_9:
    for sql_9 in [TEXT]:
        stack_9.callback(op.execute, sqltext=sql_9)
[finalizer_of_an_object]
import weakref
class Unit_9:
    pass
---
unit_9 = Unit_9()
finish_9 = weakref.finalize(unit_9, op.execute, TEXT)
finish_9()
[event_heard]
from sqlalchemy import event
---
@event.listens_for(sa.Table, "before_parent_attach")
def attach_9(target, parent):
    pass
@event.listens_for(op.get_bind(), "commit")
def commit_9(connection):
    pass
op.get_bind().execute(sa.text(TEXT))
[event_that_writes]
from sqlalchemy import event
---
bind_9 = op.get_bind()
sql_9 = TEXT
def savepoint_9(connection, name):
    op.execute(sql_9)
event.listen(bind_9, "savepoint", savepoint_9)
with bind_9.begin_nested():
    pass
event.remove(bind_9, "savepoint", savepoint_9)
[visitor_of_a_tree]
import ast
class Visitor_9(ast.NodeVisitor):
    def __init__(self, sql):
        self.sql = sql
    def visit_Name(self, node):
        op.execute(self.sql)
---
Visitor_9(TEXT).visit(ast.parse("name"))
[command_of_cmd]
import cmd
class Steps_9(cmd.Cmd):
    def do_fill(self, sql):
        op.execute(sql)
---
Steps_9().onecmd("fill " + TEXT)
[substitute_by_function]
import re
def run_9(match):
    op.execute(match.group(0))
    return ""
---
re.sub(r".+", run_9, TEXT)
[sort_by_effect]
[1].sort(key=lambda _: op.execute(TEXT))
[json_hook]
import json
---
json.loads('{"a": 1}', object_hook=lambda found: op.execute(TEXT))
[json_default]
import json
---
json.dumps(object(), default=lambda one: op.execute(TEXT))
[filter_of_logging]
import logging
class Filter_9(logging.Filter):
    def __init__(self, sql):
        self.sql = sql
    def filter(self, record):
        op.execute(self.sql)
        return True
---
logger_9 = logging.getLogger("witness.calls")
logger_9.addFilter(Filter_9(TEXT))
logger_9.warning("x")
logger_9.filters.clear()
[handler_of_logging]
import logging
class Handler_9(logging.Handler):
    def __init__(self, sql):
        super().__init__()
        self.sql = sql
    def emit(self, record):
        op.execute(self.sql)
---
logger_9 = logging.getLogger("witness.calls.handler")
logger_9.addHandler(Handler_9(TEXT))
logger_9.error("x")
logger_9.handlers.clear()
[test_case_runs]
import unittest
class Steps_9(unittest.TestCase):
    sql = None
    def runTest(self):
        op.execute(self.sql)
---
Steps_9.sql = TEXT
Steps_9().run()
[parser_action]
import argparse
class Run_9(argparse.Action):
    def __call__(self, parser, namespace, values, option=None):
        op.execute(values)
---
parser_9 = argparse.ArgumentParser()
parser_9.add_argument("sql", action=Run_9)
parser_9.parse_args([TEXT])
[parser_type]
import argparse
---
parser_9 = argparse.ArgumentParser()
parser_9.add_argument("sql", type=op.execute)
parser_9.parse_args([TEXT])
[parser_default_function]
import argparse
def fill_9(arguments):
    op.execute(arguments.sql)
---
parser_9 = argparse.ArgumentParser()
below_9 = parser_9.add_subparsers().add_parser("fill")
below_9.add_argument("sql")
below_9.set_defaults(run=fill_9)
arguments_9 = parser_9.parse_args(["fill", TEXT])
arguments_9.run(arguments_9)
[scheduler_runs]
import sched
---
scheduler_9 = sched.scheduler()
scheduler_9.enter(0, 1, op.execute, argument=(TEXT,))
scheduler_9.run()
[timer_fires]
import threading
---
timer_9 = threading.Timer(0, op.execute, args=[TEXT])
timer_9.run()
[trace_of_calls]
import sys
---
sql_9 = TEXT
def heard_9(frame, what, value):
    sys.setprofile(None)
    op.execute(sql_9)
sys.setprofile(heard_9)
len([])
[import_hook]
import builtins
---
sql_9 = TEXT
before_9 = builtins.print
builtins.print = lambda *words: op.execute(sql_9)
try:
    print("x")
finally:
    builtins.print = before_9
[warning_shown]
import warnings
---
sql_9 = TEXT
with warnings.catch_warnings():
    warnings.simplefilter("always")
    warnings.showwarning = lambda *told, **more: op.execute(sql_9)
    warnings.warn("x")
""")
