"""Each rule's page is its test: a Bad block yields exactly its markers, a Good block is clean under all rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from migration_guard.config import SettingsLoader
from migration_guard.findings import Severity
from migration_guard.operations import Direction, Operation, OperationKind, Span
from migration_guard.pipeline import Request, check
from migration_guard.rules import Context, Rule, UnknownRuleError, all_rules, matching, read_page, select

HEAD_OF_BASELINE = '{"format":1}'
ASKED_FOR = {rule.code for rule in all_rules() if rule.omission is not None}
"""What only these rules' own examples have to do: most migrations set no lock_timeout."""
HEADER = 'revision = "2f6c"\ndown_revision = "1e5b"\n'
KNOWN = """from migration_guard.backfill import Backfill

LEADS_STATUS = Backfill(
    key="leads-status",
    table="leads",
    where="status IS NULL",
    update="UPDATE leads SET status = old_status WHERE id = ANY(:ids)",
)
"""
EXPECT = re.compile(r"# expect: (MG\d+(?:, MG\d+)*)")
RULES = all_rules()
SPAN = Span(7, 5, 7, 40)

Found = list[tuple[int, str]]


def headed(block: str) -> str:
    """An example as a whole migration."""
    return block if "migrations.Migration" in block else HEADER + block


def expected(source: str) -> list[tuple[int, str]]:
    lines = ((n, EXPECT.search(line)) for n, line in enumerate(source.splitlines(), 1))
    return sorted((n, code) for n, match in lines if match for code in match[1].split(", "))


def blocks(*parts: str, practice: bool = False) -> list[ParameterSet]:
    return [
        pytest.param(block, id=f"{rule.code}-{part}-{number}")
        for rule in RULES
        if rule.practice is practice
        for part in parts
        for number, block in enumerate(getattr(read_page(rule.page), part))
        if not block.startswith(HEAD_OF_BASELINE)
    ]


def examples(*, practice: bool) -> list[str]:
    return [str(block.values[0]) for block in blocks("bad", "good", practice=practice)]


def found_in(folder: Path, sources: Sequence[str], name: str, modules: Sequence[str]) -> list[Found]:
    """Read sources in one run, each in a folder of its own; give the findings of each."""
    paths = [f"{number}/{name}" for number in range(len(sources))]
    for path, source in zip(paths, sources):
        (folder / path).parent.mkdir()
        (folder / path).write_text(source, encoding="utf-8")
    config = ['select=["ALL", "MG304", "MG305"]', f"backfill.modules={json.dumps([*modules] or paths)}"]
    load = SettingsLoader(cwd=folder, config=config, isolated=True)
    report = check(Request(paths=paths, cwd=folder, load=load, workers=2))
    assert report.problems == ()
    found: dict[str, Found] = {path: [] for path in paths}
    for finding in report.new:
        found[finding.path].append((finding.span.line, finding.code))
    return [sorted(one) for one in found.values()]


@pytest.fixture(scope="module")
def migrations(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Found]:
    """What is found in each example of a migration."""
    folder = tmp_path_factory.mktemp("migrations")
    (folder / "known_backfills.py").write_text(KNOWN, encoding="utf-8")
    all_of_them = examples(practice=False)
    sources = [headed(block) for block in all_of_them]
    found = found_in(folder, sources, "2f6c_example.py", ["known_backfills.py"])
    own = {
        block
        for rule in RULES
        if rule.omission is not None
        for block in read_page(rule.page).bad + read_page(rule.page).good
    }
    return {
        block: [one for one in each if block in own or one[1] not in ASKED_FOR]
        for block, each in zip(all_of_them, found)
    }


@pytest.fixture(scope="module")
def backfills(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Found]:
    """What is found in each example of a file of backfills."""
    all_of_them = examples(practice=True)
    return dict(zip(all_of_them, found_in(tmp_path_factory.mktemp("backfills"), all_of_them, "backfills.py", [])))


