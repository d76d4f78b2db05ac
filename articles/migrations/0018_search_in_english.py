"""Translations into English are found too: a publication may be written in another language.

What a generated column is made of cannot be changed, so the titles are made anew, with their index.
"""

from importlib import import_module

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.fields.json
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


FIRST = import_module("articles.migrations.0009_search_by_language")


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0017_pages_in_other_languages'),
        ('polls', '0004_translations'),
    ]

    operations = [
        migrations.AddField(
            model_name='article',
            name='search_en',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(django.db.models.lookups.IsNull(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_en', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_en', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_en', 'i18n'), models.Value(''), output_field=models.TextField())), False), then=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_en', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('title'), output_field=models.TextField()), config='english', weight='A'), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_en', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('standfirst'), output_field=models.TextField()), config='english', weight='B'), django.contrib.postgres.search.SearchConfig('english')), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_en', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('body'), output_field=models.TextField()), config='english', weight='C'), django.contrib.postgres.search.SearchConfig('english'))), output_field=django.contrib.postgres.search.SearchVectorField()), null=True, output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.RemoveField(model_name='article', name='titles'),
        migrations.AddField(
            model_name='article',
            name='titles',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Concat(models.F('title'), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_en', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_ru', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_fr', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_es', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_de', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_ar', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_zh_hans', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_en'], name='article_search_en'),
        ),
        migrations.RunPython(FIRST.index_titles, FIRST.drop_index),
    ]
