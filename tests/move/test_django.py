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


def _loop(rows: str, *lines: str, save: str | None = "") -> str:
    """A loop that changes rows, and saves each of them."""
    saved = () if save is None else (f"lead.save({save})",)
    return "\n".join([f"for lead in {rows}:", *(f"        {line}" for line in (*lines, *saved))])


FUNCTIONS = {
    "isnull": 'Lead.objects.filter(status__isnull=True).update(status="new")',
    "exclude": 'Lead.objects.exclude(status="won").exclude(score__gt=50, active=True).update(status="left", score=3)',
    "q": 'Lead.objects.filter(Q(status="won") | ~Q(active=True), score__in=[1, 2, 3, 4]).update(active=False)',
    "f": "Lead.objects.filter(owner__isnull=False).update(score=F('owner_id') + 1)",
    "lower": "Lead.objects.all().update(email=Lower('email'))",
    "text": "Lead.objects.filter(name__startswith='Lead 1', email__icontains='_mAIL').update(name='100%')",
    "none": "Lead.objects.filter(owner=3).update(owner=None)",
    "range": "rows = Lead.objects.filter(score__range=(5, 20))\n    rows.order_by('id').update(status='mid')",
    "if_there": "rows = Lead.objects.exclude(score=None)\n    if rows.exists():\n        rows.filter(score__lt=3).update(score=3)",
    "none_there": "count = Lead.objects.filter(score=4).count()\n    if count == 0:\n        return\n"
    "    print(count)\n    Lead.objects.filter(score=4).update(status='four')",
    "subquery": "Lead.objects.filter(score__gt=5).update(name=Subquery(Owner.objects.filter(pk=OuterRef('owner_id'))"
    ".values('name')[:1]))",
    "concat": "Lead.objects.filter(score=7).update(email=Concat('status', Value(' - '), 'status'))",
    "case": "Lead.objects.filter(score__lt=30).update(status=Case(When(score__gt=10, then=Value('hot')), default=Value('cold')))",
    "related": "Lead.objects.filter(owner__name__contains='concat').update(email='third')",
    "not_related": "Lead.objects.exclude(owner__name='0012_case').filter(score=12).update(email='not four')",
    "loop_constant": _loop("Lead.objects.filter(status='hot')", "lead.status = 'warm'"),
    "loop_field": _loop(
        "Lead.objects.filter(name__isnull=True)", "lead.name = lead.email", save="update_fields=['name']"
    ),
    "loop_text": _loop("Lead.objects.all()", "lead.email = f'{lead.name} ({lead.score})'"),
    "loop_if": _loop(
        "Lead.objects.all().iterator()", "if lead.score is None:", "    lead.score = 0", "    lead.save()", save=None
    ),
    "loop_elif": _loop(
        "Lead.objects.filter(score__gt=0)",
        "if lead.status == 'warm':",
        "    lead.active = True",
        "elif lead.score > 20:",
        "    lead.active = None",
        "else:",
        "    lead.active = not lead.name",
    ),
    "loop_continue": _loop(
        "Lead.objects.all()", "if lead.name in ('x', '100%') or not lead.email:", "    continue", "lead.score = 44"
    ),
    "loop_related": _loop("Lead.objects.filter(owner__isnull=False)", "lead.name = lead.owner.name"),
    "loop_or": _loop(
        "Lead.objects.all()", "first = lead.name or 'nobody'", "lead.email = first + '!' if lead.score else None"
    ),
    "bulk_update": "changed = []\n    "
    + _loop("Lead.objects.filter(score__lt=40)", "lead.score = 41", "changed.append(lead)", save=None)
    + "\n    Lead.objects.bulk_update(changed, ['score'])",
    "bulk_update_on_the_way": "batch = []\n    "
    + _loop(
        "Lead.objects.exclude(name='Lead 5')",
        "lead.status = 'way'",
        "batch.append(lead)",
        "if len(batch) > 70:",
        "    Lead.objects.bulk_update(batch, ['status'], batch_size=9)",
        "    batch = []",
        save=None,
    )
    + "\n    if len(batch) > 0:\n        Lead.objects.bulk_update(batch, ['status'])",
    "cast": "Lead.objects.filter(owner=5).update(name=Concat(Value('L'), Cast('pk', CharField())))",
    "duplicates": "Call = apps.get_model('crm', 'Call')\n    fields = ['seconds', 'note']\n"
    "    found = Call.objects.filter(seconds__gt=40).values(*fields).annotate(n=Count('id'), last=Max('id')).filter(n__gt=1)\n"
    "    for row in found:\n        print(row)\n"
    "        Call.objects.filter(seconds__gt=40, **{one: row[one] for one in fields}).exclude(pk=row['last']).delete()",
    "duplicates_of_null": "Call = apps.get_model('crm', 'Call')\n"
    "    for row in Call.objects.values('seconds').order_by().annotate(first=Min('pk')):\n"
    "        Call.objects.filter(seconds=row['seconds']).exclude(id=row['first']).delete()",
    "duplicates_by_keys": "Call = apps.get_model('crm', 'Call')\n"
    "    for row in Call.objects.filter(seconds__gt=45).values('note').annotate(n=Count('id')).filter(n__gt=1):\n"
    "        keys = list(Call.objects.filter(seconds__gt=45, note=row['note']).order_by('-id').values_list('id', flat=True)[1:])\n"
    "        Call.objects.filter(id__in=keys).delete()",
    "delete": "apps.get_model('crm', 'Call').objects.filter(seconds__lt=20).delete()",
    "delete_null": "apps.get_model('crm', 'Call').objects.using(schema_editor.connection.alias).exclude(seconds=7).delete()",
}
WITH_STATEMENT = ("isnull", "case", "not_related", "delete_null")
STATEMENT = """migrations.RunSQL("UPDATE crm_owner SET name = '%s'", reverse_sql="UPDATE crm_owner SET name = ''"),"""
ROWS = """
INSERT INTO crm_owner SELECT n, 'Owner ' || n FROM generate_series(1, 9) AS n;
INSERT INTO leads (id, status, name, email, score, active, owner_id)
SELECT n, (ARRAY['new', 'won', 'lost', NULL])[1 + n % 4], NULLIF('Lead ' || n % 300, 'Lead 7'),
    CASE WHEN n % 6 = 0 THEN NULL ELSE 'A_Mail' || n % 80 END, NULLIF(n % 61, 8), (ARRAY[true, false, NULL])[1 + n % 3],
    NULLIF(n % 9, 0) FROM generate_series(1, 3000) AS n;
INSERT INTO crm_call SELECT n, NULLIF(n % 50, 5), 'Call' FROM generate_series(1, 1000) AS n;
"""


