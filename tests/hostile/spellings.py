"""Migrations in disguise, made by rule: how Alembic's names come to be, how the entry point does, and what hides a statement.

Each is a migration that runs an UPDATE of leads, whatever it looks like, so that each has to be found.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from hostile.case import End, Hostile, raw

UPDATE = "UPDATE leads SET status = 1"

NAMES = {
    "together": "revision, down_revision = '{0}', None\n",
    "in_a_condition": "if True:\n    revision = '{0}'\n    down_revision = None\n",
    "behind_semicolons": "x = 1; revision = '{0}'; down_revision = None\n",
    "typed": "revision: str = '{0}'\ndown_revision: 'str | None' = None\n",
    "in_a_loop": "for revision, down_revision in [('{0}', None)]: pass\n",
    "walrus": "(revision := '{0}'), (down_revision := None)\n",
    "matched": "match ('{0}', None):\n    case (revision, down_revision): pass\n",
    "global": "def name():\n    global revision, down_revision\n    revision, down_revision = '{0}', None\nname()\n",
    "globals": "globals().update(revision='{0}', down_revision=None)\n",
    "in_a_try": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    revision = '{0}'\n    down_revision = None\n",
    "other_letters": "ｒｅｖｉｓｉｏｎ = '{0}'\n𝐝own_revision = None\n",
    "starred": "revision, *down_revision = '{0}', '0'\n",
    "continued": "revision \\\n    = '{0}'\ndown_revision \\\n    = None\n",
}
"""Ways to bind `revision` and `down_revision`."""

ENTRIES = {
    "plain": "def upgrade():\n    op.execute({0})\n",
    "lambda": "upgrade = lambda: op.execute({0})\n",
    "partial": "from functools import partial\nupgrade = partial(op.execute, {0})\n",
    "object": "class Up:\n    def __call__(self):\n        op.execute({0})\nupgrade = Up()\n",
    "decorated": "def now(f):\n    op.execute({0})\n    return f\n@now\ndef upgrade():\n    pass\n",
    "generator": "def steps():\n    yield op.execute({0})\ndef upgrade():\n    for _ in steps(): pass\n",
    "coroutine": "import asyncio\nasync def go():\n    op.execute({0})\ndef upgrade():\n    asyncio.run(go())\n",
    "default": "def upgrade(x=op.execute({0})):\n    pass\n",
    "annotation": "def upgrade() -> op.execute({0}):\n    pass\n",
    "comprehension": "def upgrade():\n    [op.execute(q) for q in [{0}]]\n",
    "context": "import contextlib\n@contextlib.contextmanager\ndef c():\n    yield\n    op.execute({0})\ndef upgrade():\n    with c(): pass\n",
    "finally": "def upgrade():\n    try:\n        return\n    finally:\n        op.execute({0})\n",
    "recursion": "def upgrade(n=3):\n    return upgrade(n - 1) if n else op.execute({0})\n",
    "dispatch": "RUN = {{'a': lambda q: op.execute(q)}}\ndef upgrade():\n    RUN['a']({0})\n",
    "getattr": "def upgrade():\n    getattr(op, 'exec' + 'ute')({0})\n",
    "thread": "import threading\ndef upgrade():\n    threading.Thread(target=op.execute, args=({0},)).start()\n",
    "property": "class A:\n    @property\n    def go(self):\n        op.execute({0})\ndef upgrade():\n    A().go\n",
    "exec": "def upgrade():\n    exec('op.execute(Q)', {{'op': op, 'Q': {0}}})\n",
}
"""Ways in which the migration comes to execute its statement."""

TEXTS = {
    "plain": UPDATE,
    "comment_ended_by_return": f"-- note\r{UPDATE}",
    "nested_comment": f"/* a /* b */ ; */ {UPDATE}",
    "behind_a_copy_in_a_comment": f"/*\nCOPY t FROM STDIN;\n*/ {UPDATE}; /*\n\\.\n*/",
    "behind_an_escape": f"SELECT E'\\''; {UPDATE}; --'",
    "behind_an_escape_that_goes_on": f"SELECT E'a'\n'\\''; {UPDATE}; --'",
    "behind_a_plain_backslash": f"SELECT '\\'; {UPDATE}; --'",
    "behind_dollars": f"SELECT $a$ $b$ $a$; {UPDATE}; SELECT $b$ $b$",
    "behind_a_name": f'SELECT 1 AS "--"; {UPDATE}',
    "in_a_block": f"DO $$ BEGIN {UPDATE}; END $$",
    "in_a_block_as_a_string": f"DO 'BEGIN {UPDATE}; END'",
    "in_a_block_in_a_block": f"DO $a$ BEGIN EXECUTE $b$ DO $c$ BEGIN {UPDATE}; END $c$ $b$; END $a$",
    "computed": "DO $$ BEGIN EXECUTE 'UPD' || 'ATE leads SET status = 1'; END $$",
    "formatted": "DO $$ BEGIN EXECUTE format('UPDATE leads SET status = %s', 1); END $$",
    "opened": f"DO $$ DECLARE c refcursor; BEGIN OPEN c FOR EXECUTE '{UPDATE} RETURNING 1'; MOVE c; END $$",
    "looped": f"DO $$ DECLARE r record; BEGIN FOR r IN {UPDATE} RETURNING 1 LOOP NULL; END LOOP; END $$",
    "explained": f"EXPLAIN (COSTS OFF, ANALYZE) {UPDATE}",
    "prepared": f"PREPARE p AS {UPDATE}; EXECUTE p",
    "with": f"WITH w AS ({UPDATE} RETURNING 1) SELECT * FROM w",
    "called": f"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ {UPDATE} $$; SELECT f()",
    "called_atomic": f"CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC {UPDATE}; END; SELECT f()",
    "name_in_unicode": 'UPDATE U&"l\\0065ads" SET status = 1',
    "blanks": "UPDATE\x0bleads\x0cSET\tstatus = 1",
    "no_blanks": "UPDATE/**/leads/**/SET/**/status=1",
    "created_if_not_there": f"CREATE TABLE IF NOT EXISTS leads (status int); {UPDATE}",
    "created_and_dropped": f"CREATE TABLE leads (status int); DROP TABLE leads; ALTER TABLE real RENAME TO leads; {UPDATE}",
    "created_elsewhere": f"CREATE TABLE old.leads (status int); {UPDATE}",
    "created_in_quotes": f'CREATE TABLE "Leads" (status int); {UPDATE}',
    "created_for_a_while": f"CREATE TEMP TABLE leads (status int) ON COMMIT DROP; COMMIT; {UPDATE}",
}
"""Statements that run the UPDATE, and what stands around them."""


def _written(name: str, names: str, entry: str, text: str) -> Hostile:
    source = "from alembic import op\n" + NAMES[names].format(name) + ENTRIES[entry].format(repr(TEXTS[text]))
    return raw(name, source.encode(), End.FINDING)


def all_spellings() -> Iterator[Hostile]:
    """Give every name with every entry, and every text with some entries."""
    for names, entry in product(NAMES, ENTRIES):
        yield _written(f"named_{names}_{entry}", names, entry, "plain")
    for text, entry in product(TEXTS, list(ENTRIES)[:6]):
        yield _written(f"text_{text}_{entry}", "typed", entry, text)
