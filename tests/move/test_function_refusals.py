"""What of Django's changes does not become a function: it would do something else for some rows than for all of them."""

from __future__ import annotations

from pathlib import Path

from migration_guard.move.plan import Refusal
from move.planning import planned
from move.refused import CONVERTED, ROWS
from move.refused_order import ORDER
from move.test_django import INITIAL

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


REFUSED = {**ROWS, **CONVERTED, **ORDER}


def test_they_are_refused(tmp_path: Path) -> None:
    assert len(REFUSED) == len(ROWS) + len(CONVERTED) + len(ORDER)
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
