"""The settings that govern a file. Their fields are the one table of options: key, kind, default and meaning."""

from __future__ import annotations

from dataclasses import field, replace
from functools import cache
from pathlib import Path

from migration_guard.config.options import (
    COMMAND,
    COUNT,
    COUNTS,
    CUT_OFFS,
    DIALECT,
    GLOBS,
    GOALS,
    MARKER,
    NAME,
    NAMES,
    PATH,
    PATHS,
    RULES_BY_GLOB,
    SECONDS,
    SEVERITIES,
    SEVERITY,
    STRINGS,
    SWITCH,
    dotted,
    named,
    option,
    options,
    table,
)
from migration_guard.config.tables import MeasuredTable
from migration_guard.config.thresholds import MORE_THAN_NOTHING, PART, PART_OF_IT, QUERY, SIZE, SOME
from migration_guard.findings import Severity
from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True)
class Database:
    """What one of several databases has of its own; the rest is said at the top."""

    name: str
    measured: tuple[MeasuredTable, ...] = field(default=(), compare=False)
    """What its tables file says."""

    paths: tuple[str, ...] = option(PATHS, (), "Folders, files and globs that hold its migrations; required.")
    dialect: str | None = option(DIALECT, None, "The SQL that its migrations speak, if it is another.")
    hot_tables: tuple[str, ...] = option(STRINGS, (), "Tables that are dangerous in it, besides those at the top.")
    small_tables: tuple[str, ...] = option(STRINGS, (), "Tables that are harmless in it, besides those at the top.")
    tables_file: str | None = option(PATH, None, "The file of tables that `hot-tables --write` measured in it.")

    @property
    def key(self) -> str:
        return dotted(("databases", self.name))


@dataclass(frozen=True, slots=True)
class HookSettings:
    """What is called when a backfill ends, or is held."""

    on_complete: tuple[str, ...] | str = option(COMMAND, (), "Called when a backfill is complete, as `gate` has it.")
    on_failure: tuple[str, ...] | str = option(
        COMMAND, (), "Called when a backfill has ended, and needs somebody: failed, quarantine, locks, moving target."
    )
    on_hold: tuple[str, ...] | str = option(
        COMMAND, (), "Called when the brake or a schema change holds batches, once a hold."
    )
    timeout: float = option(SECONDS, 10.0, "Seconds that each of them may take.")


@dataclass(frozen=True, slots=True)
class BrakeSettings:
    """From which readings of the server on backfills are held; None: that is not looked at."""

    lag_bytes: float | None = option(SIZE, 256.0 * 2**20, "WAL that a standby has not replayed yet.")
    lag_seconds: float | None = option(MORE_THAN_NOTHING, 5.0, "How long ago it was written what a standby replays.")
    replicas: tuple[str, ...] = option(
        STRINGS, (), "Environment variables that hold URLs of replicas, which are asked themselves."
    )
    standbys: int = option(
        COUNT, 0, "How many standbys there are at least: where one is missing, nobody knows its lag."
    )
    archive_bytes: float | None = option(SIZE, 1.0 * 2**30, "WAL since the last segment that was archived.")
    waiters: float | None = option(SOME, 5.0, "Sessions that wait behind one batch.")
    autovacuum: bool = option(SWITCH, False, "Whether a vacuum of the table goes first.")
    dead_rows: float | None = option(PART, None, "Dead rows of the table, as a part of all.")
    snapshot_seconds: float | None = option(
        MORE_THAN_NOTHING, None, "Age of the oldest snapshot, which keeps vacuum from what it could clean."
    )
    throttle: str | None = option(QUERY, None, "A query of your own that gives one number, such as the load.")
    throttle_above: float | None = option(MORE_THAN_NOTHING, None, "From which number on it holds; required with it.")
    release: float = option(PART_OF_IT, 0.5, "Below which part of a threshold it lets go again.")


