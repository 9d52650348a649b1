"""Tests of the backfill runner, all of them on a real PostgreSQL."""
