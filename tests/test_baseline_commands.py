"""The commands on a baseline, run as a user runs them, on real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from baselines.project import Project, only

from migration_guard.baseline import load
from migration_guard.rules import all_rules

NAMES = [rule.name for rule in all_rules() if not rule.upkeep]


def alembic(name: str, *statements: str, after: str | tuple[str, ...] | None = None) -> str:
    body = "".join(f'    op.execute("{one}")\n' for one in statements) or "    pass\n"
    return f'revision = "{name}"\ndown_revision = {after!r}\nfrom alembic import op\n\n\ndef upgrade():\n{body}'


def django(*statements: str, after: str = "", replaces: str = "") -> str:
    operations = ", ".join(f'migrations.RunSQL("{one}")' for one in statements)
    return (
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [{after}]\n    replaces = [{replaces}]\n    operations = [{operations}]\n"
    )


@pytest.fixture
def where(tmp_path: Path) -> Project:
    """Two migrations, one of them with two findings, grandfathered and committed."""
    project = Project.at(tmp_path)
    project.write("versions/a1.py", alembic("a1", "UPDATE leads SET n = 1", "DELETE FROM plans"))
    project.write("versions/b2.py", alembic("b2", "UPDATE leads SET n = 2", after="a1"))
    project.accept()
    project.commit()
    return project


def held(where: Project) -> list[str]:
    return [str(one.migration) for one in load(where.baseline, NAMES).entries]


def new(where: Project, *paths: str, **options: object) -> list[str]:
    return sorted(str(one.finding.migration) for one in only(where.run(*paths, **options)).matching.new)  # type: ignore[arg-type]


# Writing it.


def test_the_first_time_everything_is_accepted_and_later_only_on_demand(where: Project) -> None:
    where.baseline.unlink()
    would = where.guard("baseline", "--check", "--show-diff")
    assert would.returncode == 1
    assert "would be +3 -0 ~0 (3 findings grandfathered)" in would.stdout
    assert '\n+{"format":1}\n' in would.stdout
    assert not where.baseline.exists()
    assert where.guard("baseline").stdout == ".migration-guard-baseline.jsonl: +3 -0 ~0 (3 findings grandfathered)\n"
    where.write("versions/c3.py", alembic("c3", "DELETE FROM leads", after="b2"))
    assert where.guard().returncode == 1
    later = where.guard("baseline")
    assert (later.returncode, held(where)) == (0, ["a1", "a1", "b2"])
    assert "1 new finding not added, --accept-new adds them" in later.stdout
    assert "+1 -0 ~0 (4 findings" in where.guard("baseline", "--accept-new").stdout
    assert (where.guard().returncode, where.guard("baseline", "--check").returncode) == (0, 0)


def test_reasons_owners_and_dates_are_kept_wherever_a_finding_goes(where: Project) -> None:
    why = ("--reason", "cold", "--owner", "sales", "--until", "2099-01-31")
    assert where.guard("baseline", "add", "versions/b2.py:7", *why).returncode == 0
    where.git("mv", "versions/b2.py", "versions/b2_named.py")
    where.write("versions/a1.py", alembic("a1", "DELETE FROM plans"))
    assert where.guard("baseline").stdout.startswith(".migration-guard-baseline.jsonl: +0 -1 ~1 (2 findings")
    one = next(one for one in load(where.baseline, NAMES).entries if one.migration == "b2")
    assert (one.file, one.reason, one.owner, str(one.until)) == ("versions/b2_named.py", "cold", "sales", "2099-01-31")


def test_prune_does_nothing_else(where: Project) -> None:
    where.write("versions/a1.py", alembic("a1", "DELETE FROM plans", "DELETE FROM leads"))
    assert where.guard("baseline", "prune").stdout == ".migration-guard-baseline.jsonl: -1 ~0 (2 entries left)\n"
    assert held(where) == ["a1", "b2"]


def test_what_was_not_looked_at_is_never_pruned(where: Project) -> None:
    before = where.baseline.read_text()
    where.git("rm", "--quiet", "versions/b2.py")
    assert where.guard("baseline", "versions/a1.py").returncode == 0
    assert where.baseline.read_text() == before
    assert where.guard("--strict-baseline", "versions/a1.py").returncode == 0
    assert where.guard("--strict-baseline").returncode == 1
    where.guard("baseline")
    assert held(where) == ["a1", "a1"]


def test_entries_of_a_rule_that_is_off_are_kept(where: Project) -> None:
    assert where.guard("--ignore", "MG101", "--strict-baseline").returncode == 0
    before = where.baseline.read_text()
    assert where.guard("baseline", "--config", "ignore=['MG101']").returncode == 0
    assert where.baseline.read_text() == before


def test_add_by_place_rule_and_fingerprint(where: Project) -> None:
    where.write("versions/c3.py", alembic("c3", "DELETE FROM a", "DELETE FROM b", "UPDATE c SET n = 1", after="b2"))
    assert where.guard("baseline", "add", "versions/c3.py:8").returncode == 0
    assert (held(where).count("c3"), len(new(where))) == (1, 2)
    (fingerprint,) = {one.finding.fingerprint for one in only(where.run()).matching.new if one.at == "c"}
    assert where.guard("baseline", "add", fingerprint[:12], "--owner", "ops").returncode == 0
    assert where.guard("baseline", "add", "delete-in-migration").returncode == 0
    assert (held(where).count("c3"), new(where)) == (3, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "delete-in-migratoin"], 'did you mean "delete-in-migration"?'),
        (["add", "versions/a1.py:99"], "no finding is meant by versions/a1.py:99"),
        (["add", "versions/a7.py:1"], "did you mean 'versions/a1.py'?"),
        (["add", "MG101", "--until", "tomorrow"], "--until"),
        (["explain", "1:00000000000000000000"], "neither a finding nor an entry is meant"),
        (["--baseline-fil", "x"], "--baseline"),
        (["nothing-here"], "there is no 'nothing-here'"),
    ],
)
def test_wrong_usage_is_2(where: Project, arguments: list[str], said: str) -> None:
    before = where.baseline.read_text()
    guard = where.guard("baseline", *arguments)
    assert guard.returncode == 2
    assert said in guard.stderr
    assert "Traceback" not in guard.stderr
    assert where.baseline.read_text() == before


@pytest.mark.parametrize(
    "arguments", [["check"], ["baseline", "--check"], ["baseline", "status"], ["baseline", "prune"]]
)
def test_a_baseline_that_cannot_be_relied_on_is_2_and_never_empty(where: Project, arguments: list[str]) -> None:
    where.baseline.write_text('{"format":9}\n')
    guard = where.guard(*arguments)
    assert guard.returncode == 2
    assert ".migration-guard-baseline.jsonl:1: this baseline has format 9" in guard.stderr
    assert where.baseline.read_text() == '{"format":9}\n'


def test_a_configured_baseline_that_is_not_there_is_2_until_it_is_written(where: Project) -> None:
    where.write("migration-guard.toml", 'baseline = "ci/old.jsonl"\n')
    (where.root / "ci").mkdir()
    guard = where.guard()
    assert guard.returncode == 2
    assert "the configured baseline is not there; `migration-guard baseline` writes it" in guard.stderr
    assert where.guard("baseline").returncode == 0
    assert where.guard().returncode == 0


# Telling of it.


def test_status_counts(where: Project) -> None:
    where.guard("baseline", "add", "MG103", "--owner", "ops", "--until", "2020-01-31")
    where.git("rm", "--quiet", "versions/b2.py")
    counts = json.loads(where.guard("baseline", "status", "--json").stdout)
    assert counts["total"] == {"grandfathered": 2, "gone": 1, "by cut-off": 0, "not looked at": 0}
    assert counts["rule"] == {"update-in-migration": 1, "delete-in-migration": 1}
    assert counts["owner"] == {"nobody": 1, "ops": 1}
    assert [one["state"] for one in counts["expiring"]] == ["expired"]
    text = where.guard("baseline", "status").stdout
    assert text.startswith("2 grandfathered, 1 gone.\n")
    assert "by severity: 2 medium\n" in text


def test_show_and_explain(where: Project) -> None:
    where.guard("baseline", "add", "MG103", "--owner", "ops", "--reason", "nine rows")
    where.replace("versions/a1.py", "from alembic", "\n\nfrom alembic")
    where.write("versions/c3.py", alembic("c3", "UPDATE leads SET n = 3", after="b2"))
    where.git("mv", "versions/b2.py", "versions/b3.py")
    shown = where.guard("baseline", "show").stdout
    assert "versions/a1.py:10: MG103 delete-in-migration [medium] plans (ops; nine rows)\n" in shown
    assert "the same migration, whose file has moved" in where.guard("baseline", "explain", "versions/b3.py:7").stdout
    told = where.guard("baseline", "explain", "versions/c3.py:7").stdout
    assert "new\n  nearest entry: .migration-guard-baseline.jsonl:" in told
    assert "  the statement differs: there 3:" in told
    assert "  the migration differs: there " in told
    where.write("versions/a1.py", alembic("a1", "DELETE FROM plans", "DELETE FROM plans"))
    assert "it stands for 1 only, and this is one more, as at versions/a1.py:7" in where.guard(
        "baseline", "explain", "versions/a1.py:8"
    ).stdout  # fmt: skip


def test_what_expires_fails_the_day_after(where: Project) -> None:
    where.guard("baseline", "add", "MG103", "--until", "2099-12-31")
    assert where.guard().returncode == 0
    where.guard("baseline", "add", "MG103", "--until", "2020-12-31")
    guard = where.guard("--output-format", "concise")
    assert guard.returncode == 1
    assert "MG904 [high] This entry held until 2020-12-31: delete-in-migration of plans" in guard.stdout


# Versions, branches, clones.


def test_a_release_that_sees_more_does_not_fail_unchanged_files(where: Project) -> None:
    where.write("versions/c3.py", alembic("c3", after="b2"))
    where.replace("versions/b2.py", "import op\n", "import op\n")
    kept = [line for line in where.baseline.read_text().splitlines() if "delete-in" not in line]
    where.baseline.write_text("\n".join([*kept, ""]))  # as if the version before had not seen it
    where.commit()
    where.replace("versions/c3.py", "    pass\n", '    op.execute("DELETE FROM leads")\n')
    guard = where.guard()
    assert guard.returncode == 1
    assert (
        "1 finding is new to this version, in unchanged files: migration-guard baseline --tool-upgrade" in guard.stdout
    )
    assert where.guard("baseline", "--tool-upgrade").returncode == 0
    assert new(where) == ["c3"]


def test_what_a_helper_was_made_to_do_is_not_new_to_this_version(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    where.write("helpers.py", 'def fill(op):\n    op.execute("UPDATE leads SET n = 1")\n')
    where.write("versions/a1.py", alembic("a1").replace("    pass", "    from helpers import fill\n    fill(op)"))
    where.accept()
    where.commit()
    where.replace("helpers.py", "n = 1", "n = 2")
    where.commit()
    found = where.run()
    assert (len(only(found).matching.new), found.report.unchanged) == (1, 0)


@pytest.mark.parametrize("edit", ["changed", "gone"])
def test_what_a_module_behind_it_was_made_to_do_is_no_upgrade_of_the_tool(tmp_path: Path, edit: str) -> None:
    """Neither the migration nor the file of the statement changed; what they are given did."""
    where = Project.at(tmp_path)
    where.write("values.py", "N = 1\n")
    where.write("helpers.py", 'from values import N\n\n\ndef fill(op):\n    op.execute(f"UPDATE leads SET n = {N}")\n')
    where.write("versions/a1.py", alembic("a1").replace("    pass", "    from helpers import fill\n    fill(op)"))
    where.accept()
    where.commit()
    (where.root / "values.py").unlink() if edit == "gone" else where.write("values.py", "N = 2\n")
    where.commit()
    found = where.run()
    assert (len(only(found).matching.new), found.report.unchanged) == (1, 0)
    assert where.guard("baseline", "--tool-upgrade").returncode == 0
    assert where.guard("check").returncode == 1


@pytest.mark.parametrize("arguments", [["baseline", "--tool-upgrade"], ["check", "--baseline-from", "HEAD~1"]])
def test_a_clone_without_its_history_says_so(where: Project, tmp_path_factory: pytest.TempPathFactory, arguments: list[str]) -> None:  # fmt: skip
    where.write("versions/c3.py", alembic("c3", "DELETE FROM leads", after="b2"))
    where.commit()
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    where.git("clone", "--quiet", "--depth", "1", f"file://{where.root}", str(clone))
    guard = Project(clone).guard(*arguments)
    assert guard.returncode == 2
    assert "this clone is shallow: fetch the history first" in guard.stderr


def test_outside_of_git_there_is_no_history(tmp_path: Path) -> None:
    where = Project(tmp_path)
    where.write("versions/a1.py", alembic("a1", "DELETE FROM leads"))
    assert where.guard("baseline").returncode == 0
    where.baseline.write_text('{"format":1}\n')
    for arguments in (["baseline", "--tool-upgrade"], ["--baseline-from", "main"]):
        guard = where.guard(*arguments)
        assert guard.returncode == 2
        assert "does not belong to a git repository" in guard.stderr
    assert where.guard().returncode == 1


def test_a_branch_cannot_grandfather_itself(where: Project) -> None:
    where.git("checkout", "--quiet", "-b", "branch")
    where.write("versions/c3.py", alembic("c3", "DELETE FROM leads", after="b2"))
    where.guard("baseline", "--accept-new")
    where.commit()
    assert new(where) == []
    assert new(where, baseline_from="main") == ["c3"]
    assert "there is no revision 'mian' here" in where.guard("--baseline-from", "mian").stderr
    where.git("checkout", "--quiet", "--orphan", "other")
    where.commit()
    assert "no history in common" in where.guard("--baseline-from", "main").stderr


def test_inside_a_hook_git_is_asked_about_the_repository_at_hand(where: Project, tmp_path_factory: pytest.TempPathFactory) -> None:  # fmt: skip
    other = Project.at(tmp_path_factory.mktemp("other"))
    other.commit()
    guard = where.guard("--baseline-from", "main", GIT_DIR=str(other.root / ".git"), GIT_WORK_TREE=str(other.root))
    assert (guard.returncode, guard.stderr) == (0, "")


def test_the_hook_of_pre_commit_sees_a_renamed_file_alone(where: Project) -> None:
    where.git("mv", "versions/b2.py", "versions/b2_named.py")
    assert where.guard("check", "--force-exclude", "versions/b2_named.py", "README.md").returncode == 2
    where.write("README.md", "")
    guard = where.guard("check", "--force-exclude", "--strict-baseline", "versions/b2_named.py", "README.md")
    assert (guard.returncode, guard.stderr) == (0, "")


# Migrations that are squashed.


def test_a_squashed_migration_inherits_once(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    statement, folder = "UPDATE leads SET n = 1", "crm/migrations"
    where.write(f"{folder}/0001_a.py", django(statement))
    where.write(f"{folder}/0002_b.py", django(statement, after='("crm", "0001_a")'))
    where.accept()
    both = '("crm", "0001_a"), ("crm", "0002_b")'
    where.write(f"{folder}/0001_squashed.py", django(statement, statement, replaces=both))
    assert new(where) == []
    where.write(f"{folder}/0001_squashed.py", django(statement, statement, statement, replaces=both))
    assert new(where) == ["crm.0001_squashed"]
    where.write(f"{folder}/0001_squashed.py", django(statement, statement, replaces=both))
    assert where.guard("baseline").stdout.startswith(".migration-guard-baseline.jsonl: +0 -0 ~1 (4 findings")
    where.write(f"{folder}/0001_squashed.py", django(statement, statement, statement, replaces=both))
    assert new(where) == ["crm.0001_squashed"]
    (where.root / folder / "0001_a.py").unlink()
    (where.root / folder / "0002_b.py").unlink()
    assert new(where) == ["crm.0001_squashed"]
    where.guard("baseline")
    assert held(where) == ["crm.0001_squashed"]


# Cut-offs.


def with_cut_off(where: Project, place: str, what: object, more: str = "") -> list[str]:
    where.write("migration-guard.toml", f'{more}[grandfather]\n"{place}" = {json.dumps(what)}\n')
    return new(where)


@pytest.fixture
def graph(tmp_path: Path) -> Project:
    """Revisions whose names tell nothing: a, then two branches of b and c, which d merges; e comes after."""
    where = Project.at(tmp_path)
    parents: dict[str, str | tuple[str, ...] | None] = {
        "z9": None,
        "a5": "z9",
        "c3": "z9",
        "b7": ("a5", "c3"),
        "y1": "b7",
    }
    for name, after in parents.items():
        where.write(f"versions/{name}.py", alembic(name, "DELETE FROM leads", after=after))
    return where


@pytest.mark.parametrize(
    ("newest", "left"),
    [("y1", []), ("b7", ["y1"]), ("a5", ["b7", "c3", "y1"]), ("z9", ["a5", "b7", "c3", "y1"])],
)
def test_cut_offs_of_alembic_go_by_revisions(graph: Project, newest: str, left: list[str]) -> None:
    assert with_cut_off(graph, "versions", newest) == left
    assert with_cut_off(graph, "versions/", newest) == left


def test_cut_offs_by_list_mean_just_these(graph: Project) -> None:
    assert with_cut_off(graph, "versions", ["z9", "b7"]) == ["a5", "c3", "y1"]
    assert with_cut_off(graph, "elsewhere", ["z9", "b7"]) == ["a5", "b7", "c3", "y1", "z9"]


def test_a_cut_off_that_names_no_migration_is_2(graph: Project) -> None:
    graph.write("migration-guard.toml", '[grandfather]\nversions = "b77"\n')
    guard = graph.guard()
    assert guard.returncode == 2
    assert "migration-guard.toml: `grandfather`: `versions` names the migration `b77`" in guard.stderr
    assert "did you mean `b7`?" in guard.stderr


def test_cut_offs_of_django_go_by_dependencies_and_squashes(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    for name, after, replaces in (
        ("0002_first", "", ""),
        ("0001_second", '("crm", "0002_first")', ""),
        ("0009_third", '("crm", "0001_second"), ("sales", "0001_x")', ""),
        ("0005_squashed", "", '("crm", "0002_first"), ("crm", "0001_second")'),
        ("0003_fourth", '("crm", "0009_third")', ""),
    ):
        where.write(f"crm/migrations/{name}.py", django("DELETE FROM leads", after=after, replaces=replaces))
    where.write("sales/migrations/0001_x.py", django("DELETE FROM leads"))
    others = ["crm.0003_fourth", "crm.0005_squashed", "crm.0009_third", "sales.0001_x"]
    assert with_cut_off(where, "crm", "0001_second") == others
    assert with_cut_off(where, "crm", "crm.0009_third") == ["crm.0003_fourth", "crm.0005_squashed", "sales.0001_x"]
    assert with_cut_off(where, "crm", "0005_squashed") == ["crm.0003_fourth", "crm.0009_third", "sales.0001_x"]
    assert with_cut_off(where, "crm/migrations", ["0009_third"]) == [
        "crm.0001_second", "crm.0002_first", "crm.0003_fourth", "crm.0005_squashed", "sales.0001_x",
    ]  # fmt: skip


def test_cut_offs_of_scripts_go_by_their_blocks(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    blocks = "".join(
        f"    # Migration {n}: x\n    c.execute('DELETE FROM leads WHERE n = \"{n}\"')\n"
        for n in ("6", "11", "84f", "36")
    )
    where.write("server/db_migrate.py", f"def run(c):\n{blocks}")
    more = "paths = [\"server/db_migrate.py\"]\nmigration-marker = '# Migration (\\d+[a-z]?):'\n"
    assert with_cut_off(where, "server/db_migrate.py", ["6", "11", "84f"], more) == ["36"]
    assert with_cut_off(where, "server/db_migrate.py", "11", more) == ["36", "84f"]


def test_cut_offs_of_nested_configurations_are_their_own(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    for place in ("", "service/"):
        where.write(f"{place}versions/a1.py", alembic("a1", "DELETE FROM leads"))
        where.write(f"{place}migration-guard.toml", '[grandfather]\nversions = ["a1"]\n' if place else "")
    found = where.run(config=["baseline=" + json.dumps(str(where.root / "old.jsonl"))], writes_baseline=True)
    assert [one.file for one in only(found).matching.new] == ["versions/a1.py"]
