"""Reads the SQL of a definition as far as is needed to use it: one statement, its parameters, the columns it sets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    r"""
    (?P<quoted> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)
              | --[^\n]* | /\*(?:(?!/\*).)*?\*/ )
    | (?P<name> "(?:[^"]|"")+" | [^\W\d][\w$]* )
    | (?P<cast> :: )
    | : (?P<parameter> [^\W\d]\w* )
    | (?P<sign> . )
    """,
    re.DOTALL | re.VERBOSE,
)
_NEVER = re.compile(r"(?:(?<!:)=|<>)\s*NULL\b", re.IGNORECASE)
WRITES = ("UPDATE", "DELETE", "INSERT", "MERGE", "WITH")
IDS = "ids"
_BEFORE_TABLE = {"FROM", "JOIN", "UPDATE", "INTO", "USING", "ONLY", "TABLE", ","}
_BEFORE_COLUMNS = {"INTO", "UPDATE", "ONLY"}
"""Behind which a name is a relation's, although a bracket may follow; elsewhere that is a function's."""
_AFTER_SET = {"FROM", "WHERE", "RETURNING"}


class SqlRefused(ValueError):
    """A text that is no single statement or expression; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL: its kind is the name of the group above that took it."""

    kind: str
    text: str
    depth: int

    @property
    def word(self) -> str:
        """The text in capitals, as keywords are compared."""
        return self.text.upper()

    @property
    def comment(self) -> bool:
        return self.text.startswith(("--", "/*"))

    @property
    def blank(self) -> bool:
        """Whether it only keeps others apart."""
        return self.comment or self.text.isspace()


def tokens(sql: str) -> Iterator[Token]:
    """Take a text apart, and refuse it if brackets or quotes do not close, or a second statement begins."""
    depth = 0
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "sign"
        kind = "quoted" if kind == "tag" else kind
        text = match[0]
        if kind == "sign":
            depth -= text in ")]"
            if depth < 0:
                raise SqlRefused(f"closes a bracket that it does not open, at character {match.start() + 1}")
            if text in "'\"" or text == "$" or sql.startswith("/*", match.start()):
                raise SqlRefused(f"has a quote or comment that does not end, at character {match.start() + 1}")
            if text == ";":
                raise SqlRefused("holds a semicolon; expected one statement, without it")
        yield Token(kind, text, depth)
        if kind == "sign":
            depth += text in "(["
    if depth:
        raise SqlRefused("opens a bracket that it does not close")


def words_of(sql: str) -> list[Token]:
    """Give the pieces of a text without comments and blanks."""
    return [token for token in tokens(sql) if not token.blank]


def check_expression(sql: str, arguments: Collection[str] = ()) -> None:
    """Refuse what is no expression standing alone; of parameters it has none but arguments."""
    _check_parameters(sql, arguments, "takes no parameters")
    if never := _NEVER.search("".join("''" if one.kind == "quoted" else one.text for one in tokens(sql))):
        raise SqlRefused(f"says {never[0]!r}, which is never true; expected IS NULL or IS NOT NULL")
    if not any(token.kind in {"name", "sign"} and not token.text.isspace() for token in tokens(sql)):
        raise SqlRefused("is empty")


def check_statement(sql: str, arguments: Collection[str] = ()) -> None:
    """Refuse what is no single data change over :ids and arguments."""
    words = [token.word for token in tokens(sql) if token.kind == "name"]
    if not words or words[0] not in WRITES:
        raise SqlRefused(
            f"expected a statement that begins with {', '.join(WRITES)}, found {words[0] if words else ''!r}"
        )
    if IDS not in parameters(sql):
        raise SqlRefused("never says :ids, the keys of the batch; expected for instance WHERE id = ANY(:ids)")
    _check_parameters(sql, {IDS, *arguments}, "has no parameter but :ids")


def parameters(sql: str) -> frozenset[str]:
    """Give the names that a text says with a colon."""
    return frozenset(token.text[1:] for token in tokens(sql) if token.kind == "parameter")


def _check_parameters(sql: str, known: Collection[str], otherwise: str) -> None:
    unknown = sorted(parameters(sql) - set(known))
    if not unknown:
        return
    declared = [name for name in known if name != IDS]
    expected = f"expected one of {', '.join(f':{name}' for name in sorted(known))}" if declared else otherwise
    raise SqlRefused(f"{expected}, found :{unknown[0]}")


def squeezed(sql: str) -> str:
    """Give a text as it is compared: comments and blanks do not count."""
    parts: list[str] = []
    for token in tokens(sql):
        if not token.blank:
            parts.append(token.text)
        elif parts and parts[-1] != " ":
            parts.append(" ")
    return "".join(parts).strip()


def bound(sql: str, ids: str = "", arguments: Mapping[str, str] | None = None) -> str:
    """Give a text as the driver takes it: no comments, per cents doubled, and what stands for parameters in their place."""
    places = {**(arguments or {}), IDS: ids}
    return "".join(_bound(token, places) for token in tokens(sql)).strip()


def spelled(pieces: Iterable[Token]) -> str:
    """Give a piece of a text as the driver takes it."""
    return "".join(_bound(token, {}) for token in pieces)


def _bound(token: Token, places: Mapping[str, str]) -> str:
    if token.kind == "parameter":
        return places[token.text[1:]]
    return " " if token.comment else token.text.replace("%", "%%")


def is_local(expression: str) -> bool:
    """Tell whether an expression depends on its row alone: it calls nothing, and asks no other table."""
    return not any(token.text == "(" for token in tokens(expression))


def assigned_columns(sql: str) -> frozenset[str]:
    """Give the columns that an UPDATE sets: what stands left of each `=` at the level of its SET."""
    found: set[str] = set()
    level: int | None = None
    left: list[Token] = []
    for token in tokens(sql):
        if token.kind == "quoted" or token.text.isspace():
            continue
        if token.kind == "name" and token.word == "SET":
            level, left = token.depth, []
        elif (
            level is None
            or token.depth < level
            or (token.kind == "name" and token.word in _AFTER_SET and token.depth == level)
        ):
            level = None
        elif token.text == "=" and token.depth == level:
            found.update(folded(one.text) for one in left if one.kind == "name")
            left = []
        elif token.text == "," and token.depth == level:
            left = []
        else:
            left.append(token)
    return frozenset(found)


def folded(name: str) -> str:
    """Give an identifier as the server knows it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def called(pieces: Sequence[Token]) -> Iterator[tuple[str | None, str]]:
    """Give what may be a function that a text calls: the schema that it is named with, if any, and its name."""
    for n, (token, after) in enumerate(pairwise(pieces)):
        if token.kind == "name" and after.text == "(":
            yield folded(pieces[n - 2].text) if n > 1 and pieces[n - 1].text == "." else None, folded(token.text)


def relations(pieces: Sequence[Token]) -> Iterator[tuple[str | None, str]]:
    """Give what may be a table that a text reads or writes: the schema that it is named with, if any, and its name."""
    for n, token in enumerate(pieces):
        if token.kind != "name" or not n or pieces[n - 1].word not in _BEFORE_TABLE:
            continue
        parts, after = [folded(token.text)], n + 1
        while [one.text for one in pieces[after : after + 1]] == ["."] and after + 1 < len(pieces):
            parts.append(folded(pieces[after + 1].text))
            after += 2
        bracket = [one.text for one in pieces[after : after + 1]] == ["("]
        if not bracket or pieces[n - 1].word in _BEFORE_COLUMNS:
            yield parts[-2] if len(parts) > 1 else None, parts[-1]
