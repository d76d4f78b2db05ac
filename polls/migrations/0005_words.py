"""Only words: names of fields say the same in plainer English; no table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('polls', '0004_translations'),
    ]

    operations = [
        migrations.AlterField(
            model_name='poll',
            name='repeat_rule',
            field=models.CharField(choices=[('browser', 'one vote per browser'), ('account', 'one vote per logged-in reader'), ('invitation', 'one vote per invitation')], default='browser', max_length=12, verbose_name='repeat votes'),
        ),
        migrations.AlterField(
            model_name='poll',
            name='results_from',
            field=models.DateTimeField(blank=True, null=True, verbose_name='results shown from'),
        ),
        migrations.AlterField(
            model_name='poll',
            name='results_shown',
            field=models.CharField(choices=[('always', 'to everybody, always'), ('after_vote', 'to a reader who has voted, and to everybody after closing'), ('after_close', 'to everybody after closing'), ('from_date', 'to everybody from a date'), ('staff', 'to staff only')], default='after_vote', max_length=12, verbose_name='results shown'),
        ),
        migrations.AlterField(
            model_name='poll',
            name='slug',
            field=models.SlugField(max_length=120, unique=True, verbose_name='web address'),
        ),
        migrations.AlterField(
            model_name='poll',
            name='step',
            field=models.PositiveIntegerField(default=1, verbose_name='publish after this many new votes'),
        ),
    ]
