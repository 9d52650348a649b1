"""Clean: the function reads, and says what it saw."""

from django.db import migrations


def count(apps, schema_editor):
    print(apps.get_model("shop", "Lead").objects.filter(status=None).count(), "leads have no status")


class Migration(migrations.Migration):
    dependencies = [("shop", "0004_run_sql")]
    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
