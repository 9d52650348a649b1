"""What of Django's changes does not become a function: it would do something else for some rows than for all of them."""

from __future__ import annotations

from pathlib import Path

from migration_guard.config import SettingsLoader
from migration_guard.move.place import Modules
from migration_guard.move.plan import Refusal, movable, plan
from migration_guard.pipeline import Request
from migration_guard.pipeline import run as check
from move.test_django import INITIAL

REFUSED = {
    "the place in a list": (
        "for place, lead in enumerate(Lead.objects.order_by('name')):\n    lead.score = place\n    lead.save()",
        "counts its rows",
    ),
    "the first hundred": (
        "for lead in list(Lead.objects.all()[:100]):\n    lead.status = str(lead.name)\n    lead.save()",
        "cannot be narrowed",
    ),
    "groups": (
        (
            "keep = Lead.objects.values('name').annotate(n=Max('id')).values_list('n', flat=True)\n"
            "Lead.objects.exclude(pk__in=list(keep)).delete()"
        ),
        "other rows",
    ),
    "what it writes, of others": (
        "for lead in Lead.objects.all():\n    lead.status = str(Lead.objects.filter(status=lead.name).count())\n    lead.save()",
        "other rows",
    ),
    "what it writes, by a relation": (
        "for lead in Lead.objects.all():\n    lead.status = lead.owner.lead_set.first().status\n    lead.save()",
        "other rows",
    ),
    "what it writes, by a condition": (
        (
            "names = [one.name for one in Owner.objects.filter(lead__status='new')]\n"
            "Lead.objects.filter(name__in=names).update(status=str(len(names)))"
        ),
        "other rows",
    ),
    "what it writes, in a text": (
        (
            "with schema_editor.connection.cursor() as cursor:\n    cursor.execute('SELECT max(status) FROM leads')\n"
            "    top = cursor.fetchone()[0]\n    Lead.objects.filter(score=1).update(status=top)"
        ),
        "",
    ),
    "itself": ("Lead.objects.update(score=F('score') + len(apps.app_configs))", "from the one that stands there"),
    "the time": ("Lead.objects.filter(name=str(apps)).update(status=Cast(Now(), CharField()))", "time of running"),
    "chance": ("Lead.objects.filter(name=str(apps)).update(score=Random())", "another value each time"),
    "an early end": (
        "for lead in Lead.objects.all():\n    if lead.score:\n        break\n    lead.status = str(lead.name)\n    lead.save()",
        "ends at one of the rows",
    ),
    "new rows beside it": (
        "for lead in Lead.objects.all():\n    owner = Owner.objects.create(name=lead.name)\n    lead.owner = owner\n    lead.save()",
        "another change",
    ),
    "new rows before it": (
        "owner = Owner.objects.create(name='x')\nLead.objects.filter(owner=None).update(owner=owner)",
        "another change",
    ),
    "a block with an end": (
        "with locked():\n    Lead.objects.filter(name=str(apps)).update(status='x')",
        "a block of `with locked()`",
    ),
    "a manager by itself": (
        "for lead in Lead.objects:\n    lead.status = str(lead.name)\n    lead.save()",
        "cannot be narrowed",
    ),
    "rows that go along": (
        "last = Lead.objects.order_by('-id').first()\nOwner.objects.filter(pk=last.owner_id).delete()",
        "rows that may go",
    ),
    "other rows by their keys": (
        "for key in Lead.objects.values_list('owner_id', flat=True):\n    lead = Lead.objects.get(pk=key)\n    lead.status = str(lead.name)\n    lead.save()",
        "other rows",
    ),
    "a generator that is used up": (
        "rows = Lead.objects.iterator()\nfor lead in rows:\n    lead.status = str(lead.name)\nLead.objects.bulk_update(rows, ['status'])",
        "cannot be narrowed",
    ),
    "a queryset that is used besides": (
        "rows = Lead.objects.all()\nfor lead in rows:\n    lead.status = str(len(rows))\nLead.objects.bulk_update(rows, ['status'])",
        "cannot be narrowed",
    ),
    "two querysets, one with a limit": (
        "rows = Lead.objects.filter(score=1) | Lead.objects.all()[:5]\nfor lead in rows:\n    lead.status = str(lead.name)\n    lead.save()",
        "cannot be narrowed",
    ),
    "a row that it has made": ("Lead(pk=1, name='x').save()", "which is quick"),
}
HEAD = """from django.db import migrations
from django.db.models import CharField, F, Max
from django.db.models.functions import Cast, Now, Random
from elsewhere import locked


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    Owner = apps.get_model("crm", "Owner")
{body}


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
"""


def test_they_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "crm" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "migration-guard.toml").write_text("")
    for name, text in {"__init__": "", "0001_initial": INITIAL}.items():
        (folder / f"{name}.py").write_text(text)
    for number, (body, _) in enumerate(REFUSED.values(), 2):
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        (folder / f"{number:04}_change.py").write_text(HEAD.replace("{body}", lines))
    found = check(Request([], tmp_path, SettingsLoader(cwd=tmp_path), 2, renders=True))
    plans = {
        (one.candidate.path.stem, finding.operation.kind): plan(
            one, finding, None, Modules((), tmp_path / "backfills.py")
        )
        for one in found.checked
        for finding in one.findings
        if movable(finding) and finding.operation is not None
    }
    for number, (name, (_, reason)) in enumerate(REFUSED.items(), 2):
        of = [one for (stem, _), one in plans.items() if stem == f"{number:04}_change"]
        told = [one.reason if isinstance(one, Refusal) else "MOVED" for one in of]
        assert of, name
        assert "MOVED" not in told, name
        assert any(reason in one for one in told), (name, told)
