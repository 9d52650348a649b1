"""The backfill that the accidents happen to."""

from migration_guard.backfill import Backfill

LEAD_NAMES = Backfill(
    key="lead_names",
    table="leads",
    where="name IS NULL",
    update="""
        UPDATE leads SET name = first_name || ' ' || last_name WHERE id = ANY(:ids) AND first_name IS NOT NULL
    """,
)
