#!/usr/bin/env bash
# Puts a release into service: the schema first, then the indexes, then the data. Only the schema may stop it.
#
#   DATABASE_URL            the application's own role: it changes rows, and backfills need no more than that
#   MIGRATION_DATABASE_URL  the role that owns the tables, where that is another one
#   BACKFILL_MINUTES        how long a deployment waits for its backfills; 10 if not set
set -euo pipefail
cd "$(dirname "$0")/.."

: "${DATABASE_URL:?is not set: it names the database to deploy to}"
owner="${MIGRATION_DATABASE_URL:-$DATABASE_URL}"

header() { printf '\n== %s\n' "$1"; }
warning() { printf 'WARNING: %s\n' "$1" >&2; }

# The new code relies on the new schema, so a failed migration ends the deployment here, with the old release in service.
# Migrations change the schema only, and give up after 5 s of waiting for a lock (alembic/env.py), so this is a matter of
# seconds; a migration that comes to rely on a backfill begins with require_backfill(), and stops here if it is early.
header "Step 3.4: migrations"
if ! DATABASE_URL="$owner" alembic upgrade head; then
  warning "the migrations failed; nothing is deployed, the old release stays in service"
  exit 1
fi

# Built CONCURRENTLY, which cannot be part of a migration's transaction and may take long. Without an index the release is
# slower, not wrong, so this does not end the deployment. It comes before the backfills, which read by these indexes.
header "Step 3.5: indexes"
if ! DATABASE_URL="$owner" python deploy/build_indexes.py; then
  warning "some indexes are missing; the next deployment builds them"
fi

# Exits 0 whatever happens, and says in its last line what is not done: what is left over goes on where it stood at the
# next deployment, or from cron, so the new code must bear rows that are not filled yet. No --strict here: it is for the
# cron job that raises an alarm. The `if` catches what the runner cannot: that it is not installed, or killed.
header "Step 3.6: backfills"
if ! migration-guard backfill run --all --max-minutes "${BACKFILL_MINUTES:-10}"; then
  warning "the backfill runner could not be run; rows stay unfilled until the next deployment"
fi

header "Step 3.7: the release goes into service"
echo "restart the application here"
