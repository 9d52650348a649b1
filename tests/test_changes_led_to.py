"""A change is what it does: `--diff`, `--staged` and the hook tell of migrations whose helper or configuration changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from baselines.project import Project

MIGRATION = (
    "from alembic import op\nfrom app.helpers import fill\n\nrevision = 'r1'\ndown_revision = None\n\n\n"
    "def upgrade():\n    fill(op.get_bind())\n"
)
HELPER = "from sqlalchemy import text\n\n\ndef fill(c):\n    c.execute(text('UPDATE a SET x = 1'))\n"
MORE = "    c.execute(text('DELETE FROM orders'))\n"
PLAIN = "from alembic import op\n\nrevision = '{0}'\ndown_revision = None\n\n\ndef upgrade():\n    op.execute('{1}')\n"


@pytest.fixture
def where(tmp_path: Path) -> Project:
    project = Project.at(tmp_path / "work")
    project.write("app/__init__.py", "")
    project.write("app/helpers.py", HELPER)
    project.write("versions/r1.py", MIGRATION)
    project.write("versions/other.py", PLAIN.format("other", "UPDATE b SET x = 1"))
    assert project.guard("baseline").returncode == 0
    project.commit()
    project.git("checkout", "-q", "-b", "feature")
    return project


@pytest.mark.parametrize("arguments", [("--diff", "main"), ("--staged",), ("--force-exclude", "app/helpers.py")])
def test_a_helper_that_changed_is_told_at_its_migration(where: Project, arguments: tuple[str, ...]) -> None:
    where.write("app/helpers.py", HELPER + MORE)
    where.git("add", "--all")
    ran = where.guard("check", "--output-format", "concise", *arguments)
    assert ran.returncode == 1
    assert "versions/r1.py:9:5: MG103" in ran.stdout
    assert "1 migration checked, 1 new, 1 grandfathered" in ran.stdout


def test_a_helper_that_was_only_rearranged_is_not(where: Project) -> None:
    where.write("app/helpers.py", HELPER.replace("def fill(c):\n    c.execute", "def fill(conn):\n    conn.execute"))
    ran = where.guard("check", "--no-baseline", "--diff", "main")
    assert ran.returncode == 0
    assert "1 new outside of the change" in ran.stdout


def test_a_configuration_that_judges_it_otherwise_is_told(where: Project) -> None:
    where.write("migration-guard.toml", 'hot-tables = ["b"]\n')
    ran = where.guard("check", "--no-baseline", "--output-format", "concise", "--diff", "main")
    assert ran.returncode == 1
    assert "versions/other.py:8:17: MG101 [high] UPDATE of b" in ran.stdout
    assert "UPDATE of a" not in ran.stdout


def test_what_is_staged_is_read_from_the_index_alone(where: Project) -> None:
    where.write("app/helpers.py", HELPER + MORE)
    where.git("add", "--all")
    where.write("app/helpers.py", "def fill(c):\n    pass\n")
    ran = where.guard("check", "--staged", "--output-format", "concise")
    assert ran.returncode == 1
    assert "MG103" in ran.stdout
    where.write("app/helpers.py", HELPER + MORE)
    where.git("reset", "-q", "--hard")
    where.write("app/helpers.py", HELPER + MORE)  # not staged
    assert where.guard("check", "--staged").returncode == 0


def test_conflicts_and_sparse_checkouts_are_problems(where: Project) -> None:
    where.write("versions/r2.py", PLAIN.format("r2", "UPDATE c SET x = 1"))
    where.write("versions/r3.py", PLAIN.format("r3", "UPDATE d SET x = 1"))
    where.commit()
    where.git("sparse-checkout", "set", "--no-cone", "/*", "!/versions/r2.py")
    ran = where.guard("check", "--diff", "main", "--output-format", "concise")
    assert ran.returncode == 2
    assert "versions/r2.py: could not be checked: it is not in the working tree" in ran.stdout + ran.stderr
    assert "versions/r3.py" in ran.stdout


def test_a_submodule_at_another_commit_is_read_or_named(where: Project, tmp_path: Path) -> None:
    other = Project.at(tmp_path / "other")
    other.write("versions/s1.py", PLAIN.format("s1", "UPDATE s SET x = 1"))
    other.commit()
    where.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "sub")
    ran = where.guard("check", "--staged")
    assert ran.returncode == 2
    assert "sub: " in ran.stdout + ran.stderr
    where.commit()
    ran = where.guard("check", "--diff", "main", "--output-format", "concise")
    assert ran.returncode == 1
    assert "sub/versions/s1.py:8:17: MG101" in ran.stdout


def test_a_helper_that_is_taken_out_of_the_index_is_missed_there(where: Project) -> None:
    where.git("rm", "-q", "--cached", "app/helpers.py")  # it still lies in the working tree
    ran = where.guard("check", "--staged", "--output-format", "concise")
    assert ran.returncode == 1
    assert "versions/r1.py:9:5: MG109" in ran.stdout


def test_a_migration_that_may_lead_to_the_change_and_cannot_be_read_is_a_problem(where: Project) -> None:
    where.write("versions/broken.py", MIGRATION.replace("r1", "broken") + "    )\n")
    where.commit()
    where.git("branch", "-f", "main", "HEAD")
    where.write("app/helpers.py", HELPER + MORE)
    ran = where.guard("check", "--diff", "main", "--output-format", "concise")
    assert ran.returncode == 2
    assert "versions/broken.py:10: could not be checked" in ran.stdout + ran.stderr


def test_a_helper_two_modules_away_is_told(where: Project) -> None:
    where.write("app/helpers.py", "from app.deeper import change\n\n\ndef fill(c):\n    change(c)\n")
    where.write("app/deeper.py", HELPER.replace("fill", "change"))
    where.commit()
    where.git("branch", "-f", "main", "HEAD")
    where.write("app/deeper.py", HELPER.replace("fill", "change") + MORE)
    for arguments in (("--diff", "main"), ("--force-exclude", "app/deeper.py")):
        ran = where.guard("check", "--no-baseline", "--output-format", "concise", *arguments)
        assert ran.returncode == 1
        assert "versions/r1.py:9:5: MG103" in ran.stdout


def test_a_file_of_sql_that_a_migration_reads_is_told(where: Project) -> None:
    reads = "op.execute((Path(__file__).parents[1] / 'app/fill.sql').read_text())"
    text = "from pathlib import Path\n" + PLAIN.replace("op.execute('{1}')", reads).format("sqlfile")
    where.write("versions/sqlfile.py", text)
    where.write("app/fill.sql", "UPDATE a SET x = 1;\n")
    where.commit()
    where.git("branch", "-f", "main", "HEAD")
    where.write("app/fill.sql", "UPDATE a SET x = 1;\nDELETE FROM orders;\n")
    ran = where.guard("check", "--no-baseline", "--diff", "main", "--output-format", "concise")
    assert ran.returncode == 1
    assert "DELETE from orders" in ran.stdout


def test_a_helper_that_is_renamed_with_its_import_is_no_change(where: Project) -> None:
    where.git("mv", "app/helpers.py", "app/filling.py")
    where.write("versions/r1.py", MIGRATION.replace("app.helpers", "app.filling"))
    where.commit()
    ran = where.guard("check", "--diff", "main", "--output-format", "concise")
    assert ran.returncode == 0
    assert "1 grandfathered" in ran.stdout


def test_a_conflict_that_is_not_resolved_is_a_problem_when_staged(where: Project) -> None:
    where.write("versions/other.py", PLAIN.format("other", "UPDATE b SET x = 2"))
    where.commit()
    where.git("checkout", "-q", "main")
    where.write("versions/other.py", PLAIN.format("other", "UPDATE b SET x = 3"))
    where.commit()
    where.git("merge", "-q", "feature", fails=True)
    ran = where.guard("check", "--staged")
    assert ran.returncode == 2
    assert "versions/other.py" in ran.stdout + ran.stderr
    assert "conflicts" in ran.stdout + ran.stderr
    ran = where.guard("check", "--diff", "HEAD")
    assert ran.returncode == 2, ran.stdout
    assert "versions/other.py" in ran.stdout + ran.stderr


def test_a_helper_left_out_by_a_sparse_checkout_is_no_clean_run(where: Project) -> None:
    where.write("app/helpers.py", HELPER + MORE)
    where.commit()
    where.git("sparse-checkout", "set", "--no-cone", "/*", "!/app/helpers.py")
    for arguments in (("--diff", "main"), ("--staged",)):
        ran = where.guard("check", "--output-format", "concise", *arguments)
        assert "Traceback" not in ran.stderr
    assert where.guard("check", "--diff", "main").returncode == 2
    assert where.guard("check").returncode == 1


READS = """import json, os
from pathlib import Path
import sqlalchemy as sa
from alembic import op
from app.files import text

