"""Makefiles and justfiles: targets with what they need before them; a line that fails stops, unless `-` stands before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.steps import SPEAKS, Command, Fate, Unreadable

_UNTOLD = Fate(stops=None, why="-k goes on with other targets")
_IGNORED = Fate(stops=False, why="it is told to ignore errors")
_TARGET = re.compile(r"^@?(?P<names>[\w./%-]+(?:\s+[\w./%=\"'-]+)*)\s*::?(?!=)(?P<needs>[^#=]*)(?:#.*)?$")
_STOPS = Fate(stops=True, why="it stops at a line that fails")
_ALLOWED = Fate(stops=False, why="the - before the line lets it go on")
_MAKE = re.compile(r"^(?:GNU)?makefile$|\.mk$", re.IGNORECASE)
_JUST = re.compile(r"^\.?justfile$|\.just$", re.IGNORECASE)
_DEEPEST = 20
_CONDITION = re.compile(r"^(?:ifn?eq|ifn?def|else|endif)\b")
_NESTED = 5
"""Variables that stand for others: beyond this, they stay as they are."""
_SET = re.compile(r"^(?:export\s+)?(\w+)\s*(?::{0,3}|\?)=[ \t]*([^\n#]*)", re.MULTILINE)
_SHELL_OF = re.compile(r"^(?:SHELL\s*[:?]*=|set\s+shell\s*:=|set\s+script-interpreter\s*:=)\s*(.*)", re.MULTILINE)
_A_SHELL = re.compile(
    r"(?:\[\s*[\"'])?(?:\$\(shell which )?(?:/usr)?(?:/local)?(?:/bin/)?(?:env\s+)?(?:ba|da|z)?sh\b(?!-)"
)
_INCLUDES = re.compile(r"^(?:-?include|sinclude|import\??|mod\??)\s+\S", re.MULTILINE)


@dataclass(slots=True)
class _Target:
    needs: list[str]
    lines: list[tuple[int, str]] = field(default_factory=list)


class _Targets(dict[str, _Target]):
    """Targets by their names."""

    def __init__(self, text: str) -> None:
        super().__init__(_targets(text))
        self.included = _INCLUDES.search(text) is not None
        """Whether others stand in files that it includes."""
        self.in_one = re.search(r"^\.ONESHELL\s*:", text, re.MULTILINE) is not None
        """Whether the lines of a target run in one shell, so that only the last one's failure is one."""
        flags = called(["make", *" ".join(re.findall(r"^MAKEFLAGS\s*[:?+]?=(.*)", text, re.MULTILINE)).split()])
        self.flags = flags.fate if flags is not None else None
        """What the flags that the file gives itself make of a failure."""
        self.ignored = [found.split() for found in re.findall(r"^\.IGNORE\s*:(.*)", text, re.MULTILINE)]
        """The targets of which lines that fail stop nothing; an empty list stands for all."""
        self.variables = {name: value.strip() for name, value in _SET.findall(text)}
        """What variables stand for, as text."""
        other = next((shell_of for shell_of in _SHELL_OF.findall(text) if not _A_SHELL.match(shell_of.strip())), None)
        self.unread = f"recipes run in {other.strip()}, which is not read" if other is not None else None
        """Why its recipes are not read."""
        self.stopping = re.search(r"^\.SHELLFLAGS\s*[:?+]?=.*\s-\w*e", text, re.MULTILINE) is not None


def recognises(name: str) -> bool:
    return bool(_MAKE.search(name) or _JUST.search(name))


def read(source: bytes, *, chosen: Sequence[str] = (), named: bool = False) -> Iterator[Command]:
    """The targets that deploy, or those that are `chosen`; of a file that is `named` else the first."""
    text = source.decode("utf-8", "replace")
    targets = _Targets(text)
    wanted = [*chosen] or [name for name in targets if re.match(r"deploy|release|ship", name, re.IGNORECASE)]
    if not wanted and named:
        wanted = [name for name in targets if not name.startswith(".")][:1]
    done: set[str] = set()
    for name in wanted:
        yield from _run(name, targets, done)


def _run(name: str, targets: _Targets, done: set[str], above: tuple[str, ...] = ()) -> Iterator[Command]:
    """What a target needs, and then its own lines; it was come to by those `above`."""
    if name not in targets and targets.included and not re.search(r"[/.%$]", name):
        raise Unreadable(None, f"the target {name} may stand in a file that it includes, which is not read with it")
    if name in done or name in above or name not in targets:
        return
    if len(above) > _DEEPEST:
        raise Unreadable(None, f"targets that need targets are followed {_DEEPEST} deep, and no deeper")
    done.add(name)
    for one in targets[name].needs:
        yield from _run(one, targets, done, (*above, name))
    lines = targets[name].lines
    if lines and lines[0][1].startswith("#!") and not re.search(r"\b(?:ba|da|z|k|a)?sh\b", lines[0][1]):
        raise Unreadable(lines[0][0], f"a recipe for {lines[0][1].removeprefix('#!').strip()} is not read")
    if lines and (targets.in_one or lines[0][1].startswith("#!")):
        first, script = lines[0][0], "\n".join(re.sub(r"^[@+-]+", "", line) for _, line in lines)
        fate = _fate(lines[0][1], name, targets)
        found = shell.commands(
            _expanded(script, targets.variables).encode(), errexit=targets.stopping, above=first - 1, last=fate
        )
        yield from (one.led_to(fate) for one in found)
        return
    for number, line in lines:
        fate = _fate(line, name, targets)
        if targets.unread is not None and SPEAKS.search(line):
            raise Unreadable(number, targets.unread)
        text = re.sub(r"^[@+\s-]*", "", line)
        if (stands := _DEFINED.fullmatch(text)) is not None and (stands[1] or stands[2]) not in targets.variables:
            raise Unreadable(number, f"what {text} stands for is not read")
        call = called(re.sub(r"^\$[({]MAKE[)}]", "make", text).split())
        if call is not None and call.targets and not (call.folder or call.file) and targets.keys() >= {*call.targets}:
            for target in call.targets:
                inner = _run(target, targets, done - {target}, (*above, name))
                yield from (one.led_to(call.fate or fate) for one in inner)
            continue
        yield from (
            one.led_to(fate)
            for one in shell.commands(_expanded(text, targets.variables).encode(), above=number - 1, last=fate)
        )