@pytest.mark.parametrize("block", blocks("bad"))
def test_a_bad_example_yields_exactly_its_markers(block: str, migrations: Mapping[str, Found]) -> None:
    assert expected(block)
    assert migrations[block] == expected(headed(block))


@pytest.mark.parametrize("block", blocks("good"))
def test_a_good_example_is_clean_under_all_rules(block: str, migrations: Mapping[str, Found]) -> None:
    assert migrations[block] == []


@pytest.mark.parametrize("block", blocks("bad", practice=True))
def test_a_bad_backfill_yields_exactly_its_markers(block: str, backfills: Mapping[str, Found]) -> None:
    assert expected(block)
    assert backfills[block] == expected(block)


@pytest.mark.parametrize("block", blocks("good", practice=True))
def test_a_good_backfill_is_clean_under_all_rules(block: str, backfills: Mapping[str, Found]) -> None:
    assert backfills[block] == []


@pytest.mark.parametrize(
    ("code", "body"), [("MG903", "pass"), ("MG904", "op.execute(\"UPDATE leads SET status = 'new'\")")]
)
def test_examples_of_baselines_are_what_they_say(code: str, body: str, tmp_path: Path) -> None:
    rule = next(rule for rule in RULES if rule.code == code)
    (tmp_path / "versions").mkdir()
    migration = f"from alembic import op\n\n{HEADER}\n\ndef upgrade():\n    {body}\n"
    (tmp_path / "versions" / "2f6c_leads.py").write_text(migration, encoding="utf-8")
    for part, expected_codes in ((read_page(rule.page).bad, [code]), (read_page(rule.page).good, [])):
        for block in part:
            (tmp_path / ".migration-guard-baseline.jsonl").write_text(block, encoding="utf-8")
            report = check(Request(["versions"], tmp_path, SettingsLoader(cwd=tmp_path), workers=1))
            assert [(found.code, found.path, found.span.line) for found in report.new] == [
                (code, ".migration-guard-baseline.jsonl", 2) for code in expected_codes
            ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_is_whole(rule: Rule) -> None:
    page = read_page(rule.page)
    assert page.flags.startswith("Flags ")
    assert page.why
    assert page.instead
    assert page.bad
    assert page.good


def test_codes_and_names_are_one_each_and_the_file_is_called_as_the_rule() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
    modules = {rule.check.__module__.rpartition(".")[2] for rule in RULES}
    assert modules == {rule.name.replace("-", "_") for rule in RULES}


def test_every_kind_of_operation_has_one_rule() -> None:
    kinds = [kind for rule in RULES if not rule.code.startswith("MG3") for kind in rule.kinds]
    assert sorted(kinds) == sorted(OperationKind)


def judged(code: str, operation: Operation, reported: frozenset[str] = frozenset()) -> list[Severity | None]:
    rule = next(rule for rule in RULES if rule.code == code)
    context = Context(rule, "a.py", lambda _operation, base: base or Severity.MEDIUM, reported)
    return [finding.severity for finding in rule.check(operation, context)]


@pytest.mark.parametrize(
    ("code", "kind", "count"),
    [
        ("MG101", OperationKind.UPDATE, 0),
        ("MG102", OperationKind.INSERT_SELECT, 1),
        ("MG102", OperationKind.CTAS, 1),
        ("MG103", OperationKind.DELETE, 0),
        ("MG104", OperationKind.TRUNCATE, 0),
        ("MG105", OperationKind.MERGE, 0),
        ("MG106", OperationKind.INSERT_LOOP, 1),
    ],
)
def test_a_table_that_the_migration_created_is_empty(code: str, kind: OperationKind, count: int) -> None:
    operation = Operation(kind, SPAN, Direction.UPGRADE, "sql", ("leads",), created_here=True)
    assert len(judged(code, operation)) == count


def marker(text: str) -> Operation:
    return Operation(OperationKind.MARKER, SPAN, Direction.UPGRADE, "comment", text=text, scope="upgrade")


@pytest.mark.parametrize(
    "text",
    [
        "# backfill moved to backfills/leads.py",
        "# The backfill runs separately",
        "# NOT NULL after the backfill",
        "# see docs/backfills.md",
        "# no backfill needed",
        "# works without a backfill",
        "# rows were already backfilled",
        "# backfill is handled by the worker",
        "# backfill is done in the next release",
        "# this doesn't backfill old rows",
        "# backfill not required",
        "# a separate job backfills the column",
    ],
)
def test_a_remark_that_sends_elsewhere_weighs_little(text: str) -> None:
    assert judged("MG201", marker(text)) == [Severity.LOW]


@pytest.mark.parametrize(
    "text",
    [
        "# Backfill status",
        "# backfill rows that are not set",
        "# Backfill leads with no status",
        "def backfill_status",
        "# back-fill, done in batches",
        "# seed and backfill",
    ],
)
def test_a_remark_that_announces_a_backfill_weighs_more(text: str) -> None:
    assert judged("MG201", marker(text)) == [Severity.MEDIUM]


def test_a_remark_beside_a_reported_operation_weighs_little() -> None:
    assert judged("MG201", marker("# Backfill status"), frozenset({"upgrade"})) == [Severity.LOW]


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("MG101", lambda codes: codes == {"MG101"}),
        ("update-in-migration", lambda codes: codes == {"MG101"}),
        ("MG2", lambda codes: codes == {"MG201"}),
        ("MG10", lambda codes: "MG108" in codes and "MG201" not in codes),
        ("ALL", lambda codes: len(codes) == len(RULES)),
    ],
)
def test_a_rule_is_named_by_code_name_or_prefix(name: str, holds: Callable[[frozenset[str]], bool]) -> None:
    assert holds(matching(name, RULES))


