"""Patterns of file names, matched in time that grows with the name alone, whatever the pattern is.

A star may end anywhere, and a matcher that tries every end of every star takes time to the power of the stars. But
what lies between two stars has a fixed length, so that its leftmost place is always as good as any other: each star is
passed once and never again, both inside the name of a file and, for `**`, along a path.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from migration_guard.later import re
from migration_guard.lean import dataclass

LONGEST = 1_000
"""Characters of a pattern that are taken at most, and patterns of a file."""

_TOKEN = re.compile(
    r"\\(?P<escaped>.)|(?P<star>\*+)|(?P<any>\?)"
    r"|\[(?P<not>[!^]?)(?P<set>\]?(?:\[:\w+:\]|\\.|[^\]\\])*)\]|(?P<open>\[|\\$)|(?P<plain>.)",
    re.DOTALL,
)
_AFTER_PLAIN = re.compile(r"(?P<plain>[^*?\[\\]*[^*?\[\\/])\*{2,}(?P<rest>/.*)?", re.DOTALL)
_MEMBER = re.compile(r"\[:(?P<named>\w+):\]|(?P<low>\\.|.)-(?P<high>\\.|[^\]])|(?P<one>\\.|.)", re.DOTALL)
_NAMED = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\s", "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip


class BadPattern(ValueError):
    """A pattern that means nothing, or is too long; the message says so."""


Name = Callable[[str], object]
"""Whether one name of a path fits."""
_Path = tuple[Name | None, ...]
"""The names of a path; None stands for any number of them."""


def glob(text: str) -> Glob:
    """Read a glob that means whole paths: `*` and `?` within a name, `**` across folders."""
    return Glob(_names(posixpath.normpath(_limited(text)).split("/")))


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern of whole paths."""

    names: _Path

    def match(self, path: str) -> bool:
        return _fits(self.names, path.split("/"))

    def covers(self, path: str) -> bool:
        """Say whether the glob means a path, or a folder that it lies in."""
        return _covers(self.names, path.split("/"))


@dataclass(frozen=True, slots=True)
class Patterns:
    """Lines of a .gitignore, in their order: the last one that fits decides."""

    lines: tuple[_Line, ...]

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """Say of a path alone whether it is ignored, or expressly is not; None where no line speaks of it."""
        parts = path.split("/")
        for line in reversed(self.lines):
            if (folder or not line.folders) and line.fits(parts):
                return line.ignores
        return None

    def cover(self, path: str) -> bool:
        """Say whether a file is ignored, or a folder that it lies in: then git never comes to it."""
        parts = path.split("/")
        ends = range(1, len(parts) + 1)
        return any(self.verdict("/".join(parts[:end]), folder=end < len(parts)) for end in ends)


@dataclass(frozen=True, slots=True)
class _Line:
    ignores: bool
    folders: bool
    """Whether only folders are meant."""
    ways: tuple[_Path, ...]

    def fits(self, parts: Sequence[str]) -> bool:
        return any(_fits(names, parts) for names in self.ways)


def patterns(lines: Iterable[str]) -> Patterns:
    """Read lines as git reads a .gitignore. Raises BadPattern."""
    return Patterns(tuple(found for line in lines if (found := _line(line)) is not None))


def known_patterns(lines: Iterable[str]) -> Patterns:
    """Read what can be read; who hides files behind other lines has them read."""
    return Patterns(tuple(_readable(lines)))


def _readable(lines: Iterable[str]) -> Iterator[_Line]:
    for line in lines:
        try:
            found = _line(line)
        except BadPattern:  # git, too, passes over what it cannot read
            continue
        if found is not None:
            yield found


def _line(text: str) -> _Line | None:
    text = _limited(_without_trailing_blanks(text))
    if not text or text.startswith("#"):
        return None
    ignores = not text.startswith("!")
    text = text if ignores else text[1:]
    folders = text.endswith("/")
    text = text.removesuffix("/")
    if not text.strip("/"):
        raise BadPattern(f"{text!r} names nothing")
    path = text.removeprefix("/")
    return _Line(ignores, folders, tuple(_ways(path)) if "/" in text else (_names(["**", path]),))


