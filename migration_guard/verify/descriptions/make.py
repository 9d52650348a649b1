"""Makefiles and justfiles: targets with what they need before them; a line that fails stops, unless `-` stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions import shell
from migration_guard.verify.descriptions.steps import Command, Fate, Unreadable

_TARGET = re.compile(r"^@?(?P<names>[\w./%-]+(?:\s+[\w./%=\"'-]+)*)\s*::?(?!=)(?P<needs>[^#=]*)(?:#.*)?$")
_STOPS = Fate(stops=True, why="it stops at a line that fails")
_ALLOWED = Fate(stops=False, why="the - before the line lets it go on")
_MAKE = re.compile(r"^(?:GNU)?makefile$|\.mk$", re.IGNORECASE)
_JUST = re.compile(r"^\.?justfile$|\.just$", re.IGNORECASE)
_DEEPEST = 20
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
        self.stopping = re.search(r"^\.SHELLFLAGS\s*[:?+]?=.*\s-\w*e", text, re.MULTILINE) is not None


def recognises(name: str) -> bool:
    return bool(_MAKE.search(name) or _JUST.search(name))


def read(source: bytes, *, chosen: str | None = None, named: bool = False) -> Iterator[Command]:
    """The targets that deploy, or the one that is `chosen`; of a file that is `named` else the first."""
    text = source.decode("utf-8", "replace")
    targets = _Targets(text)
    wanted = (
        [chosen]
        if chosen is not None
        else [name for name in targets if re.match(r"deploy|release|ship", name, re.IGNORECASE)]
    )
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
    if lines and (targets.in_one or lines[0][1].startswith("#!")):
        first, script = lines[0][0], "\n".join(re.sub(r"^[@+-]+", "", line) for _, line in lines)
        fate = _fate(lines[0][1])
        found = shell.commands(_expanded(script).encode(), errexit=targets.stopping, above=first - 1, last=fate)
        yield from (one.led_to(fate) for one in found)
        return
    for number, line in lines:
        fate = _fate(line)
        text = re.sub(r"^[@+\s-]*", "", line)
        call = re.match(r"(?:\$\(MAKE\)|make|just)\s+([\w.-]+)\s*$", text)
        if call and call[1] in targets:
            yield from (one.led_to(fate) for one in _run(call[1], targets, done - {call[1]}, (*above, name)))
            continue
        yield from (one.led_to(fate) for one in shell.commands(_expanded(text).encode(), above=number - 1, last=fate))


def _fate(line: str) -> Fate:
    """What the failure of a line leads to, by what stands before it."""
    prefix = re.match(r"[@+\s-]*", line)
    return _ALLOWED if prefix and "-" in prefix[0] else _STOPS


def _expanded(text: str) -> str:
    """What the shell gets to see: variables of make and just as its own."""
    text = re.sub(r"\{\{\s*(\w+).*?\}\}", r"$\1", text.replace("$$", "$"))
    return re.sub(r"\$\((\w+)\)", r"${\1}", text)


def _targets(text: str) -> dict[str, _Target]:
    found: dict[str, _Target] = {}
    now: list[_Target] = []
    continued = False
    for number, line in enumerate(text.splitlines(), 1):
        if continued and now:
            for one in now:
                first, before = one.lines.pop()
                one.lines.append((first, f"{before}\n{line}"))
        elif line[:1] in {"\t", " "} and line.strip():
            for one in now:
                if not line.strip().startswith("#") or (line.strip().startswith("#!") and not one.lines):
                    one.lines.append((number, line.strip()))
        elif match := _TARGET.match(line):
            names = match["names"].split()
            names = names[:1] if any("=" in name for name in names) else names
            now = [found.setdefault(name, _Target([])) for name in names]
            for one in now:
                one.needs += [need for need in re.findall(r"[\w./-]+", match["needs"]) if need != "|"]
        elif line.strip() and not line.startswith("#"):
            now = []
        continued = bool(now) and line.endswith("\\") and line[:1] in {"\t", " "}
    return found
