"""Where metrics go: into a file for node_exporter, to a Pushgateway, or to whoever asks this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, push_to_gateway, start_http_server, write_to_textfile
from prometheus_client.exposition import basic_auth_handler, default_handler

from migration_guard.watching.advance import Advance
from migration_guard.watching.listening import Destinations, Listening
from migration_guard.watching.lookout import Outlet, Snapshot
from migration_guard.watching.metrics import Metrics
from migration_guard.watching.tally import Tally

JOB = "migration_guard_backfill"
PUSH_EVERY = 10
"""Looks between two pushes."""
PUSH_SECONDS = 5.0


class Exposure:
    """The metrics of all runs of one command, and where they go."""

    def __init__(self, where: Destinations, say: Callable[[str], None]) -> None:
        self._metrics = Metrics()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self._metrics)
        self._outlets: list[Outlet] = []
        if where.file is not None:
            self._outlets.append(File(registry, where.file))
        if where.push is not None:
            self._outlets.append(Push(registry, where.push))
        if where.port is not None:
            self._outlets.append(Port(registry, where.port, say))

    def of(self, database: str | None, tally: Tally, advance: Advance) -> list[Outlet]:
        """Give who has to see how a run goes: its own metrics first, and then those that give them away."""
        return [self._metrics.of(database, tally, advance), *self._outlets]


class File(Outlet):
    """Writes them into a file, whole or not at all, after each look."""

    name = "--metrics-file"

    def __init__(self, registry: CollectorRegistry, path: str) -> None:
        self._registry = registry
        self._path = path

    def see(self, snapshot: Snapshot) -> None:  # noqa: ARG002 -- the metrics have seen it
        write_to_textfile(self._path, self._registry)


class Push(Outlet):
    """Pushes them now and then, and at the end."""

    name = "--metrics-push"

    def __init__(self, registry: CollectorRegistry, url: str) -> None:
        self._registry = registry
        self._url, self._handler = _without_password(url)
        self._looks = 0

    def see(self, snapshot: Snapshot) -> None:  # noqa: ARG002
        self._looks += 1
        if self._looks % PUSH_EVERY == 1:
            self._push()

    def end(self) -> None:
        self._push()

    def _push(self) -> None:
        push_to_gateway(
            self._url,
            JOB,
            self._registry,
            {"instance": socket.gethostname()},
            timeout=PUSH_SECONDS,
            handler=self._handler,
        )


class Port(Outlet):
    """Lets others ask."""

    name = "--metrics-port"

    def __init__(self, registry: CollectorRegistry, where: Listening, say: Callable[[str], None]) -> None:
        self._registry = registry
        self._where = where
        self._say = say
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        self._server, self._thread = start_http_server(self._where.port, self._where.host, self._registry)
        host, port = self._server.server_address[:2]
        self._say(f"metrics at http://{f'[{host!s}]' if ':' in str(host) else host!s}:{port}/metrics")

    def see(self, snapshot: Snapshot) -> None:
        """They are taken when somebody asks."""

    def end(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


def _without_password(url: str) -> tuple[str, Callable[..., Any]]:
    """Give a URL without its password, and what sends it nevertheless."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.username is None:
        return url, default_handler
    user, password = unquote(parts.username), unquote(parts.password or "")

    def handler(**given: Any) -> Callable[[], None]:
        return basic_auth_handler(**given, username=user, password=password)

    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])), handler
