"""grate and RoundhousE: a folder for each kind of script, `up/` among them; `down/` takes back what lies in `up/` under its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.operations import Direction
from migration_guard.sight.folders import names

_UP, _DOWN = "up", "down"
_OWN = frozenset(
    "alterdatabase runaftercreatedatabase runbeforeup runfirstafterup runafterotheranytimescripts sprocs "
    "beforemigration aftermigration".split()
)
"""Folders that nobody else calls so, in small letters."""
_SHARED = frozenset({_UP, _DOWN, "functions", "views", "triggers", "indexes", "permissions"})


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return _home(path) is not None


def parts(path: PurePath, text: str) -> Iterator[Part]:
    home = _home(path)
    inside = Path(path).relative_to(home).parts if home is not None else ()
    takes_back = bool(inside) and inside[0].lower() == _DOWN and home is not None and _is_in_up(home, inside[1:])
    yield whole(text, Direction.DOWNGRADE if takes_back else Direction.UPGRADE)


def _home(path: PurePath) -> Path | None:
    """The folder that holds the tool's, one of which a file lies in."""
    for folder in Path(path).parents:
        if folder.name.lower() not in _OWN | _SHARED:
            continue
        beside = {name.lower() for name in names(folder.parent) or ()}
        is_own = bool(beside & _OWN) and bool(beside & _SHARED)
        if is_own or {_UP, _DOWN} <= beside:
            return folder.parent
    return None


def _is_in_up(home: Path, inside: tuple[str, ...]) -> bool:
    up = next((name for name in names(home) or () if name.lower() == _UP), _UP)
    return inside[-1] in (names(home.joinpath(up, *inside[:-1])) or ())
