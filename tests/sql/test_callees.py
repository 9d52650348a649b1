"""What a statement calls for the rows that there are, wherever in its query that stands."""

from __future__ import annotations

import pytest

from migration_guard.sql import Functions, Unknown, callees, ddl, read_sql
from migration_guard.sql.lexis import lexis_of
from migration_guard.sql.scan import scan
from migration_guard.sql.statement import split


@pytest.mark.parametrize(
    "query",
    [
        "SELECT fill(id) FROM leads",
        "SELECT DISTINCT fill(id) FROM leads",
        "SELECT * FROM fill(1)",
        "SELECT a FROM leads GROUP BY a HAVING fill(a)",
        "SELECT a FROM leads ORDER BY fill(a)",
    ],
)
def test_a_materialized_view_calls_what_its_query_calls(query: str) -> None:
    statement = next(split(scan(f"CREATE MATERIALIZED VIEW v AS {query}", 0, lexis_of("postgres"))))
    found = [one for part in ddl.evaluated(statement, 0) for one in callees.evaluated(statement, *part, "postgres")]
    assert [one.text for one in found] == ["fill"]


@pytest.mark.parametrize(
    "body",
    [
        "BEGIN x := fill(); END",
        "DECLARE x int DEFAULT fill(); BEGIN NULL; END",
        "BEGIN x[1] = 1 + app.fill(2); END",
        "BEGIN FOR i IN 1..fill() LOOP NULL; END LOOP; END",
        "BEGIN FOR i IN REVERSE 9..app.fill() LOOP NULL; END LOOP; END",
        "BEGIN FOREACH x IN ARRAY fill() LOOP NULL; END LOOP; END",
        "BEGIN WHILE fill() LOOP NULL; END LOOP; END",
        "BEGIN CASE fill() WHEN 1 THEN NULL; END CASE; END",
        "BEGIN RAISE NOTICE '%', fill(); END",
        "BEGIN EXIT WHEN fill(); END",
        "BEGIN {x} := fill(); END",
    ],
)
def test_what_a_block_computes_calls_what_nobody_knows(body: str) -> None:
    text = f"DO $$ {body} $$"
    holes = [(text.index("{"), text.index("}") + 1)] if "{" in text else []
    found = [step for step in read_sql(text, holes, functions=Functions()) if isinstance(step, Unknown)]
    assert [step.calls for step in found] == [{"fill"}]
