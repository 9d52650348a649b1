"""What stands in an SQL file, as its tool divides it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.files import Unreadable, read_head
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Direction
from migration_guard.sight import remembered
from migration_guard.sight.folders import is_file, names

_LINE = re.compile(r"[^\n]*\n?")
_NUMBERED = re.compile(r"^\d+(?!.*\.(?:up|down|rollback)\.sql$).*\.sql$")
_HEAD = 65_536
"""What is read of a neighbour that may say of which tool a folder is."""
_NEIGHBOURS = 20
"""Files of a folder that are asked for their markers."""


@dataclass(frozen=True, slots=True)
class Part:
    """Text that runs on one way."""

    ranges: tuple[tuple[int, int], ...]
    """From where to where in the file it stands; what lies between is not run."""
    direction: Direction
    transactional: bool = True
    """Whether the tool runs it in one transaction."""
    between: str = ""
    """What stands for that which lies between: the end of a statement, where the tool has its own."""


def whole(text: str, direction: Direction, *, transactional: bool = True) -> Part:
    """All of a file."""
    return Part(((0, len(text)),), direction, transactional)


def lines(text: str) -> Iterator[tuple[int, int, str]]:
    r"""Where each line begins and where the next one does, and the line; only `\n` ends one, as these tools have it."""
    for found in _LINE.finditer(text):
        if found.group():
            yield found.start(), found.end(), found.group().rstrip("\r\n")


def sections(text: str, marker: re.Pattern[str]) -> Iterator[Part]:
    """Cut a file at its tool's markers, whose group `down` says that one begins a way down; what comes first runs."""
    begin, direction = 0, Direction.UPGRADE
    for found in marker.finditer(text):
        yield Part(((begin, found.start()),), direction)
        begin, direction = found.end(), Direction.DOWNGRADE if found["down"] else Direction.UPGRADE
    yield Part(((begin, len(text)),), direction)


def takes_back(path: PurePath) -> bool:
    """Whether a file's name says that it is a way down, and what it takes back lies beside it."""
    if not _is_down(path):
        return False
    beside = names(Path(path.parent)) or ()
    return any(_key(name) == _key(path.name) and not _is_down(path.with_name(name)) for name in beside)


def _is_down(path: PurePath) -> bool:
    return bool(_DOWN.search(path.as_posix()))


def _key(name: str) -> str:
    """What two files of one migration have in common: the number, else all before the way."""
    number = _NUMBER.match(name)
    return number.group() if number else _ENDING.sub("", name)


_DOWN = re.compile(
    r"\.(?:down|rollback)\.\w+$|(?:^|/)\d+\.undo\.[^/]*$|(?:^|/)sqls/\d+-[^/]*-down\.sql$",  # the last is db-migrate's
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?=[_.-])")
_ENDING = re.compile(r"(?:\.(?:up|down|rollback))?\.\w+$", re.IGNORECASE)


def runs_alone(text: str) -> bool:
    """Whether a file says at its top, as sqlx has it, that it runs in no transaction."""
    return text.removeprefix("\ufeff").startswith("-- no-transaction")


def above(path: PurePath, name: str) -> Path | None:
    """The nearest folder above a file that holds something of this name."""
    return next((folder for folder in Path(path).parents if is_file(folder / name)), None)


def small(path: Path) -> str:
    """What stands in a tool's own small file; nothing if it cannot be read."""
    try:
        return read_head(path, _HEAD)[0].decode("utf-8", "replace")
    except Unreadable:
        return ""


def is_the_custom(path: Path, marker: re.Pattern[str]) -> bool:
    """Whether files beside one have the marker that their tool demands of each; where most have not, it is a remark.

    A remark that would make a way down of what runs costs more than a way down that is taken for one up.
    """
    first = _first(path.parent, marker.pattern, marker.flags)
    marked = [has_it for name, has_it in first if name != path.name][:_NEIGHBOURS]
    return marked.count(False) <= marked.count(True)


@remembered(512)
def _first(folder: Path, marker: str, flags: int) -> tuple[tuple[str, bool], ...]:
    """The first numbered files of a folder, one more than are asked for, and whether each has a marker.

    Every file of a folder asks for them: its names are sorted, and its neighbours read, once.
    """
    pattern = re.compile(marker, flags)
    numbered = sorted(filter(_NUMBERED.match, names(folder) or ()))[: _NEIGHBOURS + 1]
    return tuple((name, bool(pattern.search(small(folder / name)))) for name in numbered)
