"""Remarks in migrations: which findings they are about, and what is wrong with the remarks themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from migration_guard.findings import Finding, Severity, Status
from migration_guard.judge.apply import Judged
from migration_guard.lean import dataclass
from migration_guard.operations import Ignore, Problem
from migration_guard.rules import IgnoreUse, Rule, UnknownRuleError, Upkeep, all_rules, matching


@dataclass(frozen=True, slots=True)
class Trusted:
    """What a file held where its branch began."""

    remarks: Mapping[str, int]
    """Texts of remarks, with their numbers."""
    findings: Mapping[tuple[str, str], int]
    """Codes and fingerprints of findings, with their numbers."""


def ignoring(
    findings: Sequence[Finding],
    ignores: Sequence[Ignore],
    *,
    shown: str,
    running: Collection[str],
    overrides: Mapping[str, Severity],
    trusted: Trusted | None = None,
) -> Judged:
    """File the findings that remarks are about, and judge the remarks.

    `running` are the codes of the rules that ran on the whole file: of others a remark is not known to be unused. With
    `trusted`, only what was there before counts, each remark and each finding as often as it was there.
    """
    problems: list[Problem] = []
    kept = list(findings)
    upkeep: list[Finding] = []
    left = Counter(trusted.remarks) if trusted else Counter()
    same = Counter(trusted.findings) if trusted else Counter()
    ran = frozenset(running)
    for ignore in ignores:
        named = dict(_codes(ignore, shown, problems))
        if trusted is not None and left[ignore.text] <= 0:
            continue
        left[ignore.text] -= 1
        used = set()
        for index, finding in enumerate(kept):
            name = next((name for name, codes in named.items() if finding.code in codes), None)
            if name is not None and _is_about(ignore, finding):
                used.add(name)
                key = (finding.code, finding.fingerprint)
                if finding.status is not Status.NEW or (trusted is not None and same[key] <= 0):
                    continue  # the latter is another statement than the one that the remark was agreed for
                same[key] -= 1
                kept[index] = replace(finding, status=Status.IGNORED)
        unused = tuple(name for name, codes in named.items() if name not in used and codes <= ran)
        upkeep += _judged(IgnoreUse(ignore, unused), shown, overrides)
    return Judged((*kept, *upkeep), tuple(problems))


def _codes(ignore: Ignore, shown: str, problems: list[Problem]) -> Iterator[tuple[str, frozenset[str]]]:
    """What the names in a remark mean; one that means nothing is a Problem, since nobody knows what was meant."""
    rules = all_rules()
    upkeep = {rule.code for rule in rules if rule.upkeep}
    for name in ignore.rules:
        try:
            codes = matching(name, rules) if name != "ALL" else frozenset[str]()
        except UnknownRuleError as error:
            problems.append(Problem(shown, ignore.line, f"in a remark: {error}"))
            continue
        if not codes - upkeep:
            what = "there is no remark that ignores everything" if name == "ALL" else f"{name} cannot be ignored"
            problems.append(Problem(shown, ignore.line, f"{what}; name the rules that are meant"))
            continue
        yield name, codes - upkeep


def _is_about(ignore: Ignore, finding: Finding) -> bool:
    return ignore.whole_file or (finding.span.line <= ignore.last and ignore.first <= finding.span.end_line)


def _judged(use: IgnoreUse, shown: str, overrides: Mapping[str, Severity]) -> Iterator[Finding]:
    for rule in _of_remarks():
        yield from rule.check(use, Upkeep(rule, shown, overrides.get(rule.code)))


def _of_remarks() -> tuple[Rule, ...]:
    return tuple(rule for rule in all_rules() if rule.code in {"MG901", "MG902"})
