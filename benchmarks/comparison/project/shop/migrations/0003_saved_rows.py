"""Changes rows: a helper saves them one by one."""

from django.db import migrations

from shop.rows import strip_names


def strip(apps, schema_editor):
    strip_names(apps.get_model("shop", "Lead").objects.all())


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_queryset")]
    operations = [migrations.RunPython(strip, migrations.RunPython.noop)]
