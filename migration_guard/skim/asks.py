"""What a piece of a module may run, as far as the module alone tells: whether it may write, and what else it asks for.

What the names mean in other modules is found out by who follows them (`skim/modules.py`).
"""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

from migration_guard.lean import dataclass
from migration_guard.skim.outline import Import

Place = tuple[int, int]
"""Where a statement of a module begins: no two begin at one place."""


class Named(NamedTuple):
    """What a name of the module stands for."""

    name: str
    kind: str = "named"


class Attribute(NamedTuple):
    """What is looked up on a name."""

    owner: str
    name: str
    kind: str = "attribute"


class Method(NamedTuple):
    """A function of that name, at any depth: it is looked up on what is not known."""

    name: str
    kind: str = "method"


class Own(NamedTuple):
    """A definition of the same module, by where it begins."""

    place: Place
    kind: str = "own"


class Inner(NamedTuple):
    """A function that is defined in another one, and may be called by whoever gets it."""

    place: Place
    kind: str = "inner"


class Given(NamedTuple):
    """What is handed to something: it is run where the repository defines that."""

    to: Reference
    handed: tuple[Ask, ...]


class Heirs(NamedTuple):
    """What a base class does when it hears of an heir."""

    base: Reference
    kind: str = "heirs"


class Kept(NamedTuple):
    """An object that is kept under a name: using it may run its methods."""

    name: str
    kind: str = "kept"


class Asked(NamedTuple):
    """A class whose attributes are asked for, where its module has something that is asked then."""

    name: str
    kind: str = "asked"


class Loaded(NamedTuple):
    """What an import inside of a function runs."""

    what: Import


class Getattr(NamedTuple):
    """The `__getattr__` of a module, which is asked for what it does not define."""

    module: str
    level: int


class Body(NamedTuple):
    """The body of a lambda."""

    facts: Facts


Reference = Named | Attribute
Ask = Named | Attribute | Method | Own | Inner | Given | Heirs | Kept | Asked | Loaded | Getattr | Body
"""Equal ones are one: `kind` keeps those apart that hold the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known of a piece of code."""

    writes: bool = False
    """Whether it may write itself, so that nothing else matters."""
    loads: bool = False
    """Whether it imports something whose name does not stand there."""
    asks: tuple[Ask, ...] = ()
    if_called: tuple[Ask, ...] = ()
    """What else, where it is called: it is an assignment, and all that is named there may be what is called."""


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """The pieces of a module."""

    whole: dict[Place, Facts] = field(default_factory=dict)
    """All that stands in a definition, or in an assignment of the top level."""
    at_once: tuple[tuple[Place, Facts], ...] = ()
    """What an import runs of each statement."""


NOTHING_ELSE = Facts(writes=True)
"""What writes itself is asked nothing more."""
