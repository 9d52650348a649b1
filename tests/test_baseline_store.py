"""The file of the baseline: what it may look like, what is refused and how, and what git makes of it."""

from __future__ import annotations

import json
import os
import random
from datetime import date
from pathlib import Path

import pytest
from baselines.project import Project, only

from migration_guard.baseline import BaselineError, Entry, dump, load, parse
from migration_guard.cli.output import replace_file
from migration_guard.rules import all_rules

NAMES = [rule.name for rule in all_rules() if not rule.upkeep]
PLACE = Path("some/.migration-guard-baseline.jsonl")
HEADER = '{"format":1}\n'
MIGRATION = """from alembic import op

revision = "{0}"
down_revision = None


def upgrade():
{1}
"""


def entry(file: str = "a.py", fp: str = "1:5b0c0a4e1d3f9a7712ce", **more: object) -> str:
    record = {"file": file, "migration": "36", "rule": "update-in-migration", "at": "leads", "fp": fp, **more}
    return json.dumps(record, separators=(",", ":")) + "\n"


def read(text: str | bytes) -> tuple[Entry, ...]:
    return parse(text if isinstance(text, bytes) else text.encode(), PLACE, NAMES).entries


def migration(name: str, *statements: str) -> str:
    return MIGRATION.format(name, "".join(f'    op.execute("{one}")\n' for one in statements) or "    pass\n")


# What is read.


def test_what_is_written_is_read() -> None:
    every = [
        Entry("a.py", None, "update-in-migration", "leads", "1:00000001"),
        Entry("a.py", "36", "update-in-migration", "leads", "1:00000002", 3, "frühe Zeit", "sales", date(2030, 1, 31)),
        Entry("b/\udcff.py", "x", "delete-in-migration", "leads", "1:00000003"),
        Entry("../server/m.py", "x", "delete-in-migration", "leads", "1:00000003"),
    ]
    text = dump(reversed(every))
    assert [one._replace(line=0) for one in read(text)] == sorted(every, key=lambda one: one.key)
    assert text.isascii() is False
    assert dump(read(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEADER + entry(), id="plain"),
        pytest.param((HEADER + entry()).replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param("\ufeff" + HEADER + entry(), id="byte order mark"),
        pytest.param(HEADER + "\n" + entry() + "\n\n", id="empty lines"),
        pytest.param(HEADER + entry() + entry(), id="equal lines"),
        pytest.param(HEADER + entry() + HEADER + entry(), id="two files joined by union"),
        pytest.param((HEADER + entry()).rstrip(), id="no line end at the end"),
        pytest.param(HEADER + '{"rule":"update-in-migration",' + entry()[1:].replace('"rule":"update-in-migration",', ""), id="keys in another order"),
    ],
)  # fmt: skip
def test_other_ways_to_write_the_same(text: str) -> None:
    assert dump(read(text)) == dump(read(HEADER + entry()))


