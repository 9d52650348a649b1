"""What is made only when it is asked for is what it would have been otherwise."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import pytest

import migration_guard
from migration_guard import later


def test_an_expression_is_the_expression() -> None:
    lazy = later.re.compile(r"(?P<word>[a-z]+)", re.IGNORECASE)
    match = lazy.match("Ab1")
    assert match is not None
    assert match["word"] == "Ab"
    assert lazy.sub("x", "ab1") == "x1"
    assert (lazy.pattern, lazy.groups, lazy.flags) == (r"(?P<word>[a-z]+)", 1, int(re.IGNORECASE | re.UNICODE))
    assert later.re.escape is re.escape


def test_what_is_wrong_with_an_expression_is_told_when_it_is_used() -> None:
    lazy = later.re.compile("(")
    with pytest.raises(re.error):
        lazy.search("")


def test_every_expression_of_ours_can_be_compiled() -> None:
    known = [name for _, name, _ in pkgutil.walk_packages(migration_guard.__path__, "migration_guard.")]
    left = (
        "migration_guard.backfill",
        "migration_guard.integrations",
        "migration_guard.server",
        "migration_guard.__main__",
    )
    held = [
        one
        for name in known
        if not name.startswith(left)
        for value in vars(import_module(name)).values()
        for one in (value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,))
        if isinstance(one, later.Expression)
    ]
    assert len(held) > 150
    assert all(one.pattern is not None for one in held)
