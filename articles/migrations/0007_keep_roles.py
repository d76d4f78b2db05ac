"""The five roles with which every publication starts; `manage.py keep_roles` puts them right ever after."""

from django.db import migrations

from articles import roles


def keep(apps, schema_editor):
    roles.keep(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0006_roles"),
        ("polls", "0002_roles"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
