r"""What stands in a string: `'it''s'`, `E'\n'`, `U&'\0041'`, `$$…$$`, and the parts of one that goes on in the next line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

from migration_guard.later import re
from migration_guard.sql.passage import Passage, joined, plain
from migration_guard.sql.scan import Sort, Token

_DOUBLED = re.compile("''")
_ESCAPE = re.compile(
    r"''|\\(?:u(?P<four>[0-9a-f]{4})|u(?P<eight>[0-9a-f]{8})|x(?P<hex>[0-9a-f]{1,2})|(?P<octal>[0-7]{1,3})|(?P<one>.))",
    re.IGNORECASE | re.DOTALL,
)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LAST = 0x10FFFF


def content(strings: Sequence[Token], escape: str = "\\", *, backslash: bool = False) -> Passage:
    """What stands between the quotes of a string, and where; an escape stands where its last character does.

    `escape` is what `UESCAPE` says, where it follows a string of Unicode escapes; `backslash` if any string has escapes.
    """
    prefix = "E" if backslash else strings[0].text[0].upper()
    return joined(_part(token, prefix, escape) for token in strings)


def unquoted(name: Token, escape: str = "\\") -> str:
    """What a quoted name is called."""
    if name.text[0] in "uU":
        return _decoded(name.text[3:-1].replace('""', '"'), 0, _unicode(escape), _point).text
    quote = "]" if name.text[0] == "[" else name.text[0]
    return name.text[1:-1].replace(quote * 2, quote)


def literal(tokens: Sequence[Token]) -> tuple[list[Token], str]:
    """The tokens of the string that these begin with, and its escape character."""
    parts = list(takewhile(lambda token: token.sort is Sort.STRING, tokens))
    return parts, escape_behind(tokens, len(parts) - 1)


def escape_behind(tokens: Sequence[Token], index: int) -> str:
    """The escape character of the string or name at an index: a backslash unless UESCAPE says otherwise."""
    said = [token.text.strip("'") for token in tokens[index + 2 : index + 3] if tokens[index + 1].upper == "UESCAPE"]
    return (said and said[0]) or "\\"


def _part(token: Token, prefix: str, escape: str) -> Passage:
    if token.text.startswith("$"):
        tag = token.text.index("$", 1) + 1
        return plain(token.text[tag:-tag], token.start + tag)
    begin = token.text.index("'") + 1
    inside, place = token.text[begin:-1], token.start + begin
    match prefix:
        case "E":
            return _decoded(inside, place, _ESCAPE, _escaped)
        case "U":
            return _decoded(inside, place, _unicode(escape), _point)
    return _decoded(inside, place, _DOUBLED, lambda _: "'")


def _decoded(text: str, place: int, pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], str]) -> Passage:
    runs: list[Passage] = []
    position = 0
    for found in pattern.finditer(text):
        runs.append(plain(text[position : found.start()], place + position))
        runs.append(plain(meaning(found), place + found.end() - 1))
        position = found.end()
    runs.append(plain(text[position:], place + position))
    return joined(runs)


def _escaped(found: re.Match[str]) -> str:
    code = found["four"] or found["eight"] or found["hex"]
    if code or found["octal"]:
        number = int(code, 16) if code else int(found["octal"], 8) & 0xFF
        return chr(number) if number <= _LAST else "\ufffd"
    return "'" if found["one"] is None else _LETTERS.get(found["one"], found["one"])


def _unicode(escape: str) -> re.Pattern[str]:
    e = re.escape(escape)
    return re.compile(rf"''|{e}(?:\+(?P<six>[0-9a-f]{{6}})|(?P<four>[0-9a-f]{{4}})|{e})", re.IGNORECASE)


def _point(found: re.Match[str]) -> str:
    code = found["six"] or found["four"]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= _LAST else "\ufffd"
    return "'" if found.group() == "''" else found.group()[0]
