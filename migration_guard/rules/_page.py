"""A rule's page, taken apart: its docstring is Markdown with fixed headings and fenced examples."""

from __future__ import annotations

from migration_guard.later import re
from migration_guard.lean import dataclass

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_MARK = re.compile(r"  # expect: MG\d+(?:, MG\d+)*$", re.MULTILINE)
"""What the rules' own test expects on a line of an example."""
_FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """What a rule says of itself."""

    flags: str
    why: str
    bad: tuple[str, ...]
    good: tuple[str, ...]
    instead: str


def without_marks(text: str) -> str:
    """Give a page as people read it."""
    return _MARK.sub("", text).strip()


def read_page(text: str) -> Page:
    """Take a rule's docstring apart; a heading that is missing is empty here, and fails the rules' own test."""
    flags, *parts = _HEADING.split(text)
    sections = list(zip(parts[::2], parts[1::2], strict=True))

    def section(heading: str) -> str:
        return next((body.strip() for name, body in sections if name == heading), "")

    return Page(
        flags=flags.strip(),
        why=section("Why is this bad?"),
        bad=tuple(_FENCE.findall(section("Bad"))),
        good=tuple(_FENCE.findall(section("Good"))),
        instead=section("Use instead"),
    )
