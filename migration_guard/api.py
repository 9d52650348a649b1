"""The guard as a library: `from migration_guard import check, Report`.

These types hold what version 1 of the JSON report holds, under the same names and with the same meaning; they gain fields, and lose none.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migration_guard import pipeline
from migration_guard.cli.options import told, workers
from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.discover import UsageError
from migration_guard.report.formats import json
from migration_guard.request import Request

__all__ = ["Finding", "Misused", "Operation", "Problem", "Report", "Unread", "check"]


class Misused(Exception):
    """Wrong usage or configuration; the message names the file, the key and what was expected."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The data change that a finding judges."""

    kind: str
    """Such as `UPDATE`."""
    table: str | None
    tables: tuple[str, ...]
    model: str | None
    direction: str
    """`upgrade`, `downgrade` or `both`."""
    how: str
    via: str | None
    sql: str | None
    dynamic: bool
    """Whether parts of the statement are known only when it runs."""
    created_here: bool
    """Whether the same migration creates the table."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding. Lines and columns count from 1, columns in characters; the end is exclusive."""

    code: str
    name: str
    severity: str
    """`high`, `medium` or `low`."""
    status: str
    """`new`, `grandfathered` or `ignored`."""
    path: str
    """Relative to the folder that was checked."""
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    help: str
    fingerprint: str
    migration: str | None
    operation: Operation | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be checked."""

    path: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Unread:
    """What lies beside migrations, may change data, and was not looked into."""

    path: str
    reason: str


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
    cwd = Path(os.path.abspath(root))
    try:
        load = SettingsLoader(cwd=cwd, config=config, isolated=isolated)
        request = Request(
            tuple(os.fspath(path) for path in paths),
            cwd,
            load,
            workers(None),
            baseline=baseline,
            baseline_from=baseline_from,
            diff=diff,
        )
        report = pipeline.check(request)
    except ConfigError as error:
        raise Misused(f"the configuration is wrong: {told(error)}") from None
    except UsageError as error:
        raise Misused(str(error)) from None
    document = json.document(report)
    return Report(
        report.files,
        tuple(_finding(entry) for entry in document["findings"]),
        tuple(Problem(**entry) for entry in document["problems"]),
        tuple(Unread(**entry) for entry in document["unread"]),
        report.failing,
    )


def _finding(entry: json.FindingEntry) -> Finding:
    return Finding(
        code=entry["code"],
        name=entry["name"],
        severity=entry["severity"],
        status=entry["status"],
        path=entry["path"],
        line=entry["line"],
        column=entry["column"],
        end_line=entry["end_line"],
        end_column=entry["end_column"],
        message=entry["message"],
        help=entry["help"],
        fingerprint=entry["fingerprint"],
        migration=entry["migration"],
        operation=None if entry["operation"] is None else _operation(entry["operation"]),
    )


def _operation(entry: json.OperationEntry) -> Operation:
    return Operation(
        kind=entry["kind"],
        table=entry["table"],
        tables=tuple(entry["tables"]),
        model=entry["model"],
        direction=entry["direction"],
        how=entry["how"],
        via=entry["via"],
        sql=entry["sql"],
        dynamic=entry["dynamic"],
        created_here=entry["created_here"],
    )
