"""Backfills that wait for others: in which order they go, and what is said of one whose turn has not come."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from backfill.process import free_port
from backfill.test_commands import Project
from migration_guard.backfill import Backfill, run
from migration_guard.backfill.connect import address
from migration_guard.backfill.definition import DefinitionError, Priority
from migration_guard.backfill.order import in_order, waits
from migration_guard.backfill.registry import load_definitions
from migration_guard.backfill.state import Store
from migration_guard.integrations.errands import Errand, Errands


def backfill(key: str, *after: str, priority: Priority = Priority.MEDIUM) -> Backfill:
    update = "UPDATE leads SET status = 'new' WHERE id = ANY(:ids)"
    return Backfill(key=key, table="leads", where="status IS NULL", update=update, after=after, priority=priority)


def test_each_goes_behind_those_that_it_waits_for() -> None:
    given = [backfill("a", "c", priority=Priority.HIGH), backfill("b"), backfill("c", priority=Priority.LOW)]
    assert [one.key for one in in_order(given)] == ["b", "c", "a"]
    circle = [backfill("a", "b"), backfill("b", "a")]
    assert [one.key for one in in_order(circle)] == ["a", "b"]


def test_what_it_waits_for_is_said(database: str) -> None:
    (result,) = run([backfill("a", "b")], database)
    assert (str(result), result.ran) == ("a: not run (waits for b, which is never run)", False)


def test_what_its_owner_says_is_completed_is_waited_for_no_longer(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the run is of all, of those of one priority, of one only, or of a task: the others are no part of it."""
    definition = "Backfill(table='leads', where='false', update='DELETE FROM leads WHERE id = ANY(:ids)'"
    project = Project(tmp_path, database)
    (tmp_path / "backfills.py").write_text(
        f"from migration_guard.backfill import Backfill\nA = {definition}, key='a', after=('b', 'c'))\n"
        f"B = {definition}, key='b', status='completed')\nC = {definition}, key='c', status='deprecated')\n"
    )
    for options in (["--all"], ["--priority", "MEDIUM"], ["--only", "a"]):
        ran = project("run", *options)
        assert "a: not run (waits for c, which is never run)" in ran.stdout, (options, ran)
    monkeypatch.setenv("DATABASE_URL", database)
    (result,) = Errands(tmp_path).run(Errand()).results
    assert str(result) == "a: not run (waits for c, which is never run)"
    given = load_definitions(["backfills.py"], tmp_path)[:2]
    assert sorted(map(str, run(given, database))) == [
        "a: not run (waits for c, which is never run)",
        "b: not run (its definition says completed)",
    ]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"keys": "a"}, """keys: expected a list of backfills' keys, found 'a'; nearest: ["a"]"""),
        ({"keys": [1]}, "keys: expected a list of backfills' keys, found [1]"),
        ({"keys": 1}, "keys: expected a list of backfills' keys, found 1"),
        ({"workers": True}, "workers: expected a whole number from 1 on, found True"),
        ({"workers": 0}, "workers: expected a whole number from 1 on, found 0"),
        ({"workers": "4"}, "workers: expected a whole number from 1 on, found '4'"),
        ({"arguments": {"tenant": 1.5}}, "arguments: tenant: expected a text or a whole number, found float"),
        ({"arguments": {"tenant": True}}, "arguments: tenant: expected a text or a whole number, found bool"),
    ],
)
def test_an_errand_that_cannot_be_meant_is_refused(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError, match=f"^{re.escape(said)}$"):
        Errand(**wanted)


def test_a_server_that_is_gone_meanwhile_is_said() -> None:
    """What the run has done before is told as well: it ends with a result, as each other turn does."""
    nowhere = address(f"postgresql://127.0.0.1:{free_port()}/none", "the URL")
    result = waits(backfill("a", "b"), nowhere, Store())
    assert str(result).startswith("a: not run (waits for b, whose state cannot be read: ")