def migration(before: str, body: str, *, statement: bool) -> str:
    """A function, and where asked for a statement beside it that is moved as well."""
    return (
        "from django.db import migrations\nfrom django.db.models import Case, CharField, Count, F, Max, Min, OuterRef, Q, Subquery, Value, When\nfrom django.db.models.functions import Cast, Concat, Lower\n\n\n"
        f'def forwards(apps, schema_editor):\n    Lead = apps.get_model("crm", "Lead")\n    Owner = apps.get_model("crm", "Owner")\n    {body}\n\n\n'
        f'class Migration(migrations.Migration):\n    dependencies = [("crm", "{before}")]\n'
        "    operations = [\n        migrations.RunPython(forwards, migrations.RunPython.noop),\n"
        + (f"        {STATEMENT}\n" % before if statement else "")
        + "    ]\n"
    )


def test_querysets_are_moved(tmp_path: Path, server: Server) -> None:
    """Each migration builds on what the one before has left, and each backfill on the one before it."""
    project = django_project(tmp_path)
    with server.fresh() as template:
        migrate(project, server.url(template))
        server.execute(ROWS, template)
        before = "0001_initial"
        for number, (name, body) in enumerate(FUNCTIONS.items(), 2):
            project.put(
                f"crm/migrations/{number:04}_{name}.py", migration(before, body, statement=name in WITH_STATEMENT)
            )
            before = f"{number:04}_{name}"
        project.commit()
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(project, server.url(old))
            moved = project.guard("move", "--all", "--write")
            count = len(FUNCTIONS) + len(WITH_STATEMENT)
            # one is saved on the way too
            assert f"{count + 1} moved (written), {len(WITH_STATEMENT)} refused" in moved.stdout, (
                moved.stdout + moved.stderr
            )
            assert "migrations.RunSQL(migrations.RunSQL.noop, reverse_sql=" in project.text(
                f"crm/migrations/{before}.py"
            )
            migrate(project, server.url(new))
            assert tables(server.url(new)) == tables(server.url(template))
            done = project.guard("backfill", "run", "--all", "--strict", DATABASE_URL=server.url(new))
            assert done.returncode == 0, done.stdout + done.stderr
            assert len(re.findall(r"[1-9][\d,]* changed", done.stdout)) == count, done.stdout
            assert tables(server.url(new)) == tables(server.url(old)) != tables(server.url(template))


def django_project(folder: Path) -> Project:
    project = Project(folder)
    for stem in ("1a", "2b", "3c"):
        (folder / "versions" / f"{stem}.py").unlink()
    (folder / "crm" / "migrations").mkdir(parents=True)
    for name, text in {"__init__": "", "migrations/__init__": "", "migrations/0001_initial": INITIAL}.items():
        project.put(f"crm/{name}.py", text)
    project.put("settings.py", SETTINGS)
    return project


def migrate(project: Project, url: str, *target: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "django", "migrate", "--verbosity=0", *target]
    project.run(command, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="settings", PYTHONPATH=str(project.folder))


def tables(url: str) -> list[str]:
    with connected(url) as connection:
        return [checksum_of(connection, table) for table in ("leads", "crm_call", "crm_owner")]
