"""What the brake will not see for a role, said before it has to hold for that."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.backfill.brake import lag
from migration_guard.backfill.brake.gauges import Gauges
from migration_guard.backfill.brake.reading import limits_of
from migration_guard.backfill.connect import APPLICATION, Address, engine
from migration_guard.backfill.session import Session
from migration_guard.backfill.statements import statement
from migration_guard.backfill.trust import PINNED
from migration_guard.config.settings import BrakeSettings

MONITORED = {
    "lag-bytes": "how far standbys are behind, as soon as one is connected",
    "lag-seconds": "how far standbys are behind, as soon as one is connected",
    "snapshot-seconds": "how old the snapshots of others are",
}
"""What is hidden from a role that may not monitor, by the thresholds that it is asked for."""


def needs_monitoring(settings: BrakeSettings) -> tuple[str, ...]:
    """Give the thresholds for which a role must be allowed to monitor."""
    asks_replicas = settings.replicas and not settings.standbys
    return tuple(key for key in limits_of(settings) if key in MONITORED and not (asks_replicas and key in lag.LIMITS))


def unseen(where: Address, settings: BrakeSettings) -> Iterator[str]:
    """Say what the role of an address cannot see of what is configured, now or later, and what to do about it."""
    session, limits = Session(engine(where, APPLICATION)), limits_of(settings)
    gauges = Gauges(session, settings)
    try:
        with session.transaction(PINNED) as connection:
            role, may = connection.exec_driver_sql(statement("may_monitor"), {}).one()
        hidden = () if may else needs_monitoring(settings)
        for what in dict.fromkeys(MONITORED[key] for key in hidden):
            keys = ", ".join(f"`backfill.brake.{key}`" for key in hidden if MONITORED[key] == what)
            todo = f'GRANT pg_monitor TO {role} (pg_read_all_stats alone is enough), or set {keys} to "off"'
            yield f"role {role} cannot see {what}: the brake is blind there, and holds every backfill: {todo}"
        _, readings = gauges.read()
        for one in readings:
            if one.value is None and one.limit in limits and one.limit not in hidden:
                yield f"the brake is blind, and holds every backfill: {limits[one.limit].told(one)}"
    finally:
        gauges.close()
        session.close()
