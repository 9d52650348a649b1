"""Loops that SQL does not say, moved as functions: Django's own migrations on one database, the backfills on another."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from backfill.server import Server

from migration_guard.move.schema import Schema
from migration_guard.rewriting.carried import taken_along
from migration_guard.rewriting.elsewhere import Elsewhere
from move.test_command import Project
from move.test_django import ROWS, django_project, migrate, tables

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
    "mapping": """for old, new in {"new": "fresh", "won": "sold"}.items():
        Lead.objects.filter(status=old).update(status=new)""",
    "of_the_owner": """for owner in Owner.objects.exclude(name=None):
        Lead.objects.filter(owner=owner, score__gt=3).update(email=owner.name)""",
    "by_branches": """for owner in Owner.objects.exclude(name=None):
        if owner.pk % 2:
            Lead.objects.filter(owner=owner).update(status=owner.name[-1:])
        else:
            Lead.objects.filter(owner=owner, score__gt=5).update(status=owner.name[:2])""",
    "in_batches": """while True:
        ids = list(Lead.objects.filter(name=None).values_list("pk", flat=True)[:7])
        if not ids:
            break
        Lead.objects.filter(pk__in=ids).update(name="none")""",
    "named_values": """for lead in Lead.objects.filter(score__gt=20):
        lead.email = f"{lead.name=}"
        lead.save()""",
    "one_row": """lead = Lead.objects.get(pk=5)
    lead.name = "five"
    lead.score = 5
    lead.save()""",
    "rows_by_key": """for key, name in [(1, "one"), (2, "two"), (7, "seven")]:
        lead = Lead.objects.get(pk=key)
        lead.name = name
        lead.save(update_fields=["name"])""",
    "keys_one_by_one": """for pk in Lead.objects.filter(score__gt=90).values_list("pk", flat=True):
        Lead.objects.filter(pk=pk).update(status="high")""",
    "values_one_by_one": """for row in Lead.objects.exclude(email=None).values("id", "email"):
        Lead.objects.filter(id=row["id"]).update(name=row["email"])""",
    "while_there_are_some": """while Lead.objects.filter(score=None).exists():
        keys = Lead.objects.filter(score=None).values_list("pk", flat=True)[:7]
        Lead.objects.filter(pk__in=list(keys)).update(score=0)""",
    "calls_deleted": """for call in Call.objects.filter(seconds__lt=30):
        call.delete()""",
    "rows_that_may_be_missing": """for key, name in [(3, "three"), (7000, "none")]:
        try:
            lead = Lead.objects.get(pk=key)
            lead.name = name
            lead.save()
        except Lead.DoesNotExist:
            pass""",
    "a_row_that_may_be_missing": """try:
        lead = Lead.objects.get(pk=9)
        lead.name = "nine"
        lead.save()
    except Lead.DoesNotExist:
        pass""",
    "nested": """for owner in Owner.objects.exclude(name=None):
        title = slugify(owner.name)
        for lead in owner.lead_set.filter(score__gt=7):
            lead.status = f"of {title}"[:20]
            lead.save()""",
    "nested_and_updated": """for owner in Owner.objects.order_by("id"):
        owner.lead_set.filter(score__lt=5).update(email=slugify(owner.name))""",
    "counted": """done = 0
    for number, lead in enumerate(Lead.objects.exclude(name=None)):
        lead.name = slugify(lead.name)
        lead.save()
        done += 1
        print(number, done)""",
    "updated_in_a_loop": """for owner in Owner.objects.order_by("id"):
        Lead.objects.filter(owner=owner, score__lt=9).update(name=slugify(owner.name) + "!")""",
    "run_time": """first = Owner.objects.order_by("id").first()
    Lead.objects.filter(owner__isnull=True).update(owner=first, name=slugify(first.name))""",
    "by_key_in_a_loop": """for owner in Owner.objects.all():
        try:
            lead = Lead.objects.get(pk=owner.pk + 20)
        except Lead.DoesNotExist:
            continue
        lead.name = slugify(owner.name)
        lead.save()""",
    "bulk_updated_in_a_loop": """for owner in Owner.objects.all():
        batch = []
        for lead in owner.lead_set.all():
            lead.email = slugify(lead.name or "none")
            batch.append(lead)
        Lead.objects.bulk_update(batch, ["email"])""",
    "saved_on_the_way": """batch = []
    for lead in Lead.objects.filter(score__gt=5).iterator():
        lead.email = slugify(f"way {lead.name}")
        batch.append(lead)
        if len(batch) >= 30:
            Lead.objects.bulk_update(batch, ["email"])
            batch.clear()
    if batch:
        Lead.objects.using(schema_editor.connection.alias).bulk_update(batch, ["email"])
        print(len(batch))""",
    "deleted_with_others": """keys = [int(one) for one in re.findall("[0-9]", "2, 3")]
    Owner.objects.filter(pk__in=keys).delete()""",
    "key_by_key": """for key in Lead.objects.filter(score__gt=2).values_list("pk", flat=True):
        lead = Lead.objects.get(pk=key)
        lead.status = slugify(f"{lead.name} {key}")[:20]
        lead.save()""",
    "written_as_a_whole": """leads = Lead.objects.filter(score__lt=70).select_related("owner")
    for lead in leads:
        lead.email = slugify(lead.owner.name) if lead.owner else "nobody"
    Lead.objects.bulk_update(leads, ["email"], batch_size=50)""",
    "either": """found = Lead.objects.filter(score__lt=20) | Lead.objects.filter(score__gt=60)
    for lead in found.distinct():
        lead.status = slugify(lead.name or "none")[:20]
        lead.save(update_fields=["status"])""",
    "converted": """def convert(row):
        if not row.name:
            return row
        row.email = slugify(f"to {row.name}")
        return row

    Lead.objects.bulk_update([convert(lead) for lead in Lead.objects.filter(score__gt=6)], ["email"], batch_size=40)""",
    "rows_of_a_list": """rows = [lead for lead in Lead.objects.exclude(name=None)]
    for lead in rows:
        lead.name = slugify(lead.name)
    Lead.objects.bulk_update(rows, ["name"])""",
    "by_chance_where_there_is_none": """for lead in Lead.objects.filter(status=None, score__gt=1):
        lead.status = "chance" + uuid.uuid4().hex[:0]
        lead.save()""",
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
        f"    Owner = apps.get_model('crm', 'Owner')\n    Call = apps.get_model('crm', 'Call')\n    {body}\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("crm", "{before}")]\n'
        f"    operations = [\n        {field}migrations.RunPython(forwards, migrations.RunPython.noop),\n    ]\n"
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of Django's."""
    return django_project(tmp_path)


