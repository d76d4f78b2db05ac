"""The accessibility statement says what was measured, and how, and what is known to fall short.

A publication that has written its own keeps it: only the text with which 0008 began is replaced.
"""

from importlib import import_module

from django.db import migrations

STATEMENT = """
<p>This site is meant to be read and used by everybody: by keyboard, with a screen reader, with large letters, on a small
screen, in print, and without scripts. It aims to conform to the Web Content Accessibility Guidelines (WCAG) 2.2 at level
AA. By our own tests it does, apart from what is named below; nobody else has confirmed it.</p>
<h2>What is tested, and how</h2>
<p>These tests are run on the program in a real browser (Chromium) before a change of it is released:</p>
<ul>
<li>Every kind of page in every state, on a phone and on a wide screen, by day and by night, from left to right and from
right to left, is examined with axe, a program that finds faults by rule. None of any weight may be left.</li>
<li>Reading, voting and answering a survey are done by keyboard alone, and without scripts.</li>
<li>Pages are shown 320 pixels wide, which is what 400 per cent zoom leaves of a usual screen. Nothing may be cut off or
need scrolling to the side, apart from wide tables, which scroll by themselves.</li>
<li>What can be pressed is measured: buttons and fields are at least 44 pixels high.</li>
<li>The contrast of letters and their ground is measured: 4.5 to 1 at least, by day and by night; edges of fields, bars
and the mark of focus 3 to 1.</li>
<li>Pages are looked at with colours forced by the system, and with motion switched off.</li>
</ul>
<p>Figures stand as text beside each bar and as a table on the page of a poll. Nothing moves but figures that change, and
that can be paused. Nothing runs against a clock but a poll itself.</p>
<h2>What falls short, as far as we know</h2>
<ul>
<li>It has not been tried by people with disabilities, nor with each of the usual screen readers. What is said aloud was
checked in the names and roles that the browser passes on, not by ear.</li>
<li>A text that has not been translated stands in the language in which it was written, on a page of another language.</li>
<li>The editor for running text at the desk is another project’s component. It can be used by keyboard; it has not been
examined as closely as the pages for readers.</li>
<li>Videos and sound are played by other sites, once a reader asks for them. Their players, and whether there are
subtitles, are beyond our tests.</li>
<li>Files to take away, such as PDF and tables, are as accessible as those who made them have left them.</li>
<li>Texts, tables and descriptions of pictures are written by editors and may fall short of what the program makes
possible.</li>
</ul>
<h2>If something keeps you out</h2>
<p>Please tell the editors, at the address given in the footer where there is one: which page, what you tried, and with
which browser or aid. They can give you what the page says in another way. A fault in the program can be put right for
everybody.</p>
"""


def as_stored(text):
    return " ".join(text.split()).replace("> <", "><")


def state(apps, schema_editor):
    former = as_stored(import_module("articles.migrations.0008_pages").ACCESSIBILITY)
    apps.get_model("articles", "Page").objects.filter(role="accessibility", body=former).update(
        body=as_stored(STATEMENT)
    )


class Migration(migrations.Migration):
    dependencies = [("articles", "0011_deliveries")]
    operations = [migrations.RunPython(state, migrations.RunPython.noop)]