revision = "r2"
down_revision = None
t = sa.table("t", sa.column("a"))


def upgrade():
    {0}
"""
FILES = "import os\n\n\ndef text(name):\n    return open(os.path.join('data', name)).read()\n"
ROWS = 'for row in json.loads((Path(__file__).parent / "rows.json").read_text()):\n        op.execute(t.update().values(a=row))'


@pytest.mark.parametrize(
    ("statement", "file"),
    [
        pytest.param(ROWS, "versions/rows.json", id="rows"),
        pytest.param("op.execute(open('data/x.sql').read())", "data/x.sql", id="SQL where the program starts"),
        pytest.param("op.execute(text('x.txt'))", "data/x.txt", id="a helper that reads"),
        pytest.param("op.execute(t.update().values(a=text('x.html')))", "data/x.html", id="a page that is named"),
    ],
)
def test_a_file_of_data_that_a_migration_reads_is_told(where: Project, statement: str, file: str) -> None:
    where.write("app/files.py", FILES)
    where.write(file, '["UPDATE t SET a = 1"]\n')
    where.write("versions/r2.py", READS.format(statement))
    assert where.guard("baseline", "--accept-new").returncode == 0
    where.git("checkout", "-q", "-B", "main")
    where.commit()
    where.git("checkout", "-q", "-B", "feature")
    where.write(file, '["UPDATE t SET a = 2"]\n')
    where.git("add", "--all")
    for arguments in ((), ("--diff", "main"), ("--staged",), ("--force-exclude", file)):
        ran = where.guard("check", "--output-format", "concise", *arguments)
        assert (ran.returncode, ran.stdout.count("versions/r2.py:")) == (1, 1), (arguments, ran.stdout)
        assert "--tool-upgrade" not in ran.stdout, arguments
    where.guard("baseline", "--tool-upgrade")
    assert where.guard("check").returncode == 1, "what is read is another one: that is no upgrade of the tool"


def test_a_configuration_or_a_module_that_is_gone_is_told(where: Project) -> None:
    where.git("checkout", "-q", "main")
    where.write("migration-guard.toml", 'small-tables = ["b"]\n')
    where.commit()
    where.git("checkout", "-q", "-B", "feature")
    where.git("rm", "-q", "migration-guard.toml")
    where.git("mv", "app/helpers.py", "app/others.py")
    for arguments in (("--diff", "main"), ("--staged",)):
        ran = where.guard("check", "--no-baseline", "--output-format", "concise", *arguments)
        assert ran.returncode == 1
        assert "versions/other.py:8:17: MG101 [medium] UPDATE of b" in ran.stdout
        assert "versions/r1.py:9:5: MG109" in ran.stdout


def test_several_revisions_are_refused_with_what_is_expected(where: Project) -> None:
    ran = where.guard("check", "--diff", "main...HEAD")
    assert ran.returncode == 2
    assert "expected one revision" in ran.stderr


@pytest.mark.parametrize("name", ["README.md", "page.html", "film.mp4", "rows.csv"])
def test_what_no_migration_reads_is_no_problem_when_staged(where: Project, name: str) -> None:
    where.write(name, "x\n")
    where.git("add", name)
    ran = where.guard("check", "--staged")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("0 migrations checked")


def test_data_beside_what_is_staged_is_read_from_the_index(where: Project) -> None:
    where.write("versions/rows.csv", "1\n")
    where.write("app/files.py", FILES)
    rows = "for row in open(Path(__file__).parent / 'rows.csv'):\n        op.execute(t.update().values(a=row))"
    where.write("versions/r2.py", READS.format(rows))
    assert where.guard("baseline", "--accept-new").returncode == 0
    where.commit()
    where.write("versions/r2.py", READS.format(rows) + "# one more line\n")
    where.git("add", "--all")
    where.write("versions/rows.csv", "2\n")
    assert "0 new, 1 grandfathered" in where.guard("check", "--staged").stdout
