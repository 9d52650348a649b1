"""Recognises SQL that only changes the schema, so plainly that nobody has to read it closely."""

from __future__ import annotations

from migration_guard.later import re

_LONGEST = 10_000

_HARMLESS = re.compile(
    r"\bON\s+(?:UPDATE|DELETE)\s+(?:CASCADE|RESTRICT|NO\s+ACTION|SET\s+NULL|SET\s+DEFAULT)\b|"
    r"(?<=\bDROP\s)(?:FUNCTION|PROCEDURE|RULE|TRIGGER)\b",
    re.IGNORECASE,
)
"""Uses of such words that are about the schema."""
_MAY_CHANGE_DATA = re.compile(
    r"[%$]|\b(?:"
    r"as(?!\s+enum\s*\()|with(?!\s+time\s+zone\b)|"
    r"update|insert|delete|truncate|merge|replace|upsert|copy|clone|load|unload|into|select|values|union|"
    r"do|execute|exec|call|perform|run|explain|prepare|import|export|restore|outfile|dumpfile|"
    r"begin|atomic|function|procedure|proc|package|trigger|rule|event|task|job|schedule|language|"
    r"subscription|exchange|switch"
    r")\b",
    re.IGNORECASE,
)
"""Words of statements that write rows, run others or hold them: not one may occur, be it in a name or a comment."""

_NAMES_A_TABLE = re.compile(r"\btable\b", re.IGNORECASE)
_CREATED = (
    "COLLATION DATABASE DOMAIN EXTENSION INDEX ROLE SCHEMA SEQUENCE STATISTICS TABLE TYPE USER "
    "BITMAP CLUSTERED FULLTEXT NONCLUSTERED SPATIAL TEMP TEMPORARY UNIQUE UNLOGGED"
)
_CHANGES_SCHEMA = re.compile(
    rf"\s*(?:(?:ALTER|COMMENT|DROP|GRANT|LOCK|PRAGMA|REINDEX|RENAME|RESET|REVOKE|SET|CREATE\s+(?:{'|'.join(_CREATED.split())}))\b|$)",
    re.IGNORECASE,
)

_ALTERS = re.compile(r"\s*ALTER\b", re.IGNORECASE)
_COMPUTED = re.compile(r"\b(?:USING|DEFAULT|CHECK)\b", re.IGNORECASE)


def only_changes_schema(text: str) -> bool:
    """Say whether each statement of a text is known to touch no rows; what could be one is judged by its words."""
    if len(text) > _LONGEST or _MAY_CHANGE_DATA.search(_HARMLESS.sub("", text)):
        return False
    # A semicolon within quotes makes pieces that are no statements, which keeps the file. `CREATE TABLE a TABLE b`
    # is a copy in MySQL.
    return all(
        _CHANGES_SCHEMA.match(piece) and len(_NAMES_A_TABLE.findall(piece)) < 2 and not _computes(piece)
        for piece in text.split(";")
    )


def _computes(piece: str) -> bool:
    """Whether it may call functions for the rows that there are, in `ALTER … USING f(a)` or `ADD … DEFAULT f()`."""
    found = _COMPUTED.search(piece) if _ALTERS.match(piece) else None
    return found is not None and "(" in piece[found.end() :]
