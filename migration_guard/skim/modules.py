"""The modules of a repository, each kept as what its pieces ask for, and what that means in the others.

Of a module only this is kept, not its tree: a repository has thousands, and each is parsed once.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from migration_guard.lean import dataclass
from migration_guard.sight import Looks, looking, note_all
from migration_guard.sight.folders import is_file
from migration_guard.skim import asks, places
from migration_guard.skim.asking import asking, place
from migration_guard.skim.asks import Ask, Asking, Facts, Place
from migration_guard.skim.outline import Import, Outline, binders, imports_of, outlined

_ASKED = ("__get__", "__getattr__", "__getattribute__")
_HEARS = "__init_subclass__"


class _Bound(NamedTuple):
    """A statement that binds a name."""

    place: Place
    is_class: bool = False
    is_value: bool = False
    """Whether it is an assignment."""
    is_function: bool = False


FAR = 3
"""Guesses on a way beyond which it is none: a class with all that it has, a method of that name, what is handed over."""

Led = tuple["Part", bool]
"""What would be run, and whether that is a guess."""


class Part:
    """Code that would be run. There is one object for one, so that what is known of it stands with it."""

    __slots__ = ("ahead", "because", "facts", "guesses", "if_called", "module", "rests")

    def __init__(self, module: Module, facts: Facts, *, if_called: bool) -> None:
        self.module = module
        self.facts = facts
        self.if_called = if_called
        """Whether it is called, so that of a name that is given to another name that one is."""
        self.ahead: tuple[Led, ...] | None = None
        """What it leads to, once that was looked for …"""
        self.rests: tuple[Looks, ...] = ()
        """… and what that rests on."""
        self.guesses: int | None = 0 if facts.writes else None
        """How many guesses lead to the nearest write, at most `FAR`, once that is known …"""
        self.because: Looks | None = module.looks if facts.writes else None
        """… and how that was seen."""


@dataclass(slots=True, eq=False)
class Module:
    """A module, as far as it is seen without knowing the others."""

    path: Path
    looks: Looks
    body: tuple[Part, ...]
    """What an import runs of each statement."""
    loads: tuple[Import, ...]
    pieces: Asking
    top: dict[str, tuple[_Bound, ...]]
    functions: dict[str, tuple[Place, ...]]
    imports: dict[str, tuple[str, int, str]]
    stars: tuple[tuple[str, int], ...]
    hears: dict[Place, tuple[Place, ...]]
    """The methods by which a class hears of its heirs."""
    parts: dict[tuple[Place, bool], Part]
    taken: dict[tuple[str, int, str], tuple[tuple[tuple[Module, _Bound], ...], Looks]]
    """What names of other modules stand for that are asked for here."""

    def part(self, place: Place, *, called: bool = True) -> Part:
        found = self.parts.get((place, called))
        if found is None:
            found = self.parts[place, called] = Part(self, self.pieces.whole[place], if_called=called)
        return found


class Modules:
    """Looks at the modules of one repository, each once, and says what leads where."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[Path, tuple[Module | None, Looks]] = {}

    def at(self, path: Path) -> Module | None:
        """The module of a file; None where it cannot be read or parsed."""
        known = self._known.get(path)
        if known is None:
            with looking() as looks:
                seen = outlined(path)
            module = _module(seen, looks) if seen is not None else None
            self._known[path] = (module, looks)
            return module
        note_all(known[1])
        return known[0]

    def ahead(self, part: Part) -> tuple[Led, ...]:
        """What else would be run."""
        if part.ahead is None:
            with looking() as looks:
                facts = part.facts
                every = (*facts.asks, *facts.if_called) if part.if_called else facts.asks
                found = dict[Part, bool]()
                for ask in every:
                    for one, guessed in self._meant(ask, part.module):
                        found[one] = found.get(one, True) and guessed
            part.ahead = tuple(found.items())
            part.rests = (part.module.looks, looks) if looks.own or looks.parts else (part.module.looks,)
        else:
            for each in part.rests:
                note_all(each)
        return part.ahead

    def asked_for(self, module: str, level: int, importer: Path) -> Iterator[Part]:
        """The `__getattr__` of a module, which is asked for what it does not define."""
        for path in places.every(module, importer, self.root, level):
            other = self.at(path) if is_file(path) else None
            if other is not None:
                yield from (other.part(one.place) for one in other.top.get("__getattr__", ()))

    def meant(self, every: Iterable[Ask], module: Module) -> Iterator[Part]:
        """What things mean that a module asks for."""
        return (one for ask in every for one, _ in self._meant(ask, module))

    def _meant(self, ask: Ask, module: Module) -> Iterator[Led]:
        match ask:
            case asks.Named() | asks.Attribute():
                unknown = isinstance(ask, asks.Attribute) and ask.owner not in module.imports
                yield from (
                    (there.part(one.place), unknown or not one.is_function)
                    for there, one in self._reference(ask, module)
                )
            case asks.Method(name=name):
                yield from ((module.part(place), True) for place in module.functions.get(name, ()))
            case asks.Own(place=at):
                yield module.part(at), False
            case asks.Inner(place=at):
                yield module.part(at), True
            case asks.Given(to=to, handed=handed):
                if any(True for _ in self._reference(to, module)):
                    yield from ((one, True) for one in self.meant(handed, module))
            case asks.Heirs(base=base):
                for there, one in self._reference(base, module):
                    yield from ((there.part(place), False) for place in there.hears.get(one.place, ()))
            case asks.Kept(name=name):
                for there, one in self._named(name, module):
                    if one.is_value:
                        yield there.part(one.place, called=False), True
            case asks.Asked(name=name):
                for there, one in self._named(name, module):
                    if one.is_class and any(asked in there.functions for asked in _ASKED):
                        yield there.part(one.place), True
            case asks.Loaded(what=what):
                for path in places.files_run(what.module, module.path, self.root, what.level, what.names):
                    other = self.at(path)
                    yield from ((part, False) for part in (other.body if other is not None else ()))
            case asks.Getattr(module=name, level=level):
                yield from ((part, False) for part in self.asked_for(name, level, module.path))
            case asks.Body(facts=facts):
                yield Part(module, facts, if_called=True), False

    def _reference(self, ask: asks.Reference, module: Module) -> Iterator[tuple[Module, _Bound]]:
        if isinstance(ask, asks.Named):
            yield from self._named(ask.name, module)
            return
        owner, name, _ = ask
        if owner in module.imports:
            origin, dots, taken = module.imports[owner]
            yield from self._named(owner, module)
            yield from self._taken(module, f"{origin}.{taken}".strip("."), dots, name)
        elif owner not in sys.stdlib_module_names:
            yield from ((module, _Bound(place)) for place in module.functions.get(name, ()))

    def _named(self, name: str, module: Module) -> Iterator[tuple[Module, _Bound]]:
        bound = module.top.get(name, ())
        yield from ((module, one) for one in bound)
        if name in module.imports:
            origin, dots, taken = module.imports[name]
            yield from self._taken(module, origin, dots, taken)
        elif not bound:
            yield from ((module, _Bound(place, is_function=True)) for place in module.functions.get(name, ()))
            for origin, dots in module.stars:
                yield from self._taken(module, origin, dots, name)

    def _taken(self, importer: Module, origin: str, dots: int, name: str) -> tuple[tuple[Module, _Bound], ...]:
        """What a name of another module stands for."""
        key = (origin, dots, name)
        known = importer.taken.get(key)
        if known is None:
            with looking() as looks:
                found = tuple(
                    (other, one)
                    for other, called in binders(origin, dots, name, importer.path, self._elsewhere)
                    for one in other.top.get(called, ())
                )
            importer.taken[key] = (found, looks)
            return found
        note_all(known[1])
        return known[0]

    def _elsewhere(self, origin: str, dots: int, importer: Path) -> Module | None:
        path = places.find(origin, importer, self.root, dots)
        return self.at(path) if path is not None and is_file(path) else None


def _module(seen: Outline, looks: Looks) -> Module:
    pieces = asking(seen)
    top = {name: tuple(map(_bound, several)) for name, several in seen.top.items()}
    functions = {name: tuple(map(place, several)) for name, several in seen.functions.items()}
    made = Module(
        seen.path, looks, (), tuple(dict.fromkeys(imports_of(seen))), pieces, top, functions, seen.imports,
        tuple(seen.stars), _hearing(seen), {}, {},
    )  # fmt: skip
    made.body = tuple(Part(made, facts, if_called=True) for _, facts in pieces.at_once)
    return made


def _bound(statement: ast.stmt) -> _Bound:
    is_value = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign))
    is_function = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
    return _Bound(place(statement), isinstance(statement, ast.ClassDef), is_value, is_function)


def _hearing(seen: Outline) -> dict[Place, tuple[Place, ...]]:
    """By what hears of heirs, the methods that do."""
    if _HEARS not in seen.functions:
        return {}
    statements = {id(one): one for several in (*seen.top.values(), *seen.functions.values()) for one in several}
    within = {
        place(one): tuple(
            place(each)
            for each in ast.walk(one)
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and each.name == _HEARS
        )
        for one in statements.values()
    }
    return {at: methods for at, methods in within.items() if methods}
