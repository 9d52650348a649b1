"""Changes rows: SQL."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_saved_rows")]
    operations = [migrations.RunSQL("DELETE FROM shop_lead WHERE status = 'gone'", migrations.RunSQL.noop)]
