"""A PostgreSQL server for the whole session, a database of its own for each test, and readers that are shared."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from backfill.server import Server, configured
from hypothesis import HealthCheck, settings

from migration_guard.pool import kept_readers

# How fast a machine is, and what else it does, is no property of ours.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# A shell and nohup start background jobs with these ignored, and every process below inherits it: ours are told to stop by them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run two tests for each core: half of their time they wait, for servers, locks and processes."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session", autouse=True)
def kept() -> Iterator[None]:
    """Let all runs share a reader: starting one takes longer than most of them."""
    with kept_readers(1):
        yield


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
