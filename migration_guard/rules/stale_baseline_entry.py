"""Flags an entry of the baseline whose finding is no longer there.

## Why is this bad?
An entry that stands for nothing is a free pass: whoever writes the same data change into the same migration again is
not told. It also makes the debt look larger than it is.

An entry is stale only if its file was checked wholly in this run, or is gone although the run would have met it.

## Bad
```json
{"format":1}
{"file":"versions/2f6c_leads.py","migration":"2f6c","rule":"update-in-migration","at":"leads","fp":"3:430ee17e1ba76efa9bda"}
```

## Good
```json
{"format":1}
```

## Use instead
`migration-guard baseline` takes stale entries out and keeps all others; `migration-guard baseline prune` does nothing
else.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.rules._upkeep import EntryUse, Upkeep, upkeep

HELP = "Take it out of the baseline: migration-guard baseline prune"


@upkeep("MG903", "stale-baseline-entry")
def check(use: EntryUse, context: Upkeep) -> Iterator[Finding]:
    """Report an entry that stands for more findings than there are."""
    if use.stale:
        severity = Severity.HIGH if context.strict else Severity.LOW
        gone = "The finding is gone" if use.stale == 1 else f"{use.stale} findings are gone"
        yield context.finding(use.line, f"{gone} that this entry stands for: {use.what}", HELP, severity)
