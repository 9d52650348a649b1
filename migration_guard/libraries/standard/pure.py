"""Functions of Python that only compute, on values that are known: their real results.

An allow-list. Where anything is unknown, or a result would be large, the answer is None: the caller then gives a hole or
an unknown value, never its argument unchanged. Code of the migration is never run here, only Python's own.
"""

from __future__ import annotations

import ast
import bisect
import builtins
import codecs
import collections
import datetime as dt
import decimal
import fractions
import inspect
import json
import keyword
import math
import operator
import os.path
import re
import string
import textwrap
import unicodedata
import urllib.parse
import uuid
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from migration_guard.interpreter.real import (
    MAX_WIDTH,
    WIDE,
    Known,
    NotKnown,
    computed,
    formatted,
    takes_any_number,
    unreal,
)
from migration_guard.interpreter.text import MAX_CHARACTERS_MADE
from migration_guard.interpreter.values import UNKNOWN, Unknown, Value
from migration_guard.libraries.handing import run_callbacks

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

MAX_WORK = 10_000_000
"""Steps that a regular expression may take, at worst."""


def method_of_known(value: Known, name: str, call: Call) -> Value:
    """`pattern.sub(…)`, `date.isoformat()`: a method of an object of Python's library that is known."""
    function = known_method(type(value.held), name)
    run_callbacks(call)
    for option in (option for value in call.positional for option in value.alternatives()):
        option.special("__missing__", UNKNOWN)  # `template.substitute(names)`
    found = computed(function, call, value) if function is not None else None
    return found if found is not None else Unknown(name, from_rows=any(one.from_rows for one in call.arguments))


# --- Methods of text -------------------------------------------------------------------------------------------------


def text_method(name: str) -> Callable[..., object] | None:
    """A method of `str` or `bytes` by its name, if it only computes."""
    return _METHODS.get(name)


def _method(name: str) -> Callable[..., object]:
    def called(receiver: Any, *given: Any, **named: Any) -> object:
        if type(receiver) not in (str, bytes):
            raise NotKnown
        if name == "replace" and len(given) > 1:
            _limited(len(receiver) + receiver.count(given[0]) * len(given[1]))
        if name == "expandtabs" and (given or named):
            _limited(len(receiver) * 8 + receiver.count("\t" if isinstance(receiver, str) else b"\t") * 10_000)
        if name == "translate" and given and isinstance(given[0], dict):
            _limited(len(receiver) * max([1, *(len(one) for one in given[0].values() if isinstance(one, str))]))
        if name == "join" and given:
            held = list(given[0])
            _limited(sum(map(len, held)) + len(receiver) * len(held))
        if name in ("format", "format_map") and WIDE.search(str(receiver)):
            raise NotKnown
        return getattr(receiver, name)(*given, **named)

    return called


def _limited(size: int) -> None:
    if size > MAX_CHARACTERS_MADE:
        raise NotKnown


_METHODS: dict[str, Callable[..., object]] = {
    name: _method(name)
    for name in (
        "capitalize casefold center count decode encode endswith expandtabs find format format_map hex index isalnum "
        "isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust "
        "lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split "
        "splitlines startswith strip swapcase title translate upper zfill"
    ).split()
}


# --- Functions -------------------------------------------------------------------------------------------------------


def _pattern(pattern: object, *texts: object, flags: int = 0) -> re.Pattern[Any]:
    """Compile a pattern that surely needs no more than MAX_WORK steps for texts."""
    if isinstance(pattern, re.Pattern):
        compiled = pattern
    elif isinstance(pattern, (str, bytes)) and len(pattern) <= 1_000:
        compiled = re.compile(pattern, flags)
    else:
        raise NotKnown
    shown = str(compiled.pattern)
    longest = max((len(text) for text in texts if isinstance(text, (str, bytes))), default=0)
    loops = len(re.findall(r"(?<!\\)[*+{]", shown))
    if re.search(r"\)\s*[*+{]", shown) or longest ** max(loops, 1) > MAX_WORK:
        raise NotKnown
    return compiled


def _sub(pattern: object, replacement: object, text: str, count: int = 0, flags: int = 0) -> object:
    if not isinstance(replacement, (str, bytes)):
        raise NotKnown
    compiled = _pattern(pattern, text, flags=flags)
    _limited(len(text) + (len(text) + 1) * len(replacement) if len(replacement) > 100 else 0)
    return compiled.sub(replacement, text, count)


def matches(pattern: object, text: str, flags: object, count: object) -> list[re.Match[str]]:
    """What a pattern finds in a text: the first so many, of none all. Raises NotKnown."""
    if not isinstance(flags, int) or not isinstance(count, int):
        raise NotKnown
    try:
        found = list(_pattern(pattern, text, flags=flags).finditer(text))
    except (re.error, TypeError, ValueError):
        raise NotKnown from None
    return found[:count] if count > 0 else found