@dataclass(frozen=True, slots=True)
class BackfillSettings:
    """Where backfills are defined, and on which database they run."""

    modules: tuple[str, ...] = option(STRINGS, (), "Modules, files and folders that define backfills.")
    database_url_env: str = option(NAME, "DATABASE_URL", "The environment variable that holds the database's URL.")
    databases: tuple[tuple[str, str], ...] = option(
        NAMES, (), "Further databases, such as shards, by name: each the environment variable that holds its URL."
    )
    state_schema: str = option(NAME, "migration_guard", "The schema in which the runner keeps its state.")
    state_owners: tuple[str, ...] = option(
        STRINGS, (), "Roles, beside the one that runs and superusers, to whom the state may belong."
    )
    hooks: HookSettings = option(
        table(HookSettings, options(HookSettings)), HookSettings(), "What is called when a backfill ends, or is held."
    )
    brake: BrakeSettings = option(
        table(BrakeSettings, options(BrakeSettings)),
        BrakeSettings(),
        "From which readings of the server on they are held.",
    )


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """What `migration-guard verify` looks at, apart from migrations and backfills."""

    deploy_scripts: tuple[str, ...] = option(
        STRINGS, (), "Shell scripts and compose files that deploy, by name or glob; without them they are looked for."
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """What the nearest configuration says, with defaults for what it leaves unsaid."""

    root: Path
    """The folder that patterns are relative to: the configuration's, else the git root, else the working directory."""
    source: Path | None = None
    """The file that says so, if one does."""
    measured: tuple[MeasuredTable, ...] = field(default=(), compare=False)
    """What the tables file says. Root and `tables-file` decide it, so that comparing these is enough, and cheap."""

    paths: tuple[str, ...] = option(PATHS, (), "Folders, files and globs that hold migrations.")
    exclude: tuple[str, ...] = option(GLOBS, (), "Files that are left out, as patterns of .gitignore.")
    dialect: str | None = option(
        DIALECT, None, "The SQL that the migrations speak; where nothing is said, PostgreSQL's and what MySQL runs too."
    )
    hot_tables: tuple[str, ...] = option(STRINGS, (), "Tables on which a data change in a migration is dangerous.")
    small_tables: tuple[str, ...] = option(STRINGS, (), "Tables on which a data change in a migration is harmless.")
    tables_file: str | None = option(
        PATH, None, "The file that `hot-tables --write` writes; `.migration-guard-tables.toml` where that one exists."
    )
    dml_helpers: tuple[str, ...] = option(STRINGS, ("exec_dml",), "Functions out of sight that execute data changes.")
    migration_marker: str | None = option(
        MARKER, None, "A regular expression for the comment that starts a migration in a script; its group is the id."
    )
    fail_on: Severity = option(SEVERITY, Severity.MEDIUM, "The lowest severity of a new finding that fails the run.")
    select: tuple[str, ...] = option(
        STRINGS,
        (),
        "Rules to turn on, by code, name or prefix; ALL means every rule about what migrations do (MG304 and MG305 are named).",
    )
    ignore: tuple[str, ...] = option(STRINGS, (), "Rules to turn off, by code, name or prefix.")
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = option(
        RULES_BY_GLOB, (), "Rules to turn off in the files that a glob matches."
    )
    severity: tuple[tuple[str, Severity], ...] = option(SEVERITIES, (), "Severities that replace a rule's own.")
    baseline: str | None = option(
        PATH,
        None,
        "The file of grandfathered findings; unless it says so, `.migration-guard-baseline.jsonl` if it is there.",
    )
    strict_baseline: bool = option(
        SWITCH, False, "Whether entries of the baseline that stand for nothing fail the run."
    )
    baseline_ceiling: tuple[tuple[str, int], ...] = option(
        COUNTS, (), "How many findings may be grandfathered at most, by severity, rule, or `total`."
    )
    baseline_goals: tuple[tuple[str, int], ...] = option(
        GOALS, (), "How many findings shall be grandfathered at most, by the day on which that shall be so."
    )
    grandfather: tuple[tuple[str, tuple[str, ...] | str], ...] = option(
        CUT_OFFS,
        (),
        "Migrations that are grandfathered, by file, folder or app: their ids, or the newest one, with all before it.",
    )
    cache: bool = option(SWITCH, True, "Whether what was read is remembered from run to run.")
    cache_dir: str | None = option(
        PATH, None, "The folder in which it is remembered; `.migration_guard_cache` unless it says so."
    )
    file_timeout: float = option(SECONDS, 30.0, "Seconds that reading one file may take.")
    databases: tuple[Database, ...] = option(
        named(Database, options(Database), "paths"), (), "Several databases, each with what it has of its own."
    )
    backfill: BackfillSettings = option(
        table(BackfillSettings, options(BackfillSettings)),
        BackfillSettings(),
        "Where backfills are, and where they run.",
    )

    verify: VerifySettings = option(
        table(VerifySettings, options(VerifySettings)), VerifySettings(), "What `verify` looks at."
    )

    @property
    def all_paths(self) -> tuple[tuple[str, str], ...]:
        """Every path under which migrations are said to lie, with the key that says so."""
        stated = (("paths", self.paths), *((f"{one.key}.paths", one.paths) for one in self.databases))
        return tuple((key, path) for key, paths in stated for path in paths)


@cache
def settings_of(database: Database, settings: Settings) -> Settings:
    """Give the settings that govern the migrations of a database."""
    return replace(
        settings,
        dialect=database.dialect or settings.dialect,
        hot_tables=(*settings.hot_tables, *database.hot_tables),
        small_tables=(*settings.small_tables, *database.small_tables),
        measured=(*settings.measured, *database.measured),
    )
