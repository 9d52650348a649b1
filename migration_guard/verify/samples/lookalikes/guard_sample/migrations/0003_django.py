from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("guard_sample", "0002_django")]
    operations = [
        migrations.AddField("lead", "updated", models.DateTimeField(null=True, help_text="UPDATE lead SET updated")),
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY guard_sample_updated ON guard_sample_lead (updated)",
            "DROP INDEX guard_sample_updated",
        ),
        migrations.AlterField("lead", "status", models.CharField(max_length=20, default="delete")),
    ]
