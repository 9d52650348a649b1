"""Changes of Django's that become no function, as its rows do not stand for themselves, each with what is said of it."""

from __future__ import annotations

ROWS: dict[str, tuple[str, str]] = {
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
        "which a second run would make again",
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
    "an end by rows, inside of a condition of the schema": (
        (
            "if schema_editor.connection.vendor != 'sqlite':\n    if Owner.objects.count():\n        return\n"
            "Lead.objects.filter(score=1).update(status='x')"
        ),
        "does not run on PostgreSQL",
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
    "another key": (
        "for lead in Lead.objects.all():\n    lead.pk = lead.score\n    lead.status = str(lead.name)\n    lead.save()",
        "writes the key id",
    ),
    "a row that it has made": ("Lead(pk=1, name='x').save()", "which is quick"),
    "chance, where another table's column is empty": (
        (
            "import uuid\nfound = Owner.objects.filter(id__gt=1, name__isnull=True, id__lt=9)\n"
            "for lead in Lead.objects.filter(owner__in=found):\n    lead.name = uuid.uuid4().hex\n    lead.save()"
        ),
        "another value each time",
    ),
    "chance, where a text speaks of nothing": (
        (
            "import uuid\nfor lead in Lead.objects.filter(email='a AND name IS NULL AND b'):\n    lead.name = uuid.uuid4().hex\n"
            "    lead.save()"
        ),
        "another value each time",
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
}
CONVERTED: dict[str, tuple[str, str]] = {
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
}
