"""What somebody out of sight keeps or is given, and may run: functions, classes, objects, ways to the database."""

from __future__ import annotations

import pytest
from baselines.reading import findings

HEAD = "from alembic import op\nrevision='1'\ndown_revision=None\n"

RUN = {
    "group": "import click\ncli=click.Group()\n@cli.command('fill')\n@click.option('--dry')\ndef run(dry):\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    cli.commands['fill'].callback(dry=False)\n",
    "group_main": "import click\n@click.group()\ndef cli(): pass\n@cli.command()\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    cli.main(['run'],standalone_mode=False)\n",
    "group_call": "import click\n@click.group()\ndef cli(): pass\n@cli.command()\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    cli(['run'],standalone_mode=False)\n",
    "runner": "import click\nfrom click.testing import CliRunner\n@click.group()\ndef cli(): pass\n@cli.command()\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    CliRunner().invoke(cli,['run'])\n",
    "bus": "from blinker import signal\ns=signal('x')\n@s.connect\ndef run(sender):\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    s.send('x')\n",
    "bus2": "from unseen import Bus\nbus=Bus()\nW=[]\ndef run():\n    for q in W: op.execute(q)\nbus.subscribe('a',run)\ndef upgrade():\n    W.append('UPDATE t SET a=1')\n    bus.fire('a')\n",
    "obj": "from unseen import app\n@app.task\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    app.run_all()\n",
    "mod": "import unseen\n@unseen.register\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    unseen.run_all()\n",
    "mod2": "from unseen import register, run_all\n@register('x')\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_all()\n",
    "mod3": "from unseen import register, Runner\n@register\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    Runner().go()\n",
    "item": "from unseen import handlers\ndef run():\n    op.execute('UPDATE t SET a=1')\nhandlers['a']=run\ndef upgrade():\n    handlers['a']()\n",
    "attr": "from unseen import Job\nj=Job()\ndef run():\n    op.execute('UPDATE t SET a=1')\nj.on_run=run\ndef upgrade():\n    j.start()\n",
    "setattr": "from unseen import Job\nj=Job()\ndef run():\n    op.execute('UPDATE t SET a=1')\nsetattr(j,'on_run',run)\ndef upgrade():\n    j.start()\n",
    "cls": "from unseen import registry\n@registry.register\nclass Fill:\n    def run(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    registry.get('fill').run()\n",
    "cls2": "from unseen import registry\n@registry.register\nclass Fill:\n    def run(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    registry.run_all()\n",
    "clsarg": "from unseen import run_step\nclass Fill:\n    def run(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_step(Fill)\n",
    "instarg": "from unseen import run_step\nclass Fill:\n    def run(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_step(Fill())\n",
    "instarg2": "from unseen import Runner\nclass Fill:\n    def run(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    r=Runner()\n    r.add(Fill())\n    r.go()\n",
    "param": "def make(app):\n    @app.command()\n    def run():\n        op.execute('UPDATE t SET a=1')\n    app.run()\ndef upgrade():\n    from unseen import app\n    make(app)\n",
    "loop": "import click\ncli=click.Group()\n@cli.command('fill')\ndef run(dry):\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    for c in cli.commands.values():\n        c.callback()\n",
    "getattr": "import click\ncli=click.Group()\n@cli.command('fill')\ndef run(dry):\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    getattr(cli,'main')()\n",
    "alias": "import click\ncli=click.Group()\ncommand=cli.command\n@command('fill')\ndef run(dry):\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    m=cli.main\n    m()\n",
    "dictof": "from unseen import run_all\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_all({'a':run})\n",
    "listof": "from unseen import run_all\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_all([run])\n",
    "tupleof": "from unseen import run_all\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_all(steps=[('a',run)])\n",
    "heir2": "from unseen import Step\nclass Fill(Step):\n    def process(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    Step.run_all()\n",
    "heir3": "from unseen import Step, run\nclass Fill(Step):\n    def process(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run(Fill)\n",
    "inlist": "from unseen import run_all\nclass Fill:\n    def run(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_all([Fill(), 1])\n",
    "callinst": "from unseen import run\nclass Fill:\n    def __call__(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run(Fill())\n",
    "called": "def upgrade():\n    from unseen import Base\n    class A(Base):\n        def handle(self): op.execute('DELETE FROM leads')\n    a=A()\n    a()\n",
    "gone_through": "def upgrade():\n    from unseen import Base\n    class A(Base):\n        def handle(self): op.execute('DELETE FROM leads')\n    for x in A(): pass\n",
    "or": "def upgrade():\n    from unseen import run\n    def f(): op.execute('DELETE FROM leads')\n    run | f\n",
    "shift": "def upgrade():\n    from unseen import run\n    def f(): op.execute('DELETE FROM leads')\n    run >> f\n",
    "added": "def upgrade():\n    from unseen import flow\n    def f(): op.execute('DELETE FROM leads')\n    flow += f\n    flow.go()\n",
    "namespace": "def upgrade():\n    from unseen import flow\n    from types import SimpleNamespace as N\n    def f(): op.execute('DELETE FROM leads')\n    flow(N(f=f))\n",
    "attribute": "def upgrade():\n    from unseen import flow\n    class A: pass\n    a=A(); a.f=lambda: op.execute('DELETE FROM leads')\n    flow(a)\n",
    "deep": "from unseen import run_all\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_all([[[[[run]]]]])\n",
    "half_a_word": "from unseen import dispatch, run_all\n@dispatch\ndef run():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    run_all()\n",
    "generator": "from unseen import manager\n@manager\ndef run():\n    yield\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    with run(): pass\n",
    "object_added": "import unseen\nclass H(unseen.Handler):\n    def on_event(self, e): op.execute('UPDATE t SET a=1')\ndef upgrade():\n    bus = unseen.Bus()\n    bus += H()\n    bus.go()\n",
}
"""One statement each, in what somebody out of sight may run."""
QUIET = {
    "superheir": "from unseen import Step\nclass Down(Step):\n    def process(self):\n        op.execute('UPDATE t SET a=1')\nclass Up(Step):\n    def go(self): super().go()\ndef upgrade():\n    Up().go()\n",
    "quietretry": "from tenacity import retry\nimport tenacity\n@retry(stop=tenacity.stop_after_attempt(2))\ndef fill():\n    op.execute('UPDATE t SET a=1')\n@retry\ndef other():\n    op.execute('UPDATE t SET a=1')\ndef upgrade():\n    tenacity.nap.sleep(1)\n",
    "circle": "from unseen import flow\nclass A: pass\ndef upgrade():\n    a=A(); b=A(); a.b=b; b.a=a\n    x = flow(a)\n",
    "quietlog": "from unseen import log\nclass A:\n    def run(self):\n        op.execute('UPDATE t SET a=1')\ndef upgrade():\n    log.info('x', A())\n",
}
"""What is not run: a sibling of the heir that asks for more, what a decorator only wraps, what has nothing to run, what a log prints."""
HANDLES = {
    "dictionary": "def upgrade():\n    from unseen import flow\n    flow({'c':op.get_bind()})\n",
    "list": "def upgrade():\n    from unseen import flow\n    flow([op.get_bind()])\n",
    "deep": "def upgrade():\n    from unseen import flow\n    flow([[[[[op.get_bind()]]]]])\n",
    "circle": "def upgrade():\n    from unseen import flow\n    class A: pass\n    a=A(); b=A(); a.b=b; b.a=a; b.c=op.get_bind()\n    flow(a)\n",
    "object": "def upgrade():\n    from unseen import flow\n    class A:\n        def __init__(s): s.conn=op.get_bind()\n    flow(A())\n",
    "kept_attribute": "def upgrade():\n    from unseen import flow\n    flow.conn = op.get_bind()\n    flow.go()\n",
    "kept_item": "def upgrade():\n    from unseen import flow\n    flow['c'] = op.get_bind()\n    flow.go()\n",
    "kept_setattr": "def upgrade():\n    from unseen import flow\n    setattr(flow,'c',op.get_bind())\n    flow.go()\n",
    "heir_given": "def upgrade():\n    from unseen import Base\n    class A(Base): pass\n    A(op.get_bind()).go()\n",
    "heir_assigned": "def upgrade():\n    from unseen import Base\n    class A(Base): pass\n    a=A()\n    a.conn=op.get_bind()\n    a.go()\n",
    "kept_unpacked": "def upgrade():\n    import unseen as u\n    u.flow.conn, x = op.get_bind(), 1\n    u.flow.go()\n",
}
"""A way to the database that leaves the repository within something else, or is kept there."""
DJANGO = {
    "operations": (
        "from unseen import build\nclass Migration(migrations.Migration):\n    operations = build()\n",
        "MG109",
    ),
    "fixture": (
        "from django.core import serializers\ndef go(apps, editor):\n    for one in serializers.deserialize('json', '[]'): one.save()\nclass Migration(migrations.Migration):\n    operations = [migrations.RunPython(go)]\n",
        "MG101 MG106",
    ),
    "signal": (
        "from django.db.models.signals import post_migrate\ndef go(apps, editor):\n    post_migrate.send(sender=1)\nclass Migration(migrations.Migration):\n    operations = [migrations.RunPython(go)]\n",
        "MG109",
    ),
}