def _ways(text: str) -> Iterator[_Path]:
    """Read a pattern of a path. Git takes what is plain off its front first, so that `a**/b` means `**/b` of what follows an `a`."""
    found = _AFTER_PLAIN.fullmatch(text)
    if found is None:
        yield _names(_split(text))
        return
    plain, rest = found["plain"], found["rest"]
    yield _names(_split(f"{plain}*/**{rest or ''}"))
    yield from _ways(f"{plain}*" if rest is None else plain + rest.removeprefix("/"))


def _split(text: str) -> list[str]:
    """The names of a path of patterns; a slash in brackets is one of the characters that they stand for."""
    names = [""]
    for token in _TOKEN.finditer(text):
        if token["plain"] == "/":
            names.append("")
        else:
            names[-1] += token.group()
    return names


def _without_trailing_blanks(text: str) -> str:
    bare = text.rstrip(" ")
    quoted = (len(bare) - len(bare.rstrip("\\"))) % 2 and len(bare) < len(text)
    return bare + " " if quoted else bare


def _limited(text: str) -> str:
    if len(text) > LONGEST:
        raise BadPattern(f"a pattern of {len(text)} characters, at most {LONGEST} are taken")
    return text


def _names(parts: Sequence[str]) -> _Path:
    names: list[Name | None] = []
    for part in parts:
        if len(part) < 2 or part.strip("*"):
            names.append(_name(part))
        elif not names or names[-1] is not None:
            names.append(None)
    # `a/**` means what is in `a`, and not `a` itself.
    return (*names, _name("*")) if names[-1] is None else tuple(names)


@cache
def _name(pattern: str) -> Name:
    """Compile the pattern of one name."""
    tokens = list(_TOKEN.finditer(pattern))
    if all(token["plain"] or token["escaped"] for token in tokens):
        return "".join(token["plain"] or token["escaped"] for token in tokens).__eq__
    pieces = [""]  # what stands before, between and behind the stars; each of a fixed length
    for token in tokens:
        if token["star"]:
            pieces.append("")
        else:
            pieces[-1] += _expression(token)
    first, *others = pieces
    expression = first
    if others:
        *between, last = others
        expression += "".join(
            f"(?=(?P<_{number}>.*?{piece}))(?P=_{number})" for number, piece in enumerate(between) if piece
        )
        expression += f".*{last}"
    try:
        return re.compile(expression, re.DOTALL).fullmatch
    except re.error as error:
        raise BadPattern(f"{pattern!r} is no pattern: {error}") from None


def _expression(token: re.Match[str]) -> str:
    if token["any"]:
        return "."
    if token["open"]:
        raise BadPattern(f"{token.string!r} has a bracket without its end")
    if token["set"] is not None:
        members = "".join(map(_member, _MEMBER.finditer(token["set"])))
        if not members:
            raise BadPattern(f"{token.string!r} has an empty pair of brackets")
        return f"[{'^' if token['not'] else ''}{members}]"
    return re.escape(token["plain"] or token["escaped"])


def _member(member: re.Match[str]) -> str:
    if member["named"]:
        if member["named"] not in _NAMED:
            raise BadPattern(f"{member.string!r} names a class of characters that there is not")
        return _NAMED[member["named"]]
    if member["one"]:
        return re.escape(member["one"][-1])
    low, high = member["low"][-1], member["high"][-1]
    return f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""


def _fits(names: _Path, parts: Sequence[str]) -> bool:
    """Match a path. After a `**` the leftmost place is taken, and left again only for one further right."""
    at = here = 0
    behind, resumed = -1, 0
    while here < len(parts):
        name = names[at] if at < len(names) else _NOTHING
        if name is None:
            behind, resumed = at + 1, here
            at = behind
        elif name(parts[here]):
            at, here = at + 1, here + 1
        elif behind >= 0:
            resumed += 1
            at, here = behind, resumed
        else:
            return False
    return at == len(names)


def _covers(names: _Path, parts: Sequence[str]) -> bool:
    """Match a path or any folder above it: all places of the pattern that may have been come to are kept, part by part."""
    places = _with_none_taken(names, {0})
    for part in parts:
        taken = {at + (names[at] is not None) for at in places if (name := names[at]) is None or name(part)}
        places = _with_none_taken(names, taken)
        if len(names) in places:
            return True
    return False


def _with_none_taken(names: _Path, places: set[int]) -> set[int]:
    """The places themselves, and those behind a `**` that stands for no folder."""
    return places | {at + 1 for at in places if at < len(names) and names[at] is None}


def _NOTHING(_: str) -> bool:
    return False
