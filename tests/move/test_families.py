"""Loops that change several things for each of their rows, moved as one function: by Django on one database, by backfills on another."""

from __future__ import annotations

from pathlib import Path

from backfill.server import Server

from migration_guard.move.plan import Move
from move.planning import planned
from move.test_django import INITIAL, ROWS, django_project, migrate
from move.test_shapes import checksum_of, connected

MORE = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "Visit",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("lead", models.ForeignKey("crm.Lead", related_name="visits", null=True, on_delete=models.CASCADE)),
                ("host", models.ForeignKey("crm.Owner", related_name="hosted", null=True, on_delete=models.SET_NULL)),
                ("place", models.IntegerField(null=True)),
                ("note", models.TextField(null=True)),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            "Card",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("owner", models.OneToOneField("crm.Owner", on_delete=models.CASCADE)),
                ("text", models.TextField(null=True)),
            ],
        ),
        migrations.CreateModel(
            "Line",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("visit", models.ForeignKey("crm.Visit", on_delete=models.CASCADE)),
                ("number", models.IntegerField(null=True)),
                ("text", models.TextField(null=True)),
            ],
        ),
    ]
"""
MORE_ROWS = """
INSERT INTO crm_visit (id, lead_id, host_id, place, note)
SELECT n, NULLIF(1 + n * 7 % 120, 5), NULLIF(1 + n % 9, 4), NULLIF(n % 3, 2), CASE WHEN n % 5 = 0 THEN NULL ELSE 'Visit ' || n % 4 END
FROM generate_series(1, 200) AS n;
INSERT INTO crm_card (id, owner_id, text) SELECT n, n, NULLIF('Card ' || n, 'Card 3') FROM generate_series(1, 9) AS n;
INSERT INTO crm_line (id, visit_id, number, text) SELECT n, 1 + n * 3 % 200, n % 4, 'l' FROM generate_series(1, 300) AS n;
"""
TABLES = ("crm_owner", "leads", "crm_visit", "crm_card", "crm_line")
LOOPS = {
    "row_and_its_rows": """for lead in Lead.objects.filter(score__gt=3):
        lead.status = slugify(lead.name or "none")[:20]
        lead.save()
        lead.visits.update(note=lead.status)""",
    "numbered": """for lead in Lead.objects.all():
        for place, visit in enumerate(lead.visits.all()):
            visit.place = place + 1
            visit.save()""",
    "counted_in_order": """for lead in Lead.objects.all():
        number = 10
        for visit in lead.visits.order_by("-id"):
            for line in visit.line_set.filter(text="l"):
                line.number = number
                line.save(update_fields=["number"])
                number += 1""",
    "by_condition": """for owner in Owner.objects.order_by("name"):
        Visit.objects.filter(host=owner, place__isnull=True).update(note=slugify(owner.name))
        if owner.name.endswith("2"):
            Lead.objects.filter(owner_id=owner.pk).update(email=slugify(owner.name))""",
    "two_ways": """for owner in Owner.objects.all():
        if owner.name and "5" in owner.name:
            Lead.objects.filter(owner=owner, score__lt=30).update(name=slugify(owner.name))
        else:
            Lead.objects.filter(owner=owner).update(name="other")""",
    "one_of_two_saves": """for owner in Owner.objects.all():
        if owner.name.endswith("7"):
            owner.name = slugify(owner.name)
            owner.save()
        else:
            owner.name = owner.name.lower()
            owner.save(update_fields=["name"])
        owner.hosted.update(place=3)""",
    "one_to_one": """for owner in Owner.objects.all():
        card = owner.card
        card.text = slugify(owner.name)
        card.save()
        owner.name = owner.name.upper()
        owner.save()""",
    "all_but_the_first": """for lead in Lead.objects.all():
        for visit in lead.visits.order_by("id")[1:]:
            visit.note = f"again at {lead.pk}"
            visit.save()
        first = lead.visits.order_by("id").first()
        if first is not None:
            first.note = "first"
            first.save()""",
    "by_keys_read_before_another_table_changes": """hosts = []
    for owner in Owner.objects.filter(name__endswith="3"):
        hosts.append(owner.pk)
    Visit.objects.filter(place=2).update(note="two")
    Lead.objects.filter(owner__in=hosts).update(email="host")""",
    "rows_that_go": """for visit in Visit.objects.filter(place=1):
        visit.line_set.exclude(number=2).delete()
        visit.note = slugify(str(visit.line_set.count()))
        visit.save()""",
    "all_but_the_last_with_what_belongs_to_them": """for row in Lead.objects.values("name", "owner").annotate(n=Count("id"), last=Max("id")).filter(n__gt=1):
        Lead.objects.filter(name=row["name"], owner_id=row["owner"]).exclude(id=row["last"]).delete()""",
    "all_but_the_first_with_what_belongs_to_them": """for row in Visit.objects.values("note").order_by().annotate(n=Count("*")).filter(n__gt=1):
        rows = list(Visit.objects.filter(note=row["note"]).order_by("pk"))
        print(row["note"])
        for visit in rows[1:]:
            visit.delete()""",
}
HEAD = """from django.db import migrations
from django.db.models import Count, Max
from django.utils.text import slugify


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    Owner = apps.get_model("crm", "Owner")
    Visit = apps.get_model("crm", "Visit")
    Line = apps.get_model("crm", "Line")
    {body}


