"""Recognises SQL that only changes the schema, so plainly that nobody has to read it closely."""

from __future__ import annotations

import re

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
_COMPUTES = re.compile(
    r"\b(?:default|using|check)\b[^;]*?\b(?!(?:n?(?:var)?char|n?varchar2|character|varying|numeric|decimal|float|bit|interval|"
    r"timestamp(?:tz)?|time(?:tz)?|now|nextval|gen_random_uuid|uuid_generate_v[14]|coalesce|nullif|lower|upper|trim|"
    r"key|check|unique|references|index|in|and|or|not|btree|hash|gin|gist|brin)\b)[\w\"]+\s*\(",
    re.IGNORECASE,
)
"""A function is called for each row that there is, unless only what is new is given a default."""
_CHANGES_SCHEMA = re.compile(
    rf"\s*(?:(?:ALTER|COMMENT|DROP|GRANT|LOCK|PRAGMA|REINDEX|RENAME|RESET|REVOKE|SET|CREATE\s+(?:{'|'.join(_CREATED.split())}))\b|$)",
    re.IGNORECASE,
)


def only_changes_schema(text: str) -> bool:
    """Say whether each statement of a text is known to touch no rows; what could be one is judged by its words."""
    if len(text) > _LONGEST or _MAY_CHANGE_DATA.search(_HARMLESS.sub("", text)):
        return False
    # A semicolon within quotes makes pieces that are no statements, which keeps the file. `CREATE TABLE a TABLE b`
    # is a copy in MySQL.
    if "(" in text and _COMPUTES.search(text):
        return False
    return all(_CHANGES_SCHEMA.match(piece) and len(_NAMES_A_TABLE.findall(piece)) < 2 for piece in text.split(";"))
