"""Severity, fingerprints and what a crashing rule becomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from migration_guard.findings import Finding, Severity
from migration_guard.judge import SMALL, Law, Severities, TablePatterns, fingerprint, judge
from migration_guard.operations import Direction, Operation, OperationKind, Span
from migration_guard.rules import Context, Rule, all_rules, select
from migration_guard.sql.canonical import canonical

HOT = ("leads", "billing.invoices", "call_log_*", "crm.Contact")
RULES = {rule.code: rule for rule in all_rules()}
SEVERITIES = Severities(
    TablePatterns.of(HOT), TablePatterns.of((*SMALL, "settings")), frozenset({"exec_dml"}), {"MG104": Severity.LOW}
)


def update(
    *tables: str, direction: Direction = Direction.UPGRADE, model: str | None = None, callee: str | None = None
) -> Operation:
    span = Span(1, 1, 1, 9)
    return Operation(OperationKind.UPDATE, span, direction, "sql", tables, model=model, callee=callee, text="UPDATE x")


@pytest.mark.parametrize(
    ("operation", "severity"),
    [
        (update("leads"), Severity.HIGH),
        (update("LEADS"), Severity.HIGH),
        (update("public.Leads"), Severity.HIGH),
        (update("leads_archive"), Severity.MEDIUM),
        (update("invoices"), Severity.HIGH),
        (update("billing.invoices"), Severity.HIGH),
        (update("test.invoices"), Severity.MEDIUM),
        (update("call_log_2024"), Severity.HIGH),
        (update("call_log_{year}"), Severity.HIGH),
        (update("crm_contact"), Severity.HIGH),
        (update("contacts", model="crm.Contact"), Severity.HIGH),
        (update(model="crm.Contact"), Severity.HIGH),
        (update(model="crm.Company"), Severity.MEDIUM),
        (update("settings"), Severity.LOW),
        (update("django_site"), Severity.LOW),
        (update("settings", "leads"), Severity.HIGH),
        (update("settings", "alembic_version"), Severity.LOW),
        (update("settings", "companies"), Severity.MEDIUM),
        (update(), Severity.MEDIUM),
        (update(callee="exec_dml"), Severity.HIGH),
        (update(callee="db.exec_dml"), Severity.HIGH),
        (update("companies", callee="exec_dml"), Severity.MEDIUM),
        (update("leads", direction=Direction.DOWNGRADE), Severity.LOW),
        (update("leads", direction=Direction.BOTH), Severity.HIGH),
    ],
)
def test_the_first_rung_that_holds_decides(operation: Operation, severity: Severity) -> None:
    assert SEVERITIES.of(RULES["MG101"], operation, None) is severity


def test_a_small_model_is_small_by_its_default_table() -> None:
    severities = replace(SEVERITIES, small=TablePatterns.of(("crm_plan",)))
    assert severities.of(RULES["MG101"], update(model="crm.Plan"), None) is Severity.LOW


def test_a_fixed_base_holds_except_on_the_way_down() -> None:
    rule = RULES["MG107"]
    assert SEVERITIES.of(rule, update("settings"), Severity.HIGH) is Severity.HIGH
    assert SEVERITIES.of(rule, update("leads", direction=Direction.DOWNGRADE), Severity.HIGH) is Severity.LOW


def test_the_configuration_replaces_a_rules_severity() -> None:
    assert SEVERITIES.of(RULES["MG104"], update("leads"), None) is Severity.LOW


@pytest.mark.parametrize(
    "same",
    [
        "update  LEADS\n   set status='new'",
        "UPDATE leads -- all of them\nSET status = 'new';",
        "UPDATE leads /* why; not */ SET status = 'new' ;\n",
        "UPDATE leads SET status = $$new$$",
    ],
)
def test_layout_comments_and_case_do_not_count(same: str) -> None:
    assert canonical(same) == canonical("UPDATE leads SET status = 'new'")


@pytest.mark.parametrize(
    "other",
    [
        "UPDATE leads SET status = 'NEW'",
        "UPDATE leads SET status = 'n  ew'",
        "UPDATE leads SET status = 'new' WHERE true",
        "UPDATE \"Leads\" SET status = 'new'",
        "UPDATE leads SET status = $$New$$",
        "UPDATE leads SET status = '--new'",
    ],
)
def test_literals_and_quoted_names_count(other: str) -> None:
    assert canonical(other) != canonical("UPDATE leads SET status = 'new'")


def test_dollar_quotes_end_where_they_end() -> None:
    assert canonical("DO $$ A  b $$ ; SELECT  1") == "do $$ a b $$ ; select 1"
    assert canonical("DO $f$ A := $$B  b$$ $f$  X") == "do $$ a := 'B  b' $$ x"


def test_open_quotes_and_comments_are_read_in_linear_time() -> None:
    for piece in ("/*", "$$", "$a$", "'", '"', "E'\\", "--"):
        assert canonical(piece * 100_000) is not None


def test_a_fingerprint_knows_neither_place_nor_migration() -> None:
    one = update("leads")
    moved = replace(one, span=Span(90, 3, 91, 1), migration="0042", via="a.sql:3", trail=("a.py:1 upgrade",), scope="x")
    assert fingerprint("update-in-migration", one) == fingerprint("update-in-migration", moved)
    assert fingerprint("update-in-migration", one) != fingerprint("update-in-migration", update("receipts"))
    assert fingerprint("update-in-migration", one).startswith("3:")
    assert len(fingerprint("update-in-migration", one)) == len("3:") + 20


def test_a_crashing_rule_is_a_problem_and_the_others_still_run() -> None:
    def crash(operation: Operation, context: Context) -> Iterator[Finding]:
        yield context.finding(operation, "found before", "help")
        raise ZeroDivisionError("oh")

    broken = Rule("MG999", "broken", (OperationKind.UPDATE,), crash, "")
    law = Law(select((broken, RULES["MG101"]), chosen=("ALL",), ignored=(), per_file=()), SEVERITIES)
    judged = judge([update("leads")], law, shown="a.py", inside="a.py")
    assert [finding.code for finding in judged.findings] == ["MG999", "MG101"]
    assert [problem.message for problem in judged.problems] == ["the rule MG999 crashed here (ZeroDivisionError: oh)"]


def test_a_remark_beside_a_finding_is_low_and_one_beside_an_unselected_rule_is_not() -> None:
    remark = Operation(
        OperationKind.MARKER, Span(2, 1, 2, 9), Direction.UPGRADE, "comment", text="# backfill", scope="up"
    )
    seed = replace(update("plans"), kind=OperationKind.INSERT_VALUES, scope="up")
    rules = select(all_rules(), chosen=(), ignored=(), per_file=())
    beside_seed = judge([remark, seed], Law(rules, SEVERITIES), shown="a.py", inside="a.py")
    beside_update = judge(
        [remark, replace(seed, kind=OperationKind.UPDATE)], Law(rules, SEVERITIES), shown="a", inside="a"
    )
    assert [(f.code, f.severity) for f in beside_seed.findings] == [("MG201", Severity.MEDIUM)]
    assert [(f.code, f.severity) for f in beside_update.findings][1] == ("MG201", Severity.LOW)
