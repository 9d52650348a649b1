"""Loops that make rows, moved as functions: by Django on one database, by backfills on another, and no row is made twice."""

from __future__ import annotations

from pathlib import Path

from backfill.server import Server

from migration_guard.move.plan import Move
from move.planning import planned
from move.test_django import INITIAL, ROWS, django_project, migrate
from move.test_families import HEAD, MORE, MORE_ROWS
from move.test_shapes import checksum_of, connected

UNIQUE = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_more")]
    operations = [
        migrations.CreateModel(
            "Label",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=60, unique=True)),
                ("kind", models.CharField(max_length=10, default="new")),
                ("leads", models.ManyToManyField("crm.Lead", related_name="labels")),
            ],
        ),
        migrations.CreateModel(
            "Pair",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("one", models.ForeignKey("crm.Lead", related_name="ones", on_delete=models.CASCADE)),
                ("other", models.ForeignKey("crm.Lead", null=True, related_name="others", on_delete=models.CASCADE)),
            ],
        ),
        migrations.AddField("Lead", "label", models.ForeignKey("crm.Label", null=True, on_delete=models.SET_NULL)),
    ]
"""
NUMBERS = "DELETE FROM crm_card WHERE id > 5;" + "".join(
    f"SELECT setval(pg_get_serial_sequence('{one}', 'id'), 1000);" for one in ("crm_visit", "crm_owner", "crm_card")
)
LOOPS = {
    "who_has_none": """for lead in Lead.objects.filter(visits__isnull=True):
        Visit.objects.create(lead=lead, note="first")""",
    "if_missing": """for lead in Lead.objects.filter(score__gt=3):
        Visit.objects.get_or_create(lead=lead, place=4)""",
    "with_defaults": """for lead in Lead.objects.order_by("id"):
        lead.visits.get_or_create(place=7, defaults={"note": slugify(lead.name or "none")})""",
    "asked_for": """for lead in Lead.objects.filter(score__lt=70):
        if not lead.visits.filter(place=2).exists():
            Visit.objects.create(lead=lead, place=2, note=lead.name)""",
    "asked_for_one_of_two_keys": """for lead in Lead.objects.filter(score__gt=2):
        pair = lead.others.first()
        if pair is None:
            Pair.objects.create(one_id=lead.pk, other=lead)""",
    "counted": """for owner in Owner.objects.all():
        if Card.objects.filter(owner=owner).count() == 0:
            Card.objects.create(owner=owner, text=slugify(owner.name))""",
    "updated_or_made": """for lead in Lead.objects.exclude(name=None):
        Visit.objects.update_or_create(lead_id=lead.pk, place=9, defaults={"note": lead.name[:3]})""",
    "made_and_linked": """for lead in Lead.objects.filter(owner__isnull=True):
        owner = Owner.objects.create(name=slugify(lead.name or "nobody"))
        lead.owner = owner
        lead.save(update_fields=["owner"])""",
    "made_and_marked": """for lead in Lead.objects.filter(status="new"):
        Visit.objects.create(lead=lead, note=lead.name)
        lead.status = "seen"
        lead.save()""",
    "moved_to_another_table": """for line in Line.objects.filter(number=3):
        Visit.objects.create(note=line.text, place=30)
        line.delete()""",
    "shared_by_a_unique_key": """for lead in Lead.objects.exclude(name=None):
        label, made = Label.objects.get_or_create(name=lead.name[:5])
        lead.label = label
        lead.save()""",
    "between": """for lead in Lead.objects.exclude(label=None):
        lead.labels.add(lead.label)""",
    "shared_without_a_unique_key": """for lead in Lead.objects.exclude(status=None):
        owner, _ = Owner.objects.get_or_create(name=lead.status.strip())
        lead.owner = owner
        lead.save()""",
    "got_or_made": """for lead in Lead.objects.filter(score__gt=5):
        try:
            owner = Owner.objects.get(name=f"of {lead.status}")
        except Owner.DoesNotExist:
            owner = Owner.objects.create(name=f"of {lead.status}")
        lead.owner = owner
        lead.save(update_fields=["owner"])""",
    "looked_for": """for line in Line.objects.filter(visit__lead__isnull=False):
        pair = line.visit.lead.ones.filter(other=None).first()
        if pair is None:
            pair = line.visit.lead.ones.create(other=None)
        line.text = f"with {pair.one.name}"
        line.save()""",
    "its_own_got_or_made": """for lead in Lead.objects.exclude(name=None):
        try:
            visit = Visit.objects.get(lead=lead, place=12)
        except Visit.DoesNotExist:
            visit = Visit.objects.create(lead=lead, place=12, note=lead.name)
        lead.email = slugify(lead.name)
        lead.save()""",
}
TABLES = (
    (
        "SELECT id, name, owner_id IS NULL AS alone, status, score, email, active, (SELECT o.name FROM crm_owner o WHERE o.id = owner_id) AS owner, "
        "(SELECT l.name FROM crm_label l WHERE l.id = label_id) AS label FROM leads"
    ),
    "SELECT lead_id, host_id, place, note FROM crm_visit",
    "SELECT owner_id, text FROM crm_card",
    "SELECT name FROM crm_owner",
    "SELECT name, kind FROM crm_label",
    "SELECT lead_id, (SELECT l.name FROM crm_label l WHERE l.id = label_id) AS label FROM crm_label_leads",
    "SELECT one_id, other_id FROM crm_pair",
    "SELECT * FROM crm_line",
)
"""All rows, without the numbers that new ones are given."""


def contents(url: str) -> tuple[str, ...]:
    with connected(url) as connection:
        for number, query in enumerate(TABLES):
            connection.exec_driver_sql(f"CREATE TEMPORARY VIEW seen_{number} AS {query}")
        return tuple(checksum_of(connection, f"seen_{number}") for number in range(len(TABLES)))


def head(body: str, before: str) -> str:
    models = 'Line = apps.get_model("crm", "Line")\n    Card = apps.get_model("crm", "Card")\n    Label = apps.get_model("crm", "Label")'
    models += '\n    Pair = apps.get_model("crm", "Pair")'
    return (
        HEAD.replace('Line = apps.get_model("crm", "Line")', models).replace("{body}", body).replace("{before}", before)
    )


def test_rows_are_made_once(tmp_path: Path, server: Server) -> None:
    project = django_project(tmp_path)
    project.put("crm/migrations/0002_more.py", MORE)
    project.put("crm/migrations/0003_unique.py", UNIQUE)
    with server.fresh() as template:
        migrate(project, server.url(template))
        server.execute(ROWS.replace("3000", "120"), template)
        server.execute(MORE_ROWS + NUMBERS, template)
        before = "0003_unique"
        for number, (name, body) in enumerate(LOOPS.items(), 4):
            project.put(f"crm/migrations/{number:04}_{name}.py", head(body, before))
            before = f"{number:04}_{name}"
        project.commit()
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(project, server.url(old))
            moved = project.guard("move", "--all", "--write")
            assert "moved (written), 0 refused" in moved.stdout, moved.stdout + moved.stderr
            assert project.text("backfills.py").count("Backfill(\n") == len(LOOPS)
            migrate(project, server.url(new))
            environment = {
                "DATABASE_URL": server.url(new), "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project.folder),
            }  # fmt: skip
            done = project.guard("backfill", "run", "--all", "--strict", **environment)
            assert done.returncode == 0, done.stdout + done.stderr + project.text("backfills.py")
            assert contents(server.url(new)) == contents(server.url(old)) != contents(server.url(template))


REFUSED = {
    "each run makes one": "for lead in Lead.objects.all():\n    Visit.objects.create(lead=lead)",
    "each run makes one, beside": "for lead in Lead.objects.all():\n    Visit.objects.create(lead=lead)\n    lead.status = str(lead.name)\n    lead.save()",
    "asked of others": "for lead in Lead.objects.all():\n    if not Visit.objects.filter(note=lead.name).exists():\n        Visit.objects.create(lead=lead, note=lead.name)",
    "asked for another one": "for lead in Lead.objects.all():\n    if not lead.visits.filter(place=2).exists():\n        lead.visits.create(place=3)",
    "made in the other branch": "for lead in Lead.objects.all():\n    if not lead.visits.exists():\n        lead.status = 'none'\n        lead.save()\n    else:\n        lead.visits.create(place=3)",
    "leaves at times": "for lead in Lead.objects.filter(status='old'):\n    Visit.objects.create(lead=lead)\n    if lead.name:\n        continue\n    lead.status = 'kept'\n    lead.save()",
    "leaves if": "for lead in Lead.objects.filter(status='old'):\n    Visit.objects.create(lead=lead)\n    if lead.name:\n        lead.status = 'kept'\n    lead.save()",
    "stays": "for lead in Lead.objects.filter(status='old'):\n    Visit.objects.create(lead=lead)\n    lead.name = 'kept'\n    lead.save()",
    "set to what it is": "for lead in Lead.objects.filter(status='old'):\n    Visit.objects.create(lead=lead)\n    lead.status = 'old'\n    lead.save()",
    "set back": "for lead in Lead.objects.filter(status='old'):\n    Visit.objects.create(lead=lead)\n    lead.status = 'kept'\n    if lead.name:\n        lead.status = 'old'\n    lead.save()",
    "linked to one that may be none": "for lead in Lead.objects.filter(owner=None):\n    Visit.objects.create(lead=lead)\n    lead.owner = Owner.objects.filter(name=lead.name).first()\n    lead.save()",
    "the first decides": "for lead in Lead.objects.all():\n    Label.objects.get_or_create(name=lead.name, defaults={'kind': lead.status})",
    "the last decides": "for lead in Lead.objects.all():\n    Label.objects.update_or_create(name=lead.name, defaults={'kind': lead.status})",
    "by what the loop writes": "for lead in Lead.objects.all():\n    Visit.objects.get_or_create(lead=lead, note=lead.status)\n    lead.status = str(lead.name)\n    lead.save()",
    "by a count": "for lead in Lead.objects.all():\n    Visit.objects.get_or_create(lead=lead, place=Visit.objects.count())",
    "its own table": "for lead in Lead.objects.all():\n    Lead.objects.get_or_create(owner_id=lead.owner_id, name='x')",
    "the rows between are asked for": "for lead in Lead.objects.all():\n    for label in lead.labels.all():\n        lead.labels.add(label.pk + 1)",
    "between others": "for label in Label.objects.all():\n    for lead in label.leads.all():\n        lead.labels.add(label)",
    "asked by another key": "for lead in Lead.objects.all():\n    if not Pair.objects.filter(other=lead).exists():\n        Pair.objects.create(one=lead)",
    "asked by another name": "for lead in Lead.objects.all():\n    if not lead.others.exists():\n        lead.ones.create()",
    "none by another key": "for lead in Lead.objects.filter(others__isnull=True):\n    Pair.objects.create(one=lead)",
    "asked, or else": "for lead in Lead.objects.all():\n    if not lead.visits.exists():\n        lead.visits.create()\n    else:\n        lead.status = slugify(lead.name)\n        lead.save()",
    "asked, and told": "for lead in Lead.objects.all():\n    has = lead.visits.exists()\n    if not has:\n        lead.visits.create()\n    lead.active = has\n    lead.save()",
    "made as another one": "for lead in Lead.objects.all():\n    Visit.objects.get_or_create(lead=lead, place=4, defaults={'place': 5})",
    "made another one": "for lead in Lead.objects.all():\n    values = dict(place=5)\n    Visit.objects.update_or_create(lead=lead, place=4, defaults=values)",
    "changed to another one": "for lead in Lead.objects.all():\n    Visit.objects.get_or_create(lead=lead, place=4)\n    lead.visits.filter(place=4).update(place=5)",
    "more each time": "for lead in Lead.objects.all():\n    Visit.objects.update_or_create(lead=lead, note='x', defaults={'place': F('place') + 1})",
    "updated by what the loop writes": "for lead in Lead.objects.all():\n    Visit.objects.update_or_create(lead=lead, place=4, defaults={'note': lead.status})\n    lead.status = slugify(lead.name)\n    lead.save()",
    "by what a function reads": "def key(one):\n    return one.status\nfor lead in Lead.objects.all():\n    Visit.objects.get_or_create(lead=lead, note=key(lead))\n    lead.status = slugify(lead.name)\n    lead.save()",
    "leaves, but is not saved": "for lead in Lead.objects.filter(status='old'):\n    Visit.objects.create(lead=lead)\n    lead.status = 'new'\n    lead.name = slugify(lead.name)\n    lead.save(update_fields=['name'])",
    "leaves when it is saved": "for lead in Lead.objects.filter(status='old'):\n    Visit.objects.create(lead=lead)\n    lead.name = slugify(lead.name)\n    lead.save()\n    lead.status = 'new'",
    "counted before": "for lead in Lead.objects.all():\n    lead.score = lead.visits.count()\n    lead.save()\n    Visit.objects.get_or_create(lead=lead, place=4)",
    "added by what the loop writes": "for lead in Lead.objects.all():\n    lead.labels.add(*Label.objects.filter(name=lead.status))\n    lead.status = slugify(lead.name)\n    lead.save()",
    "added by the other side": "for lead in Lead.objects.all():\n    lead.labels.add(*Label.objects.exclude(leads__isnull=False))",
    "added by the order of the other side": "for lead in Lead.objects.all():\n    lead.labels.add(Label.objects.order_by('leads').first())",
    "of other values than it looks for": "for lead in Lead.objects.exclude(name=None):\n    owner = Owner.objects.filter(name=lead.name).first()\n    if owner is None:\n        owner = Owner.objects.create(name=lead.email)\n    lead.owner = owner\n    lead.save()",
    "whose first decides": "for lead in Lead.objects.exclude(name=None):\n    try:\n        visit = Visit.objects.get(place=3)\n    except Visit.DoesNotExist:\n        visit = Visit.objects.create(place=3, note=lead.name)\n    lead.status = visit.note[:3]\n    lead.save()",
    "looked for by what is written": "for lead in Lead.objects.exclude(status=None):\n    owner, _ = Owner.objects.get_or_create(name=lead.status)\n    lead.owner = owner\n    lead.status = slugify(owner.name)\n    lead.save()",
    "counted besides": "for lead in Lead.objects.exclude(name=None):\n    owner, _ = Owner.objects.get_or_create(name=lead.name)\n    lead.owner = owner\n    lead.score = Owner.objects.count()\n    lead.save()",
    "of the time": "import datetime\nfor lead in Lead.objects.all():\n    Visit.objects.get_or_create(lead=lead, defaults={'note': str(datetime.datetime.now())})",
}


def test_rows_that_a_second_run_would_make_again_stay(tmp_path: Path) -> None:
    folder = tmp_path / "crm" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "migration-guard.toml").write_text("")
    for name, text in {"__init__": "", "0001_initial": INITIAL, "0002_more": MORE, "0003_unique": UNIQUE}.items():
        (folder / f"{name}.py").write_text(text)
    for number, body in enumerate(REFUSED.values(), 4):
        text = head(body.replace("\n", "\n    "), "0003_unique")
        (folder / f"{number:04}_change.py").write_text(f"from django.db.models import F\n{text}")
    plans = [(stem, made) for stem, _, made in planned(tmp_path)]
    for number, name in enumerate(REFUSED, 4):
        told = [one for stem, one in plans if stem == f"{number:04}_change"]
        assert told, name
        moved = [one.module_after.decode() for one in told if isinstance(one, Move)]
        assert not moved, (name, moved)
