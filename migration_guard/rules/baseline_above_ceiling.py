"""Flags a baseline that holds more than its ceiling allows.

## Why is this bad?
A baseline is a debt that shall be paid off. `baseline-ceiling` says how much of it there may be, by severity or by rule, so
that it can only fall: what is paid off is not borrowed again.

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
Move a data change into a backfill, or raise the number in a commit of its own, which somebody reviews.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.rules._upkeep import CeilingUse, Upkeep, upkeep

HELP = "Move a data change into a backfill, or raise `baseline-ceiling` in a commit of its own"


@upkeep("MG905", "baseline-above-ceiling")
def check(use: CeilingUse, context: Upkeep) -> Iterator[Finding]:
    """Report what there is more of than may be."""
    if use.held > use.ceiling:
        message = f"{use.held} findings of {use.what} are grandfathered, the ceiling is {use.ceiling}"
        yield context.finding(1, message, HELP, Severity.HIGH)
