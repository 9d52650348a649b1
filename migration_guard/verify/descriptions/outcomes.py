"""What the exit code of a step in a shell script leads to: who asks for it, at once or later, and what that does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions import bash
from migration_guard.verify.descriptions.bash import Node
from migration_guard.verify.descriptions.steps import Fate, Unreadable

DEEPEST = 12
"""Functions that call functions: beyond this, nothing is followed, which is told."""
_SAYS = re.compile(
    r"^(?:echo|printf|logger|log(?:_\w+)?|info|warn(?:ing)?|say|notify\w*|true|:|sleep|date|return|continue)$"
)
"""Commands that only say something, or do nothing."""
_WAIT = re.compile(r"\bwait\s([^;&|\n]*)")
_ASKED = re.compile(r"\$\{?(\w+|!)|%\w|-n\b")
_OF_ANOTHER = re.compile(r"\b(\w+)=\"?\$!")
"""Where the number of another process is kept."""
_FAILURE = re.compile(r"-ne\b|-gt\b|!=|>")
_SUCCESS = re.compile(r"-eq\b|==?")


@dataclass(frozen=True, slots=True)
class Context:
    """Where the walk is: what a failure here leads to, and the words of the function call around it."""

    fate: Fate
    errexit: bool
    arguments: tuple[str, ...] = ()
    called: Fate | None = None
    """What a failure of the function that is being run leads to."""
    callers: tuple[str, ...] = ()
    """The functions that are being run, outermost first."""
    behind: tuple[Node, ...] = ()
    """The statements that follow, also those that follow the blocks around."""
    forked: Fate | None = None
    """What the end of a subshell by `exit` leads to; None where that ends the script."""
    endless: bool = False
    """Whether it is in a loop that only `break` ends."""

    def tested(self, fate: Fate) -> Context:
        """Behind `if`, `||` and the like the shell obeys no `set -e`."""
        return replace(self, fate=fate, errexit=False)


@dataclass(slots=True)
class Outcomes:
    """Says what a failure leads to in a shell, of which is known by now what is set and which functions there are."""

    errexit: bool | None = False
    """None where that hangs on which way was taken."""
    functions: dict[str, Node] = field(default_factory=dict)

    def waited_for(self, behind: Sequence[Node], context: Context) -> Fate | None:
        """What asks for the exit code of a process in the background: `wait $pid`, where the script ends by that or may."""
        stored = re.match(r"(\w+)=\"?\$!\"?$", bash.text(behind[0]).strip()) if behind else None
        name = stored[1] if stored else "!"
        others = {found for one in behind[bool(stored) :] for found in _OF_ANOTHER.findall(bash.text(one))} - {name}
        for index, node in enumerate(behind):
            asked = {one[1] or one[0] for wait in _WAIT.findall(bash.text(node)) for one in _ASKED.finditer(wait)}
            if not asked - others:
                continue
            between = behind[1 if stored else 0 : index]
            meanwhile = [one for one in between if one.type != "variable_assignment" and not only_says(one)]
            latest = set() if any(map(bash.in_background, between)) else {"$!"}
            kept = (
                set() if any(bash.text(one).startswith(f"{name}=") for one in between) else {f"${name}", f"${{{name}}}"}
            )
            own = node.type == "command" and bash.words(node)[-1] in latest | (kept if stored else set())
            ends = (self.errexit and context.errexit) or index == len(behind) - 1
            why = f"wait on line {node.start_point.row + 1} gives its exit code"
            why += ", and what stands before that runs meanwhile" if meanwhile else ""
            return Fate(stops=True if own and ends else None, why=why, partly=bool(meanwhile))
        return None

    def tested_behind(self, behind: Sequence[Node], context: Context) -> Fate | None:
        """Whether what follows tests the exit code: at once as `$?`, or later what stored it."""
        if not behind:
            return None
        name, *words = bash.words(behind[0]) or [""] if behind[0].type == "command" else [""]
        if name in {"exit", "return"} and (not words or words[0] in {"$?", "${?}"}):
            return self._leaving(name, behind[0], context)
        stored = re.match(r"(?:local\s+|declare\s+)?(\w+)=\"?\$\?\"?$", bash.text(behind[0]).strip())
        if stored is None:
            return self.test(behind[0], "?", context)
        return self.stored(stored[1], behind[1:], context)

    def stored(self, name: str, behind: Sequence[Node], context: Context) -> Fate | None:
        """What tests a stored exit code, and ends by it: the first that does, else the first that tests it."""
        tested: Fate | None = None
        for node in behind:
            found = self.test(node, name, context)
            left = re.search(rf"\b(exit|return)\s+\"?\$(?:\{{|\(\()?{name}\b", bash.text(node))
            if found is None and left:
                found = self._leaving(left[1], node, context)
            if found is not None and found.stops is not False:
                return found
            tested = tested or found
            if bash.text(node).startswith(f"{name}="):
                break
        return tested

    @staticmethod
    def _leaving(how: str, node: Node, context: Context) -> Fate:
        """What it leads to that a shell, a subshell or a function ends with an exit code."""
        fate = context.called if how == "return" else context.forked
        return fate or Fate(stops=True, why=f"line {node.start_point.row + 1} {how}s with its exit code")

    def test(self, node: Node, name: str, context: Context) -> Fate | None:
        """What an `if`, `[ … ] ||` or `[ … ] &&` about an exit code does when it is not 0."""
        spelt = re.escape(name)
        asks = re.compile(rf"\$\{{?{spelt}(?!\w)|(?<![\w$]){spelt}\s*(?:[!=]=|>)" if name != "?" else r"\$\{?\?")
        line = node.start_point.row + 1
        match node.type:
            case "if_statement":
                condition, then, otherwise = bash.branches(node)
                if not any(asks.search(bash.text(one)) for one in condition):
                    return None
                fails = "then" if _asks_for_failure(" ".join(map(bash.text, condition))) else "else"
                return self._decided(then if fails == "then" else otherwise, line, context)
            case "list":
                left, operator, right = node.children[0], bash.text(node.children[1]), node.children[-1]
                if not asks.search(bash.text(left)):
                    return None
                runs = (operator == "&&") is _asks_for_failure(bash.text(left))
                return self._decided([right] if runs else [], line, context)
            case "case_statement":
                items = [one for one in bash.statements(node) if one.type == "case_item"]
                subject = bash.text(node).partition(bash.text(items[0]))[0] if items else ""
                if not asks.search(subject):
                    return None
                may = any(self.leaves(bash.statements(one), context) is not False for one in items)
                return Fate(None if may else False, f"the case on line {line} goes by its exit code")
        return None

    def _decided(self, branch: Sequence[Node], line: int, context: Context) -> Fate:
        leaves = self.leaves(branch, context)
        return Fate(leaves, f"line {line} tests its exit code and {does(leaves)}")

    def leaves(self, statements: Iterable[Node], context: Context, within: frozenset[str] = frozenset()) -> bool | None:
        """Whether statements end the script, or the function with a failure, and what that leads to; None if that is not told.

        Raises Unreadable where that is too deep.
        """
        found = [self._leaves(one, context, within) for one in statements]
        return True if True in found else None if None in found else False

    def _leaves(self, node: Node, context: Context, within: frozenset[str]) -> bool | None:
        if node.type == "command":
            name, *words = bash.words(node)
            if name == "return" and words[:1] != ["0"]:
                return context.called.stops if context.called is not None and not within else True
            if name == "exit" and context.forked is not None:
                return context.forked.stops
            if name in {"exit", "false"}:
                return True
            body = self.functions.get(name)
            if body is None or name in within:
                return False
            if len(within) == DEEPEST:
                raise too_deep(node)
            return self.leaves(bash.statements(body), context, within | {name})
        if node.type in {"compound_statement", "subshell", "redirected_statement", "do_group", "list"}:
            return self.leaves(bash.statements(node), context, within)
        return False

    @staticmethod
    def remembered(branches: Sequence[Node], behind: Sequence[Node]) -> Fate | None:
        """Whether what follows ends the script by a variable that one of the branches sets: for which one is not told."""
        names = {name for one in branches for name in re.findall(r"(?:^|[;&\s])(\w+)=", bash.text(one))}
        for node in behind:
            line = node.start_point.row + 1
            for name in sorted(names):
                spoken = re.search(rf"\$\{{?{name}(?!\w)", bash.text(node))
                if (
                    spoken
                    and node.type in {"if_statement", "list", "command"}
                    and re.search(r"\bexit\b|\bfalse\b", bash.text(node))
                ):
                    return Fate(stops=None, why=f"line {line} may end it by ${name}, which says how it went")
        return None


def too_deep(node: Node) -> Unreadable:
    return Unreadable(node.start_point.row + 1, f"functions are followed {DEEPEST} deep, and no deeper")


def does(leaves: bool | None) -> str:
    return "goes on" if leaves is False else "exits" if leaves else "may exit"


def _asks_for_failure(test: str) -> bool:
    return bool(_FAILURE.search(test)) or not _SUCCESS.search(test)


def only_says(node: Node) -> bool:
    if node.type == "command":
        words = bash.words(node)
        return bool(words) and bool(_SAYS.match(words[0]))
    return node.type in {"compound_statement", "list"} and all(map(only_says, bash.statements(node)))