@pytest.mark.parametrize(("wrong", "near"), [("MG1001", "MG101"), ("update-in-migrations", "update-in-migration")])
def test_an_unknown_rule_is_refused_with_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(UnknownRuleError, match=f'no rule is called "{wrong}"; did you mean "{near}"'):
        matching(wrong, RULES)


@pytest.mark.parametrize(
    ("chosen", "asks"),
    [
        ((), set()),
        (("ALL",), set()),
        (("MG3",), set()),
        (("ALL", "MG304"), {"MG304"}),
        (("bulk-change-without-size",), {"MG305"}),
    ],
)
def test_what_is_left_out_is_asked_for_by_name(chosen: tuple[str, ...], asks: set[str]) -> None:
    codes = {rule.code for rule in select(RULES, chosen=chosen, ignored=(), per_file=()).rules}
    assert codes & {"MG304", "MG305"} == asks


def test_seeds_are_off_unless_selected_and_ignoring_wins() -> None:
    codes = [rule.code for rule in select(RULES, chosen=(), ignored=("MG2",), per_file=()).rules]
    assert "MG108" not in codes
    assert "MG201" not in codes
    assert "MG101" in codes
    chosen = select(RULES, chosen=("MG108", "MG101"), ignored=("MG101",), per_file=())
    assert [rule.code for rule in chosen.rules if not rule.upkeep] == ["MG108"]


def test_the_rules_of_upkeep_can_be_neither_left_out_nor_ignored() -> None:
    selection = select(RULES, chosen=("MG101",), ignored=("MG9",), per_file=(("*", ("MG901",)),))
    assert [rule.code for rule in selection.rules_for("a.py")] == ["MG101", "MG901", "MG902", "MG903", "MG904", "MG905"]


def test_rules_are_turned_off_in_the_files_that_a_glob_matches() -> None:
    selection = select(
        RULES, chosen=("MG101", "MG103"), ignored=(), per_file=(("legacy/", ("MG1",)), ("*_x.py", ("MG103",)))
    )

    def codes(path: str) -> list[str]:
        return [rule.code for rule in selection.rules_for(path) if not rule.upkeep]

    assert codes("legacy/0001.py") == []
    assert codes("app/0001_x.py") == ["MG101"]
    assert codes("app/0001.py") == ["MG101", "MG103"]
