"""Programs that Python starts: some are clients of databases."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import External, Unknown, Value
from migration_guard.later import re
from migration_guard.libraries.database import record
from migration_guard.libraries.execution import changes_in, execute, opaque
from migration_guard.libraries.standard.files import PathValue, file_text
from migration_guard.operations import OperationKind
from migration_guard.sight import folders

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

_PROGRAMS = re.compile(
    r"^(?:subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)"
    r"|os\.(?:system|popen|exec\w+|spawn\w+|posix_spawnp?)|asyncio\.create_subprocess_(?:exec|shell)"
    r"|asyncio\.subprocess\.create_subprocess_(?:exec|shell))$"
)
_CLIENTS = re.compile(
    r"(?:^|[/\s;|&])(?:psql|mysql|mariadb|sqlite3|sqlcmd|cockroach|pgcli|mycli|usql|isql)(?=$|[\s;|&<])"
)
_COMMAND = re.compile(r"\s*(?:PG\w+=\S+\s+)*(?:\S*/)?(?:psql|mysql|mariadb|sqlite3|sqlcmd)\s+[-\w/]")
_PYTHON = re.compile(r"(?:\S*/)?python[\d.]*$")


def call(name: str, call: Call) -> Value | None:
    """What starting a program does; None for anything else."""
    return _program(call) if _PROGRAMS.match(name) else None


def _program(call: Call) -> Value:
    """A program is started: a client of a database with what it is given, or one that is not known."""
    given = [call.argument(0, "args", "cmd", "command", "program"), *call.positional[1:], call.named.get("input")]
    texts = [text for value in given if value is not None for text in _texts(value)]
    parts = [part for text in texts for part in _parts(text)]
    parts += [content for value in given if value is not None for content in _contents(value, call.machine)]
    if not _CLIENTS.search(" ".join(str(text) for text in texts)):
        known = texts and all(text.known for text in texts[:1]) and not _runs_python(given, texts, call.machine)
        if not known and not call.machine.imports.is_settled:
            opaque(call, "a program that is not known is started")
        return Unknown("process")
    changes = [part for part in parts if changes_in(call, part)]
    for part in changes:
        execute(call, part)
    reads = any(re.match(r"\s*(?:select|show|\\\w)", str(part), re.IGNORECASE) for part in parts)
    doubted = any(_may_be_another(value) for value in given if value is not None)
    if not changes and not (reads and all(text.known for text in texts) and not doubted):
        record(call, OperationKind.DML_CALL, how="helper", callee="a client of the database")
    return Unknown("process")


def _runs_python(given: list[Value | None], texts: list[Text], machine: Machine) -> bool:
    """Whether a Python of its own runs a file of the repository, or a text: `[sys.executable, "fill.py"]`."""
    first = next((one for value in given if value is not None for one in value.alternatives()), None)
    element = next(iter(first.each()), None) if isinstance(first, Sequence) else first
    is_python = isinstance(element, External) and element.name == "sys.executable"
    words = [word for text in texts if text.known for word in str(text).split()]
    if not (is_python or any(_PYTHON.match(word) for word in words[:2])):
        return False
    return "-c" in words or any(
        word.endswith(".py") and folders.is_file(base / word) for word in words for base in _starts(machine)
    )


def _starts(machine: Machine) -> list[Path]:
    """Where a relative path may begin."""
    root = machine.repository.root
    return [one for one in machine.module.path.parents if one.is_relative_to(root)]


def client(text: str) -> bool:
    """Whether a text is a command line that starts a client of a database."""
    return bool(_COMMAND.match(text))


def _texts(value: Value) -> Iterator[Text]:
    for option in value.alternatives():
        if isinstance(option, Text):
            yield option
        elif isinstance(option, Sequence):
            for element in option.each():
                yield from _texts(element)


def _may_be_another(value: Value) -> bool:
    """Whether a text, alone or among others, is known on some paths only."""
    options = value.alternatives()
    inner = [one for option in options if isinstance(option, Sequence) for one in option.each()]
    return (len(options) > 1 and any(isinstance(one, Unknown) for one in options)) or any(map(_may_be_another, inner))


def _contents(value: Value, machine: Machine) -> Iterator[Text]:
    """The files of the repository that a client of a database is given."""
    for option in value.alternatives():
        if isinstance(option, PathValue):
            content = file_text(option.path, machine)
            if isinstance(content, Text):
                yield content
        elif isinstance(option, Text):
            for match in _FILES.finditer(str(option)) if option.known else ():
                yield from _contents(PathValue(machine.folder() / match["file"]), machine)
        elif isinstance(option, Sequence):
            for element in option.each():
                yield from _contents(element, machine)


_FILES = re.compile(r"(?:^|\s|<|=)(?P<file>[^\s<>='\"]+\.sql)\b")


_OPTION = re.compile(r"\A--[\w-]+=")
"""What stands before what an option is given: `--command=UPDATE …`."""


def _parts(text: Text) -> list[Text]:
    """A text, and the words of a command line in it, with their places."""
    try:
        words = [_OPTION.sub("", word) for word in shlex.split(str(text)) if " " in word]
    except ValueError:
        words = []
    option = _OPTION.search(str(text))
    found = [text.slice(option.end(), len(str(text))) if option is not None else text]
    for word in words:
        begin = str(text).find(word)
        if begin >= 0:
            found.append(text.slice(begin, begin + len(word)))
    return found
