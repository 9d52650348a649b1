"""How long a migration waits for locks: what sets a limit in SQL, and which changes of the schema have to wait for others.

Both are asked of whole statements, one after the other. What stands in a comment, in another string or in a body sets nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from migration_guard.lean import dataclass
from migration_guard.operations import UNKNOWN_DIALECT
from migration_guard.sql.lexis import lexis_of
from migration_guard.sql.scan import KEPT, SHORT, Sort, Token, masked, scan, words
from migration_guard.sql.settings import seconds
from migration_guard.sql.statement import Statement, split

LONGEST = 60.0
"""Seconds. Whoever waits for a lock makes all wait who come after him: who waits longer than a minute has no limit to speak of."""
_SECONDS = {"lock_wait_timeout": 1.0}
"""MySQL's counts seconds, where PostgreSQL's without a unit counts milliseconds."""
_NAMES = {
    "postgres": frozenset({"lock_timeout"}),
    "mysql": frozenset(_SECONDS),
    UNKNOWN_DIALECT: frozenset({"lock_timeout", *_SECONDS}),
}
_OFF = frozenset({"DEFAULT", "UNLIMITED"})
_NO_TABLE = words(
    "ACCESS AGGREGATE CAST COLLATION CONVERSION DATABASE DEFAULT DOMAIN EVENT EXTENSION FOREIGN FUNCTION GROUP LANGUAGE "
    "LARGE OPERATOR PROCEDURE PROC PUBLICATION ROLE ROUTINE SCHEMA SEQUENCE SERVER STATISTICS SUBSCRIPTION SYSTEM TABLESPACE "
    "TEXT TRANSFORM TYPE USER"
)
"""What may be created, changed or dropped without a lock on a table that others use."""
_ON_TABLE = words("TRIGGER RULE POLICY INDEX")
"""What belongs to a table that it names behind ON."""
_KINDS = _NO_TABLE | _ON_TABLE | words("TABLE VIEW")
_NO_LOCK = words("COMMENT GRANT REVOKE DENY SECURITY IMPORT REASSIGN")


@dataclass(frozen=True, slots=True)
class Limit:
    """A statement that says how long the session waits for locks."""

    start: int
    enough: bool
    """Whether it is a limit at all: none, and one of many minutes, is as good as the default."""
    local: bool
    """Whether it ends with the transaction."""


def knows_limits(dialect: str) -> bool:
    """Whether a server of this dialect can be told how long to wait for the lock of a schema change."""
    return dialect in _NAMES


def limits(text: str, holes: Sequence[tuple[int, int]], dialect: str) -> tuple[Limit, ...]:
    """Each statement of a text that sets such a limit, or takes it back, in order."""
    lowered = text.lower()
    if not any(name in lowered for name in ("lock_timeout", "lock_wait_timeout", "reset", "discard")):
        return ()
    return (_kept if len(text) <= SHORT else _limits)(masked(text, holes), dialect)


def _limits(text: str, dialect: str) -> tuple[Limit, ...]:
    names = _NAMES.get(dialect, frozenset())
    found = (_limit(statement, names) for statement in split(scan(text, 0, lexis_of(dialect))))
    return tuple(limit for limit in found if limit is not None)


_kept = lru_cache(maxsize=KEPT)(_limits)  # a script says the same before each of its statements
forget = _kept.cache_clear


def waits_for(text: str, dialect: str) -> Iterator[str | None]:
    """The tables whose locks a change of the schema waits for; None for one that it does not name."""
    statement = next(split(scan(text, 0, lexis_of(dialect))), None)
    if statement is not None:
        yield from _waits_for(statement)


def _limit(statement: Statement, names: frozenset[str]) -> Limit | None:
    start = statement[0].start
    match statement.word(0):
        case "SET":
            at = statement.skip(1, "LOCAL", "SESSION")
            name = _name(statement, at)
            if name not in names:
                return None
            return Limit(start, _is_enough(name, statement, at + 2), local=statement.word(1) == "LOCAL")
        case "RESET" if _name(statement, 1) in names | {"all"}:
            return Limit(start, enough=False, local=False)
        case "DISCARD" if statement.word(1) == "ALL":
            return Limit(start, enough=False, local=False)
        case "SELECT":
            return _configured(statement, names)
    return None


def _configured(statement: Statement, names: frozenset[str]) -> Limit | None:
    """`SELECT set_config('lock_timeout', '5s', true)`, alone or beside others."""
    for at in range(1, len(statement)):
        if statement.word(at) != "SET_CONFIG" or statement[at + 1].text != "(":
            continue
        name = _unquoted(statement[at + 2]).lower()
        if name not in names:
            continue
        session = statement.is_(statement.find(at + 4, statement.beyond(at + 1) - 1, "FALSE"), "FALSE")
        return Limit(statement[0].start, _is_enough(name, statement, at + 4), local=not session)
    return None


def _name(statement: Statement, at: int) -> str:
    token = statement[at]
    return token.text.strip('"`@').lower() if token.sort in (Sort.WORD, Sort.QUOTED) else ""


def _unquoted(token: Token) -> str:
    return token.text.strip("'") if token.sort is Sort.STRING else ""


def _is_enough(name: str, statement: Statement, at: int) -> bool:
    """Whether a value limits: one that is put in while running was thought of by somebody."""
    token = statement[at]
    if token.sort is Sort.HOLE or token.text in ("$", "?", ":", "%"):
        return True
    if token.text == "-" or token.upper in _OFF or token.sort not in (Sort.STRING, Sort.NUMBER, Sort.WORD):
        return False
    said = _unquoted(token) or token.text
    amount = float(said) * _SECONDS[name] if name in _SECONDS and said.isdigit() else seconds(said)
    return amount is None or 0 < amount <= LONGEST


def _waits_for(statement: Statement) -> Iterator[str | None]:
    end = len(statement)
    if any(statement.word(at) == "CONCURRENTLY" for at in range(end)) or statement.word(0) in _NO_LOCK:
        return  # the former waits without keeping others waiting, and leaves an invalid index where it is cut short
    kind = statement.find(1, end, *_KINDS)
    what, after = statement.word(kind), statement.skip(kind + 1, "IF", "NOT", "EXISTS", "ONLY")
    match statement.word(0), what:
        case "ALTER" | "DROP", "FOREIGN" if statement.word(kind + 1) == "TABLE":
            yield None
        case _, "EVENT" if statement.word(kind + 1) == "TRIGGER":
            return
        case _, _ if what in _NO_TABLE:
            return
        case "CREATE", "VIEW":
            return
        case "CREATE", "TABLE":
            yield from _needed(statement, after)
        case "ALTER" | "DROP", "TABLE":
            yield from _listed(statement, after)
            yield from _needed(statement, after)
        case _, "TRIGGER" | "RULE" | "POLICY" | "INDEX" if (on := statement.find(after, end, "ON")) < end:
            yield _table(statement, statement.skip(on + 1, "ONLY"))
        case _:
            yield None


def _listed(statement: Statement, at: int) -> Iterator[str | None]:
    yield _table(statement, at)
    _, at = statement.name(at)
    while statement.word(0) == "DROP" and statement[at].text == ",":
        yield _table(statement, at + 1)
        _, at = statement.name(at + 1)


def _needed(statement: Statement, at: int) -> Iterator[str | None]:
    """The tables that a new one, or a new constraint, refers to: a foreign key takes a lock on both."""
    for index in range(at, len(statement)):
        if statement.word(index) == "REFERENCES":
            yield _table(statement, index + 1)
        elif statement.is_(index, "PARTITION", "OF") or statement.is_(index, "INHERITS", "("):
            yield _table(statement, index + 2)


def _table(statement: Statement, at: int) -> str | None:
    name, _ = statement.name(at)
    return name.text if name is not None and name.certain else None
