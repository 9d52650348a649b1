"""The settings that govern a file. Their fields are the one table of options: key, kind, default and meaning."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from migration_guard.config.options import (
    DIALECT,
    GLOBS,
    MARKER,
    RULES_BY_GLOB,
    SECONDS,
    SEVERITIES,
    SEVERITY,
    STRINGS,
    Option,
    option,
)
from migration_guard.findings import Severity


@dataclass(frozen=True, slots=True)
class Settings:
    """What the nearest configuration says, with defaults for what it leaves unsaid."""

    root: Path
    """The folder that patterns are relative to: the configuration's, else the git root, else the working directory."""
    source: Path | None = None
    """The file that says so, if one does."""

    paths: tuple[str, ...] = option(STRINGS, (), "Folders, files and globs that hold migrations.")
    exclude: tuple[str, ...] = option(GLOBS, (), "Files that are left out, as patterns of .gitignore.")
    dialect: str = option(DIALECT, "postgres", "The SQL that the migrations speak.")
    hot_tables: tuple[str, ...] = option(STRINGS, (), "Tables on which a data change in a migration is dangerous.")
    small_tables: tuple[str, ...] = option(STRINGS, (), "Tables on which a data change in a migration is harmless.")
    dml_helpers: tuple[str, ...] = option(STRINGS, ("exec_dml",), "Functions out of sight that execute data changes.")
    migration_marker: str | None = option(
        MARKER, None, "A regular expression for the comment that starts a migration in a script; its group is the id."
    )
    fail_on: Severity = option(SEVERITY, Severity.MEDIUM, "The lowest severity of a new finding that fails the run.")
    select: tuple[str, ...] = option(STRINGS, (), "Rules to turn on, by code, name or prefix; ALL means every rule.")
    ignore: tuple[str, ...] = option(STRINGS, (), "Rules to turn off, by code, name or prefix.")
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = option(
        RULES_BY_GLOB, (), "Rules to turn off in the files that a glob matches."
    )
    severity: tuple[tuple[str, Severity], ...] = option(SEVERITIES, (), "Severities that replace a rule's own.")
    file_timeout: float = option(SECONDS, 30.0, "Seconds that reading one file may take.")


def options() -> dict[str, Option]:
    """Give the table of options, by key."""
    return {
        field.name.replace("_", "-"): field.metadata["option"]
        for field in fields(Settings)
        if "option" in field.metadata
    }
