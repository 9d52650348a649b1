"""Turns the descriptions of a deployment into its steps, and follows the scripts that they call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from migration_guard.files import Unreadable, read_source, shown_path
from migration_guard.later import re
from migration_guard.operations import Problem
from migration_guard.verify import descriptions
from migration_guard.verify.deployment import composed
from migration_guard.verify.deployment.kinds import (
    Kind,
    behind_waiting,
    by_label,
    classified,
    in_a_container_s_shell,
    is_idle,
    is_in_container,
    is_step,
    kind_of,
    of_service,
)
from migration_guard.verify.deployment.programs import doubt, name_of, runs_texts, unwrapped
from migration_guard.verify.deployment.sight import PACKAGE, Sight
from migration_guard.verify.deployment.starting import detached, waits
from migration_guard.verify.deployment.steps import Deployment, Step
from migration_guard.verify.descriptions import Command, Fate, compose, make, shell, yamls
from migration_guard.verify.descriptions.compose import Services
from migration_guard.verify.descriptions.steps import SPEAKS, runs
from migration_guard.verify.scripts import Script, Scripts

_DEEPEST = 4
"""Scripts that call scripts: beyond this, none is followed, which is told."""
_TOO_DEEP = f"scripts that call scripts are followed {_DEEPEST} deep, and no deeper"
_Called = tuple[Path, tuple[str, ...]]
"""A script, and which targets of it."""


def read(scripts: Scripts, root: Path, cwd: Path) -> Deployment:
    """Read all compose files first, since other descriptions run their services."""
    reader = _Reader(root, cwd, frozenset(one.path for one in scripts.judged))
    for script in sorted(scripts.judged, key=lambda one: one.kind is not descriptions.Kind.COMPOSE):
        reader.read(script, named=scripts.named)
    for other in scripts.others:
        if other.touches:
            message = f"cannot be judged: {other.why}, and it may run migrations or backfills"
            reader.problems.append(Problem(other.shown, other.line, message))
    steps = reader.told()
    if not any(step.kind is Kind.BACKFILL for step in steps):
        steps += composed.steps(reader.services, reader.sight.text)
    return Deployment(tuple(steps), reader.services, tuple(reader.problems), root, cwd)


class _Reader:
    """Turns descriptions into steps, and follows the scripts of the project that they call."""

    def __init__(self, root: Path, cwd: Path, judged: frozenset[Path]) -> None:
        self.root = root
        self.cwd = cwd
        self.judged = judged
        """What is read by itself, whether something calls it or not."""
        self.sight = Sight(root)
        self.services = Services()
        self.steps: list[Step] = []
        self.problems: list[Problem] = []
        self.waits: list[tuple[int, str, Command]] = []
        """What asks how others ended: behind which step, of which description."""

    def told(self) -> list[Step]:
        """The steps; of one that is only started, and is asked for later, what its failure leads to is not told."""
        return [
            replace(
                step, fate=replace(step.fate, stops=None, why=f"{step.fate.why}, and line {wait.line} waits for it")
            )
            if step.fate.started
            and (wait := next((one for behind, of, one in self.waits if behind > index and of == step.origin), None))
            else step
            for index, step in enumerate(self.steps)
        ]

    def read(self, script: Script, *, named: bool) -> None:
        assert script.kind is not None
        try:
            source = read_source(script.path)
            if script.kind is descriptions.Kind.COMPOSE:
                for document in yamls.documents(source):
                    self.services.add(compose.read(document, script.shown))
            else:
                for one in descriptions.commands(
                    script.kind, script.path.name, source, named=named, look=self.sight.text
                ):
                    self._command(one, script.shown, script.shown, ())
        except Unreadable as error:
            self.problems.append(Problem(script.shown, None, f"cannot be read: {error}"))
        except descriptions.Unreadable as error:
            self.problems.append(Problem(script.shown, error.line, f"cannot be judged: {error}"))

    def _command(self, one: Command, shown: str, origin: str, above: tuple[_Called, ...]) -> None:
        """One command: a step, a script that is followed, or something else; called by those `above`."""
        words = unwrapped(behind_waiting(one.words))
        script = shell.inner(words) or in_a_container_s_shell(words)
        if script is not None:
            last = replace(one.fate)  # it is no `set -e` of the inner shell
            for inner in shell.commands(script[0].encode(), errexit=script[1], above=one.line - 1, last=last):
                self._command(inner.inside(one), shown, origin, above)
            return
        if (unread := self._given_elsewhere(words)) is not None:
            self.problems.append(Problem(shown, one.line, unread))
            return
        task, place = self.sight.script_of_package(words), (self.root / PACKAGE, words)
        if task is not None and place not in above:
            if len(above) >= _DEEPEST:
                self.problems.append(Problem(shown, one.line, f"cannot be judged: {_TOO_DEEP}"))
                return
            for inner in shell.commands(task.encode(), above=one.line - 1, last=one.fate):
                self._command(inner.inside(one), shown, origin, (*above, place))
            return
        if self._followed(words, one, origin, above):
            return
        self.services.ask(words)
        told = list(classified(words, self.services) if words else by_label(one.label))
        if not told and words and _IN_SHELL.match(" ".join(words)) and any(True for _ in by_label(one.label)):
            self.problems.append(Problem(shown, one.line, f"what {one.label} runs is not told"))
        if {"stack", "deploy"} <= {*words} and any(map(of_service, self.services.by_name.values())):
            self.problems.append(
                Problem(shown, one.line, "docker stack deploy starts all services at once, and waits for none")
            )
        for kind, command in told:
            fate = detached(words) or self._fate(one, command)
            self.steps.append(Step(kind, shown, one.line, command, fate, origin, one.place))
        if waits(words):
            self.waits.append((len(self.steps), origin, one))

    def _given_elsewhere(self, words: Sequence[str]) -> str | None:
        """What a command is given to run that is not read here: a text, a task of another file, a program, an address."""
        name = name_of(words)
        if is_idle(name) and name not in {"curl", "wget"}:
            return None
        for word in words[1:]:
            if " " in word and (runs(word) or (runs_texts(words) and kind_of(word.split()))):
                return f"what {name} is given to run is not judged"
            if runs_texts(words) and _ALONE.fullmatch(word) and (name == "eval" or SPEAKS.search(word)):
                return f"what {word} stands for is not told"
            if _ASKED.match(word):
                return f"what {word} does, and what becomes of its failure, is not told"
        if words and _ALONE.fullmatch(words[0]) and (len(words) == 1 or SPEAKS.search(words[0])):
            return f"what {words[0]} stands for is not told"
        program = self.sight.tasks(words) or self.sight.program(words)
        kind = kind_of(words)
        if program is None or kind is Kind.BACKFILL or not self.sight.applies(program):
            return None
        return f"what {shown_path(program, self.cwd)} runs, and what it makes of a failure, is not read"

    def _fate(self, one: Command, command: Sequence[str]) -> Fate:
        """What a step leads to, where its programs give on its exit code."""
        inside = command[command.index("--") + 1 :] if "--" in command else command
        seen = "--" in command or not is_in_container(one.words) or self.services.named_in(one.words) is not None
        why = doubt(one.words, is_step) or (doubt(inside, is_step) if seen and inside else None)
        if why is None or not one.fate.stops:
            return one.fate
        return replace(one.fate, stops=False if "looks at its end" in why else None, why=why)

    def _followed(self, words: Sequence[str], one: Command, origin: str, above: tuple[_Called, ...]) -> bool:
        """Go into a script of the project, or a target of its Makefile. What is none is told by its name alone."""
        try:
            path, call = self._called(words) if words else (None, None)
        except (Unreadable, descriptions.Unreadable) as error:
            self.problems.append(Problem(origin, one.line, f"cannot be judged: {error}"))
            return False
        chosen = call.targets if call is not None else ()
        if path is None or (path, chosen) in above:
            return False
        shown = shown_path(path, self.cwd)
        try:
            inner = self._inside(path, chosen, one, len(above))
        except (Unreadable, descriptions.Unreadable) as error:
            self.problems.append(Problem(shown, getattr(error, "line", None), f"cannot be judged: {error}"))
            return False
        before = len(self.steps)
        outer = replace(one, fate=call.fate) if call is not None and call.fate is not None else one
        for each in inner:
            self._command(each.inside(outer), shown, origin, (*above, (path, chosen)))
        return len(self.steps) > before

    def _called(self, words: Sequence[str]) -> tuple[Path | None, make.Call | None]:
        name = name_of(words)
        call = make.called(words)
        if call is not None and call.targets:
            folder = self.root / call.folder
            files = (call.file,) if call.file else _JUSTFILES if name == "just" else _MAKEFILES
            path = next((path for file in files if (path := folder / file).is_file()), None)
            if path is None and kind_of(words) is not None:
                raise descriptions.Unreadable(
                    None, f"the file with the target {' '.join(call.targets)} is not in sight"
                )
            return path, call
        rest = [word for word in _given(words) if not word.startswith("-") and "=" not in word]
        called = rest[0] if name in _CALLING and rest else words[0]
        script = called.endswith((".sh", ".bash"))
        found = self.sight.file(called) if script or "/" in called else None
        if found is None and script:
            several = [one for one in self.sight.called(called) if one not in self.judged and self.sight.applies(one)]
            if several:
                raise descriptions.Unreadable(None, f"which of the files called {several[0].name} it runs is not told")
        if found is None or not (script or name in _CALLING or _is_script(found)):
            return None, None
        return found, None

    def _inside(self, path: Path, chosen: tuple[str, ...], one: Command, deep: int) -> list[Command]:
        """What stands in a script that a command calls."""
        if deep >= _DEEPEST:
            raise descriptions.Unreadable(None, _TOO_DEEP)
        source = read_source(path)
        if chosen:
            return list(make.read(source, chosen=chosen))
        errexit, pipefail = one.options if one.words[0] in _SOURCING else _set_by(one.words)
        return list(shell.commands(source, errexit=errexit, pipefail=pipefail, last=one.fate, look=self.sight.text))


_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_JUSTFILES = ("justfile", "Justfile", ".justfile")
_SOURCING = frozenset({".", "source"})
_CALLING = _SOURCING | {"sh", "bash"}
"""Words behind which a script is named."""
_ASKED = re.compile(r"^https?://\S*(?:migrat|back_?-?fill)", re.IGNORECASE)
"""An address that makes an application migrate."""
_IN_SHELL = re.compile(r"^(?:\S*/)?(?:ba|da)?sh\b|.*\btemplate\b")
"""What may run anything."""
_ALONE = re.compile(r"^\"?\$\{?(?!@|\*|#|\?)\w+\}?$|^expression$|^template$")
"""A command that is nothing but what a variable or a template stands for."""


def _is_script(path: Path) -> bool:
    return shell.recognises(path.name, read_source(path))


def _given(words: Sequence[str]) -> list[str]:
    """The words behind a command, less the values of its `-o`."""
    return [word for before, word in pairwise(words) if not re.fullmatch(r"-\w*o", before)]


def _set_by(words: Sequence[str]) -> tuple[bool, bool]:
    """Whether `bash -e -o pipefail script` runs it under these."""
    named = {word for before, word in pairwise(words) if re.fullmatch(r"-\w*o", before)}
    is_shell = name_of(words) in shell.SHELLS
    short = is_shell and any(re.fullmatch(r"-[a-z]*e[a-z]*", word) for word in words[1:])
    return is_shell and (short or "errexit" in named), is_shell and "pipefail" in named
