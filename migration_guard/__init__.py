"""Migrations change the schema, backfills change the data: this package makes the rule hold."""

__version__ = "0.1.0"
