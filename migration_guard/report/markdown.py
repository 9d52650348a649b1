"""Text of others inside Markdown: shown as it is, and never a link, an image, a mention or a tag."""

from __future__ import annotations

from migration_guard.later import re
from migration_guard.report.sanitise import one_line, shortened

MOST = 500
"""Characters of one piece of text; a comment of more than 65,536 is refused by GitHub."""

_SYNTAX = re.compile(r"[&<>|`*\[\]\\~^$]|(?<!\w)_|_(?!\w)|[!#@%](?=\w)|:(?=//)|(?<=[wW]{3})\.")
_REFERENCE = frozenset("!#@%~$")
"""What makes a mention of a person, an issue, a merge request, a label, a milestone or a snippet of what follows."""
_BREAK = "&#8203;"
"""A space without width: references are looked for in the finished page, where entities are characters again."""
_IN_CODE = re.compile(r"[`|]")


def text(words: str) -> str:
    """Write a text so that each of its characters is only shown."""
    return _SYNTAX.sub(_entity, shortened(one_line(words), MOST))


def code(words: str) -> str:
    """Write a text as code; a backtick or a bar would end it, or the cell of its table."""
    shown = _IN_CODE.sub(lambda match: f"\\x{ord(match[0]):02x}", shortened(one_line(words), MOST))
    return f"`{shown.strip() or ' '}`"


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};{_BREAK if match[0] in _REFERENCE else ''}"
