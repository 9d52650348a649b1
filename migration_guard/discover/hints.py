"""Where Alembic's own settings say that its migrations lie: every Python file there is one, whatever stands in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration_guard.files import Unreadable, read_source
from migration_guard.later import Later, re

if TYPE_CHECKING:
    import configparser

    import tomllib
else:
    configparser = Later("configparser")
    tomllib = Later("tomllib" if sys.version_info >= (3, 11) else "tomli")

_LIMIT = 1024 * 1024
_OWN = frozenset({"alembic.ini", "pyproject.toml"})
_NO_SETTINGS = "it says where migrations lie, and is no file of settings that can be parsed"
_KEYS = (b"script_location", b"version_locations")
_SEPARATORS = re.compile(r"[\n;,]|\s+|(?<!^\w):(?![\\/])")
"""What may stand between locations, whatever `version_path_separator` says; `package:folder` is one of them, too."""
SETTINGS = (".ini", ".cfg", ".conf", "pyproject.toml")
"""How the names of files end that may say so."""


def version_folders(path: Path) -> frozenset[Path]:
    """Give the folders of versions that a file of settings names; none where it says nothing.

    Raises Unreadable where it may name some and does not tell.
    """
    try:
        content = read_source(path, _LIMIT)
    except Unreadable:
        if path.name in _OWN:
            raise
        return frozenset()
    if not any(key in content for key in _KEYS):
        return frozenset()
    text = content.decode("utf-8", "replace")
    stated = _of_toml(text) if path.suffix == ".toml" else _of_ini(text)
    return frozenset(folder for section in stated for folder in _folders(section, path.parent))


def _of_ini(text: str) -> Iterator[Mapping[str, object]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        raise Unreadable(_NO_SETTINGS) from None
    yield from (dict(parser.items(section)) for section in parser.sections())


def _of_toml(text: str) -> Iterator[Mapping[str, object]]:
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        raise Unreadable(_NO_SETTINGS) from None
    tool = document.get("tool")
    section = tool.get("alembic") if isinstance(tool, dict) else None
    if isinstance(section, dict):
        yield section


def _folders(section: Mapping[str, object], here: Path) -> Iterator[Path]:
    for location in _locations(section.get("version_locations"), here):
        yield location
        if str(section.get("recursive_version_locations", "")).lower() in {"true", "1", "yes", "on"}:
            yield from (Path(folder) for folder, _, _ in os.walk(location))
    for location in _locations(section.get("script_location"), here):
        yield location / "versions"


def _locations(stated: object, here: Path) -> Iterator[Path]:
    texts = stated if isinstance(stated, list) else [stated]
    for text in texts:
        if not isinstance(text, str):
            continue
        text = text.replace("%(here)s", os.fspath(here)).replace("%%", "%")  # noqa: PLW2901
        for one in {text.strip(), *_SEPARATORS.split(text)}:
            if one and "\0" not in one:
                yield Path(os.path.abspath(here / one))
                if ":" in one:  # a folder of a package
                    package, _, folder = one.partition(":")
                    for base in (here, here / "src"):
                        yield Path(os.path.abspath(base / package.replace(".", "/") / folder))
