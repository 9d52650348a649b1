"""The guard as a library: `from migration_guard import check, Report`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from migration_guard import pipeline
from migration_guard.cli.options import told, workers
from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.discover import UsageError
from migration_guard.lean import dataclass
from migration_guard.report import contract, model
from migration_guard.report.contract import Finding, Operation, Problem, Unread
from migration_guard.request import Request

__all__ = ["Finding", "Misused", "Operation", "Problem", "Report", "Unread", "check"]


class Misused(Exception):
    """Wrong usage or configuration; the message names the file, the key and what was expected."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run found out. It is clean only if `exit_code` is 0: without problems, too."""

    files: int
    """Files that were checked."""
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    unread: tuple[Unread, ...]
    failing: int
    """New findings at or above `fail-on`."""

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that are neither grandfathered nor ignored."""
        return tuple(one for one in self.findings if one.status == "new")

    @property
    def exit_code(self) -> int:
        """What the command line would end with."""
        return 2 if self.problems else 1 if self.failing else 0


def check(
    *paths: str | os.PathLike[str],
    root: str | os.PathLike[str] = ".",
    config: Sequence[str] = (),
    isolated: bool = False,
    baseline: bool = True,
    baseline_from: str | None = None,
    diff: str | None = None,
) -> Report:
    """Check migrations as `migration-guard check PATHS` does in the folder `root`; nothing is written, and none of them is run.

    `config` takes what `--config` takes; the others are named as their options. Raises Misused.
    """
    if any(isinstance(path, (list, tuple)) for path in paths):
        raise Misused('name paths one by one: check("versions", "other"), not check(["versions", "other"])')
    report = run(paths, root, config, isolated=isolated, baseline=baseline, baseline_from=baseline_from, diff=diff)
    return Report(
        report.files,
        tuple(contract.finding_of(one) for one in report.findings),
        tuple(contract.problem_of(one) for one in report.problems),
        tuple(contract.unread_of(one) for one in report.unread),
        report.failing,
    )


def run(
    paths: Sequence[str | os.PathLike[str]],
    root: str | os.PathLike[str],
    config: Sequence[str],
    *,
    isolated: bool = False,
    baseline: bool = True,
    baseline_from: str | None = None,
    diff: str | None = None,
) -> model.Report:
    """Check for the other doors to Python. Raises Misused."""
    cwd = Path(os.path.abspath(root))
    try:
        request = Request(
            paths=tuple(os.fspath(path) for path in paths),
            cwd=cwd,
            load=SettingsLoader(cwd=cwd, config=config, isolated=isolated),
            workers=workers(None),
            baseline=baseline,
            baseline_from=baseline_from,
            diff=diff,
        )
        return pipeline.check(request)
    except ConfigError as error:
        raise Misused(f"the configuration is wrong: {told(error)}") from None
    except UsageError as error:
        raise Misused(str(error)) from None
