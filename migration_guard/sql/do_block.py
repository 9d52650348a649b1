"""The body of a DO block, as the batches that it makes: statements between PL/pgSQL's own words."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sql import callees
from migration_guard.sql.lexis import lexis_of
from migration_guard.sql.scan import scan
from migration_guard.sql.statement import split

_BLOCK = re.compile(
    r"\s*DO\s+(?:LANGUAGE\s+plpgsql\s+)?(?P<mark>\$\w*\$)(?P<body>.*)(?P=mark)\s*(?:LANGUAGE\s+plpgsql\s*)?;?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_OUT_OF_SIGHT = re.compile(
    r"\b(?:EXECUTE|CALL|EXCEPTION|OPEN|FETCH|FOREACH)\b|set_config\s*\(|(?:^|;|\b(?:BEGIN|LOOP|THEN|ELSE))\s*(?:SET|RESET)\b"
    r"|\bE'|\$\w*\$",
    re.IGNORECASE,
)
"""What makes a body more than statements in loops, or has strings whose end is not told here."""
_PERFORMS = re.compile(r"\bPERFORM\s+(?!pg_sleep\b|pg_catalog\.pg_sleep\b)", re.IGNORECASE)
_REMARKS = re.compile(r"(?P<kept>'(?:[^']|'')*'|\"[^\"]*\")|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Remarks, and what stands in quotes, where none begins."""
_DATA = re.compile(r"\b(?:WITH|UPDATE|DELETE\s+FROM|INSERT\s+INTO|MERGE\s+INTO)\b", re.IGNORECASE)
_LOOPS = re.compile(r"\bLOOP\b", re.IGNORECASE)
_ROWS = re.compile(r"\bFOR\s+\w+\s+IN\s+\(?\s*(?:SELECT|WITH)\b", re.IGNORECASE)
_COMMITS = re.compile(r"(?:^|;)\s*COMMIT\s*(?:;|\Z)", re.IGNORECASE)
_TEXT = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True, slots=True)
class Block:
    """What a DO block does."""

    statements: tuple[str, ...]
    loops: bool
    """Whether it goes round."""
    commits: bool
    """Whether it commits by itself."""


def block(text: str) -> Block | None:
    """Take a DO block apart; None for one that does more than to run statements, in loops or not."""
    found = _BLOCK.match(text)
    if found is None:
        return None
    body = _REMARKS.sub(lambda one: one["kept"] or " ", found["body"])
    plain = _TEXT.sub("''", body)
    if _OUT_OF_SIGHT.search(plain) or _PERFORMS.search(plain) or ";" in "".join(_TEXT.findall(body)):
        return None
    if any(_calls_unknown(_DATA.split(part, maxsplit=1)[0]) for part in body.split(";")):
        return None
    loops, commits = _LOOPS.search(plain) is not None, _COMMITS.search(plain) is not None
    if _ROWS.search(plain) and commits:
        return None  # what each of its rows is for is not told here
    return Block(tuple(_statements(body)), loops, commits)


def _calls_unknown(part: str) -> bool:
    """Whether what stands beside the changes, such as `x := fill()` or `IF fill() THEN`, calls what nobody knows."""
    return any(
        callees.evaluated(statement, 0, len(statement), "postgres")
        for statement in split(scan(part, 0, lexis_of("postgres"), body=True))
    )


def _statements(body: str) -> Iterator[str]:
    """The data changes in a body, without the words of control before them."""
    for part in body.split(";"):
        if (start := _DATA.search(part)) is not None:
            yield part[start.start() :].strip()