def test_equal_lines_count_as_the_largest_and_lose_no_reason() -> None:
    (one,) = read(
        HEADER + entry(count=2, until="2031-01-01") + entry(count=5, reason="why", until="2030-01-01") + entry()
    )
    assert (one.count, one.reason, one.until) == (5, "why", date(2030, 1, 1))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "found nothing"),
        ("\n\n", 1, "found nothing"),
        (entry(), 1, 'expected {"format":1} on the first line'),
        ("[]\n", 1, "on the first line"),
        ('{"format":2}\n', 1, "has format 2, this version of migration-guard reads 1; update it"),
        ('{"format":true}\n', 1, "has format True"),
        ('{"format":"1"}\n', 1, "has format '1'"),
        (HEADER + entry() + '{"format":2}\n', 3, "has format 2"),
        (HEADER + entry(rule="update-in-migratoin"), 2, "no rule `update-in-migratoin`; did you mean `update-in-migration`?"),
        (HEADER + entry(rule="unused-ignore"), 2, "there is no rule `unused-ignore`"),
        (HEADER + entry(reson="x"), 2, "unknown key `reson`; did you mean `reason`?"),
        (HEADER + entry(count=0), 2, "`count`: expected a whole number from 1, found 0"),
        (HEADER + entry(count=True), 2, "`count`"),
        (HEADER + entry(count=1.5), 2, "`count`"),
        (HEADER + entry(until="soon"), 2, "`until`: expected a date such as 2030-12-31, found 'soon'"),
        (HEADER + entry(until=2030), 2, "`until`: expected a date"),
        (HEADER + entry(owner=["a"]), 2, "`owner`: expected a string"),
        (HEADER + entry(migration=36), 2, "`migration`: expected a string"),
        (HEADER + entry(fp="5b0c"), 2, "`fp`: expected a fingerprint"),
        (HEADER + '{"file":"a.py"}\n', 2, "`migration` is missing"),
        (HEADER + "[1]\n", 2, "expected an object in braces"),
        (HEADER + entry("/etc/passwd"), 2, "relative to the baseline's folder, found '/etc/passwd'"),
        (HEADER + entry("C:\\m.py"), 2, "relative to the baseline's folder"),
        (HEADER + entry("a/../b.py"), 2, "expected 'b.py', found 'a/../b.py'"),
        (HEADER + entry("./b.py"), 2, "expected 'b.py'"),
        (HEADER + entry("a\0.py"), 2, "`file`"),
        (HEADER + entry() + entry()[:50], 3, "is cut off, as if writing it was interrupted; restore the file"),
        (HEADER + entry()[:50] + "\n" + entry(), 2, "is no JSON"),
        (HEADER + "=======\n" + entry(), 2, "is no JSON"),
        (HEADER + "[" * 100_000 + "\n", 2, "is no JSON"),
        ((HEADER + entry()).encode() + b"\xff\n", 3, "is not UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_relied_on_is_refused(text: str | bytes, line: int, said: str) -> None:
    with pytest.raises(BaselineError) as caught:
        read(text)
    assert caught.value.line == line
    assert said in caught.value.message


@pytest.mark.parametrize("middle", ["", "||||||| base\n" + entry("gone.py")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_conflict_markers_leave_what_both_sides_hold(middle: str, end: str) -> None:
    ours, theirs = entry("ours.py") + entry("both.py", count=2), entry("theirs.py") + entry("both.py", count=3)
    text = f"{HEADER}{entry('a.py')}<<<<<<< HEAD\n{ours}{middle}=======\n{theirs}>>>>>>> other\n{entry('z.py')}"
    found = parse(text.replace("\n", end).encode(), PLACE, NAMES)
    assert found.recovered
    assert {one.file: one.count for one in found.entries} == {
        "a.py": 1, "ours.py": 1, "both.py": 3, "theirs.py": 1, "z.py": 1,
    }  # fmt: skip


def test_a_conflict_around_the_header() -> None:
    text = f"<<<<<<< HEAD\n{HEADER}{entry('a.py')}=======\n{HEADER}{entry('b.py')}>>>>>>> other\n"
    assert [one.file for one in read(text)] == ["a.py", "b.py"]


def test_a_baseline_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("pipe", "a named pipe"), (".", "a folder"), ("nothing", "vanished")):
        with pytest.raises(BaselineError, match=said):
            load(tmp_path / name, NAMES)


# What git makes of it.


@pytest.fixture
def forked(tmp_path: Path) -> Project:
    """Six migrations that are grandfathered, and branches on which one is mended and another one added."""
    where = Project.at(tmp_path)
    for number in range(6):
        where.write(f"versions/m{number}.py", migration(f"m{number}", f"UPDATE leads SET n = {number}"))
    where.accept()
    where.commit()
    for branch, mended in (("one", 1), ("two", 2)):
        where.git("checkout", "--quiet", "-b", branch, "main")
        where.write(f"versions/m{mended}.py", migration(f"m{mended}"))
        where.write(f"versions/m{mended}_{branch}.py", migration(branch, "DELETE FROM leads"))
        change = where.accept()
        assert (change.added, change.removed) == (1, 1)
        where.commit()
    where.git("checkout", "--quiet", "one")
    return where


EXPECTED = ["m0", "m3", "m4", "m5", "one", "two"]


def migrations_in(where: Project) -> list[str]:
    return sorted(str(one.migration) for one in load(where.baseline, NAMES).entries)


def test_branches_that_add_and_prune_are_merged_by_union(forked: Project) -> None:
    forked.write(".gitattributes", ".migration-guard-baseline.jsonl merge=union\n")
    forked.commit()
    forked.git("merge", "--quiet", "--no-edit", "two")
    found = forked.run()
    assert found.report.problems == ()
    assert only(found).matching.new == ()
    assert set(EXPECTED) <= set(migrations_in(forked))
    forked.accept()
    assert migrations_in(forked) == EXPECTED


@pytest.mark.parametrize("style", ["merge", "diff3"])
def test_branches_that_conflict_are_read_with_both_sides(forked: Project, style: str) -> None:
    forked.git("config", "merge.conflictStyle", style)
    forked.git("merge", "--quiet", "--no-edit", "two", fails=True)
    assert "<<<<<<<" in forked.baseline.read_text()
    found = forked.run()
    assert found.report.recovered == (".migration-guard-baseline.jsonl",)
    assert only(found).matching.new == ()
    assert set(EXPECTED) <= set(migrations_in(forked))
    forked.accept()
    assert migrations_in(forked) == EXPECTED
    assert "<<<<<<<" not in forked.baseline.read_text()


def test_a_merge_far_apart_needs_no_hand(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    for number in range(20, 40):
        where.write(f"versions/m{number}.py", migration(f"m{number}", f"UPDATE leads SET n = {number}"))
    where.accept()
    where.commit()
    for branch, number in (("one", 20), ("two", 39)):
        where.git("checkout", "--quiet", "-b", branch, "main")
        where.write(f"versions/m{number}.py", migration(f"m{number}"))
        where.accept()
        where.commit()
    where.git("merge", "--quiet", "--no-edit", "one")
    found = where.run()
    assert (len(only(found).matching.matched), only(found).matching.stale, found.report.new) == (18, (), ())


# Where files lie.


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    (where.root / "versions").mkdir()
    name = os.fsencode(where.root / "versions") + b"/\xffm.py"
    Path(os.fsdecode(name)).write_text(migration("m", "UPDATE leads SET n = 1"))
    where.accept()
    assert "\\udcff" in where.baseline.read_text(encoding="utf-8")
    assert only(where.run()).matching.new == ()
    Path(os.fsdecode(name)).write_text(migration("m", "UPDATE leads SET n = 2"))
    assert len(only(where.run()).matching.new) == 1


def test_a_baseline_in_a_folder_of_its_own_and_none_that_leaves_the_repository(tmp_path: Path) -> None:
    where = Project.at(tmp_path / "repository")
    where.write("versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    (where.root / "ci").mkdir()
    guard = where.guard("baseline", "--baseline", "ci/old.jsonl")
    assert (guard.returncode, guard.stderr) == (0, "")
    assert '"file":"../versions/m.py"' in where.read("ci/old.jsonl")
    assert where.guard("--baseline", "ci/old.jsonl").returncode == 0
    where.write("ci/old.jsonl", HEADER + entry("../../elsewhere/m.py"))
    guard = where.guard("--baseline", "ci/old.jsonl")
    assert guard.returncode == 2
    assert "ci/old.jsonl:2: `file`: '../../elsewhere/m.py' leads out of the repository" in guard.stderr


def test_a_folder_that_is_reached_through_a_link_is_the_same_one(tmp_path: Path) -> None:
    where = Project.at(tmp_path / "repository")
    where.write("real/versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    (where.root / "also").symlink_to("real")
    where.accept()
    assert '"file":"real/versions/m.py"' in where.baseline.read_text()
    for path in ("also", "real", "also/versions/m.py"):
        assert only(where.run(path)).matching.new == ()
    linked = tmp_path / "link"
    linked.symlink_to(where.root)
    assert only(Project(linked).run()).matching.new == ()


def test_a_worktree_has_the_same_baseline(tmp_path: Path) -> None:
    where = Project.at(tmp_path / "repository")
    where.write("versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    where.accept()
    where.commit()
    where.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    assert only(Project(tmp_path / "tree").run()).matching.new == ()
    found = Project(tmp_path / "tree").run(baseline_from="main")
    assert only(found).matching.new == ()


def test_nested_configurations_have_baselines_of_their_own(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    where.write("versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    where.write("service/migration-guard.toml", 'hot-tables = ["leads"]\n')
    where.write("service/versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    assert where.guard("baseline").returncode == 0
    assert [line.count('"file"') for line in (where.baseline.read_text(), where.read("service/.migration-guard-baseline.jsonl"))] == [1, 1]  # fmt: skip
    assert '"file":"versions/m.py"' in where.read("service/.migration-guard-baseline.jsonl")
    assert where.guard().returncode == 0
    assert Project(where.root / "service").guard().returncode == 0


# How it is written.


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    where.write("versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    guard = where.guard("baseline", "--baseline", "ci/missing/old.jsonl")
    assert guard.returncode == 2
    assert "ci/missing/old.jsonl could not be written: No such file or directory" in guard.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_keeps_the_old_file(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    where.write("versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    where.write("ci/old.jsonl", HEADER)
    (where.root / "ci").chmod(0o555)
    guard = where.guard("baseline", "--accept-new", "--baseline", "ci/old.jsonl")
    assert (guard.returncode, where.read("ci/old.jsonl")) == (2, HEADER)
    assert "could not be written: Permission denied" in guard.stderr


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old.jsonl").write_text(HEADER)

    def interrupted(descriptor: int, mode: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "chmod", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "old.jsonl", HEADER + entry())
    assert os.listdir(tmp_path) == ["old.jsonl"]
    assert (tmp_path / "old.jsonl").read_text() == HEADER


def test_a_link_to_a_baseline_stays_one(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    where.write("versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    where.write("shared.jsonl", HEADER)
    where.baseline.symlink_to("shared.jsonl")
    assert where.guard("baseline", "--accept-new").returncode == 0
    assert where.baseline.is_symlink()
    assert "update-in-migration" in where.read("shared.jsonl")


def test_line_ends_alone_are_no_change(tmp_path: Path) -> None:
    where = Project.at(tmp_path)
    where.write("versions/m.py", migration("m", "UPDATE leads SET n = 1"))
    where.accept()
    windows = where.baseline.read_text().replace("\n", "\r\n")
    where.baseline.write_bytes(windows.encode())
    assert where.guard("baseline", "--check").returncode == 0
    assert where.baseline.read_bytes() == windows.encode()


def test_thousands_of_entries_in_any_order() -> None:
    lines = [entry(f"versions/{n:05}.py", f"1:{n:020x}") for n in range(5_000)]
    random.Random(1).shuffle(lines)
    assert len(read(HEADER + "".join(lines))) == 5_000
    assert dump(read(HEADER + "".join(lines))) == HEADER + "".join(sorted(lines))
