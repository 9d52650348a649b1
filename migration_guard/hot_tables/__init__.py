"""Hot and small tables, as a running database counts them. Only the command `hot-tables` comes here; linting never does."""

from migration_guard.hot_tables.classify import Thresholds, classified
from migration_guard.hot_tables.counts import Counted, Counts

__all__ = ["Counted", "Counts", "Thresholds", "classified"]
