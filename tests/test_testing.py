"""The guard as somebody's test: run by a real pytest in a repository of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from migration_guard.testing import assert_no_new_findings

HEADER = 'revision = "2f6c"\ndown_revision = "1e5b"\nfrom alembic import op\n\n\ndef upgrade():\n'
BAD = f"{HEADER}    op.execute(\"UPDATE leads SET status = 'new'\")\n"
SMALL = f'{HEADER}    op.execute("DELETE FROM django_site")\n'
CLEAN = f'{HEADER}    op.drop_column("leads", "status")\n'
GUARD = """from pathlib import Path

from migration_guard.testing import assert_no_new_findings


def test_migrations_change_no_data():
    assert_no_new_findings(root=Path(__file__).parent)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "a.py").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "test_guard.py").write_text(GUARD, encoding="utf-8")
    return tmp_path


def run_pytest(repository: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(repository / "test_guard.py")]
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", timeout=60, check=False)


def test_a_test_of_theirs_passes_and_fails(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    clean = run_pytest(repository, elsewhere)
    assert (clean.returncode, "1 passed" in clean.stdout) == (0, True), clean.stdout + clean.stderr
    (repository / "versions" / "b.py").write_text(BAD, encoding="utf-8")
    bad = run_pytest(repository, elsewhere)
    assert bad.returncode == 1
    assert "UPDATE of leads runs inside the migration" in bad.stdout
    assert "--> versions/b.py:7:17" in bad.stdout
    assert "migration_guard/testing.py" not in bad.stdout.replace("from migration_guard", "")


def test_what_is_below_fail_on_passes(repository: Path) -> None:
    (repository / "versions" / "b.py").write_text(SMALL, encoding="utf-8")
    assert_no_new_findings(root=repository)
    with pytest.raises(AssertionError, match="DELETE from django_site"):
        assert_no_new_findings(root=repository, config=["fail-on=low"])


def test_what_is_grandfathered_passes(repository: Path) -> None:
    (repository / "versions" / "b.py").write_text(BAD, encoding="utf-8")
    command = [sys.executable, "-m", "migration_guard", "baseline"]
    subprocess.run(command, cwd=repository, capture_output=True, check=True)
    assert_no_new_findings(root=repository)
    (repository / "versions" / "c.py").write_text(BAD.replace("2f6c", "3a7d"), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"versions/c\.py") as raised:
        assert_no_new_findings(root=repository)
    assert "versions/b.py" not in str(raised.value)


def test_only_the_paths_that_are_named_are_looked_at(repository: Path) -> None:
    (repository / "old").mkdir()
    (repository / "old" / "b.py").write_text(BAD, encoding="utf-8")
    assert_no_new_findings("versions", root=repository)
    assert_no_new_findings(repository / "versions", root=repository)
    with pytest.raises(AssertionError):
        assert_no_new_findings("versions", "old", root=repository)


def test_what_could_not_be_checked_is_never_green(repository: Path) -> None:
    (repository / "versions" / "b.py").write_text(f"{HEADER}    op.execute(\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"could not be checked: versions/b\.py"):
        assert_no_new_findings(root=repository)
    with pytest.raises(AssertionError, match="did you mean 'versions'"):
        assert_no_new_findings("version", root=repository)
    (repository / "empty").mkdir()
    with pytest.raises(AssertionError, match="no migration was found here"):
        assert_no_new_findings("empty", root=repository)
    with pytest.raises(AssertionError, match="did you mean `fail-on`"):
        assert_no_new_findings(root=repository, config=["fail-no=low"])
