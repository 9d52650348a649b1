"""Python's own library: what it runs is told, by table where the text is known; each program deletes from one table."""

from __future__ import annotations

import pytest
from baselines.reading import findings

HEAD = """import sqlalchemy as sa
from alembic import op

revision = "a36f"
down_revision = None
"""

TOLD = {
    "methodcaller": "import operator\ndef upgrade():\n    operator.methodcaller('execute','DELETE FROM leads')(op)\n",
    "attrgetter": "import operator\ndef upgrade():\n    operator.attrgetter('execute')(op)('DELETE FROM leads')\n",
    "singledispatchmethod": "from functools import singledispatchmethod\nclass A:\n    @singledispatchmethod\n    def run(self, x): pass\n    @run.register\n    def _(self, x: str):\n        op.execute('DELETE FROM '+x)\ndef upgrade():\n    A().run('leads')\n",
    "register_call": "from functools import singledispatch\n@singledispatch\ndef run(x): pass\ndef s(x): op.execute('DELETE FROM '+x)\nrun.register(str, s)\ndef upgrade():\n    run('leads')\n",
    "partialmethod": "from functools import partialmethod\nclass A:\n    def run(self, verb, t): op.execute(verb+' '+t)\n    wipe = partialmethod(run,'DELETE FROM')\ndef upgrade():\n    A().wipe('leads')\n",
    "executor_submit": "from concurrent.futures import ThreadPoolExecutor\ndef work(t): op.execute(f'DELETE FROM {t}')\ndef upgrade():\n    with ThreadPoolExecutor() as pool:\n        pool.submit(work, 'leads').result()\n",
    "executor_map": "import concurrent.futures as cf\ndef upgrade():\n    with cf.ProcessPoolExecutor(2) as ex:\n        list(ex.map(op.execute, ['DELETE FROM leads']))\n",
    "pool_starmap": "from multiprocessing import Pool\ndef w(a,t): op.execute('DELETE FROM '+t)\ndef upgrade():\n    with Pool(2) as p:\n        p.starmap(w,[(1,'leads')])\n",
    "pool_apply": "from multiprocessing.pool import ThreadPool\ndef w(t): op.execute('DELETE FROM '+t)\ndef upgrade():\n    ThreadPool(2).apply_async(w, ('leads',)).get()\n",
    "to_thread": "import asyncio\ndef w(t): op.execute('DELETE FROM '+t)\nasync def m():\n    await asyncio.to_thread(w,'leads')\ndef upgrade():\n    asyncio.run(m())\n",
    "run_in_executor": "import asyncio\ndef w(t): op.execute('DELETE FROM '+t)\nasync def m():\n    loop=asyncio.get_running_loop()\n    await loop.run_in_executor(None,w,'leads')\ndef upgrade():\n    asyncio.get_event_loop().run_until_complete(m())\n",
    "gather": "import asyncio\nasync def w(t): op.execute('DELETE FROM '+t)\nasync def m():\n    await asyncio.gather(*[w(t) for t in ('leads',)])\ndef upgrade():\n    asyncio.run(m())\n",
    "taskgroup": "import asyncio\nasync def w(t): op.execute('DELETE FROM '+t)\nasync def m():\n    async with asyncio.TaskGroup() as tg:\n        tg.create_task(w('leads'))\ndef upgrade():\n    asyncio.run(m())\n",
    "timer": "import threading\ndef upgrade():\n    threading.Timer(0, op.execute, ['DELETE FROM leads']).start()\n",
    "process_sub": "import multiprocessing\nclass W(multiprocessing.Process):\n    def run(self): op.execute('DELETE FROM leads')\ndef upgrade():\n    w=W(); w.start(); w.join()\n",
    "thread_super_target": "import threading\nclass W(threading.Thread):\n    def __init__(self, t):\n        super().__init__(target=op.execute, args=('DELETE FROM '+t,))\ndef upgrade():\n    W('leads').start()\n",
    "signature_args": "import inspect\ndef run(sql, other=1): op.execute(sql)\ndef upgrade():\n    bound = inspect.signature(run).bind('DELETE FROM leads')\n    run(*bound.args, **bound.kwargs)\n",
    "signature_arguments": "import inspect\ndef run(verb, sql='leads'): pass\ndef upgrade():\n    bound = inspect.signature(run).bind('DELETE')\n    bound.apply_defaults()\n    op.execute(f\"{bound.arguments['verb']} FROM {bound.arguments['sql']}\")\n",
    "shell_option": "import subprocess\ndef upgrade():\n    subprocess.run('psql -c \"DELETE FROM leads WHERE a = \\'--x=1\\'\"', shell=True)\n",
    "atexit": "import atexit\n@atexit.register\ndef bye(): op.execute('DELETE FROM leads')\ndef upgrade(): pass\n",
    "atexit2": "import atexit\ndef upgrade():\n    atexit.register(op.execute,'DELETE FROM leads')\n",
    "exitstack": "from contextlib import ExitStack\ndef upgrade():\n    with ExitStack() as s:\n        s.callback(op.execute,'DELETE FROM leads')\n",
    "exitstack_push": "from contextlib import ExitStack\nclass C:\n    def __enter__(self): return self\n    def __exit__(self,*a): op.execute('DELETE FROM leads')\ndef upgrade():\n    with ExitStack() as s:\n        s.enter_context(C())\n",
    "nullcontext": "from contextlib import nullcontext\ndef upgrade():\n    with nullcontext(op.get_bind()) as c:\n        c.execute(sa.text('DELETE FROM leads'))\n",
    "closing": "from contextlib import closing\ndef upgrade():\n    with closing(op.get_bind().connection.cursor()) as c:\n        c.execute('DELETE FROM leads')\n",
    "exec_def": "def upgrade():\n    ns={}\n    exec('def f(o):\\n    o.execute(\"DELETE FROM leads\")', ns)\n    ns['f'](op)\n",
    "exec_plain": "def upgrade():\n    exec('op.execute(\"DELETE FROM leads\")')\n",
    "eval_lambda": "def upgrade():\n    eval('lambda t: op.execute(f\"DELETE FROM {t}\")')('leads')\n",
    "subclasses": "class B: pass\nclass A(B):\n    @staticmethod\n    def run(): op.execute('DELETE FROM leads')\ndef upgrade():\n    for c in B.__subclasses__(): c.run()\n",
    "getattribute": "class A:\n    def __getattribute__(self,n):\n        op.execute('DELETE FROM '+n)\ndef upgrade():\n    A().leads\n",
    "delattr": "class A:\n    def __delattr__(self,n): op.execute('DELETE FROM '+n)\ndef upgrade():\n    a=A()\n    del a.leads\n",
    "del": "class A:\n    def __del__(self): op.execute('DELETE FROM leads')\ndef upgrade():\n    a=A()\n    del a\n",
    "await": "class A:\n    def __await__(self):\n        op.execute('DELETE FROM leads')\n        yield\nasync def m():\n    await A()\ndef upgrade():\n    op.run_async(lambda c: m())\n",
    "aiter": "class A:\n    def __aiter__(self): return self\n    async def __anext__(self):\n        op.execute('DELETE FROM leads')\n        raise StopAsyncIteration\nasync def m(c):\n    async for x in A(): pass\ndef upgrade():\n    op.run_async(m)\n",
    "instancecheck": "class M(type):\n    def __instancecheck__(cls, o):\n        op.execute('DELETE FROM '+o)\n        return True\nclass A(metaclass=M): pass\ndef upgrade():\n    isinstance('leads', A)\n",
    "prepare": "class M(type):\n    @classmethod\n    def __prepare__(m, n, b):\n        op.execute('DELETE FROM leads')\n        return {}\ndef upgrade():\n    class A(metaclass=M): pass\n",
    "classgetitem": "class A:\n    def __class_getitem__(cls, t): op.execute('DELETE FROM '+t)\ndef upgrade():\n    A['leads']\n",
    "deepcopy": "import copy\nclass A:\n    def __deepcopy__(self, memo): op.execute('DELETE FROM leads')\ndef upgrade():\n    copy.deepcopy(A())\n",
    "fspath": "import os\nclass A:\n    def __fspath__(self):\n        op.execute('DELETE FROM leads')\n        return ''\ndef upgrade():\n    os.fspath(A())\n",
    "fspath_given": "import os\nclass A:\n    def __fspath__(self): return 'DELETE FROM leads'\ndef upgrade():\n    op.execute(os.fspath(A()))\n",
    "repr_deep": "class A:\n    def __repr__(self):\n        op.execute('DELETE FROM leads')\n        return ''\ndef upgrade():\n    str([[[[[[[[[A()]]]]]]]]])\n",
    "queue_by_name": "import queue\ndef run(): op.execute('DELETE FROM leads')\ndef upgrade():\n    q=queue.Queue()\n    q.put(item=run)\n    q.get()()\n",
    "contains": "class A:\n    def __contains__(self, t):\n        op.execute('DELETE FROM '+t)\ndef upgrade():\n    'leads' in A()\n",
    "eq": "class A:\n    def __eq__(self, t): op.execute('DELETE FROM '+t)\ndef upgrade():\n    A()=='leads'\n",
    "lt_sorted": "class A:\n    def __lt__(self, t): op.execute('DELETE FROM leads')\ndef upgrade():\n    sorted([A(),A()])\n",
    "rshift": "class A:\n    def __rshift__(self, t): op.execute('DELETE FROM '+t)\ndef upgrade():\n    A() >> 'leads'\n",
    "deleter": "class A:\n    @property\n    def x(self): return 1\n    @x.deleter\n    def x(self): op.execute('DELETE FROM leads')\ndef upgrade():\n    a=A()\n    del a.x\n",
    "delete_desc": "class D:\n    def __delete__(self, o): op.execute('DELETE FROM leads')\nclass A:\n    x=D()\ndef upgrade():\n    del A().x\n",
    "subproc_async": "import asyncio\nasync def m():\n    await asyncio.create_subprocess_exec('psql','-c','DELETE FROM leads')\ndef upgrade():\n    asyncio.run(m())\n",
    "subproc_shell": "import asyncio\nasync def m():\n    await asyncio.create_subprocess_shell('psql -c \"DELETE FROM leads\"')\ndef upgrade():\n    asyncio.run(m())\n",
    "popen_comm": "import subprocess\ndef upgrade():\n    p=subprocess.Popen(['psql'],stdin=subprocess.PIPE)\n    p.communicate(b'DELETE FROM leads')\n",
    "sh": "import sh\ndef upgrade():\n    sh.psql('-c','DELETE FROM leads')\n",
    "pty": "import os\ndef upgrade():\n    os.execvp('psql',['psql','-c','DELETE FROM leads'])\n",
    "cmp_to_key": "from functools import cmp_to_key\ndef c(a,b):\n    op.execute('DELETE FROM '+a)\n    return 0\ndef upgrade():\n    sorted(['leads','x'], key=cmp_to_key(c))\n",
    "map2": "def upgrade():\n    list(map(op.execute, ('DELETE FROM leads',)))\n",
    "deque_map": "from collections import deque\ndef upgrade():\n    deque(map(op.execute,['DELETE FROM leads']), maxlen=0)\n",
    "any_gen": "def upgrade():\n    any(op.execute(s) for s in ['DELETE FROM leads'])\n",
    "defaultfactory": "from collections import defaultdict\ndef upgrade():\n    d=defaultdict(lambda: op.execute('DELETE FROM leads'))\n    d['x']\n",
    "template": "from string import Template\ndef upgrade():\n    op.execute(Template('DELETE FROM $t').substitute({'t':'leads'}))\n",
    "joinpath": "import re\ndef upgrade():\n    m=re.match(r'(\\w+)','leads now')\n    op.execute('DELETE FROM '+m.group(1))\n",
    "groups": "import re\ndef upgrade():\n    (t,)=re.search(r'<(\\w+)>','<leads>').groups()\n    op.execute(f'DELETE FROM {t}')\n",
    "shlexs": "import shlex\ndef upgrade():\n    op.execute(shlex.split('x \"DELETE FROM leads\"')[1])\n",
    "percent_d": "def upgrade():\n    op.execute('DELETE FROM leads_%d' % 3)\n",
    "range_tables": "def upgrade():\n    for i in range(3): op.execute(f'DELETE FROM leads_{i}')\n",
    "bound_kept": "def upgrade():\n    run=op.get_bind().execute\n    fs=[run]\n    fs[0](sa.text('DELETE FROM leads'))\n",
    "module_type": "import types\ndef upgrade():\n    m=types.ModuleType('x')\n    m.run=op.execute\n    m.run('DELETE FROM leads')\n",
    "weakref_fin": "import weakref\nclass A: pass\ndef upgrade():\n    weakref.finalize(A(), op.execute,'DELETE FROM leads')\n",
    "contextdecorator": "from contextlib import ContextDecorator\nclass C(ContextDecorator):\n    def __enter__(self): op.execute('DELETE FROM leads')\n    def __exit__(self,*a): pass\n@C()\ndef f(): pass\ndef upgrade():\n    f()\n",
    "nodevisitor": "import ast\nclass V(ast.NodeVisitor):\n    def visit_Name(self, n): op.execute('DELETE FROM leads')\ndef upgrade():\n    V().visit(ast.parse('x'))\n",
    "userdict": "from collections import UserDict\nclass D(UserDict):\n    def __setitem__(self,k,v): op.execute('DELETE FROM '+k)\ndef upgrade():\n    d=D()\n    d['leads']=1\n",
    "queue": "import queue\ndef upgrade():\n    q=queue.Queue()\n    q.put('DELETE FROM leads')\n    op.execute(q.get())\n",
    "itertools_chain": "import itertools\ndef upgrade():\n    for t in itertools.chain.from_iterable([['leads']]): op.execute('DELETE FROM '+t)\n",
    "zip_longest": "from itertools import zip_longest\ndef upgrade():\n    for a,b in zip_longest(['DELETE FROM'],['leads']): op.execute(f'{a} {b}')\n",
    "lru_call": "import functools\ndef _w(t): op.execute('DELETE FROM '+t)\nw=functools.lru_cache(maxsize=None)(_w)\ndef upgrade():\n    w('leads')\n",
    "wraps_deco": "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def inner(*a,**k): return f(*a,**k)\n    return inner\n@deco\ndef w(t): op.execute('DELETE FROM '+t)\ndef upgrade():\n    w('leads')\n",
    "total_ordering": "import functools\n@functools.total_ordering\nclass A:\n    def __eq__(self,o): return True\n    def __lt__(self,o): op.execute('DELETE FROM leads')\ndef upgrade():\n    A() >= A()\n",
    "mro_entries": "class A:\n    def __mro_entries__(self,b):\n        op.execute('DELETE FROM leads')\n        return ()\ndef upgrade():\n    class B(A()): pass\n",
}
AT_LEAST = {
    "exec_unknown": "import sys\ndef upgrade():\n    exec(open('/etc/x').read())\n",
    "popen_stdin": "import subprocess\ndef upgrade():\n    p=subprocess.Popen(['mysql'],stdin=subprocess.PIPE)\n    p.stdin.write('DELETE FROM leads')\n",
    "unknown_cb": "import retrying_lib\ndef w(t): op.execute('DELETE FROM '+t)\ndef upgrade():\n    retrying_lib.call(w, 'leads')\n",
    "unknown_cb_kw": "import retrying_lib\ndef upgrade():\n    retrying_lib.call(func=op.execute, args=('DELETE FROM leads',))\n",
    "counter": "from collections import Counter\ndef upgrade():\n    for t,_ in Counter(['leads']).most_common():\n        op.execute(f'DELETE FROM {t}')\n",
    "functional_enum": "from enum import Enum\nT=Enum('T',{'A':'leads'})\ndef upgrade():\n    op.execute('DELETE FROM '+T.A.value)\n",
    "enum_auto_name": "from enum import Enum, auto\nclass T(Enum):\n    leads=auto()\ndef upgrade():\n    for t in T: op.execute('DELETE FROM '+t.name)\n",
    "config_vars": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nsql=SELECT 1\\n')\n    op.execute(c.get('a', 'sql', vars={'sql': 'DELETE FROM leads'}))\n",
    "config_default": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[DEFAULT]\\nsql=DELETE FROM leads\\n')\n    c.add_section('a')\n    op.execute(c.get('a', 'sql', fallback='SELECT 1'))\n",
    "config_interpolated": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nverb=SELECT * FROM\\nsql=%(verb)s leads\\n')\n    c.set('a', 'verb', 'DELETE FROM')\n    op.execute(c.get('a', 'sql'))\n",
    "config_item": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nverb=SELECT * FROM\\nsql=%(verb)s leads\\n')\n    c['a']['verb'] = 'DELETE FROM'\n    op.execute(c['a']['sql'])\n",
    "config_long": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nx=1\\n' + '\\n' * 100_001 + 'sql=DELETE FROM leads\\n')\n    op.execute(c.get('a', 'sql', fallback='SELECT 1'))\n",
    "config_letters": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nX=DELETE FROM leads\\n')\n    op.execute(c['a'].get('X', fallback='SELECT 1'))\n",
    "config_is_in": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nX=1\\n')\n    if 'X' in c['a']:\n        op.execute('DELETE FROM leads')\n",
    "config_set_item": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nx=SELECT 1\\n')\n    c['a']['X'] = 'DELETE FROM leads'\n    op.execute(c.get('a', 'x'))\n",
    "config_set_section": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nx=SELECT 1\\n')\n    c['a'] = {'x': 'DELETE FROM leads'}\n    op.execute(c.get('a', 'x'))\n",
    "config_without_section": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nx=SELECT 1\\n')\n    del c['a']\n    op.execute(c.get('a', 'x', fallback='DELETE FROM leads'))\n",
    "config_fallback": "import configparser\ndef upgrade():\n    c = configparser.ConfigParser()\n    c.read_string('[a]\\nx=SELECT 1\\n')\n    op.execute(c.get('b', 'x', fallback='DELETE FROM leads'))\n",
    "csv": "import csv, io\ndef upgrade():\n    for row in csv.reader(io.StringIO('leads')):\n        op.execute('DELETE FROM '+row[0])\n",
    "mutablemapping": "from collections.abc import MutableMapping\nclass D(MutableMapping):\n    def __getitem__(self,k): pass\n    def __delitem__(self,k): pass\n    def __iter__(self): return iter(())\n    def __len__(self): return 0\n    def __setitem__(self,k,v): op.execute('DELETE FROM '+k)\ndef upgrade():\n    D().update(leads=1)\n",
    "many_steps": "class A:\n    n=0\n    def __iter__(self): return self\n    def __next__(self):\n        self.n+=1\n        return 'DELETE FROM leads' if self.n==10 else 'SELECT %d' % self.n\ndef upgrade():\n    for s in A(): op.execute(s)\n",
    "sub_function": "import re\ndef upgrade():\n    re.sub('x', lambda m: op.execute('DELETE FROM leads'), 'x')\n",
    "pattern_sub_function": "import re\nX=re.compile('x')\ndef upgrade():\n    X.sub(lambda m: op.execute('DELETE FROM leads'), 'x')\n",
    "iter_sentinel": "def upgrade():\n    for x in iter(lambda: op.execute('DELETE FROM leads'), None): pass\n",
    "object_hook": "import json\ndef upgrade():\n    json.loads('{}', object_hook=lambda d: op.execute('DELETE FROM leads'))\n",
    "encoder_class": "import json\nclass E(json.JSONEncoder):\n    def default(self, o): op.execute('DELETE FROM leads')\ndef upgrade():\n    json.dumps(object(), cls=E)\n",
    "signal": "import signal\ndef f(*a): op.execute('DELETE FROM leads')\ndef upgrade():\n    signal.signal(signal.SIGALRM, f)\n",
    "excepthook": "import sys\ndef upgrade():\n    sys.excepthook = lambda *a: op.execute('DELETE FROM leads')\n",
    "user_dict": "from collections import UserDict\nclass A(UserDict):\n    def __setitem__(self, k, v): op.execute(v)\ndef upgrade():\n    A(a='DELETE FROM leads')\n",
    "dict_getattr": "class A(dict):\n    def __getattr__(self, n): return lambda *a: op.execute(*a)\ndef upgrade():\n    A().go('DELETE FROM leads')\n",
    "in_asks_eq": "class A:\n    def __eq__(self, o): op.execute('DELETE FROM leads'); return True\ndef upgrade():\n    A() in [1]\n",
    "joblib": "from joblib import Parallel, delayed\ndef w(t): op.execute('DELETE FROM '+t)\ndef upgrade():\n    Parallel(2)(delayed(w)(t) for t in ['leads'])\n",
}
"""… and what is told without its table, or only as something that is not known."""


