"""The commands of psql that stand in a file for it."""

from __future__ import annotations

from migration_guard.later import re
from migration_guard.sql.scan import Token
from migration_guard.sql.steps import Harmless, Unknown

_FROM_ELSEWHERE = frozenset({"i", "ir", "include", "include_relative", "gexec", "!", "lo_import", "lo_unlink"})
_SHELL = re.compile(
    r"`[^`]*`|^\\(?:g|gx|o|out|w|write)\s+(?:\([^()]*\)\s*)?\||^\\copy\b.*\bto\s+program\b", re.IGNORECASE | re.DOTALL
)


def is_copy(token: Token) -> bool:
    r"""Whether it is `\copy`, which is COPY with a file of the client's."""
    return command(token) == "copy" and not _SHELL.search(token.text)


def command(token: Token) -> str:
    """The name of a command."""
    name = re.match(r"\w+|!", token.text[1:])
    return name.group().lower() if name else ""


def step(token: Token) -> Unknown | Harmless:
    """What a command does that is not SQL itself."""
    if command(token) in _FROM_ELSEWHERE or _SHELL.search(token.text):
        return Unknown(
            "psql runs SQL or a program from elsewhere here, or changes large objects", token.start, token.end
        )
    return Harmless("psql command", False, token.start, token.end)
