"""Discovery: which files are migrations, of which framework, and which settings govern them."""

from migration_guard.discover.asked import UsageError
from migration_guard.discover.outcome import BACKFILL, NOTHING, Beside, Candidate, Discovery
from migration_guard.discover.search import discover

__all__ = ["BACKFILL", "NOTHING", "Beside", "Candidate", "Discovery", "UsageError", "discover"]
