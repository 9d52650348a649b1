"""The pooler of the tests behaves as those in production do: what a session sets, the next client inherits."""

from __future__ import annotations

import psycopg
import pytest

from backfill.pooler import Pooler
from backfill.server import Server


def test_what_a_session_sets_the_next_client_inherits(pgbouncer: Pooler, database_name: str) -> None:
    for setting, inherited in (("SET statement_timeout = '7s'", "7s"), ("RESET statement_timeout", "0")):
        with psycopg.connect(pgbouncer.url(database_name), autocommit=True) as careless:
            careless.execute(setting)
        assert _timeout(pgbouncer, database_name) == inherited


def test_what_a_transaction_sets_stays_in_it(pgbouncer: Pooler, database_name: str) -> None:
    with psycopg.connect(pgbouncer.url(database_name)) as careful:
        careful.execute("SELECT set_config('statement_timeout', '7s', true)")
    assert _timeout(pgbouncer, database_name) == "0"


def test_there_is_one_connection_and_a_restart_ends_it(pgbouncer: Pooler, server: Server, database_name: str) -> None:
    backends = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    with psycopg.connect(pgbouncer.url(database_name), autocommit=True) as one:
        with psycopg.connect(pgbouncer.url(database_name), autocommit=True) as other:
            assert [client.execute("SELECT 1").fetchone() for client in (one, other)] == [(1,), (1,)]
        assert len(server.execute(backends, parameters=[database_name])) == 1
        pgbouncer.restart()
        with pytest.raises(psycopg.OperationalError):
            one.execute("SELECT 1")
    assert _timeout(pgbouncer, database_name) == "0"


def _timeout(pooler: Pooler, database: str) -> object:
    with psycopg.connect(pooler.url(database)) as client:
        return (client.execute("SHOW statement_timeout").fetchone() or ("",))[0]
