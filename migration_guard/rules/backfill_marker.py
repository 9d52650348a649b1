"""Flags a comment, docstring, log message or function name in a migration that says backfill.

## Why is this bad?
Whoever wrote the word knew that data changes here. Where no statement is found beside it, the change may hide in a
helper, in a stored procedure, or in a step that somebody runs by hand and nobody remembers.

## Bad
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    # Backfill the status of old leads  # expect: MG201
    op.add_column("leads", sa.Column("status", sa.Text(), server_default="old"))
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    # Rows older than this release keep NULL
    op.add_column("leads", sa.Column("status", sa.Text(), nullable=True))
```

## Use instead
Migrations change the schema, backfills change the data. Define the backfill, and name its key in the migration
("filled by `leads-status`, which runs after the deployment"); where nothing is left to do, delete the remark.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.later import re
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, Context, rule

HELP = f"{BACKFILLS}: define a backfill and name its key here; where nothing is left to do, delete the remark."

_BACKFILL = r"back[-_ ]?fill"
_FEW = r"(?:\S+\s+){0,3}"
_ELSEWHERE = re.compile(
    "|".join(
        (
            rf"\bmoved?\s+{_FEW}(?:to|into|out)\b",
            r"\b(?:separately|elsewhere|out[- ]of[- ]band|asynchronously|afterwards|later|manually|previously|see)\b",
            r"\bseparate\s+(?:script|job|task|step|process|command|migration|deployment|release|backfill)\b",
            r"\b(?:handled|done|performed|run|runs|executed|happens)\s+(?:by|via|through|outside|from|with)\b",
            r"\b(?:handled|done|performed|executed|happens)\s+in\b(?!\s+(?:batches|chunks|this|one|here))",
            rf"\b(?:after|before|once|when|until|since|following)\s+{_FEW}\S*{_BACKFILL}",
            rf"\b(?:no|not|never|without|cannot|\w+n't|avoids?|avoiding|skips?|skipping|instead\s+of)\s+{_FEW}\S*{_BACKFILL}",
            rf"{_BACKFILL}\w*\s+(?:\S+\s+){{0,2}}(?:not|never|\w+n't|unnecessary|needless|skipped)\b",
            r"(?<!not )(?<!n't )\balready\b",
        )
    ),
    re.IGNORECASE,
)
"""Text that says where or when else the data changes, or that it doesn't."""


@rule("MG201", "backfill-marker", on=OperationKind.MARKER)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report the word; it weighs little where it sends the reader elsewhere, or only names what is reported anyway."""
    text = operation.text or ""
    harmless = operation.scope in context.reported or bool(_ELSEWHERE.search(text))
    message = f'The migration speaks of a backfill ("{_short(text)}"), so data changes here or by hand'
    yield context.finding(operation, message, HELP, base=Severity.LOW if harmless else Severity.MEDIUM)


def _short(text: str, limit: int = 60) -> str:
    words = " ".join(text.split())
    return words if len(words) <= limit else f"{words[: limit - 1]}…"
