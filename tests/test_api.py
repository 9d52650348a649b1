"""`from migration_guard import check, Report`: the same as the command line, as values."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import program
import pytest

import migration_guard
from migration_guard import Misused, Report, check

HEAD = 'revision = "{0}"\ndown_revision = None\nfrom alembic import op\n\n\ndef upgrade():\n    op.'
BAD = HEAD.format("b") + "execute(\"UPDATE leads SET status = 'new'\")\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "a.py").write_text(HEAD.format("a") + 'drop_table("leads")\n')
    (tmp_path / "versions" / "b.py").write_text(BAD)
    return tmp_path


def test_it_says_what_the_json_report_says(repository: Path) -> None:
    report = check(root=repository)
    ran = program.run("--output-format", "json", cwd=repository)
    document = json.loads(ran.stdout)
    assert isinstance(report, Report)
    assert (
        (report.exit_code, report.files, report.failing, len(report.new)) == (ran.returncode, 2, 1, 1) == (1, 2, 1, 1)
    )
    assert json.loads(json.dumps([asdict(one) for one in report.findings])) == document["findings"]
    (operation,) = [one.operation for one in report.findings]
    assert operation is not None
    assert (operation.kind, operation.table, operation.tables) == ("UPDATE", "leads", ("leads",))


def test_what_could_not_be_checked_is_not_clean(repository: Path) -> None:
    (repository / "versions" / "b.py").write_text(BAD.replace("def upgrade():", "def upgrade(:"))
    report = check("versions/b.py", root=repository)
    assert (report.exit_code, report.findings) == (2, ())
    assert [one.path for one in report.problems] == ["versions/b.py"]


def test_the_baseline_counts_unless_it_is_not_wanted(repository: Path) -> None:
    assert program.run("baseline", cwd=repository).returncode == 0
    assert check(root=repository).exit_code == 0
    assert [one.status for one in check(root=repository).findings] == ["grandfathered"]
    assert check(root=repository, baseline=False).exit_code == 1


@pytest.mark.parametrize(
    ("paths", "config", "said"),
    [(("nowhere",), (), "nowhere"), ((), ("dialct=mysql",), "did you mean `dialect`")],
)
def test_wrong_usage_is_an_error_of_its_own(
    repository: Path, paths: tuple[str, ...], config: tuple[str, ...], said: str
) -> None:
    with pytest.raises(Misused, match=said):
        check(*paths, root=repository, config=config)


def test_the_package_loads_nothing_until_it_is_asked() -> None:
    program = "import sys, migration_guard; print([one for one in sys.modules if one.startswith('migration_guard.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert set(migration_guard.__all__) <= {*dir(migration_guard.api), "__version__"}
    with pytest.raises(AttributeError, match="has no attribute 'chekc'"):
        _ = migration_guard.chekc


def test_a_list_of_paths_is_told_how_paths_are_named() -> None:
    with pytest.raises(Misused, match=r'check\("versions", "other"\)'):
        check(["versions"])  # type: ignore[arg-type]
