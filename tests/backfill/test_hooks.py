"""Hooks are called by what the state says: once, with the event, and whatever becomes of them stops nothing."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backfill.process import until
from backfill.test_batches import Database, define
from backfill.test_commands import Project, last
from migration_guard.backfill import run
from migration_guard.backfill.connect import address
from migration_guard.backfill.report import Result
from migration_guard.backfill.runner import prepare
from migration_guard.backfill.state import SCHEMA, Store
from migration_guard.backfill.transitions import State
from migration_guard.watching.calling import Calling, hook_of
from migration_guard.watching.hooks import Hook, Hooks, words_of
from migration_guard.watching.lookout import Eyes

DEFINITIONS = """
import os
import time
from migration_guard.backfill import Backfill, ranges

ranges.SMALLEST, ranges.ALONE = 5, 10

def apply(connection, ids):
    open("begun", "w").close()
    while os.path.exists("wait"):
        time.sleep(0.01)
    connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))

def word(engine, batch_size, max_time_seconds):
    return 0, True

GOOD = Backfill(key="good", table="leads", where="status IS NULL", apply=apply, batch_size=10)
BAD = Backfill(key="bad", table="leads", where="name IS NULL",
               update="UPDATE leads SET name = 'x' WHERE id = ANY(:ids)")
BACKFILL_DEFS = [{"key": "word", "tables": ["leads"], "function": word}]
"""
NOTES = """
import json, os, sys
told = json.load(sys.stdin) if len(sys.argv) > 1 else None
def note(event):
    said = ("EVENT", "KEY", "STATE", "REASON", "DATABASE")
    named = {name: os.environ[name] for name in map("MIGRATION_GUARD_{}".format, said)}
    with open("told.jsonl", "a") as file:
        file.write(json.dumps([event, named, os.getcwd()]) + "\\n")
if told:
    note(told)
