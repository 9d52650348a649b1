"""Finds, reads and checks configuration: the nearest file upwards governs, and what it says wrongly is told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration_guard.config.options import Refused, fields_from, nearest, options
from migration_guard.config.place import Place, WorkingTree
from migration_guard.config.settings import Settings
from migration_guard.config.tables import BadTables, MeasuredTable, read_tables, usual_file
from migration_guard.files import Unreadable, exists, nearest_name, read_source
from migration_guard.findings import Severity
from migration_guard.later import Later, re
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    import tomllib
else:
    tomllib = Later("tomllib" if sys.version_info >= (3, 11) else "tomli")

OWN_FILE = "migration-guard.toml"
SHARED_FILE = "pyproject.toml"
SECTION = "migration-guard"
CONFIG_LIMIT = 1024 * 1024
COMMAND_LINE = Path("--config")
"""Stands for a file in errors about what the command line says."""

_OVERRIDE = re.compile(r"\s*([A-Za-z][\w.\-\"*/ ]*?)\s*=(.*)", re.DOTALL)
_SWITCHES = {"true": True, "false": False}
_CODE = re.compile(r"[A-Z]+\d+$")
_BETWEEN_KEYS = r"[\s.\"'=\]{]+"
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


class ConfigError(Exception):
    """A configuration that cannot be obeyed: the file, the line if known, and what was expected."""

    def __init__(self, path: Path, line: int | None, message: str) -> None:
        super().__init__(path, line, message)
        self.path = path
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}{f':{self.line}' if self.line else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source says, as TOML has it: a file, or one `--config KEY=VALUE`."""

    source: Path
    text: str
    values: dict[str, Any]


