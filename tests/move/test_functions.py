"""Loops that SQL does not say, moved as functions: Django's own migrations on one database, the backfills on another."""

from __future__ import annotations

from pathlib import Path

import pytest
from backfill.server import Server

from move.test_command import Project
from move.test_django import INITIAL, ROWS, SETTINGS, migrate, tables

HEAD = '''import json
import re
import uuid

from django.db import migrations, models
from django.utils.text import slugify

PREFIXES = {"new": "n", "won": "w"}


def tidy(text):
    """Two lines, and a text of
several that stays as it is."""
    return re.sub(r"\\s+", " ", text or "").strip().lower()


'''
LOOPS = {
    "method": """for lead in Lead.objects.exclude(name=None):
        lead.name = lead.name.upper()
        lead.save()""",
    "helper": """for lead in Lead.objects.filter(email__isnull=False).iterator():
        # a remark of its own
        lead.email = tidy(lead.email)
        lead.save(update_fields=["email"])""",
    "setup": """names = {}
    for owner in Owner.objects.all():
        names[owner.pk] = owner.name
    rows = Lead.objects.filter(owner__isnull=False).select_related("owner")
    for lead in rows:
        lead.status = slugify(names[lead.owner_id])[:20]
        if lead.score is not None:
            lead.save()""",
    "bulk": """changed = []
    for lead in Lead.objects.order_by("-id"):
        lead.status = PREFIXES.get(lead.status, lead.status)
        changed.append(lead)
    Lead.objects.bulk_update(changed, ["status"], batch_size=100)""",
    "new_column": """for lead in Lead.objects.all():
        lead.slug = slugify(lead.name) if lead.name else None
        lead.save()""",
}


def migration(number: int, name: str, body: str) -> str:
    before = "0001_initial" if number == 2 else f"{number - 1:04}_{list(LOOPS)[number - 3]}"
    field = (
        'migrations.AddField("Lead", "slug", models.TextField(null=True)),\n        ' if name == "new_column" else ""
    )
    return (
        f"{HEAD}def forwards(apps, schema_editor):\n    Lead = apps.get_model('crm', 'Lead')\n"
        f"    Owner = apps.get_model('crm', 'Owner')\n    {body}\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("crm", "{before}")]\n'
        f"    operations = [\n        {field}migrations.RunPython(forwards, migrations.RunPython.noop),\n    ]\n"
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of Django's."""
    project = Project(tmp_path)
    for stem in ("1a", "2b", "3c"):
        (tmp_path / "versions" / f"{stem}.py").unlink()
    (tmp_path / "crm" / "migrations").mkdir(parents=True)
    for name, text in {"__init__": "", "migrations/__init__": "", "migrations/0001_initial": INITIAL}.items():
        project.put(f"crm/{name}.py", text)
    project.put("settings.py", SETTINGS)
    return project


def test_loops_become_functions(project: Project, server: Server) -> None:
    with server.fresh() as template:
        migrate(project, server.url(template))
        server.execute(ROWS.replace("3000", "300"), template)
        for number, (name, body) in enumerate(LOOPS.items(), 2):
            project.put(f"crm/migrations/{number:04}_{name}.py", migration(number, name, body))
        project.commit()
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(project, server.url(old))
            moved = project.guard("move", "--all", "--write")
            assert f"{len(LOOPS)} moved (written), 0 refused" in moved.stdout, moved.stdout + moved.stderr
            migrate(project, server.url(new))
            environment = {
                "DATABASE_URL": server.url(new), "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project.folder),
            }  # fmt: skip
            done = project.guard("backfill", "run", "--all", "--strict", **environment)
            assert done.returncode == 0, done.stdout + done.stderr + project.text("backfills.py")
            assert tables(server.url(new)) == tables(server.url(old)) != tables(server.url(template))
