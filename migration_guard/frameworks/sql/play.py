"""Evolutions of the Play framework: `# --- !Ups` and `# --- !Downs`, also with dashes alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom, sections
from migration_guard.later import re

_MARKER = re.compile(r"^[ \t]*(?:#|--)[- \t]*!(?:Ups|(?P<down>Downs))\b[^\n]*", re.IGNORECASE | re.MULTILINE)
_UPS = re.compile(r"^[ \t]*(?:#|--)[- \t]*!Ups\b", re.IGNORECASE | re.MULTILINE)


def recognises(path: Path, source: bytes) -> bool:
    return b"!Ups" in source and bool(_UPS.search(source.decode("utf-8", "replace"))) and is_the_custom(path, _UPS)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield from sections(text, _MARKER)
