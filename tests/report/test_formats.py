"""What other programs make of the formats: schemas, limits, identities."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import fromstring

import jsonschema
import program
import pytest
import xmlschema

from migration_guard.findings import Severity, Status
from migration_guard.operations import Problem, Span, Unread
from migration_guard.report import formats, pages
from migration_guard.report.model import Report
from migration_guard.report.screen import Screen
from migration_guard.rules import all_rules
from report.sample import AGAIN, CLEAN, HIGH, IGNORED, MEDIUM, OLD, REPORT, WHOLE, hostile

SCHEMAS = Path(__file__).parent / "schemas"
SARIF = jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8")))
JUNIT = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
ALL = Screen(grandfathered=True)


def said(name: str, report: Report = REPORT, screen: Screen | None = None) -> str:
    return formats.load(name).render(report, screen or Screen())


def sarif(report: Report = REPORT, screen: Screen | None = None) -> Any:
    return json.loads(said("sarif", report, screen))["runs"][0]


# SARIF.


@pytest.mark.parametrize("report", [REPORT, CLEAN], ids=["full", "clean"])
@pytest.mark.parametrize("screen", [Screen(), ALL], ids=["new", "all"])
def test_sarif_obeys_its_schema(report: Report, screen: Screen) -> None:
    SARIF.validate(json.loads(said("sarif", report, screen)))


def test_the_schema_would_find_a_mistake() -> None:
    log = json.loads(said("sarif"))
    log["runs"][0]["results"][0]["levle"] = "error"
    with pytest.raises(jsonschema.ValidationError):
        SARIF.validate(log)


def test_sarif_results_point_at_their_rules() -> None:
    run = sarif(screen=ALL)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in all_rules()]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]
    for rule in rules:
        assert "## Use instead" in rule["help"]["markdown"]
        assert rule["fullDescription"]["text"]
    assert [rule["id"] for rule in rules if not rule["defaultConfiguration"]["enabled"]] == ["MG108", "MG304", "MG305"]


def test_sarif_leaves_out_what_would_open_an_alert_for_nothing() -> None:
    assert len(sarif()["results"]) == 5
    assert not [result for result in sarif()["results"] if "suppressions" in result]
    results = sarif(screen=ALL)["results"]
    assert [result["suppressions"][0]["kind"] for result in results if "suppressions" in result] == [
        "external",
        "inSource",
    ]


def test_sarif_says_what_could_not_be_checked() -> None:
    invocation = sarif()["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert [notification["level"] for notification in invocation["toolExecutionNotifications"]] == ["error"] * 3
    assert sarif(CLEAN)["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a/b.py", "a/b.py"),
        ("../a b.py", "../a%20b.py"),
        ("c:/x#y?z%.py", "c%3A/x%23y%3Fz%25.py"),
        ("größe.py", "gr%C3%B6%C3%9Fe.py"),
        ("half-\ud800.py", "half-%EF%BF%BD.py"),
    ],
)
def test_paths_in_sarif_are_relative_and_encoded(path: str, uri: str) -> None:
    found = sarif(replace(REPORT, findings=(replace(HIGH, path=path),)))["results"][0]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}
    assert path.isascii() is False or unquote(uri) == path


def test_sarif_carries_our_fingerprint_and_leaves_githubs_to_github() -> None:
    assert sarif()["results"][0]["partialFingerprints"] == {"migrationGuard/v1": HIGH.fingerprint}


# JUnit.


@pytest.mark.parametrize("report", [REPORT, CLEAN], ids=["full", "clean"])
@pytest.mark.parametrize("screen", [Screen(), ALL], ids=["new", "all"])
def test_junit_obeys_its_schema(report: Report, screen: Screen) -> None:
    JUNIT.validate(said("junit", report, screen))


def test_junit_counts_itself() -> None:
    suite = fromstring(said("junit", screen=ALL))[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["10", "5", "3", "2"]
    assert len(suite.findall("testcase")) == 10


def test_a_clean_run_in_junit_is_a_test_that_passes() -> None:
    suite = fromstring(said("junit", CLEAN))[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["1", "0", "0"]
    assert not list(suite[0])


# GitLab.


def test_gitlab_sees_every_entry() -> None:
    entries = json.loads(said("gitlab", screen=ALL))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 10
    assert Counter(entry["severity"] for entry in entries) == {
        "blocker": 3, "critical": 1, "major": 3, "minor": 1, "info": 2,
    }  # fmt: skip


def test_an_edit_above_changes_no_fingerprint_of_gitlab() -> None:
    def fingerprints(report: Report, screen: Screen | None = None) -> set[str]:
        return {entry["fingerprint"] for entry in json.loads(said("gitlab", report, screen))}

    moved = tuple(replace(one, span=replace(one.span, line=one.span.line + 7)) for one in REPORT.findings)
    assert fingerprints(replace(REPORT, findings=moved)) == fingerprints(REPORT)
    old_first = (replace(MEDIUM, status=Status.GRANDFATHERED), AGAIN)
    both = replace(REPORT, findings=old_first, problems=())
    assert fingerprints(both) < fingerprints(both, ALL), "what is shown beside it changes none either"


# GitHub.


def commands(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("::")]


def test_github_gets_no_more_than_it_shows_and_the_worst_of_it() -> None:
    low = [replace(WHOLE, path=f"a{number:02}.py") for number in range(20)]
    high = [replace(HIGH, path=f"z{number:02}.py") for number in range(12)]
    report = replace(REPORT, findings=(*low, *high), problems=(Problem("b.py", None, "gone"),))
    text = said("github", report, Screen(quiet=True))
    assert Counter(line.partition(" ")[0] for line in commands(text)) == {"::error": 10, "::notice": 10}
    assert commands(text)[0] == "::error file=b.py,title=could not be checked::gone"
    assert "file=z08.py" in text
    assert "file=z09.py" not in text
    assert text.splitlines()[-1].startswith("13 more annotations would exceed GitHub's limits")


def test_what_is_new_comes_before_what_is_filed() -> None:
    new = [replace(WHOLE, path=f"z{number}.py") for number in range(10)]
    text = said("github", replace(REPORT, findings=(OLD, IGNORED, *new), problems=()), ALL)
    assert [line.partition("file=")[2][0] for line in commands(text)] == ["z"] * 10
    assert "2 more annotations" in text


def test_severity_decides_the_level() -> None:
    levels = {
        level: commands(said("github", replace(REPORT, findings=(replace(HIGH, severity=level),), problems=())))[0]
        for level in Severity
    }
    assert {level: line.split()[0] for level, line in levels.items()} == {
        Severity.HIGH: "::error",
        Severity.MEDIUM: "::warning",
        Severity.LOW: "::notice",
    }


# Markdown.


def test_markdown_counts_what_has_no_room() -> None:
    many = tuple(replace(HIGH, path=f"a/{number:03}.py") for number in range(70))
    problems = tuple(Problem(f"b/{number}.py", None, "gone") for number in range(51))
    text = said("markdown", replace(REPORT, findings=many, problems=problems))
    assert text.count("| high |") == 50
    assert "And 20 more findings." in text
    assert "And 1 more problem." in text
    assert text.count("Move it into a backfill.") == 1


def test_a_comment_keeps_below_what_github_takes() -> None:
    many = tuple(hostile("@`|<" * 5000, number) for number in range(70))
    assert len(said("markdown", replace(REPORT, findings=many))) < 1024 * 1024


# Reviewdog, Bitbucket.


def test_rdjson_counts_columns_in_bytes() -> None:
    wide = replace(HIGH, span=Span(1, 3, 1, 6))
    report = replace(REPORT, findings=(wide,), problems=(), sources={HIGH.path: "größe表x = 1\n"})
    (one,) = json.loads(said("rdjson", report))["diagnostics"]
    assert one["location"]["range"] == {"start": {"line": 1, "column": 3}, "end": {"line": 1, "column": 8}}
    assert one["severity"] == "ERROR"
    (unseen,) = json.loads(said("rdjson", replace(report, sources={})))["diagnostics"]
    assert unseen["location"]["range"] == {"start": {"line": 1}, "end": {"line": 1}}


def test_rdjson_counts_lines_as_places_do() -> None:
    report = replace(REPORT, findings=(replace(HIGH, span=Span(2, 3, 2, 4)),), problems=())
    sources = {HIGH.path: "a\x0cb\x0cc\nöö = 1\n"}
    (one,) = json.loads(said("rdjson", replace(report, sources=sources)))["diagnostics"]
    assert one["location"]["range"]["start"] == {"line": 2, "column": 5}


def test_rdjson_holds_problems_as_errors() -> None:
    found = json.loads(said("rdjson"))["diagnostics"]
    assert [one["severity"] for one in found if "checked" in one["message"]] == ["ERROR"] * 3
    assert len(found) == len(REPORT.new) + len(REPORT.problems)


# What can be done about a finding: the edit that two formats carry, applied.

STATED = """from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.execute("UPDATE leads SET hot = 1")
    if True: op.execute("DELETE FROM leads")
    op.execute(
        \"\"\"
        UPDATE größe SET b = 1
        \"\"\"
    )
    print(\"\"\"
    x\"\"\"); op.execute("UPDATE c SET d = 1")
"""


def linted(folder: Path, text: str, name: str) -> Any:
    (folder / "a.py").write_text(text, encoding="utf-8")
    done = program.run("check", "a.py", "--isolated", "--no-cache", "--output-format", name, cwd=folder)
    return json.loads(done.stdout)


def inserted(text: str, edits: list[tuple[int, str]]) -> str:
    lines = text.splitlines(keepends=True)
    for line, new in sorted(set(edits), reverse=True):
        lines.insert(line - 1, new.replace("-- \n", "-- it is small\n"))
    return "".join(lines)


def test_the_fixes_of_sarif_can_be_applied(tmp_path: Path) -> None:
    log = linted(tmp_path, STATED, "sarif")
    SARIF.validate(log)
    results = log["runs"][0]["results"]
    changes = [one["fixes"][0]["artifactChanges"][0] for one in results]
    assert {one["artifactLocation"]["uri"] for one in changes} == {"a.py"}
    parts = [part for one in changes for part in one["replacements"]]
    assert all(part["deletedRegion"]["startColumn"] == part["deletedRegion"]["endColumn"] == 1 for part in parts)
    edits = [(part["deletedRegion"]["startLine"], part["insertedContent"]["text"]) for part in parts]
    again = linted(tmp_path, inserted(STATED, edits), "sarif")["runs"][0]
    assert again["results"] == []
    assert again["invocations"][0]["executionSuccessful"]


def test_the_suggestions_of_rdjson_can_be_applied(tmp_path: Path) -> None:
    found = linted(tmp_path, STATED, "rdjson")["diagnostics"]
    suggested = [suggestion for one in found for suggestion in one.get("suggestions", ())]
    assert all(
        one["range"]["start"] == one["range"]["end"] and one["range"]["start"]["column"] == 1 for one in suggested
    )
    edits = [(one["range"]["start"]["line"], one["text"]) for one in suggested]
    assert len(edits) == len(found) == 4
    assert linted(tmp_path, inserted(STATED, edits), "rdjson")["diagnostics"] == []


MOVED = """from alembic import op
import sqlalchemy as sa

revision = "2"
down_revision = "1"


def upgrade():
    op.add_column("leads", sa.Column("hot", sa.Text()))
    op.execute("UPDATE leads SET hot = '1' WHERE hot IS NULL")
    op.alter_column("leads", "hot", nullable=False)
"""
DEFINED = """from migration_guard.backfill import Backfill

one = Backfill(key="one", table="a", where="b IS NULL", update="UPDATE a SET b = 1 WHERE b IS NULL AND id = ANY(:ids)")"""


def replaced(text: str, replacement: Any) -> str:
    """Apply a replacement of SARIF, whose lines and columns count from 1 and whose end is exclusive."""
    region = replacement["deletedRegion"]
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)
    start, end = (
        sum(map(len, lines[: region[f"{side}Line"] - 1])) + region[f"{side}Column"] - 1 for side in ("start", "end")
    )
    return f"{text[:start]}{replacement['insertedContent']['text']}{text[end:]}"


@pytest.mark.parametrize(
    ("migration", "module"),
    [(MOVED, None), (MOVED.replace("\n", "\r\n"), DEFINED + "\n"), (MOVED.rstrip("\n"), DEFINED)],
    ids=["no module yet", "line ends of Windows", "no last line end"],
)
def test_what_sarif_offers_is_what_move_writes(tmp_path: Path, migration: str, module: str | None) -> None:
    """All files of it, those that are new too: one without the others would lose rows."""
    folders = [tmp_path / "offered", tmp_path / "written"]
    for folder in folders:
        folder.mkdir()
        (folder / "migration-guard.toml").write_text('[backfill]\nmodules = ["backfills.py"]\n', encoding="utf-8")
        (folder / "a.py").write_bytes(migration.encode())
        if module is not None:
            (folder / "backfills.py").write_bytes(module.encode())
    asked = ("check", "a.py", "--no-cache", "--output-format")
    log = json.loads(program.run(*asked, "sarif", cwd=folders[0]).stdout)
    SARIF.validate(log)
    (moving, *_), *_ = (one["fixes"] for one in log["runs"][0]["results"] if one["ruleId"] == "MG101")
    assert "waits for it; run the backfills between" in moving["description"]["text"]
    for change in moving["artifactChanges"]:
        path = folders[0] / unquote(change["artifactLocation"]["uri"])
        (replacement,) = change["replacements"]
        path.write_bytes(replaced(path.read_bytes().decode() if path.exists() else "", replacement).encode())
    line = 1 + next(at for at, one in enumerate(migration.splitlines()) if "UPDATE" in one)
    commanded = f"migration-guard move a.py:{line} --write"
    assert commanded in program.run(*asked, "rdjson", cwd=folders[1]).stdout
    assert program.run(*commanded.split()[1:], "--force", cwd=folders[1]).returncode == 0
    offered, written = ({one.name: one.read_bytes() for one in folder.glob("*.py")} for folder in folders)
    assert offered == written
    assert len(written) == 3


def test_nothing_is_offered_that_move_refuses(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_text('[backfill]\nmodules = ["backfills.py"]\n', encoding="utf-8")
    (tmp_path / "a.py").write_text(MOVED.replace("'1' WHERE", "random() WHERE"), encoding="utf-8")
    said = program.run("check", "a.py", "--no-cache", "--output-format", "sarif", cwd=tmp_path).stdout
    assert "MG101" in said
    assert "Move it" not in said


def test_bitbucket_gets_no_more_than_it_takes_and_hears_of_all() -> None:
    many = tuple(replace(HIGH, path=f"a/{number:04}.py") for number in range(1200))
    sent = json.loads(said("bitbucket", replace(REPORT, findings=many)))
    assert len(sent["annotations"]) == 1000
    assert "1200 new" in sent["report"]["details"]
    assert len({one["external_id"] for one in sent["annotations"]}) == 1000
    assert all(len(one["summary"]) <= 450 and len(one["details"]) <= 2000 for one in sent["annotations"])


def test_bitbucket_is_told_that_a_run_failed_where_not_all_was_checked() -> None:
    assert json.loads(said("bitbucket", CLEAN))["report"]["result"] == "PASSED"
    unchecked = replace(CLEAN, problems=(Problem("a.py", None, "gone"),))
    assert json.loads(said("bitbucket", unchecked))["report"]["result"] == "FAILED"


# Links.


def test_rules_link_to_their_pages_once_these_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "example.org/guard" not in said("sarif")
    monkeypatch.setattr(pages, "documentation", lambda: "https://example.org/guard/")
    url = "https://example.org/guard/rules/update-in-migration/"
    assert sarif()["tool"]["driver"]["rules"][0]["helpUri"] == url
    SARIF.validate(json.loads(said("sarif")))
    assert f"[MG101]({url}) update-in-migration" in said("markdown")
    assert url not in said("full"), "a file takes no link"


# JSON.


def test_json_lines_hold_what_json_holds_and_end_with_the_counts() -> None:
    report = replace(REPORT, unread=(Unread("seeds/a.sql", "it may change data"),))
    whole = json.loads(said("json", report))
    lines = [json.loads(line) for line in said("json-lines", report).splitlines()]
    assert [{"type": "finding", **finding} for finding in whole["findings"]] == lines[:7]
    assert [{"type": "problem", **problem} for problem in whole["problems"]] == lines[7:10]
    assert [{"type": "unread", **unread} for unread in whole["unread"]] == lines[10:11]
    assert lines[11:] == [{"type": "summary", "version": 1, "tool": whole["tool"], **whole["summary"]}]


@pytest.mark.parametrize(
    ("folder", "arguments", "category"),
    [
        (".", (), "migration-guard/"),
        ("billing", (), "migration-guard/billing/"),
        ("billing", ("versions",), "migration-guard/billing,versions/"),
        ("billing", ("versions/a%20.py",), "migration-guard/billing,versions/a%2520.py/"),
    ],
)
def test_a_run_about_something_else_has_a_category_of_its_own(
    tmp_path: Path, folder: str, arguments: tuple[str, ...], category: str
) -> None:
    (tmp_path / ".git").mkdir()
    versions = tmp_path / "billing" / "versions"
    versions.mkdir(parents=True)
    for name in ("a.py", "a%20.py"):
        (versions / name).write_text("revision = 'a'\ndown_revision = None\n")
    ran = program.run("--output-format", "sarif", *arguments, cwd=tmp_path / folder)
    (run,) = json.loads(ran.stdout)["runs"]
    assert run["automationDetails"]["id"] == category
