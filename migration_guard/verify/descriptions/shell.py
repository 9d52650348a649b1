"""Reads a shell script that deploys: its steps, in order, and whether a step that fails stops the deployment.

Nothing is run. The script is walked as the shell would: `set -e`, `||`, `&&`, `!`, `if`, pipes, functions, exit codes
that are stored and tested. What this cannot tell is told as not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions.steps import SPEAKS, Command, Fate, Unreadable

_LANGUAGE = Language(tree_sitter_bash.language())
_DEEPEST = 12
"""Functions that call functions: beyond this, nothing is followed, which is told."""

_SAYS = re.compile(
    r"^(?:echo|printf|logger|log(?:_\w+)?|info|warn(?:ing)?|say|notify\w*|true|:|sleep|date|return|continue)$"
)
"""Commands that only say something, or do nothing."""
_TAKES_TEXT = re.compile(r"^(?:cat|tee|echo|printf|read|mail|sendmail|mapfile|readarray|grep|wc|sed|awk)$")
"""Commands to which a text is but a text."""
_TAKES_COMMANDS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "at", "batch"})
_READING: tuple[list[str], ...] = ([], ["-"], ["-s"], ["now"], ["-e"], ["-ex"])
"""What stands behind a shell that reads what it is to run."""
_RUNS_OUT = re.compile(r"\b(?:break|exit|return)\b")
"""What ends a loop before its command has succeeded."""
_FAILURE = re.compile(r"-ne\b|-gt\b|!=|>")
_SUCCESS = re.compile(r"-eq\b|==?")


@dataclass(frozen=True, slots=True)
class _Context:
    """Where the walk is: what a failure here leads to, and the words of the function call around it."""

    fate: Fate
    errexit: bool
    arguments: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    """The functions that are being run, outermost first."""
    behind: tuple[Node, ...] = ()
    """The statements that follow, also those that follow the blocks around."""

    def tested(self, fate: Fate) -> _Context:
        """Behind `if`, `||` and the like the shell obeys no `set -e`."""
        return replace(self, fate=fate, errexit=False)


GOES_ON = Fate(stops=False, why="nothing looks at its exit code")
SET_E = Fate(stops=True, why="the script runs under set -e")
LAST = Fate(stops=True, why="the script ends with its exit code")
_SUBSTITUTED = Fate(stops=False, why="its exit code is lost in a substitution")
_DECLARED = Fate(stops=False, why="the declaration around it makes 0 of its exit code")


def _too_deep(node: Node) -> Unreadable:
    return Unreadable(node.start_point.row + 1, f"functions are followed {_DEEPEST} deep, and no deeper")


def recognises(name: str, source: bytes) -> bool:
    """By its first line, else by its name: a script that is sourced or named to `sh` needs none."""
    first = source[:200].split(b"\n", 1)[0]
    if first.startswith(b"#!"):
        return bool(re.search(rb"\b(?:ba|da|k|z|a)?sh\b", first))
    return name.endswith((".sh", ".bash")) or bool(_NAMED.match(name))


_NAMED = re.compile(r"^(?:deploy|release|entrypoint|start)(?:[_-][\w-]+)?$", re.IGNORECASE)


def commands(
    source: bytes, *, errexit: bool = False, pipefail: bool = False, above: int = 0, last: Fate = LAST
) -> tuple[Command, ...]:
    """Every command of a script that can be reached, functions followed, in the order in which they run.

    `above` is how many lines stand above it in its file, `last` what the failure of its last command leads to.
    """
    source = b"\n" * above + source
    if b"\0" in source:
        raise Unreadable(source.count(b"\n", 0, source.index(b"\0")) + 1, "it is binary: it holds null bytes")
    tree = Parser(_LANGUAGE).parse(source)
    if tree.root_node.has_error:
        raise Unreadable(_first_error(tree.root_node), "it is no shell script that can be read")
    walk = _Walk()
    walk.errexit, walk.pipefail = errexit or _shebang_errexit(source), pipefail
    walk.block(_statements(tree.root_node), _Context(GOES_ON, errexit=True), last=last)
    return tuple(walk.found)


def inner(words: Sequence[str]) -> tuple[str, bool] | None:
    """The script that `sh -c "…"` runs, and whether under `-e`."""
    name = words[0].rpartition("/")[2] if words else ""
    if name not in {"sh", "bash", "dash", "ash", "zsh"}:
        return None
    for index, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-\w*c", word) and index + 1 < len(words):
            return words[index + 1], any(re.fullmatch(r"-\w*e\w*", one) for one in words[1 : index + 1])
    return None


def _shebang_errexit(source: bytes) -> bool:
    return bool(re.match(rb"#!.*\bsh\s+-\w*e", source))


def _first_error(node: Node) -> int:
    if node.is_error or node.is_missing:
        return node.start_point.row + 1
    return next((_first_error(child) for child in node.children if child.has_error), node.start_point.row + 1)


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _statements(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type not in {"comment", "heredoc_body"}]


@dataclass(slots=True)
class _Walk:
    """The state of a shell, as far as it decides what a failure does."""

    errexit: bool = False
    pipefail: bool = False
    swallowed: int | None = None
    """The line of a trap that makes 0 of whatever exit code the script ends with."""
    functions: dict[str, Node] = field(default_factory=dict)
    found: list[Command] = field(default_factory=list)

    def block(self, statements: Sequence[Node], context: _Context, *, last: Fate) -> None:
        """Walk statements that follow one another, to one that ends them; `last` is what the failure of the last one leads to."""
        for index, node in enumerate(statements):
            behind = () if self.ends(node) else statements[index + 1 :]
            fate = self._fate(node, behind, context, last)
            inside = replace(context, fate=fate, behind=(*behind, *context.behind))
            self.statement(node, inside.tested(fate) if _in_background(node) else inside, behind)
            if not behind:
                return

    def _fate(self, node: Node, behind: Sequence[Node], context: _Context, last: Fate) -> Fate:
        if _in_background(node):
            return self._waited_for(behind, context) or Fate(stops=False, why="it runs in the background")
        if self.errexit and context.errexit:
            return last if not behind and last.stops and node.type == "list" else SET_E
        return self._tested_behind(behind) or (last if not behind else context.tested(GOES_ON).fate)

    def _waited_for(self, behind: Sequence[Node], context: _Context) -> Fate | None:
        """What asks for the exit code of a process in the background: `wait $pid`, where the script ends by that or may."""
        stored = re.match(r"(\w+)=\"?\$!\"?$", _text(behind[0]).strip()) if behind else None
        name = stored[1] if stored else "!"
        asks = re.compile(rf"\bwait\s[^;&|\n]*(?:\$!|%\w|-n\b|\$\{{?{name}\b)")
        for index, node in enumerate(behind):
            if not asks.search(_text(node)):
                continue
            between = behind[1 if stored else 0 : index]
            meanwhile = [one for one in between if one.type != "variable_assignment" and not _only_says(one)]
            latest = set() if any(map(_in_background, between)) else {"$!"}
            kept = set() if any(_text(one).startswith(f"{name}=") for one in between) else {f"${name}", f"${{{name}}}"}
            own = node.type == "command" and _words(node)[-1] in latest | (kept if stored else set())
            ends = (self.errexit and context.errexit) or index == len(behind) - 1
            why = f"wait on line {node.start_point.row + 1} gives its exit code"
            why += ", and what stands before that runs meanwhile" if meanwhile else ""
            return Fate(stops=True if own and ends else None, why=why, partly=bool(meanwhile))
        return None

    def _tested_behind(self, behind: Sequence[Node]) -> Fate | None:
        """Whether what follows tests the exit code: at once as `$?`, or later what stored it."""
        if not behind:
            return None
        stored = re.match(r"(?:local\s+|declare\s+)?(\w+)=\"?\$\?\"?$", _text(behind[0]).strip())
        if stored is None:
            return self._test(behind[0], "?")
        return self._stored(stored[1], behind[1:])

    def _stored(self, name: str, behind: Sequence[Node]) -> Fate | None:
        for node in behind:
            if found := self._test(node, name):
                return found
            if re.search(rf"\bexit\s+\"?\$\{{?{name}\b", _text(node)):
                return Fate(stops=True, why=f"line {node.start_point.row + 1} exits with its exit code")
        return None

    def _test(self, node: Node, name: str) -> Fate | None:
        """What an `if`, `[ … ] ||` or `[ … ] &&` about an exit code does when it is not 0."""
        spelt = re.escape(name)
        asks = re.compile(rf"\$\{{?{spelt}(?!\w)|(?<![\w$]){spelt}\s*(?:[!=]=|>)" if name != "?" else r"\$\{?\?")
        line = node.start_point.row + 1
        match node.type:
            case "if_statement":
                condition, then, otherwise = _branches(node)
                if not any(asks.search(_text(one)) for one in condition):
                    return None
                fails = "then" if _asks_for_failure(" ".join(map(_text, condition))) else "else"
                return self._decided(then if fails == "then" else otherwise, line)
            case "list":
                left, operator, right = node.children[0], _text(node.children[1]), node.children[-1]
                if not asks.search(_text(left)):
                    return None
                runs = (operator == "&&") is _asks_for_failure(_text(left))
                return self._decided([right] if runs else [], line)
        return None

    def _decided(self, branch: Sequence[Node], line: int) -> Fate:
        leaves = any(self.leaves(one) for one in branch)
        return Fate(leaves, f"line {line} tests its exit code and {'exits' if leaves else 'goes on'}")

    def leaves(self, node: Node, within: frozenset[str] = frozenset()) -> bool:
        """Whether a statement ends the script, or the function with a failure. Raises Unreadable where that is too deep."""
        if node.type == "command":
            name, *words = _words(node)
            if name == "exit" or (name == "return" and words[:1] != ["0"]) or name == "false":
                return True
            body = self.functions.get(name)
            if body is None or name in within:
                return False
            if len(within) == _DEEPEST:
                raise _too_deep(node)
            return any(self.leaves(one, within | {name}) for one in _statements(body))
        if node.type in {"compound_statement", "subshell", "redirected_statement", "do_group", "list"}:
            return any(self.leaves(one, within) for one in _statements(node))
        return False

    def ends(self, node: Node, within: frozenset[str] = frozenset()) -> bool:
        """Whether nothing that follows a statement is ever run: the shell exits, becomes another program, or returns."""
        if _in_background(node):
            return False
        if node.type == "command":
            name, *words = _words(node) or [""]
            if name in {"exit", "return"} or (name == "exec" and words):
                return True
            body = self.functions.get(name)
            inner = _statements(body) if body is not None and name not in within else []
            return any(_words(one)[:1] != ["return"] and self.ends(one, within | {name}) for one in inner)
        if node.type == "compound_statement":
            return any(self.ends(one, within) for one in _statements(node))
        if node.type == "redirected_statement":
            return any(
                self.ends(one, within) for one in node.named_children if one.type in {"command", "compound_statement"}
            )
        return False

    # --- Statements --------------------------------------------------------------------------------------------------

    def statement(self, node: Node, context: _Context, behind: Sequence[Node] = ()) -> None:
        """Walk one statement, whose failure leads to the context's fate."""
        handlers: dict[str, Callable[[], None]] = {
            "command": lambda: self._command(node, context),
            "function_definition": lambda: self._define(node),
            "list": lambda: self._list(node, context, behind),
            "pipeline": lambda: self._pipeline(node, context, behind),
            "variable_assignment": lambda: self._substituted(node, context.fate, context),
            "variable_assignments": lambda: self._substituted(node, context.fate, context),
            "declaration_command": lambda: self._substituted(node, _DECLARED, context),
            "test_command": lambda: self._substituted(node, _SUBSTITUTED, context),
            "if_statement": lambda: self._if(node, context),
            "negated_command": lambda: self._inside(node, context.tested(Fate(stops=False, why="it stands behind !"))),
            "redirected_statement": lambda: self._redirected(node, context),
            "compound_statement": lambda: self.block(_statements(node), context, last=context.fate),
            "subshell": lambda: self.block(_statements(node), context, last=context.fate),
            "while_statement": lambda: self._loop(node, context),
            "for_statement": lambda: self._loop(node, context),
            "c_style_for_statement": lambda: self._loop(node, context),
            "case_statement": lambda: self._case(node, context),
        }
        handlers.get(node.type, lambda: None)()

    def _inside(self, node: Node, context: _Context) -> None:
        for child in _statements(node):
            self.statement(child, context)

    def _redirected(self, node: Node, context: _Context) -> None:
        """A statement with redirections; a text that is given to another shell is not read."""
        given = " ".join(
            _text(one) for one in node.named_children if one.type in {"heredoc_redirect", "herestring_redirect"}
        )
        command = next((one for one in node.named_children if one.type == "command"), None)
        name = _words(command)[:1] if command is not None else []
        if SPEAKS.search(given) and name and not _TAKES_TEXT.match(name[0]):
            raise Unreadable(node.start_point.row + 1, f"what {name[0]} is given to run is not judged")
        for one in node.children_by_field_name("redirect"):
            self._substituted(one, _SUBSTITUTED, context)
        self._inside(node, context)

    def _substituted(self, node: Node, fate: Fate, context: _Context) -> None:
        """What stands in `$(…)`, `<(…)` and the like: another shell, which no `set -e` reaches."""
        for one in _substitutions(node):
            self.block(_statements(one), context.tested(GOES_ON), last=fate)

    def _define(self, node: Node) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if body is not None:
            self.functions[_text(name)] = body

    def _list(self, node: Node, context: _Context, behind: Sequence[Node]) -> None:
        left, operator, right = node.children[0], _text(node.children[1]), node.children[-1]
        line = right.start_point.row + 1
        if operator == "||":
            leaves = self.leaves(right)
            stored = re.match(r"(\w+)=(?:\"?\$\?\"?|\d+)$", _text(right).strip())
            tested = self._stored(stored[1], behind) if stored else None
            fate = tested or Fate(leaves, f"|| on line {line} {'exits' if leaves else 'goes on'}")
        elif context.fate.stops and context.fate is not SET_E:
            fate = context.fate
        elif _only_says(right):
            fate = Fate(stops=False, why="&& leaves out nothing but a message")
        elif self.leaves(right):
            fate = GOES_ON
        else:
            fate = Fate(stops=True, why=f"&& leaves out what follows on line {line}", partly=True)
        self.statement(left, context.tested(fate))
        self.statement(right, context)

    def _pipeline(self, node: Node, context: _Context, behind: Sequence[Node]) -> None:
        *others, last = _statements(node)
        name, *words = _words(last) if last.type == "command" else [""]
        if name in _TAKES_COMMANDS and words in _READING and any(SPEAKS.search(_text(one)) for one in others):
            raise Unreadable(node.start_point.row + 1, f"what {name} is given to run is not judged")
        tested = self._test(behind[0], "PIPESTATUS") if behind else None
        lost = tested or Fate(stops=False, why="its exit code is lost in a pipe")
        for one in others:
            self.statement(one, context if self.pipefail else context.tested(lost))
        self.statement(last, context)

    def _if(self, node: Node, context: _Context) -> None:
        condition, then, otherwise = _branches(node)
        for one in condition:
            negated = one.type == "negated_command"
            leaves = any(self.leaves(branch) for branch in (then if negated else otherwise))
            does = "exits" if leaves else "goes on"
            fate = Fate(leaves, f"the if on line {node.start_point.row + 1} {does} when it fails")
            if not leaves and (later := self._remembered((*then, *otherwise), context.behind)) is not None:
                fate = later
            inner = _statements(one) if negated else [one]
            for each in inner:
                self.statement(each, context.tested(fate))
        self.block(then, context, last=context.fate)
        for one in node.named_children:
            if one.type in {"elif_clause", "else_clause"}:
                self.block(_statements(one), context, last=context.fate)

    def _remembered(self, branches: Sequence[Node], behind: Sequence[Node]) -> Fate | None:
        """Whether what follows ends the script by a variable that one of the branches sets: for which one is not told."""
        names = {name for one in branches for name in re.findall(r"(?:^|[;&\s])(\w+)=", _text(one))}
        for node in behind:
            line = node.start_point.row + 1
            for name in sorted(names):
                spoken = re.search(rf"\$\{{?{name}(?!\w)", _text(node))
                if (
                    spoken
                    and node.type in {"if_statement", "list", "command"}
                    and re.search(r"\bexit\b|\bfalse\b", _text(node))
                ):
                    return Fate(stops=None, why=f"line {line} may end it by ${name}, which says how it went")
        return None

    def _loop(self, node: Node, context: _Context) -> None:
        body = node.child_by_field_name("body")
        again = body is not None and not _RUNS_OUT.search(_text(body))
        untold = Fate(stops=None, why="a loop runs it until it succeeds", repeats=again)
        for one in _statements(node):
            if one == body:
                self.block(_statements(one), context, last=context.fate)
            else:
                self.statement(one, context.tested(untold))

    def _case(self, node: Node, context: _Context) -> None:
        for item in _statements(node):
            if item.type == "case_item":
                self.block([one for one in _statements(item) if one.type != "word"], context, last=context.fate)

    # --- Commands ----------------------------------------------------------------------------------------------------

    def _command(self, node: Node, context: _Context) -> None:
        self._substituted(node, _SUBSTITUTED, context)
        words = _words(node)
        if not words:
            return
        name = words[0]
        if name == "set":
            self._set(words[1:])
        elif name == "trap" and len(words) > 2:
            self._trap(words[1], words[2:], node.start_point.row + 1)
        elif name in self.functions and len(context.callers) < _DEEPEST:
            inner = replace(context, arguments=tuple(words[1:]), callers=(*context.callers, name))
            self.block(_statements(self.functions[name]), inner, last=context.fate)
        elif name in self.functions and name not in context.callers:
            raise _too_deep(node)
        else:
            expanded = tuple(each for word in words for each in _expanded(word, context.arguments))
            fate = context.fate
            if self.swallowed is not None and fate.stops and not fate.partly:
                why = f"the trap on line {self.swallowed} makes 0 of the exit code that ends the script"
                fate = Fate(stops=None, why=why)
            self.found.append(Command(expanded, node.start_point.row + 1, fate))

    def _trap(self, does: str, signals: Sequence[str], line: int) -> None:
        if "ERR" in signals and "exit" in does:
            self.errexit = True
        if {"ERR", "EXIT", "0"} & {*signals} and re.search(r"\bexit\s+0\b", _text(self.functions.get(does)) or does):
            self.swallowed = line

    def _set(self, words: Sequence[str]) -> None:
        for index, word in enumerate(words):
            on = word.startswith("-")
            option = words[index + 1] if word.endswith("o") and index + 1 < len(words) else ""
            if re.match(r"[-+]\w*e", word) or option == "errexit":
                self.errexit = on
            if option == "pipefail":
                self.pipefail = on


