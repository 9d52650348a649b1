"""A number that a query of the user's own gives: the load of the application, a queue, the hour of a report."""

from __future__ import annotations

import math

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.brake.reading import Reading
from migration_guard.backfill.errors import judged
from migration_guard.backfill.statements import statement

SETTINGS = {"transaction_read_only": "on"}


def read(connection: Connection, query: str) -> Reading:
    """Read it, in a transaction that may only read. Neither the query nor what the server says of it is told."""
    asked = query.rstrip().rstrip(";").replace("%", "%%")
    number = connection.exec_driver_sql(statement("gauge_throttle", query=asked), {}).scalar()
    if number is None or not math.isfinite(number):
        return Reading("throttle", None, blind="its query gave no number")
    return Reading("throttle", float(number))


def failed(error: DBAPIError) -> Reading:
    """Say that the query did not go through."""
    return Reading("throttle", None, blind=f"its query failed (SQLSTATE {judged(error).sqlstate})")
