"""What a statement calls for the rows that there are, wherever in its query that stands."""

from __future__ import annotations

import pytest

from migration_guard.sql import callees, ddl
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
