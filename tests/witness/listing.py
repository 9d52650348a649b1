"""The table of a run, and the failures as people work through them: the program, what ran, what was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from witness.compare import Compared, Verdict
from witness.program import shown

COLUMNS = ("programs", "statements", *(verdict.value for verdict in Verdict), "blind", "surplus", "failing")
"""`blind` is OPAQUE where the text could be known, `surplus` counts programs of which more was told than ran."""


def counted(one: Compared) -> Counter[str]:
    """Count what one program gives."""
    counts = Counter(verdict.value for _, verdict in one.verdicts)
    counts.update(programs=1, statements=len(one.verdicts), blind=one.blind, surplus=bool(one.surplus), failing=one.bad)
    return counts


def table(rows: Mapping[str, Counter[str]]) -> str:
    """Give the table of a run, one row a kind of programs."""
    width = max(map(len, ["all", *rows]))
    lines = ["  ".join([" " * width, *COLUMNS])]
    for name, counts in {**rows, "all": sum(rows.values(), Counter[str]())}.items():
        cells = [str(counts[column]).rjust(len(column)) for column in COLUMNS]
        lines.append("  ".join([name.ljust(width), *cells]))
    return "\n".join(lines)


def described(one: Compared) -> Iterator[str]:
    """Describe a program and how it was told."""
    ran = ", ".join(f"{ran.kind} {ran.table}: {verdict.value}" for ran, verdict in one.verdicts)
    told = ", ".join(sorted({f"{each.kind} {each.table}" for each in one.told})) or "nothing"
    yield f"### {one.program.name}: {'; '.join(map(str, one.program.tree))}"
    yield f"ran: {ran or 'nothing'}"
    yield f"told: {told}"
    if one.surplus:
        yield "surplus: " + ", ".join(sorted({f"{each.kind} {each.table}" for each in one.surplus}))
    if one.failures:
        yield f"ended: {'; '.join(one.failures[:2])}"
    yield ""
    yield shown(one.program)
    for name, text in one.program.files:
        yield f"    # {name}"
        yield from ("    " + line for line in text.split("\n"))
