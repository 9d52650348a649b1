"""The action for GitHub: its steps are run by bash as GitHub would, with what a user may type as inputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, CHECK, COMMENT = ACTION["runs"]["steps"]
HEADER = 'revision = "2f6c"\ndown_revision = "1e5b"\nfrom alembic import op\n\n\ndef upgrade():\n'
BAD = f"{HEADER}    op.execute(\"UPDATE leads SET status = 'new'\")\n"
CLEAN = f'{HEADER}    op.drop_column("leads", "status")\n'


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Give a runner's folder for what lasts a job, in which the installing step has done its work."""
    programs = tmp_path / "runner" / "migration-guard" / "bin"
    programs.mkdir(parents=True)
    (programs / "migration-guard").symlink_to(Path(sys.executable).parent / "migration-guard")
    return tmp_path / "runner"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for name, source in {"versions/a.py": CLEAN, "old ones/b.py": BAD}.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(source, encoding="utf-8")
    (folder / ".git").mkdir()
    return folder


def check(repository: Path, runner: Path, paths: str = "", arguments: str = "") -> subprocess.CompletedProcess[str]:
    """Run the step as GitHub runs `shell: bash`."""
    own = {"RUNNER_TEMP": str(runner), "PATHS": paths, "ARGUMENTS": arguments}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]],
        cwd=repository,
        env={**inherited, **own},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_no_input_becomes_part_of_a_script() -> None:
    for step in (INSTALL, CHECK, COMMENT):
        assert "${{" not in step["run"]
    taken = {value for step in (INSTALL, CHECK) for value in step["env"].values()} | {CHECK["working-directory"]}
    assert {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"] if name != "comment"} <= taken
    assert "token" not in str(ACTION["inputs"])


def test_clean_passes_and_a_finding_fails_with_an_annotation(repository: Path, runner: Path) -> None:
    clean = check(repository, runner, paths="versions\n")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    bad = check(repository, runner)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "file=old ones/b.py,line=7" in bad.stdout


def test_paths_with_spaces_and_further_arguments(repository: Path, runner: Path) -> None:
    assert check(repository, runner, paths="versions\nold ones\n").returncode == 1
    assert check(repository, runner, paths="old ones", arguments="--config\nfail-on=high\n").returncode == 0


@pytest.mark.parametrize("hostile", ["$(touch trace)", "`touch trace`", "; touch trace", "--exit-zero"])
def test_what_is_typed_as_a_path_is_a_path(repository: Path, runner: Path, hostile: str) -> None:
    ran = check(repository, runner, paths=hostile)
    assert (ran.returncode, "there is no" in ran.stderr) == (2, True), ran.stdout + ran.stderr
    assert not (repository / "trace").exists()


def test_the_installing_step_installs_this_very_version(tmp_path: Path) -> None:
    own = {"RUNNER_TEMP": str(tmp_path), "VERSION": "", "ACTION_PATH": str(ROOT), "PIP_NO_COMPILE": "1"}
    environment = {**os.environ, **own}
    subprocess.run(["bash", "-eo", "pipefail", "-c", INSTALL["run"]], env=environment, timeout=600, check=True)
    ran = subprocess.run(
        [tmp_path / "migration-guard" / "bin" / "migration-guard", "--version"], capture_output=True, check=True
    )
    assert ran.stdout.startswith(b"migration-guard ")


GH = r"""#!/usr/bin/env python3
'''As much of GitHub's program as the step asks for: comments of a pull request, kept in a file.'''

import json, os, pathlib, re, sys

kept = pathlib.Path(os.environ["KEPT"])
comments = json.loads(kept.read_text())
words = sys.argv[2:]
if os.environ["GH_TOKEN"] != "may":
    sys.exit("HTTP 403: Resource not accessible by integration")
if "--method" not in words:
    asked = words[words.index("--jq") + 1]
    login, mark = re.fullmatch(
        r'\.\[\] \| select\(\.user\.login == "(.+)" and \(\.body \| startswith\("(.+)"\)\)\) \| \.id', asked).groups()
    mine = [one for one in comments if one["user"]["login"] == login and one["body"].startswith(mark)]
    print(*(one["id"] for one in mine), sep="\n")
    sys.exit()
place = next(word for word in words if word.startswith("repos/"))
body = pathlib.Path(words[words.index("--field") + 1].removeprefix("body=@")).read_text()
if words[words.index("--method") + 1] == "POST":
    comments.append({"id": 100 + len(comments), "user": {"login": "github-actions[bot]"}, "body": body})
else:
    next(one for one in comments if place.endswith(f"/{one['id']}"))["body"] = body
kept.write_text(json.dumps(comments))
"""


class PullRequest:
    """What the step says on it."""

    def __init__(self, runner: Path, comments: list[dict[str, object]]) -> None:
        self._runner, self._kept = runner, runner / "comments.json"
        self._kept.write_text(json.dumps(comments), encoding="utf-8")
        programs = runner / "programs"
        programs.mkdir()
        (programs / "gh").write_text(GH, encoding="utf-8")
        (programs / "gh").chmod(0o755)

    def comment(self, subject: str = ". ", token: str = "may") -> str:
        place = "repos/a/b/issues"
        own = {"RUNNER_TEMP": str(self._runner), "COMMENTS": f"{place}/7/comments", "COMMENT": f"{place}/comments"}
        own |= {"SUBJECT": subject, "GH_TOKEN": token, "KEPT": str(self._kept)}
        path = f"{self._runner / 'programs'}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", COMMENT["run"]],
            env={**os.environ, **own, "PATH": path}, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr if token == "may" else "") == (0, ""), ran.stderr
        return ran.stdout

    @property
    def bodies(self) -> list[str]:
        return [one["body"] for one in json.loads(self._kept.read_text(encoding="utf-8"))]


