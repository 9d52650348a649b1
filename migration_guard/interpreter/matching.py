"""`match`: every case may be the one, and binds what its pattern takes apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import branches
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.operators import asked, is_plain, same
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Value

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.statements import Statements


class Matching:
    """Runs `match`."""

    def __init__(self, machine: Machine, statements: Statements) -> None:
        self.machine = machine
        self.statements = statements

    def _Match(self, node: cst.Match) -> bool:
        subject = self.machine.evaluate(node.subject)
        ways = []
        for case in node.cases:
            fits = self._fits(case.pattern, subject) if case.guard is None else None
            if fits is False:
                continue
            ways.append(partial(self._case, case, subject))
            if fits:
                return branches(ways)
        return branches([*ways, lambda: True])

    def _case(self, case: cst.MatchCase, subject: Value) -> bool:
        self._bind(case.pattern, subject)
        if case.guard is not None and self.machine.truth(self.machine.evaluate(case.guard)) is False:
            return False
        return self.statements.body(case.body)

    def _fits(self, pattern: cst.MatchPattern, subject: Value) -> bool | None:
        """Whether a pattern surely takes a subject, or surely not; None where that is not known."""
        match pattern:
            case cst.MatchAs(pattern=None):
                return True
            case cst.MatchAs(pattern=inner) if inner is not None:
                return self._fits(inner, subject)
            case cst.MatchValue():
                wanted = self.machine.evaluate(pattern.value)
                return same(wanted, subject) if is_plain(wanted) and is_plain(subject) else None
            case cst.MatchSingleton():
                wanted = self.machine.evaluate(pattern.value)
                return wanted.key == subject.key if is_plain(subject) else None
            case cst.MatchOr():
                each = [self._fits(one.pattern, subject) for one in pattern.patterns]
                return True if True in each else False if all(fits is False for fits in each) else None
            case cst.MatchMapping() if type(subject) is Mapping and subject.whole:
                return _every(self._entry_fits(element, subject) for element in pattern.elements)
            case cst.MatchList() | cst.MatchTuple() if type(subject) is Sequence and subject.kind in ("list", "tuple"):
                return self._elements_fit(pattern, subject)
            case cst.MatchClass() if (
                isinstance(subject, Instance) and subject.cls.method_of("__getattribute__") is None
            ):
                return False if any(self._fits(one, value) is False for one, value in _own(pattern, subject)) else None
        return None

    def _entry_fits(self, element: cst.MatchMappingElement, subject: Mapping) -> bool | None:
        key = self.machine.evaluate(element.key)
        found = subject.content.known.get(key.key)
        if found is not None:
            return self._fits(element.pattern, found[1])
        texts = [key, *(one for one, _ in subject.content.known.values())]
        return False if all(isinstance(one, Text) and one.known for one in texts) else None

    def _elements_fit(self, pattern: cst.MatchList | cst.MatchTuple, subject: Sequence) -> bool | None:
        elements = subject.elements()
        if elements is None or subject.content.shuffled:
            return None
        wanted = pattern.patterns
        star = next((place for place, one in enumerate(wanted) if isinstance(one, cst.MatchStar)), None)
        if len(elements) < len(wanted) - 1 or (star is None and len(elements) != len(wanted)):
            return False
        if star is not None:
            behind = len(wanted) - star - 1
            wanted = [*wanted[:star], *wanted[star + 1 :]]
            elements = [*elements[:star], *elements[len(elements) - behind :]]
        pairs = ((one, value) for one, value in zip(wanted, elements) if isinstance(one, cst.MatchSequenceElement))
        misfit = any(self._fits(one.value, value) is False for one, value in pairs)
        return False if misfit else None  # what is a sequence here need not be one for Python: `map(…)`, a view

    def _bind(self, pattern: cst.MatchPattern | None, subject: Value) -> None:
        """Bind the names of a pattern to the parts of the subject."""
        match pattern:
            case cst.MatchValue():
                wanted = self.machine.evaluate(pattern.value)
                asked(subject, "__eq__", wanted, self.machine.hidden_call("__eq__"))
            case cst.MatchAs():
                self._bind(pattern.pattern, subject)
                if pattern.name is not None:
                    self._name(pattern.name, subject)
            case cst.MatchOr():
                for one in pattern.patterns:
                    self._bind(one.pattern, subject)
            case cst.MatchList() | cst.MatchTuple():
                self._elements(pattern, subject)
            case cst.MatchMapping():
                for element in pattern.elements:
                    self._bind(element.pattern, subject.item(self.machine.evaluate(element.key)))
                if pattern.rest is not None:
                    self._name(
                        pattern.rest, subject if isinstance(subject, Mapping) else Mapping(rest=subject.element())
                    )
            case cst.MatchClass():
                self._attributes(pattern, subject)

    def _elements(self, pattern: cst.MatchList | cst.MatchTuple, subject: Value) -> None:
        starred = False
        for index, element in enumerate(pattern.patterns):
            if isinstance(element, cst.MatchStar):
                starred = True
                if element.name is not None:
                    elements = subject.elements()
                    behind = len(pattern.patterns) - index - 1
                    rest = elements[index : len(elements) - behind] if elements is not None else None
                    self._name(element.name, Sequence(rest) if rest is not None else Sequence((), subject.element()))
            else:
                place = index - len(pattern.patterns) if starred else index
                self._bind(element.value, subject.item(Constant(place)))

    def _attributes(self, pattern: cst.MatchClass, subject: Value) -> None:
        cls = self.machine.evaluate(pattern.cls)
        cls.special("__instancecheck__", subject)
        stated = cls.attribute("__match_args__", self.machine).elements() or []
        names = [str(name) for name in stated if isinstance(name, Text)] or self.machine.field_names(cls)
        alone = (dotted(pattern.cls) or "").rpartition(".")[2] in ("str", "int", "list", "tuple", "dict", "bytes")
        for index, element in enumerate(pattern.patterns):
            if alone:
                self._bind(element.value, subject)
            elif index < len(names):
                self._bind(element.value, self.machine.attribute(subject, names[index]))
            else:
                self._bind(element.value, subject.element())
        for keyword in pattern.kwds:
            self._bind(keyword.pattern, self.machine.attribute(subject, keyword.key.value))

    def _name(self, name: cst.Name, value: Value) -> None:
        self.machine.names.bind(name, value, name)


def _own(pattern: cst.MatchClass, subject: Instance) -> Iterator[tuple[cst.MatchPattern, Value]]:
    """What a pattern asks of attributes, as far as the object surely has these itself, and no descriptor answers."""
    for one in pattern.kwds:
        name = one.key.value
        value, of_class = subject.read(name), subject.cls.lookup(name)
        if isinstance(value, Value) and subject.sure(name) and not isinstance(of_class, (Function, Instance)):
            yield one.pattern, value


def _every(fits: Iterable[bool | None]) -> bool | None:
    found = list(fits)
    return False if False in found else None if None in found else True
