"""Running a check for a command, and telling what is wrong with how it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from migration_guard.baseline import Filed
from migration_guard.cli import is_ours
from migration_guard.cli.caching import cache_of, told_of
from migration_guard.cli.options import loader, reading_options, told, workers
from migration_guard.cli.output import complain
from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.discover import UsageError
from migration_guard.later import Later, re
from migration_guard.pipeline import Request, Run, run
from migration_guard.pool import kept_readers
from migration_guard.report.formats.concise import problem_line

if TYPE_CHECKING:
    import difflib
else:
    difflib = Later("difflib")

UNCHECKED = 2
_FINGERPRINT = re.compile(r"\d+:[0-9a-f]{4,}")
_PLACE = re.compile(r"(?P<path>.+):(?P<line>\d+)(?::\d+)?")

F = TypeVar("F", bound=Callable[..., Any])


def baseline_options(function: F) -> F:
    """Options of every command that works on a baseline."""
    option = click.option("--baseline", "file", metavar="FILE", help="The file of grandfathered findings.")
    return option(reading_options(function))


def baseline_loader(file: str | None, *, config: Sequence[str], isolated: bool) -> SettingsLoader:
    """Give the configuration of a command that may have been told where its baseline lies."""
    overrides = [("baseline", str(Path.cwd() / file))] if file else []
    return loader(config, isolated=isolated, overrides=overrides)


def checked(
    paths: Sequence[str],
    *,
    file: str | None,
    jobs: int | None,
    config: Sequence[str],
    isolated: bool,
    writes: bool = True,
    renders: bool = False,
    upgrades: bool = False,
) -> Run:
    """Check migrations for a command that works on their baseline."""
    load = baseline_loader(file, config=config, isolated=isolated)
    request = Request(
        paths=paths,
        cwd=Path.cwd(),
        load=load,
        workers=workers(jobs),
        writes_baseline=writes,
        renders=renders,
        upgrades_baseline=upgrades,
    )
    try:
        cache = cache_of(load)
        with kept_readers(request.workers, forked=is_ours()):
            found = run(replace(request, cache=cache))
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    told_of(cache)
    return found


def mistyped(error: Exception, paths: Sequence[str], commands: Sequence[str]) -> click.UsageError:
    """What is wrong with how it was asked for; a path that is not there may have been meant as a command."""
    near = difflib.get_close_matches(paths[0], commands, 1) if paths else []
    hint = f' (or did you mean the command "{near[0]}"?)' if near else ""
    return click.UsageError(f"{error}{hint}")


def told_problems(found: Run) -> int:
    """Tell what could not be checked, and give the exit code for it."""
    for problem in found.report.problems:
        complain(problem_line(problem))
    return UNCHECKED if found.report.problems else 0


class Target:
    """What a command is about: a fingerprint or its beginning, a place in a migration, or a rule."""

    def __init__(self, text: str, rules: Sequence[str]) -> None:
        self.text = text
        self._rule = text if text in rules else None
        self._fingerprint = text if _FINGERPRINT.fullmatch(text) else None
        place = _PLACE.fullmatch(text) if not self._fingerprint else None
        self.path = place["path"] if place else None
        self._line = int(place["line"]) if place else 0
        if not (self._rule or self._fingerprint or place):
            near = difflib.get_close_matches(text, rules, 1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise click.UsageError(f'expected FINGERPRINT, PATH:LINE or RULE, found "{text}"{hint}')

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that have to be checked to find it; none if it may be anywhere."""
        return (self.path,) if self.path else ()

    def means(self, filed: Filed) -> bool:
        """Say whether this finding is meant."""
        finding = filed.finding
        if self._fingerprint:
            prints = (filed.fingerprint, finding.fingerprint)
            return any(one.startswith(self._fingerprint) for one in prints)
        if self._rule:
            return self._rule in (finding.code, finding.name)
        return finding.span.line <= self._line <= max(finding.span.end_line, finding.span.line)

    def means_entry(self, fingerprint: str, rule: str) -> bool:
        """Say whether an entry may be meant, as far as it can be told without its finding."""
        return fingerprint.startswith(self._fingerprint) if self._fingerprint else rule == self._rule
