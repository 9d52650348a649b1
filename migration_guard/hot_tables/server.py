"""Asks a PostgreSQL server how many rows its tables hold and how often they are written. It only reads.

Nothing that the driver says is repeated: its messages quote parts of the URL, and so of the password.
"""

from __future__ import annotations

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import class_row, tuple_row

from migration_guard.hot_tables.counts import Counted, Counts
from migration_guard.later import re

_CONNECT_SECONDS = 10
_LIMITS = "SELECT set_config('statement_timeout', '60s', true), set_config('lock_timeout', '5s', true)"
_DATABASE = """
    SELECT current_database(), pg_is_in_recovery(), current_setting('track_counts') = 'on',
           extract(epoch FROM clock_timestamp() - coalesce(
               stats_reset,
               (SELECT least(b.stats_reset, a.stats_reset) FROM pg_stat_bgwriter b, pg_stat_archiver a)
           ))::float8 / 86400
    FROM pg_stat_database
    WHERE datname = current_database()
"""
"""Statistics that were never reset have no date of their own; they are then as old as those of the whole server."""
_TABLES = """
    WITH leaf AS (
        SELECT coalesce(pg_partition_root(c.oid), c.oid) AS root,
               greatest(c.reltuples::bigint, s.n_live_tup, 0) AS rows,
               c.reltuples < 0 AND s.n_live_tup = 0 AND pg_relation_size(c.oid) > 0 AS uncounted,
               coalesce(pg_total_relation_size(c.oid), 0) AS bytes,
               s.n_tup_ins + s.n_tup_upd + s.n_tup_del AS writes
        FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
        WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    )
    SELECT n.nspname || '.' || c.relname AS name,
           CASE WHEN bool_or(uncounted) THEN NULL ELSE sum(rows)::bigint END AS rows,
           sum(bytes)::bigint AS bytes,
           sum(writes)::bigint AS writes
    FROM leaf JOIN pg_class c ON c.oid = root JOIN pg_namespace n ON n.oid = c.relnamespace
    GROUP BY 1
    ORDER BY 1
"""
_DRIVER = re.compile(r"^postgres(?:ql)?\+\w+://")
_REASONS = (
    ("password authentication failed", "it refused the user or the password"),
    ("no password supplied", "it wants a password, and the URL has none"),
    ("no pg_hba.conf entry", "its pg_hba.conf lets nobody in from here as this user"),
    ("Connection refused", "nobody listens at this host and port"),
    ("timeout|timed out", "it did not answer in time"),
    ("could not translate host name|failed to resolve host", "the name of the host is not known"),
    ('database ".*" does not exist', "there is no such database"),
    ('role ".*" does not exist', "there is no such user"),
    ("permission denied for database", "this user may not connect to the database"),
    ("too many (?:clients|connections)|connection slots", "all its connections are taken"),
    ("starting up|shutting down|recovery mode", "it is just starting or stopping"),
    ("SSL|certificate", "they do not agree on encryption; see sslmode"),
)
"""What a refused connection means, by the words of libpq and of the server."""


class CannotMeasure(Exception):
    """A database that cannot be asked, or whose answers would mislead; the message says why, and holds no secret."""


def measure(url: str) -> Counts:
    """Count the tables of the database that a URL names, or raise `CannotMeasure`."""
    try:
        named = make_conninfo(
            _DRIVER.sub("postgresql://", url.strip()),
            connect_timeout=_CONNECT_SECONDS,
            application_name="migration-guard hot-tables",
        )
    except psycopg.Error:
        raise CannotMeasure(
            "the database URL cannot be understood; expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
            "with %40 for an @ in the password, %2F for a / and %25 for a %"
        ) from None
    try:
        connection = psycopg.connect(named, prepare_threshold=None)
    except (psycopg.Error, ValueError) as error:
        raise CannotMeasure(f"the database server could not be reached: {_reason(error)}") from None
    with connection:
        connection.read_only = True
        try:
            return _counts(connection)
        except psycopg.errors.LockNotAvailable:
            raise CannotMeasure("a table is locked exclusively, by a migration perhaps; try again later") from None
        except psycopg.Error as error:
            raise CannotMeasure(f"the database could not be read: {type(error).__name__}") from None


def _counts(connection: psycopg.Connection) -> Counts:
    connection.execute(_LIMITS)
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_DATABASE).fetchone()
    assert row is not None
    database, standby, counting, days = row
    if standby:
        raise CannotMeasure("this server is a replica, which counts no writes of its own; name the primary")
    if not counting:
        raise CannotMeasure("this server keeps no statistics: track_counts is off")
    with connection.cursor(row_factory=class_row(Counted)) as cursor:
        return Counts(database, days, tuple(cursor.execute(_TABLES)))


def _reason(error: Exception) -> str:
    text = str(error)
    return next((reason for words, reason in _REASONS if re.search(words, text)), "the connection failed")
