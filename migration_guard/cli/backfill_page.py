"""`status --html`: how backfills stand and have gone, as a page in a file."""

from __future__ import annotations

from pathlib import Path

import click

from migration_guard.backfill.history import MOST
from migration_guard.cli.backfill_desk import Desk
from migration_guard.cli.backfill_output import NONE, compared, standing_cells
from migration_guard.cli.backfill_place import Place
from migration_guard.cli.backfill_shares import shares_cells
from migration_guard.cli.output import replace_file
from migration_guard.watching.course import course
from migration_guard.watching.sheet import Sheet, rendered


def write_page(desk: Desk, where: Place, path: Path) -> None:
    """Write the page whole or not at all."""
    if not path.parent.is_dir():
        raise click.ClickException(f"{path} could not be written: there is no folder {path.parent}")
    replace_file(path, rendered(_sheet(desk, where)))


def _sheet(desk: Desk, where: Place) -> Sheet:
    known, now = where.known(), desk.now()
    events = {one.key: desk.events(one.key) for one in desk.standings()}
    # Looked at once more: how they stand now is all that their events tell, or more.
    standings, aside = compared(desk.standings(), known), desk.set_aside(None)
    remarks = [] if standings else [f"{NONE.capitalize()}."]
    if standings and isinstance(known, str):
        remarks.append(f"Nothing here is compared with definitions: {known}")
    remarks += [
        f"{key}: the newest {MOST:,} events are shown; nothing is of what was before {some[0].at:%Y-%m-%d %H:%M}."
        for key, some in events.items()
        if len(some) >= MOST
    ]
    courses = tuple(course(one, events.get(one.key, ()), aside, now) for one in standings)
    return Sheet(now, standing_cells(standings), shares_cells(desk.holders()), tuple(remarks), courses)
