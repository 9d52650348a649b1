"""The server of the backfill tests."""

from backfill.conftest import server

__all__ = ["server"]
