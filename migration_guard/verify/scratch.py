"""How many rows have been written in a scratch database, as its own statistics tell. Needs a driver, which it asks for."""

from __future__ import annotations

import time
from typing import LiteralString

from migration_guard.verify.errors import NoScratch

WRITES: LiteralString = """
SELECT schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del
FROM pg_stat_user_tables
WHERE schemaname NOT LIKE 'migration_guard%'
"""
"""Rows written to each table, those of our runner's own state left out."""
_SHARED = 150000
"""From PostgreSQL 15 on, what an ended connection did is counted at once; before, a collector hears of it later."""
_PATIENCE = 0.5


def written(url: str) -> dict[str, int]:
    """Count the rows that were ever written, table by table. Raises NoScratch."""
    try:
        import psycopg  # noqa: PLC0415 -- only this needs a driver
    except ImportError:
        raise NoScratch("the extra is not installed: pip install 'migration-guard[backfill]'") from None
    try:
        with psycopg.connect(_plain(url), autocommit=True, connect_timeout=10) as connection:
            if connection.info.server_version < _SHARED:
                time.sleep(_PATIENCE)
            return dict(connection.execute(WRITES).fetchall())
    except psycopg.Error as error:
        raise NoScratch(str(error).strip().splitlines()[0]) from None


def _plain(url: str) -> str:
    """A URL as libpq takes it: SQLAlchemy's names its driver."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"
