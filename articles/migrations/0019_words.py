"""Only words: help texts and names of fields say the same in plainer English; no table changes."""

import articles.models.publication
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0018_search_in_english'),
        ('polls', '0005_words'),
    ]

    operations = [
        migrations.AlterField(
            model_name='article',
            name='body',
            field=models.TextField(blank=True, help_text='[[poll:address]] on a line of its own places a poll there.', verbose_name='body'),
        ),
        migrations.AlterField(
            model_name='article',
            name='embargo_until',
            field=models.DateTimeField(blank=True, help_text='Nobody can publish it before then.', null=True, verbose_name='embargo until'),
        ),
        migrations.AlterField(
            model_name='article',
            name='lead_picture',
            field=models.ForeignKey(blank=True, help_text='It appears under the title and in lists, and where the article is shared.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='articles.picture', verbose_name='picture'),
        ),
        migrations.AlterField(
            model_name='article',
            name='poll',
            field=models.ForeignKey(blank=True, help_text='It appears under the article, unless a line in the body places it there.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='polls.poll', verbose_name='poll'),
        ),
        migrations.AlterField(
            model_name='article',
            name='published_at',
            field=models.DateTimeField(blank=True, help_text='Leave empty for a draft. With a future date it is published at that time.', null=True, verbose_name='published at'),
        ),
        migrations.AlterField(
            model_name='author',
            name='biography',
            field=models.TextField(blank=True, help_text='Plain text; an empty line starts a new paragraph.', max_length=4000, verbose_name='biography'),
        ),
        migrations.AlterField(
            model_name='author',
            name='is_person',
            field=models.BooleanField(default=False, help_text='Rather than a desk: search engines are told so.', verbose_name='a person'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='stage',
            field=models.CharField(choices=[('checking', 'being checked'), ('checked', 'checked: import or discard it'), ('taking', 'being imported'), ('done', 'imported')], default='checking', max_length=10, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='document',
            name='added_by',
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name='added by'),
        ),
        migrations.AlterField(
            model_name='document',
            name='dated',
            field=models.DateField(help_text='When its content was written.', verbose_name='date'),
        ),
        migrations.AlterField(
            model_name='historicalarticle',
            name='body',
            field=models.TextField(blank=True, help_text='[[poll:address]] on a line of its own places a poll there.', verbose_name='body'),
        ),
        migrations.AlterField(
            model_name='historicalarticle',
            name='embargo_until',
            field=models.DateTimeField(blank=True, help_text='Nobody can publish it before then.', null=True, verbose_name='embargo until'),
        ),
        migrations.AlterField(
            model_name='historicalarticle',
            name='lead_picture',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='It appears under the title and in lists, and where the article is shared.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='articles.picture', verbose_name='picture'),
        ),
        migrations.AlterField(
            model_name='historicalarticle',
            name='poll',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='It appears under the article, unless a line in the body places it there.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='polls.poll', verbose_name='poll'),
        ),
        migrations.AlterField(
            model_name='historicalarticle',
            name='published_at',
            field=models.DateTimeField(blank=True, help_text='Leave empty for a draft. With a future date it is published at that time.', null=True, verbose_name='published at'),
        ),
        migrations.AlterField(
            model_name='invitation',
            name='email',
            field=models.EmailField(max_length=254, verbose_name='email address'),
        ),
        migrations.AlterField(
            model_name='invitation',
            name='sections',
            field=models.ManyToManyField(blank=True, help_text='None chosen means all.', related_name='+', to='articles.section', verbose_name='sections'),
        ),
        migrations.AlterField(
            model_name='page',
            name='published_at',
            field=models.DateTimeField(blank=True, help_text='Leave empty for a draft.', null=True, verbose_name='published at'),
        ),
        migrations.AlterField(
            model_name='page',
            name='role',
            field=models.CharField(blank=True, choices=[('privacy', 'Privacy: every poll links to it'), ('accessibility', 'Accessibility statement'), ('', 'Another page')], default='', max_length=16, verbose_name='purpose'),
        ),
        migrations.AlterField(
            model_name='picture',
            name='added_by',
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name='added by'),
        ),
        migrations.AlterField(
            model_name='picture',
            name='alt',
            field=models.CharField(help_text='What the picture shows, for readers who cannot see it.', max_length=300, verbose_name='alternative text'),
        ),
        migrations.AlterField(
            model_name='picture',
            name='name',
            field=models.CharField(help_text='For editors, to find it again.', max_length=200, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='accent',
            field=models.CharField(default='#7a1f2b', help_text='For links, labels and marks. In dark mode a lighter shade is used automatically.', max_length=7, validators=[django.core.validators.RegexValidator('\\A#[0-9a-fA-F]{6}\\Z', 'Write the colour as # and six digits, such as #7a1f2b.'), articles.models.publication.readable], verbose_name='accent colour'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='contact_email',
            field=models.EmailField(blank=True, max_length=254, verbose_name='email address for readers'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='featured_poll',
            field=models.ForeignKey(blank=True, help_text='Leave empty for the newest open poll of an article.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='polls.poll', verbose_name='poll on the home page'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='logo',
            field=models.ForeignKey(blank=True, help_text='It appears before the name; leave empty to show the name alone.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.picture', verbose_name='logo'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='slot_poll',
            field=models.ForeignKey(blank=True, help_text='It appears under every article that has no poll of its own and none from its section.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='polls.poll', verbose_name='poll under all articles'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='strapline',
            field=models.CharField(blank=True, help_text='One line saying what it is about.', max_length=160, verbose_name='strapline'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='time_zone',
            field=models.CharField(blank=True, help_text='Dates and times are shown and entered in this time zone; leave empty to use the server’s.', max_length=60, validators=[articles.models.publication.known_time_zone], verbose_name='time zone'),
        ),
        migrations.AlterField(
            model_name='section',
            name='default_poll',
            field=models.ForeignKey(blank=True, help_text='It appears under every article of this section that has no poll of its own, while readers may see it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='polls.poll', verbose_name='poll of the section'),
        ),
        migrations.AlterField(
            model_name='section',
            name='parent',
            field=models.ForeignKey(blank=True, help_text='Leave empty for a section of its own, which appears in the menu.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='articles.section', verbose_name='part of'),
        ),
        migrations.AlterField(
            model_name='staff',
            name='sections',
            field=models.ManyToManyField(blank=True, help_text='The sections whose articles they may work on; none chosen means all.', related_name='+', to='articles.section', verbose_name='sections'),
        ),
    ]
