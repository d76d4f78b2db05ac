"""The two pages with which every publication starts: what a vote stores, and how accessible the site is.

They say what is true of this program wherever it runs; who is responsible for a site is for its editors to add.
"""

from django.db import migrations, models
from django.utils import timezone

import articles.models.publication
import django.core.validators
import django.db.models.deletion

PRIVACY = """
<p>You can read this site without an account, without cookies and without being followed. Its pages load nothing from
other companies: no advertisements, no statistics, no typefaces from elsewhere.</p>
<h2>When you vote in a poll</h2>
<p>We store your choice, the moment at which it was cast, the page and the language it was cast in, how many seconds
the page had been open, and whether your browser ran scripts. We store no name, no e-mail address, no network address
and no mark of your device with it.</p>
<p>So that a poll counts one vote per browser, your first vote sets one cookie. It holds a random number, stays for 400
days at most, is sent to this site alone and cannot be read by scripts. With each vote we keep a code that is computed
from that number and a key of the poll. The codes of two polls cannot be joined. If you delete the cookie, nothing connects
you with your votes any longer.</p>
<p>Your browser itself remembers which choice it has not yet been able to send, and whether you paused the moving
figures. This stays in your browser.</p>
<h2>When you answer a survey</h2>
<p>What you have answered so far is kept under the same code, for two weeks at most, so that you can stop and go on.
It is not counted until you send it, and you can delete it on every page. How many readers reached each page is
counted, without any mark of who they were.</p>
<p>What you write in your own words is seen by editors; other readers see it only where an editor has let it through. An
editor can empty it for good, for example because it names somebody.</p>
<p>A survey may ask whether your answers may be compared with those that you give in later ones. Only if you agree is
there a code that joins them. You can leave again on the page of your vote; the code is then deleted in all of them.</p>
<h2>Against abuse</h2>
<p>To notice when one network sends far too many votes, your network address is turned into an unreadable code, which is
kept apart from the votes for two days at most. A mark of the network and of the kind of browser, unreadable too, may
be kept for a poll; it is deleted 30 days after the poll has closed.</p>
<h2>How long votes are kept</h2>
<p>Votes are kept for good, because a published result has to be open to checking. They do not say who cast them. For
the same reason a single vote cannot be found and deleted afterwards.</p>
<h2>People who work here</h2>
<p>Who signs in to write articles or polls has an account with a name and a password, and cookies while signed in.
What they change is recorded with their name.</p>
<h2>Beyond this program</h2>
<p>The server that delivers these pages sees your network address while it answers, as every server does. If its
operator keeps records of that, or if other companies are used to run this site, this page should say so here.</p>
"""

ACCESSIBILITY = """
<p>This site is meant to be read and used by everybody: by keyboard, with a screen reader, with large letters, on a small
screen, in print, and without scripts. Its measure is the Web Content Accessibility Guidelines (WCAG) 2.2 at level AA.</p>
<h2>What was done</h2>
<ul>
<li>Pages, polls and the form for voting were built for keyboard and screen reader, and work without scripts.</li>
<li>Figures stand as text beside each drawing, and as a table on the page of a poll.</li>
<li>Text and its ground have a contrast of at least 4.5 to 1, by day and by night.</li>
<li>Nothing moves but figures that change; that can be paused.</li>
<li>Automatic tests look at the pages each time the program is changed.</li>
</ul>
<h2>What is not known</h2>
<p>Automatic tests find only a part of all obstacles. No independent body has examined this site, and it has not been
tried with every screen reader. Texts, tables and pictures are written by editors and may fall short of what the
program makes possible.</p>
<h2>If something keeps you out</h2>
<p>Please tell the editors, at the address given in the footer where there is one: which page, what you tried, and with
which browser or aid. A fault in the program can then be put right for everybody.</p>
"""

PAGES = [("privacy", "Privacy", PRIVACY), ("accessibility", "Accessibility", ACCESSIBILITY)]


def fill(apps, schema_editor):
    Page = apps.get_model("articles", "Page")
    for position, (role, title, text) in enumerate(PAGES, start=8):
        if not Page.objects.filter(role=role).exists() and not Page.objects.filter(slug=role).exists():
            Page.objects.create(
                role=role,
                slug=role,
                title=title,
                body=" ".join(text.split()).replace("> <", "><"),
                position=position,
                published_at=timezone.now(),
            )


class Migration(migrations.Migration):
    dependencies = [("articles", "0007_keep_roles")]
    operations = [
        migrations.AlterField(
            model_name="publication",
            name="accent",
            field=models.CharField(
                default="#7a1f2b",
                help_text="Of links, labels and marks. By night a lighter shade is taken by itself.",
                max_length=7,
                validators=[
                    django.core.validators.RegexValidator(
                        "\\A#[0-9a-fA-F]{6}\\Z", "Write the colour as # and six digits, such as #7a1f2b."
                    ),
                    articles.models.publication.readable,
                ],
                verbose_name="accent colour",
            ),
        ),
        migrations.AlterField(
            model_name="section",
            name="default_poll",
            field=models.ForeignKey(
                blank=True,
                help_text="It stands under every article of this section that has no poll of its own, while readers"
                " may see it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="polls.poll",
                verbose_name="poll of the section",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
