"""For teams whose guard is a test: `from migration_guard.testing import assert_no_new_findings`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from migration_guard.api import Misused, run
from migration_guard.report import formats
from migration_guard.report.screen import Screen

__all__ = ["assert_no_new_findings"]


def assert_no_new_findings(
    *paths: str | os.PathLike[str], root: str | os.PathLike[str] = ".", config: Sequence[str] = ()
) -> None:
    """Fail the test as `migration-guard check PATHS` would fail in the folder `root`.

    It fails on new findings at or above `fail-on`, and on whatever could not be checked: files that cannot be read, a
    wrong configuration, no migration where some were expected. `config` takes what `--config` takes.
    """
    __tracebackhide__ = True  # pytest then shows the test, and not this function
    try:
        report = run(paths, root, config)
    except Misused as error:
        raise AssertionError(str(error)) from None
    if report.failing or report.problems:
        raise AssertionError("\n" + formats.load("full").render(report, Screen()))
