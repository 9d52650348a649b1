"""The table that the others are about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Lead",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.TextField()),
                ("status", models.TextField(null=True)),
            ],
        )
    ]
