"""Changes rows: a queryset's update."""

from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("shop", "Lead").objects.filter(status=None).update(status="new")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
