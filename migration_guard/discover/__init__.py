"""Discovery: which files are migrations, of which framework, and which settings govern them."""

from migration_guard.discover.search import BACKFILL, NOTHING, Candidate, Discovery, UsageError, discover

__all__ = ["BACKFILL", "NOTHING", "Candidate", "Discovery", "UsageError", "discover"]
