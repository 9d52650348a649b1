"""Hostile input through the real command: each file ends as findings or as a Problem, and the others are still read."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import program
import pytest
from hostile.case import End, Hostile, migration
from hostile.sources import all_sources
from hostile.spellings import all_spellings
from hostile.statements import all_statements

ROOT = Path(__file__).parents[1]
GOOD = migration("0000_good")
SECRET = "hunter2"
SOURCES = all_sources()
STATEMENTS = all_statements()
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")

HANGS = 600
"""Seconds after which a run hangs: nothing here takes a tenth of it."""
ENDLESS = "product_of_loops"
"""The one that is only ended by its limit."""

Run = subprocess.CompletedProcess[str]


def guard(folder: Path, *arguments: str, encoding: str = "utf-8", timeout: float = HANGS, alone: bool = False) -> Run:
    """Run the command in a folder, in which only what is hostile lies; `alone` in processes that nothing else uses."""
    environment = {**os.environ, "NO_COLOR": "1"}
    if encoding != "utf-8" or alone:
        run = subprocess.run(
            [sys.executable, "-m", "migration_guard", *arguments],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
            capture_output=True,
            check=False,
            encoding=encoding,
            errors="replace",
            timeout=timeout,
        )
    else:
        run = program.run(*arguments, cwd=folder, env=environment, timeout=timeout, errors="replace")
    assert "Traceback" not in run.stderr + run.stdout, run.stderr[-3_000:]
    assert run.returncode in (0, 1, 2), f"died with {run.returncode}: {run.stderr[-3_000:]}"
    return run


def write(folder: Path, cases: Sequence[Hostile]) -> Path:
    migrations = folder / "migrations"
    migrations.mkdir(exist_ok=True)
    for case in (GOOD, *cases):
        (migrations / case.filename).write_bytes(case.source)
    return folder


class Report:
    """A JSON report, by file."""

    def __init__(self, run: Run) -> None:
        self.run = run
        report = json.loads(run.stdout)
        self.summary = report["summary"]
        self.findings = [(f["path"], f["code"], f["operation"] and f["operation"]["table"]) for f in report["findings"]]
        self.problems = {problem["path"]: problem for problem in report["problems"]}

    def found(self, case: Hostile) -> bool:
        return (f"migrations/{case.filename}", "MG101", "leads") in self.findings

    def problem(self, case: Hostile) -> str | None:
        problem = self.problems.get(f"migrations/{case.filename}")
        return problem and problem["message"]


def lint(folder: Path, *, seconds: float = 60, alone: bool = False) -> Report:
    """Check the migrations of a folder, each of which may take some time: more than it needs on the busiest machine."""
    arguments = ("check", "migrations", "--output-format", "json", "--config", f"file-timeout={seconds}")
    return Report(guard(folder, *arguments, timeout=HANGS, alone=alone))


def judge(report: Report, case: Hostile) -> None:
    """Nothing is silent; a Problem has a reason; what has to be found is found."""
    found, problem = report.found(case), report.problem(case)
    assert found or problem, "neither a finding nor a problem"
    assert problem is None or len(problem) > 10
    if case.end is End.FINDING:
        assert found, problem
    if case.end is End.PROBLEM:
        assert problem


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return lint(write(tmp_path_factory.mktemp("sources"), [one for one in SOURCES if one.name != ENDLESS]), alone=True)


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return lint(write(tmp_path_factory.mktemp("statements"), STATEMENTS), alone=True)


@pytest.mark.parametrize("case", [one for one in SOURCES if one.name != ENDLESS], ids=lambda case: case.name)
def test_hostile_python(case: Hostile, sources: Report) -> None:
    judge(sources, case)


@pytest.mark.parametrize("case", STATEMENTS, ids=lambda case: case.name)
def test_hostile_sql(case: Hostile, statements: Report) -> None:
    judge(statements, case)


def test_whatever_a_migration_looks_like_it_is_found(tmp_path: Path) -> None:
    cases = list(all_spellings())
    assert len(SOURCES) + len(STATEMENTS) + len(cases) >= 500
    report = lint(write(tmp_path, cases))
    assert report.summary["problems"] == 0
    assert [case.name for case in cases if not report.found(case)] == []


def test_the_other_files_are_still_checked(sources: Report, statements: Report) -> None:
    assert sources.found(GOOD) and statements.found(GOOD)
    assert sources.run.returncode == 2
    assert all(problem["line"] is None or problem["line"] > 0 for problem in sources.problems.values())


def test_each_file_is_accounted_for_once(sources: Report) -> None:
    assert len(sources.problems) == sources.summary["problems"]


def test_no_secret_is_printed(statements: Report) -> None:
    assert SECRET not in statements.run.stderr


def test_a_syntax_error_is_told_as_python_tells_it(tmp_path: Path) -> None:
    case = migration("unfinished", "x = (")
    report = lint(write(tmp_path, [case]))
    with pytest.raises(SyntaxError) as told:
        compile(case.source, case.filename, "exec")
    assert str(told.value.msg) in (report.problem(case) or "")
    assert report.problems["migrations/unfinished.py"]["line"] == told.value.lineno


def test_a_file_that_does_not_end_is_ended(tmp_path: Path) -> None:
    case = next(case for case in SOURCES if case.name == ENDLESS)
    report = lint(write(tmp_path, [case]), seconds=3)
    judge(report, case)
    assert "file-timeout" in (report.problem(case) or "")
    assert report.found(GOOD) or report.problem(GOOD)


# Files that are no files ------------------------------------------------------------------------------------------


@posix
def test_only_regular_files_are_read(tmp_path: Path) -> None:
    migrations = write(tmp_path, []) / "migrations"
    os.mkfifo(migrations / "0001_fifo.py")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(migrations)  # the path of a socket may not be long
        try:
            server.bind("0002_socket.py")
        finally:
            os.chdir(here)
    (migrations / "0003_loop.py").symlink_to("0003_loop.py")
    (migrations / "0004_device.py").symlink_to("/dev/zero")
    (migrations / "0005_dangling.py").symlink_to("nowhere.py")
    (migrations / "0006_folder.py").mkdir()
    (migrations / "0007_empty.py").touch()
    (migrations / "around").symlink_to(migrations)
    report = lint(tmp_path)
    assert report.found(GOOD)
    assert report.run.returncode == 2
    for name in ("0001_fifo", "0002_socket", "0003_loop", "0004_device", "0005_dangling"):
        assert f"migrations/{name}.py" in report.problems
    assert len(report.findings) == 1


@posix
def test_unreadable_files_are_problems(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    case = migration("0001_closed")
    write(tmp_path, [case])
    (tmp_path / "migrations" / case.filename).chmod(0)
    report = lint(tmp_path)
    assert report.found(GOOD) and report.problem(case)


@posix
def test_symbolic_links_do_not_lead_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    write(outside, [])
    inside = tmp_path / "inside"
    inside.mkdir()
    write(inside, [])
    (inside / "migrations" / "more").symlink_to(outside)
    assert len(lint(inside).findings) == 1


@posix
def test_what_migrations_name_is_read_with_the_same_care(tmp_path: Path) -> None:
    """A helper or a statement that is a FIFO, a device, or a file outside the repository."""
    (tmp_path / "secret.sql").write_text(f"UPDATE leads SET password = '{SECRET}'")
    project = tmp_path / "project"
    project.mkdir()
    imports = "from piped import run\nfrom endless import walk\nfrom round_a import go\n"
    cases = [
        migration("reads_fifo", "op.execute(open('migrations/pipe.sql').read())", before="import pathlib\n"),
        migration("reads_device", "op.execute(open('/dev/zero').read())"),
        migration("reads_outside", "op.execute(open('../../secret.sql').read())"),
        migration("reads_folder", "op.execute(pathlib.Path('.').read_text())", before="import pathlib\n"),
        migration("imports_hostile", "run('SELECT 1')", "walk()", "go()", before=imports),
    ]
    migrations = write(project, cases) / "migrations"
    os.mkfifo(migrations / "pipe.sql")
    os.mkfifo(migrations / "piped.py")
    (migrations / "endless.py").symlink_to("/dev/zero")
    (migrations / "round_a.py").write_text("from round_b import go\n")
    (migrations / "round_b.py").write_text("from round_a import go\n")
    (project / ".git").mkdir()
    report = lint(project)
    for case in (GOOD, *cases):
        judge(report, case)
    assert SECRET not in report.run.stdout + report.run.stderr


@posix
@pytest.mark.parametrize("form", ["full", "concise"])
def test_file_names_forge_no_output(form: str, tmp_path: Path) -> None:
    """A name with a line break would print a line of its own, which a CI server obeys."""
    migrations = write(tmp_path, []) / "migrations"
    names = [
        b"a\n::error file=x::forged.py",
        b"b\r\x1b[2J.py",
        b"c\xff\xfe.py",
        "d\u202eyp.py".encode(),
        b"##[error]e.py",
    ]
    for name in names:
        Path(os.fsdecode(os.fsencode(migrations) + b"/" + name)).write_bytes(GOOD.source)
    run = guard(tmp_path, "check", "migrations", "--output-format", form)
    assert run.returncode == 1
    assert not [line for line in run.stdout.splitlines() if line.lstrip().startswith(("::", "##["))]
    assert not set("\x1b\r\u202e") & set(run.stdout)


@pytest.mark.parametrize("form", ["full", "concise"])
def test_statements_reach_no_terminal_raw(form: str, tmp_path: Path) -> None:
    hostile = "DELETE FROM leads -- \x1b[2J\x1b]0;title\x07 \x9b31m \u202e\u2066 [red]x[/] \x7f"
    write(tmp_path, [migration("0001_escapes", f'op.execute("""{hostile}""")')])
    run = guard(tmp_path, "check", "migrations", "--output-format", form)
    assert run.returncode == 1
    assert not set("\x1b\x07\x9b\u202e\u2066\x7f") & set(run.stdout + run.stderr)


# Nothing of the linted project runs -------------------------------------------------------------------------------

PLANTED = (
    "json",
    "libcst",
    "sqlglot",
    "click",
    "rich",
    "pathspec",
    "tomllib",
    "ast",
    "sitecustomize",
    "alembic",
)


def test_modules_in_the_linted_folder_are_never_imported(tmp_path: Path) -> None:
    sentinel = tmp_path / "executed"
    attack = f"import pathlib\npathlib.Path({str(sentinel)!r}).touch()\n"
    write(tmp_path, [])
    for folder in (tmp_path, tmp_path / "migrations"):
        for name in PLANTED:
            (folder / f"{name}.py").write_text(attack)
    run = guard(tmp_path, "check", "migrations", alone=True)
    assert run.returncode == 1
    assert not sentinel.exists()


def test_migrations_are_never_run(tmp_path: Path) -> None:
    sentinel = tmp_path / "executed"
    attack = f"import os\nos.system('touch {sentinel}')\nopen({str(sentinel)!r}, 'w')\n"
    attack += "X = [c for c in ().__class__.__base__.__subclasses__()]\nexec('raise SystemExit(0)')\n"
    case = migration("0001_attack", before=attack)
    report = lint(write(tmp_path, [case]))
    judge(report, case)
    assert not sentinel.exists()


@posix
def test_the_configuration_of_git_runs_nothing(tmp_path: Path) -> None:
    sentinel = tmp_path / "executed"
    script = tmp_path / "hook.sh"
    script.write_text(f"#!/bin/sh\ntouch '{sentinel}'\n")
    script.chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    write(project, [])
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.hooksPath", "diff.external"):
        subprocess.run(["git", "-C", str(project), "config", key, str(script)], check=True)
    assert guard(project, "check").returncode == 1
    assert not sentinel.exists()


# Where the output goes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_output_survives_a_narrow_encoding(form: str, tmp_path: Path) -> None:
    write(tmp_path, [migration("0001_words", "op.execute('DELETE FROM \"線\" -- → ✓ \\ud800')")])
    assert guard(tmp_path, "check", "migrations", "--output-format", form, encoding="cp1252").returncode == 1


@posix
@pytest.mark.parametrize("form", ["full", "concise", "json"])
@pytest.mark.parametrize("redirection", ["| true", ">&-", "> /dev/full"])
def test_output_that_nobody_takes_is_no_crash(form: str, redirection: str, tmp_path: Path) -> None:
    if redirection == "> /dev/full" and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    write(tmp_path, [])
    command = f'"{sys.executable}" -m migration_guard check migrations --output-format {form} {redirection}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=HANGS
    )
    assert b"Traceback" not in run.stderr
    assert b"Exception ignored" not in run.stderr


# What was asked for -----------------------------------------------------------------------------------------------


def usage() -> Iterator[object]:
    yield pytest.param(["check", "migrations", "--select", "MG1O1"], "MG101", id="unknown rule")
    yield pytest.param(
        ["check", "migrations", "--ignore", "update-in-migrations"], "update-in-migration", id="unknown name"
    )
    yield pytest.param(["check", "migration"], "migrations", id="missing path")
    yield pytest.param(["check", "migrations/0000_god.py"], "0000_good.py", id="missing file")
    yield pytest.param(["check", "migrations", "--selekt", "ALL"], "--select", id="unknown option")
    yield pytest.param(["check", "migrations", "--output-format", "jsn"], "json", id="unknown format")
    yield pytest.param(["check", "migrations", "--config", "hot-table=['a']"], "hot-tables", id="unknown key")
    yield pytest.param(["check", "migrations", "--config", "dialect='postgre'"], "postgres", id="unknown dialect")
    yield pytest.param(["check", "migrations", "--fail-on", "hihg"], "high", id="unknown level")
    yield pytest.param(["check", "empty"], "empty", id="no migration")
    yield pytest.param(["check", "migrations", "empty"], "empty", id="no migration in one of two")


@pytest.mark.parametrize(("arguments", "named"), list(usage()))
@pytest.mark.parametrize("exit_zero", [False, True], ids=["", "exit zero"])
def test_what_cannot_be_done_is_said(arguments: list[str], named: str, exit_zero: bool, tmp_path: Path) -> None:
    write(tmp_path, [])
    (tmp_path / "empty").mkdir()
    run = guard(tmp_path, *arguments, *(["--exit-zero"] if exit_zero else []))
    assert run.returncode == 2
    assert named in run.stderr + run.stdout


def configurations() -> Iterator[object]:
    yield pytest.param(b"\xff\xfe", id="not UTF-8")
    yield pytest.param(b"dialect = ", id="syntax")
    yield pytest.param(b"dialect = 3", id="wrong type")
    yield pytest.param(b"a" + b".a" * 5_000 + b" = 1", id="deep key")
    yield pytest.param(b"paths = " + b"[" * 5_000 + b"]" * 5_000, id="deep list")
    yield pytest.param(b"# " + b"x" * 20_000_000, id="huge")
    yield pytest.param(b"migration-marker = '((a+)+)+$('", id="bad expression")
    yield pytest.param(b"dialect = 'os.system'", id="dialect that is a module")
    yield pytest.param(b"file-timeout = nan", id="not a number")


@pytest.mark.parametrize("content", list(configurations()))
def test_bad_configuration_is_refused(content: bytes, tmp_path: Path) -> None:
    write(tmp_path, [])
    (tmp_path / "migration-guard.toml").write_bytes(content)
    run = guard(tmp_path, "check", "migrations")
    assert run.returncode == 2
    assert "migration-guard.toml" in run.stderr + run.stdout


# Time ---------------------------------------------------------------------------------------------------------------

STARS = "*a" * 40 + "b"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".gitignore", STARS),
        (".gitignore", "*a*a*a*a*a*b"),
        ("migration-guard.toml", f"exclude = ['{STARS}']"),
        ("migration-guard.toml", f"[per-file-ignores]\n'{STARS}' = ['MG1']"),
        ("migration-guard.toml", f"paths = ['migrations', 'migrations/{STARS}.py']"),
        ("migration-guard.toml", f"hot-tables = ['{STARS}']"),
    ],
)
def test_no_pattern_takes_time(name: str, content: str, tmp_path: Path) -> None:
    long = "a" * 240
    write(tmp_path, [migration(long, f"op.execute('DELETE FROM {long}')")])
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / name).write_text(content)
    # A glob of `paths` that finds nothing is told, where it is the configuration that asks.
    assert guard(tmp_path, "check").returncode == (2 if content.startswith("paths") else 1)
    assert guard(tmp_path, "check", "migrations").returncode == 1


def test_a_marker_that_takes_for_ever_is_tried_in_readers_only(tmp_path: Path) -> None:
    """With a cut-off, what the pattern finds is needed in the run itself, too."""
    (tmp_path / "m.py").write_text(f"def run(c):\n    # {'a' * 60}!\n    c.execute('DELETE FROM leads')\n")
    settings = "paths = ['m.py']\nfile-timeout = 1\nmigration-marker = '# ((?:a+)+)$'\n[grandfather]\n'm.py' = 'a'\n"
    (tmp_path / "migration-guard.toml").write_text(settings)
    run = guard(tmp_path, "check")
    assert run.returncode == 2
    assert "reading it takes longer than 1 s" in run.stdout


@pytest.mark.parametrize(
    "content", [f"exclude = ['{'x' * 2000}']", f"paths = {['a'] * 1001}", "[per-file-ignores]\n'a[b' = ['MG1']"]
)
def test_what_would_take_time_or_means_nothing_is_refused_by_name(content: str, tmp_path: Path) -> None:
    write(tmp_path, [])
    (tmp_path / "migration-guard.toml").write_text(content)
    run = guard(tmp_path, "check")
    assert run.returncode == 2
    assert f"`{content.partition(' =')[0].removeprefix('[').partition(']')[0]}" in run.stderr
