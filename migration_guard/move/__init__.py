"""Handing a data change over: out of a migration, into the definition of a backfill."""