def test_loops_become_functions(project: Project, server: Server) -> None:
    with server.fresh() as template:
        migrate(project, server.url(template))
        server.execute(ROWS.replace("3000", "120"), template)
        for number, (name, body) in enumerate(LOOPS.items(), 2):
            project.put(f"crm/migrations/{number:04}_{name}.py", migration(number, name, body))
        project.commit()
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(project, server.url(old))
            moved = project.guard("move", "--all", "--write")
            both = f"{len(LOOPS) + 2} moved (written), 0 refused"  # two make two changes
            assert both in moved.stdout, moved.stdout + moved.stderr
            migrate(project, server.url(new))
            environment = {
                "DATABASE_URL": server.url(new), "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project.folder),
            }  # fmt: skip
            done = project.guard("backfill", "run", "--all", "--strict", **environment)
            assert done.returncode == 0, done.stdout + done.stderr + project.text("backfills.py")
            assert tables(server.url(new)) == tables(server.url(old)) != tables(server.url(template))


STANDS_ALONE = (
    "row.a = f(row.b)",
    "x = row.b\nif x:\n    y = x.strip()\nelse:\n    y = ''\nrow.a = y",
    "try:\n    x = json.loads(row.b)\nexcept ValueError:\n    continue\nrow.a = x['a']",
    "for part in row.b:\n    if part:\n        break\nrow.a = [one for one in row.b]",
    "row.data['x'] = names.get(row.b)",
    "data = row.data\nif 'x' in data:\n    data['y'] = data['x']\nrow.data = data",
    "row.a = row.data['a']",
    "old = row.b.replace('x', 'y')\nrow.c = row.c.strip()\nrow.b = old",
    "found = []\nfor part in row.b:\n    found.append(part)\nrow.a = found",
    "changed.append(row)",
    "row.a = Model.objects.filter(b=row.b).count()",
    "row.a = row.a.replace('{date}', '{expire_date}')",
    "if row.b:\n    with transaction.atomic() as held:\n        row.a = row.b",
    "row.a = ['p']\nif row.b:\n    row.a.append('n')\nrow.a += ['q']",
    "if 'x' not in row.a:\n    row.a = ','.join(row.a.split(',') + ['x'])",
    "if 'x' not in row.a:\n    row.a.append('x')",
    "row.a = row.b\nrow.c = row.a",
    "if row.b:\n    row.a = row.b\n    row.b = ''",
    "best = None\nfor one in row.calls.all():\n    if best is None or one.n > best.n:\n        best = one\nrow.a = best.n",
    "for one in row.calls.order_by('n'):\n    last = one.n\nrow.a = 1",
)
DOES_NOT = (
    ("old = row.a\nrow.a = row.b\nrow.b = old", "from the one that stands there"),
    ("row.a, row.b = row.b, row.a", "from the one that stands there"),
    ("row.a = row.b\nrow.b = ''", "from the one that stands there"),
    ("old = row.a\nrow.a = 'x'\nrow.b = old", "from the one that stands there"),
    ("last = None\nfor one in row.calls.all():\n    last = one.n\nrow.a = last", "the last of other rows"),
    ("if row.b:\n    x = row.b\nrow.a = x", "carries x from row to row"),
    ("with suppress(KeyError):\n    x = row.b['x']\nrow.a = x", "carries x from row to row"),
    *(
        [("try:\n    x = row.b['x']\nexcept* KeyError:\n    pass\nrow.a = x", "carries x from row to row")]
        if sys.version_info >= (3, 11)
        else []
    ),
    ("n += 1\nrow.a = n", "carries n from row to row"),
    ("row.a = names.setdefault(row.b, row.c)", "puts something into names"),
    ("names[row.b] = row.c\nrow.a = 1", "puts something into names"),
    ("row.a = f(names)", "hands something on"),
    ("row.a = next(names)", "hands something on"),
    ("if row.b:\n    break\nrow.a = 1", "ends at one of the rows"),
    ("row.a = Model.objects.filter(a=row.b).count()", "reads other rows"),
    ("row.a = row.parent.a", "reads other rows"),
    ("row.a = row.other.rows.first().a", "reads other rows"),
    ("row.a = row.a + 1", "computes each value from the one that stands there"),
    ("row.a += 'x'", "computes each value from the one that stands there"),
    ("row.a = f'x{row.a}'", "computes each value from the one that stands there"),
    ("row.a = '{}x'.format(row.a)", "computes each value from the one that stands there"),
    ("row.a = '-'.join([row.a, 'x'])", "computes each value from the one that stands there"),
    ("row.a = row.a.replace('a', 'aa')", "computes each value from the one that stands there"),
    ("row.a = [*row.a, 1]", "computes each value from the one that stands there"),
    ("row.a.append('x')", "computes each value from the one that stands there"),
    ("row.a['x'].append('x')", "computes each value from the one that stands there"),
    ("with pytest.raises(KeyError):\n    x = row.b['x']\nrow.a = x", "carries x from row to row"),
    ("with swallow():\n    x = row.b['x']\nrow.a = x", "carries x from row to row"),
    ("if row.b:\n    row.a = ['p']\nrow.a.append('n')", "from the one that stands there"),
    ("row.a = sorted(row.a)\nrow.a.append('n')", "from the one that stands there"),
    ("row.a.append('n')\nrow.a = ['p']", "from the one that stands there"),
    ("if 'x' not in row.b:\n    row.a = row.a + 'x'", "from the one that stands there"),
    ("if 'x' not in row.a:\n    row.a = row.a + 'y'", "from the one that stands there"),
    ("if 'x' not in row.a:\n    row.a += 'x'\nelse:\n    row.a += 'z'", "from the one that stands there"),
    ("row.a = row.a['x']", "from the one that stands there"),
    ("old = row.a\nrow.a = {'new': old['old']}", "from the one that stands there"),
    ("old = row.a\nnew = {}\nfor one in old['x']:\n    new['y'] = one\nrow.a = new", "from the one that stands there"),
    ("new = []\nfor one in row.a:\n    new.append(f'x{one}')\nrow.a = new", "from the one that stands there"),
    ("row.a = uuid.uuid4()", "another value each time"),
    ("row.a = Codes.generate_code()", "another value each time"),
    ("row.a = timezone.now()", "depends on the time of running"),
    ("row.a = requests.get(row.b).text", "reaches beyond the database"),
    ("row.a = f(row.b)\nnotify(row)", r"what notify() does is not seen"),
    ("row.a = f(row.b)\npost_save.send(sender=Model, instance=row)", "what send() does is not seen"),
    ("row.a = f(row.b)\ntasks.index.delay(row.pk)", "what delay() does is not seen"),
)


