"""Search in every language; titles that look like what was typed."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.fields.json
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
from django.db import DatabaseError, migrations, models, transaction


def index_titles(apps, schema_editor):
    """Titles that look like what was typed are found by an index where pg_trgm is there; nothing requires it."""
    try:
        with transaction.atomic(using=schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
            cursor.execute("CREATE INDEX article_titles_alike ON articles_article USING gin (titles gin_trgm_ops)")
    except DatabaseError:
        return


def drop_index(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS article_titles_alike")


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0008_pages'),
        ('polls', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='article',
            name='search_ar',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(django.db.models.lookups.IsNull(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_ar', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_ar', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_ar', 'i18n'), models.Value(''), output_field=models.TextField())), False), then=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_ar', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('title'), output_field=models.TextField()), config='arabic', weight='A'), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_ar', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('standfirst'), output_field=models.TextField()), config='arabic', weight='B'), django.contrib.postgres.search.SearchConfig('arabic')), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_ar', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('body'), output_field=models.TextField()), config='arabic', weight='C'), django.contrib.postgres.search.SearchConfig('arabic'))), output_field=django.contrib.postgres.search.SearchVectorField()), null=True, output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddField(
            model_name='article',
            name='search_de',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(django.db.models.lookups.IsNull(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_de', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_de', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_de', 'i18n'), models.Value(''), output_field=models.TextField())), False), then=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_de', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('title'), output_field=models.TextField()), config='german', weight='A'), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_de', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('standfirst'), output_field=models.TextField()), config='german', weight='B'), django.contrib.postgres.search.SearchConfig('german')), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_de', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('body'), output_field=models.TextField()), config='german', weight='C'), django.contrib.postgres.search.SearchConfig('german'))), output_field=django.contrib.postgres.search.SearchVectorField()), null=True, output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddField(
            model_name='article',
            name='search_es',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(django.db.models.lookups.IsNull(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_es', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_es', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_es', 'i18n'), models.Value(''), output_field=models.TextField())), False), then=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_es', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('title'), output_field=models.TextField()), config='spanish', weight='A'), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_es', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('standfirst'), output_field=models.TextField()), config='spanish', weight='B'), django.contrib.postgres.search.SearchConfig('spanish')), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_es', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('body'), output_field=models.TextField()), config='spanish', weight='C'), django.contrib.postgres.search.SearchConfig('spanish'))), output_field=django.contrib.postgres.search.SearchVectorField()), null=True, output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddField(
            model_name='article',
            name='search_fr',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(django.db.models.lookups.IsNull(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_fr', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_fr', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_fr', 'i18n'), models.Value(''), output_field=models.TextField())), False), then=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_fr', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('title'), output_field=models.TextField()), config='french', weight='A'), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_fr', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('standfirst'), output_field=models.TextField()), config='french', weight='B'), django.contrib.postgres.search.SearchConfig('french')), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_fr', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('body'), output_field=models.TextField()), config='french', weight='C'), django.contrib.postgres.search.SearchConfig('french'))), output_field=django.contrib.postgres.search.SearchVectorField()), null=True, output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddField(
            model_name='article',
            name='search_ru',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(django.db.models.lookups.IsNull(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_ru', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_ru', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_ru', 'i18n'), models.Value(''), output_field=models.TextField())), False), then=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_ru', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('title'), output_field=models.TextField()), config='russian', weight='A'), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_ru', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('standfirst'), output_field=models.TextField()), config='russian', weight='B'), django.contrib.postgres.search.SearchConfig('russian')), '||', django.contrib.postgres.search.SearchVector(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_ru', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('body'), output_field=models.TextField()), config='russian', weight='C'), django.contrib.postgres.search.SearchConfig('russian'))), output_field=django.contrib.postgres.search.SearchVectorField()), null=True, output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddField(
            model_name='article',
            name='search_zh_hans',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(django.db.models.lookups.IsNull(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_zh_hans', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_zh_hans', 'i18n'), models.Value(''), output_field=models.TextField()), django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_zh_hans', 'i18n'), models.Value(''), output_field=models.TextField())), False), then=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(models.Func(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_zh_hans', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('title'), output_field=models.TextField()), models.Value('([㐀-䶿一-鿿])'), models.Value(' \\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='simple', weight='A'), '||', django.contrib.postgres.search.SearchVector(models.Func(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('standfirst_zh_hans', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('standfirst'), output_field=models.TextField()), models.Value('([㐀-䶿一-鿿])'), models.Value(' \\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='simple', weight='B'), django.contrib.postgres.search.SearchConfig('simple')), '||', django.contrib.postgres.search.SearchVector(models.Func(django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('body_zh_hans', 'i18n'), models.Value(''), output_field=models.TextField()), models.F('body'), output_field=models.TextField()), models.Value('([㐀-䶿一-鿿])'), models.Value(' \\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='simple', weight='C'), django.contrib.postgres.search.SearchConfig('simple'))), output_field=django.contrib.postgres.search.SearchVectorField()), null=True, output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddField(
            model_name='article',
            name='titles',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Concat(models.F('title'), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_ru', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_fr', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_es', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_de', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_ar', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), models.Value(' '), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.NullIf(django.db.models.fields.json.KeyTextTransform('title_zh_hans', 'i18n'), models.Value(''), output_field=models.TextField()), models.Value(''), output_field=models.TextField()), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_ru'], name='article_search_ru'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_fr'], name='article_search_fr'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_es'], name='article_search_es'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_de'], name='article_search_de'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_ar'], name='article_search_ar'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_zh_hans'], name='article_search_zh_hans'),
        ),
        migrations.RunPython(index_titles, drop_index),
    ]