class SettingsLoader:
    """Gives each folder its settings. What was read once is remembered for the run."""

    def __init__(
        self,
        *,
        cwd: Path,
        config: Sequence[str] = (),
        isolated: bool = False,
        measured: bool = True,
        place: Place | None = None,
    ) -> None:
        """`place` is where configuration is read from; what `config` names is read from the working tree anyway."""
        self._place = place or WorkingTree()
        self._cwd = cwd
        self._isolated = isolated
        self._measured = measured
        self._file: Path | None = None
        self._overrides: list[dict[str, Any]] = []
        self._files: dict[Path, Settings | None] = {}
        self._settings: dict[Path, Settings] = {}
        self._git_roots: dict[Path, Path | None] = {}
        self._config = tuple(config)
        for argument in config:
            self._take(argument)

    def moved(self, root: Path, to: Path) -> SettingsLoader:
        """Give a loader for a folder that holds the files of another one, configuration included."""

        def there(argument: str) -> str:
            path = Path(os.path.normpath(self._cwd / argument))
            inside = "=" not in argument and path.is_relative_to(root) and exists(to / path.relative_to(root))
            return str(to / path.relative_to(root)) if inside else argument

        return SettingsLoader(
            cwd=self._cwd,
            config=[there(argument) for argument in self._config],
            isolated=self._isolated,
            measured=self._measured,
            place=self._place.moved(to),
        )

    def for_folder(self, folder: Path) -> Settings:
        """Give the settings that govern the files of a folder (an absolute path)."""
        if folder in self._settings:
            return self._settings[folder]
        passed = []
        for place in (folder, *folder.parents):
            found = self._settings.get(place) or self._stated_in(place)
            if found is not None:
                break
            passed.append(place)
        else:
            found = self._unstated(folder)
        self._settings.update(dict.fromkeys((*passed, place), found))
        return found

    def git_root(self, folder: Path) -> Path | None:
        """Give the repository that a folder belongs to, or None. A worktree's `.git` is a file."""
        if folder in self._git_roots:
            return self._git_roots[folder]
        passed = []
        found = None
        for place in (folder, *folder.parents):
            if place in self._git_roots:
                found = self._git_roots[place]
                break
            passed.append(place)
            if exists(place / ".git"):
                found = place
                break
        self._git_roots.update(dict.fromkeys(passed, found))
        return found

    def layers(self, settings: Settings) -> tuple[Layer, ...]:
        """Give what was said for these settings, the strongest last."""
        stated = None if settings.source is None else self._layer(settings.source)
        overrides = (Layer(COMMAND_LINE, "", values) for values in self._overrides)
        return (*([] if stated is None else [stated]), *overrides)

    def _take(self, argument: str) -> None:
        path = self._cwd / argument
        override = _OVERRIDE.fullmatch(argument)
        if override and not exists(path):
            values = _override(override[1], override[2].strip())
            _fields(values, None, "")  # told here what is wrong with it, apart from any file
            self._overrides.append(values)
        elif not exists(path):
            raise ConfigError(COMMAND_LINE, None, f"there is no file {argument!r}{nearest_name(path, self._cwd)}")
        elif self._file is not None:
            raise ConfigError(COMMAND_LINE, None, f"two files are given, {self._file.name!r} and {path.name!r}")
        else:
            self._file = path

    def _stated_in(self, folder: Path) -> Settings | None:
        if self._file is not None:
            return self._read(self._file)
        if not self._isolated:
            for name in (OWN_FILE, SHARED_FILE):
                if self._place.holds(folder / name) and (settings := self._read(folder / name)):
                    return settings
        return self._unstated(folder) if self.git_root(folder) == folder else None

    def _unstated(self, folder: Path) -> Settings:
        values = _merged(({}, *self._overrides))
        settings = _settings(values, self.git_root(folder) or self._cwd, None, "")
        return self._with_tables(settings, None if self._isolated else usual_file(settings.root, self._place))

    def _read(self, path: Path) -> Settings | None:
        if path not in self._files:
            self._files[path] = self._read_anew(path)
        return self._files[path]

    def _read_anew(self, path: Path) -> Settings | None:
        layer = self._layer(path)
        if layer is None:
            return None
        self._stays_inside(layer)
        settings = _settings(_merged((layer.values, *self._overrides)), path.parent, path, layer.text)
        return self._with_tables(settings, usual_file(path.parent, self._place))

    def _stays_inside(self, layer: Layer) -> None:
        """Refuse files that are written where a configuration says so, and that would lie outside of its repository."""
        root = self.git_root(layer.source.parent) or layer.source.parent
        for key in ("baseline", "cache-dir", "tables-file"):
            stated = layer.values.get(key)
            if isinstance(stated, str) and "\0" not in stated:
                place = Path(os.path.abspath(layer.source.parent / stated))
                if not place.is_relative_to(root) and layer.source != self._file:
                    line = line_of(layer.text, key)
                    raise ConfigError(layer.source, line, f"`{key}`: {stated!r} leads out of the repository")

    def _with_tables(self, settings: Settings, usual: str | None) -> Settings:
        """Add what was measured, unless that is what is going to be written."""
        if not self._measured:
            return settings
        return replace(
            settings,
            measured=_measured(settings.root, settings.tables_file or usual, self._place),
            databases=tuple(
                replace(one, measured=_measured(settings.root, one.tables_file, self._place))
                for one in settings.databases
            ),
        )

    def _layer(self, path: Path) -> Layer | None:
        """Read what a file says; None where a pyproject.toml says nothing of us."""
        content = self._content(path)
        shared = path.name == SHARED_FILE
        # Most pyproject.toml say nothing of us, and some are no TOML at all: templates, fixtures of other tools.
        text = _decoded(content, path) if not shared or SECTION.encode() in content else ""
        section = _section(_parsed(text, path), path) if shared else _parsed(text, path)
        if section is None and path == self._file:
            raise ConfigError(path, None, f"has no [tool.{SECTION}] table")
        return None if section is None else Layer(path, text, section)

    def _content(self, path: Path) -> bytes:
        try:
            return read_source(path, CONFIG_LIMIT) if path == self._file else self._place.read(path, CONFIG_LIMIT)
        except Unreadable as error:
            raise ConfigError(path, None, f"cannot be read: {error}") from None


def unknown_rules(settings: Settings, known: Collection[str]) -> tuple[ConfigError, ...]:
    """Check the rules that settings name against all codes and names. Codes may be shortened, and ALL stands for many."""
    text = ""
    if settings.source is not None:
        try:
            text = read_source(settings.source, CONFIG_LIMIT).decode("utf-8", "replace")
        except Unreadable:  # it governs as it was in another commit
            text = ""
    return tuple(
        ConfigError(
            settings.source or COMMAND_LINE,
            line_of(text, rule) or line_of(text, key),
            f"`{key}`: there is no rule `{rule}`{nearest(rule, known)}",
        )
        for key, rule in named_rules(settings)
        if rule != "ALL" and rule not in known and not any(_CODE.match(one) and one.startswith(rule) for one in known)
    )


