"""What is wrong with files of backfills, and with the entries that name them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from migration_guard.discover import BACKFILL
from migration_guard.discover.patterns import holds_backfills
from migration_guard.filing import Checked
from migration_guard.operations import Problem


def unjudged_backfills(checked: Sequence[Checked]) -> Iterator[Problem]:
    """Say which backfills were not judged, since their functions stand in files that are not named."""
    files = [one for one in checked if one.candidate.framework == BACKFILL]
    paths = {str(one.candidate.path) for one in files}
    for one in files:
        for procedure in one.procedures:
            if procedure.elsewhere is not None and procedure.elsewhere not in paths:
                there = os.path.basename(procedure.elsewhere)
                message = f"backfill {procedure.shown}: its function stands in {there}, which `backfill.modules` must name too"
                yield Problem(one.candidate.shown, procedure.span.line, message)


def names_without_backfills(checked: Sequence[Checked]) -> Iterator[Problem]:
    """Say which entries of `backfill.modules` lead to no backfill: no error of a check, and nothing that can be verified."""
    files = [one for one in checked if one.candidate.framework == BACKFILL]
    for settings in dict.fromkeys(one.candidate.settings for one in files):
        for entry in settings.backfill.modules:
            held = [one for one in files if holds_backfills(one.candidate.path, settings, entry)]
            if held and not any(one.procedures for one in held):
                message = f"no backfill is found in {entry}: no definition, and no function that changes rows"
                yield Problem(held[0].candidate.shown, None, message)
