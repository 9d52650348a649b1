"""A construct: a few lines of Python with holes, read from the text blocks in `constructs/`.

    [id option option=value]
    lines of the module
    ---
    lines of the function

Without `---`, all lines are of the function. After `=== helper_9.py` come lines of another file of the repository.

Holes are words, also inside of strings and names' ends:

    SQL, SQL2 …            a statement that changes a table of its own; HEAD TBL TAIL are its parts
    OUT                    the name that the text must end up in (a construct that builds text)
    TEXT                   an expression that is the text (a construct that brings it to the database)
    BODY, BODY2 …          a block, on a line of its own (control flow)
    name_9                 a name that no other construct uses
    cond(0), go(0), rows(0), risky(0)    conditions that the linter cannot know; see `switchboard.py`
    Order_g, shop_order_g  a model of Django, and its table

Options: `opaque` (nothing can know the text: OPAQUE is the right answer), `exact` (nothing else may be told),
`beside=shop_item_g` (a table that is changed as well and that nobody has to tell), `quiet` (nothing runs), `hushed`
(nothing runs, and nothing may be told), `fails` (the run ends with an exception), `framework=django`, `alone` (not for combinations).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEADER = re.compile(r"^\[(?P<head>[\w.]+(?: [\w.=,]+)*)\]$", re.MULTILINE)
_FILE = re.compile(r"^=== (?P<name>\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Construct:
    """What the holes of `top` and `do` are filled in makes a part of a migration."""

    id: str
    family: str
    top: str
    """Lines of the module."""
    do: str
    """Lines of the function."""
    files: tuple[tuple[str, str], ...] = ()
    """Other files of the repository."""
    options: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()
    framework: str = "alembic"

    @property
    def whole(self) -> str:
        return "\n".join([self.top, self.do, *(text for _, text in self.files)])

    def has(self, hole: str) -> bool:
        return re.search(rf"\b{hole}\d?\b", self.whole) is not None

    @property
    def builds(self) -> bool:
        return self.has("OUT")

    @property
    def brings(self) -> bool:
        return self.has("TEXT")

    @property
    def flows(self) -> bool:
        return self.has("BODY")


@dataclass(frozen=True, slots=True)
class Family:
    """Constructs of one kind, from one or more blocks of text."""

    name: str
    constructs: list[Construct] = field(default_factory=list)

    def add(self, block: str, framework: str = "alembic") -> None:
        """Read the constructs of a block; an id that stands twice is an error."""
        heads = list(_HEADER.finditer(block))
        for head, following in zip(heads, [*heads[1:], None]):
            text = block[head.end() : following.start() if following else len(block)]
            name, *options = head["head"].split(" ")
            assert name not in {one.id for one in self.constructs}, f"{self.name}: {name} stands twice"
            self.constructs.append(_construct(name, self.name, text, options, framework))


def _construct(name: str, family: str, text: str, options: list[str], framework: str) -> Construct:
    own, *others = _FILE.split(text.strip("\n"))
    top, separator, do = own.partition("\n---\n") if not own.startswith("---\n") else ("", "---", own[4:])
    if not separator:
        top, do = "", own
    given = dict(option.partition("=")[::2] for option in options)
    return Construct(
        id=name,
        family=family,
        top=top.strip("\n"),
        do=do.strip("\n"),
        files=tuple(zip(others[::2], others[1::2])),
        options=frozenset(key for key, value in given.items() if not value),
        beside=tuple(filter(None, given.get("beside", "").split(","))),
        framework=given.get("framework", framework),
    )
