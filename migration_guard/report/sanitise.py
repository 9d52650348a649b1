"""The one place where text that others wrote is made harmless before it is shown."""

from __future__ import annotations

from migration_guard.later import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: they move the cursor, recolour or retitle the terminal
    "\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, or change the order of reading
    "\ud800-\udfff"  # halves of characters, which no encoding takes
    "\ufffe\uffff"  # no characters at all, and refused by XML
    "\U000e0000-\U000e007f"  # tags, invisible
    "]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
COMMAND_ANYWHERE = re.compile(r"(?<=#)#(?=\w*\[)")
"""The second character of ##[error] and ##vso[...], which CI runners obey in the middle of a line."""
_COMMAND = re.compile(rf"{COMMAND_ANYWHERE.pattern}|(?<!\S):(?=:)")
"""The same, and the first of ::error::, which is obeyed at the beginning of a line, and after blanks."""


def one_line(text: str) -> str:
    """Show a text on one line; what could act on a terminal or a CI runner, or hide, is written as an escape."""
    shown = _UNSAFE.sub(_escape, text.replace("\r\n", "\n").replace("\t", " "))
    return _COMMAND.sub(lambda match: f"\\x{ord(match[0]):02x}", shown)


def breakable(text: str) -> str:
    """Show a text where it may be broken anywhere, so that any part of it may stand at the beginning of a line."""
    return one_line(text).replace("::", r":\x3a")


def data(text: str) -> str:
    """Keep a text as data: only what no encoding takes is replaced."""
    return _SURROGATE.sub("\ufffd", text)


def shortened(text: str, most: int) -> str:
    """Cut a text that is longer than people read."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
