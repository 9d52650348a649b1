"""What pipelines share: which of their jobs deploy, and which comes after which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migration_guard.later import re

_DEPLOYS = re.compile(
    r"deploy|release|rollout|ship|prod(?:uction)?\b|publish|migrat|back_?-?fill|(?:^|[^a-z])fill", re.IGNORECASE
)

_TESTS = re.compile(
    r"(?:\b|_)(?:py)?(?:test|unit|e2e|integration|lint|check|ci\b|quality|coverage|valid|audit|scan|smoke|mypy|type(?:s?\b|check))",
    re.IGNORECASE,
)


def deploys(name: str) -> bool:
    """Whether a job, a file or a target is called like a part of a deployment."""
    return bool(_DEPLOYS.search(name))


def tests(name: str) -> bool:
    """Whether a job is called like one that tests, and so has a database of its own."""
    return bool(_TESTS.search(name))


def before(name: str, needs: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """All that have ended when one begins, through others too."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for one in needs.get(waiting.pop(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return frozenset(found)


def after(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The names, each behind those that it needs; else in their own order."""
    found: list[str] = []

    def visit(name: str, above: frozenset[str]) -> None:
        if name in found or name in above or name not in needs:
            return
        for one in needs[name]:
            visit(one, above | {name})
        found.append(name)

    for name in needs:
        visit(name, frozenset())
    return found
