"""Builds the indexes of the CRM while it is in use. May be run any number of times."""

from __future__ import annotations

import os
import sys

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

INDEXES = {
    "ix_call_log_lead_created": "call_log (lead_id, created_at)",
    "ix_receipts_lead": "receipts (lead_id)",
}
STATE = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"


def build(connection: Connection, name: str, columns: str) -> None:
    valid = connection.execute(text(STATE), {"name": name}).scalar()
    if valid:
        return
    if valid is False:
        # What a build leaves behind that was interrupted: every write maintains it, and no query uses it.
        connection.execute(text(f"DROP INDEX CONCURRENTLY {name}"))
    connection.execute(text(f"CREATE INDEX CONCURRENTLY {name} ON {columns}"))
    print(f"{name}: built")


def main() -> int:
    engine = create_engine(os.environ["DATABASE_URL"], isolation_level="AUTOCOMMIT")
    failed = 0
    for name, columns in INDEXES.items():
        try:
            with engine.connect() as connection:
                build(connection, name, columns)
        except DBAPIError as error:
            # Not the whole error: its text may hold a row, or the URL with the password.
            print(f"{name}: {type(error.orig).__name__}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
