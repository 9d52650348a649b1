"""Ways to the database for a text."""

from __future__ import annotations

from witness.construct import Family

FAMILY = Family("ways")

FAMILY.add(r"""
[op_execute]
op.execute(TEXT)
[op_execute_text]
op.execute(sa.text(TEXT))
[op_execute_keyword]
op.execute(sqltext=TEXT)
[op_execute_options]
op.execute(sa.text(TEXT), execution_options={"autocommit": True})
[op_execute_imported]
from alembic.op import execute as run_9
---
run_9(TEXT)
[op_alias]
import alembic.op as operations_9
---
operations_9.execute(TEXT)
[op_alembic]
import alembic
---
alembic.op.execute(TEXT)
[op_bound]
run_9 = op.execute
run_9(TEXT)
[op_getattr]
getattr(op, "execute")(TEXT)
[op_getattr_unknown]
names_9 = ("execute",)
for name_9 in names_9:
    getattr(op, name_9)(TEXT)
[op_methodcaller]
from operator import methodcaller
---
methodcaller("execute", TEXT)(op)
[op_partial]
from functools import partial
---
partial(op.execute, TEXT)()
[op_partial_options]
from functools import partial
---
run_9 = partial(op.execute, execution_options=None)
run_9(TEXT)
[bind_execute]
op.get_bind().execute(sa.text(TEXT))
[bind_name]
bind_9 = op.get_bind()
bind_9.execute(sa.text(TEXT))
[bind_driver]
op.get_bind().exec_driver_sql(TEXT)
[bind_text_later]
statement_9 = sa.text(TEXT)
connection_9 = op.get_bind()
connection_9.execute(statement_9)
[bind_text_options]
op.get_bind().execute(sa.text(TEXT).execution_options(no_parameters=True))
[bind_text_bound]
op.get_bind().execute(sa.text(TEXT).bindparams())
[bind_scalar]
op.get_bind().execute(sa.text(TEXT)).rowcount
[bind_execution_options]
op.get_bind().execution_options(stream_results=False).execute(sa.text(TEXT))
[bind_begin]
with op.get_bind().begin_nested():
    op.get_bind().execute(sa.text(TEXT))
[bind_engine]
with op.get_bind().engine.connect() as connection_9:
    connection_9.execute(sa.text(TEXT))
[bind_engine_begin]
with op.get_bind().engine.begin() as connection_9:
    connection_9.execute(sa.text(TEXT))
[bind_raw_cursor]
cursor_9 = op.get_bind().connection.cursor()
cursor_9.execute(TEXT)
[bind_raw_executemany]
cursor_9 = op.get_bind().connection.cursor()
cursor_9.executemany(TEXT, [()])
[bind_raw_script]
op.get_bind().connection.executescript(TEXT)
[bind_raw_connection]
op.get_bind().connection.dbapi_connection.cursor().execute(TEXT)
[bind_driver_connection]
op.get_bind().connection.driver_connection.execute(TEXT)
[bind_engine_raw]
raw_9 = op.get_bind().engine.raw_connection()
raw_9.cursor().execute(TEXT)
[bind_cursor_closing]
from contextlib import closing
---
with closing(op.get_bind().connection.cursor()) as cursor_9:
    cursor_9.execute(TEXT)
[cursor_callproc opaque]
op.get_bind().connection.cursor().callproc("refresh_9")
op.execute(TEXT)
[op_context_bind]
op.get_context().bind.execute(sa.text(TEXT))
[op_context_connection]
op.get_context().connection.execute(sa.text(TEXT))
[op_context_execute]
op.get_context().execute(TEXT)
[op_context_impl]
op.get_context().impl.execute(TEXT)
[op_impl_exec]
op.get_context().impl._exec(sa.text(TEXT))
[context_execute]
context.execute(TEXT)
[context_bind]
context.get_bind().execute(sa.text(TEXT))
[context_get_context]
context.get_context().bind.execute(sa.text(TEXT))
[autocommit_block]
with op.get_context().autocommit_block():
    op.execute(TEXT)
[begin_transaction]
with op.get_context().begin_transaction():
    op.execute(TEXT)
[batch_operation]
with op.batch_alter_table("spare") as batch_9:
    batch_9.execute(TEXT)
[batch_get_bind]
with op.batch_alter_table("spare") as batch_9:
    batch_9.get_bind().execute(sa.text(TEXT))
[op_invoke]
from alembic.operations import ops
---
op.invoke(ops.ExecuteSQLOp(TEXT))
[op_run_async]
async def work_9(connection, sql):
    await connection.execute(sa.text(sql))
---
op.run_async(work_9, TEXT)
[op_run_async_closure]
async def work_9(connection):
    for sql in WAITING_9:
        await connection.execute(sa.text(sql))

WAITING_9 = []
---
WAITING_9.append(TEXT)
op.run_async(work_9)
[asyncio_run]
import asyncio

async def work_9(sql):
    op.execute(sql)
---
asyncio.run(work_9(TEXT))
[asyncio_gather]
import asyncio

async def work_9(sql):
    op.execute(sql)

async def all_9(sql):
    await asyncio.gather(work_9(sql))
---
asyncio.run(all_9(TEXT))
[asyncio_loop]
import asyncio

async def work_9(sql):
    op.execute(sql)
---
loop_9 = asyncio.new_event_loop()
loop_9.run_until_complete(work_9(TEXT))
loop_9.close()
[asyncio_task]
import asyncio

async def work_9(sql):
    op.execute(sql)

async def all_9(sql):
    task = asyncio.create_task(work_9(sql))
    await task
---
asyncio.run(all_9(TEXT))
[async_generator]
import asyncio

async def statements_9(sql):
    yield sql

async def all_9(sql):
    async for each in statements_9(sql):
        op.execute(each)
---
asyncio.run(all_9(TEXT))
[async_with]
import asyncio

class Work_9:
    def __init__(self, sql):
        self.sql = sql

    async def __aenter__(self):
        op.execute(self.sql)

    async def __aexit__(self, *error):
        pass

async def all_9(sql):
    async with Work_9(sql):
        pass
---
asyncio.run(all_9(TEXT))
[session]
from sqlalchemy.orm import Session
---
session_9 = Session(bind=op.get_bind())
session_9.execute(sa.text(TEXT))
[session_with]
from sqlalchemy.orm import Session
---
with Session(op.get_bind()) as session_9:
    session_9.execute(sa.text(TEXT))
    session_9.commit()
[session_begin]
from sqlalchemy.orm import Session
---
with Session(op.get_bind()) as session_9, session_9.begin():
    session_9.execute(sa.text(TEXT))
[session_maker]
from sqlalchemy.orm import sessionmaker

Session_9 = sessionmaker()
---
Session_9(bind=op.get_bind()).execute(sa.text(TEXT))
[session_maker_bound]
from sqlalchemy.orm import sessionmaker
---
with sessionmaker(op.get_bind()).begin() as session_9:
    session_9.execute(sa.text(TEXT))
[session_scoped]
from sqlalchemy.orm import scoped_session, sessionmaker
---
session_9 = scoped_session(sessionmaker(bind=op.get_bind()))
session_9.execute(sa.text(TEXT))
[session_scoped_called]
from sqlalchemy.orm import scoped_session, sessionmaker
---
sessions_9 = scoped_session(sessionmaker(bind=op.get_bind()))
sessions_9().execute(sa.text(TEXT))
[session_connection]
from sqlalchemy.orm import Session
---
Session(bind=op.get_bind()).connection().execute(sa.text(TEXT))
[session_get_bind]
from sqlalchemy import orm
---
orm.Session(bind=op.get_bind()).get_bind().execute(sa.text(TEXT))
[session_scalars]
from sqlalchemy.orm import Session
---
Session(op.get_bind()).execute(sa.text(TEXT)).all
[inspector_bind]
sa.inspect(op.get_bind()).bind.execute(sa.text(TEXT))
[ddl]
op.execute(sa.DDL(TEXT))
[ddl_executed]
op.get_bind().execute(sa.DDL(TEXT))
[event_after_create]
from sqlalchemy import event
---
table_9 = sa.Table("made_9", sa.MetaData(), sa.Column("a", sa.Integer))
event.listen(table_9, "after_create", sa.DDL(TEXT))
table_9.create(op.get_bind())
[event_after_create_if]
from sqlalchemy import event
---
table_9 = sa.Table("made_9", sa.MetaData(), sa.Column("a", sa.Integer))
event.listen(table_9, "after_create", sa.DDL(TEXT).execute_if(callable_=lambda *_, **__: True))
table_9.create(op.get_bind())
[function]
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[function_keyword]
def run_9(*, sql):
    op.execute(sql)
---
run_9(sql=TEXT)
[function_varargs]
def run_9(*statements):
    for sql in statements:
        op.execute(sql)
---
run_9(TEXT, "SELECT 1")
[function_kwargs]
def run_9(**statements):
    for sql in statements.values():
        op.execute(sql)
---
run_9(fill=TEXT)
[function_kwargs_item]
def run_9(**options):
    op.execute(options["sql"])
---
run_9(sql=TEXT)
[function_connection]
def run_9(connection, sql):
    connection.execute(sa.text(sql))
---
run_9(op.get_bind(), TEXT)
[function_nested]
def run_9():
    op.execute(TEXT)
run_9()
[function_two_deep]
def inner_9(sql):
    op.execute(sql)

def outer_9(sql):
    inner_9(sql)
---
outer_9(TEXT)
[function_recursive]
def run_9(sql, left):
    if left:
        run_9(sql, left - 1)
    else:
        op.execute(sql)
---
run_9(TEXT, 3)
[function_mutual]
def even_9(sql, left):
    if left == 0:
        op.execute(sql)
    else:
        odd_9(sql, left - 1)

def odd_9(sql, left):
    even_9(sql, left - 1)
---
even_9(TEXT, 4)
[function_later]
def run_9(sql):
    later_9(sql)

def later_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[function_returned]
def chosen_9():
    return op.execute
---
chosen_9()(TEXT)
[function_stored]
ACTIONS_9 = {"run": op.execute}
---
ACTIONS_9["run"](TEXT)
[function_in_list]
for run_9 in [op.execute]:
    run_9(TEXT)
[function_globals]
def run_9(sql):
    op.execute(sql)
---
globals()["run_9"](TEXT)
[function_chosen]
def dry_9(sql):
    pass

def wet_9(sql):
    op.execute(sql)
---
(dry_9 if cond(0) else wet_9)(TEXT)
[function_default_handle]
def run_9(sql, execute=op.execute):
    execute(sql)
---
run_9(TEXT)
[lambda]
run_9 = lambda sql: op.execute(sql)
run_9(TEXT)
[lambda_closure]
(lambda: op.execute(TEXT))()
[lambda_default]
(lambda sql=TEXT: op.execute(sql))()
[callback]
def retry_9(function):
    for _ in range(3):
        return function()
---
retry_9(lambda: op.execute(TEXT))
[callback_arguments]
def call_9(function, *args, **kwargs):
    return function(*args, **kwargs)
---
call_9(op.execute, TEXT)
[callback_twice]
def retry_9(function):
    return function()
---
retry_9(lambda: op.execute("SELECT 1"))
retry_9(lambda: op.execute(TEXT))
[callback_loop]
def retry_9(function):
    return function()
---
for sql_9 in ("SELECT 1", TEXT):
    retry_9(lambda: op.execute(sql_9))
[callbacks_late]
waiting_9 = []
for sql_9 in ("SELECT 1", TEXT):
    waiting_9.append(lambda sql=sql_9: op.execute(sql))
for callback_9 in waiting_9:
    callback_9()
[closure_factory]
def make_9(sql):
    def run():
        op.execute(sql)
    return run
---
make_9(TEXT)()
[map]
list(map(op.execute, [TEXT]))
[map_lambda]
list(map(lambda sql: op.execute(sql), (TEXT,)))
[comprehension]
[op.execute(sql) for sql in (TEXT,)]
[comprehension_condition]
[None for sql in (TEXT,) if op.execute(sql)]
[comprehension_dict]
{sql: op.execute(sql) for sql in (TEXT,)}
[generator_consumed]
list(op.execute(sql) for sql in [TEXT])
[generator_any]
any(op.execute(sql) for sql in [TEXT])
[generator_function]
def work_9(sql):
    yield op.execute(sql)
---
for _ in work_9(TEXT):
    pass
[generator_after_yield]
def work_9(sql):
    yield
    op.execute(sql)
---
for _ in work_9(TEXT):
    pass
[generator_deque]
from collections import deque
---
deque((op.execute(sql) for sql in [TEXT]), maxlen=0)
[coroutine_send]
def work_9():
    while True:
        sql = yield
        op.execute(sql)
---
running_9 = work_9()
next(running_9)
running_9.send(TEXT)
[starmap]
from itertools import starmap

def run_9(name, sql):
    op.execute(sql)
---
list(starmap(run_9, [("a", TEXT)]))
[reduce]
from functools import reduce
---
reduce(lambda _, sql: op.execute(sql), [TEXT], None)
[reduce_function]
from functools import reduce

def run_9(count, sql):
    op.execute(sql)
    return count + 1
---
reduce(run_9, [TEXT], 0)
[filter_function]
list(filter(op.execute, [TEXT]))
[sorted_key]
sorted([TEXT], key=op.execute)
[sorted_key_lambda]
def rank_9(sql):
    op.execute(sql)
    return 0
---
max([TEXT], key=rank_9)
[thread]
import threading
---
thread_9 = threading.Thread(target=op.execute, args=(TEXT,))
thread_9.start()
thread_9.join()
[thread_kwargs]
from threading import Thread

def work_9(sql):
    op.execute(sql)
---
thread_9 = Thread(target=work_9, kwargs={"sql": TEXT})
thread_9.start()
thread_9.join()
[thread_subclass]
import threading

class Worker_9(threading.Thread):
    def __init__(self, sql):
        super().__init__()
        self.sql = sql

    def run(self):
        op.execute(self.sql)
---
worker_9 = Worker_9(TEXT)
worker_9.start()
worker_9.join()
[thread_list]
from threading import Thread
---
threads_9 = [Thread(target=op.execute, args=[sql]) for sql in (TEXT,)]
for thread_9 in threads_9:
    thread_9.start()
for thread_9 in threads_9:
    thread_9.join()
[timer]
import threading
---
timer_9 = threading.Timer(0, op.execute, [TEXT])
timer_9.start()
timer_9.join()
[executor_submit]
from concurrent.futures import ThreadPoolExecutor
---
with ThreadPoolExecutor(1) as pool_9:
    pool_9.submit(op.execute, TEXT).result()
[executor_map]
import concurrent.futures
---
with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool_9:
    list(pool_9.map(op.execute, [TEXT]))
[executor_futures]
from concurrent.futures import ThreadPoolExecutor, as_completed
---
with ThreadPoolExecutor(1) as pool_9:
    futures_9 = {pool_9.submit(op.execute, sql): sql for sql in (TEXT,)}
    for future_9 in as_completed(futures_9):
        future_9.result()
[pool_dummy]
from multiprocessing.pool import ThreadPool
---
with ThreadPool(1) as pool_9:
    pool_9.map(op.execute, [TEXT])
[queue_worker]
import queue

def work_9(waiting):
    while not waiting.empty():
        op.execute(waiting.get())
---
queue_9 = queue.Queue()
queue_9.put(TEXT)
work_9(queue_9)
[exit_stack]
from contextlib import ExitStack
---
with ExitStack() as stack_9:
    stack_9.callback(op.execute, TEXT)
[exit_stack_push]
from contextlib import ExitStack
---
stack_9 = ExitStack()
stack_9.push(lambda *error: op.execute(TEXT))
stack_9.close()
[atexit_like]
CLEANUP_9 = []

def at_end_9(function, *args):
    CLEANUP_9.append((function, args))
---
at_end_9(op.execute, TEXT)
for function_9, args_9 in CLEANUP_9:
    function_9(*args_9)
[context_manager]
from contextlib import contextmanager

@contextmanager
def work_9(sql):
    op.execute(sql)
    yield
---
with work_9(TEXT):
    pass
[context_manager_after]
from contextlib import contextmanager

@contextmanager
def work_9(sql):
    yield
    op.execute(sql)
---
with work_9(TEXT):
    pass
[context_manager_finally]
from contextlib import contextmanager

@contextmanager
def work_9(sql):
    try:
        yield
    finally:
        op.execute(sql)
---
with work_9(TEXT):
    pass
[context_manager_value]
from contextlib import contextmanager

@contextmanager
def connected_9():
    yield op.get_bind()
---
with connected_9() as connection_9:
    connection_9.execute(sa.text(TEXT))
[context_decorator]
from contextlib import ContextDecorator

class Within_9(ContextDecorator):
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

@Within_9()
def work_9(sql):
    op.execute(sql)
---
work_9(TEXT)
[enter]
class Work_9:
    def __init__(self, sql):
        self.sql = sql

    def __enter__(self):
        op.execute(self.sql)

    def __exit__(self, *error):
        pass
---
with Work_9(TEXT):
    pass
[exit]
class Work_9:
    def __init__(self, sql):
        self.sql = sql

    def __enter__(self):
        return self

    def __exit__(self, *error):
        op.execute(self.sql)
---
with Work_9(TEXT):
    pass
[exit_collected]
class Work_9:
    def __init__(self):
        self.waiting = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for sql in self.waiting:
            op.execute(sql)
---
with Work_9() as work_9:
    work_9.waiting.append(TEXT)
[method]
class Step_9:
    def run(self, sql):
        op.execute(sql)
---
Step_9().run(TEXT)
[method_self]
class Step_9:
    def __init__(self, sql):
        self.sql = sql

    def run(self):
        op.execute(self.sql)
---
Step_9(TEXT).run()
[method_handle]
class Step_9:
    def __init__(self, connection):
        self.connection = connection

    def run(self, sql):
        self.connection.execute(sa.text(sql))
---
Step_9(op.get_bind()).run(TEXT)
[method_bound]
class Step_9:
    def __init__(self, sql):
        self.sql = sql

    def run(self):
        op.execute(self.sql)
---
later_9 = Step_9(TEXT).run
later_9()
[method_unbound]
class Step_9:
    def run(self, sql):
        op.execute(sql)
---
Step_9.run(Step_9(), TEXT)
[method_static]
class Step_9:
    @staticmethod
    def run(sql):
        op.execute(sql)
---
Step_9.run(TEXT)
[method_class]
class Step_9:
    @classmethod
    def run(cls, sql):
        op.execute(sql)
---
Step_9.run(TEXT)
[method_template]
class Base_9:
    def go(self, sql):
        self.run(sql)

class Step_9(Base_9):
    def run(self, sql):
        op.execute(sql)
---
Step_9().go(TEXT)
[method_abstract]
from abc import ABC, abstractmethod

class Base_9(ABC):
    @abstractmethod
    def sql(self): ...

    def run(self):
        op.execute(self.sql())

class Step_9(Base_9):
    def __init__(self, text):
        self.text = text

    def sql(self):
        return self.text
---
Step_9(TEXT).run()
[method_super]
class Base_9:
    def run(self, sql):
        op.execute(sql)

class Step_9(Base_9):
    def run(self, sql):
        super().run(sql)
---
Step_9().run(TEXT)
[method_mixin]
class Runs_9:
    def run(self):
        op.execute(self.sql)

class Base_9:
    sql = "SELECT 1"

class Step_9(Runs_9, Base_9):
    def __init__(self, sql):
        self.sql = sql
---
Step_9(TEXT).run()
[method_getattr]
class Step_9:
    def do_run(self, sql):
        op.execute(sql)
---
getattr(Step_9(), "do_" + "run")(TEXT)
[method_wrapped_handle]
class Wrapper_9:
    run = staticmethod(op.execute)
---
Wrapper_9.run(TEXT)
[proxy_getattr]
class Proxy_9:
    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        return getattr(self._target, name)
---
Proxy_9(op).execute(TEXT)
[dunder_init]
class Step_9:
    def __init__(self, sql):
        op.execute(sql)
---
Step_9(TEXT)
[dunder_new]
class Step_9:
    def __new__(cls, sql):
        op.execute(sql)
        return super().__new__(cls)
---
Step_9(TEXT)
[dunder_call]
class Step_9:
    def __call__(self, sql):
        op.execute(sql)
---
Step_9()(TEXT)
[dunder_getitem]
class Run_9:
    def __getitem__(self, sql):
        op.execute(sql)
---
Run_9()[TEXT]
[dunder_setitem]
class Run_9:
    def __setitem__(self, name, sql):
        op.execute(sql)
---
Run_9()["fill"] = TEXT
[dunder_delitem]
class Run_9:
    def __delitem__(self, sql):
        op.execute(sql)
---
del Run_9()[TEXT]
[dunder_setattr]
class Run_9:
    def __setattr__(self, name, sql):
        op.execute(sql)
---
Run_9().fill = TEXT
[dunder_getattr]
class Run_9:
    def __getattr__(self, name):
        return op.execute
---
Run_9().anything(TEXT)
[dunder_getattribute]
class Run_9:
    def __getattribute__(self, name):
        return lambda sql: op.execute(sql)
---
Run_9().anything(TEXT)
[dunder_contains]
class Run_9:
    def __contains__(self, sql):
        op.execute(sql)
        return True
---
TEXT in Run_9()
[dunder_or]
class Run_9:
    def __or__(self, sql):
        op.execute(sql)
        return self
---
Run_9() | TEXT
[dunder_lshift]
class Run_9:
    def __lshift__(self, sql):
        op.execute(sql)
        return self
---
Run_9() << TEXT
[dunder_iadd]
class Run_9:
    def __iadd__(self, sql):
        op.execute(sql)
        return self
---
run_9 = Run_9()
run_9 += TEXT
[dunder_eq]
class Run_9:
    def __eq__(self, sql):
        op.execute(sql)
        return True
---
Run_9() == TEXT
[dunder_lt]
class Run_9:
    def __lt__(self, sql):
        op.execute(sql)
        return True
---
Run_9() < TEXT
[dunder_bool]
class Run_9:
    def __init__(self, sql):
        self.sql = sql

    def __bool__(self):
        op.execute(self.sql)
        return True
---
if Run_9(TEXT):
    pass
[dunder_len]
class Run_9:
    def __init__(self, sql):
        self.sql = sql

    def __len__(self):
        op.execute(self.sql)
        return 0
---
len(Run_9(TEXT))
[dunder_str]
class Run_9:
    def __init__(self, sql):
        self.sql = sql

    def __str__(self):
        op.execute(self.sql)
        return ""
---
print(end=str(Run_9(TEXT)))
[dunder_iter]
class Run_9:
    def __init__(self, sql):
        self.sql = sql

    def __iter__(self):
        op.execute(self.sql)
        return iter(())
---
for _ in Run_9(TEXT):
    pass
[dunder_next]
class Run_9:
    def __init__(self, sql):
        self.waiting = [sql]

    def __iter__(self):
        return self

    def __next__(self):
        if not self.waiting:
            raise StopIteration
        op.execute(self.waiting.pop())
---
for _ in Run_9(TEXT):
    pass
[dunder_neg]
class Run_9:
    def __init__(self, sql):
        self.sql = sql

    def __neg__(self):
        op.execute(self.sql)
---
-Run_9(TEXT)
[property]
class Step_9:
    def __init__(self, sql):
        self.sql = sql

    @property
    def done(self):
        op.execute(self.sql)
        return True
---
Step_9(TEXT).done
[property_setter]
class Step_9:
    @property
    def sql(self):
        return ""

    @sql.setter
    def sql(self, text):
        op.execute(text)
---
Step_9().sql = TEXT
[property_object]
class Step_9:
    def _set(self, text):
        op.execute(text)

    sql = property(None, _set)
---
Step_9().sql = TEXT
[descriptor_set]
class Runs_9:
    def __set__(self, instance, sql):
        op.execute(sql)

class Step_9:
    sql = Runs_9()
---
Step_9().sql = TEXT
[setattr_call]
class Run_9:
    def __setattr__(self, name, sql):
        op.execute(sql)
---
setattr(Run_9(), "fill", TEXT)
[dataclass_post_init]
from dataclasses import dataclass

@dataclass
class Step_9:
    sql: str

    def __post_init__(self):
        op.execute(self.sql)
---
Step_9(TEXT)
[dataclass_method]
from dataclasses import dataclass

@dataclass
class Step_9:
    name: str
    sql: str

    def run(self):
        op.execute(self.sql)
---
for step_9 in [Step_9("a", TEXT)]:
    step_9.run()
[dataclass_callable]
from dataclasses import dataclass
from typing import Callable

@dataclass
class Step_9:
    action: Callable
---
Step_9(lambda: op.execute(TEXT)).action()
[named_tuple_loop]
from typing import NamedTuple

class Step_9(NamedTuple):
    name: str
    sql: str
---
for step_9 in (Step_9("a", TEXT),):
    op.execute(step_9.sql)
[class_body alone]
class Step_9:
    op.execute(TEXT)
[init_subclass]
class Base_9:
    def __init_subclass__(cls, **options):
        op.execute(cls.sql)
---
class Step_9(Base_9):
    sql = TEXT
[metaclass]
class Meta_9(type):
    def __new__(mcs, name, bases, names):
        if names.get("sql"):
            op.execute(names["sql"])
        return super().__new__(mcs, name, bases, names)
---
class Step_9(metaclass=Meta_9):
    sql = TEXT
[metaclass_call]
class Meta_9(type):
    def __call__(cls, sql):
        op.execute(sql)

class Step_9(metaclass=Meta_9):
    pass
---
Step_9(TEXT)
[subclasses]
class Base_9:
    pass

class Step_9(Base_9):
    def run(self, sql):
        op.execute(sql)
---
for cls_9 in Base_9.__subclasses__():
    cls_9().run(TEXT)
[type_created]
Step_9 = type("Step_9", (), {"run": lambda self, sql: op.execute(sql)})
---
Step_9().run(TEXT)
[decorator]
import functools

def logged_9(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

@logged_9
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_arguments]
def retried_9(times):
    def decorate(function):
        def wrapper(*args):
            for _ in range(times):
                return function(*args)
        return wrapper
    return decorate

@retried_9(times=3)
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_three]
def timed_9(function):
    def wrapper(*args):
        return function(*args)
    return wrapper

@timed_9
def inner_9(sql):
    op.execute(sql)

@timed_9
def middle_9(sql):
    inner_9(sql)

@timed_9
def outer_9(sql):
    middle_9(sql)
---
outer_9(TEXT)
[decorator_class]
class Timed_9:
    def __init__(self, function):
        self.function = function

    def __call__(self, *args):
        return self.function(*args)

@Timed_9
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_method]
def checked_9(method):
    def wrapper(self, *args):
        return method(self, *args)
    return wrapper

class Step_9:
    @checked_9
    def run(self, sql):
        op.execute(sql)
---
Step_9().run(TEXT)
[decorator_registers]
STEPS_9 = []

def step_9(function):
    STEPS_9.append(function)
    return function

@step_9
def fill_9(sql):
    op.execute(sql)
---
for each_9 in STEPS_9:
    each_9(TEXT)
[decorator_registers_named]
class Registry_9:
    def __init__(self):
        self.steps = {}

    def migration(self, number):
        def decorate(function):
            self.steps[number] = function
            return function
        return decorate

registry_9 = Registry_9()

@registry_9.migration(12)
def fill_9(sql):
    op.execute(sql)
---
for number_9, step_9 in sorted(registry_9.steps.items()):
    step_9(TEXT)
[decorator_calls]
def once_9(function):
    function()
    return function
---
@once_9
def fill_9():
    op.execute(TEXT)
[decorator_stdlib]
from functools import lru_cache

@lru_cache
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_unseen]
from unseen import retry

@retry(times=3)
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_unseen_bare]
from unseen import transactional

@transactional
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_tenacity]
import tenacity

@tenacity.retry(stop=tenacity.stop_after_attempt(3))
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[decorator_click]
import click

@click.command()
@click.option("--sql", default="SELECT 1")
def run_9(sql):
    op.execute(sql)
---
run_9.callback(TEXT)
[decorator_click_called]
import click

@click.command()
@click.argument("sql")
def run_9(sql):
    op.execute(sql)
---
run_9([TEXT], standalone_mode=False)
[task_called]
from unseen import shared_task

@shared_task
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[task_bound]
from unseen import shared_task

@shared_task(name="fill")
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[singledispatch]
from functools import singledispatch

@singledispatch
def run_9(what):
    raise TypeError(what)

@run_9.register
def _(what: str):
    op.execute(what)
---
run_9(TEXT)
[singledispatch_type]
from functools import singledispatch

@singledispatch
def run_9(what):
    pass

@run_9.register(str)
def text_9(what):
    op.execute(what)
---
run_9(TEXT)
[exec_text]
exec("op.execute(sql)", {"op": op, "sql": TEXT})
[exec_literal]
exec("op.execute(sql_9)", globals(), {"sql_9": TEXT})
[eval_text]
eval("op.execute(sql)", {"op": op, "sql": TEXT})
[compile_text]
exec(compile("op.execute(sql)", "fill", "exec"), {"op": op, "sql": TEXT})
[subprocess_run]
import subprocess
---
subprocess.run(["psql", "-c", TEXT], check=True)
[subprocess_check_call]
import subprocess
---
subprocess.check_call(["psql", "--command", TEXT])
[subprocess_input]
import subprocess
---
subprocess.run(["psql", "mydb"], input=TEXT, text=True)
[subprocess_shell]
import subprocess
---
subprocess.run('psql -c "' + TEXT + '"', shell=True)
[subprocess_sqlite]
from subprocess import check_output
---
check_output(["sqlite3", "app.db", TEXT])
[subprocess_mysql]
import subprocess
---
subprocess.call(["mysql", "-e", TEXT])
[subprocess_popen]
import subprocess
---
subprocess.Popen(["psql"], stdin=subprocess.PIPE).communicate(TEXT.encode())
[os_system]
os.system('psql -c "%s"' % TEXT)
[subprocess_file]
import subprocess
from pathlib import Path
---
subprocess.run(["psql", "-f", str(Path(__file__).with_name("fill_9.sql"))])
op.execute(TEXT)
=== fill_9.sql
SQL
[helper_module]
from helper_9 import run
---
run(TEXT)
=== helper_9.py
from alembic import op

def run(sql):
    op.execute(sql)
[helper_handle]
import helper_9
---
helper_9.run(op.get_bind(), TEXT)
=== helper_9.py
import sqlalchemy as sa

def run(connection, sql):
    connection.execute(sa.text(sql))
[helper_class]
from helper_9 import Step
---
Step(TEXT).run()
=== helper_9.py
from alembic import op

class Step:
    def __init__(self, sql):
        self.sql = sql

    def run(self):
        op.execute(self.sql)
[helper_package]
from package_9 import run
---
run(TEXT)
=== package_9/__init__.py
from package_9.work import run
=== package_9/work.py
from alembic import op

def run(sql):
    op.execute(sql)
[helper_unseen opaque]
from unseen import run_sql
---
run_sql(op.get_bind(), TEXT)
[helper_on_import alone]
import helper_9
---
op.execute(TEXT)
=== helper_9.py
from alembic import op

op.execute("SQL")
[star_unknown opaque]
def load_9(sql):
    return [tuple(line.split("|")) for line in (sql + "|x" for _ in [0])]

def run_9(sql, _):
    op.execute(sql)
---
for args_9 in load_9(TEXT):
    run_9(*args_9)
[star_star_unknown opaque]
from unseen import options

def run_9(sql="SELECT 1", **others):
    op.execute(sql)
---
run_9(**options(TEXT))
[default_argument_unknown opaque]
from unseen import options

def run_9(sql="SELECT 1"):
    op.execute(sql)
---
run_9(*options(TEXT).values())
[loop_statements]
for statement_9 in TEXT.split(";"):
    if statement_9.strip():
        op.execute(statement_9)
[loop_pairs]
for name_9, sql_9 in [("a", "SELECT 1"), ("b", TEXT)]:
    op.execute(sql_9)
[loop_dict]
for name_9, sql_9 in {"a": TEXT}.items():
    op.execute(sql_9)
[while_pop]
waiting_9 = [TEXT, "SELECT 1"]
while waiting_9:
    op.execute(waiting_9.pop())
[try_body]
try:
    op.execute(TEXT)
except Exception:
    raise
[logged]
import logging

logger_9 = logging.getLogger(__name__)
---
logger_9.info("%s rows", op.get_bind().execute(sa.text(TEXT)).rowcount)
[in_f_string]
note_9 = f"{op.get_bind().execute(sa.text(TEXT)).rowcount} rows"
[in_assert]
assert op.get_bind().execute(sa.text(TEXT)) is not None
[in_return]
def run_9():
    return op.execute(TEXT)
run_9()
[in_condition]
if op.get_bind().execute(sa.text(TEXT)).rowcount:
    pass
[in_default]
def run_9(done=op.execute(TEXT)):
    pass
[in_subscript]
[0, 1][bool(op.execute(TEXT))]
[in_walrus]
if (result_9 := op.get_bind().execute(sa.text(TEXT))) is not None:
    pass
[in_ternary]
op.execute(TEXT) if cond(0) else None
[in_and]
cond(0) and op.execute(TEXT)
[in_or]
cond(0) or op.execute(TEXT)
[in_chain]
1 < (op.execute(TEXT) or 2) < 3
[in_tuple]
_ = (op.execute(TEXT), 1)
[in_dict]
_ = {"done": op.execute(TEXT)}
[in_star]
print(*[op.execute(TEXT) or ""], end="")
[in_decorator_expression]
def noted_9(_):
    return lambda function: function
---
@noted_9(op.execute(TEXT))
def nothing_9():
    pass
[in_class_argument]
class Base_9:
    def __init_subclass__(cls, done=None):
        pass
---
class Step_9(Base_9, done=op.execute(TEXT)):
    pass
[in_annotation]
def run_9(x: op.execute(TEXT)):
    pass
[in_delete]
box_9 = {None: 1}
del box_9[op.execute(TEXT)]
[in_raise]
try:
    raise ValueError(op.execute(TEXT))
except ValueError:
    pass
[in_match_subject]
match op.execute(TEXT):
    case _:
        pass
[in_with]
from contextlib import nullcontext
---
with nullcontext(op.execute(TEXT)):
    pass
[nullcontext_value]
from contextlib import nullcontext
---
with nullcontext(op.get_bind()) as connection_9:
    connection_9.execute(sa.text(TEXT))
[in_yield]
def work_9():
    yield op.execute(TEXT)
list(work_9())
[in_slice]
[1, 2][: op.execute(TEXT)]
[in_augmented]
total_9 = 0
total_9 += op.get_bind().execute(sa.text(TEXT)).rowcount
[execute_clause_list]
op.get_bind().execute(sa.text(TEXT), [])
[alias_method_chain]
execute_9 = op.get_bind().execute
execute_9(sa.text(TEXT))
[tuple_unpacked_handle]
bind_9, context_9 = op.get_bind(), op.get_context()
bind_9.execute(sa.text(TEXT))
[dict_handle]
env_9 = {"bind": op.get_bind()}
env_9["bind"].execute(sa.text(TEXT))
[namespace_handle]
from types import SimpleNamespace
---
env_9 = SimpleNamespace(bind=op.get_bind())
env_9.bind.execute(sa.text(TEXT))
[global_handle]
BIND_9 = None

def run_9(sql):
    BIND_9.execute(sa.text(sql))
---
global BIND_9
BIND_9 = op.get_bind()
run_9(TEXT)
[thread_local]
import threading

LOCAL_9 = threading.local()
---
LOCAL_9.bind = op.get_bind()
LOCAL_9.bind.execute(sa.text(TEXT))
[context_var]
import contextvars

BIND_9 = contextvars.ContextVar("bind")
---
BIND_9.set(op.get_bind())
BIND_9.get().execute(sa.text(TEXT))
[weakref]
import weakref
---
bind_9 = op.get_bind()
weakref.ref(bind_9)().execute(sa.text(TEXT))
[typing_cast]
from typing import cast
---
cast(object, op.get_bind()).execute(sa.text(TEXT))
[copy_context]
import contextvars
---
contextvars.copy_context().run(op.execute, TEXT)
[signal_like]
class Signal_9:
    def __init__(self):
        self.receivers = []

    def connect(self, receiver):
        self.receivers.append(receiver)

    def send(self, **given):
        for receiver in self.receivers:
            receiver(**given)

ran_9 = Signal_9()

def receive_9(sql, **_):
    op.execute(sql)
---
ran_9.connect(receive_9)
ran_9.send(sql=TEXT)
[visitor]
class Visitor_9:
    def visit(self, name, sql):
        getattr(self, "visit_" + name)(sql)

    def visit_fill(self, sql):
        op.execute(sql)
---
Visitor_9().visit("fill", TEXT)
[dispatch_dict]
def fill_9(sql):
    op.execute(sql)

def skip_9(sql):
    pass
---
{"fill": fill_9, "skip": skip_9}["skip" if cond(0) else "fill"](TEXT)
[dispatch_get]
def fill_9(sql):
    op.execute(sql)
---
{"fill": fill_9}.get("fill", print)(TEXT)
[task_delay]
from unseen import shared_task

@shared_task
def run_9(sql):
    op.execute(sql)
---
run_9.delay(TEXT)
[task_apply]
from unseen import shared_task

@shared_task
def run_9(sql):
    op.execute(sql)
---
run_9.apply(args=(TEXT,))
[task_apply_async]
from unseen import shared_task

@shared_task
def run_9(sql):
    op.execute(sql)
---
run_9.apply_async((TEXT,))
[decorator_tenacity_call]
from tenacity import Retrying, stop_after_attempt
---
Retrying(stop=stop_after_attempt(2))(op.execute, TEXT)
[decorator_tenacity_loop]
from tenacity import Retrying, stop_after_attempt
---
for attempt_9 in Retrying(stop=stop_after_attempt(2)):
    with attempt_9:
        op.execute(TEXT)
[decorator_click_group]
import click

cli_9 = click.Group()

@cli_9.command("fill")
@click.option("--dry", is_flag=True)
def run_9(dry):
    for sql in WAITING_9:
        op.execute(sql)

WAITING_9 = []
---
WAITING_9.append(TEXT)
cli_9.commands["fill"].callback(dry=False)
[kept_by_decorator]
from unseen import Registry

kept_9 = Registry()
WAITING_9 = []

@kept_9.register("fill")
def run_9():
    for sql in WAITING_9:
        op.execute(sql)
---
WAITING_9.append(TEXT)
kept_9.run_all()
[kept_and_taken_out]
from unseen import Registry

kept_9 = Registry()

@kept_9.register("fill")
def run_9(sql):
    op.execute(sql)
---
kept_9["fill"](TEXT)
[kept_and_gone_through]
from unseen import Registry

kept_9 = Registry()

@kept_9.register("fill")
def run_9(sql):
    op.execute(sql)
---
for function_9 in kept_9.values():
    function_9(TEXT)
[kept_by_call]
from unseen import Registry

kept_9 = Registry()
WAITING_9 = []

def run_9():
    for sql in WAITING_9:
        op.execute(sql)

kept_9.register("fill")(run_9)
---
WAITING_9.append(TEXT)
kept_9.run_all()
[kept_by_item]
from unseen import Registry

kept_9 = Registry()
WAITING_9 = []

def run_9():
    for sql in WAITING_9:
        op.execute(sql)

kept_9["fill"] = run_9
---
WAITING_9.append(TEXT)
kept_9.run_all()
[kept_by_attribute]
from unseen import Registry

kept_9 = Registry()
WAITING_9 = []

def run_9():
    for sql in WAITING_9:
        op.execute(sql)

kept_9.on_start = run_9
---
WAITING_9.append(TEXT)
kept_9.start()
[kept_class]
from unseen import Registry

kept_9 = Registry()
WAITING_9 = []

@kept_9.register("fill")
class Fill_9:
    def process(self):
        for sql in WAITING_9:
            op.execute(sql)
---
WAITING_9.append(TEXT)
kept_9.run_all()
[kept_class_asked]
from unseen import Registry

kept_9 = Registry()

@kept_9.register("fill")
class Fill_9:
    def process(self, sql):
        op.execute(sql)
---
kept_9["fill"]().process(TEXT)
[kept_by_heirs]
from unseen import Step

WAITING_9 = []

class Base_9(Step):
    pass

class Fill_9(Base_9):
    def process(self):
        for sql in WAITING_9:
            op.execute(sql)
---
WAITING_9.append(TEXT)
Base_9.run_all()
[given_object]
from unseen import use

class Fill_9:
    def __init__(self, sql):
        self.sql = sql

    def process(self):
        op.execute(self.sql)
---
use(Fill_9(TEXT))
[given_class]
from unseen import use
---
class Fill_9:
    sql = TEXT

    def process(self):
        op.execute(self.sql)

use(Fill_9)
[given_list]
from unseen import run_each
---
run_each([lambda: op.execute(TEXT)])
[given_dictionary]
from unseen import run_named
---
run_named({"fill": lambda: op.execute(TEXT)})
[decorator_click_main]
import click

WAITING_9 = []

@click.group()
def cli_9():
    pass

@cli_9.command()
def fill():
    for sql in WAITING_9:
        op.execute(sql)
---
WAITING_9.append(TEXT)
cli_9.main(["fill"], standalone_mode=False)
[decorator_click_runner]
import click
from click.testing import CliRunner

WAITING_9 = []

@click.group()
def cli_9():
    pass

@cli_9.command()
def fill():
    for sql in WAITING_9:
        op.execute(sql)
---
WAITING_9.append(TEXT)
CliRunner().invoke(cli_9, ["fill"])
[kept_in_helper]
from helper_9 import kept_9, WAITING_9
---
WAITING_9.append(TEXT)
kept_9.run_all()
=== helper_9.py
from alembic import op
from unseen import Registry

kept_9 = Registry()
WAITING_9 = []

@kept_9.register("fill")
def run_9():
    for sql in WAITING_9:
        op.execute(sql)
[decorator_stack]
import functools

def traced_9(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

@traced_9
@functools.lru_cache
@traced_9
def run_9(sql):
    op.execute(sql)
---
run_9(TEXT)
[registry_numbered]
STEPS_9 = {}

def migration_9(number):
    def decorate(function):
        STEPS_9[number] = function
        return function
    return decorate

@migration_9(2)
def second_9(sql):
    op.execute(sql)

@migration_9(1)
def first_9(sql):
    pass
---
for number_9 in sorted(STEPS_9):
    STEPS_9[number_9](TEXT)
[registry_class]
PLUGINS_9 = []

def plugin_9(cls):
    PLUGINS_9.append(cls)
    return cls

@plugin_9
class Fill_9:
    def run(self, sql):
        op.execute(sql)
---
for cls_9 in PLUGINS_9:
    cls_9().run(TEXT)
[global_queue]
QUEUE_9 = []

def later_9(sql):
    QUEUE_9.append(sql)

def drain_9():
    for sql in QUEUE_9:
        op.execute(sql)
---
later_9("SELECT 1")
later_9(TEXT)
drain_9()
[global_queue_callables]
QUEUE_9 = []
---
QUEUE_9.append((op.execute, (TEXT,)))
while QUEUE_9:
    function_9, args_9 = QUEUE_9.pop()
    function_9(*args_9)
[retry_tables]
def retry_9(function):
    for _ in range(2):
        return function()
---
for sql_9 in (TEXT, "SQL"):
    retry_9(lambda: op.execute(sql_9))
[memo_dictionary]
def run_9(cfg):
    op.execute(cfg["sql"])
---
cfg_9 = {"sql": "SELECT 1"}
run_9(cfg_9)
cfg_9["sql"] = TEXT
run_9(cfg_9)
[memo_self]
class Step_9:
    sql = "SELECT 1"

    def run(self):
        op.execute(self.sql)
---
step_9 = Step_9()
step_9.run()
step_9.sql = TEXT
step_9.run()
[star_args_list]
def run_9(*statements):
    op.execute(statements[0])
---
given_9 = [TEXT]
run_9(*given_9)
[star_kwargs_dict]
def run_9(sql=None, dry=True):
    if not dry:
        op.execute(sql)
---
given_9 = {"sql": TEXT, "dry": False}
run_9(**given_9)
[partial_method]
from functools import partialmethod

class Step_9:
    def run(self, sql, dry):
        if not dry:
            op.execute(sql)

    really = partialmethod(run, dry=False)
---
Step_9().really(TEXT)
[partial_nested]
from functools import partial
---
partial(partial(op.execute), TEXT)()
[operator_call]
import operator
---
operator.call(op.execute, TEXT)
[map_star]
def run_9(name, sql):
    op.execute(sql)
---
list(map(run_9, ["a"], [TEXT]))
[executor_shutdown]
from concurrent.futures import ThreadPoolExecutor
---
pool_9 = ThreadPoolExecutor(max_workers=1)
future_9 = pool_9.submit(lambda: op.execute(TEXT))
pool_9.shutdown(wait=True)
[executor_wait]
from concurrent.futures import ThreadPoolExecutor, wait
---
with ThreadPoolExecutor(1) as pool_9:
    wait([pool_9.submit(op.execute, sql) for sql in [TEXT]])
[executor_callback]
from concurrent.futures import ThreadPoolExecutor
---
with ThreadPoolExecutor(1) as pool_9:
    pool_9.submit(int).add_done_callback(lambda _: op.execute(TEXT))
[loop_executor]
import asyncio

async def work_9(sql):
    await asyncio.get_running_loop().run_in_executor(None, op.execute, sql)
---
asyncio.run(work_9(TEXT))
[to_thread]
import asyncio

async def work_9(sql):
    await asyncio.to_thread(op.execute, sql)
---
asyncio.run(work_9(TEXT))
[async_context_manager]
import asyncio
from contextlib import asynccontextmanager

@asynccontextmanager
async def around_9(sql):
    yield
    op.execute(sql)

async def work_9(sql):
    async with around_9(sql):
        pass
---
asyncio.run(work_9(TEXT))
[async_task_group]
import asyncio

async def one_9(sql):
    op.execute(sql)

async def work_9(sql):
    async with asyncio.TaskGroup() as group:
        group.create_task(one_9(sql))
---
asyncio.run(work_9(TEXT))
[exit_stack_context]
from contextlib import ExitStack, contextmanager

@contextmanager
def around_9(sql):
    yield
    op.execute(sql)
---
with ExitStack() as stack_9:
    stack_9.enter_context(around_9(TEXT))
[del_method]
class Work_9:
    def __del__(self):
        pass

    def run(self, sql):
        op.execute(sql)
---
Work_9().run(TEXT)
[class_decorator]
def ran_9(cls):
    cls().run()
    return cls
---
@ran_9
class Work_9:
    def run(self):
        op.execute(TEXT)
[class_in_function]
class Work_9:
    def run(self):
        op.execute(TEXT)
Work_9().run()
[abstract_registry]
class Base_9:
    known = []

    def __init_subclass__(cls, **options):
        Base_9.known.append(cls)

class Fill_9(Base_9):
    def run(self, sql):
        op.execute(sql)
---
for cls_9 in Base_9.known:
    cls_9().run(TEXT)
[generic_class]
from typing import Generic, TypeVar

T_9 = TypeVar("T_9")

class Runner_9(Generic[T_9]):
    def run(self, sql):
        op.execute(sql)
---
Runner_9[str]().run(TEXT)
[protocol_handle]
from typing import Protocol

class Runs_9(Protocol):
    def execute(self, sql): ...

def run_9(handle: Runs_9, sql: str):
    handle.execute(sql)
---
run_9(op, TEXT)
[namedtuple_callable]
from collections import namedtuple

Step_9 = namedtuple("Step_9", "action sql")
---
for step_9 in [Step_9(op.execute, TEXT)]:
    step_9.action(step_9.sql)
[attrs_callable]
import attrs

@attrs.define
class Step_9:
    sql: str

    def __attrs_post_init__(self):
        op.execute(self.sql)
---
Step_9(TEXT)
[attrs_default]
import attrs

@attrs.define
class Steps_9:
    all: list = attrs.field(factory=list)
---
steps_9 = Steps_9()
steps_9.all.append(TEXT)
for sql_9 in steps_9.all:
    op.execute(sql_9)
[enum_method]
from enum import Enum

class Steps_9(Enum):
    FILL = "fill"

    def run(self, sql):
        op.execute(sql)
---
for step_9 in Steps_9:
    step_9.run(TEXT)
[enum_callable]
from enum import Enum
from functools import partial

class Steps_9(Enum):
    FILL = partial(op.execute)
---
Steps_9.FILL.value(TEXT)
[property_handle]
class Work_9:
    @property
    def bind(self):
        return op.get_bind()
---
Work_9().bind.execute(sa.text(TEXT))
[cached_property_handle]
from functools import cached_property

class Work_9:
    @cached_property
    def bind(self):
        return op.get_bind()
---
Work_9().bind.execute(sa.text(TEXT))
[class_attribute_handle]
class Work_9:
    run = op.execute
---
Work_9.run(TEXT)
[subclass_of_str]
class Sql_9(str):
    def run(self):
        op.execute(str(self))
---
Sql_9(TEXT).run()
[subclass_of_list]
class Steps_9(list):
    def run(self):
        for sql in self:
            op.execute(sql)
---
steps_9 = Steps_9()
steps_9.append(TEXT)
steps_9.run()
[subclass_of_dict]
class Steps_9(dict):
    def __missing__(self, sql):
        op.execute(sql)
---
Steps_9()[TEXT]
[subclass_of_set]
class Steps_9(set):
    def add(self, sql):
        op.execute(sql)
---
Steps_9().add(TEXT)
[format_hook]
class Run_9:
    def __format__(self, sql):
        op.execute(sql)
        return ""
---
note_9 = format(Run_9(), TEXT)
[index_hook]
class Run_9:
    def __init__(self, sql):
        self.sql = sql

    def __index__(self):
        op.execute(self.sql)
        return 0
---
[1][Run_9(TEXT)]
[hash_hook]
class Run_9:
    def __init__(self, sql):
        self.sql = sql

    def __hash__(self):
        op.execute(self.sql)
        return 1
---
{Run_9(TEXT)}
[reversed_hook]
class Run_9:
    def __init__(self, sql):
        self.sql = sql

    def __reversed__(self):
        op.execute(self.sql)
        return iter(())
---
list(reversed(Run_9(TEXT)))
[matmul_hook]
class Run_9:
    def __matmul__(self, sql):
        op.execute(sql)
---
Run_9() @ TEXT
[rshift_reflected]
class Run_9:
    def __rrshift__(self, sql):
        op.execute(sql)
---
TEXT >> Run_9()
[ne_hook]
class Run_9:
    def __ne__(self, sql):
        op.execute(sql)
        return True
---
Run_9() != TEXT
[subprocess_env]
import subprocess

def psql_9(*arguments):
    subprocess.run(["psql", *arguments], check=True)
---
psql_9("-c", TEXT)
[subprocess_path]
import subprocess
---
subprocess.run(["/usr/bin/psql", "-q", "-c", TEXT], check=False)
[subprocess_f_string]
import subprocess
---
subprocess.run(f"psql mydb -c '{TEXT}'", shell=True, check=True)
[subprocess_shlex]
import shlex
import subprocess
---
subprocess.run(shlex.split("psql mydb -c") + [TEXT])
[os_popen]
os.popen(f'psql -c "{TEXT}"')
[unknown_handle opaque]
from unseen import engine_of
---
engine_of(op).execute(sa.text(TEXT))
[unknown_callee_handle opaque]
from unseen import wrapped
---
wrapped(op.get_bind()).execute(TEXT)
[unknown_callee_text opaque]
from unseen import wrapped, sql_of
---
run_9 = wrapped(op.execute)
run_9(sql_of(TEXT))
[try_import_text]
try:
    from sqlalchemy import text as text_of_9
except ImportError:
    text_of_9 = None
---
op.execute(text_of_9(TEXT))
[try_import_module]
try:
    import sqlalchemy as alchemy_9
except ImportError:
    alchemy_9 = None
---
op.get_bind().execute(alchemy_9.text(TEXT))
[deferred_import_branch]
if cond(0):
    from sqlalchemy import text as text_9
else:
    from sqlalchemy.sql import text as text_9
op.execute(text_9(TEXT))
[import_as_attribute]
import sqlalchemy.sql.expression as expression_9
---
op.execute(expression_9.text(TEXT))
[select_escaped hushed alone]
rows_9 = op.get_bind().execute(sa.text("SELECT id FROM spare WHERE name = '%s'" % str(rows(0)).replace("'", "''")))
[select_joined hushed alone]
names_9 = ", ".join(f"'{name}'" for name in map(str, rows(0)))
rows_9 = op.get_bind().execute(sa.text(f"SELECT id FROM spare WHERE name IN ({names_9 or 'NULL'})"))
[select_hypertable hushed alone]
op.execute("SELECT create_hypertable('spare', 'created')")
[select_postgis hushed alone]
op.execute("SELECT AddGeometryColumn('spare', 'place', 4326, 'POINT', 2)")
[select_partman hushed alone]
op.execute("SELECT partman.create_parent('public.spare', 'created', 'native', 'daily')")
[select_setval hushed alone]
op.execute("SELECT setval('spare_id_seq', 10)")
[schema_only hushed alone]
op.create_table("made_9", sa.Column("a", sa.Integer))
op.create_index("made_9_a", "made_9", ["a"])
op.drop_table("made_9")
[helper_not_called hushed alone]
def fill_9():
    op.execute("SQL")
[job_for_a_queue hushed alone]
from unseen import Queue

def fill_9(sql):
    op.execute(sql)
---
Queue().enqueue(fill_9, "SQL")
[function_created_only hushed alone]
op.execute("CREATE TRIGGER touch_9 AFTER UPDATE ON spare BEGIN UPDATE steps SET a = 1; END")
""")
