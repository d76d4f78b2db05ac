"""The notice of a withdrawn article can be translated.

PostgreSQL keeps its default for the column, for whatever writes rows without naming it; Django is told of none, since
a translation cannot have one.
"""

import modeltrans.fields
from django.db import migrations, models

FIELDS = ("title", "standfirst", "body", "withdrawal_notice")


def translated():
    return modeltrans.fields.TranslationField(fields=FIELDS, required_languages=(), virtual_fields=True)


def notice():
    return models.CharField(blank=True, default="", editable=False, max_length=500, verbose_name="notice")


class Migration(migrations.Migration):
    dependencies = [("articles", "0015_type_of_a_file")]
    operations = [
        operation
        for model in ("article", "historicalarticle")
        for operation in (
            migrations.AlterField(model, "i18n", translated()),
            migrations.SeparateDatabaseAndState(
                state_operations=[migrations.AlterField(model, "withdrawal_notice", notice())]
            ),
        )
    ]
