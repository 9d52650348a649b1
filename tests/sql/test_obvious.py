"""What tokens alone say of a statement is what its tree says."""

from __future__ import annotations

import pytest

from migration_guard.sql import obvious, parse, writes
from migration_guard.sql.lexis import readings
from migration_guard.sql.scan import scan
from migration_guard.sql.statement import split

from .witness.texts import Texts

OBVIOUS = (
    "UPDATE leads SET status = 'new'",
    "UPDATE crm.leads SET a = 1, b = coalesce(b, 'x') WHERE id IN (SELECT id FROM calls JOIN notes USING (id)) AND c < 3",
    'UPDATE "Leads" SET a = NULL WHERE a = :b RETURNING id',
    "UPDATE leads SET a = extract(year FROM b), c = replace(c, 'a', 'b')",
    "UPDATE leads SET a = {value} WHERE b = '{c}'",
    "DELETE FROM leads",
    "delete from leads where exists (select 1 from calls where calls.lead = leads.id)",
    "INSERT INTO leads (a, b) VALUES (1, 'x'), (2, (SELECT max(a) FROM calls)) ON CONFLICT DO NOTHING",
    "INSERT INTO leads SELECT * FROM calls LEFT JOIN notes ON true UNION ALL SELECT * FROM old",
    "INSERT INTO leads (a) SELECT a FROM calls WHERE b NOT IN (SELECT b FROM leads) FOR SHARE",
    "TRUNCATE leads",
    "TRUNCATE TABLE crm.leads RESTART IDENTITY CASCADE",
)
NOT_OBVIOUS = (
    "UPDATE leads l SET a = 1",
    "UPDATE leads SET a = 1 FROM calls leads",
    "UPDATE ONLY leads SET a = 1",
    "UPDATE leads, calls SET a = 1",
    "UPDATE leads_{year} SET a = 1",
    "UPDATE {table} SET a = 1",
    "UPDATE LOW_PRIORITY SET a = 1",
    "DELETE leads FROM leads",
    "DELETE FROM leads USING calls",
    "DELETE FROM leads WHERE a IN (DELETE FROM calls RETURNING a)",
    "INSERT INTO leads (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2",
    "INSERT INTO leads DEFAULT VALUES",
    "INSERT INTO leads (SELECT 1)",
    "INSERT INTO leads (a) VALUES {rows}",
    "INSERT INTO leads SELECT a INTO calls FROM notes",
    "REPLACE INTO leads VALUES (1)",
    "WITH a AS (DELETE FROM leads) UPDATE calls SET b = 1",
    "TRUNCATE leads, calls",
    "TRUNCATE TABLE",
    "SELECT 1",
    "UPDATE leads SET a = 1)",
    "UPDATE leads SET a = (1",
)


def told(text: str, dialect: str) -> tuple[int, int]:
    """How many statements of a text are obvious, and of these, how many a tree was made of, which says the same."""
    counts = [0, 0]
    for lexis in readings(text, dialect):
        for statement in split(scan(text, 0, lexis)):
            found = obvious.changes(statement, 0, len(statement))
            if found is not None:
                shown = parse.changes(statement, 0, len(statement), dialect)
                assert found == (shown if shown is not None else list(writes.changes(statement, 0, len(statement))))
                counts[0] += 1
                counts[1] += shown is not None
    return counts[0], counts[1]


@pytest.mark.parametrize("text", OBVIOUS)
def test_a_tree_says_the_same_of_what_is_obvious(text: str) -> None:
    for dialect in ("postgres", "mysql", "sqlite", "tsql", "oracle"):
        assert told(text, dialect)[0]
    assert told(text, "postgres")[1]


@pytest.mark.parametrize("text", NOT_OBVIOUS)
def test_what_may_say_more_is_not_obvious(text: str) -> None:
    assert told(text, "postgres")[0] == 0


def test_a_tree_says_the_same_of_generated_texts() -> None:
    texts = Texts(19)
    sums = [told(texts.text(), dialect) for dialect in ("postgres", "mysql", "tsql") for _ in range(400)]
    assert sum(all_ for all_, _ in sums) > 400
    assert sum(trees for _, trees in sums) > 300