def _substitutions(node: Node) -> Iterator[Node]:
    for one in node.named_children:
        if one.type in {"command_substitution", "process_substitution"}:
            yield one
        else:
            yield from _substitutions(one)


def _expanded(word: str, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a function's call, where it runs what it is given."""
    if word in {"$@", "$*", "${@}"}:
        return arguments
    place = re.fullmatch(r"\$\{?(\d)\}?", word)
    return arguments[int(place[1]) - 1 : int(place[1])] if place and place[1] != "0" else (word,)


def _words(node: Node) -> list[str]:
    """A command's words, without quotes, assignments before it and redirections."""
    kept = [one for one in node.named_children if one.type not in {"variable_assignment", "file_redirect", "comment"}]
    return [_text(one).strip("\"'") for one in kept]


def _branches(node: Node) -> tuple[list[Node], list[Node], list[Node]]:
    """An if's condition, what it does, and what it does otherwise."""
    condition: list[Node] = []
    then: list[Node] = []
    otherwise: list[Node] = []
    behind_then = False
    for child in node.children:
        if child.type == "then":
            behind_then = True
        elif child.type == "else_clause":
            otherwise += _statements(child)
        elif child.is_named and child.type not in {"comment", "elif_clause"}:
            (then if behind_then else condition).append(child)
    return condition, then, otherwise


def _asks_for_failure(test: str) -> bool:
    return bool(_FAILURE.search(test)) or not _SUCCESS.search(test)


def _in_background(node: Node) -> bool:
    behind = node.next_sibling
    return behind is not None and behind.type == "&"


def _only_says(node: Node) -> bool:
    if node.type == "command":
        words = _words(node)
        return bool(words) and bool(_SAYS.match(words[0]))
    return node.type in {"compound_statement", "list"} and all(map(_only_says, _statements(node)))
