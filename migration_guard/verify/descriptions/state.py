"""What is set in a shell where a walk has come to: options, traps, functions, variables, and what is known where ways meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions import bash
from migration_guard.verify.descriptions.bash import Node
from migration_guard.verify.descriptions.outcomes import Outcomes
from migration_guard.verify.descriptions.reached import ends
from migration_guard.verify.descriptions.steps import Unreadable
from migration_guard.verify.descriptions.values import Values

_SETS_NOTHING = re.compile(r"activate$|(?:^|/)\.?env(?:rc|\.[\w.-]+)?$|\.env$|rc$|profile$|nvm\.sh$|^/etc/|/\.cargo/")
"""Scripts out of sight that set variables and no options."""
Look = Callable[[str], "bytes | None"]
"""What stands in a script that is sourced, by the word that names it; None for one that is not in sight."""


@dataclass(slots=True)
class State(Outcomes):
    """The state of a shell, as far as it decides what a failure does."""

    pipefail: bool | None = False
    """None where that hangs on which way was taken."""
    swallowed: int | None = None
    """The line of a trap that makes 0 of whatever exit code the script ends with."""
    look: Look = lambda _: None
    values: Values = field(default_factory=Values)
    shifted: int = 0
    """How many words of the function's call `shift` has taken away."""
    sourced: set[str] = field(default_factory=set)
    """The functions that stand in files that are sourced."""

    @contextmanager
    def forked(self) -> Iterator[None]:
        """A shell of its own: what is set in it is not set behind it."""
        kept = self.errexit, self.pipefail, self.swallowed, dict(self.functions), Values(self.values)
        yield
        self.errexit, self.pipefail, self.swallowed, self.functions, self.values = kept

    def either(self, ways: Sequence[tuple[Sequence[Node], Callable[[], None]]]) -> None:
        """Walk ways of which one is taken: what is set behind them is what all say that come so far."""
        before, found = (self.errexit, self.pipefail), set()
        values, met = Values(self.values), []
        for statements, walk in ways:
            self.errexit, self.pipefail = before
            self.values = Values(values)
            walk()
            if not any(ends(one, self.functions) for one in statements):
                found.add((self.errexit, self.pipefail))
                met.append(self.values)
        self.values = Values()
        self.values.met(met or [values])
        errexits, pipefails = ({one[index] for one in found or {before}} for index in (0, 1))
        self.errexit = errexits.pop() if len(errexits) == 1 else None
        self.pipefail = pipefails.pop() if len(pipefails) == 1 else None

    def define(self, node: Node) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if body is not None:
            self.functions[bash.text(name)] = body

    def source(self, word: str) -> None:
        """What a script that is sourced sets holds behind it, too: options, functions, variables."""
        source = self.look(word)
        if source is None:
            if not _SETS_NOTHING.search(word):
                self.errexit = self.pipefail = None
            return
        with suppress(Unreadable):
            for node in bash.statements(bash.parse(source)):
                if node.type == "command" and bash.words(node)[:1] == ["set"]:
                    self.set_options(bash.words(node)[1:])
                elif node.type == "function_definition":
                    self.define(node)
                    self.sourced.add(bash.text(node.child_by_field_name("name")))
                elif node.type == "variable_assignment":
                    self.values.note(node)

    def trap(self, does: str, signals: Sequence[str], line: int) -> None:
        handler = next(iter(does.split()), "")
        if "ERR" in signals and "exit" in f"{does} {bash.text(self.functions.get(handler))}":
            self.errexit = True
        if {"ERR", "EXIT", "0"} & {*signals} and re.search(
            r"\bexit\s+0\b", bash.text(self.functions.get(does)) or does
        ):
            self.swallowed = line

    def set_options(self, words: Sequence[str]) -> None:
        for index, word in enumerate(words):
            on = word.startswith("-")
            option = words[index + 1] if word.endswith("o") and index + 1 < len(words) else ""
            if re.match(r"[-+]\w*e", word) or option == "errexit":
                self.errexit = on
            if option == "pipefail":
                self.pipefail = on
