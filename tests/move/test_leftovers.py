"""What falls unused by a move goes with it, and nothing else."""

from __future__ import annotations

from migration_guard.rewriting.leftovers import tidied

BEFORE = '''"""Slugs"""
import json
import os  # never used
import sqlalchemy as sa
from alembic import op
from django.db.models import F, Q  # remark
from django.utils.text import (
    capfirst,
    slugify,
)


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    Owner = apps.get_model("crm", "Owner")
    count = Lead.objects.count()
    for lead in Lead.objects.filter(Q(pk=1)):
        lead.slug = slugify(json.dumps(lead.name))
        lead.save()
    print(count)


def upgrade():
    bind = op.get_bind()
    bind.execute(sa.text("UPDATE leads SET a = 1"))
'''
LOOP = BEFORE[BEFORE.index("    for lead") : BEFORE.index("    print")]
TOLD = "    # migration-guard move: the UPDATE of leads is now k\n"


def test_imports_and_variables_that_fall_unused_go() -> None:
    after = BEFORE.replace(LOOP, TOLD).replace(BEFORE[BEFORE.index("    bind.exec") :], f"{TOLD}    pass\n")
    left = tidied(BEFORE.encode(), after.encode()).decode()
    assert (
        left
        == '''"""Slugs"""
import os  # never used
from django.db.models import F  # remark
from django.utils.text import (
    capfirst,
)


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    Owner = apps.get_model("crm", "Owner")
    count = Lead.objects.count()
    # migration-guard move: the UPDATE of leads is now k
    print(count)


def upgrade():
    # migration-guard move: the UPDATE of leads is now k
    pass
'''
    )


def test_what_is_still_used_stays_byte_for_byte() -> None:
    crlf = BEFORE.replace("\n", "\r\n")
    after = crlf.replace("    print(count)\r\n", "")
    assert tidied(crlf.encode(), after.encode()) == after.encode()
