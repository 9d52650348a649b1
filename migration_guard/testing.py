"""For teams whose guard is a test: `from migration_guard.testing import assert_no_new_findings`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from migration_guard.cli.options import told, workers
from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.discover import UsageError
from migration_guard.pipeline import Request, check
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
    cwd = Path(os.path.abspath(root))
    named = tuple(os.fspath(path) for path in paths)
    try:
        load = SettingsLoader(cwd=cwd, config=config)
        report = check(Request(paths=named, cwd=cwd, load=load, workers=workers(None)))
    except ConfigError as error:
        raise AssertionError(f"the configuration is wrong: {told(error)}") from None
    except UsageError as error:
        raise AssertionError(str(error)) from None
    if report.failing or report.problems:
        raise AssertionError("\n" + formats.load("full").render(report, Screen()))
