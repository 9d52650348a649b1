"""Querysets and RunSQL, moved: Django's own migrations on one database, the backfills on another, and the same rows."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from backfill.server import Server

from move.test_command import Project
from move.test_shapes import checksum_of, connected

SETTINGS = """
import os
from urllib.parse import urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "HOST": url.hostname, "PORT": url.port, "USER": url.username,
    "PASSWORD": url.password or "", "NAME": url.path.strip("/"),
}}
INSTALLED_APPS = ["crm"]
USE_TZ = True
SECRET_KEY = "x"
"""
INITIAL = """from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Owner",
            fields=[("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=50))],
        ),
        migrations.CreateModel(
            "Lead",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("status", models.CharField(max_length=20, null=True)),
                ("name", models.TextField(null=True)),
                ("email", models.TextField(null=True)),
                ("score", models.IntegerField(null=True)),
                ("active", models.BooleanField(null=True)),
                ("owner", models.ForeignKey("crm.Owner", null=True, on_delete=models.CASCADE)),
            ],
            options={"db_table": "leads"},
        ),
        migrations.CreateModel("Call", fields=[("seconds", models.IntegerField(null=True)), ("note", models.TextField())]),
    ]
"""
FUNCTIONS = {
    "isnull": 'Lead.objects.filter(status__isnull=True).update(status="new")',
    "exclude": 'Lead.objects.exclude(status="won").exclude(score__gt=50, active=True).update(status="left", score=3)',
    "q": 'Lead.objects.filter(Q(status="won") | ~Q(active=True), score__in=[1, 2, 3, 4]).update(active=False)',
    "f": "Lead.objects.filter(owner__isnull=False).update(score=F('owner_id') + 1)",
    "lower": "Lead.objects.all().update(email=Lower('email'))",
    "text": "Lead.objects.filter(name__startswith='Lead 1', email__icontains='_mAIL').update(name='100%')",
    "none": "Lead.objects.filter(owner=3).update(owner=None)",
    "range": "rows = Lead.objects.filter(score__range=(5, 20))\n    rows.order_by('id').update(status='mid')",
    "delete": "apps.get_model('crm', 'Call').objects.filter(seconds__lt=20).delete()",
    "delete_null": "apps.get_model('crm', 'Call').objects.using(schema_editor.connection.alias).exclude(seconds=7).delete()",
}
ROWS = """
INSERT INTO crm_owner SELECT n, 'Owner ' || n FROM generate_series(1, 9) AS n;
INSERT INTO leads (id, status, name, email, score, active, owner_id)
SELECT n, (ARRAY['new', 'won', 'lost', NULL])[1 + n % 4], NULLIF('Lead ' || n % 300, 'Lead 7'),
    CASE WHEN n % 6 = 0 THEN NULL ELSE 'A_Mail' || n % 80 END, NULLIF(n % 61, 8), (ARRAY[true, false, NULL])[1 + n % 3],
    NULLIF(n % 9, 0) FROM generate_series(1, 3000) AS n;
INSERT INTO crm_call SELECT n, NULLIF(n % 50, 5), 'Call' FROM generate_series(1, 1000) AS n;
"""


def migration(before: str, body: str) -> str:
    return (
        "from django.db import migrations\nfrom django.db.models import F, Q\nfrom django.db.models.functions import Lower\n\n\n"
        f'def forwards(apps, schema_editor):\n    Lead = apps.get_model("crm", "Lead")\n    {body}\n\n\n'
        f'class Migration(migrations.Migration):\n    dependencies = [("crm", "{before}")]\n'
        "    operations = [\n        migrations.RunPython(forwards, migrations.RunPython.noop),\n"
        f"        migrations.RunSQL(\"UPDATE crm_owner SET name = '{before}'\", reverse_sql=\"UPDATE crm_owner SET name = ''\"),\n"
        "    ]\n"
    )


def test_querysets_are_moved(tmp_path: Path, server: Server) -> None:
    """Each migration builds on what the one before has left, and each backfill on the one before it."""
    project = Project(tmp_path)
    for stem in ("1a", "2b", "3c"):
        (tmp_path / "versions" / f"{stem}.py").unlink()
    (tmp_path / "crm" / "migrations").mkdir(parents=True)
    project.put("crm/__init__.py", "")
    project.put("crm/migrations/__init__.py", "")
    project.put("crm/migrations/0001_initial.py", INITIAL)
    project.put("settings.py", SETTINGS)
    with server.fresh() as template:
        migrate(project, server.url(template))
        server.execute(ROWS, template)
        before = "0001_initial"
        for number, (name, body) in enumerate(FUNCTIONS.items(), 2):
            project.put(f"crm/migrations/{number:04}_{name}.py", migration(before, body))
            before = f"{number:04}_{name}"
        project.commit()
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(project, server.url(old))
            moved = project.guard("move", "--all", "--write")
            count = len(FUNCTIONS)
            assert f"{2 * count} moved (written), {count} refused" in moved.stdout, moved.stdout + moved.stderr
            assert "migrations.RunSQL(migrations.RunSQL.noop, reverse_sql=" in project.text(
                f"crm/migrations/{before}.py"
            )
            migrate(project, server.url(new))
            assert tables(server.url(new)) == tables(server.url(template))
            done = project.guard("backfill", "run", "--all", "--strict", DATABASE_URL=server.url(new))
            assert done.returncode == 0, done.stdout + done.stderr
            assert len(re.findall(r"[1-9][\d,]* changed", done.stdout)) == 2 * count, done.stdout
            assert tables(server.url(new)) == tables(server.url(old)) != tables(server.url(template))


def migrate(project: Project, url: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "django", "migrate", "--verbosity=0"]
    project.run(command, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="settings", PYTHONPATH=str(project.folder))


def tables(url: str) -> list[str]:
    with connected(url) as connection:
        return [checksum_of(connection, table) for table in ("leads", "crm_call", "crm_owner")]
