"""Discovery: which files are migrations, of which framework, and which settings govern them."""

from migration_guard.discover.search import NOTHING, Candidate, Discovery, UsageError, discover

__all__ = ["NOTHING", "Candidate", "Discovery", "UsageError", "discover"]
