"""What of Django's changes does not become a function: it would do something else for some rows than for all of them."""

from __future__ import annotations

from pathlib import Path

from migration_guard.move.plan import Refusal
from move.planning import planned
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
    "by chance, where there may be one": (
        (
            "import uuid\nfor lead in Lead.objects.exclude(email__isnull=True, name='x'):\n    lead.email = uuid.uuid4().hex\n"
            "    lead.save()"
        ),
        "another value each time",
    ),
    "by chance, of which one is asked": (
        (
            "import uuid\nfor lead in Lead.objects.filter(email=None):\n    lead.email = lead.name = uuid.uuid4().hex\n"
            "    lead.save()"
        ),
        "another value each time",
    ),
    "converted, and counted": (
        (
            "def convert(row):\n    row.score = row.score + 1\n    return row\n"
            "done = Lead.objects.bulk_update([convert(one) for one in Lead.objects.all()], ['score'])\nprint(done)"
        ),
        "",
    ),
    "converted, by name": (
        (
            "def convert(row):\n    row.score = row.score + 1\n    return row\n"
            "Lead.objects.bulk_update(objs=[convert(one) for one in Lead.objects.all()], fields=['score'])"
        ),
        "made in another way",
    ),
    "converted, and another one given back": (
        (
            "def convert(row):\n    return Lead.objects.filter(name=row.name).first()\n"
            "Lead.objects.bulk_update([convert(one) for one in Lead.objects.all()], ['status'])"
        ),
        "may give back other ones",
    ),
    "converted, with a second row": (
        (
            "def convert(row, other):\n    other.status = row.name\n    return other\n"
            "Lead.objects.bulk_update([convert(one, first) for one in Lead.objects.all()], ['status'])"
        ),
        "is not seen",
    ),
    "converted, and added to": (
        (
            "def convert(row):\n    row.score = row.score + 1\n    return row\n"
            "Lead.objects.bulk_update([convert(one) for one in Lead.objects.all()], ['score'])"
        ),
        "each value from the one that stands there",
    ),
    "converted, and kept": (
        (
            "seen = []\ndef convert(row):\n    row.status = str(len(seen))\n    seen.append(row)\n    return row\n"
            "Lead.objects.bulk_update([convert(one) for one in Lead.objects.all()], ['status'])"
        ),
        "puts something into seen",
    ),
    "converted, to another key": (
        (
            "def convert(row):\n    row.pk = row.score\n    row.status = str(row.name)\n    return row\n"
            "Lead.objects.bulk_update([convert(one) for one in Lead.objects.all()], ['status'])"
        ),
        "another key",
    ),
    "converted, the first ten": (
        (
            "def convert(row):\n    row.status = str(row.name)\n    return row\n"
            "Lead.objects.bulk_update([convert(one) for one in Lead.objects.all()[:10]], ['status'])"
        ),
        "cannot be narrowed",
    ),
    "converted, in pieces of its own": (
        (
            "def batched(rows, size):\n    yield list(rows)[:size]\ndef convert(row):\n    row.status = str(row.name)\n    return row\n"
            "for batch in batched(Lead.objects.all(), 50):\n"
            "    Lead.objects.bulk_update([convert(one) for one in batch], ['status'])"
        ),
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
        "which a second run would make again",
    ),
    "new rows before it": (
        "owner = Owner.objects.create(name='x')\nLead.objects.filter(owner=None).update(owner=owner)",
        "another change",
    ),
    "a block with an end": (
        "with locked():\n    Lead.objects.filter(name=str(apps)).update(status='x')",
        "a block of `with locked()`",
    ),
    "itself, by a variable": (
        "more = F('score') + len(apps.app_configs)\nLead.objects.update(score=more)",
        "from the one that stands there",
    ),
    "itself, by a function": (
        "Lead.objects.update(score=one_more(len(apps.app_configs)))",
        "from the one that stands there",
    ),
    "itself, in steps": (
        "for lead in Lead.objects.all():\n    n = lead.score\n    n = n + len(lead.name)\n    lead.score = n\n    lead.save()",
        "from the one that stands there",
    ),
    "places, by a variable": (
        "place = Window(RowNumber())\nfor lead in Lead.objects.annotate(place=place):\n    lead.score = lead.place\n    lead.save()",
        "cannot be narrowed",
    ),
    "what a function keeps": (
        "for lead in Lead.objects.all():\n    lead.status = numbered(lead)\n    lead.save()",
        "puts something into seen",
    ),
    "what it writes, in a text put together": (
        (
            "cursor = schema_editor.connection.cursor()\ncursor.execute(f'SELECT max(status) FROM {Lead._meta.db_table}')\n"
            "top = cursor.fetchone()[0]\nLead.objects.filter(score=1).update(status=top)"
        ),
        "other rows",
    ),
    "another change on the way": (
        (
            "cursor = schema_editor.connection.cursor()\ncursor.execute('UPDATE owners SET name = 1')\n"
            "Lead.objects.filter(score=1).update(status=str(cursor.rowcount))"
        ),
        "another change",
    ),
    "a block that swallows errors": (
        "with suppress(ValueError):\n    for lead in Lead.objects.all():\n        lead.score = int(lead.name)\n        lead.save()",
        "a block of `with suppress(ValueError)`",
    ),
    "another database": (
        "for lead in Lead.objects.using('legacy'):\n    lead.status = str(lead.name)\n    lead.save()",
        "the database 'legacy'",
    ),
    "another database, by a variable": (
        "alias = 'legacy'\nLead.objects.using(alias).filter(score=1).update(status='x')",
        "the database 'legacy'",
    ),
    "SQLite's alone": (
        (
            "tables = schema_editor.connection.introspection.table_names()\n"
            "if schema_editor.connection.vendor == 'sqlite' and 'x' not in tables:\n    Lead.objects.update(status='x')"
        ),
        "does not run on PostgreSQL",
    ),
    "an end in a block": (
        "with locked():\n    if Owner.objects.count():\n        return\nLead.objects.filter(score=1).update(status='x')",
        "where a `with` before it returns",
    ),
    "an end in a try": (
        "try:\n    Owner.objects.get(pk=1)\nexcept Owner.DoesNotExist:\n    return\nLead.objects.filter(score=1).update(status='x')",
        "where a `try` before it returns",
    ),
    "an end by rows, inside of a condition of the schema": (
        (
            "if schema_editor.connection.vendor != 'sqlite':\n    if Owner.objects.count():\n        return\n"
            "Lead.objects.filter(score=1).update(status='x')"
        ),
        "does not run on PostgreSQL",
    ),
    "an end by rows, if a table is there": (
        (
            "if 'x' in schema_editor.connection.introspection.table_names():\n    if Owner.objects.count():\n        return\n"
            "Lead.objects.filter(score=1).update(status='x')"
        ),
        "not come to if `Owner",
    ),
    "a case": (
        "match Owner.objects.count():\n    case 0:\n        Lead.objects.filter(score=1).update(status='x')",
        "in a case of",
    ),
    "numbers of a function": (
        "numbers = count()\ngive = lambda: next(numbers)\nfor lead in Lead.objects.all():\n    lead.score = give()\n    lead.save()",
        "keeps something from row to row",
    ),
    "numbers of a closure": (
        (
            "n = [0]\ndef give():\n    n[0] += 1\n    return n[0]\n"
            "for lead in Lead.objects.all():\n    lead.score = give()\n    lead.save()"
        ),
        "puts something into n",
    ),
    "numbers of an object": (
        "numbers = Numbers()\nfor lead in Lead.objects.all():\n    lead.score = numbers.give()\n    lead.save()",
        "an object of Numbers",
    ),
    "what it writes, by the class of a row": (
        "for lead in Lead.objects.all():\n    lead.status = unlike(lead)\n    lead.save()",
        "other rows",
    ),
    "what it writes, by a name of get_model": (
        (
            "get = apps.get_model\nOther = get('crm', 'Lead')\nfor lead in Lead.objects.all():\n"
            "    lead.status = str(Other.objects.filter(status='x').count())\n    lead.save()"
        ),
        "other rows",
    ),
    "the time by another name": (
        "for lead in Lead.objects.all():\n    lead.status = str(moment())\n    lead.save()",
        "time of running",
    ),
    "the time by a variable": (
        "give = now\nfor lead in Lead.objects.all():\n    lead.status = str(give())\n    lead.save()",
        "time of running",
    ),
    "what is done at the end of a transaction": (
        "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    transaction.on_commit(print)",
        "beyond the database",
    ),
    "a row that is saved twice": (
        "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    if lead.score:\n        lead.email = str(lead.name)\n        lead.save()",
        "more than once",
    ),
    "what a call does besides": (
        "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    locked(lead)",
        "another change",
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
        "for key in Lead.objects.values_list('score', flat=True):\n    lead = Lead.objects.get(pk=key)\n    lead.score = len(lead.name)\n    lead.save()",
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
    "if there are others": (
        "rows = Lead.objects.filter(score=1)\nif rows.exists():\n    Lead.objects.filter(score=2).update(status='x')",
        "runs only if `rows.exists()`",
    ),
    "if there are fewer": (
        "rows = Lead.objects.filter(score=1)\nif rows.filter(name='x').exists():\n    rows.update(status='x')",
        "runs only if",
    ),
    "if there are none": (
        "rows = Lead.objects.filter(score=1)\nif not rows.exists():\n    rows.update(status='x')",
        "runs only if",
    ),
    "if there are several": (
        "rows = Lead.objects.filter(score=1)\nif rows.count() > 1:\n    rows.update(status='x')",
        "runs only if",
    ),
    "if there were some, before more came": (
        (
            "rows = Lead.objects.filter(score=1)\nif rows.exists():\n    Lead.objects.filter(score=2).update(score=1)\n"
            "    rows.update(status='x')"
        ),
        "runs only if",
    ),
    "an end where there are some": (
        "rows = Lead.objects.filter(score=1)\nif rows.exists():\n    return\nrows.update(status='x')",
        "not come to if",
    ),
    "another key": (
        "for lead in Lead.objects.all():\n    lead.pk = lead.score\n    lead.status = str(lead.name)\n    lead.save()",
        "writes the key id",
    ),
    "models of the application within a scope": (
        "with scopes_disabled():\n    for lead in Lead.objects.all():\n        lead.status = str(Price.objects.filter(note=lead.name).count())\n        lead.save()",
        "whose scopes are switched off",
    ),
    "models of the application within a scope beside another block": (
        "with transaction.atomic(), scopes_disabled():\n    for lead in Lead.objects.all():\n        lead.status = str(Price.objects.filter(note=lead.name).count())\n        lead.save()",
        "whose scopes are switched off",
    ),
    "rows that are read before another change": (
        (
            "ids = []\nfor owner in Owner.objects.filter(name='x'):\n    ids.append(owner.pk)\n"
            "Owner.objects.filter(name='x').update(name='y')\nLead.objects.filter(owner__in=ids).update(status='z')"
        ),
        "before line 47 makes another change",
    ),
    "rows that are read through a relation before another change": (
        (
            "names = []\nfor lead in Lead.objects.filter(score=1):\n    names.append(lead.owner.name)\n"
            "Owner.objects.filter(name='x').update(name='y')\nLead.objects.filter(name__in=names).update(status='z')"
        ),
        "before line 47 makes another change",
    ),
    "rows that may be gone with others": (
        (
            "ids = []\nfor lead in Lead.objects.filter(score=1):\n    ids.append(lead.owner_id)\n"
            "Owner.objects.filter(name='x').delete()\nLead.objects.filter(owner__in=ids).update(status='z')"
        ),
        "before line 47 makes another change",
    ),
    "rows that a function out of sight reads": (
        (
            "ids = [one.pk for one in locked(apps, Owner.objects.all())]\n"
            "Owner.objects.filter(name='x').update(name='y')\nLead.objects.filter(owner__in=ids).update(status='z')"
        ),
        "before line",
    ),
    "rows that a lambda of the module reads": (
        (
            "ids = [one.pk for one in HELD['a'](apps)]\n"
            "Owner.objects.filter(name='x').update(name='y')\nLead.objects.filter(owner__in=ids).update(status='z')"
        ),
        "before line",
    ),
    "rows that a function imported on the way reads": (
        (
            "from crm.rows import some\nids = [one.pk for one in some(apps)]\n"
            "Owner.objects.filter(name='x').update(name='y')\nLead.objects.filter(owner__in=ids).update(status='z')"
        ),
        "before line",
    ),
    "rows that are saved only if something holds": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\nif Owner.objects.filter(name='q').exists():\n    Lead.objects.bulk_update(batch, ['status'])",
        "only if something holds",
    ),
    "rows that are saved only if there are many": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\nif len(batch) > 100:\n    Lead.objects.bulk_update(batch, ['status'])",
        "only if something holds",
    ),
    "rows that are saved only on the way": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\n    if len(batch) >= 1000:\n        Lead.objects.bulk_update(batch, ['status'])\n        batch = []",
        "used in another way",
    ),
    "rows that are thrown away on the way": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\n    if len(batch) >= 1000:\n        batch = []\nLead.objects.bulk_update(batch, ['status'])",
        "used in another way",
    ),
    "other fields on the way": (
        (
            "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\n    if len(batch) >= 9:\n        Lead.objects.bulk_update(batch, ['status', 'name'])\n        batch = []\n"
            "Lead.objects.bulk_update(batch, ['status'])"
        ),
        "used in another way",
    ),
    "rows of the last of others": (
        (
            "for owner in Owner.objects.all():\n    batch = []\n    for lead in owner.lead_set.all():\n"
            "        lead.status = str(lead.name)\n        batch.append(lead)\nLead.objects.bulk_update(batch, ['status'])"
        ),
        "used in another way",
    ),
    "a list that loses rows": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\nbatch.pop()\nLead.objects.bulk_update(batch, ['status'])",
        "used in another way",
    ),
    "a list that others may change": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\nlocked(batch)\nLead.objects.bulk_update(batch, ['status'])",
        "used in another way",
    ),
    "rows that are thrown away behind the loop": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\nif Owner.objects.count() > 5:\n    batch = []\nLead.objects.bulk_update(batch, ['status'])",
        "used in another way",
    ),
    "rows that are not saved where it ends early": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\nif Owner.objects.count() > 5:\n    return\nLead.objects.bulk_update(batch, ['status'])",
        "only if something holds",
    ),
    "rows that are changed when they are saved": (
        "batch = []\nfor lead in Lead.objects.all():\n    batch.append(lead)\n    if len(batch) >= 9:\n        Lead.objects.bulk_update(batch, ['status'])\n        batch = []\n    lead.status = 'k'\nLead.objects.bulk_update(batch, ['status'])",
        "behind where its list is saved",
    ),
    "the place in a list of rows": (
        "batch = []\nfor lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    batch.append(lead)\n    lead.score = len(batch)\nLead.objects.bulk_update(batch, ['status', 'score'])",
        "used in another way",
    ),
    "a row that it has made": ("Lead(pk=1, name='x').save()", "which is quick"),
}
HEAD = """from contextlib import suppress
from itertools import count

from django.db import migrations, transaction
from django.db.models import CharField, F, Max, Window
from django.db.models.functions import Cast, Now, Random, RowNumber
from django.utils.timezone import now
from django.utils.timezone import now as moment
from django_scopes import scopes_disabled
from elsewhere import locked
from shop.models import Price


class Numbers:
    n = 0

    def give(self):
        self.n += 1
        return self.n


KEPT = lambda apps: apps.get_model('crm', 'Owner').objects.filter(name='x')
HELD = dict(a=KEPT)


def unlike(row):
    while type(row).objects.filter(status=row.name).exists():
        row.name += "x"
    return row.name


def one_more(n):
    return F("score") + n


def numbered(lead, seen={}):
    seen[lead.name] = seen.get(lead.name, 0) + 1
    return str(seen[lead.name])


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
    last = {(stem, finding.operation.kind): made for stem, finding, made in planned(tmp_path) if finding.operation}
    plans = [(stem, made) for (stem, _), made in last.items()]
    for number, (name, (_, reason)) in enumerate(REFUSED.items(), 2):
        of = [one for stem, one in plans if stem == f"{number:04}_change"]
        told = [one.reason if isinstance(one, Refusal) else "MOVED" for one in of]
        assert of, name
        assert "MOVED" not in told, name
        assert any(reason in one for one in told), (name, told)
