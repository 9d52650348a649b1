"""Makes what a statement sets hold for its transaction alone: a session behind a pooler is the next client's as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"""
    (?P<skipped> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
               | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag) | --[^\n]* | /\*(?:(?!/\*).)*?\*/ )
    | (?P<end> ; )
    | (?P<word> [^\W\d]\w* )
    | (?P<other> . )
    """,
    re.DOTALL | re.VERBOSE,
)
_SET = re.compile(r"SET\s+(?:SESSION\s+(?!AUTHORIZATION\b|CHARACTERISTICS\b))?", re.IGNORECASE)
_KEPT = re.compile(r"SET\s+(?:LOCAL|TRANSACTION|CONSTRAINTS|SESSION\s+CHARACTERISTICS)\b", re.IGNORECASE)
_RESET = re.compile(r"RESET\s+(?!ALL\b)(?:(?P<role>ROLE)\b|(?P<name>[\w.]+))", re.IGNORECASE)
_LEAVES = (
    ("SET SESSION CHARACTERISTICS", re.compile(r"SET\s+SESSION\s+CHARACTERISTICS\b", re.IGNORECASE)),
    ("RESET ALL", re.compile(r"RESET\s+ALL\b", re.IGNORECASE)),
    ("DISCARD", re.compile(r"DISCARD\b", re.IGNORECASE)),
    ("LISTEN", re.compile(r"LISTEN\b", re.IGNORECASE)),
    ("PREPARE", re.compile(r"PREPARE\s+(?!TRANSACTION\b)", re.IGNORECASE)),
    ("DECLARE … WITH HOLD", re.compile(r"DECLARE\b.*\bWITH\s+HOLD\b", re.IGNORECASE | re.DOTALL)),
    (
        "CREATE TEMPORARY TABLE without ON COMMIT DROP",
        re.compile(
            r"CREATE\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP(?:ORARY)?\b(?!.*\bON\s+COMMIT\s+DROP\b)", re.IGNORECASE | re.DOTALL
        ),
    ),
)
_SESSION_LOCK = re.compile(r"\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(", re.IGNORECASE)
_SESSION_CONFIG = re.compile(
    r"\bset_config\s*\((?:[^()']|'(?:[^']|'')*')*,\s*(?:false|'f(?:alse)?'|'off'|'0')\s*\)", re.IGNORECASE
)


def localised(sql: str) -> str:
    """Give a text in which each plain SET is a SET LOCAL, and each RESET sets the default for the transaction."""
    return "".join(_local(sql[start:end]) for start, end in _statements(sql))


def leaves_behind(sql: str) -> str | None:
    """Name what a text would leave in its session after the transaction, if anything."""
    for start, end in _statements(sql):
        text = sql[start:end].lstrip(";")
        body = text[_lead(text) :]
        for name, pattern in _LEAVES:
            if pattern.match(body):
                return name
        if _SESSION_LOCK.search(body):
            return "pg_advisory_lock()"
        if _SESSION_CONFIG.search(body):
            return "set_config(…, false)"
    return None


def _local(text: str) -> str:
    start = len(text) - len(text.lstrip(";"))
    start += _lead(text[start:])
    head, body = text[:start], text[start:]
    if (found := _RESET.match(body)) is not None:
        name = found["role"] or found["name"]
        return f"{head}SET LOCAL {name} TO {'NONE' if found['role'] else 'DEFAULT'}{body[found.end() :]}"
    if _KEPT.match(body) or (found := _SET.match(body)) is None:
        return text
    return f"{head}SET LOCAL {body[found.end() :]}"


def _lead(text: str) -> int:
    """Count what stands before the first word: blanks and comments."""
    position = 0
    for match in _PIECE.finditer(text):
        if not (match["other"] or " ").isspace() or match["word"] or not _is_blank(match[0]):
            break
        position = match.end()
    return position


def _is_blank(text: str) -> bool:
    return text.isspace() or text.startswith(("--", "/*"))


def _statements(sql: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _PIECE.finditer(sql):
        if match["end"] and match.start() > start:
            yield start, match.start()
            start = match.start()
    if start < len(sql):
        yield start, len(sql)
