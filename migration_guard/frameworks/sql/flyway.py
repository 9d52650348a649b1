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
from migration_guard.sight.folders import is_file, is_folder, names

_CALLBACK = re.compile(
    r"^(?:before|after)(?:Each)?(?:Migrate|Undo|Clean|Validate|Baseline|Repair|Repeatables|Versioned|Info|Connect|CreateSchema)\w*(?:__.*)?\.sql$|^createSchema(?:__.*)?\.sql$"
)
_NO_TRANSACTION = re.compile(r"^\s*executeInTransaction\s*=\s*false\b", re.MULTILINE | re.IGNORECASE)
_SETTINGS = re.compile(
    r"^(?:flyway[\w.-]*\.(?:conf|toml|properties|ya?ml|json)|application[\w.-]*\.(?:properties|ya?ml)|pom\.xml|"
    r"build\.gradle(?:\.kts)?|(?:docker-)?compose[\w.-]*\.ya?ml|\.env[\w.-]*)$",
    re.IGNORECASE,
)
_FOLDERS = ("conf", "config", "src/main/resources")
"""Where they lie, beside the folders above a migration."""
_SET = re.compile(
    r"(?P<which>undo|repeatable|baseline)?[-_.]?sql[-_.]?migration[-_.]?(?P<what>prefix|separator)"
    r"[\"']?\s*(?:>|[:=])\s*[\"']?(?P<value>[^\s\"'<,;#]{1,20})",
    re.IGNORECASE,
)
_ABOVE = 8
"""Folders above a migration in which its settings are looked for."""
_UNDO = "undo"


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
    if found is None and "_" in path.name:
        said = _said(path.parent)
        found = _named(path.name, {**own, **said}) if said else None
    return found


def _named(name: str, spelled: dict[str, str]) -> str | None:
    separator = re.escape(spelled["separator"])
    for kind in ("", _UNDO, "baseline", "repeatable"):
        version = "" if kind == "repeatable" else r"\d[\w.]*?"
        if re.match(rf"{re.escape(spelled[kind])}{version}{separator}.*\.sql\Z", name, re.IGNORECASE):
            return kind
    return None


@remembered(512)
def _said(folder: Path) -> dict[str, str]:
    """What the nearest settings say of names."""
    for place in (folder, *folder.parents[:_ABOVE]):
        for home in (place, *(place / one for one in _FOLDERS)):
            for name in sorted(names(home) or ()) if is_folder(home) else ():
                if _SETTINGS.match(name) and is_file(home / name):
                    found = {_key(one): one["value"] for one in _SET.finditer(small(home / name))}
                    if found:
                        return found
    return {}


def _key(found: re.Match[str]) -> str:
    return "separator" if found["what"].lower() == "separator" else (found["which"] or "").lower()
