"""The kinds of values that a brake's thresholds take: each may also be "off"."""

from __future__ import annotations

import math
from collections.abc import Callable

from migration_guard.config.options import Kind, Refused, Schema
from migration_guard.later import re

OFF = "off"
_UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
_SPELT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?B)\s*")


def _or_off(expected: str, read: Callable[[object], float], schema: Schema) -> Kind[float | None]:
    off: Schema = {"type": "string", "enum": [OFF]}
    return Kind(
        f'{expected}, or "{OFF}"', lambda value: None if value == OFF else read(value), {"anyOf": [schema, off]}
    )


def _bytes(value: object) -> float:
    if isinstance(value, str) and (spelt := _SPELT.fullmatch(value)):
        return _more_than_nothing(float(spelt[1]) * _UNITS[spelt[2]], value)
    if isinstance(value, str):
        raise Refused(f'expected a size such as "256MB" (B, KB, MB, GB, TB), or "{OFF}", found {value!r}')
    return _more_than_nothing(value, value)


def _more_than_nothing(value: object, found: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise Refused(f'expected a number, more than 0, or "{OFF}", found {found!r}')
    return float(value)


def _count(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Refused(f'expected a whole number from 1, or "{OFF}", found {value!r}')
    return float(value)


def _part(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
        raise Refused(f'expected a part between 0 and 1, such as 0.3, or "{OFF}", found {value!r}')
    return float(value)


def _below_one(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
        raise Refused(f"expected a part of the threshold, more than 0 and at most 1, found {value!r}")
    return float(value)


def _query(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Refused("expected a query that gives one number, as text")
    return value


_POSITIVE: Schema = {"type": "number", "exclusiveMinimum": 0}
_SIZE: Schema = {"anyOf": [_POSITIVE, {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*[KMGT]?B\s*$"}]}

SIZE = _or_off("a size such as 256MB", _bytes, _SIZE)
MORE_THAN_NOTHING = _or_off("a number", lambda value: _more_than_nothing(value, value), _POSITIVE)
SOME = _or_off("a whole number", _count, {"type": "integer", "minimum": 1})
PART = _or_off("a part between 0 and 1", _part, {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1})
PART_OF_IT: Kind[float] = Kind(
    "a part of the threshold", _below_one, {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
)
QUERY: Kind[str | None] = Kind("a query that gives one number", _query, {"type": "string", "minLength": 1})
