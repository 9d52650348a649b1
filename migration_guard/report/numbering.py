"""Telling equal findings of a file apart, by their order and not by their lines, so that an edit above changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from migration_guard.findings import Finding, Status
from migration_guard.report.model import Report

_DIGITS = 40


def numbered(report: Report, *, grandfathered: bool) -> Iterator[tuple[Finding, str]]:
    """Give the findings that are shown, each with an identity that no other of the report has, shown or not."""
    seen: Counter[tuple[str, str]] = Counter()
    for finding in report.findings:
        equal = (finding.path, finding.fingerprint or finding.code)
        seen[equal] += 1
        if grandfathered or finding.status is Status.NEW:
            yield finding, identity(*equal, str(seen[equal]))


def identity(*parts: str) -> str:
    """Hash what makes something itself."""
    return sha256(chr(0).join(parts).encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
