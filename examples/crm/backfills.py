"""The data changes that left the migrations. `migration-guard backfill run --all` runs them after each deployment."""

from migration_guard.backfill import Backfill, Priority

last_call_direction = Backfill(
    key="migration_36_last_call_direction",
    migration="36",
    description="The direction of each lead's first call, which the sales floor filters by.",
    table="leads",
    key_column="id",
    per="tenant_id",
    where="last_call_direction IS NULL",
    update="""
        UPDATE leads SET last_call_direction = first_call.direction
        FROM (
            SELECT DISTINCT ON (lead_id) lead_id, direction FROM call_log
            WHERE lead_id = ANY(:ids) AND direction IN ('inbound', 'outbound')
            ORDER BY lead_id, created_at
        ) AS first_call
        WHERE leads.id = first_call.lead_id AND leads.id = ANY(:ids)
    """,
    tables=("leads", "call_log"),
    priority=Priority.HIGH,
)

lead_names = Backfill(
    key="migration_84f_lead_names",
    migration="84f",
    description="Names of leads from before there was one field for them.",
    table="leads",
    key_column="id",
    per="tenant_id",
    where="name IS NULL AND (first_name IS NOT NULL OR last_name IS NOT NULL)",
    update="UPDATE leads SET name = concat_ws(' ', first_name, last_name) WHERE id = ANY(:ids)",
    priority=Priority.LOW,
)
