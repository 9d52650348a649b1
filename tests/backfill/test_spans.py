"""Spans, as OpenTelemetry's own exporters get them: one for a backfill, one below it for each batch that was committed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from backfill.test_batches import Database, define
from backfill.test_commands import Project, last
from migration_guard.backfill.connect import address
from migration_guard.backfill.runner import run_all
from migration_guard.watching.spans import OURS, Spans, configured

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made.leads(40)
    yield made
    made.console.close()


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setenv("TRACEPARENT", PARENT)
    return exporter


def test_a_span_for_each_batch_below_that_of_its_backfill(db: Database, exported: InMemorySpanExporter) -> None:
    where = address(db.url, "it")
    good = define(batch_size=10)
    bad = define(key="bad", where="name IS NULL", update="UPDATE leads SET name = (1 / 0)::text WHERE id = ANY(:ids)")
    spans = Spans({"status": "leads", "bad": "leads"}, where.about)
    run_all([good, bad], where, reporter=spans)
    spans.close()
    found = exported.get_finished_spans()
    outer = {
        str(one.attributes[f"{OURS}key"]): one for one in found if one.kind is SpanKind.INTERNAL and one.attributes
    }
    batches = [one for one in found if one.name == "BACKFILL leads" and one.attributes]
    assert set(outer) == {"status", "bad"}
    good_one = outer["status"]
    assert good_one.parent is not None
    assert f"{good_one.parent.trace_id:032x}" in PARENT, "it belongs to whoever started the run"
    assert good_one.attributes is not None
    assert good_one.attributes[f"{OURS}complete"] is True
    of_it = [one for one in batches if one.parent and one.parent.span_id == good_one.context.span_id]
    (count,) = db("SELECT batches FROM migration_guard.windows WHERE backfill = 'status' AND kind = 'whole'")
    assert sum(int(str(one.attributes[f"{OURS}batches"])) for one in of_it if one.attributes) == count[0]
    assert sum(int(str(one.attributes[f"{OURS}rows.changed"])) for one in of_it if one.attributes) == 40
    for one in of_it:
        assert one.kind is SpanKind.CLIENT
        assert one.attributes is not None
        assert {"db.system.name": "postgresql", "db.collection.name": "leads"}.items() <= one.attributes.items()
        assert {"db.namespace", "server.address", "db.operation.batch.size"} <= set(one.attributes)
        assert one.start_time is not None
        assert one.end_time is not None
        assert (good_one.start_time or 0) <= one.start_time < one.end_time
    assert outer["bad"].status.status_code is StatusCode.ERROR
    assert "password" not in json.dumps([one.to_json() for one in found])


def test_the_environment_says_whether_there_are_any_and_workers_have_their_own(db: Database, tmp_path: Path) -> None:
    assert not configured({})
    assert not configured({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"})
    assert not configured({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "console"})
    project = Project(tmp_path, db.url)
    (tmp_path / "backfills.py").write_text(
        "from migration_guard.backfill import Backfill, ranges\n"
        "ranges.SMALLEST, ranges.ALONE = 5, 10\n"
        "S = Backfill(key='status', table='leads', where='status IS NULL', batch_size=10,\n"
        "             update=\"UPDATE leads SET status = 'new' WHERE id = ANY(:ids)\")\n"
    )
    ran = project("run", "--all", "--workers", "3", OTEL_TRACES_EXPORTER="console", TRACEPARENT=PARENT)
    assert "All complete: 1 of 1 backfills." in ran.stdout
    assert ran.stdout.count('"name": "BACKFILL leads"') >= 4
    traces = re.findall(r'"trace_id": "0x(\w+)"', ran.stdout)
    assert set(traces) == {PARENT.split("-")[1]}
    project("retry", "status")
    ran = project("run", "--all", OTEL_TRACES_EXPORTER="nowhere")
    assert "spans: note: cannot be made: no exporter called nowhere is installed; the run goes on without" in ran.stdout
    assert last(ran) == "All complete: 1 of 1 backfills."
