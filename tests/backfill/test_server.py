"""The server of the tests: there from start to end, and gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from backfill import process
from backfill.server import OwnServer, Server, Stop, embedded

HERE = Path(__file__).parent


def test_each_test_gets_a_database_of_its_own(server: Server, database: str, database_name: str) -> None:
    server.execute("CREATE TABLE leads (id int)", database_name)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM leads").fetchone() == (0,)
    with server.fresh() as other, pytest.raises(psycopg.errors.UndefinedTable):
        server.execute("SELECT FROM leads", other)


def test_a_database_is_dropped_under_its_clients(server: Server) -> None:
    with server.fresh() as name:
        left = psycopg.connect(server.url(name))
    assert server.execute("SELECT FROM pg_database WHERE datname = %s", parameters=[name]) == []
    left.close()


def test_it_can_be_stopped_at_once_and_started_again() -> None:
    with embedded() as server:
        server.execute("CREATE TABLE leads AS SELECT generate_series(1, 1000) AS id")
        server.restart(Stop.IMMEDIATE)
        assert server.execute("SELECT count(*) FROM leads") == [(1000,)]
        server.stop()
        assert not server.running
        with pytest.raises(psycopg.OperationalError):
            server.execute("SELECT 1")


def test_a_server_that_cannot_start_says_why() -> None:
    with process.guarded_folder("postgres") as folder, pytest.raises(process.Died, match="no_such_setting"):
        OwnServer(folder, ["no_such_setting=1"]).start()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_tests_are_killed(number: signal.Signals) -> None:
    show = "import os; print(os.environ['DATABASE_URL'], flush=True); input()"
    command = [sys.executable, str(HERE / "server.py"), sys.executable, "-c", show]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as tests:
        assert tests.stdout is not None
        url = tests.stdout.readline().strip()
        with psycopg.connect(url) as connection:
            (data,) = connection.execute("SHOW data_directory").fetchone() or ()
        pid = int(Path(data, "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        tests.send_signal(number)
    process.until(lambda: not _exists(pid) and not Path(data).parent.exists(), what=data)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
