"""The cache of a command: its options, where it lies, and what is to be told of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from migration_guard.cache import Cache
from migration_guard.cache.folder import NAME
from migration_guard.cli.output import complain
from migration_guard.config import Settings, SettingsLoader

F = TypeVar("F", bound=Callable[..., Any])


def cache_options(function: F) -> F:
    """Options of commands that remember what they read."""
    for option in (
        click.option("--cache-dir", metavar="DIR", help=f"The folder of the cache, by default {NAME}."),
        click.option("--no-cache", is_flag=True, help="Read everything anew, and remember nothing."),
    ):
        function = option(function)
    return function


def cache_overrides(*, no_cache: bool, cache_dir: str | None) -> Iterator[tuple[str, object]]:
    """Give the settings that these options are."""
    if no_cache:
        yield "cache", False
    if cache_dir is not None:
        yield "cache-dir", str(Path.cwd() / cache_dir)


def folder_of(settings: Settings) -> Path:
    """Say where the cache lies by the settings that govern the working directory."""
    return Path(os.path.abspath(settings.root / (settings.cache_dir or NAME)))


def cache_of(load: SettingsLoader, *, closed: bool = False) -> Cache | None:
    """Open the cache of the working directory, if there is to be one. Raises ConfigError.

    A closed run believes nothing that lies where a branch can write: its cache may only lie outside of the repository.
    """
    settings = load.for_folder(Path.cwd())
    folder = folder_of(settings)
    root = load.git_root(Path.cwd()) or Path.cwd()
    inside = Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))
    return None if not settings.cache or (closed and inside) else Cache(folder)


def told_of(cache: Cache | None, *, verbose: bool = False) -> None:
    """Tell on standard error why a cache, or a part of it, was not believed; what is only slower is told who asks."""
    if cache is not None:
        for note in (*cache.notes, *(cache.asides if verbose else ())):
            complain(note)
