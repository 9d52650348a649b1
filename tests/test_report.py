"""What is said: golden outputs, and text of others that must stay harmless."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from migration_guard import __version__
from migration_guard.findings import Finding, Severity, Status
from migration_guard.operations import Direction, Operation, OperationKind, Problem, Span
from migration_guard.report import formats
from migration_guard.report.frame import MOST_LINES, WIDEST, frame
from migration_guard.report.model import Report
from migration_guard.report.sanitise import data, one_line
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary

SOURCE = """\
from alembic import op


def upgrade():
    op.execute("UPDATE leads SET status = 'new'")
    op.execute(
        "DELETE FROM receipts"
    )
"""
UPDATE = Operation(
    OperationKind.UPDATE,
    Span(5, 17, 5, 49),
    Direction.UPGRADE,
    "sql",
    ("leads",),
    model="crm.Lead",
    migration="42",
    text="UPDATE leads SET status = 'new'",
)
HIGH = Finding(
    code="MG101",
    name="update-in-migration",
    severity=Severity.HIGH,
    path="crm/migrations/42.py",
    span=UPDATE.span,
    message="UPDATE of leads runs inside the migration",
    help="Move it into a backfill.",
    migration="42",
    operation=UPDATE,
    fingerprint="1:00112233445566778899",
)
MIXED = replace(
    HIGH, code="MG301", name="ddl-and-dml-mixed", severity=Severity.LOW, span=Span(6, 5, 8, 6), operation=None
)
OLD = replace(HIGH, status=Status.GRANDFATHERED, span=Span(7, 1, 7, 2))
REPORT = Report(
    findings=(HIGH, MIXED, OLD),
    problems=(Problem("crm/migrations/43.py", 3, "invalid syntax"), Problem("crm/b", None, "permission denied")),
    files=3,
    excluded=1,
    failing=1,
    sources={"crm/migrations/42.py": SOURCE},
)


def said(name: str, report: Report = REPORT, screen: Screen | None = None) -> str:
    return formats.load(name).render(report, screen or Screen())


def test_json_is_the_contract() -> None:
    operation = {
        "kind": "UPDATE",
        "table": "leads",
        "tables": ["leads"],
        "model": "crm.Lead",
        "direction": "upgrade",
        "how": "sql",
        "via": None,
        "sql": "UPDATE leads SET status = 'new'",
        "dynamic": False,
        "created_here": False,
    }
    high = {
        "code": "MG101",
        "name": "update-in-migration",
        "severity": "high",
        "status": "new",
        "path": "crm/migrations/42.py",
        "line": 5,
        "column": 17,
        "end_line": 5,
        "end_column": 49,
        "message": "UPDATE of leads runs inside the migration",
        "help": "Move it into a backfill.",
        "fingerprint": "1:00112233445566778899",
        "migration": "42",
        "operation": operation,
    }
    mixed: dict[str, object] = {"code": "MG301", "name": "ddl-and-dml-mixed", "severity": "low", "operation": None}
    mixed |= {"line": 6, "column": 5, "end_line": 8, "end_column": 6}
    old = {"status": "grandfathered", "line": 7, "column": 1, "end_line": 7, "end_column": 2}
    expected = {
        "version": 1,
        "tool": {"name": "migration-guard", "version": __version__},
        "summary": {"files": 3, "new": 2, "grandfathered": 1, "ignored": 0, "problems": 2},
        "findings": [high, high | mixed, high | old],
        "problems": [
            {"path": "crm/migrations/43.py", "line": 3, "message": "invalid syntax"},
            {"path": "crm/b", "line": None, "message": "permission denied"},
        ],
        "unread": [],
    }
    text = said("json")
    assert json.loads(text) == expected
    assert text == json.dumps(expected, indent=2) + "\n"


def test_concise_is_one_line_each() -> None:
    assert said("concise") == (
        "crm/migrations/42.py:5:17: MG101 [high] UPDATE of leads runs inside the migration\n"
        "crm/migrations/42.py:6:5: MG301 [low] UPDATE of leads runs inside the migration\n"
        "crm/migrations/43.py:3: could not be checked: invalid syntax\n"
        "crm/b: could not be checked: permission denied\n"
        "3 migrations checked, 2 new (1 below fail-on), 1 grandfathered, 0 ignored, 2 problems, 1 excluded.\n"
    )


def test_full_shows_statement_table_and_remedy() -> None:
    assert said("full", replace(REPORT, findings=(HIGH, replace(MIXED, help="Split it."))), Screen(quiet=True)) == (
        "MG101 update-in-migration [high] UPDATE of leads runs inside the migration\n"
        "  --> crm/migrations/42.py:5:17 (migration 42)\n"
        "  5 >     op.execute(\"UPDATE leads SET status = 'new'\")\n"
        "  = table: leads, model crm.Lead\n"
        "  = do: Move it into a backfill.\n"
        "  = try: migration-guard move crm/migrations/42.py:5\n"
        "\n"
        "MG301 ddl-and-dml-mixed [low] UPDATE of leads runs inside the migration\n"
        "  --> crm/migrations/42.py:6:5 (migration 42)\n"
        "  6 >     op.execute(\n"
        '  7 >         "DELETE FROM receipts"\n'
        "  8 >     )\n"
        "  = do: Split it.\n"
        "\n"
        "could not be checked: crm/migrations/43.py:3: invalid syntax\n"
        "could not be checked: crm/b: permission denied\n"
    )


def test_findings_of_one_statement_are_shown_together_and_advice_is_given_once() -> None:
    mixed = replace(MIXED, span=HIGH.span, severity=Severity.MEDIUM, help="Split it.")
    later = replace(HIGH, span=Span(6, 5, 8, 6))
    text = said("full", replace(REPORT, findings=(mixed, HIGH, later), problems=()), Screen(quiet=True))
    first, second = text.strip().split("\n\n")
    assert [line.split()[0] for line in first.splitlines()][:3] == ["MG101", "MG301", "-->"]
    assert first.count("-->") == 1
    assert "= do: Move it into a backfill." in first
    assert "Split it." not in text
    assert "= do:" not in second


def test_two_changes_in_one_text_are_told_each_with_its_table_and_advice() -> None:
    other = replace(UPDATE, kind=OperationKind.DELETE, tables=("calls",), model="crm.Call")
    deleted = replace(HIGH, code="MG103", operation=other, help="Delete in batches.")
    text = said("full", replace(REPORT, findings=(HIGH, deleted), problems=()), Screen(quiet=True))
    assert [line for line in text.splitlines() if line.startswith("  = ")] == [
        "  = table: leads, model crm.Lead",
        "  = table: calls, model crm.Call",
        "  = do: Move it into a backfill.",
        "  = do: Delete in batches.",
        "  = try: migration-guard move crm/migrations/42.py:5",
    ]


def test_what_was_said_is_not_said_again() -> None:
    """What advice begins with is said once; the command for one place, and the others by their places."""
    lines = range(10, 16)
    many = [replace(HIGH, code=f"MG10{n}", span=Span(n, 5, n, 9), help=f"Some words: do {n}.") for n in lines]
    text = said("full", replace(REPORT, findings=tuple(many), problems=()))
    assert text.count("Some words") == 1
    assert "  = do: Do 11.\n" in text
    assert text.count("= try: migration-guard move") == 1
    path = HIGH.path
    assert f"Others to try `migration-guard move` on: {path}:11 {path}:12 {path}:13 and 2 more\n" in text


def test_one_of_several_statements_in_a_line_is_underlined() -> None:
    source = 'run("DELETE FROM a"); run("DELETE FROM b")\n'
    two = [replace(HIGH, span=Span(1, at, 1, at + 13)) for at in (6, 28)]
    text = said("full", replace(REPORT, findings=tuple(two), sources={HIGH.path: source}))
    assert [line.strip("| ") for line in text.splitlines() if "^" in line] == ["^" * 13] * 2


def test_a_remark_for_other_linters_is_answered() -> None:
    source = SOURCE.replace("'new'\")", "'new'\")  # noqa: S608")
    assert "ignore[NAME] -- why" in said("full", replace(REPORT, sources={HIGH.path: source}))
    assert "ignore[" not in said("full")


def test_the_next_command_is_said() -> None:
    assert "migration-guard rule MG101" in said("full").splitlines()[-1]
    assert said("full", replace(REPORT, first_run=True)).endswith(": migration-guard baseline\n")
    assert said("full", replace(REPORT, findings=(OLD,), problems=())).endswith("excluded.\n")


def test_a_crowded_first_run_gets_a_table_the_worst_and_the_way_out() -> None:
    many = tuple(
        replace(HIGH, path=f"app{n % 3}/migrations/{n:04}.py", severity=Severity.HIGH if n == 20 else Severity.LOW)
        for n in range(21)
    )
    crowded = replace(REPORT, findings=many, problems=(), first_run=True)
    text = said("full", crowded)
    assert "21 findings, none grandfathered yet" in text
    assert [line.split() for line in text.splitlines() if line.startswith("app")] == [
        [f"app{n}/migrations", "7", "7"] for n in range(3)
    ]
    assert text.count("MG101 update-in-migration") == 5
    assert text.index("[high]") < text.index("[low]")
    assert "migration-guard baseline" in text
    assert said("full", replace(crowded, first_run=False)).count("MG101 update-in-migration") == 21
    assert said("full", replace(crowded, findings=many[:20])).count("MG101 update-in-migration") == 20


def test_the_summary_counts_one_thing_as_one() -> None:
    assert summary(Report((), (), 1, 0, 0, {})) == (
        "1 migration checked, 0 new, 0 grandfathered, 0 ignored, 0 problems, 0 excluded."
    )


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\r\nc", "a\\nb\\nc"),
        ("\x9b31m", "\\x9b31m"),
        ("\x7f\x00", "\\x7f\\x00"),
        ("abc\u202egpj", "abc\\u202egpj"),
        ("\u2066x\u2069\u200b\ufeff", "\\u2066x\\u2069\\u200b\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\u2028::error::", "\\u2028::error::"),
        ("größe 表", "größe 表"),
        ("[bold]x[/bold] :smile:", "[bold]x[/bold] :smile:"),
    ],
)
def test_what_could_act_on_a_terminal_is_written_out(text: str, safe: str) -> None:
    assert one_line(text) == safe


@pytest.mark.parametrize("name", ["full", "concise", "json"])
def test_no_format_lets_hostile_text_through(name: str) -> None:
    evil = "[red]x[/red]\x1b]0;t\x07\u202e\x9b\x7f\n::error::\ud800"
    operation = replace(UPDATE, tables=(evil,), model=evil, text=evil, via=evil, migration=evil)
    finding = replace(HIGH, path=evil, message=evil, help=evil, migration=evil, operation=operation)
    report = replace(REPORT, findings=(finding,), problems=(Problem(evil, 1, evil),), sources={evil: evil * 9})
    text = said(name, report)
    assert not set(text) & set("\x1b\x07\u202e\x9b\x7f\ud800\u2028")
    assert "[red]x[/red]" in text
    assert not [line for line in text.splitlines() if line.startswith("::error::")]


def test_data_keeps_everything_but_broken_characters() -> None:
    assert data("a\x1b\ud800b") == "a\x1b\ufffdb"


def test_the_middle_of_a_long_statement_is_cut() -> None:
    source = "\n".join(f"line {n}" for n in range(1, 101))
    lines = frame(source, Span(10, 1, 59, 5))
    assert len(lines) == MOST_LINES + 1
    assert lines[0] == "10 > line 10"
    assert lines[8] == "   : 38 more lines"
    assert lines[-1] == "59 > line 59"


@pytest.mark.parametrize(
    ("source", "span", "lines"),
    [
        ("\tx = 1", Span(1, 2, 1, 7), ["1 |  x = 1", "  |  ^^^^^"]),
        ("表 = 1", Span(1, 5, 1, 6), ["1 | 表 = 1", "  |      ^"]),
        ("a\r\nb\rc", Span(3, 1, 3, 2), ["3 | c", "  | ^"]),
        ("a\x0cb", Span(1, 3, 1, 4), ["1 | a\\x0cb", "  |      ^"]),
        ("a\nb\n", Span(1, 1, 2, 1), ["1 | a", "  | ^"]),
        ("a", Span(7, 1, 9, 1), []),
        ("", Span(1, 1, 1, 1), ["1 |", "  | ^"]),
    ],
)
def test_a_frame_stands_under_its_source(source: str, span: Span, lines: list[str]) -> None:
    assert frame(source, span) == lines


def test_a_line_without_end_is_cut() -> None:
    lines = frame("x" * 1_000_000, Span(1, 900_000, 1, 900_010))
    assert all(len(line) < WIDEST + 20 for line in lines)


def test_a_format_is_named_as_its_file() -> None:
    assert {"concise", "full", "json"} <= set(formats.names())
