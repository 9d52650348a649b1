"""The points about backfills themselves, 2 to 5: what the rules find, and beside it what is as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from migration_guard.filing import Checked
from migration_guard.findings import Finding, Severity, Status
from migration_guard.judge import Law, judge_backfills
from migration_guard.lean import dataclass
from migration_guard.operations import Span
from migration_guard.procedures import IDLE_TIMEOUT, LOCK_TIMEOUT, STATEMENT_TIMEOUT, Procedure
from migration_guard.rules._practice import changes, in_force, spelt
from migration_guard.verify.verdict import DECIDING, Evidence, Outcome

CODES = {
    2: ("MG401", "MG402", "MG405", "MG411", "MG413", "MG414"),
    3: ("MG403", "MG410", "MG416"),
    4: ("MG402", "MG404", "MG409", "MG415", "MG417"),
    5: ("MG405", "MG406", "MG407", "MG408", "MG412"),
}
"""The rules that each point rests on."""
_OUTCOMES = {Severity.HIGH: Outcome.FAIL, Severity.MEDIUM: Outcome.PARTIAL, Severity.LOW: Outcome.PASS}
_RUNNER = "our runner does it"


@dataclass(frozen=True, slots=True)
class _Fact:
    """Something that is as it should be, unless a rule of the code says otherwise."""

    code: str
    what: str
    found: str
    required: str
    span: Span


def evidence(number: int, files: Sequence[Checked], law: Law, *, strict: bool = False) -> Iterator[Evidence]:
    """What speaks for and against a point, backfill by backfill."""
    told: set[Evidence] = set()
    for file in files:
        for procedure in file.procedures:
            for one in _of(procedure, number, file, law):
                if one not in told:  # two backfills may share a helper
                    told.add(one)
                    yield _decided(one) if strict else one


def _of(procedure: Procedure, number: int, file: Checked, law: Law) -> Iterator[Evidence]:
    own = _own(procedure, file, law)
    against = [one for one in own if one.code in CODES[number]]
    yield from (_against(one) for one in against)
    told = {one.code for one in against if one.measure is not None and not one.measure.passes}
    for fact in _facts(procedure):
        if fact.code in CODES[number] and fact.code not in told:
            where = (file.candidate.shown, fact.span.line)
            yield Evidence(Outcome.PASS, f"{procedure.shown}: {fact.what}", fact.found, fact.required, *where)


def _decided(one: Evidence) -> Evidence:
    noted = one.remark and one.code in DECIDING and not one.ignored
    return replace(one, outcome=Outcome.PARTIAL, remark=False) if noted else one


def _own(procedure: Procedure, file: Checked, law: Law) -> list[Finding]:
    """The findings of one backfill of a file, as they were filed."""
    mine = judge_backfills((procedure,), law, shown=file.candidate.shown, inside=file.candidate.path.name)
    keys = {(one.code, one.span, one.message) for one in mine.findings}
    found = {(one.code, one.span, one.message): one for one in file.findings}
    return [found[key] for key in found if key in keys]


def _against(finding: Finding) -> Evidence:
    measure = finding.measure
    assert measure is not None
    ignored = finding.status is Status.IGNORED
    return Evidence(
        outcome=Outcome.PASS if measure.passes or ignored else _OUTCOMES[measure.weight],
        what=finding.message + (" (ignored by a remark)" if ignored else ""),
        found=measure.found,
        required=measure.required,
        path=finding.path,
        line=finding.span.line,
        code=finding.code,
        remark=measure.passes or ignored,
        ignored=ignored,
        help=finding.help,
        edit=measure.edit,
    )


def _facts(procedure: Procedure) -> Iterator[_Fact]:
    if procedure.elsewhere is not None:
        return
    if procedure.managed:
        yield from _managed(procedure)
    else:
        yield from _selecting(procedure)
        yield from _timing(procedure)
    for change in changes(procedure):
        tested = [column for column in change.columns if column in change.tested]
        found = f"leaves out rows by {', '.join(tested)}" if tested else "a second run finds nothing to do"
        yield _Fact("MG403", f"{change.verb} of {change.target}", found, "rows that are done are left out", change.span)
    size = procedure.size
    if size is not None:
        number = "not told by the source" if size.number is None else f"{size.number:,} rows"
        yield _Fact("MG404", "size of a batch", number, "200 to 1,000", size.span)


def _managed(procedure: Procedure) -> Iterator[_Fact]:
    for code, what, required in (
        ("MG401", "locks", "FOR NO KEY UPDATE SKIP LOCKED"),
        ("MG414", "order", "ORDER BY the key"),
        ("MG405", LOCK_TIMEOUT, "30 to 120 s"),
        ("MG406", STATEMENT_TIMEOUT, "120 s or more"),
        ("MG407", IDLE_TIMEOUT, "120 s"),
        ("MG409", "commit", "one transaction a batch"),
        ("MG415", "pause", "a pause"),
    ):
        yield _Fact(code, what, _RUNNER, required, procedure.span)
    if procedure.size is None:
        yield _Fact("MG404", "size of a batch", "500 rows, the runner's own", "200 to 1,000", procedure.span)


def _selecting(procedure: Procedure) -> Iterator[_Fact]:
    for one in procedure.batches:
        if one.skips:
            yield _Fact("MG401", "locks", f"FOR {one.lock} SKIP LOCKED", "SKIP LOCKED", one.span)
        if one.ordered:
            yield _Fact("MG414", "order", "ORDER BY", "ORDER BY the key", one.span)
        if one.limit is not None:
            yield _Fact("MG402", "bound", f"LIMIT {one.limit}", "a LIMIT, and only the ids selected", one.span)
    if procedure.loop is not None:
        yield _Fact("MG409", "commit", "one transaction a batch", "one transaction a batch", procedure.loop)
    if procedure.pause is not None:
        yield _Fact("MG415", "pause", "a pause between batches", "a pause", procedure.pause)


def _timing(procedure: Procedure) -> Iterator[_Fact]:
    required = {"MG405": (LOCK_TIMEOUT, "30 to 120 s"), "MG406": (STATEMENT_TIMEOUT, "120 s or more"),
                "MG407": (IDLE_TIMEOUT, "120 s")}  # fmt: skip
    for code, (name, needed) in required.items():
        if not all(one.limited for one in procedure.patience if one.name == name):
            continue  # it is said not to be judged
        settings = (one for one, _ in in_force(procedure, name))
        yield from (_Fact(code, name, spelt(one), needed, one.span) for one in settings if one is not None)
