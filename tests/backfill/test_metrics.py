"""Metrics, read as Prometheus reads them: from a file, from a Pushgateway's hands, over HTTP; and true."""

from __future__ import annotations

import base64
import re
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from backfill.process import PATIENCE, free_port, until
from backfill.test_commands import Project, fill, last
from migration_guard.watching import catalogue
from migration_guard.watching.catalogue import METRICS, PREFIX

WAITING = """
import os
import time
from migration_guard.backfill import Backfill

def apply(connection, ids):
    while ids[-1] > 100 and os.path.exists("wait"):
        time.sleep(0.01)
    connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))

SLOW = Backfill(key="slow", table="leads", where="status IS NULL", apply=apply, batch_size=10)
"""
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def project(tmp_path: Path, database: str) -> Iterator[Project]:
    fill(database, 300)
    made = Project(tmp_path, database)
    (tmp_path / "backfills.py").write_text(WAITING)
    yield made
    made.end()


class Gateway:
    """Takes what is pushed, as a Pushgateway does."""

    def __init__(self) -> None:
        taken: list[tuple[str, str, str]] = []
        self.taken = taken

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                taken.append((self.path, self.headers.get("Authorization", ""), body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    yield made
    made.close()


def read(text: str) -> Samples:
    """Give all samples by their names and labels; the parser refuses what Prometheus would."""
    families = list(text_string_to_metric_families(text))
    assert {one.name for one in families} <= {one.name for one in METRICS}
    return {
        (sample.name.removeprefix(PREFIX), tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted({"key": "slow", **labels}.items()))]


def scraped(port: int) -> Samples:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
        return read(answer.read().decode())


def test_while_it_runs_and_when_it_has_ended_they_are_what_the_state_says(project: Project, gateway: Gateway) -> None:
    file, port = project.folder / "mg.prom", free_port()
    url = f"http://me:se%2Fcret@127.0.0.1:{gateway.port}"
    given = ["--metrics-file", str(file), "--metrics-push", url, "--metrics-port", str(port), "--workers", "2"]
    (project.folder / "wait").touch()
    running = project.start("run", "--all", *given)
    seen: list[Samples] = []

    def during() -> bool:
        seen.append(read(file.read_text()) if file.exists() else {})
        return bool(seen[-1]) and of(seen[-1], "rows_examined_total") > 0

    until(during, alive=lambda: running.poll() is None)
    now = seen[-1]
    assert of(now, "state", state="running") == 1
    assert of(now, "workers") == 1
    assert "last_success_timestamp_seconds" not in {name for name, _ in now}
    assert of(scraped(port), "rows_examined_total") >= of(now, "rows_examined_total")
    (project.folder / "wait").unlink()
    out, err = running.communicate(timeout=PATIENCE)
    assert f"metrics at http://127.0.0.1:{port}/metrics" in out
    assert out.rstrip().split("\n")[-1] == "All complete: 1 of 1 backfills.", err
    assert not re.search("se.{0,3}cret", out + err)
    path, authorization, body = gateway.taken[-1]
    assert path.startswith("/metrics/job/migration_guard_backfill/instance/")
    assert authorization == "Basic " + base64.b64encode(b"me:se/cret").decode()
    for end in (read(file.read_text()), read(body)):
        assert of(end, "rows_examined_total") == of(end, "rows_total", outcome="changed") == 300
        assert of(end, "batches_total") == of(end, "batch_duration_seconds_count")
        assert of(end, "batch_duration_seconds_sum") > 0
        assert of(end, "batch_duration_seconds_bucket", le="+Inf") == of(end, "batch_duration_seconds_count")
        assert (of(end, "locked_rows"), of(end, "quarantined_rows"), of(end, "held")) == (0, 0, 0)
        assert [of(end, "state", state=one) for one in ("running", "completed")] == [0, 1]
        with psycopg.connect(project.url) as console:
            finished = console.execute(
                "SELECT date_part('epoch', finished_at) FROM migration_guard.backfills"
            ).fetchone()
        assert (of(end, "last_success_timestamp_seconds"),) == pytest.approx(finished)
    later = project("run", "--all", "--metrics-file", str(file))
    assert last(later).startswith("All complete: 1 of 1 backfills, 1 of them before")
    assert of(read(file.read_text()), "rows_examined_total") == 300, "a counter goes on where it was"


def test_what_fails_is_said_once_and_stops_nothing(project: Project) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as taken:
        port = str(taken.server_address[1])
        given = ["--metrics-file", "none/mg.prom", "--metrics-push", "http://127.0.0.1:1", "--metrics-port", port]
        ran = project("run", "--all", *given)
    assert last(ran) == "All complete: 1 of 1 backfills."
    notes = [line.split("note: ")[1] for line in ran.stdout.splitlines() if "watching: note: " in line]
    assert sorted(notes) == [
        "--metrics-file: No such file or directory; the run goes on without",
        "--metrics-port: Address already in use; the run goes on without",
        "--metrics-push: Connection refused; the run goes on without",
    ]
    wrong = project("run", "--all", "--metrics-port", "x")
    assert "expected a port such as 9187" in last(wrong)


def test_names_are_of_the_kind_that_prometheus_expects() -> None:
    """As `promtool check metrics` has it: base units, no suffix that another kind has, a help text."""
    for one in METRICS:
        assert re.fullmatch(r"migration_guard_backfill_[a-z_]+", one.name)
        assert not one.name.endswith(("_total", "_count", "_sum", "_bucket", "_milliseconds"))
        assert one.doc.endswith(".")
        assert one.full in one.panel or one.kind is catalogue.Kind.HISTOGRAM
