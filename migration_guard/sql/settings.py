"""Time-outs that SQL sets: `SET LOCAL lock_timeout = '60s'`, `set_config('lock_timeout', '60s', true)`, `-c lock_timeout=60s`."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.later import re
from migration_guard.lean import dataclass

NAMES = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
_NAME = r"(?P<name>lock_timeout|statement_timeout|idle_in_transaction_session_timeout)"
_VALUE = r"(?P<value>'[^']*'|[\w.{}:%()$]+(?:\s*(?:ms|s|min|h|d)\b)?)"
_SET = re.compile(rf"\bSET\s+(?:(?P<scope>LOCAL|SESSION)\s+)?{_NAME}\s*(?:=|\bTO\b)\s*{_VALUE}", re.IGNORECASE)
_CONFIG = re.compile(
    rf"\bset_config\s*\(\s*'{_NAME}'\s*,\s*(?P<value>[^,]+?)\s*,\s*(?P<scope>true|false|[^)\s]+)\s*\)", re.IGNORECASE
)
_RESET = re.compile(rf"\b(?:RESET\s+(?:{_NAME}|ALL)\b|DISCARD\s+ALL\b)", re.IGNORECASE)
_OPTION = re.compile(rf"-c\s*{_NAME}\s*=\s*(?P<value>[\w.]+)", re.IGNORECASE)
_AMOUNT = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>us|ms|s|min|h|d|)\s*")
_SECONDS = {"us": 1e-6, "ms": 0.001, "": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class TimeoutSet:
    """One time-out that a text sets, and where in it."""

    name: str
    value: str
    """Without quotes."""
    seconds: float | None
    """None where the value is not known."""
    local: bool
    start: int
    end: int
    resets: bool = False
    """Whether it takes back what was set: what then holds is the server's affair."""


def timeouts(text: str) -> Iterator[TimeoutSet]:
    """Every time-out that a text of SQL sets, in order."""
    found = [*_SET.finditer(text), *_CONFIG.finditer(text), *_RESET.finditer(text)]
    for match in sorted(found, key=lambda one: one.start()):
        if "value" not in match.re.groupindex:
            for name in NAMES if match["name"] is None else (match["name"].lower(),):
                yield TimeoutSet(name, "DEFAULT", None, False, match.start(), match.end(), resets=True)
            continue
        scope = (match["scope"] or "").lower()
        yield _made(match, local=scope in {"local", "true"})


def options(text: str) -> Iterator[TimeoutSet]:
    """Every time-out that libpq's `options` set: for the session."""
    return (_made(match, local=False) for match in _OPTION.finditer(text))


def seconds(value: str) -> float | None:
    """Read an amount of time as PostgreSQL does: without a unit it is milliseconds."""
    amount = _AMOUNT.fullmatch(value)
    return float(amount["number"]) * _SECONDS[amount["unit"]] if amount else None


def _made(match: re.Match[str], *, local: bool) -> TimeoutSet:
    value = match["value"].strip().strip("'")
    return TimeoutSet(match["name"].lower(), value, seconds(value), local, match.start(), match.end())
