"""The backfill that the accidents happen to, in the versions that they need."""

import os

from migration_guard.backfill import Backfill

PARENTS = "parents" in os.environ.get("FAULTS_VERSION", "")
"""Whether the rows also get a parent, whose row the foreign key locks."""
SECOND = "second" in os.environ.get("FAULTS_VERSION", "")
"""Whether the definition has changed since the run before."""

LEAD_NAMES = Backfill(
    key="lead_names",
    table="leads",
    where="name IS NULL AND first_name IS NOT NULL" if SECOND else "name IS NULL",
    update=f"""
        UPDATE leads SET name = first_name || ' ' || last_name{", parent = id % 10" if PARENTS else ""}
        WHERE id = ANY(:ids) AND first_name IS NOT NULL
    """,
)