def named_rules(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from (("select", rule) for rule in settings.select)
    yield from (("ignore", rule) for rule in settings.ignore)
    yield from (("per-file-ignores", rule) for _, rules in settings.per_file_ignores for rule in rules)
    yield from (("severity", rule) for rule, _ in settings.severity)
    counted = {"total", *(level.value for level in Severity)}
    yield from (("baseline-ceiling", rule) for rule, _ in settings.baseline_ceiling if rule not in counted)


def line_of(text: str, *keys: str) -> int | None:
    """Find the line on which our part of a TOML file first says a key, the outermost table's first, beside comments."""
    end = _end_of(text, keys)
    return None if end is None else text.count("\n", 0, end) + 1


def _end_of(text: str, keys: Sequence[str]) -> int | None:
    """Find where keys end that stand side by side, or else the last of them, below where the others stand."""
    start = max(text.find(f"[tool.{SECTION}"), 0)
    if end := _said(text, start, *keys):
        return end
    outer = _end_of(text, keys[:-1]) if keys[1:] else None
    return None if outer is None else _said(text, text.rfind("\n", 0, outer) + 1, keys[-1])


def _said(text: str, start: int, *keys: str) -> int | None:
    words = _BETWEEN_KEYS.join(map(re.escape, keys))
    found = re.compile(rf"^[^#\n]*?(?<![\w-]){words}(?![\w-])", re.MULTILINE).search(text, start)
    return found.end() if found else None


def _settings(values: dict[str, Any], root: Path, source: Path | None, text: str) -> Settings:
    settings = Settings(root=root, source=source, **_fields(values, source, text))
    for database in settings.databases:
        if not database.paths:
            line = line_of(text, "databases", database.name)
            others = [one.name for one in settings.databases if one.paths]
            expected = "expected `paths`, a list of folders, files and globs that hold its migrations"
            message = f"`{database.key}`: {expected}{nearest(database.name, others)}"
            raise ConfigError(source or COMMAND_LINE, line, message)
    brake = settings.backfill.brake
    if brake.throttle is not None and brake.throttle_above is None:
        line = line_of(text, "backfill", "brake", "throttle")
        message = "`backfill.brake.throttle-above`: expected a number from which on it holds, as there is a `throttle`"
        raise ConfigError(source or COMMAND_LINE, line, message)
    return settings


def _measured(root: Path, name: str | None, place: Place) -> tuple[MeasuredTable, ...]:
    if name is None:
        return ()
    path = root / name
    if not place.holds(path):
        raise ConfigError(path, None, f"is named as a `tables-file` and does not exist{nearest_name(path, root)}")
    try:
        return read_tables(path, place)
    except BadTables as error:
        raise ConfigError(path, None, str(error)) from None


def _fields(values: dict[str, Any], source: Path | None, text: str) -> dict[str, Any]:
    place = source or COMMAND_LINE
    if "tool" in values and source is not None:
        message = f"keys stand here without [tool.{SECTION}]; that table is for {SHARED_FILE}"
        raise ConfigError(place, line_of(text, "tool"), message)
    try:
        return fields_from(values, options(Settings))
    except Refused as refused:
        raise ConfigError(place, line_of(text, *refused.keys), str(refused)) from None


def _merged(layers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Let later layers win, key by key, and inside tables too."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            old = merged.get(key)
            merged[key] = _merged((old, value)) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _override(key: str, value: str) -> dict[str, Any]:
    """Read KEY=VALUE: the value is TOML, or else a string that lacks its quotes."""
    if value in _SWITCHES:  # without the parser: it takes longer to load than all that is read here
        return {key: _SWITCHES[value]}
    for spelt in (value, json.dumps(value, ensure_ascii=False)):
        try:
            return tomllib.loads(f"{key} = {spelt}")
        except (tomllib.TOMLDecodeError, RecursionError):
            continue
    raise ConfigError(COMMAND_LINE, None, f"expected FILE or KEY=VALUE, found {f'{key}={value}'!r}")


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, line, f"is not UTF-8: byte 0x{content[error.start]:02x}") from None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _AT_LINE.search(message)
        line = int(place[1]) if place else text.count("\n") + 1  # else it says: at end of document
        raise ConfigError(path, line, f"is no TOML: {_AT_LINE.sub('', message)}") from None
    except (RecursionError, ValueError) as error:
        raise ConfigError(path, None, f"is no TOML that can be read: {error}") from None


def _section(document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    tool = document.get("tool", {})
    if not isinstance(tool, dict) or SECTION not in tool:
        return None
    section = tool[SECTION]
    if not isinstance(section, dict):
        raise ConfigError(path, None, f"expected a table [tool.{SECTION}]")
    return section
