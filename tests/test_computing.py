"""Functions that only compute are followed a few times; what leads to a database is followed always."""

from __future__ import annotations

import pytest
from baselines.reading import findings

HEAD = """import sqlalchemy as sa
from alembic import op
from app import settings

revision = "a36f"
down_revision = None

"""
TABLES = 9


def told(body: str) -> list[str]:
    return sorted(one.operation.table or "" for one in findings(HEAD + body) if one.operation is not None)


CALLS = "\n".join(f"    run(settings.A, 'UPDATE t{number} SET a = 1')" for number in range(TABLES))
WAYS = {
    "it executes": "def run(rows, sql):\n    op.execute(sql)\n",
    "it leads to what executes": "def inner(sql):\n    op.execute(sql)\n\n\ndef run(rows, sql):\n    inner(sql)\n",
    "it is given what executes": (
        "def each(rows, function, sql):\n    for row in rows:\n        function(sql)\n\n\n"
        "def run(rows, sql):\n    each(rows, op.execute, sql)\n"
    ),
    "a method of its argument executes": (
        "def send(to, rows, sql):\n    to.execute(sql)\n\n\ndef run(rows, sql):\n    send(op.get_bind(), rows, sa.text(sql))\n"
    ),
    "a property executes": (
        "class Row:\n    def __init__(self, sql):\n        self.sql = sql\n\n    @property\n    def done(self):\n"
        "        op.execute(self.sql)\n\n\ndef ask(row, rows):\n    return row.done\n\n\n"
        "def run(rows, sql):\n    ask(Row(sql), rows)\n"
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_leads_to_the_database_is_followed_each_time(way: str) -> None:
    assert told(f"{way}\n\ndef upgrade():\n{CALLS}\n") == [f"t{number}" for number in range(TABLES)]


def test_a_function_that_puts_statements_together_is_followed_each_time() -> None:
    calls = "\n".join(f"    op.execute(made(settings.A, 't{number}'))" for number in range(TABLES))
    body = f"def made(a, table):\n    return 'UPDATE ' + table + ' SET a = 1'\n\n\ndef upgrade():\n{calls}\n"
    found = [one.operation for one in findings(HEAD + body) if one.operation is not None]
    assert {one.kind.value for one in found} == {"UPDATE"}  # and none is OPAQUE; they stand in one place


def test_what_a_computation_may_have_changed_is_no_longer_known() -> None:
    """It is followed twice; after the third call the statement may be any, and that is told."""
    calls = "\n".join("    turned(settings.A, box)" for _ in range(4))
    body = (
        "def turned(a, box):\n    if len(a) > 3:\n        box['sql'] = a\n\n\n"
        f"def upgrade():\n    box = {{'sql': 'SELECT 1'}}\n{calls}\n    op.execute(box['sql'])\n"
    )
    assert [one.operation.kind.value for one in findings(HEAD + body) if one.operation is not None] == ["OPAQUE"]


MADE = {
    "a list": ("['UPDATE', table]", "first[1] = 'other'", "' '.join(second)"),
    "a list of lists": ("[['UPDATE'], [table]]", "first[1][0] = 'other'", "second[0][0] + ' ' + second[1][0]"),
    "a dictionary": ("{'verb': 'UPDATE', 'table': table}", "first.clear()", "second['verb'] + ' ' + second['table']"),
    "an iterator": ("iter(['UPDATE ' + table])", "list(first)", "next(second)"),
    "one list in two places": (
        "(lambda one: {'a': one, 'b': one})(['UPDATE'])",
        "second['a'].append('t')",
        "' '.join(second['b'])",
    ),
}


@pytest.mark.parametrize(("made", "changed", "text"), MADE.values(), ids=MADE.keys())
def test_calls_that_are_alike_each_make_their_own(made: str, changed: str, text: str) -> None:
    body = f"def parts(table):\n    return {made}\n\n\ndef upgrade():\n    first, second = parts('t'), parts('t')\n"
    assert told(f"{body}    {changed}\n    op.execute({text} + ' SET a = 1')\n") == ["t"]
