"""Spans for OpenTelemetry: one for a backfill in a run, and below it one for each batch that was committed,
or for those that followed each other on the server.

The names of attributes are those of the semantic conventions for databases. Whether and where spans go says the
environment, by OpenTelemetry's own variables; where it says nothing, or nothing is installed, there are none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import entry_points

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from migration_guard import __version__
from migration_guard.backfill.report import Reporter, Result
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.transitions import State

OURS = "migration_guard.backfill."
FLUSH_MS = 5_000
_EXPORTER, _ENDPOINTS = "OTEL_TRACES_EXPORTER", ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class NoExporter(Exception):
    """No package is installed that has an exporter with the name that the environment gives."""


def configured(environment: Mapping[str, str]) -> bool:
    """Make what the environment asks for, in OpenTelemetry's variables; tell whether there are spans. Raises NoExporter."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return True  # whoever runs us has done so, as `opentelemetry-instrument` does
    wanted = environment.get(_EXPORTER, "otlp" if any(map(environment.get, _ENDPOINTS)) else "")
    names = [name for name in (one.strip() for one in wanted.split(",")) if name not in {"", "none"}]
    if not names:
        return False
    named = {} if environment.get(OTEL_SERVICE_NAME) else {"service.name": "migration-guard"}
    provider = TracerProvider(resource=Resource.create(named))
    for name in names:
        provider.add_span_processor(BatchSpanProcessor(_exporter(name, environment)))
    trace.set_tracer_provider(provider)
    return True


def _exporter(name: str, environment: Mapping[str, str]) -> SpanExporter:
    protocol = environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", environment.get("OTEL_EXPORTER_OTLP_PROTOCOL", ""))
    of_otlp = ("otlp_proto_grpc", "otlp") if protocol == "grpc" else ("otlp_proto_http", "otlp")
    there = {one.name: one for one in entry_points(group="opentelemetry_traces_exporter")}
    found = next((there[one] for one in (of_otlp if name == "otlp" else (name,)) if one in there), None)
    if found is None:
        package = "; pip install opentelemetry-exporter-otlp-proto-http" if name == "otlp" else ""
        raise NoExporter(f"no exporter called {name} is installed{package}")
    exporter: SpanExporter = found.load()()
    return exporter


class Spans(Reporter):
    """Makes spans of what it is told, in each process of a run."""

    def __init__(
        self, tables: Mapping[str, str], server: Mapping[str, str | int], parent: Context | None = None
    ) -> None:
        self._tables = tables
        """Of backfills, by their keys."""
        self._server = server
        self._parent = parent if parent is not None else _outer()
        self._tracer: Tracer = trace.get_tracer("migration_guard", __version__)
        self._span: Span | None = None
        self._key = ""
        self._sweep = 0

    def aside(self, worker: int) -> Reporter:  # noqa: ARG002 -- the process tells them apart
        return Spans(self._tables, self._server, self._parent)

    def begin(self, key: str, rows: int, counts: Counts) -> None:  # noqa: ARG002 -- as it is told
        self._finish()
        self._key, self._sweep = key, 0
        self._span = self._tracer.start_span(
            f"backfill {key}", self._parent, SpanKind.INTERNAL, {**self._about(key), f"{OURS}table_rows": rows}
        )

    def turn(self, sweep: int, span: object) -> None:  # noqa: ARG002
        self._sweep = sweep

    def batch(
        self,
        counts: Counts,
        seconds: float,
        size: int,  # noqa: ARG002
        passed: int = 0,
        at: tuple[str, ...] = (),  # noqa: ARG002
        *,
        batches: int = 1,
    ) -> None:
        if self._span is None:
            return
        now = time.time_ns()
        about = {**self._about(self._key), "db.operation.name": "BACKFILL", "db.operation.batch.size": passed}
        told = {f"{OURS}rows.{name}": count for name, count in asdict(counts).items()}
        batch = self._tracer.start_span(
            f"BACKFILL {self._tables.get(self._key, self._key)}",
            set_span_in_context(self._span),
            SpanKind.CLIENT,
            {**about, **told, f"{OURS}pass": self._sweep, f"{OURS}batches": batches},
            start_time=now - int(seconds * 1e9),
        )
        batch.end(now)

    def held(self, key: str, reason: str) -> None:
        self._note(key, "hold", {"reason": reason})

    def released(self, key: str, seconds: float) -> None:
        self._note(key, "release", {"seconds": seconds})

    def warn(self, key: str, text: str) -> None:
        self._note(key, "note", {"message": text})

    def _note(self, key: str, name: str, told: Mapping[str, str | float]) -> None:
        if self._span is not None and key == self._key:
            self._span.add_event(name, told)

    def end(self, result: Result) -> None:
        if result.ran and (self._span is None or result.key != self._key):  # it failed before it could begin
            self.begin(result.key, 0, result.counts)
        if self._span is None:
            return
        state = result.state.value if result.state else "unknown"
        self._span.set_attributes({f"{OURS}state": state, f"{OURS}complete": result.complete})
        self._span.set_attributes({f"{OURS}rows.{name}": count for name, count in asdict(result.counts).items()})
        if result.state in {None, State.FAILED}:
            self._span.set_attribute("error.type", state)
            self._span.set_status(Status(StatusCode.ERROR, result.reason))
        self._finish()

    def close(self) -> None:
        self._finish()
        flush = getattr(trace.get_tracer_provider(), "force_flush", None)  # of the SDK's, not of the API's
        if flush is not None:
            flush(FLUSH_MS)

    def _finish(self) -> None:
        if self._span is not None:
            self._span.end()
            self._span = None

    def _about(self, key: str) -> dict[str, str | int]:
        table = {"db.collection.name": self._tables[key]} if self._tables.get(key) else {}
        return {"db.system.name": "postgresql", **self._server, **table, f"{OURS}key": key}


def _outer() -> Context:
    """Give the span that whoever started this process names in TRACEPARENT, if he does."""
    carrier = {name.lower(): os.environ[name] for name in ("TRACEPARENT", "TRACESTATE") if name in os.environ}
    return TraceContextTextMapPropagator().extract(carrier)
