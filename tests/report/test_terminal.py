"""In a terminal and in a shell: colours, the bar, statistics, files beside the screen, completion."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import program
import pytest

from migration_guard.report import pages
from migration_guard.report.formats import full
from migration_guard.report.screen import Screen
from report.sample import HIGH, REPORT

ROOT = Path(__file__).parents[2]
HEADER = 'revision = "2f6c"\ndown_revision = "1e5b"\nfrom alembic import op\n\n\ndef upgrade():\n'
BAD = f"{HEADER}    op.execute(\"UPDATE leads SET status = 'new'\")\n"
SMALL = f'{HEADER}    op.execute("DELETE FROM django_site")\n'
CLEAN = f'{HEADER}    op.drop_column("leads", "status")\n'
MANY = {f"m{number}": BAD for number in range(1000)}
"""More than anybody reads in a second, one after the other."""
WATCHED = """
from migration_guard.cli.progress import watched
with watched(quiet=False) as watch:
    done = watch(3)
    done()
    done()
    input()
"""
NAMES = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_STEP_SUMMARY", "COLORTERM")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "versions").mkdir()
    return tmp_path


def put(repository: Path, **sources: str) -> None:
    for name, source in sources.items():
        (repository / "versions" / f"{name}.py").write_text(source, encoding="utf-8")


def environment(**stated: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **stated}


def guard(cwd: Path, *arguments: str, **stated: str) -> subprocess.CompletedProcess[str]:
    return program.run(*arguments, cwd=cwd, env=environment(**stated))


def on_a_terminal(cwd: Path, *arguments: str, **stated: str) -> tuple[str, str]:
    """Run with terminals of their own as standard output and standard error; give what each shows."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    terminals = [pty.openpty() for _ in range(2)]
    (_, out), (_, err) = terminals
    command = [sys.executable, "-m", "migration_guard", *arguments]
    with ThreadPoolExecutor(2) as pool:
        shown = [pool.submit(everything, ours) for ours, _ in terminals]
        try:
            subprocess.run(command, cwd=cwd, env=environment(**stated), stdout=out, stderr=err, timeout=60, check=False)
        finally:
            os.close(out)
            os.close(err)
    return shown[0].result(), shown[1].result()


def everything(terminal: int) -> str:
    """Read until nobody has the other side open."""
    read = b""
    with contextlib.suppress(OSError):  # how the end looks on Linux
        while more := os.read(terminal, 4096):
            read += more
    os.close(terminal)
    return read.decode()


# Colours.


@pytest.mark.parametrize(
    ("stated", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_a_terminal_has_colours_unless_it_is_told_otherwise(
    repository: Path, stated: dict[str, str], coloured: bool
) -> None:
    put(repository, a=BAD)
    shown, _ = on_a_terminal(repository, **stated)
    assert "MG101" in shown
    assert ("\x1b[1;35m" in shown or "\x1b[1;31m" in shown) is coloured
    # Blue cannot be read on black, yellow and cyan not on white; bold and dim are the terminal's own colour.
    styles = {style for one in re.findall(r"\x1b\[([\d;]*)m", shown) for style in one.split(";")}
    assert styles <= {"0", "1", "2", "22", "31", "35"}


@pytest.mark.parametrize(
    ("stated", "coloured"), [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "TERM": "dumb"}, True)]
)
def test_a_pipe_has_none_unless_they_are_forced(repository: Path, stated: dict[str, str], coloured: bool) -> None:
    put(repository, a=BAD)
    assert ("\x1b[" in guard(repository, **stated).stdout) is coloured


def test_text_is_as_wide_as_the_terminal(repository: Path) -> None:
    put(repository, a=BAD)
    shown = guard(repository, COLUMNS="60").stdout
    assert max(len(line) for line in shown.splitlines() if line.startswith("   ")) <= 60
    assert shown != guard(repository, COLUMNS="100").stdout


SCRIPT = """\
import os
import psycopg

def migrate(cursor):
    # Migration 1: leads
    cursor.execute("ALTER TABLE leads ADD COLUMN score int")
    cursor.execute("UPDATE leads SET score = 0 WHERE score IS NULL")
    # Migration 2: a backfill of notes
    cursor.execute("INSERT INTO notes SELECT id, note FROM leads")
    # Migration 3: what nobody calls any more
    cursor.execute("ALTER TABLE calls DROP COLUMN old")
    cursor.execute("DELETE FROM calls WHERE done")
    cursor.execute("TRUNCATE logs")
    # Migration 4: one name
    cursor.execute("UPDATE leads SET name = trim(name)")
    cursor.execute("ALTER TABLE leads DROP COLUMN surname")


if __name__ == "__main__":
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        migrate(connection.cursor())
        connection.commit()
"""


