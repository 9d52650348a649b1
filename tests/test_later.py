"""What is made only when it is asked for is what it would have been otherwise."""

from __future__ import annotations

import itertools
import pkgutil
import re
import signal
from importlib import import_module
from typing import Any

import pytest

import migration_guard
from migration_guard import later
from migration_guard.backfill import connect
from migration_guard.verify import scripts
from migration_guard.verify.descriptions import outcomes


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


def held() -> list[later.Expression]:
    """All expressions that our modules hold."""
    known = [name for _, name, _ in pkgutil.walk_packages(migration_guard.__path__, "migration_guard.")]
    left = (
        "migration_guard.backfill",
        "migration_guard.integrations",
        "migration_guard.server",
        "migration_guard.__main__",
    )
    return [
        one
        for name in known
        if not name.startswith(left)
        for value in vars(import_module(name)).values()
        for one in (value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,))
        if isinstance(one, later.Expression)
    ]


def test_every_expression_of_ours_can_be_compiled() -> None:
    every = held()
    assert len(every) > 150
    assert all(one.pattern is not None for one in every)


_PIECES = (
    "\n", "\r\n", " ", "a\n", "--", "-- a\n", "--\n", "-- //", "/* a */ ", "/*", "# a\n", "a ", "a, ", "a.", "(", "'a' ", "'",
    '"', "; ", "$$", "%s", "{a}", "\\", "<a>", "a/", "**/", "CREATE ", "1", "_", "AND ", "a=1 ",
)  # fmt: skip


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows ends nothing that takes too long")
def test_no_expression_of_ours_tries_every_way_to_divide_a_line() -> None:
    """Forty times the same, and then something else: there are 2**40 ways to divide it, and nobody waits for that."""
    every: list[Any] = [*held(), connect._ENDS_TRANSACTION]
    assert _endless(every, [f"{begin}{piece * 40}!~" for begin, piece in itertools.product(("", "-- "), _PIECES)]) == []


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows ends nothing that takes too long")
def test_no_expression_that_looks_at_lines_begins_anew_at_each_empty_one() -> None:
    """Where each of so many lines is gone through to the end, that are fifty thousand million steps."""
    every = [one for one in held() if one.flags & re.MULTILINE]
    assert len(every) > 20
    assert _endless(every, [f"{piece * 300_000}!~" for piece in ("\n", "\r\n", " \n")]) == []


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows ends nothing that takes too long")
def test_no_expression_that_looks_for_names_begins_anew_at_each_letter() -> None:
    """What stands in other files is looked for in data, too, of which one word may be all that there is."""
    assert _endless([scripts._SCRIPT, outcomes._OF_ANOTHER], ["ab12" * 150_000]) == []


def _endless(every: list[Any], texts: list[str]) -> list[tuple[object, str]]:
    """The expressions that go on for too long, each with a text."""

    def ends(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ends)
    endless = []
    try:
        for one, text in itertools.product(every, texts):
            signal.setitimer(signal.ITIMER_REAL, 30)
            try:
                one.search(text.encode() if isinstance(one.pattern, bytes) else text)
            except TimeoutError:
                endless.append((one.pattern, text[:20]))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return endless
