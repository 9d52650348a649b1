"""Changes of Django's that become no function, as they depend on what runs before or behind them, each with what is said of it."""

from __future__ import annotations

ORDER: dict[str, tuple[str, str]] = {
    "new rows before it": (
        "owner = Owner.objects.create(name='x')\nLead.objects.filter(owner=None).update(owner=owner)",
        "another change",
    ),
    "a block with an end": (
        "with locked():\n    Lead.objects.filter(name=str(apps)).update(status='x')",
        "a block of `with locked()`",
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
    "an end in a block": (
        "with locked():\n    if Owner.objects.count():\n        return\nLead.objects.filter(score=1).update(status='x')",
        "where a `with` before it returns",
    ),
    "an end in a try": (
        "try:\n    Owner.objects.get(pk=1)\nexcept Owner.DoesNotExist:\n    return\nLead.objects.filter(score=1).update(status='x')",
        "where a `try` before it returns",
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
    "what a call does besides": (
        "for lead in Lead.objects.all():\n    lead.status = str(lead.name)\n    lead.save()\n    locked(lead)",
        "another change",
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
}
