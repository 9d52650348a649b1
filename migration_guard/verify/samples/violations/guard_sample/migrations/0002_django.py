from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    Lead = apps.get_model("guard_sample", "Lead")
    Lead.objects.filter(status=None).update(status=F("old_status"))  # expect: MG101
    Lead.objects.filter(status="spam").delete()  # expect: MG103
    for lead in Lead.objects.all():
        lead.status = "new"
        lead.save()  # expect: MG101


class Migration(migrations.Migration):
    dependencies = [("guard_sample", "0001_initial")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("DELETE FROM guard_sample_call", migrations.RunSQL.noop),  # expect: MG103
    ]
