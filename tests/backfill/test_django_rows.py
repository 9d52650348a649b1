"""Django's rows in a batch: what is saved is written where it differs from what was read last, and nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json
import sys

import django
import django.test.utils
from django.conf import settings

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, INSTALLED_APPS=[])
django.setup()
from django.db import connection, models
from migration_guard.backfill.django import _write_changes_only

class Lead(models.Model):
    name = models.TextField(null=True)
    at = models.DateTimeField(auto_now=True)
    class Meta:
        app_label = "crm"

with connection.schema_editor() as editor:
    editor.create_model(Lead)
_write_changes_only(Lead)
seen = {}
for done in json.loads(sys.argv[1]):
    Lead.objects.all().delete()
    Lead.objects.create(name="a")
    row = Lead.objects.get()
    with django.test.utils.CaptureQueriesContext(connection) as sent:
        exec(done)
    seen[done] = [sum(one["sql"].startswith("UPDATE") for one in sent), Lead.objects.get().name]
print(json.dumps(seen))
"""
ELSEWHERE = "Lead.objects.update(name='b')"
EXPECTED = {
    "row.save()": [0, "a"],
    "row.name = 'b'; row.save(); row.save()": [1, "b"],
    f"{ELSEWHERE}; row.refresh_from_db(); row.save()": [1, "b"],
    f"{ELSEWHERE}; row.refresh_from_db(); row.name = 'a'; row.save()": [2, "a"],
    f"{ELSEWHERE}; row.refresh_from_db(fields=['name']); row.name = 'a'; row.save()": [2, "a"],
    "row.name = 'b'; Lead.objects.bulk_update([row], ['name']); row.name = 'a'; row.save()": [2, "a"],
    "row.name = 'b'; Lead.objects.bulk_update([row], ['name']); row.save()": [1, "b"],
    "row = Lead.objects.defer('name').get(); row.name; row.save()": [0, "a"],
}
"""What is done: how many UPDATEs that sends, and what the name is then."""


def test_what_is_saved_is_compared_with_what_was_read_last() -> None:
    """In a process of its own, as Django is set up once for all."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(list(EXPECTED))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == EXPECTED
