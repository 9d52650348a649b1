"""One list of Steps from the readings of a text: what any of them finds is found, and nothing is new unless all say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_guard.sql.functions import Functions
from migration_guard.sql.lexis import Lexis, differs, readings
from migration_guard.sql.reader import Reader
from migration_guard.sql.scan import KEPT, SHORT, Sort, Token, scan
from migration_guard.sql.steps import Armed, Change, Created, FunctionCreated, Renamed, Step, Unknown, Viewed

_ESCAPES_MAY_COUNT = "standard_conforming_strings"
_CLAIMS = (Created, Renamed, Viewed)
"""What makes a later change harmless."""


def may_allow_escapes(text: str) -> bool:
    """Whether a text changes how the strings of later ones are read."""
    return _ESCAPES_MAY_COUNT in text.casefold()


def read(text: str, dialect: str, functions: Functions, *, script: bool, escapes: bool) -> list[Step]:
    """What executing a text would do, whichever server of its dialect executes it."""
    if len(text) > SHORT:
        return _read(text, dialect, functions, script=script, escapes=escapes)
    known, key = functions.readings, (text, dialect, script, escapes)
    if key not in known:
        if len(known) >= KEPT:
            known.clear()
        known[key] = _read(text, dialect, functions, script=script, escapes=escapes)
    return known[key]


def _read(text: str, dialect: str, functions: Functions, *, script: bool, escapes: bool) -> list[Step]:
    ways = [
        (lexis, scan(text, 0, lexis, script=script))
        for lexis in readings(text, dialect, escapes=escapes or may_allow_escapes(text))
    ]
    found = [Reader(dialect, lexis, functions).read_all(tokens) for lexis, tokens in _different(ways)]
    return sorted(_merged(found), key=lambda step: step.start)


def _different(ways: Sequence[tuple[Lexis, Sequence[Token]]]) -> Iterator[tuple[Lexis, Sequence[Token]]]:
    """The ways that read a text differently: as a whole, or within its strings."""
    met: list[Sequence[Token]] = []
    for lexis, tokens in ways:
        if tokens not in met or any(token.sort is Sort.STRING and differs(token.text[1:-1]) for token in tokens):
            yield lexis, tokens
        met.append(tokens)


def _merged(found: Sequence[list[Step]]) -> list[Step]:
    first, *others = found
    closed = [steps for steps in others if not _breaks_off(steps)]
    if not closed:
        return first
    if _breaks_off(first):
        return _merged(closed)
    known = set(first)
    common = known.intersection(*(steps for steps in closed if _is_plausible(steps, known)))
    steps = [step for step in first if not isinstance(step, _CLAIMS) or step in common]
    for other in closed:
        new = list(_new(steps, [step for step in other if step not in known]))
        starts = {step.start for step in new if isinstance(step, Change) and step.tables}
        steps = [step for step in steps if not isinstance(step, Change) or step.tables or step.start not in starts]
        steps += new
        known.update(new)
    return steps


def _new(steps: Sequence[Step], others: Sequence[Step]) -> Iterator[Step]:
    """The functions, and the changes that are not told already, be it with more of a table."""
    told = {(step.start, step.kind, step.tables) for step in steps if isinstance(step, Change)}
    told.update([(start, kind, ()) for start, kind, _ in told])
    for step in others:
        if isinstance(step, (FunctionCreated, Armed)) or (
            isinstance(step, Change) and (step.start, step.kind, step.tables) not in told
        ):
            yield step


def _is_plausible(steps: Sequence[Step], known: set[Step]) -> bool:
    """Whether a server that reads a text so could run it, as far as the likeliest one can: what it creates counts."""
    return not any(isinstance(step, Unknown) and step not in known for step in steps)


def _breaks_off(steps: list[Step]) -> bool:
    """Whether a reading ends within a quote or comment, as that of the right server does not."""
    return any(isinstance(step, Unknown) and step.unclosed for step in steps)
