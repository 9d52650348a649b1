"""The ways on which one place was reached, and what is done on each: the parts of an Operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import field
from hashlib import sha256

from migration_guard.forms.form import Way
from migration_guard.forms.values import value_form
from migration_guard.interpreter.values import Place
from migration_guard.lean import dataclass
from migration_guard.operations import Part

MAX_TEXT = 2_000
MAX_FORMS = 100
"""Ways to one place that are told in full. What is known of each further one is told, and what is not is not spelled."""

Tables = tuple[str, ...]


@dataclass(slots=True)
class Ways:
    """Each way to a place, by the calls on it, and what it writes."""

    forms: dict[object, tuple[Tables, Callable[[], str]]] = field(default_factory=dict)
    """… with its canonical form, which is made when it is told."""
    further: dict[object, tuple[Tables, str]] = field(default_factory=dict)

    def add(self, one: OneWay) -> None:
        if one.key in self.forms or one.key in self.further:
            return
        if len(self.forms) < MAX_FORMS:
            self.forms[one.key] = (one.tables, one.form)
        else:
            self.further[one.key] = (one.tables, one.in_short())

    def parts(self) -> tuple[Part, ...]:
        """What is done at the place, by the tables that it is done to: one more way to a table is a change."""
        found: dict[Tables, set[str]] = {}
        for tables, form in self.forms.values():
            found.setdefault(tables, set()).add(form())
        for (tables, brief), number in Counter(self.further.values()).items():
            found.setdefault(tables, set()).add(f"further {number} {brief}")
        return tuple(Part(tables, _bounded(" | ".join(sorted(forms)))) for tables, forms in found.items())


@dataclass(frozen=True, slots=True)
class OneWay:
    """One of them."""

    place: Place
    way: Way
    written: str | None
    tables: Tables
    form: Callable[[], str]

    @property
    def key(self) -> object:
        """What tells it from others."""
        calls = tuple(id(frame.place.whole) for frame in self.way.frames if frame.place is not None)
        return (self.written, id(self.place.whole), self.way.loops, *calls)

    def in_short(self) -> str:
        """What is executed, what loops over literals are at, and what functions are given, as far as these are known."""
        at = [value_form(value) for passes in self.way.passes for _, value in passes.values()]
        given = [value_form(value) for frame in self.way.frames for value in frame.arguments.values()]
        return "; ".join((self.written or "", *at, *given))


def _bounded(text: str) -> str:
    """A form that may be long, with a digest for what is too much of it to be sent."""
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]} {sha256(text.encode(errors='surrogatepass')).hexdigest()}"
