"""Reads a shell script that deploys: its steps, in order, and whether a step that fails stops the deployment.

Nothing is run. The script is walked as the shell would: `set -e`, `||`, `&&`, `!`, `if`, pipes, functions, exit codes
that are stored and tested. What this cannot tell is told as not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions import bash
from migration_guard.verify.descriptions.bash import Node
from migration_guard.verify.descriptions.outcomes import DEEPEST, Context, does, only_says, too_deep
from migration_guard.verify.descriptions.reached import ends, truth
from migration_guard.verify.descriptions.state import Look, State
from migration_guard.verify.descriptions.steps import SPEAKS, Command, Fate, Unreadable

_TAKES_TEXT = re.compile(r"^(?:cat|tee|echo|printf|read|mail|sendmail|mapfile|readarray|grep|wc|sed|awk)$")
"""Commands to which a text is but a text."""
SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_TAKES_COMMANDS = SHELLS | {"at", "batch", "crontab"}
_READING: tuple[list[str], ...] = ([], ["-"], ["-s"], ["now"], ["-e"], ["-ex"])
"""What stands behind a shell that reads what it is to run."""
_MAY_FAIL = re.compile(
    r"^(?:test|\[\[?|p?kill|killall|(?:ba|da)?sh|python[\d.]*|node|ruby|perl|php|make|\S*/\S+|\S+\.(?:sh|py))$"
)
"""Programs behind `||` whose own exit code nobody can know."""
_RUNS_OUT = re.compile(r"\b(?:break|return)\b|\bexit\s+(?:0|\$)")
"""What ends a loop before its command has succeeded, but for what ends the script with a failure."""

_GLOB = re.compile(r"[*?{}$`]")
_HARMLESS = frozenset(
    {
        "comment",
        "heredoc_body",
        "heredoc_redirect",
        "herestring_redirect",
        "file_redirect",
        "unset_command",
        "string",
        "word",
        "raw_string",
    }
)
_OF_LOOPS = frozenset({"break", "continue"})
_CALLERS = re.compile(r"\$(?:@|\*|1|\{[@*1](?::[^}]*)?\})")
"""A command that who calls the script says."""
_WHILE = Fate(stops=False, why="the loop ends when it fails, and what follows goes on")
_UNTIL = Fate(stops=None, why="a loop runs it until it succeeds", repeats=True)

GOES_ON = Fate(stops=False, why="nothing looks at its exit code")
SET_E = Fate(stops=True, why="the script runs under set -e")
LAST = Fate(stops=True, why="the script ends with its exit code")
_SUBSTITUTED = Fate(stops=False, why="its exit code is lost in a substitution")
_DECLARED = Fate(stops=False, why="the declaration around it makes 0 of its exit code")


def recognises(name: str, source: bytes) -> bool:
    """By its first line, else by its name: a script that is sourced or named to `sh` needs none."""
    first = source[:200].split(b"\n", 1)[0]
    if first.startswith(b"#!"):
        return bool(re.search(rb"\b(?:ba|da|k|z|a)?sh\b", first))
    return name.endswith((".sh", ".bash")) or bool(_NAMED.match(name))


_NAMED = re.compile(r"^(?:deploy|release|entrypoint|start)(?:[_-][\w-]+)?$", re.IGNORECASE)


def commands(
    source: bytes,
    *,
    errexit: bool = False,
    pipefail: bool | None = False,
    above: int = 0,
    last: Fate = LAST,
    look: Look = lambda _: None,
    given: Mapping[str, str] | None = None,
) -> tuple[Command, ...]:
    """Every command of a script that can be reached, functions followed, in the order in which they run.

    `above` is how many lines stand above it in its file, `last` what the failure of its last command leads to, `given` the
    variables that are set around it.
    """
    source = b"\n" * above + source
    root = bash.parse(source)
    walk = _Walk(look=look)
    walk.values.update((name, tuple(value.split())) for name, value in (given or {}).items())
    walk.errexit, walk.pipefail = errexit or bash.shebang_errexit(source), pipefail
    walk.block(bash.statements(root), Context(GOES_ON, errexit=True), last=last)
    return tuple(walk.found)


def inner(words: Sequence[str]) -> tuple[str, bool] | None:
    """The script that `sh -c "…"` runs, and whether under `-e`."""
    name = words[0].rpartition("/")[2] if words else ""
    if name not in SHELLS:
        return None
    for index, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-\w*c", word) and index + 1 < len(words):
            return words[index + 1], any(re.fullmatch(r"-\w*e\w*", one) for one in words[1 : index + 1])
    return None


@dataclass(slots=True)
class _Walk(State):
    """A walk through a script, which changes what is set as it goes."""

    found: list[Command] = field(default_factory=list)

    def block(self, statements: Sequence[Node], context: Context, *, last: Fate) -> None:
        """Walk statements that follow one another, to one that ends them; `last` is what the failure of the last one leads to."""
        for index, node in enumerate(statements):
            behind = () if ends(node, self.functions) else statements[index + 1 :]
            fate = self._fate(node, behind, context, last)
            inside = replace(context, fate=fate, behind=(*behind, *context.behind))
            if bash.in_background(node):
                with self.forked():
                    self.statement(node, replace(inside.tested(fate), forked=fate), behind)
            else:
                self.statement(node, inside, behind)
            if not behind:
                return

    def _fate(self, node: Node, behind: Sequence[Node], context: Context, last: Fate) -> Fate:
        if bash.in_background(node):
            return self.waited_for(behind, context) or Fate(stops=False, why="it runs in the background")
        if self.errexit and context.errexit:
            return last if not behind and last.stops and node.type == "list" else SET_E
        if self.errexit is None and context.errexit:
            return Fate(stops=None, why="whether set -e holds there hangs on the way that was taken")
        return self.tested_behind(behind, context) or (last if not behind else context.tested(GOES_ON).fate)

    # --- Statements --------------------------------------------------------------------------------------------------

    def statement(self, node: Node, context: Context, behind: Sequence[Node] = ()) -> None:
        """Walk one statement, whose failure leads to the context's fate."""
        handlers: dict[str, Callable[[], None]] = {
            "command": lambda: self._command(node, context),
            "function_definition": lambda: self.define(node),
            "list": lambda: self._list(node, context, behind),
            "pipeline": lambda: self._pipeline(node, context, behind),
            "variable_assignment": lambda: self._assigned(node, context.fate, context),
            "variable_assignments": lambda: self._assigned(node, context.fate, context),
            "declaration_command": lambda: self._assigned(node, _DECLARED, context),
            "test_command": lambda: self._substituted(node, _SUBSTITUTED, context),
            "if_statement": lambda: self._if(node, context),
            "negated_command": lambda: self._inside(node, context.tested(Fate(stops=False, why="it stands behind !"))),
            "redirected_statement": lambda: self._redirected(node, context),
            "compound_statement": lambda: self.block(bash.statements(node), context, last=context.fate),
            "subshell": lambda: self._subshell(node, context),
            "while_statement": lambda: self._loop(node, context),
            "for_statement": lambda: self._loop(node, context),
            "c_style_for_statement": lambda: self._loop(node, context),
            "case_statement": lambda: self._case(node, context),
        }
        handlers.get(node.type, lambda: self._unknown(node))()

    @staticmethod
    def _unknown(node: Node) -> None:
        if SPEAKS.search(bash.text(node)) and node.type not in _HARMLESS:
            raise Unreadable(node.start_point.row + 1, "what stands there is not judged")

    def _assigned(self, node: Node, fate: Fate, context: Context) -> None:
        self._substituted(node, fate, context)
        for one in [node] if node.type == "variable_assignment" else bash.statements(node):
            if one.type == "variable_assignment":
                given = context.arguments[self.shifted :] if context.callers else None
                self.values.note(one, given)

    def _inside(self, node: Node, context: Context) -> None:
        for child in bash.statements(node):
            self.statement(child, context)

    def _redirected(self, node: Node, context: Context) -> None:
        """A statement with redirections; a text that is given to another shell is not read."""
        given = " ".join(
            bash.text(one) for one in node.named_children if one.type in {"heredoc_redirect", "herestring_redirect"}
        )
        command = next((one for one in node.named_children if one.type == "command"), None)
        name = bash.words(command)[:1] if command is not None else []
        if SPEAKS.search(given) and name and not _TAKES_TEXT.match(name[0]):
            raise Unreadable(node.start_point.row + 1, f"what {name[0]} is given to run is not judged")
        for one in node.children_by_field_name("redirect"):
            self._substituted(one, _SUBSTITUTED, context)
        self._inside(node, context)

    def _substituted(self, node: Node, fate: Fate, context: Context) -> None:
        """What stands in `$(…)`, `<(…)` and the like: another shell, which no `set -e` reaches."""
        for one in bash.substitutions(node):
            with self.forked():
                self.block(bash.statements(one), replace(context.tested(GOES_ON), forked=fate), last=fate)

    def _subshell(self, node: Node, context: Context) -> None:
        with self.forked():
            self.block(bash.statements(node), replace(context, forked=context.fate), last=context.fate)

    def _list(self, node: Node, context: Context, behind: Sequence[Node]) -> None:
        left, operator, right = node.children[0], bash.text(node.children[1]), node.children[-1]
        line = right.start_point.row + 1
        if operator == "||":
            leaves = self.leaves([right], context)
            stored = re.match(r"(\w+)=(?:\"?\$\?\"?|\d+)$", bash.text(right).strip())
            tested = self.stored(stored[1], behind, context) if stored else None
            may = leaves is False and (context.fate.stops or (self.errexit and context.errexit)) and _may_fail(right)
            fate = tested or Fate(None if may else leaves, f"|| on line {line} {does(None if may else leaves)}")
        elif context.fate.stops and context.fate is not SET_E:
            fate = context.fate
        elif only_says(right):
            fate = Fate(stops=False, why="&& leaves out nothing but a message")
        elif right.type == "variable_assignment" or (right.type == "command" and bash.words(right)[0] in _OF_LOOPS):
            goes_on = _UNTIL if context.endless else Fate(stops=False, why="the loop ends, and what follows goes on")
            fate = self.remembered([node], context.behind) or goes_on
        elif self.leaves([right], context):
            fate = GOES_ON
        else:
            fate = Fate(stops=True, why=f"&& leaves out what follows on line {line}", partly=True)
        self.statement(left, context.tested(fate))
        always = truth(left)
        if always is None or always is (operator == "&&"):
            self.either([((), lambda: self.statement(right, context)), *([((), _nothing)] if always is None else [])])

    def _pipeline(self, node: Node, context: Context, behind: Sequence[Node]) -> None:
        *others, last = bash.statements(node)
        name, *words = bash.words(last) if last.type == "command" else [""]
        if name in _TAKES_COMMANDS and words in _READING and any(SPEAKS.search(bash.text(one)) for one in others):
            raise Unreadable(node.start_point.row + 1, f"what {name} is given to run is not judged")
        tested = self.test(behind[0], "PIPESTATUS", context) if behind else None
        lost = tested or Fate(stops=False, why="its exit code is lost in a pipe")
        if self.pipefail is None:
            lost = tested or Fate(stops=None, why="whether pipefail holds there hangs on the way that was taken")
        for one in others:
            inside = context if self.pipefail else context.tested(lost)
            with self.forked():
                self.statement(one, replace(inside, forked=inside.fate))
        with self.forked():
            self.statement(last, replace(context, forked=context.fate))

    def _if(self, node: Node, context: Context) -> None:
        condition, then, otherwise = bash.branches(node)
        for one in condition:
            negated = one.type == "negated_command"
            leaves = self.leaves(then if negated else otherwise, context)
            fate = Fate(leaves, f"the if on line {node.start_point.row + 1} {does(leaves)} when it fails")
            if context.endless and not leaves and any(map(_breaks, then)):
                fate = _UNTIL
            elif not leaves and (later := self.remembered((*then, *otherwise), context.behind)) is not None:
                fate = later
            inner = bash.statements(one) if negated else [one]
            for each in inner:
                self.statement(each, context.tested(fate))
        always = truth(condition[-1]) if condition else None
        clauses = [one for one in node.named_children if one.type in {"elif_clause", "else_clause"}]
        ways = [] if always is False else [then]
        ways += [] if always else [bash.statements(one) for one in clauses]
        ways += [] if always or otherwise else [[]]
        self.either([(way, partial(self.block, way, context, last=context.fate)) for way in ways])

    def _loop(self, node: Node, context: Context) -> None:
        body = node.child_by_field_name("body")
        until = bash.text(node.children[0]) == "until"
        again = body is not None and not _RUNS_OUT.search(bash.text(body))
        untold = replace(_UNTIL, repeats=again)
        never = {"while": False, "until": True}.get(bash.text(node.children[0]))
        last = context.fate
        if last.stops:
            why = f"only the last pass of the loop on line {node.start_point.row + 1} gives its exit code"
            last = Fate(stops=None, why=why)
        endless = False
        for one in bash.statements(node):
            if one != body:
                negated = one.type == "negated_command"
                for each in bash.statements(one) if negated else [one]:
                    self.statement(each, context.tested(untold if until is not negated else _WHILE))
                if never is not None and truth(one) is never:
                    return
                endless = endless or (never is not None and truth(one) is (not never))
            else:
                inside = bash.statements(one)
                within = replace(context, endless=endless)
                passes = self._passes(node, partial(self.block, inside, within, last=last))
                self.either([((), _nothing), (inside, passes)])

    def _passes(self, node: Node, walk: Callable[[], None]) -> Callable[[], None]:
        """A loop's body once, or once for each text that the loop goes through, where these are to be run."""
        name = node.child_by_field_name("variable")
        texts = [bash.text(one).strip("\"'") for one in node.children_by_field_name("value")]
        listed = [word for text in texts for word in self.values.expanded([text])] if len(texts) == 1 else texts
        told = listed if any(map(SPEAKS.search, listed)) and not any(map(_GLOB.search, listed)) else []

        def passes() -> None:
            for text in told or (None,):
                if name is not None:
                    self.values[bash.text(name)] = tuple(text.split()) if text is not None else None
                walk()

        return passes

    def _case(self, node: Node, context: Context) -> None:
        items = [one for one in bash.statements(node) if one.type == "case_item"]
        ways = [[one for one in bash.statements(item) if one.type != "word"] for item in items]
        self.either([((), _nothing), *((way, partial(self.block, way, context, last=context.fate)) for way in ways)])

    # --- Commands ----------------------------------------------------------------------------------------------------

    def _command(self, node: Node, context: Context) -> None:
        self._substituted(node, _SUBSTITUTED, context)
        given = context.arguments[self.shifted :]
        words = [one for word in self.values.expanded(bash.words(node)) for one in _positional(word, given, context)]
        if words[:1] == ["coproc"]:
            words = words[words.index("{") + 1 :] if "{" in words[:3] else words[1:]
        if not words:
            return
        name = words[0]
        if any(one.type == "subshell" and SPEAKS.search(bash.text(one)) for one in node.named_children):
            raise Unreadable(node.start_point.row + 1, f"what {name} is given to run is not judged")
        if (
            _CALLERS.fullmatch(name)
            and not context.callers
            and any(SPEAKS.search(bash.text(one)) for one in self.functions.values())
        ):
            raise Unreadable(node.start_point.row + 1, "which function is run says who calls the script")
        if name in {".", "source"} and len(words) > 1:
            self.source(words[1])
        if name == "set":
            self.set_options(words[1:])
        elif name == "shift" and context.callers:
            self.shifted += int(words[1]) if words[1:] and words[1].isdigit() else 1
        elif name == "trap" and len(words) > 2:
            self.trap(words[1], words[2:], node.start_point.row + 1)
        elif name in self.functions and len(context.callers) < DEEPEST:
            callers = (*context.callers, name)
            inner = replace(context, arguments=tuple(words[1:]), callers=callers, called=context.fate)
            before, shifted, self.shifted = len(self.found), self.shifted, 0
            self.block(bash.statements(self.functions[name]), inner, last=context.fate)
            self.shifted = shifted
            if name in self.sourced:
                self.found[before:] = [replace(one, line=node.start_point.row + 1) for one in self.found[before:]]
        elif name in self.functions and name not in context.callers:
            raise too_deep(node)
        else:
            fate = context.fate
            if self.swallowed is not None and fate.stops and not fate.partly:
                why = f"the trap on line {self.swallowed} makes 0 of the exit code that ends the script"
                fate = Fate(stops=None, why=why)
            options = (bool(self.errexit and context.errexit), bool(self.pipefail))
            self.found.append(Command(tuple(words), node.start_point.row + 1, fate, options=options))


def _positional(word: str, arguments: tuple[str, ...], context: Context) -> tuple[str, ...]:
    """The words of a function's call, where it runs what it is given."""
    if not context.callers:
        return (word,)
    if word in {"$@", "$*", "${@}", "${*}"}:
        return arguments
    place = re.fullmatch(r"\$\{?(\d)\}?", word)
    return arguments[int(place[1]) - 1 : int(place[1])] if place and place[1] != "0" else (word,)


def _nothing() -> None:
    """What a way does that leaves out what is asked about."""


def _may_fail(node: Node) -> bool:
    """Whether what stands behind `||` decides by itself whether the script goes on."""
    if node.type == "command":
        words = bash.words(node)
        return bool(words) and bool(_MAY_FAIL.match(words[0]))
    inside = bash.statements(node) if node.type == "compound_statement" else []
    return node.type == "test_command" or any(map(_may_fail, inside[-1:]))


def _breaks(node: Node) -> bool:
    """Whether a statement leaves a loop."""
    return node.type == "command" and bash.words(node)[:1] == ["break"]
