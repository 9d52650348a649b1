"""Flags an entry of the baseline whose date is over, while its finding is still there.

## Why is this bad?
Somebody promised to have dealt with this data change by then. A promise that nothing reminds of is not kept.

## Bad
```json
{"format":1}
{"file":"versions/2f6c_leads.py","migration":"2f6c","rule":"update-in-migration","at":"leads","fp":"3:430ee17e1ba76efa9bda","until":"2024-06-30"}
```

## Good
```json
{"format":1}
{"file":"versions/2f6c_leads.py","migration":"2f6c","rule":"update-in-migration","at":"leads","fp":"3:430ee17e1ba76efa9bda"}
```

## Use instead
Move the data change into a backfill, or agree on another date:
`migration-guard baseline add FINGERPRINT --until 2030-12-31 --reason TEXT`.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.rules._upkeep import EntryUse, Upkeep, upkeep

HELP = "Move the data change into a backfill, or agree on another date: migration-guard baseline add FINGERPRINT --until DATE"


@upkeep("MG904", "expired-baseline-entry")
def check(use: EntryUse, context: Upkeep) -> Iterator[Finding]:
    """Report an entry that held until a day that is over."""
    if use.expired:
        yield context.finding(use.line, f"This entry held until {use.expired}: {use.what}", HELP, Severity.HIGH)