def _rotated(text: object, encoding: str) -> str:
    """A text in rot13, which is its own way back."""
    return codecs.encode(text, "rot13") if isinstance(text, str) and encoding in ("rot13", "rot_13") else ""


def _split(pattern: object, text: str, maxsplit: int = 0, flags: int = 0) -> object:
    return _pattern(pattern, text, flags=flags).split(text, maxsplit)


def _findall(pattern: object, text: str, flags: int = 0) -> object:
    return _pattern(pattern, text, flags=flags).findall(text)


def _match(name: str) -> Callable[..., object]:
    def called(pattern: object, text: str, flags: int = 0) -> object:
        return getattr(_pattern(pattern, text, flags=flags), name)(text)

    return called


def _finditer(pattern: object, text: str, flags: int = 0) -> object:
    return list(_pattern(pattern, text, flags=flags).finditer(text))


def _power(base: float, exponent: float, modulus: int | None = None) -> object:
    if abs(exponent) > 64 or abs(base) > MAX_WIDTH:
        raise NotKnown
    return pow(base, exponent) if modulus is None else pow(int(base), int(exponent), modulus)


def _whole(value: Any = 0, base: int | None = None) -> object:
    return int(value) if base is None else int(value, base)


def _as_bytes(value: object = b"", encoding: str = "", errors: str = "strict") -> object:
    if isinstance(value, str) and encoding:
        return value.encode(encoding, errors)
    if isinstance(value, (bytes, list, tuple)):
        return bytes(value)
    raise NotKnown


def _as_text(value: object = "", encoding: str = "", errors: str = "strict") -> object:
    return value.decode(encoding or "utf-8", errors) if encoding and isinstance(value, bytes) else str(value)


def _of(module: str, name: str) -> Callable[..., Any]:
    """A function of a module that few migrations ask for, and that is loaded for them only."""

    def called(*given: Any, **named: Any) -> object:
        function: Callable[..., object] = getattr(import_module(module), name)
        return function(*given, **named)

    return called


FUNCTIONS: dict[str, Callable[..., object]] = {
    **{
        f"builtins.{name}": getattr(builtins, name)
        for name in "abs ascii bin bool chr divmod float hex len oct ord repr round sum any all".split()
    },
    "builtins.int": _whole,
    "builtins.pow": _power,
    "builtins.bytes": _as_bytes,
    "builtins.bytearray": _as_bytes,
    "builtins.bytes.fromhex": bytes.fromhex,
    "builtins.bytearray.fromhex": bytes.fromhex,
    "builtins.str.maketrans": str.maketrans,
    "builtins.str": _as_text,
    "builtins.format": lambda value, spec="": formatted(value, spec),
    "json.loads": json.loads,
    "json.dumps": json.dumps,
    "ast.literal_eval": ast.literal_eval,
    **{
        f"base64.{name}": _of("base64", name)
        for name in (
            "b64decode b64encode standard_b64decode standard_b64encode urlsafe_b64decode urlsafe_b64encode b32decode "
            "b32encode b16decode b16encode b85decode b85encode a85decode a85encode decodebytes encodebytes"
        ).split()
    },
    "binascii.hexlify": _of("binascii", "hexlify"),
    "binascii.unhexlify": _of("binascii", "unhexlify"),
    "binascii.a2b_base64": _of("binascii", "a2b_base64"),
    "binascii.b2a_base64": _of("binascii", "b2a_base64"),
    "codecs.decode": lambda data, encoding="utf-8": _rotated(data, encoding) or bytes(data).decode(encoding),
    "codecs.encode": lambda text, encoding="utf-8": _rotated(text, encoding) or str(text).encode(encoding),
    **{f"textwrap.{name}": getattr(textwrap, name) for name in ("dedent", "indent", "fill", "wrap", "shorten")},
    "inspect.cleandoc": inspect.cleandoc,
    "string.capwords": string.capwords,
    "html.escape": _of("html", "escape"),
    "html.unescape": _of("html", "unescape"),
    **{
        f"urllib.parse.{name}": getattr(urllib.parse, name)
        for name in "quote quote_plus unquote unquote_plus urlencode urljoin".split()
    },
    "shlex.split": _of("shlex", "split"),
    "shlex.quote": _of("shlex", "quote"),
    "shlex.join": _of("shlex", "join"),
    "re.escape": re.escape,
    "re.sub": _sub,
    "re.split": _split,
    "re.findall": _findall,
    "re.finditer": _finditer,
    "re.match": _match("match"),
    "re.search": _match("search"),
    "re.fullmatch": _match("fullmatch"),
    "re.compile": lambda pattern, flags=0: _pattern(pattern, flags=flags),
    "string.Template": string.Template,
    "datetime.date": dt.date,
    "datetime.datetime": dt.datetime,
    "datetime.time": dt.time,
    "datetime.timedelta": dt.timedelta,
    "datetime.date.fromisoformat": dt.date.fromisoformat,
    "datetime.datetime.fromisoformat": dt.datetime.fromisoformat,
    "datetime.datetime.strptime": dt.datetime.strptime,
    "decimal.Decimal": decimal.Decimal,
    "fractions.Fraction": fractions.Fraction,
    "uuid.UUID": uuid.UUID,
    "uuid.uuid3": uuid.uuid3,
    "uuid.uuid5": uuid.uuid5,
    "collections.Counter": lambda given=(): dict(collections.Counter(given)),
    "keyword.iskeyword": keyword.iskeyword,
    "unicodedata.normalize": unicodedata.normalize,
    "zlib.crc32": _of("zlib", "crc32"),
    "zlib.compress": _of("zlib", "compress"),
    "zlib.decompress": lambda data: _of("zlib", "decompressobj")().decompress(data, MAX_CHARACTERS_MADE),
    "glob.escape": _of("glob", "escape"),
    "calendar.monthrange": lambda year, month: tuple(map(int, _of("calendar", "monthrange")(year, month))),
    "bisect.bisect": bisect.bisect,
    "bisect.bisect_left": bisect.bisect_left,
    "bisect.bisect_right": bisect.bisect_right,
    "statistics.mean": _of("statistics", "mean"),
    "statistics.median": _of("statistics", "median"),
    **{
        f"math.{name}": getattr(math, name)
        for name in "ceil floor sqrt log log2 log10 gcd isqrt trunc fabs isclose fsum hypot".split()
    },
    **{
        f"os.path.{name}": getattr(os.path, name) for name in ("basename", "splitext", "split", "isabs", "commonprefix")
    },
    **{
        f"operator.{name}": getattr(operator, name)
        for name in "eq ne lt le gt ge not_ truth contains is_ is_not countOf indexOf".split()
    },
    "operator.length_hint": len,
}
"""By their full names; what they give is what Python's own gives."""