def test_a_short_script_full_of_findings_is_told_on_forty_lines(repository: Path) -> None:
    (repository / "db_migrate.py").write_text(SCRIPT, encoding="utf-8")
    assert len(SCRIPT.splitlines()) == 22
    shown = guard(repository, "db_migrate.py", COLUMNS="80").stdout
    assert "7 new" in shown
    assert len(shown.splitlines()) <= 40


def test_names_of_rules_are_links_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b]8;" not in full.render(REPORT, Screen(terminal=True)), "there is nowhere to lead yet"
    monkeypatch.setattr(pages, "documentation", lambda: "https://example.org/guard/")
    assert f"https://example.org/guard/rules/{HIGH.name}/\x1b\\" in full.render(REPORT, Screen(terminal=True))


# The bar.


def test_who_waits_sees_a_bar_that_goes_away(tmp_path: Path) -> None:
    """The run goes on for as long as the bar has not been seen."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", WATCHED], cwd=tmp_path, env=environment(), stdin=subprocess.PIPE, stderr=theirs
    ) as process:
        told = b""
        while b"2/3" not in told:
            told += os.read(ours, 4096)
        process.communicate(b"\n", timeout=60)
    os.close(theirs)
    told += everything(ours).encode()
    assert b"reading migrations" in told
    assert told.rstrip().endswith((b"\x1b[2K", b"\x1b[?25h")), "the line is cleared and the cursor shown"


def test_a_long_run_has_a_bar_on_standard_error_only(repository: Path) -> None:
    put(repository, **MANY)
    shown, told = on_a_terminal(repository, "--jobs", "1", "--output-format", "concise")
    assert shown.count("MG101") == 1000
    assert "reading migrations" in told
    assert "/1000" in told
    assert "reading migrations" not in shown


def test_in_quiet_there_is_none(repository: Path) -> None:
    put(repository, **MANY)
    _, told = on_a_terminal(repository, "--jobs", "1", "-q")
    assert told == ""


# How much is said.


def test_nothing_to_find_is_one_line_and_in_quiet_none(repository: Path) -> None:
    put(repository, a=CLEAN)
    shown = guard(repository)
    assert shown.stdout == "1 migration checked, 0 new, 0 grandfathered, 0 ignored, 0 problems, 0 excluded.\n"
    quiet = guard(repository, "-q")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_statistics_count_by_rule_table_and_severity(repository: Path) -> None:
    put(repository, a=BAD, b=BAD, c=SMALL)
    result = guard(repository, "--statistics")
    assert result.returncode == 1
    *told, remembered = result.stdout.splitlines()
    assert remembered == "0 of 3 were read by earlier runs (cache)."
    assert [line.split() for line in told] == [
        ["rule", "high", "medium", "low", "all"],
        ["MG101", "update-in-migration", ".", "2", ".", "2"],
        ["MG103", "delete-in-migration", ".", ".", "1", "1"],
        ["all", ".", "2", "1", "3"],
        [],
        ["table", "high", "medium", "low", "all"],
        ["leads", ".", "2", ".", "2"],
        ["django_site", ".", ".", "1", "1"],
        [],
        "3 migrations checked, 3 new (1 below fail-on), 0 grandfathered, 0 ignored, 0 problems, 0 excluded.".split(),
    ]


def test_statistics_hide_no_problem(repository: Path) -> None:
    put(repository, a=BAD, b=f"{HEADER}    op.execute(\n")
    result = guard(repository, "--statistics", "-q")
    assert result.returncode == 2
    assert "versions/b.py:" in result.stdout
    assert "1 migration" not in result.stdout


def test_what_is_filed_away_is_shown_on_request(repository: Path) -> None:
    remark = "  # migration-guard: ignore[delete-in-migration] -- a table of one row"
    put(repository, a=BAD, b=SMALL.replace("\n    op", f"\n  {remark}\n    op"))
    assert guard(repository, "baseline").returncode == 0
    usual = guard(repository, "--output-format", "concise", "--output", "sarif=new.sarif")
    assert usual.stdout == "2 migrations checked, 0 new, 1 grandfathered, 1 ignored, 0 problems, 0 excluded.\n"
    assert json.loads((repository / "new.sarif").read_text())["runs"][0]["results"] == []
    asked = guard(repository, "--show-grandfathered", "--output-format", "concise", "--output", "sarif=all.sarif")
    assert asked.returncode == 0
    assert "versions/a.py:7:17: MG101 [medium, grandfathered]" in asked.stdout
    assert "versions/b.py:8:17: MG103 [low, ignored]" in asked.stdout
    results = json.loads((repository / "all.sarif").read_text())["runs"][0]["results"]
    assert [result["suppressions"][0]["kind"] for result in results] == ["external", "inSource"]


# Files beside the screen.


def test_several_reports_at_once(repository: Path) -> None:
    put(repository, a=BAD)
    wanted = {"sarif": "mg.sarif", "junit": "mg.xml", "gitlab": "mg.json", "markdown": "mg.md"}
    copies = [word for name, file in wanted.items() for word in ("--output", f"{name}={file}")]
    result = guard(repository, "--output-format", "concise", *copies)
    assert result.returncode == 1
    assert result.stdout.startswith("versions/a.py:7:17: MG101 [medium]")
    assert json.loads((repository / "mg.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((repository / "mg.json").read_text())[0]["location"]["path"] == "versions/a.py"
    assert (repository / "mg.xml").read_text().startswith("<?xml")
    assert (repository / "mg.md").read_text().startswith("### migration-guard: 1 new finding")


def test_the_summary_of_a_step_is_added_to(repository: Path) -> None:
    put(repository, a=BAD)
    summary = repository / "summary"
    summary.write_text("before\n")
    result = guard(repository, "--output-format", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert result.stdout.startswith("::warning file=versions/a.py,line=7,")
    assert summary.read_text().startswith("before\n### migration-guard: 1 new finding\n")
    guard(repository, "--output-format", "concise", GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text().count("###") == 1
    assert guard(repository, "--output-format", "github", GITHUB_STEP_SUMMARY=str(repository)).returncode == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_written_into_and_a_link_followed(repository: Path) -> None:
    put(repository, a=BAD)
    os.mkfifo(repository / "pipe")
    (repository / "link").symlink_to("kept")
    with subprocess.Popen(["cat", "pipe"], cwd=repository, stdout=subprocess.PIPE, encoding="utf-8") as reader:
        result = guard(repository, "--output", "json=pipe", "--output", "concise=link")
        read, _ = reader.communicate(timeout=60)
    assert result.returncode == 1
    assert json.loads(read)["version"] == 1
    assert (repository / "link").is_symlink()
    assert "MG101" in (repository / "kept").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--output-format", "sarf"], 'did you mean "sarif"?'),
        (["--output", "jsonlines=x"], 'did you mean "json-lines"?'),
        (["--output", "=x"], "called"),
        (["--output", "json=x", "--output", "sarif=x"], "a file of its own"),
        (["--statistics", "--output-format", "sarif"], "--output sarif=FILE"),
        (["--statistics", "--output-format", "sarf"], 'did you mean "sarif"?'),
        (["--output", "json=versions"], "could not be written"),
    ],
)
def test_wrong_usage_is_2(repository: Path, arguments: list[str], said: str) -> None:
    put(repository, a=BAD)
    result = guard(repository, *arguments)
    assert result.returncode == 2
    assert said in result.stderr
    assert not (repository / "x").exists()


# Completion, as the shell asks for it.


def completed(cwd: Path, words: str) -> list[str]:
    number = str(len(words.split(" ")) - 1)
    stated = {"_MIGRATION_GUARD_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": number}
    return guard(cwd, **stated).stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("migration-guard rul", "plain,rule"),
        ("migration-guard vers", "file,vers"),
        ("migration-guard --stat", "plain,--statistics"),
        ("migration-guard versions --show", "plain,--show-grandfathered"),
        ("migration-guard check vers", "file,vers"),
        ("migration-guard --output-format sa", "plain,sarif"),
        ("migration-guard check --select MG30", "plain,MG301"),
        ("migration-guard rule trunc", "plain,truncate-in-migration"),
        ("migration-guard explain ver", "file,ver"),
    ],
)
def test_a_shell_completes(repository: Path, words: str, offered: str) -> None:
    assert offered in completed(repository, words)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(repository: Path, shell: str) -> None:
    assert "migration-guard" in guard(repository, _MIGRATION_GUARD_COMPLETE=f"{shell}_source").stdout