FORGED = {"id": 1, "user": {"login": "mallory"}, "body": "<!-- migration-guard"}


def test_a_comment_is_made_once_and_renewed(repository: Path, runner: Path) -> None:
    request = PullRequest(runner, [FORGED])
    check(repository, runner, paths="versions\n")
    request.comment()
    assert len(request.bodies) == 1  # nothing was found, and nothing had been said
    check(repository, runner)
    request.comment()
    assert "### migration-guard: 1 new finding" in request.bodies[1]
    assert "migration-guard move 'old ones/b.py:7'" in request.bodies[1]
    check(repository, runner, paths="versions\n")
    request.comment()
    assert "### migration-guard: nothing new" in request.bodies[1]
    check(repository, runner)
    request.comment(subject="billing ")
    assert [body.startswith("<!-- migration-guard ") for body in request.bodies] == [False, True, True]


def test_what_is_new_and_does_not_fail_is_said_too(repository: Path, runner: Path) -> None:
    request = PullRequest(runner, [])
    assert check(repository, runner, arguments="--config\nfail-on=high\n").returncode == 0
    request.comment()
    assert "### migration-guard: 1 new finding" in request.bodies[0]


def test_a_run_without_a_report_is_not_left_green(repository: Path, runner: Path) -> None:
    request = PullRequest(runner, [])
    check(repository, runner)
    request.comment()
    assert check(repository, runner, arguments="--no-such-option").returncode == 2
    request.comment()
    assert "nothing is known" in request.bodies[0]


def test_what_is_too_long_for_a_comment_is_cut_and_says_so(runner: Path) -> None:
    request = PullRequest(runner, [])
    (runner / "migration-guard.md").write_text("ü" * 70_000, encoding="utf-8")
    request.comment()
    assert request.bodies[0].endswith("…cut: the whole is in the log of the run.\n")


def test_who_may_not_comment_is_told_and_the_check_counts(repository: Path, runner: Path) -> None:
    request = PullRequest(runner, [])
    check(repository, runner)
    assert "::warning title=migration-guard::" in request.comment(token="may not")
