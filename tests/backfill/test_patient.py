"""Answers that do not come, since packets vanish on their way."""

from __future__ import annotations

import psycopg
import pytest

from backfill.faults.proxy import proxied
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.errors import Trouble, judged
from migration_guard.backfill.patient import PatientConnection, Unanswered
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.session import Session


def test_an_answer_that_never_comes_breaks_the_connection(database: str) -> None:
    with proxied(database) as proxy:
        connection = address(proxy.url, "the URL").connect("test", PatientConnection)
        connection.longest = 0.3
        assert connection.execute("SELECT 1").fetchone() == (1,)
        proxy.swallow()
        with pytest.raises(Unanswered) as broken:
            connection.execute("SELECT 2")
        assert connection.closed
        assert judged(broken.value).trouble is Trouble.CONNECTION


def test_an_answer_that_is_late_is_waited_for(database: str) -> None:
    connection = address(database, "the URL").connect("test", PatientConnection)
    assert connection.longest is None
    assert connection.execute("SELECT pg_sleep(0.5)").fetchone() is not None
    connection.longest = 30.0
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1 / 0")
    connection.close()


def test_who_sets_a_time_out_is_as_patient_as_the_server(database: str) -> None:
    session = Session(engine(address(database, "the URL"), "test"))
    with session.transaction(TimeoutPolicy(statement=70).settings(0)) as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, PatientConnection)
        assert driver.longest is not None
        assert driver.longest > 70
    session.close()
