"""What Python makes of texts, in SQL: where PostgreSQL makes exactly the same of them, whatever they hold.

Letters' case and white space are not among it: `lower()` goes by the database's locale, and Python strips more than `btrim`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from string import Formatter

import libcst as cst

from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Value
from migration_guard.later import re
from migration_guard.rendition.kinds import Kind
from migration_guard.rendition.spelling import quoted, spelt

Said = tuple[str, Kind]
_SIDES = {"strip": "BTRIM", "lstrip": "LTRIM", "rstrip": "RTRIM"}
_HOLES = re.compile(r"%(.)", re.DOTALL)


class Texts:
    """Says calls and slices of texts in SQL."""

    def __init__(
        self, said: Callable[[cst.BaseExpression], Said], constant: Callable[[cst.BaseExpression], Value | None]
    ) -> None:
        """`said` gives the SQL of an expression, `constant` its value where it is the same for each row."""
        self._said = said
        self._constant = constant

    def called(self, node: cst.Call) -> Said | None:
        """Give what a call makes; None where SQL does not say it exactly."""
        given = [one.value for one in node.args]
        if any(one.keyword is not None or one.star for one in node.args):
            return None
        match node.func:
            case cst.Name(value="len") if len(given) == 1:
                value, kind = self._said(given[0])
                return (f"LENGTH({value})", Kind.NUMBER) if kind is Kind.TEXT else None
            case cst.Name(value="str") if len(given) == 1:
                return self._shown(given[0])
            case cst.Attribute(value=subject, attr=cst.Name(value="get")) if 1 <= len(given) <= 2:
                return self._looked_up(subject, given)
            case cst.Attribute(value=subject, attr=cst.Name(value="format")):
                return self._formatted(subject, given)
            case cst.Attribute(value=subject, attr=method):
                return self._method(subject, method.value, [self._text(one) for one in given])
        return None

    def _method(self, subject: cst.BaseExpression, method: str, given: list[str | None]) -> Said | None:
        texts = [one for one in given if one is not None]
        if len(texts) != len(given) or not texts:
            return None
        match method, texts:
            case "replace", [old, new] if old:
                before, after, made = "REPLACE(", f", {quoted(old)}, {quoted(new)})", Kind.TEXT
            case (("strip" | "lstrip" | "rstrip"), [letters]) if letters:
                before, after, made = f"{_SIDES[method]}(", f", {quoted(letters)})", Kind.TEXT
            case "startswith", [start] if start:
                before, after, made = "(LEFT(", f", {len(start)}) = {quoted(start)})", Kind.TRUTH
            case "endswith", [end] if end:
                before, after, made = "(RIGHT(", f", {len(end)}) = {quoted(end)})", Kind.TRUTH
            case _:
                return None
        value, kind = self._said(subject)
        return (before + value + after, made) if kind is Kind.TEXT else None

    def part(self, node: cst.Subscript) -> Said | None:
        """Give `text[:10]`, `text[3:]` and `text.split(",")[0]`."""
        if len(node.slice) != 1:
            return None
        match node.slice[0].slice, node.value:
            case (
                cst.Index(value=cst.Integer(value="0")),
                cst.Call(
                    func=cst.Attribute(value=subject, attr=cst.Name(value="split" | "partition")),
                    args=[cst.Arg(value=by, keyword=None, star="")],
                ),
            ) if separator := self._text(by):
                value, kind = self._said(subject)
                return (f"SPLIT_PART({value}, {quoted(separator)}, 1)", kind) if kind is Kind.TEXT else None
            case cst.Slice(lower=lower, upper=upper, step=None), subject if (lower is None) != (upper is None):
                place = self._number(lower if lower is not None else upper)
                if place is None or (lower is not None and place < 0):
                    return None
                value, kind = self._said(subject)
                said = f"LEFT({value}, {place})" if lower is None else f"SUBSTR({value}, {place + 1})"
                return (said, kind) if kind is Kind.TEXT else None
        return None

    def holds(self, part: cst.BaseExpression, whole: cst.BaseExpression) -> str | None:
        """Give `"a" in text`, which is never NULL."""
        text = self._text(part)
        if not text:
            return None
        value, kind = self._said(whole)
        return f"COALESCE(STRPOS({value}, {quoted(text)}) > 0, FALSE)" if kind is Kind.TEXT else None

    def filled_in(self, node: cst.BinaryOperation) -> Said | None:
        """Give `"%s of %s" % (one, other)`."""
        text = self._text(node.left)
        if text is None or not isinstance(node.operator, cst.Modulo):
            return None
        right = node.right
        given = [one.value for one in right.elements] if isinstance(right, cst.Tuple) else [right]
        parts: list[str | cst.BaseExpression] = []
        end, left = 0, iter(given)
        for hole in _HOLES.finditer(text):
            parts.append(text[end : hole.start()])
            end = hole.end()
            following = "%" if hole[1] == "%" else next(left, None) if hole[1] == "s" else None
            if following is None:
                return None
            parts.append(following)
        return self.joined([*parts, text[end:]]) if next(left, None) is None else None

    def _formatted(self, subject: cst.BaseExpression, given: list[cst.BaseExpression]) -> Said | None:
        text = self._text(subject)
        parts = list(self._holes(text, given)) if text is not None else []
        used = [one for one in parts if one is None or not isinstance(one, str)]
        return self.joined(parts) if text is not None and len(used) == len(given) else None

    @staticmethod
    def _holes(text: str, given: list[cst.BaseExpression]) -> Iterator[str | cst.BaseExpression | None]:
        left = iter(given)
        try:
            parsed = list(Formatter().parse(text))
        except ValueError:
            parsed = [("", "unknown", "", None)]
        for literal, field, spec, conversion in parsed:
            yield literal
            if field is not None:
                yield next(left, None) if not field and not spec and conversion is None else None

    def joined(self, parts: list[str | cst.BaseExpression | None]) -> Said | None:
        """Put texts and values in a row, as `str()` shows these; None where one of them is not said exactly."""
        found = []
        for one in parts:
            said = (quoted(one), Kind.TEXT) if isinstance(one, str) else self._shown(one) if one is not None else None
            if said is None:
                return None
            found.append(said[0])
        return f"({' || '.join(one for one in found if one != quoted(''))})" if any(parts) else "''", Kind.TEXT

    def _shown(self, node: cst.BaseExpression) -> Said | None:
        """A value as `str()` shows it."""
        value, kind = self._said(node)
        if kind not in (Kind.TEXT, Kind.NUMBER):
            return None
        return f"COALESCE({value if kind is Kind.TEXT else f'CAST({value} AS TEXT)'}, 'None')", Kind.TEXT

    def _looked_up(self, subject: cst.BaseExpression, given: list[cst.BaseExpression]) -> Said | None:
        """`names.get(row.status, "other")`, of a dictionary that is written out."""
        held = self._constant(subject)
        if not isinstance(held, Mapping) or not held.whole or held.from_rows:
            return None
        pairs = list(held.known.values())
        value, kind = self._said(given[0])
        other = self._said(given[1]) if len(given) == 2 else ("NULL", Kind.OTHER)
        if not pairs or not all(_is_of(key, kind) for key, _ in pairs):
            return None
        kinds = {_kind_of(one) for _, one in pairs}
        whens = " ".join(f"WHEN {value} = {spelt(key)} THEN {spelt(one)}" for key, one in pairs)
        same = kinds.pop() if len(kinds) == 1 else Kind.OTHER
        return f"CASE {whens} ELSE {other[0]} END", same if other[1] is same or other[0] == "NULL" else Kind.OTHER

    def _text(self, node: cst.BaseExpression) -> str | None:
        value = self._constant(node)
        return str(value) if isinstance(value, Text) and value.known else None

    def _number(self, node: cst.BaseExpression | None) -> int | None:
        value = self._constant(node) if node is not None else None
        number = value.value if isinstance(value, Constant) else None
        return number if isinstance(number, int) and not isinstance(number, bool) else None


def _kind_of(value: Value) -> Kind:
    if isinstance(value, Text):
        return Kind.TEXT
    of = value.value if isinstance(value, Constant) else None
    return Kind.TRUTH if isinstance(of, bool) else Kind.NUMBER if isinstance(of, int) else Kind.OTHER


def _is_of(key: Value, kind: Kind) -> bool:
    """Whether a key of a dictionary may be what a column of that kind holds."""
    return kind in (Kind.TEXT, Kind.NUMBER) and _kind_of(key) is kind
