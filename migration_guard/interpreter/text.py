"""Text as far as it is known: pieces that stand somewhere in a source, and holes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from migration_guard.interpreter.slices import Slice
from migration_guard.interpreter.values import Constant, Unknown, Value
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.syntax import Literal

MAX_CHARACTERS = 64
"""Characters of a text that a loop over it takes one by one."""
MAX_TIMES = 200
"""How often a text is repeated at most."""
MAX_PIECES = 20_000
"""A text of more pieces is taken as unknown: doubling a string in a loop must not fill the memory."""
MAX_CHARACTERS_MADE = 1_000_000
"""… and one of more characters, which the migration itself does not hold."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text. Known pieces say where they stand; a hole's `value` is only its name in braces."""

    value: str
    literal: Literal | None = None
    start: int = 0
    """The offset of the run in its literal's value."""
    hole: bool = False
    computed: bool = False
    """Whether it was made by a function of Python that was run on what is known: forms spell the call instead."""

    def cut(self, begin: int, end: int) -> Piece:
        return Piece(self.value[begin:end], self.literal, self.start + begin, self.hole, self.computed)


@dataclass(frozen=True, slots=True, eq=False)
class Text(Value):
    """A string: `str(text)` shows holes as `{name}`, and `holes` gives their ranges there."""

    pieces: tuple[Piece, ...]
    from_rows: bool = False
    """Whether a hole holds what was read from the database."""
    binary: bool = False
    """Whether it is `bytes`: each character stands for one of them."""

    inert = True

    def __str__(self) -> str:
        pieces = self.pieces
        return pieces[0].value if len(pieces) == 1 else "".join([piece.value for piece in pieces])

    @property
    def key(self) -> object:
        return ("bytes", str(self)) if self.binary else str(self)

    def attribute(self, name: str, machine: Machine) -> Value:
        if name in ("value", "name", "text"):
            return self  # of an enumeration
        return machine.libraries.text_attribute(self, name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.text_method(self, name, call)

    @property
    def truth(self) -> bool | None:
        return bool(self.pieces and str(self)) if self.known else None

    def item(self, key: Value) -> Value:
        """A slice or a character; where it begins and ends is not always known: what it leaves out is taken to be little."""
        value = str(self)
        match key:
            case Constant(int(index)) if self.known and -len(value) <= index < len(value):
                index %= len(value)
                return self.slice(index, index + 1)
            case Slice() if self.known:
                ends = key.of_text(value)
                if ends is not None:
                    return self.slice(*ends)
                cut = key.of_each(value)
                return plain(cut) if cut is not None else self
            case Slice():
                return self
        return hole(from_rows=self.from_rows)

    def elements(self) -> list[Value] | None:
        """Its characters, of a short text: `dict(zip("ab", …))`."""
        value = str(self)
        if not self.known or len(value) > MAX_CHARACTERS:
            return None
        return [self.slice(index, index + 1) for index in range(len(value))]

    @property
    def spelled(self) -> Text:
        """As it stands in the source: what was computed is a hole."""
        if not any(piece.computed for piece in self.pieces):
            return self
        return Text(tuple(Piece("{}", hole=True) if piece.computed else piece for piece in self.pieces), self.from_rows)

    @property
    def holes(self) -> list[tuple[int, int]]:
        if self.known:
            return []
        ends = list(accumulate(len(piece.value) for piece in self.pieces))
        return [(end - len(piece.value), end) for piece, end in zip(self.pieces, ends) if piece.hole]

    @property
    def known(self) -> bool:
        return True not in [piece.hole for piece in self.pieces]

    def at(self, offset: int) -> tuple[Piece, int] | None:
        """The known piece that holds a character, and the character's offset in the value of the piece's literal."""
        for piece in self.pieces:
            if offset < len(piece.value):
                return (piece, piece.start + offset) if piece.literal and not piece.hole else None
            offset -= len(piece.value)
        return None

    def slice(self, begin: int, end: int) -> Text:
        pieces, position = [], 0
        for piece in self.pieces:
            size = len(piece.value)
            low, high = max(begin - position, 0), min(end - position, size)
            if low < high:
                pieces.append(piece.cut(low, high) if not piece.hole else piece)
            position += size
        return Text(tuple(pieces), self.from_rows, self.binary)

    def splice(self, replacements: Iterable[tuple[int, int, Text]]) -> Text:
        """The text with ranges (ascending, disjoint) replaced by other texts."""
        pieces: list[Piece] = []
        last = 0
        from_rows = self.from_rows
        for begin, end, text in replacements:
            pieces += (*self.slice(last, begin).pieces, *text.pieces)
            from_rows |= text.from_rows
            last = end
        pieces += self.slice(last, len(str(self))).pieces
        return Text(tuple(pieces), from_rows, self.binary)

    def blurred(self, others: Sequence[Value]) -> Value:
        """Keep the beginning that all texts share, such as the verb of a statement."""
        first = self.pieces[:1]
        if not first or not all(isinstance(other, Text) and other.pieces[:1] == first for other in others):
            return Unknown(from_rows=any(value.from_rows for value in others))
        return concatenated((Text(first), hole("text", from_rows=any(value.from_rows for value in others))))

    # --- The methods of `str` that keep text known -------------------------------------------------------------------

    def replaced(self, old: str, new: Text) -> Text:
        if not old:
            return self
        return self.splice((m.start(), m.end(), new) for m in re.finditer(re.escape(old), str(self)))

    def stripped(self, method: str, characters: str | None) -> Text:
        value = str(self)
        begin = len(value) - len(value.lstrip(characters)) if method != "rstrip" else 0
        end = len(value.rstrip(characters)) if method != "lstrip" else len(value)
        return self.slice(begin, max(begin, end))

    def cased(self, method: str) -> Text:
        change = str.upper if method == "upper" else str.lower
        return Text(
            tuple(p if p.hole else Piece(change(p.value), p.literal, p.start) for p in self.pieces), self.from_rows
        )

    def split(self, separator: str | None, limit: int = -1) -> list[Text]:
        """`str.split`; what stands in holes is not looked into."""
        if separator is None:
            stripped = self.stripped("strip" if limit < 0 else "lstrip", None)
            return stripped.parted(re.finditer(r"\s+", str(stripped)), limit) if str(stripped) else []
        return self.parted(re.finditer(re.escape(separator), str(self)), limit)

    def split_lines(self, *, keep: bool = False) -> list[Text]:
        """`str.splitlines`."""
        parts, position = [], 0
        for line in str(self).splitlines(keepends=True):
            end = position + (len(line) if keep else len(line.splitlines()[0]))
            parts.append(self.slice(position, end))
            position += len(line)
        return parts

    def parted(self, separators: Iterable[re.Match[str]], limit: int) -> list[Text]:
        """What stands between separators."""
        value, last, parts = str(self), 0, []
        for match in separators:
            if limit == 0:
                break
            parts.append(self.slice(last, match.start()))
            last = match.end()
            limit -= 1
        return [*parts, self.slice(last, len(value))]

    def dedented(self) -> Text:
        value = str(self)
        lines, wanted = value.splitlines(keepends=True), textwrap.dedent(value).splitlines(keepends=True)
        cuts, position = [], 0
        for line, short in zip(lines, wanted):
            if len(short) < len(line):
                cuts.append((position, position + len(line) - len(short), Text(())))
            position += len(line)
        return self.splice(cuts)


def plain(value: str) -> Text:
    """Text that stands nowhere: made while running, such as a number."""
    return Text((Piece(value),))


def literal(value: Value | None) -> str | None:
    """What a text says, if it is one and all of it is known."""
    return str(value) if isinstance(value, Text) and value.known else None


def repeated(left: Value, right: Value) -> Value:
    """`"…" * 3`, and `3 * "…"`."""
    text, times = (left, right) if isinstance(left, Text) else (right, left)
    match times:
        case Constant(int(number)) if isinstance(text, Text) and number <= MAX_TIMES:
            return concatenated([text] * max(number, 0))
    return hole("text", from_rows=left.from_rows or right.from_rows)


def hole(name: str = "", *, from_rows: bool = False) -> Text:
    clean = re.sub(r"\W", "", name)[:24]
    return Text((Piece(f"{{{clean or 'value'}}}", hole=True),), from_rows)


def as_text(value: Value | None, name: str = "") -> Text:
    """A value as it stands in text: itself if it is text, else a hole."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Unknown):
        return hole(name or value.hint, from_rows=value.from_rows)
    return hole(name, from_rows=value is not None and value.from_rows)


def concatenated(texts: Iterable[Text]) -> Text:
    parts = list(texts)
    size = 0
    if len(parts) > 1:
        size = sum(len(piece.value) for text in parts for piece in text.pieces)
    if size > MAX_CHARACTERS_MADE or sum(len(text.pieces) for text in parts) > MAX_PIECES:
        return hole("text", from_rows=any(text.from_rows for text in parts))
    return Text(
        tuple(piece for text in parts for piece in text.pieces),
        any(text.from_rows for text in parts),
        any(text.binary for text in parts),
    )