def codes(source: str, framework: str = "alembic") -> set[str]:
    shown = "app/migrations/0001_a.py" if framework == "django" else "versions/a.py"
    return {finding.code for finding in findings(source, framework, shown=shown)}


@pytest.mark.parametrize("name", RUN)
def test_what_is_kept_or_given_may_run(name: str) -> None:
    assert codes(HEAD + RUN[name]) & {"MG101", "MG103"}


@pytest.mark.parametrize("name", QUIET)
def test_what_is_not_run_is_not_told(name: str) -> None:
    assert codes(HEAD + QUIET[name]) == set()


@pytest.mark.parametrize("name", HANDLES)
def test_a_way_to_the_database_that_leaves_within_something_is_told(name: str) -> None:
    assert codes(HEAD + HANDLES[name]) == {"MG109"}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("from unseen import *\n", "MG109"),
        ("from sqlalchemy import *\nfrom migrate import *\n", None),
        ("def __getattr__(name):\n    if name == 'upgrade': return lambda: op.execute('DELETE FROM t')\n", "MG103"),
    ],
    ids=["a star from out of sight", "a star of a library", "the module is asked"],
)
def test_an_entry_that_no_line_binds(source: str, code: str | None) -> None:
    assert codes(HEAD + source) == ({code} if code else set())


def test_decorated_functions_are_told_in_their_own_direction() -> None:
    found = findings(
        f"{HEAD}from unseen import retry\n@retry\ndef up():\n    op.execute('UPDATE t SET a=1')\n@retry\ndef down():\n"
        "    op.execute('DELETE FROM d')\ndef upgrade():\n    up()\ndef downgrade():\n    down()\n"
    )
    assert [(one.code, one.operation and one.operation.direction.value) for one in found] == [
        ("MG101", "upgrade"),
        ("MG103", "downgrade"),
    ]


@pytest.mark.parametrize("name", DJANGO)
def test_what_django_leads_to_out_of_sight(name: str) -> None:
    source, expected = DJANGO[name]
    assert codes(f"from django.db import migrations\n{source}", "django") == set(expected.split())
