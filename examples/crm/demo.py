"""Runs the backfills on leads of two tenants, the first 200 of which nobody has called. DATABASE_URL says where."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

HERE = Path(__file__).parent
GUARD = [sys.executable, "-m", "migration_guard", "backfill"]
SETUP = """
CREATE TABLE leads (
    id bigserial PRIMARY KEY, tenant_id integer, first_name text, last_name text, name text, last_call_direction text
);
CREATE TABLE call_log (
    id bigserial PRIMARY KEY, lead_id bigint REFERENCES leads, direction text, created_at timestamptz
);
INSERT INTO leads (tenant_id, first_name, last_name)
    SELECT 1 + (n > 10000)::integer, 'First ' || n, 'Last ' || n FROM generate_series(1, 20000) AS n;
INSERT INTO call_log (lead_id, direction, created_at)
    SELECT id, CASE WHEN call = id % 3 THEN 'inbound' ELSE 'outbound' END, now() - call * interval '1 day'
    FROM leads, generate_series(0, 2) AS call WHERE id > 200;
CREATE INDEX ON call_log (lead_id, created_at);
"""


def main() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(SETUP)
    backfill("run", "--all")
    backfill("status")
    backfill("run", "--all")
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT count(*), count(name), count(last_call_direction), count(*) FILTER (WHERE id > 200) FROM leads"
        ).fetchone()
    print("{} leads: {} have a name, {} a direction; {} had calls.".format(*row or ()))


def backfill(*arguments: str) -> None:
    print(f"\n$ migration-guard backfill {' '.join(arguments)}", flush=True)
    subprocess.run([*GUARD, *arguments], cwd=HERE, check=True)


if __name__ == "__main__":
    main()
