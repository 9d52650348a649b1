"""A PostgreSQL server for the whole session, and a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from backfill.server import Server, configured


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Give a running server. That there is none is a failure, never a skip."""
    with configured() as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """Name the database that each test gets a copy of; a module may put a richer one in its place."""
    return "template1"


@pytest.fixture
def database_name(server: Server, template: str) -> Iterator[str]:
    """Make a database for one test, and give its name."""
    with server.fresh(template) as name:
        yield name


@pytest.fixture
def database(server: Server, database_name: str) -> str:
    """Make a database for one test, and give its URL."""
    return server.url(database_name)
