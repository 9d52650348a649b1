"""Where settings say that migrations lie: Alembic's own, and `MIGRATION_MODULES` of Django's.

Every Python file there is one, whatever stands in it.
"""

from __future__ import annotations

import ast
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration_guard.files import Unreadable, read_source
from migration_guard.later import Later, re
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    import configparser

    import tomllib
else:
    configparser = Later("configparser")
    tomllib = Later("tomllib" if sys.version_info >= (3, 11) else "tomli")

_LIMIT = 1024 * 1024
_OWN = frozenset({"alembic.ini", "pyproject.toml"})
_NO_SETTINGS = "it says where migrations lie, and is no file of settings that can be parsed"
_NO_MODULES = "it may say where Django's migrations lie (MIGRATION_MODULES), and does not parse"
_KEYS = (b"script_location", b"version_locations")
_SEPARATORS = re.compile(r"[\n;,]|\s+|(?<!^\w):(?![\\/])")
"""What may stand between locations, whatever `version_path_separator` says; `package:folder` is one of them, too."""
SETTINGS = (".ini", ".cfg", ".conf", "pyproject.toml")
"""How the names of files end that may say so."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What a file of settings says of Alembic's versions."""

    folders: frozenset[Path] = frozenset()
    sourceless: bool = False
    """Whether compiled ones are loaded, too."""


def version_folders(path: Path) -> Versions:
    """Give the folders of versions that a file of settings names; none where it says nothing.

    Raises Unreadable where it may name some and does not tell.
    """
    try:
        content = read_source(path, _LIMIT)
    except Unreadable:
        if path.name in _OWN:
            raise
        return Versions()
    if not any(key in content for key in _KEYS):
        return Versions()
    text = content.decode("utf-8", "replace")
    stated = list(_of_toml(text) if path.suffix == ".toml" else _of_ini(text))
    folders = frozenset(folder for section in stated for folder in _folders(section, path.parent))
    return Versions(folders, any(_is_set(section, "sourceless") for section in stated))


def _is_set(section: Mapping[str, object], key: str) -> bool:
    return str(section.get(key, "")).lower() in {"true", "1", "yes", "on"}


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
    scripts = [location / "versions" for location in _locations(section, "script_location", here)]
    for location in (*_locations(section, "version_locations", here), *scripts):
        yield location
        if _is_set(section, "recursive_version_locations"):
            yield from (Path(folder) for folder, _, _ in os.walk(location))


def _locations(section: Mapping[str, object], key: str, here: Path) -> Iterator[Path]:
    stated = section.get(key)
    for text in stated if isinstance(stated, list) else [stated]:
        if not isinstance(text, str):
            continue
        text = _filled_in(text, section, here)  # noqa: PLW2901
        for one in {text.strip(), *_SEPARATORS.split(text)}:
            if one and "\0" not in one:
                yield Path(os.path.abspath(here / one))
                if ":" in one:  # a folder of a package
                    package, _, folder = one.partition(":")
                    for base in (here, here / "src"):
                        yield Path(os.path.abspath(base / package.replace(".", "/") / folder))


def _filled_in(text: str, section: Mapping[str, object], here: Path) -> str:
    """A value with those that it names, which may name others; what is longer than a list of folders is left as it is."""

    def named(found: re.Match[str]) -> str:
        said = os.fspath(here) if found[1] == "here" else str(section.get(found[1].lower(), found[0]))
        return said if len(said) <= _LONGEST else found[0]

    for _ in range(_NAMED_BY_NAMED):
        if len(text) > _LONGEST:
            break
        text = _NAMED.sub(named, text)
    return text.replace("%%", "%")


_NAMED = re.compile(r"%\((\w+)\)s")
_NAMED_BY_NAMED = 4
_LONGEST = 10_000


# --- Django ----------------------------------------------------------------------------------------------------------

MODULES = b"MIGRATION_MODULES"


def module_folders(source: bytes, path: Path, top: Path) -> frozenset[Path]:
    """Give the folders that a module's `MIGRATION_MODULES` may name, from each folder up to `top`; none where it names none.

    Raises Unreadable where it does not parse.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        raise Unreadable(_NO_MODULES) from None
    texts: dict[str, str] = {}
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                if (text := _text(value, texts)) is not None:
                    texts[name] = text
                elif name.encode() == MODULES and value is not None:
                    found.update(_texts(value, texts))
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value) if name.encode() == MODULES:
                found.update(_texts(value, texts))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name.encode() == MODULES:
                found.update(_texts(node, texts))
            case ast.AugAssign(target=ast.Name(id=name), value=value) if name.encode() == MODULES:
                found.update(_texts(value, texts))
    bases = [folder for folder in path.parents if folder.is_relative_to(top)]
    relative = [one.replace(".", "/") for one in found if _DOTTED.fullmatch(one)]
    return frozenset(base / one for base in bases for one in relative)


_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def _texts(value: ast.expr, texts: Mapping[str, str]) -> Iterator[str]:
    """The texts in an expression, one that is put together as a whole."""
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        text = _text(node, texts)
        if text is not None:
            yield text
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _text(node: ast.AST | None, texts: Mapping[str, str]) -> str | None:
    """What an expression of literals, names and `+` says."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id=name):
            return texts.get(name)
        case ast.BinOp(op=ast.Add()):
            parts = [_text(one, texts) for one in _added(node)]
        case ast.JoinedStr(values=values):
            parts = [_text(one.value if isinstance(one, ast.FormattedValue) else one, texts) for one in values]
        case _:
            return None
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) and sum(map(len, known)) <= _LONGEST else None


def _added(node: ast.expr) -> list[ast.expr]:
    """What a sum adds, however many there are."""
    found: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]
