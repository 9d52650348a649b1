"""What several files of a project say together: helpers, models, services and constants, before and after an edit.

`projects.txt` has a block each: `#@ word kind: name`, where the word is `same` or `different` for what the fingerprints
must be; then its files, `=== path` for those that stay, and `=== path before` and `=== path after` for the others.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

Files = dict[str, str]


class Edit(NamedTuple):
    """A project before and after."""

    kind: str
    name: str
    before: Files
    after: Files


def edits(word: str) -> list[Edit]:
    """Give the edits of which a word is said."""
    found = list[Edit]()
    for block in re.split(r"^#@ ", Path(__file__).with_suffix(".txt").read_text("utf-8"), flags=re.MULTILINE)[1:]:
        head, body = block.split("\n", 1)
        said, kind, name = re.split(r" |: ", head, maxsplit=2)
        if said != word:
            continue
        edit = Edit(kind, name, {}, {})
        pieces = re.split(r"^=== (\S+)(?: (before|after))?\n", body, flags=re.MULTILINE)[1:]
        for path, when, text in zip(pieces[::3], pieces[1::3], pieces[2::3]):
            for side in (when,) if when else ("before", "after"):
                getattr(edit, side)[path] = text
        found.append(edit)
    return found


SAME, DIFFERENT = edits("same"), edits("different")