def told(body: str) -> list[tuple[str, str | None]]:
    return [
        (one.operation.kind.value, one.operation.table) for one in findings(HEAD + body) if one.operation is not None
    ]


@pytest.mark.parametrize("body", TOLD.values(), ids=TOLD.keys())
def test_what_the_library_runs_is_told(body: str) -> None:
    assert any(kind == "DELETE" and (table or "").startswith("leads") for kind, table in told(body))


@pytest.mark.parametrize("body", AT_LEAST.values(), ids=AT_LEAST.keys())
def test_nothing_is_silent(body: str) -> None:
    assert told(body)


@pytest.mark.parametrize("given", ["connection=op.get_bind()", "*[op.get_bind()]", "op.get_bind(), **names"])
def test_binding_arguments_calls_nothing(given: str) -> None:
    body = f"import inspect\ndef run(connection, **names): pass\ndef upgrade(names={{}}):\n    inspect.signature(run).bind({given})\n"
    assert told(body) == []


def test_what_was_computed_is_a_hole_of_the_fingerprint() -> None:
    """A value that Python computes was no part of a statement's form before it was computed."""
    body = "import json\n\n\ndef upgrade():\n    op.execute(\"UPDATE leads SET a = '%s'\" % json.dumps({}))\n"
    (one,) = [each.operation for each in findings(HEAD + body) if each.operation is not None]
    assert [part.form.partition(" json")[0] for part in one.parts] == ["update leads set a = '{}'"]
