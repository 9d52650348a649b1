"""A short visit to the server, over a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection

from migration_guard.backfill.connect import APPLICATION, Address, engine
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.session import Session
from migration_guard.backfill.trust import PINNED


@contextmanager
def visit(where: Address, settings: Mapping[str, str] | None = None) -> Iterator[Connection]:
    """Begin a transaction: one that touches the state alone, if no settings say otherwise."""
    session = Session(engine(where, APPLICATION))
    try:
        with session.transaction(
            {**TimeoutPolicy().settings(0), **PINNED} if settings is None else settings
        ) as visited:
            yield visited
    finally:
        session.close()
