"""What Python hands to somebody else to run: programs, of which some are clients of databases, and code as text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.repository import speaks_of_database
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Unknown, Value
from migration_guard.libraries.database import record
from migration_guard.libraries.execution import changes_in, execute, opaque
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.values import External

_PROGRAMS = re.compile(
    r"^(?:subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)"
    r"|os\.(?:system|popen|exec\w+|spawn\w+|posix_spawnp?)|asyncio\.create_subprocess_(?:exec|shell)"
    r"|asyncio\.subprocess\.create_subprocess_(?:exec|shell))$"
)
_CLIENTS = re.compile(
    r"(?:^|[/\s;|&])(?:psql|mysql|mariadb|sqlite3|sqlcmd|cockroach|pgcli|mycli|usql|isql)(?=$|[\s;|&<])"
)
_IMPORTS = re.compile(r"\bimport\b|__import__|\bexec\b|\beval\b|run_path|run_module")
_CODE = frozenset({"builtins.exec", "builtins.eval"})


def call(target: External, call: Call) -> Value | None:
    """What starting a program or running code does; None for anything else."""
    if target.name in _CODE:
        return _code(call)
    if _PROGRAMS.match(target.name):
        return _program(call)
    return None


def _code(call: Call) -> Value:
    """`exec(text)`, `eval(text)`: text that speaks of no database can do nothing to one."""
    given = call.argument(0)
    for option in given.alternatives() if given is not None else ():
        if not (isinstance(option, Text) and option.known and not _leads_away(str(option))):
            opaque(call, "code that stands in a text is run")
            break
    return Unknown("result")


def _leads_away(code: str) -> bool:
    """Whether code may lead to a database, or to other code, which is not looked into from here."""
    return speaks_of_database(code) or bool(_IMPORTS.search(code))


def _program(call: Call) -> Value:
    """A program is started: a client of a database with what it is given, or one that is not known."""
    given = [call.argument(0, "args", "cmd", "command", "program"), *call.positional[1:], call.named.get("input")]
    texts = [text for value in given if value is not None for text in _texts(value)]
    parts = [part for text in texts for part in _parts(text)]
    if not _CLIENTS.search(" ".join(str(text) for text in texts)):
        if not texts or not all(text.known for text in texts[:1]):
            opaque(call, "a program that is not known is started")
        return Unknown("process")
    changes = [part for part in parts if changes_in(call, part)]
    for part in changes:
        execute(call, part)
    reads = any(re.match(r"\s*(?:select|show|\\\w)", str(part), re.IGNORECASE) for part in parts)
    if not changes and not (reads and all(text.known for text in texts)):
        record(call, OperationKind.DML_CALL, how="helper", callee="a client of the database")
    return Unknown("process")


def _texts(value: Value) -> Iterator[Text]:
    for option in value.alternatives():
        if isinstance(option, Text):
            yield option
        elif isinstance(option, Sequence):
            for element in option.each():
                yield from _texts(element)


def _parts(text: Text) -> list[Text]:
    """A text, and the words of a command line in it, with their places."""
    try:
        words = [word for word in shlex.split(str(text)) if " " in word]
    except ValueError:
        words = []
    found = [text]
    for word in words:
        begin = str(text).find(word)
        if begin >= 0:
            found.append(text.slice(begin, begin + len(word)))
    return found