"""


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made.leads(40)
    yield made
    made.console.close()


@pytest.fixture
def project(tmp_path: Path, db: Database) -> Iterator[Project]:
    made = Project(tmp_path, db.url)
    (tmp_path / "backfills.py").write_text(DEFINITIONS)
    (tmp_path / "notes.py").write_text(NOTES)
    yield made
    (tmp_path / "wait").unlink(missing_ok=True)
    made.end()


def configure(project: Project, **hooks: Any) -> None:
    lines = [f"{name.replace('_', '-')} = {json.dumps(value)}" for name, value in hooks.items()]
    text = '[backfill]\nmodules = ["backfills.py"]\n[backfill.hooks]\n' + "\n".join(lines)
    (project.folder / "migration-guard.toml").write_text(text)


def told(project: Project) -> list[tuple[dict[str, Any], dict[str, str], str]]:
    file = project.folder / "told.jsonl"
    return [tuple(json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def test_each_end_is_told_once_by_command_and_by_function(db: Database, project: Project) -> None:
    db("ALTER TABLE leads ADD CHECK (id <> 7 OR name IS NULL)")
    configure(project, on_complete=[sys.executable, "notes.py", "$HOME; no shell"], on_failure="notes:note")
    ran = project("run", "--all")
    assert last(ran).startswith("WORK IS LEFT: 2 of 3 backfills not complete")
    events = {event["key"]: (event, named, folder) for event, named, folder in told(project)}
    assert len(told(project)) == len(events) == 2, "the word of a function is no completion"
    event, named, folder = events["good"]
    assert [event[name] for name in ("event", "state", "reason")] == ["complete", "completed", None]
    assert event["counts"]["changed"] == 40
    assert named == {
        "MIGRATION_GUARD_EVENT": "complete", "MIGRATION_GUARD_KEY": "good", "MIGRATION_GUARD_STATE": "completed", "MIGRATION_GUARD_DATABASE": "",
        "MIGRATION_GUARD_REASON": "",
    }  # fmt: skip
    assert Path(folder) == project.folder
    event = events["bad"][0]
    assert (event["event"], event["state"], event["counts"]["quarantined"]) == (
        "failure",
        "completed_with_quarantine",
        1,
    )
    ran = project("run", "--only", "good")
    assert len(told(project)) == 2, "what was so before is not told again"
    assert "was not called" not in ran.stdout


def test_runs_that_share_a_backfill_tell_of_it_once(project: Project) -> None:
    configure(project, on_complete="notes:note")
    (project.folder / "wait").touch()
    runs = [project.start("run", "--only", "good") for _ in range(2)]
    until(lambda: len(project.status().get("good", {}).get("workers", [])) == 2)
    (project.folder / "wait").unlink()
    for one in runs:
        assert one.communicate(timeout=60)[0].rstrip().endswith("All complete: 1 of 1 backfills.")
    assert [event["event"] for event, _, _ in told(project)] == ["complete"]


def test_a_hold_is_told_once(db: Database, project: Project) -> None:
    configure(project, on_hold=[sys.executable, "notes.py", "it"])
    (project.folder / "wait").touch()
    running = project.start("run", "--only", "good")
    until((project.folder / "begun").exists)  # before that it would queue behind the change itself
    with db.holding("SELECT FROM leads"):
        changing = threading.Thread(target=lambda: db("ALTER TABLE leads ADD COLUMN more int"))
        changing.start()
        waits = "SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
        with psycopg.connect(db.url, autocommit=True) as console:
            until(lambda: bool(console.execute(waits).fetchall()))
        (project.folder / "wait").unlink()
        until(lambda: bool(told(project)))
    changing.join()
    assert running.communicate(timeout=60)[0].rstrip().endswith("All complete: 1 of 1 backfills.")
    ((event, _, _),) = told(project)
    assert (event["event"], event["key"], event["state"]) == ("hold", "good", "running")
    assert event["reason"].startswith("a schema change waits for the table")


def test_what_becomes_of_a_hook_is_told_and_changes_nothing(project: Project) -> None:
    fails = [sys.executable, "-c", "import sys; sys.exit('the channel\\x1b[31m is gone')"]
    for hook, said in (
        (fails, "good: note: on-complete failed with exit code 1: the channel\\x1b[31m is gone"),
        ("no-such-program --at all", "good: note: on-complete could not be called: No such file or directory"),
        (
            [sys.executable, "-c", "import time; time.sleep(60)"],
            "good: note: on-complete was ended: it took more than 0.5 s",
        ),
        (
            "notes:nowhere",
            "on-complete failed with exit code 1: AttributeError: module 'notes' has no attribute 'nowhere'",
        ),
    ):
        configure(project, on_complete=hook, timeout=0.5 if hook[0] == sys.executable and hook is not fails else 10)
        ran = project("run", "--only", "good")
        assert said in ran.stdout
        assert last(ran) == "All complete: 1 of 1 backfills."
        project("retry", "good")


def test_where_nothing_can_be_run_that_is_a_failure(project: Project) -> None:
    configure(project, on_failure="notes:note")
    ran = project("run", "--all", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert last(ran).startswith("NOTHING WAS RUN: ")
    ((event, _, _),) = told(project)
    assert (event["event"], event["key"], event["state"]) == ("failure", None, None)


def test_complete_is_what_the_gate_calls_so(db: Database, tmp_path: Path) -> None:
    where, definition, said = address(db.url, "it"), define(), list[str]()
    prepare(where, Store())
    eyes = Eyes(where, SCHEMA, ())
    hooks = Hooks({Hook.COMPLETE: ["touch", "called"]}, tmp_path, 10)
    calling = Calling(
        hooks, eyes, {definition.key}, refused=lambda _: eyes.refused(definition), say=lambda _, text: said.append(text)
    )
    eyes.mark()
    run([definition], db.url)
    db("INSERT INTO leads (id) VALUES (1000)")
    calling.see(eyes.look())
    assert said[0].startswith("on-complete is not called: it was completed up to key 40, and is no longer: ")
    assert not (tmp_path / "called").exists()
    run([definition], db.url)
    calling.see(eyes.look())
    assert (len(said), (tmp_path / "called").exists()) == (1, True)
    (tmp_path / "called").unlink()
    calling.see(eyes.look())
    assert not (tmp_path / "called").exists(), "what was told is not told again"
    calling.finish([Result(definition.key, State.COMPLETED)])
    assert len(said) == 1
    blind = Calling(hooks, eyes, {definition.key}, refused=lambda _: None, say=lambda _, text: said.append(text))
    blind.finish([Result(definition.key, State.COMPLETED), Result("before", State.COMPLETED, ran=False)])
    assert said[1:] == ["on-complete was not called: the state could not be looked at any more"]
    assert not (tmp_path / "called").exists()
    eyes.close()


@pytest.mark.parametrize(
    ("state", "reason", "hook"),
    [
        ("completed", None, Hook.COMPLETE),
        ("completed_with_quarantine", "rows", Hook.FAILURE),
        ("failed", "x", Hook.FAILURE),
        ("incomplete", "moving target: rows", Hook.FAILURE),
        ("incomplete", "time: the run's time is over, the next run goes on from here", None),
        ("incomplete", "stopped by a signal", None),
        ("done_by_its_word", None, None),
        ("paused", None, None),
        (None, "its state cannot be read", Hook.FAILURE),
    ],
)
def test_what_is_called_when(state: str | None, reason: str | None, hook: Hook | None) -> None:
    assert hook_of(State(state) if state else None, reason) is hook


def test_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "told-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: told\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[migration_guard.hooks]\npager = told.hooks:page\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    ours = [sys.executable, "-m", "migration_guard.watching.hooked"]
    assert words_of("pager") == [*ours, "told.hooks:page"]
    assert words_of("a.b:c.d") == [*ours, "a.b:c.d"]
    assert words_of("page 'the team' $HOME") == ["page", "the team", "$HOME"]
    assert words_of(("pager",)) == ["pager"]
