"""The form of a value as far as it is known: what a statement is executed with, or what a loop is at."""

from __future__ import annotations

import json

from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.collections import Sequence as Items
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Value
from migration_guard.sql.canonical import canonical, is_statement

GIVEN = "given"
"""What an entry point is called with, and whatever else cannot be looked up."""


def value_form(value: Value) -> str:
    """Give the canonical form of a value as far as it is known."""
    match value:
        case Text():
            return text_form(str(value)) if value.known else "text"
        case Constant():
            return constant_form(value.value)
        case Mapping():
            known = sorted(f"{value_form(key)}: {value_form(item)}" for key, item in value.known.values())
            return f"{{{', '.join(known)}}}"
        case Items() if (elements := value.elements()) is not None:
            return f"[{', '.join(map(value_form, elements))}]"
    return GIVEN


def has_form(value: Value) -> bool:
    """Whether a value has a form by itself: all of it is known, and none of it was computed, whose call is its form."""
    match value:
        case Text():
            return value.known and not any(piece.computed for piece in value.pieces)
        case Constant():
            return True
        case Mapping():
            return value.rest is None and all(has_form(key) and has_form(item) for key, item in value.known.values())
        case Items() if (elements := value.elements()) is not None:
            return all(map(has_form, elements))
    return False


def constant_form(value: object) -> str:
    """Give the form of a literal that is no string of text."""
    return text_form(value.decode("latin-1")) if isinstance(value, bytes) else repr(value)


def text_form(text: str) -> str:
    """Give the form of a string: of SQL its tokens, of any other all of it."""
    plain = text.replace("\r\n", "\n")
    return json.dumps(canonical(plain) if is_statement(plain) else plain)
