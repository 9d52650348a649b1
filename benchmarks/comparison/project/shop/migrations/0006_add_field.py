"""Clean: a column that may be null."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0005_only_looks")]
    operations = [migrations.AddField("lead", "note", models.TextField(null=True))]
