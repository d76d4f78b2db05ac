"""The three audiences with which every publication starts."""

from django.db import migrations

AUDIENCES = [
    ("business", "For business", "What it means for contracts and risk"),
    ("researchers", "For researchers", "Data, method and how to cite"),
    ("students", "For students", "Background and reading"),
]


def fill(apps, schema_editor):
    Audience = apps.get_model("articles", "Audience")
    for position, (slug, name, summary) in enumerate(AUDIENCES):
        Audience.objects.get_or_create(
            slug=slug, defaults={"name": name, "summary": summary, "position": position}
        )


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
