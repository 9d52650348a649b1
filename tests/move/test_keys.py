"""Django's keys, columns and foreign keys that say their own: what finds rows by them is moved by their own columns."""

from __future__ import annotations

from pathlib import Path

from backfill.server import Server

from move.test_django import django_project, migrate
from move.test_shapes import checksum_of, connected

INITIAL = """from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Owner",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("code", models.IntegerField(unique=True)),
                ("name", models.CharField(max_length=50)),
            ],
        ),
        migrations.CreateModel(
            "Lead",
            fields=[
                ("number", models.IntegerField(primary_key=True)),
                ("name", models.TextField(null=True)),
                ("kind", models.TextField(null=True, db_column="sort")),
                ("owner", models.ForeignKey("crm.Owner", null=True, to_field="code", on_delete=models.CASCADE)),
            ],
        ),
        migrations.CreateModel(
            "Call",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("lead", models.ForeignKey("crm.Lead", on_delete=models.CASCADE, db_column="lead_number")),
                ("note", models.TextField(null=True)),
            ],
        ),
    ]
"""
ROWS = """
INSERT INTO crm_owner SELECT n, 10 - n, 'Owner ' || n FROM generate_series(1, 9) AS n;
INSERT INTO crm_lead (number, name, sort, owner_id)
SELECT n, NULLIF('Lead ' || n % 9, 'Lead 7'), NULLIF('k' || n % 5, 'k3'), NULLIF(n % 10, 0) FROM generate_series(1, 90) AS n;
INSERT INTO crm_call SELECT n, 1 + n % 90, NULL FROM generate_series(1, 200) AS n;
"""
BODIES = {
    "related": "for lead in Lead.objects.filter(owner__isnull=False):\n        lead.name = lead.owner.name\n        lead.save()",
    "beside": "for owner in Owner.objects.filter(code__gt=4):\n        Lead.objects.filter(owner=owner).update(kind=owner.name)",
    "by_code": "for owner in Owner.objects.filter(code=3):\n        Lead.objects.filter(owner_id=owner.code).update(kind='three')",
    "condition": "Lead.objects.filter(owner__name='Owner 8').update(kind='eight')",
    "condition_on_the_key": "Lead.objects.filter(owner__pk=7).update(name='key seven')",
    "key": "Lead.objects.filter(pk=4).update(name='four')",
    "column": "Lead.objects.filter(kind='k1').update(name='of a kind')",
    "of_the_lead": "for call in Call.objects.all():\n        call.note = call.lead.kind\n        call.save()",
    "by_number": "for lead in Lead.objects.filter(name='four'):\n        Call.objects.filter(lead_id=lead.number).update(note=lead.name)",
    "one_by_one": "for lead in Lead.objects.filter(kind='k2'):\n        Lead.objects.filter(number=lead.number).update(name=lead.kind)",
}
ANOTHER_KEY = "for lead in Lead.objects.all():\n        lead.number = len(lead.name or '')\n        lead.save()"


def migration(before: str, body: str) -> str:
    return (
        "from django.db import migrations\n\n\ndef forwards(apps, schema_editor):\n"
        + "".join(f'    {name} = apps.get_model("crm", "{name}")\n' for name in ("Lead", "Owner", "Call"))
        + f"    {body}\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("crm", "{before}")]\n'
        "    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]\n"
    )


def test_rows_are_found_by_what_the_models_say(tmp_path: Path, server: Server) -> None:
    project = django_project(tmp_path)
    project.put("crm/migrations/0001_initial.py", INITIAL)
    with server.fresh() as template:
        migrate(project, server.url(template))
        server.execute(ROWS, template)
        before = "0001_initial"
        for number, (name, body) in enumerate(BODIES.items(), 2):
            project.put(f"crm/migrations/{number:04}_{name}.py", migration(before, body))
            before = f"{number:04}_{name}"
        project.commit()
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(project, server.url(old))
            moved = project.guard("move", "--all", "--write")
            assert f"{len(BODIES)} moved (written), 0 refused" in moved.stdout, moved.stdout + moved.stderr
            assert "apply=" not in project.text("backfills.py")
            migrate(project, server.url(new))
            environment = {
                "DATABASE_URL": server.url(new), "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project.folder),
            }  # fmt: skip
            done = project.guard("backfill", "run", "--all", **environment)
            assert done.returncode == 0, done.stdout + done.stderr + project.text("backfills.py")
            assert _tables(server.url(new)) == _tables(server.url(old)) != _tables(server.url(template))


def test_another_key_is_refused(tmp_path: Path) -> None:
    project = django_project(tmp_path)
    project.put("crm/migrations/0001_initial.py", INITIAL)
    project.put("crm/migrations/0002_key.py", migration("0001_initial", ANOTHER_KEY))
    project.commit()
    assert "it writes the key number" in project.guard("move", "--all").stderr


def _tables(url: str) -> list[str]:
    with connected(url) as connection:
        return [checksum_of(connection, table) for table in ("crm_lead", "crm_call", "crm_owner")]
