"""The command line: exit codes, streams, names that are nearly right."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import program
import pytest

HEADER = 'revision = "2f6c"\ndown_revision = "1e5b"\nfrom alembic import op\n\n\ndef upgrade():\n'
BAD = f"{HEADER}    op.execute(\"UPDATE leads SET status = 'new'\")\n"
CLEAN = f'{HEADER}    op.drop_column("leads", "status")\n'
SMALL = f'{HEADER}    op.execute("DELETE FROM django_site")\n'
BROKEN = f"{HEADER}    op.execute(\n"
ROOT = Path(__file__).parent.parent


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "versions").mkdir()
    return tmp_path


def put(repository: Path, **sources: str) -> None:
    for name, source in sources.items():
        (repository / "versions" / f"{name}.py").write_text(source, encoding="utf-8")


def guard(cwd: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    return program.run(*arguments, cwd=cwd, env={**inherited, **environment})


@pytest.mark.parametrize(
    ("typed", "usage", "meant"),
    [
        (("moev",), "migration-guard check [OPTIONS]", "move"),
        (("baseline", "ad"), "migration-guard baseline [OPTIONS]", "add"),
    ],
)
def test_a_mistyped_command_is_told_the_nearest(
    repository: Path, typed: tuple[str, ...], usage: str, meant: str
) -> None:
    told = guard(repository, *typed)
    assert told.returncode == 2
    assert usage in " ".join(told.stderr.split())
    assert f"there is no '{typed[-1]}' (or did you mean the command \"{meant}\"?)" in told.stderr


def test_a_deploy_script_that_is_named_and_gone_is_told(repository: Path) -> None:
    """`verify` refuses to begin there; a check, which does not need it, says so."""
    put(repository, a=CLEAN)
    (repository / "deploy.sh").touch()
    names = '["deploys.sh", "deploy.sh", "other*.sh"]'
    (repository / "migration-guard.toml").write_text(f"[verify]\ndeploy-scripts = {names}\n", encoding="utf-8")
    told = guard(repository)
    assert told.returncode == 0
    assert told.stderr.count("there is no") == 1
    assert (
        "migration-guard.toml: `verify.deploy-scripts`: there is no 'deploys.sh'; did you mean 'deploy.sh'?"
        in told.stderr
    )


def test_clean_is_0_and_a_finding_is_1(repository: Path) -> None:
    put(repository, a=CLEAN)
    clean = guard(repository)
    assert (clean.returncode, clean.stderr) == (0, "")
    assert clean.stdout == "1 migration checked, 0 new, 0 grandfathered, 0 ignored, 0 problems, 0 excluded.\n"
    put(repository, b=BAD)
    found = guard(repository, "--output-format", "concise", "versions")
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout.startswith("versions/b.py:7:17: MG101 [medium] UPDATE of leads ")


def test_exit_zero_forgives_findings_and_no_problem(repository: Path) -> None:
    put(repository, a=BAD)
    assert guard(repository, "--exit-zero").returncode == 0
    put(repository, b=BROKEN)
    result = guard(repository, "check", "--exit-zero", "--output-format", "concise")
    assert result.returncode == 2
    assert "versions/b.py:" in result.stdout
    assert "MG101" in result.stdout


@pytest.mark.parametrize(("level", "code"), [("low", 1), ("medium", 0), ("high", 0)])
def test_fail_on_decides(repository: Path, level: str, code: int) -> None:
    put(repository, a=SMALL)
    result = guard(repository, "--fail-on", level)
    assert result.returncode == code
    assert "MG103" in result.stdout


def test_select_and_ignore_take_lists(repository: Path) -> None:
    put(repository, a=BAD, b=SMALL)
    assert guard(repository, "--ignore", "MG101,MG103").returncode == 0
    assert "MG101" not in guard(repository, "--select", "delete-in-migration").stdout


def test_the_configuration_governs_and_the_command_line_wins(repository: Path) -> None:
    put(repository, a=BAD)
    (repository / "migration-guard.toml").write_text('hot-tables = ["leads"]\nfail-on = "high"\n')
    assert "[high]" in guard(repository).stdout
    assert guard(repository, "--isolated").returncode == 1
    assert "[medium]" in guard(repository, "--isolated").stdout
    assert "[low]" in guard(repository, "--config", "severity.MG101=low").stdout


def test_rules_are_off_where_the_configuration_says(repository: Path) -> None:
    put(repository, a=BAD)
    (repository / "migration-guard.toml").write_text('[per-file-ignores]\n"versions/" = ["MG101"]\n')
    assert guard(repository).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--select", "MG1011"], 'did you mean "MG101"?'),
        (["--ignore", "update-in-migrations"], 'did you mean "update-in-migration"?'),
        (["--output-format", "jsn"], 'did you mean "json"?'),
        (["--output", "json"], "FORMAT=FILE"),
        (["--fail-on", "hgh"], "'low', 'medium', 'high'"),
        (["--exit-zer"], "--exit-zero"),
        (["--config", "hot-table=['leads']"], "hot-tables"),
        (["--jobs", "0"], "--jobs"),
        (["versoins"], "versions"),
        (["explian", "versions"], 'the command "explain"'),
        (["rule", "MG1011"], "MG101"),
    ],
)
def test_wrong_usage_is_2_with_the_nearest_name(repository: Path, arguments: list[str], said: str) -> None:
    put(repository, a=CLEAN)
    result = guard(repository, *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_configuration_is_2(repository: Path) -> None:
    put(repository, a=CLEAN)
    (repository / "migration-guard.toml").write_text('select = ["MG1011"]\n')
    result = guard(repository, "--exit-zero")
    assert result.returncode == 2
    assert result.stderr.startswith("Error: migration-guard.toml:1: ")


def test_no_migration_where_they_were_asked_for_is_2_and_for_a_hook_0(repository: Path) -> None:
    (repository / "notes.py").write_text("x = 1\n")
    assert guard(repository).returncode == 2
    assert guard(repository, "versions").returncode == 2
    hook = guard(repository, "--force-exclude", "notes.py")
    assert hook.returncode == 0
    assert hook.stdout.startswith("0 migrations checked")


def test_json_has_standard_output_to_itself(repository: Path) -> None:
    put(repository, a=BAD, b=BROKEN)
    result = guard(repository, "--output-format", "json", "-v")
    assert result.returncode == 2
    report = json.loads(result.stdout)
    assert [finding["path"] for finding in report["findings"]] == ["versions/a.py"]
    assert [problem["path"] for problem in report["problems"]] == ["versions/b.py"]
    assert "configuration: none" in result.stderr


def test_reports_are_also_written_to_files(repository: Path) -> None:
    put(repository, a=BAD)
    result = guard(repository, "-q", "--output", "json=out.json", "--output", "full=out.txt", FORCE_COLOR="1")
    assert result.returncode == 1
    assert "\x1b[" in result.stdout
    assert "checked" not in result.stdout
    assert json.loads((repository / "out.json").read_text())["summary"]["new"] == 1
    assert "MG101" in (repository / "out.txt").read_text()
    assert "\x1b" not in (repository / "out.txt").read_text()
    assert sorted(path.name for path in repository.iterdir()) == [
        ".git", ".migration_guard_cache", "out.json", "out.txt", "versions",
    ]  # fmt: skip
    assert guard(repository, "--output", "json=no/such/out.json").returncode == 2


def test_colours_only_where_wanted(repository: Path) -> None:
    put(repository, a=BAD)
    assert "\x1b" not in guard(repository).stdout
    assert "\x1b[3" not in guard(repository, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_output_survives_a_small_alphabet(repository: Path) -> None:
    put(repository, a=f"{HEADER}    op.execute(\"UPDATE leads SET x = '表'\")\n")
    result = guard(repository, PYTHONIOENCODING="cp1252")
    assert result.returncode == 1
    assert "\\u8868" in result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell is needed")
@pytest.mark.parametrize("ending", ["| true", ">&-", "| head -c 1"])
def test_a_reader_who_goes_away_is_no_error(repository: Path, ending: str) -> None:
    put(repository, **{f"m{n}": BAD for n in range(30)})
    command = f'{{ "{sys.executable}" -m migration_guard --no-baseline; echo "code $?" >&2; }} {ending}'
    result = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )
    unread = {"code 2\n"} if ending == "| true" else set()  # who goes before all is read ends the run
    assert result.stderr in {"code 1\n", *unread}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_report_that_cannot_be_written_is_2(repository: Path) -> None:
    put(repository, a=CLEAN)
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "migration_guard"],
            cwd=repository,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 2
    assert "could not be written" in result.stderr


def test_nothing_of_the_linted_repository_is_executed(repository: Path) -> None:
    put(repository, a=BAD)
    for name in ("json", "click", "rich", "pathspec", "io"):
        (repository / f"{name}.py").write_text("raise SystemExit('executed')\n")
    result = guard(repository, "--output-format", "json", "versions")
    assert result.returncode == 1
    assert "executed" not in result.stderr


def test_explain_tells_what_was_seen_and_why_the_rest_is_clean(repository: Path) -> None:
    put(repository, a=BAD, b=CLEAN)
    result = guard(repository, "explain", "versions/a.py", "versions/b.py")
    assert result.returncode == 0
    assert "versions/a.py (alembic, migration 2f6c)" in result.stdout
    assert "7:17: UPDATE | leads | upgrade | sql" in result.stdout
    assert "`check` does not read this file closely" in result.stdout


@pytest.mark.parametrize(
    ("name", "codes"),
    [("mg101", {"MG101"}), ("update", {"MG101", "MG413"}), ("MG90", {"MG901", "MG902"}), ("Delete", {"MG103"})],
)
def test_a_rule_is_found_by_what_people_type(tmp_path: Path, name: str, codes: set[str]) -> None:
    said = guard(tmp_path, "rule", name).stdout
    assert codes <= set(re.findall(r"^(?:# )?(MG\d+)", said, re.MULTILINE))
    assert "# expect:" not in said


def test_an_option_of_other_linters_is_answered_with_ours(tmp_path: Path) -> None:
    found = guard(tmp_path, "--fix")
    assert found.returncode == 2
    assert "migration-guard move" in found.stderr


def test_rule_prints_pages(tmp_path: Path) -> None:
    page = guard(tmp_path, "rule", "MG101").stdout
    assert page == guard(tmp_path, "rule", "update-in-migration").stdout
    assert page.startswith("# MG101 update-in-migration\n")
    assert "## Use instead" in page
    assert guard(tmp_path, "rule", "--all").stdout.count("## Use instead") == len(
        guard(tmp_path, "rule").stdout.splitlines()
    )


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (["--version"], ["libcst", "sqlglot", "rich"]),
        (["check", "versions"], ["libcst", "sqlglot"]),
    ],
)
def test_imports_are_lean(repository: Path, arguments: list[str], never: list[str]) -> None:
    put(repository, a=CLEAN)
    code = (
        "import sys; from migration_guard.cli import run; run(sys.argv[2:]);"
        "print([name for name in sys.argv[1].split() if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, " ".join(never), *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stderr == "[]\n"


def test_a_remark_for_other_linters_is_told_to_be_one(repository: Path) -> None:
    put(repository, b=BAD.rstrip("\n") + "  # noqa: S608\n")
    shown = guard(repository, "versions/b.py").stdout
    assert "`# noqa` is for other linters" in shown
    assert "# migration-guard: ignore[NAME]" in " ".join(shown.split())


def test_a_folder_with_a_link_to_the_one_above_it_is_read_once(repository: Path) -> None:
    put(repository, b=BAD)
    assert guard(repository, "baseline").returncode == 0
    (repository / "versions/up").symlink_to("..")
    ran = guard(repository, "versions", "--output-format", "json")
    assert ran.returncode == 0
    assert [(one["path"], one["status"]) for one in json.loads(ran.stdout)["findings"]] == [
        ("versions/b.py", "grandfathered")
    ]
