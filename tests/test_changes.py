"""What a branch or the index changed, with real git: only that is reported, and nothing passes unseen."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from migration_guard.config import SettingsLoader
from migration_guard.discover import UsageError
from migration_guard.pipeline import Request, check
from migration_guard.report.model import Report
from migration_guard.report.summary import summary

HEAD = 'from alembic import op\n\nrevision = "{0}"\ndown_revision = None\nTABLE = "{1}"\n\n\ndef upgrade():\n'
OLD = HEAD.format("a1", "leads") + '    op.execute(f"UPDATE {TABLE} SET a = 1")\n    op.execute("DELETE FROM calls")\n'


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "versions").mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.write("a1_old.py", OLD)
        self.commit()
        self.git("checkout", "-q", "-b", "branch")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout

    def write(self, name: str, text: str) -> None:
        (self.root / "versions" / name).write_text(text, encoding="utf-8")

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "step")

    def report(self, *paths: str, diff: str | None = "main", staged: bool = False) -> Report:
        load = SettingsLoader(cwd=self.root)
        return check(Request(paths, self.root, load, workers=1, diff=None if staged else diff, staged=staged))

    def found(self, *, staged: bool = False) -> list[tuple[str, int, str]]:
        report = self.report(staged=staged)
        assert report.problems == ()
        return [(finding.path, finding.span.line, finding.code) for finding in report.new]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "r")


def test_nothing_changed_says_that_no_migration_was_looked_at(repository: Repository) -> None:
    report = repository.report()
    assert report.findings == ()
    assert report.problems == ()
    assert summary(report).startswith("0 migrations checked, 0 new")


def test_a_new_file_is_reported_whether_or_not_git_knows_it_yet(repository: Repository) -> None:
    repository.write("b2_new.py", HEAD.format("b2", "x") + '    op.execute("DELETE FROM b")\n')
    assert repository.found() == [("versions/b2_new.py", 9, "MG103")]
    repository.commit()
    assert repository.found() == [("versions/b2_new.py", 9, "MG103")]


Edit = Callable[[str], str]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        pytest.param(lambda text: "# a word\n" + text, [], id="lines above"),
        pytest.param(lambda text: text + '    op.execute("DELETE FROM b")\n', [(11, "MG103")], id="one added"),
        pytest.param(lambda text: text.replace("calls", "receipts"), [(10, "MG103")], id="one changed"),
        pytest.param(lambda text: text.replace('"leads"', '"receipts"'), [(9, "MG101")], id="changed from elsewhere"),
        pytest.param(
            lambda text: text.replace("def upgrade():\n", 'def upgrade():\n    op.execute("DELETE FROM calls")\n'),
            [(9, "MG103"), (11, "MG103")],
            id="a second copy above",
        ),
        pytest.param(lambda text: text.replace('    op.execute("DELETE FROM calls")\n', ""), [], id="one removed"),
    ],
)
def test_only_what_the_branch_has_to_do_with_is_reported(
    repository: Repository, edit: Edit, expected: list[tuple[int, str]]
) -> None:
    repository.write("a1_old.py", edit(OLD))
    assert repository.found() == [("versions/a1_old.py", line, code) for line, code in expected]


def test_what_is_left_out_is_counted(repository: Repository) -> None:
    repository.write("a1_old.py", "# a word\n" + OLD)
    assert "2 new outside of the change" in summary(repository.report())


def test_a_renamed_file_keeps_its_old_lines(repository: Repository) -> None:
    repository.git("mv", "versions/a1_old.py", "versions/a1_other.py")
    repository.commit()
    assert repository.found() == []


def test_the_index_is_what_counts_and_not_the_working_tree(repository: Repository) -> None:
    new = HEAD.format("b2", "x")
    repository.write("b2_new.py", new + '    op.execute("DELETE FROM b")\n')
    repository.git("add", "-A")
    repository.write("b2_new.py", new + "    pass\n")
    assert repository.found(staged=True) == [("versions/b2_new.py", 9, "MG103")]
    repository.git("add", "-A")
    repository.write("b2_new.py", new + '    op.execute("DELETE FROM b")\n')
    assert repository.found(staged=True) == []
    (repository.root / "versions" / "b2_new.py").unlink()
    assert repository.found(staged=True) == []


def test_paths_narrow_a_change(repository: Repository) -> None:
    (repository.root / "other").mkdir()
    repository.write("../other/c3_new.py", HEAD.format("c3", "x") + '    op.execute("DELETE FROM b")\n')
    assert repository.report("versions").files == 0
    assert repository.report("other").files == 1


def test_a_deleted_file_is_no_problem(repository: Repository) -> None:
    (repository.root / "versions" / "a1_old.py").unlink()
    repository.commit()
    assert repository.found() == []


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "main:versions"])
def test_a_wrong_revision_is_refused(repository: Repository, revision: str) -> None:
    with pytest.raises(UsageError, match="there is no revision"):
        repository.report(diff=revision)


def test_a_shallow_clone_is_refused_and_says_what_to_do(repository: Repository, tmp_path: Path) -> None:
    repository.write("b2_new.py", HEAD.format("b2", "x") + '    op.execute("DELETE FROM b")\n')
    repository.commit()
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth", "1", "--branch", "branch", f"file://{repository.root}", str(clone))
    with pytest.raises(UsageError, match=r"shallow.*git fetch --unshallow"):
        check(Request((), clone, SettingsLoader(cwd=clone), workers=1, diff="origin/main"))


def test_outside_of_git_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not belong to a git repository"):
        check(Request((), tmp_path, SettingsLoader(cwd=tmp_path), workers=1, staged=True))


def test_before_the_first_commit_all_that_is_staged_is_new(tmp_path: Path) -> None:
    repository = Repository.__new__(Repository)
    repository.root = tmp_path
    (tmp_path / "versions").mkdir()
    repository.git("init", "-q")
    repository.write("a1.py", OLD)
    repository.git("add", "-A")
    assert [code for _, _, code in repository.found(staged=True)] == ["MG101", "MG103"]
