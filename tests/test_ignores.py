"""Remarks that say that a finding is meant: which they are about, what is wrong with them, and how they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from baselines.project import Project, only

from migration_guard.findings import Status

HEADER = 'revision = "a1"\ndown_revision = None\nfrom alembic import op\n\n\ndef upgrade():\n'
WHY = "-- nine rows"


def remark(rules: str = "update-in-migration", reason: str = WHY, verb: str = "ignore") -> str:
    return f"migration-guard: {verb}[{rules}] {reason}".rstrip()


def filed(where: Project, source: str, path: str = "versions/a1.py", **options: object) -> list[str]:
    """The findings of one migration, each as its code and status."""
    where.write(path, source)
    report = where.run(path, **options).report  # type: ignore[arg-type]
    assert report.problems == ()
    return [f"{one.code} {one.status.value}" for one in report.findings]


@pytest.fixture
def where(tmp_path: Path) -> Project:
    return Project.at(tmp_path)


ABOUT = [
    ("on the line", f"    op.execute('UPDATE a SET n = 1')  # {remark()}\n"),
    ("on the line above", f"    # {remark()}\n    op.execute('UPDATE a SET n = 1')\n"),
    ("above other comments", f"    # {remark()}\n    # and more\n\n    op.execute('UPDATE a SET n = 1')\n"),
    ("inside the statement", f"    op.execute(\n        # {remark()}\n        'UPDATE a '\n        'SET n = 1'\n    )\n"),
    ("at its end", f"    op.execute(\n        'UPDATE a SET n = 1'\n    )  # {remark()}\n"),
    ("by its code", f"    op.execute('UPDATE a SET n = 1')  # {remark('MG101')}\n"),
    ("by a prefix", f"    op.execute('UPDATE a SET n = 1')  # {remark('MG10')}\n"),
    ("behind another remark", f"    op.execute('UPDATE a SET n = 1')  # noqa: E501  # {remark()}\n"),
    ("before another remark", f"    op.execute('UPDATE a SET n = 1')  # {remark()}  # noqa: E501\n"),
    ("in SQL, on the line", f'    op.execute("""\n        UPDATE a {WHY.replace(WHY, "")}-- {remark()}\n        SET n = 1\n    """)\n'),
    ("in SQL, above", f'    op.execute("""\n        -- {remark()}\n        UPDATE a SET n = 1\n    """)\n'),
    ("of the file", "    op.execute('UPDATE a SET n = 1')\n"),
]  # fmt: skip


def filed_by_place(where: Project, cases: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Check each case in a file of its own, all in one run."""
    for place, body in cases:
        top = f"# {remark(verb='file-ignore')}\n" if place == "of the file" else ""
        where.write(f"versions/{place}.py", f"{top}{HEADER}{body}")
    report = where.run().report
    assert report.problems == ()
    return {
        place: sorted(f"{one.code} {one.status.value}" for one in report.findings if Path(one.path).stem == place)
        for place, _ in cases
    }


def test_where_a_remark_counts(where: Project) -> None:
    assert filed_by_place(where, ABOUT) == {place: ["MG101 ignored"] for place, _ in ABOUT}


NOT_ABOUT = [
    ("two lines above", f"    # {remark()}\n    x = 1\n    op.execute('UPDATE a SET n = 1')\n"),
    ("below", f"    op.execute('UPDATE a SET n = 1')\n    # {remark()}\n"),
    ("behind the line above", f"    x = 1  # {remark()}\n    op.execute('UPDATE a SET n = 1')\n"),
    ("on the function", f"    pass  # {remark()}\n    op.execute('UPDATE a SET n = 1')\n"),
    ("of another rule", f"    op.execute('UPDATE a SET n = 1')  # {remark('delete-in-migration')}\n"),
]


def test_where_it_does_not_and_is_unused(where: Project) -> None:
    assert filed_by_place(where, NOT_ABOUT) == {place: ["MG101 new", "MG901 new"] for place, _ in NOT_ABOUT}


def test_in_sql_files(where: Project) -> None:
    source = f"-- {remark()}\nUPDATE a SET n = 1;\nDELETE FROM b; -- {remark('MG103', '')}\nDELETE FROM c;\n"
    assert filed(where, source, "0001_x.sql") == ["MG101 ignored", "MG103 ignored", "MG902 new", "MG103 new"]


def test_one_rule_of_several_is_unused(where: Project) -> None:
    body = f"    op.execute('UPDATE a SET n = 1')  # {remark('update-in-migration, delete-in-migration')}\n"
    where.write("versions/a1.py", HEADER + body)
    found = {one.code: one for one in where.run().report.findings}
    assert "delete-in-migration" in found["MG901"].message
    assert "update-in-migration" not in found["MG901"].message


def test_a_rule_that_did_not_run_is_never_unused(where: Project) -> None:
    body = f"    op.execute('UPDATE a SET n = 1')  # {remark('MG1')}\n    op.execute('DELETE FROM b')  # {remark('MG103')}\n"
    assert filed(where, HEADER + body, config=['select=["MG103"]']) == ["MG103 ignored"]
    assert filed(where, HEADER + body, config=['select=["MG201"]']) == []
    assert filed(where, HEADER + body, config=['ignore=["MG101", "MG103"]']) == []


