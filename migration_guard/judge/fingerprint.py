"""What makes two findings the same one: rule, kind, target and statement; never path, line or message."""

from __future__ import annotations

import re
from hashlib import sha256

from migration_guard.operations import Operation

VERSION = "1"
_DIGITS = 20

_TOKEN = re.compile(
    r"""
    (?P<gap> \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<exact> [eE]'(?:\\.|''|[^'\\])*(?:'|\Z)
             | '(?:''|[^'])*(?:'|\Z)
             | "(?:""|[^"])*(?:"|\Z)
             | `[^`]*(?:`|\Z)
             | \$(?P<tag>[A-Za-z_]\w*)\$.*?(?:\$(?P=tag)\$|\Z)
             | \$\$.*?(?:\$\$|\Z) )
  | (?P<word> \w+ )
  | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)
"""Lexical units of SQL, close enough to compare texts; what is left open runs to the end, so that time stays linear."""


def fingerprint(rule_name: str, operation: Operation) -> str:
    """Hash what an operation is, apart from where it stands."""
    target = ",".join(operation.tables) or operation.model or operation.callee or ""
    parts = (rule_name, operation.kind.value, target.lower(), canonical(operation.text or ""))
    return f"{VERSION}:{sha256(chr(0).join(parts).encode(errors='surrogatepass')).hexdigest()[:_DIGITS]}"


def canonical(text: str) -> str:
    """Fold what does not count: white space, comments, the case of words outside quotes, a closing semicolon."""
    tokens = (
        match[0] if match.lastgroup == "exact" else match[0].lower()
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "gap"
    )
    return " ".join(tokens).rstrip("; ")
