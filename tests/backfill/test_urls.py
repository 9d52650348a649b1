"""URLs as people have them are understood, or refused by the part that is not; and nothing of them is shown."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from migration_guard.backfill import Backfill, run
from migration_guard.backfill.connect import address
from migration_guard.backfill.errors import CannotRun

SECRET = "s3cr3t%2Fword"
SOCKET = "/cloudsql/project:region:instance"
PLAIN = {"user": "me", "password": "s3cr3t/word", "host": "db", "port": "5433", "dbname": "crm"}


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("postgres://{}", {}),
        ("postgresql://{}", {}),
        ("pgsql://{}", {}),
        ("postgis://{}", {}),
        ("timescalegis://{}", {}),
        *(
            (f"postgresql+{driver}://{{}}", {})
            for driver in ("psycopg_async", "asyncpg", "pg8000", "psycopg2", "psycopg")
        ),
        ("postgres://{}?conn_max_age=600&conn_health_checks=true", {}),
        ("postgres://{}?pool=5&encoding=unicode&reconnect=true", {}),
        ("postgres://{}?ssl=true", {"sslmode": "require"}),
        ("postgres://{}?ssl=false", {"sslmode": "disable"}),
        ("postgresql+asyncpg://{}?ssl=verify-full&prepared_statement_cache_size=0", {"sslmode": "verify-full"}),
        ("postgres://{}?sslmode=no-verify", {"sslmode": "require"}),
        ("postgres://{}?ssl_require=True", {"sslmode": "require"}),
        ("postgresql://{}?pgbouncer=true&connection_limit=1", {}),
        ("postgresql://{}?timeout=7", {"connect_timeout": "7"}),
        (
            "postgresql://{}?sslmode=require&channel_binding=require",
            {"sslmode": "require", "channel_binding": "require"},
        ),
        ("postgresql://{}?options=-c%20work_mem%3D64MB", {"options": "-c work_mem=64MB"}),
    ],
)
def test_what_is_understood(url: str, more: dict[str, str]) -> None:
    found = address(url.format(f"me:{SECRET}@db:5433/crm"), "DATABASE_URL")
    assert dict(found.parameters) == {**PLAIN, **more}


@pytest.mark.parametrize(
    "url",
    [
        f"postgres://me:{SECRET}@//cloudsql/project:region:instance/crm",
        f"postgresql://me:{SECRET}@/crm?host={SOCKET}",
        f"postgresql+pg8000://me:{SECRET}@/crm?unix_sock={SOCKET}/.s.PGSQL.5432",
        f"postgres://me:{SECRET}@%2Fcloudsql%2Fproject%3Aregion%3Ainstance/crm",
    ],
)
def test_sockets(url: str) -> None:
    found = dict(address(url, "DATABASE_URL").parameters)
    assert found.pop("port", "5432") == "5432"
    assert found == {"user": "me", "password": "s3cr3t/word", "host": SOCKET, "dbname": "crm"}


def test_other_forms() -> None:
    jdbc = address(f"jdbc:postgresql://db:5433/crm?user=me&password={SECRET}&currentSchema=sales", "URL")
    assert (dict(jdbc.parameters), jdbc.search_path) == (PLAIN, "sales")
    several = address("postgresql://me@one:1,two:2/crm?target_session_attrs=read-write", "URL")
    assert several.parameters["host"] == "one,two"
    plain = "postgresql://me:a%2Bb%40c@db/crm?application_name=a%20b"
    assert address(plain, "URL").parameters["password"] == make_url(plain).password


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://me:{}@db/crm", "is a URL of mysql; the runner needs PostgreSQL"),
        ("cockroachdb://me:{}@db/crm", "is a URL of cockroachdb"),
        ("redshift+psycopg2://me:{}@db/crm", r"is a URL of redshift\+psycopg2"),
        ("postgresql+asyncpgg://me:{}@db/crm", 'names the driver asyncpgg, which is not known; did you mean "asyncpg"'),
        ("postgres://me:{}@db/crm?sslmod=require", 'its parameter sslmod is not understood; did you mean "sslmode"'),
        ("postgres://me:{}@db/crm?loginTimeout={}", "its parameter loginTimeout is not understood"),
        ("postgres://me:{}@db/crm?ssl={}", "its parameter ssl has a value that is none of true"),
        ("postgres://me:pa#{}@db/crm", "has a part after #; a # in a password is written as %23"),
        ("postgres://me:{}%zz@db/crm", "is no URL of a database"),
        ("postgres://me:pa@{}@db/crm", "@ : / . % in a user or password are written as %40"),
        ("postgres://me:12/{}@db/crm", "is no URL of a database"),
        ("postgres://me:{}/pa@db/crm", "is no URL of a database"),
        ("postgres://me:pa?{}@db/crm", "is no URL of a database"),
        ("postgres://me:{}@db:{}/crm", "is no URL of a database"),
        ('"postgres://me:{}@db/crm"', "begins with a quote, which is part of its value"),
    ],
)
def test_what_is_not(url: str, said: str) -> None:
    with pytest.raises(CannotRun, match=said) as refused:
        address(url.replace("{}", SECRET), "DATABASE_URL")
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("name", ["schema", "currentSchema"])
def test_the_schema_of_a_url_is_where_the_definition_looks(database: str, name: str) -> None:
    with psycopg.connect(database, autocommit=True) as console:
        console.execute("CREATE SCHEMA sales; CREATE TABLE sales.w (id int PRIMARY KEY, v int, at text)")
        console.execute("INSERT INTO sales.w VALUES (1)")

    def look(connection: Any, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE w SET v = 1, at = current_setting('search_path') WHERE id = ANY(%s)", (ids,))

    definition = Backfill(key="w", table="w", where="v IS NULL", apply=look)
    (result,) = run([definition], f"{database}?{name}=sales")
    assert result.complete, result
    with psycopg.connect(database) as console:
        assert console.execute("SELECT v, at FROM sales.w").fetchone() == (1, "sales")
