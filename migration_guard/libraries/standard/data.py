"""Which calls read which files of the repository: what stands in these decides which rows are written.

SQL that is read is none of it: its statements are told themselves, one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Value
from migration_guard.later import re
from migration_guard.sight import folders

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

READERS = re.compile(r"(?:read|load|open)_?[a-z0-9]*$|[A-Z][A-Za-z]*File$")
"""How functions of libraries are called that are given a file, as `pandas.read_csv`, `gzip.open` and `ZipFile`."""
_FIXTURES = (".json", ".jsonl", ".yaml", ".yml", ".xml")


def reads(path: Path | None, call: Call) -> None:
    """A call reads a file, or opens it."""
    repository = call.machine.repository
    if path is None or (path.suffix == ".sql" and folders.is_file(path)):
        return
    at = call.machine.folder()
    relative = path.relative_to(at) if path.is_relative_to(at) else None
    above = [one / relative for one in at.parents if one.is_relative_to(repository.root)] if relative else []
    for one in (path, *above):  # a relative path begins where the program is started
        if folders.is_file(one) and repository.holds(one):
            repository.reached.add(one)
            caller = call.machine.frames[-1].place
            by_caller = repository.opened.setdefault(id(call.place.whole), {})
            by_caller.setdefault(id(caller.whole) if caller is not None else 0, {})[one] = None
            return


def reads_each(value: Value | None, call: Call) -> None:
    """A call is given a file by its name, if that is known."""
    for path in _named(value, call):
        reads(path, call)


def reads_fixtures(names: tuple[Value, ...], call: Call) -> None:
    """`loaddata` is given fixtures, which Django looks for in the folders of applications: here in the migration's own."""
    at = call.machine.folder()
    for value in names:
        for path in _named(value, call):
            reads(path, call)
            for folder in (at.parent / "fixtures", call.machine.repository.root / "fixtures"):
                for suffix in ("", *_FIXTURES):
                    reads(folder / f"{path.relative_to(at)}{suffix}" if path.is_relative_to(at) else None, call)


def _named(value: Value | None, call: Call) -> Iterator[Path]:
    for option in value.alternatives() if value is not None else ():
        path = getattr(option, "path", None)
        if isinstance(option, Text) and option.known:
            yield call.machine.folder() / str(option)
        elif isinstance(path, Path):
            yield path
