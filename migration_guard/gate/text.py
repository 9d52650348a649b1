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
_INDEXES = re.compile(r"\s*CREATE\s+(?:\w+\s+)*INDEX\b.*?\(", re.IGNORECASE | re.DOTALL)
_CALLED = re.compile(r"([\w.\"$]+)\s*\(")
_KNOWN = frozenset(
    "abs any array array_length all cast ceil char_length character_length check clock_timestamp coalesce concat convert "
    "count current_setting date date_part date_trunc datetime decimal exists extract floor gen_random_uuid getdate greatest "
    "hex in interval isnull json_array json_extract json_object json_typeof json_valid jsonb_array_length "
    "jsonb_build_array jsonb_build_object jsonb_typeof least length localtimestamp lower ltrim make_interval md5 mod "
    "newid nextval not now nullif num_nonnulls num_nulls numeric octet_length or and power random randomblob regexp_like "
    "replace round rtrim setweight sqrt st_geomfromtext strftime substr substring sysdatetime sysutcdatetime "
    "timezone to_char to_date to_number to_timestamp to_tsvector trim truncate unixepoch upper utc_timestamp uuid "
    "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 values varchar when where".split()
)
"""Functions and words before a parenthesis that change nothing, as many as defaults, checks and indexes often have."""


def only_calls_known(text: str) -> bool:
    """Say whether an expression of SQL calls nothing but functions that are known here to change nothing."""
    return "(" not in text or all(name.lower() in _KNOWN for name in _CALLED.findall(text))


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
    """Whether it may call functions for the rows that there are, in `ALTER … USING f(a)`, `ADD … DEFAULT f()`, `CREATE INDEX … (f(a))`."""
    if (index := _INDEXES.match(piece)) is not None:
        return not only_calls_known(piece[index.end() :])
    found = _COMPUTED.search(piece) if _ALTERS.match(piece) else None
    return found is not None and "(" in piece[found.end() :]
