"""Flyway: `V1__name.sql`, `R__name.sql` and its callbacks go up, `U1__name.sql` takes a version back. A remark is a remark.

Its settings may say otherwise how files are called; they stand in files of many names, and spell a key in several ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, small, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight import remembered
from migration_guard.sight.folders import holds, is_file, is_folder, names

_CALLBACK = re.compile(
    r"^(?:before|after)(?:Each)?(?:Migrate|Undo|Clean|Validate|Baseline|Repair|Repeatables|Versioned|Info|Connect|CreateSchema)\w*(?:__.*)?\.\w+$|^createSchema(?:__.*)?\.\w+$"
)
_NO_TRANSACTION = re.compile(r"^[^\S\n]*executeInTransaction\s*=\s*false\b", re.MULTILINE | re.IGNORECASE)
_SETTINGS = re.compile(
    r"^(?:flyway[\w.-]*\.(?:conf|toml|properties|ya?ml|json)|application[\w.-]*\.(?:properties|ya?ml)|pom\.xml|"
    r"build\.gradle(?:\.kts)?|(?:docker-)?compose[\w.-]*\.ya?ml|\.env[\w.-]*)$",
    re.IGNORECASE,
)
_FOLDERS = ("conf", "config", "src/main/resources")
"""Where they lie, beside the folders above a migration."""
_SET = re.compile(
    r"(?P<which>undo|repeatable|baseline)?[-_.]?sql[-_.]?migration[-_.]?(?P<what>prefix|separator)"
    r"[\"']?[ \t]*(?:>|[:=])[ \t]*[\"']?(?P<value>[^\s\"'<,;#]{0,20})",
    re.IGNORECASE,
)
_REMARK = re.compile(r"^[ \t]*(?:#|//|<!--).*$", re.MULTILINE)
"""What a file that Flyway makes says of each key that is not set."""
_ABOVE = 8
"""Folders above a migration in which its settings are looked for, in its repository."""
_UNDO = "undo"
_BARE = re.compile(r"^V\d+(?:[._]\d+)*\.\w+$")
"""A version without a description: in a folder of Flyway's it is one, elsewhere it may be anything."""
_DESCRIBED = re.compile(r"^V\d[\w.]*?__")
_HOME = "migration"


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return bool(_CALLBACK.search(path.name)) or _kind(path) is not None


def parts(path: PurePath, text: str) -> Iterator[Part]:
    undoes = _undoes(Path(path)) or ("Undo" in path.name and _CALLBACK.search(path.name))
    alone = _NO_TRANSACTION.search(small(Path(path).with_name(f"{path.name}.conf")))
    yield whole(text, Direction.DOWNGRADE if undoes else Direction.UPGRADE, transactional=not alone)


def _undoes(path: Path) -> bool:
    """Whether a file takes a version back that lies beside it, or settings say how such files are called."""
    if _kind(path) != _UNDO:
        return False
    said = _said(path.parent)
    prefix, separator = said.get(_UNDO, "U"), said.get("separator", "__")
    version = path.name.removeprefix(prefix).partition(separator)[0]
    of_version = f"{said.get('', 'V')}{version}{separator}"
    is_spelled_so = path.name.startswith(prefix)  # it is another name in other letters
    return is_spelled_so and (_UNDO in said or any(one.startswith(of_version) for one in names(path.parent) or ()))


def _kind(path: Path) -> str | None:
    """Whether a file is a version, undoes one, or is repeated; None for what is none of them."""
    own = {"": "V", _UNDO: "U", "baseline": "B", "repeatable": "R", "separator": "__"}
    found = _named(path.name, own)
    if found is None:
        said = _said(path.parent)
        found = _named(path.name, {**own, **said}) if said else None
    return "" if found is None and _BARE.match(path.name) and _is_own(path.parent) else found


def _named(name: str, spelled: dict[str, str]) -> str | None:
    separator = re.escape(spelled["separator"])
    for kind in ("", _UNDO, "baseline", "repeatable"):
        version = "" if kind == "repeatable" else r"\d[\w.]*?"
        if re.match(rf"{re.escape(spelled[kind])}{version}{separator}.*\.\w+\Z", name, re.IGNORECASE):
            return kind
    return None


@remembered(512)
def _is_own(folder: Path) -> bool:
    """Whether a folder is called as Flyway's is, holds what it alone calls so, or lies below its settings."""
    if folder.name == _HOME or any(_DESCRIBED.match(name) for name in names(folder) or ()):
        return True
    return any("flyway" in f"{one.name} {small(one)}".lower() for one in _settings(folder))


@remembered(512)
def _said(folder: Path) -> dict[str, str]:
    """What the nearest settings say of names."""
    every = (
        {_key(one): one["value"] for one in _SET.finditer(_REMARK.sub("", small(path)))} for path in _settings(folder)
    )
    return next(filter(None, every), {})


def _settings(folder: Path) -> Iterator[Path]:
    """Files that may hold Flyway's settings, the nearest first."""
    for place in (folder, *folder.parents[:_ABOVE]):
        for home in (place, *(place / one for one in _FOLDERS)):
            for name in sorted(names(home) or ()) if is_folder(home) else ():
                if _SETTINGS.match(name) and is_file(home / name):
                    yield home / name
        if holds(place, ".git"):
            return


def _key(found: re.Match[str]) -> str:
    return "separator" if found["what"].lower() == "separator" else (found["which"] or "").lower()
