"""The one place where text that others wrote is made harmless before it is shown."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: they move the cursor, recolour or retitle the terminal
    "\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, or change the order of reading
    "\ud800-\udfff"  # halves of characters, which no encoding takes
    "\U000e0000-\U000e007f"  # tags, invisible
    "]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def one_line(text: str) -> str:
    """Show a text on one line; what could act on a terminal, or hide, is written as an escape."""
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n").replace("\t", " "))


def data(text: str) -> str:
    """Keep a text as data: only what no encoding takes is replaced."""
    return _SURROGATE.sub("\ufffd", text)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
