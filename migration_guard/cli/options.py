"""Options that several commands share, and what they mean."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.config.place import Commit
from migration_guard.files import shown_path
from migration_guard.git import GitError

F = TypeVar("F", bound=Callable[..., Any])
Completion = Callable[[click.Context, click.Parameter, str], list[str]]


def reading_options(function: F) -> F:
    """Options of every command that reads migrations."""
    for option in (
        click.option("--isolated", is_flag=True, help="Obey no configuration file."),
        click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one setting."),
        click.option("--jobs", type=click.IntRange(1), default=None, metavar="N", help="Processes that read files."),
    ):
        function = option(function)
    return function


def loader(
    config: Sequence[str], *, isolated: bool, overrides: Sequence[tuple[str, object]] = (), since: str | None = None
) -> SettingsLoader:
    """Make the loader of settings; options of the command line are settings too, and win."""
    stated = [f"{key}={json.dumps(value)}" for key, value in overrides]
    try:
        place = None if since is None else Commit.left(since, Path.cwd())
        return SettingsLoader(cwd=Path.cwd(), config=[*config, *stated], isolated=isolated, place=place)
    except GitError as error:
        raise click.UsageError(f"--config-from: {error}") from None
    except ConfigError as error:
        raise click.UsageError(told(error)) from None


def told(error: ConfigError) -> str:
    """Say what is wrong with a configuration, and where, as seen from the working directory."""
    place = shown_path(error.path, Path.cwd()) if error.path.is_absolute() else str(error.path)
    line = f":{error.line}" if error.line else ""
    return f"{place}{line}: {error.message}"


def workers(jobs: int | None) -> int:
    """How many processes read files: as many as asked for, else as there are cores that we may use."""
    if jobs is not None:
        return jobs
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def completing(names: Callable[[], Sequence[str]]) -> Completion:
    """Complete a word by names that are asked for only then."""
    return lambda _context, _parameter, incomplete: [name for name in names() if name.startswith(incomplete)]


def rule_names() -> list[str]:
    """Name every rule as an option takes it: all the codes, all the names."""
    from migration_guard.rules import all_rules  # noqa: PLC0415 -- for who asks

    rules = all_rules()
    return [*(rule.code for rule in rules), *(rule.name for rule in rules)]


def hint(word: str, words: Sequence[str]) -> str:
    """Continue a message with the word that was probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415 -- for who mistyped

    near = get_close_matches(word, words, 1)
    return f'; did you mean "{near[0]}"?' if near else f"; expected one of {', '.join(words)}"