for _one in ("builtins.int", "builtins.str", "json.dumps", "uuid.UUID", "decimal.Decimal", "fractions.Fraction"):
    takes_any_number(FUNCTIONS[_one])


# --- Objects of the library ------------------------------------------------------------------------------------------


def known_method(kind: type, name: str) -> Callable[..., object] | None:
    """A method of an object of Python's library, if it only computes."""
    allowed = next((names for cls, names in _OF_OBJECTS.items() if issubclass(kind, cls)), frozenset[str]())
    if name not in allowed:
        return None
    if issubclass(kind, re.Pattern):
        return _PATTERNS[name]
    return lambda held, *given, **named: getattr(held, name)(*given, **named)


_PATTERNS: dict[str, Callable[..., object]] = {
    "match": _match("match"),
    "search": _match("search"),
    "fullmatch": _match("fullmatch"),
    "sub": _sub,
    "split": _split,
    "findall": _findall,
    "finditer": _finditer,
}
_OF_OBJECTS: dict[type, frozenset[str]] = {
    re.Pattern: frozenset(_PATTERNS),
    re.Match: frozenset({"group", "groups", "groupdict", "start", "end", "span"}),
    string.Template: frozenset({"substitute", "safe_substitute"}),
    dt.date: frozenset(
        "strftime isoformat date time replace weekday isoweekday timetuple toordinal ctime timestamp".split()
    ),
    dt.time: frozenset({"strftime", "isoformat"}),
    dt.timedelta: frozenset({"total_seconds"}),
    decimal.Decimal: frozenset({"quantize", "normalize", "to_eng_string"}),
}

CONSTANTS: dict[str, Value] = {
    **{
        f"string.{name}": unreal(getattr(string, name))
        for name in "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits punctuation whitespace".split()
    },
    **{f"math.{name}": unreal(getattr(math, name)) for name in ("pi", "e", "tau", "inf")},
    **{
        f"re.{name}": unreal(int(getattr(re, name)))
        for name in "I IGNORECASE M MULTILINE S DOTALL X VERBOSE A ASCII U UNICODE".split()
    },
    "os.linesep": unreal("\n"),
    "os.sep": unreal("/"),
    "os.path.sep": unreal("/"),
}
"""Names of the library that stand for a plain value, the same everywhere."""