def carried(body: str) -> str | None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    whole = ast.parse(f"for row in Model.objects.filter(pk__in=ids):\n{lines}\n")
    (loop,) = whole.body
    assert isinstance(loop, ast.For)
    setup = ast.parse(
        "names = {one.pk: one for one in Other.objects.all()}\nn = 0\nchanged = []\nModel = apps.get_model('crm', 'Row')"
    )
    elsewhere = Elsewhere("crm.Row", "crm_row", {"rows", "parent"}, {"a"}, "row")
    return taken_along(loop, setup, ast.parse(""), "row", frozenset({"changed"}), fills=False) or elsewhere.read(
        setup, whole, ast.parse("")
    )


@pytest.mark.parametrize("body", STANDS_ALONE)
def test_rows_that_stand_each_for_itself(body: str) -> None:
    assert carried(body) is None


@pytest.mark.parametrize(("body", "reason"), DOES_NOT)
def test_rows_that_do_not(body: str, reason: str) -> None:
    assert reason in str(carried(body))


def test_tables_are_those_of_the_app_s_label_and_of_the_model_s_options(project: Project) -> None:
    project.put("crm/apps.py", 'class Crm(AppConfig):\n    label = "sales"\n')
    project.put(
        "crm/migrations/0002_more.py",
        "class Migration(migrations.Migration):\n    operations = [migrations.AddField('Lead', 'slug', models.TextField(null=True))]\n",
    )
    schema = Schema(project.folder / "crm/migrations/0002_more.py", project.folder)
    assert schema.facts("leads").column("slug").new
    assert "seconds" in schema.facts("sales_call").columns


def test_a_neighbour_that_cannot_be_read_is_told(project: Project) -> None:
    project.put(
        "crm/migrations/0002_broken.py", "operations = [AddField('Lead', 'slug' models.TextField())]  # crm_owner\n"
    )
    project.put("crm/migrations/0003_odd.sql", "ALTER TABLE leads SOMETHING ODD;")
    schema = Schema(project.folder / "crm/migrations/0001_initial.py", project.folder)
    (told,) = schema.unread("crm_owner")
    assert told == "0002_broken.py may say more of crm_owner, and is not read: Python does not read it (SyntaxError)"
    assert "0003_odd.sql may say more of leads" in " ".join(schema.unread("leads"))
    assert schema.unread("crm_call") == ()