MISUNDERSTOOD = [
    ("migration-guard: ignore", "is not understood; expected `migration-guard: ignore[rule-name, …] -- reason`"),
    ("migration-guard: ignore[]", "is not understood"),
    ("migration-guard: ignore[update-in-migration", "is not understood"),
    ("migration-guard: ignore[update-in-migration] because", "is not understood"),
    ("migration-guard: ingore[update-in-migration] -- x", "is not understood"),
    ("migration-guard: ignore[update-in-migratoin] -- x", 'did you mean "update-in-migration"?'),
    ("migration-guard: ignore[ALL] -- x", "there is no remark that ignores everything"),
    ("migration-guard: ignore[unused-ignore] -- x", "unused-ignore cannot be ignored"),
    ("migration-guard: file-ignore[update-in-migration] -- x", "counts at the top of a file only"),
]


def test_a_remark_that_is_not_understood_is_a_problem_and_ignores_nothing(where: Project) -> None:
    for number, (text, _) in enumerate(MISUNDERSTOOD):
        where.write(f"versions/a{number}.py", f"{HEADER}    op.execute('UPDATE a SET n = 1')  # {text}\n")
    report = where.run().report
    assert [problem.line for problem in report.problems] == [7] * len(MISUNDERSTOOD)
    for (_, said), problem in zip(MISUNDERSTOOD, report.problems, strict=True):
        assert said in problem.message
    assert [f"{one.code} {one.status.value}" for one in report.findings] == ["MG101 new"] * len(MISUNDERSTOOD)


def test_what_is_ignored_needs_no_entry(where: Project) -> None:
    body = "    op.execute('UPDATE a SET n = 1'){}\n"
    where.write("versions/a1.py", HEADER + body.format(""))
    where.accept()
    where.write("versions/a1.py", HEADER + body.format(f"  # {remark()}"))
    found = where.run()
    assert [f"{one.code} {one.status.value}" for one in found.report.findings] == ["MG903 new", "MG101 ignored"]
    assert where.accept().removed == 1
    where.write("versions/a1.py", HEADER + body.format(""))
    assert len(only(where.run()).matching.new) == 1


def test_remarks_that_a_branch_adds_do_not_count_if_so_wanted(where: Project) -> None:
    old = f"    op.execute('UPDATE a SET n = 1')  # {remark()}\n"
    where.write("versions/a1.py", HEADER + old)
    where.commit()
    where.git("checkout", "--quiet", "-b", "branch")
    where.write("versions/a1.py", HEADER + old + f"    op.execute('UPDATE b SET n = 1')  # {remark()}\n")
    where.write("versions/b2.py", HEADER + f"    op.execute('DELETE FROM c')  # {remark('MG103')}\n")
    where.commit()
    assert [one.status.value for one in where.run().report.findings] == ["ignored"] * 3
    found = where.run(ignores_since="main").report
    assert [f"{one.code} {one.status.value}" for one in found.findings] == ["MG101 ignored", "MG101 new", "MG103 new"]
    assert "there is no revision 'mian'" in where.guard("--no-inline-ignores-since", "mian").stderr


# Writing them.

CASES = {
    "plain": "    op.execute('UPDATE a SET n = 1')\n",
    "two rules at one statement": "    op.execute('UPDATE a SET n = 1; DELETE FROM b')\n",
    "over several lines": "    op.execute(\n        '''\n        UPDATE a\n        SET n = 1\n        '''\n    )\n",
    "in a suite of one line": "    if op: op.execute('UPDATE a SET n = 1')\n",
    "behind a semicolon": "    x = 1; op.execute('UPDATE a SET n = 1')\n",
    "in a loop and a with": "    for x in 'ab':\n        with op:\n            op.execute('UPDATE a SET n = 1')\n",
    "with a decorator": "    @staticmethod\n    def run():\n        op.execute('UPDATE a SET n = 1')\n    run()\n",
}


@pytest.mark.parametrize(("indent", "end"), [("    ", "\n"), ("\t", "\n"), ("    ", "\r\n")])
def test_remarks_are_written_and_nothing_else_changes(where: Project, indent: str, end: str) -> None:
    sources = {}
    for case, body in CASES.items():
        sources[case] = (HEADER + body).replace("    ", indent).replace("\n", end) + f"# é{end}"
        where.write(f"versions/{case}.py", sources[case])
    guard = where.guard("--add-ignores", "--reason", "cold  table")
    assert (guard.returncode, guard.stderr) == (0, "")
    written = {case: where.read(f"versions/{case}.py") for case in CASES}
    for case, after in written.items():
        lines = after.split(end)
        assert end.join(line for line in lines if "migration-guard" not in line) == sources[case]
        assert "\n" not in after.replace(end, "")
        assert all(line.endswith("] -- cold table") for line in lines if "migration-guard" in line)
    assert {one.status for one in where.run().report.findings} == {Status.IGNORED}
    assert where.guard("--add-ignores", "--reason", "again").stdout == "0 findings ignored in 0 files.\n"
    assert {case: where.read(f"versions/{case}.py") for case in CASES} == written


def test_remarks_in_sql_files_and_without_a_reason(where: Project) -> None:
    where.write("0001_x.sql", "SELECT 1;\nUPDATE b SET n = 1;\n")
    assert where.guard("--add-ignores").returncode == 2
    assert where.guard("--add-ignores", "--reason", " ").returncode == 2
    assert where.guard("--add-ignores", "--reason", "cold", "0001_x.sql").returncode == 0
    assert where.read("0001_x.sql").splitlines()[1] == "-- migration-guard: ignore[update-in-migration] -- cold"
    assert where.guard("0001_x.sql").returncode == 0
