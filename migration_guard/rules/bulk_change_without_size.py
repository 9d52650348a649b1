"""Flags bulk_update, bulk_create and iterator() without a size of their own. Off unless it is selected by name.

## Why is this bad?
`bulk_update` without `batch_size` makes one statement of all rows that it is given: a CASE with a branch for each, which takes
the server minutes and the process its memory. `bulk_create` without one sends all rows at once. `iterator()` without
`chunk_size` takes what Django thinks right, 2,000 rows of whatever width, and since Django 5 it fails where it
follows `prefetch_related`.

## Bad
```python
from django.db import migrations


def fill(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    leads = [lead for lead in Lead.objects.iterator()]  # expect: MG305
    Lead.objects.bulk_update(leads, ["status"])  # expect: MG101, MG305


class Migration(migrations.Migration):
    operations = [migrations.RunPython(fill)]
```

## Good
```python
from django.db import migrations


def show(apps, schema_editor):
    for lead in apps.get_model("crm", "Lead").objects.iterator(chunk_size=500):
        print(lead.pk)


class Migration(migrations.Migration):
    operations = [migrations.RunPython(show, migrations.RunPython.noop)]
```

## Use instead
`bulk_update(leads, ["status"], batch_size=500)`, `iterator(chunk_size=500)`: as many rows as you want in memory and in one
statement. That makes statements smaller and not the transaction; a backfill commits between its batches.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Omission, Omitted
from migration_guard.rules._omission import Demand, demand

_SIZES = {"iterator": "chunk_size", "aiterator": "chunk_size"}


@demand("MG305", "bulk-change-without-size", of=Omitted.SIZE)
def check(omission: Omission, context: Demand) -> Iterator[Finding]:
    """Report each call that takes all rows at once, or as many as its library thinks right."""
    size = _SIZES.get(omission.what, "batch_size")
    what = (
        "leaves it to its library how many rows it takes at a time"
        if size == "chunk_size"
        else "makes one statement of all its rows"
    )
    yield context.finding(omission, f"{omission.what}() without {size} {what}", f"Give it {size}=500.")