def _fate(line: str, name: str, targets: _Targets) -> Fate:
    """What the failure of a line of a target leads to, by what stands before it, and by what the file says of all."""
    prefix = re.match(r"[@+\s-]*", line)
    if prefix and "-" in prefix[0]:
        return _ALLOWED
    return _IGNORED if any(not those or name in those for those in targets.ignored) else targets.flags or _STOPS


@dataclass(frozen=True, slots=True)
class Call:
    """A call of make or just for targets of the file that lies in the same folder."""

    targets: tuple[str, ...]
    fate: Fate | None
    """What the call's own options make of a failure."""
    folder: str = ""
    file: str = ""
    """Where it looks for targets; empty where that is the usual place."""


def called(words: Sequence[str]) -> Call | None:
    """What a command calls, if it is such a call. Raises Unreadable where it has no order."""
    if not words or words[0].rpartition("/")[2] not in {"make", "gmake", "just"}:
        return None
    places, rest = _placed(words[1:])
    options = [word for word in rest if word.startswith("-")]
    short = "".join(one for one in options if not one.startswith("--"))
    if "j" in short or any(one.startswith("--jobs") for one in options):
        raise Unreadable(None, "with -j targets run beside each other")
    fate = _IGNORED if "i" in short or "--ignore-errors" in options else None
    fate = fate or (_UNTOLD if "k" in short or "--keep-going" in options else None)
    targets = (word for word in rest if not word.startswith("-") and "=" not in word and not word.isdigit())
    return Call(tuple(targets), fate, places.get("folder", ""), places.get("file", ""))


_PLACES = re.compile(
    r"(?:(?P<folder>-C|-d|--directory|--working-directory)|(?P<file>-f|--file|--makefile|--justfile))(?:=|(?<=-[Cfd])(?=.))?(?P<value>.*)"
)


def _placed(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The folder and the file that options of a call name, and its other words."""
    found: dict[str, str] = {}
    rest: list[str] = []
    waiting = ""
    for word in words:
        match = _PLACES.fullmatch(word)
        if waiting:
            found[waiting], waiting = word, ""
        elif match is None:
            rest.append(word)
        elif match["value"]:
            found["folder" if match["folder"] else "file"] = match["value"]
        else:
            waiting = "folder" if match["folder"] else "file"
    return found, rest


_DEFINED = re.compile(r"\$(?:\((\w+)\)|\{(\w+)\})")


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """What the shell gets to see: what variables of make and just stand for, and others as its own."""
    for _ in range(_NESTED):
        before = text
        text = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: variables.get(match[1], f"${match[1]}").strip("\"'"), text)
        text = re.sub(r"(?<!\$)\$[({](\w+)[)}]", lambda match: variables.get(match[1], match[0]), text)
        if text == before:
            break
    text = re.sub(r"\{\{\s*(\w+).*?\}\}", r"$\1", text.replace("$$", "$"))
    return re.sub(r"\$\((\w+)\)", r"${\1}", text)


def _targets(text: str) -> dict[str, _Target]:
    found: dict[str, _Target] = {}
    now: list[_Target] = []
    continued = guarded = False
    for number, line in enumerate(text.splitlines(), 1):
        if continued and now:
            for one in now:
                first, before = one.lines.pop()
                one.lines.append((first, f"{before}\n{line}"))
        elif line[:1] in {"\t", " "} and line.strip():
            if guarded and now and SPEAKS.search(line):
                raise Unreadable(number, "it stands behind a condition of make")
            for one in now:
                if not line.strip().startswith("#") or (line.strip().startswith("#!") and not one.lines):
                    one.lines.append((number, line.strip()))
        elif _CONDITION.match(line):
            guarded = not line.startswith("endif")
            continue
        elif match := _TARGET.match(line.partition(";")[0].rstrip() if ":" in line.partition(";")[0] else line):
            names = match["names"].split()
            names = names[:1] if any("=" in name for name in names) else names
            now = [found.setdefault(name, _Target([])) for name in names]
            for one in now:
                one.lines += [(number, line.partition(";")[2].strip())] if line.partition(";")[2].strip() else []
                one.needs += [need for need in re.findall(r"[\w./-]+", match["needs"]) if need != "|"]
        elif line.strip() and not line.startswith("#"):
            now = []
        continued = bool(now) and line.endswith("\\") and line[:1] in {"\t", " "}
    return found