class Migration(migrations.Migration):
    dependencies = [("crm", "{before}")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
"""


def contents(url: str) -> tuple[str, ...]:
    with connected(url) as connection:
        return tuple(checksum_of(connection, table) for table in TABLES)


def test_a_row_is_changed_with_all_that_belongs_to_it(tmp_path: Path, server: Server) -> None:
    project = django_project(tmp_path)
    project.put("crm/migrations/0002_more.py", MORE)
    with server.fresh() as template:
        migrate(project, server.url(template))
        server.execute(ROWS.replace("3000", "120"), template)
        server.execute(MORE_ROWS, template)
        before = "0002_more"
        for number, (name, body) in enumerate(LOOPS.items(), 3):
            project.put(
                f"crm/migrations/{number:04}_{name}.py", HEAD.replace("{body}", body).replace("{before}", before)
            )
            before = f"{number:04}_{name}"
        project.commit()
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(project, server.url(old))
            moved = project.guard("move", "--all", "--write")
            assert "moved (written), 0 refused" in moved.stdout, moved.stdout + moved.stderr
            assert project.text("backfills.py").count("Backfill(\n") == len(LOOPS) + 1  # one makes two changes
            migrate(project, server.url(new))
            environment = {
                "DATABASE_URL": server.url(new), "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project.folder),
            }  # fmt: skip
            done = project.guard("backfill", "run", "--all", "--strict", **environment)
            assert done.returncode == 0, done.stdout + done.stderr + project.text("backfills.py")
            assert contents(server.url(new)) == contents(server.url(old)) != contents(server.url(template))


REFUSED = {
    "shared rows": "for visit in Visit.objects.all():\n    visit.lead.status = str(visit.note)\n    visit.lead.save()\n    visit.place = 1\n    visit.save()",
    "rows of a condition": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    Visit.objects.filter(note=lead.name).update(place=1)",
    "two ways to the same rows": "for owner in Owner.objects.all():\n    owner.hosted.update(note=str(owner.name))\n    for lead in owner.lead_set.all():\n        lead.visits.update(note=str(lead.name))",
    "what it writes, of others": "for lead in Lead.objects.all():\n    lead.status = str(Visit.objects.filter(note='x').count())\n    lead.save()\n    lead.visits.update(note=lead.status)",
    "from row to row": "total = 0\nfor lead in Lead.objects.all():\n    for visit in lead.visits.all():\n        total += 1\n        visit.place = total\n        visit.save()\n    lead.score = total\n    lead.save()",
    "sums": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    for visit in lead.visits.all():\n        visit.place += 1\n        visit.save()",
    "sums by a queryset": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    lead.visits.update(place=F('place') + 1)",
    "to which rows they belong": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    lead.visits.update(lead=lead.pk + 1)",
    "to which row one belongs": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    for visit in lead.visits.all():\n        visit.lead_id = lead.pk + 1\n        visit.save()",
    "another key": "for lead in Lead.objects.all():\n    lead.pk = lead.score\n    lead.status = str(lead.name)\n    lead.save()\n    lead.visits.update(note='x')",
    "new rows": "for lead in Lead.objects.all():\n    Visit.objects.create(lead=lead)\n    lead.status = str(lead.name)\n    lead.save()",
    "the first few": "for lead in Lead.objects.order_by('name')[:10]:\n    lead.status = str(lead.name)\n    lead.save()\n    lead.visits.update(note='x')",
    "any one": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    visit = lead.visits.all()[0]\n    visit.note = lead.name\n    visit.save()",
    "a variable of two kinds": "for lead in Lead.objects.all():\n    visit = lead.visits.first()\n    if visit is None:\n        visit = Visit.objects.order_by('id').first()\n    visit.note = lead.name\n    visit.save()\n    lead.status = str(lead.name)\n    lead.save()",
    "in no order": "for lead in Lead.objects.all():\n    place = 0\n    for visit in lead.visits.all().iterator():\n        place += 1\n        visit.place = place\n        visit.save()",
    "in no order, by what was seen": "for owner in Owner.objects.all():\n    seen = set()\n    for lead in owner.lead_set.all().iterator():\n        if lead.name not in seen:\n            lead.email = str(lead.name)\n            lead.save()\n        seen.add(lead.name)",
    "the last one, in no order": "for lead in Lead.objects.all():\n    for visit in lead.visits.all().iterator():\n        lead.status = str(visit.note)\n    lead.save()\n    lead.visits.update(note='x')",
    "numbers in their own order": "for owner in Owner.objects.all():\n    for number, lead in enumerate(owner.lead_set.order_by('score')):\n        lead.score = -number\n        lead.save()",
    "all but any one": "for owner in Owner.objects.all():\n    leads = list(owner.lead_set.all())\n    leads.pop()\n    for lead in leads:\n        lead.email = str(lead.name)\n        lead.save()",
    "one by what it writes": "for lead in Lead.objects.all():\n    visit = lead.visits.filter(note='x').first()\n    if visit is not None:\n        visit.note = str(lead.name)\n        visit.save()\n    lead.status = 'seen'\n    lead.save()",
    "by an order that it writes": "for lead in Lead.objects.all():\n    visit = lead.visits.order_by('place').first()\n    visit.place = lead.score\n    visit.save()",
    "a row that is written twice": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    lead.visits.update(note='x')\n    lead.email = str(lead.name)\n    lead.save(update_fields=['email'])",
    "an early end": "for lead in Lead.objects.all():\n    if lead.visits.filter(place=1).exists():\n        break\n    lead.status = str(lead.name)\n    lead.save()\n    lead.visits.update(note='x')",
    "mail": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    lead.visits.update(note='x')\n    send_mail('x', 'y', 'a@b.c', [lead.email])",
    "its own relatives": "for owner in Owner.objects.all():\n    for lead in owner.lead_set.all():\n        lead.owner = Owner.objects.filter(name=lead.name).first()\n        lead.save()\n    owner.name = str(owner.lead_set.count())\n    owner.save()",
    "rows that go with others": "for owner in Owner.objects.all():\n    owner.name = str(owner.pk)\n    owner.save()\n    owner.lead_set.filter(score=1).delete()",
    "all but a few": "for row in Lead.objects.values('name').annotate(n=Count('id')).filter(n__gt=1):\n    for lead in Lead.objects.filter(name=row['name']).order_by('id')[2:]:\n        lead.delete()",
    "all but the first of any": "for row in Lead.objects.values('name').annotate(n=Count('id')).filter(n__gt=1):\n    for lead in Lead.objects.filter(name=row['name'])[1:]:\n        lead.delete()",
    "of a larger group": "for row in Lead.objects.values('name', 'email').annotate(n=Count('id'), last=Max('id')).filter(n__gt=1):\n    Lead.objects.filter(name=row['name']).exclude(id=row['last']).delete()",
    "of other groups": "for row in Lead.objects.filter(status='x').values('name').annotate(n=Count('id'), last=Max('id')).filter(n__gt=1):\n    Lead.objects.filter(name=row['name']).exclude(id=row['last']).delete()",
    "where none is NULL": "for row in Lead.objects.values('name').annotate(n=Count('name'), last=Max('id')).filter(n__gt=1):\n    Lead.objects.filter(name=row['name']).exclude(id=row['last']).delete()",
    "of what it takes away": "for owner in Owner.objects.all():\n    owner.name = slugify(owner.name)\n    owner.save()\n    for lead in owner.lead_set.all():\n        lead.email = slugify(lead.name)\n        lead.name = None\n        lead.save()",
    "by other keys": "for row in Lead.objects.values('name').annotate(n=Count('id')).filter(n__gt=1):\n    keys = list(Lead.objects.filter(name=row['name']).order_by('id').values_list('owner_id', flat=True)[1:])\n    Lead.objects.filter(id__in=keys).delete()",
    "by keys, and more": "for row in Lead.objects.values('name').annotate(n=Count('id')).filter(n__gt=1):\n    keys = list(Lead.objects.filter(name=row['name']).order_by('id').values_list('id', flat=True)[1:])\n    Lead.objects.filter(id__in=keys, score=3).delete()",
    "by keys that are changed": "for row in Lead.objects.values('name').annotate(n=Count('id')).filter(n__gt=1):\n    keys = list(Lead.objects.filter(name=row['name']).order_by('id').values_list('id', flat=True)[1:])\n    keys.pop()\n    Lead.objects.filter(id__in=keys).delete()",
    "by keys in no order": "for row in Lead.objects.values('name').annotate(n=Count('id')).filter(n__gt=1):\n    keys = list(Lead.objects.filter(name=row['name']).values_list('id', flat=True)[1:])\n    Lead.objects.filter(id__in=keys).delete()",
    "of three": "for row in Lead.objects.values('name').annotate(n=Count('id'), last=Max('id')).filter(n__gt=2):\n    Lead.objects.filter(name=row['name']).exclude(id=row['last']).delete()",
    "raw SQL": "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    schema_editor.execute('UPDATE crm_visit SET note = NULL WHERE lead_id = 5')",
}


def test_what_may_belong_to_several_rows_stays(tmp_path: Path) -> None:
    folder = tmp_path / "crm" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "migration-guard.toml").write_text("")
    for name, text in {"__init__": "", "0001_initial": INITIAL, "0002_more": MORE}.items():
        (folder / f"{name}.py").write_text(text)
    for number, body in enumerate(REFUSED.values(), 3):
        head = HEAD.replace(
            "slugify\n", "slugify\nfrom django.core.mail import send_mail\nfrom django.db.models import F\n", 1
        )
        text = head.replace("{body}", body.replace("\n", "\n    ")).replace("{before}", "0002_more")
        (folder / f"{number:04}_change.py").write_text(text)
    plans = [(stem, made) for stem, _, made in planned(tmp_path)]
    for number, name in enumerate(REFUSED, 3):
        told = [one for stem, one in plans if stem == f"{number:04}_change"]
        assert told, name
        moved = [one.module_after.decode() for one in told if isinstance(one, Move)]
        assert not moved, (name, moved)
