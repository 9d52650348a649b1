"""The first point: backfills run after the migrations, and their failure stops no deployment."""

from migration_guard.verify.deployment.judging import judge
from migration_guard.verify.deployment.reading import read

__all__ = ["judge", "read"]
