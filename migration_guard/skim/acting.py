"""What an import runs: the modules of the repository whose top level may change data when they are imported.

A statement of a module's top level counts if what it calls, or what that calls, may write, or imports what is not known.
Whether it really does is found out by who reads it.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from migration_guard.files import Unreadable, leads_out, read_head
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sight import Looks, Memory, looking, note_all
from migration_guard.sight.folders import ARCHIVES, is_file
from migration_guard.skim import places
from migration_guard.skim.asking import handed as handed_over
from migration_guard.skim.asking import place
from migration_guard.skim.modules import FAR, Modules, Part
from migration_guard.skim.outline import Import, Outline, imported, parsed

NEAR = 2
"""Calls from a statement of a module to where it imports by a name that is not known. Farther away it is what every
process of an application loads: plugins and backends, whose names stand in its settings."""
UNREAD = -1
"""Stands for the statements of a file that cannot be looked through."""

_IMPORTS = re.compile(
    rb"(?:^|[;:])[ \t]*(?:from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import\b|import[ \t]+([\w., \t]+))|"
    rb"import_module|__import__|import_string|runpy|\\\r?\n",
    re.MULTILINE,
)
_SPEAKS = re.compile(rb"execute|\.save\(|bulk_|\.objects\b|session|call_command", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Acts:
    """A module whose top level may do something, and which of its statements do, counted from 0."""

    path: Path
    statements: tuple[int, ...]
    near: tuple[int, ...] = ()
    """Those among them that one guess at most leads to a write: what a limit hides of the others is believed."""


class Acting:
    """Finds what an import runs in one repository. Every module is looked at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules = Modules(root)
        self._acts = Memory[tuple[int, ...]]()
        self._led = Memory[tuple[Path, ...]]()
        self._run = Memory[tuple[Acts, ...]]()

    def of_source(self, source: bytes, path: Path, *, in_packages: bool) -> bool:
        """Whether an import anywhere in a migration runs something, or the packages that it lies in."""
        if in_packages and any(True for _ in self.around(path)):
            return True
        if not any(self._may_be_ours(found) for found in _IMPORTS.finditer(source)):
            return False
        try:
            tree = parsed(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return True
        every = [one for node in ast.walk(tree) for one in imported(node)]
        if any(True for one in every for _ in self.run_by(one, path)):
            return True
        modules = dict.fromkeys((module, one.level) for one in every for module in _modules_of(one))
        asked = (part for module, level in modules for part in self._modules.asked_for(module, level, path))
        return any(map(self._leads_to_a_write, asked))

    def may_write(self, module: Outline, handed: ast.expr | ast.stmt) -> bool:
        """Whether something that a module hands over to be called later, or defines for that, may change data."""
        known = self._modules.at(module.path)
        if known is None:
            return True
        if isinstance(handed, ast.stmt):
            return self._leads_to_a_write(known.part(place(handed)))
        return any(map(self._leads_to_a_write, self._modules.meant(handed_over(module, handed), known)))

    @staticmethod
    def _may_be_ours(found: re.Match[bytes]) -> bool:
        dots, module, several = found.groups(b"")
        roots = {one.split()[0].partition(b".")[0] for one in (module or several).split(b",") if one.strip()}
        return (
            bool(dots) or not roots or not all(root.decode("ascii", "replace") in places.NEVER_OURS for root in roots)
        )

    def around(self, path: Path) -> Iterator[Acts]:
        """Give what runs before a module that is loaded by its dotted name: the packages in which it lies."""
        yield from self._run_with(places.packages_around(path, self.root))

    def run_by(self, one: Import, importer: Path) -> Iterator[Acts]:
        """Give the modules that an import runs and that may act, what they lead to first."""
        yield from self._run_with(places.files_run(one.module, importer, self.root, one.level, one.names))

    def asks(self, one: Import, name: str, importer: Path) -> bool:
        """Whether a module is asked, by its own `__getattr__`, for a name that is taken from it."""
        found = places.find(one.module, importer, self.root, one.level)
        module = self._modules.at(found) if found is not None and is_file(found) else None
        return (
            module is not None and "__getattr__" in module.top and name not in module.top and name not in module.imports
        )

    def _run_with(self, files: Iterable[Path]) -> Iterator[Acts]:
        met: set[Path] = set()
        for path in files:
            for one in self._run.of(path, partial(self._run_first, path)):
                if one.path not in met:
                    met.add(one.path)
                    yield one

    def _run_first(self, first: Path) -> tuple[Acts, ...]:
        """The modules that act, of all that are run with one."""
        found: list[Acts] = []
        seen: set[Path] = set()
        waiting: list[tuple[Path, bool]] = [(first, False)]
        while waiting:
            path, led = waiting.pop()
            if led:
                if statements := self._acting(path):
                    found.append(Acts(path, statements, self._near(path, statements)))
            elif path not in seen:
                seen.add(path)
                waiting.append((path, True))
                waiting += ((there, False) for there in reversed(self._leads_to(path)) if there not in seen)
        return tuple(found)

    def _leads_to(self, path: Path) -> tuple[Path, ...]:
        return self._led.of(path, partial(self._led_to, path))

    def _led_to(self, path: Path) -> tuple[Path, ...]:
        module = self._modules.at(path)
        files = (
            there
            for one in (module.loads if module is not None else ())
            for there in places.files_run(one.module, path, self.root, one.level, one.names)
        )
        return tuple(dict.fromkeys(files))

    def _acting(self, path: Path) -> tuple[int, ...]:
        return self._acts.of(path, partial(self._found_acting, path))

    def _found_acting(self, path: Path) -> tuple[int, ...]:
        module = self._modules.at(path) if not leads_out(path, self.root) else None
        if module is None:
            return (UNREAD,) if path.name.endswith(ARCHIVES) or _may_speak(path) else ()
        return tuple(at for at, one in enumerate(module.body) if self._leads_to_a_write(one) or self._loads(one, NEAR))

    def _near(self, path: Path, statements: tuple[int, ...]) -> tuple[int, ...]:
        module = self._modules.at(path)
        if module is None:
            return statements
        return tuple(at for at in statements if self._guesses(module.body[at]) <= 1)

    def _loads(self, part: Part, calls: int) -> bool:
        """Whether it imports what is not known, itself or in what it calls, so many calls away at most."""
        if part.facts.loads:
            return True
        return calls > 0 and any(self._loads(one, calls - 1) for one, _ in self._modules.ahead(part))

    def _leads_to_a_write(self, start: Part) -> bool:
        """Whether a write is at the end of a way from there that is not guessed too often."""
        return self._guesses(start) < FAR

    def _guesses(self, start: Part) -> int:
        """How many guesses lead from there to the nearest write. Each part is followed once, whoever asks, and to the end."""
        if start.guesses is None:
            with looking() as looks:
                self._search(start, looks)
        elif start.because is not None:
            note_all(start.because)
        assert start.guesses is not None
        return start.guesses

    def _search(self, start: Part, looks: Looks) -> None:
        waiting = [start]
        led: dict[Part, list[tuple[Part, bool]]] = {start: []}  # each with those that lead to it
        near: list[deque[Part]] = [deque() for _ in range(FAR)]  # by guesses, those from which it is known
        while waiting:
            part = waiting.pop()
            for found, guessed in self._modules.ahead(part):
                if found not in led:
                    led[found] = []
                    if found.guesses is None:
                        waiting.append(found)
                    else:
                        if found.because is not None:
                            note_all(found.because)
                        if found.guesses < FAR:
                            near[found.guesses].append(found)
                led[found].append((part, guessed))
        met = set[Part]()
        for guesses, here in enumerate(near):
            while here:
                part = here.popleft()
                if part in met:
                    continue
                met.add(part)
                if part.guesses is None:
                    part.guesses, part.because = guesses, looks
                for before, guessed in led[part]:
                    if before.guesses is None and guesses + guessed < FAR:
                        near[guesses + guessed].append(before)
        for part in led:
            if part.guesses is None:
                part.guesses, part.because = FAR, looks


def _modules_of(one: Import) -> Iterator[str]:
    """The modules that an import may give, of which names are taken, or attributes asked for."""
    yield one.module
    yield from (f"{one.module}.{name}".strip(".") for name in one.names)


def _may_speak(path: Path) -> bool:
    """Whether a file that cannot be looked through speaks of a database."""
    try:
        return bool(_SPEAKS.search(read_head(path)[0]))
    except Unreadable:
        return True
