"""The two pages with which every publication starts, in the other languages of the program.

Only beside the very words with which they started: where editors have changed title or text, or have translated it
themselves, or where the publication is not written in English, nothing is put there. From which words each translation
was made is noted, as the desk does, so that it is told when the original changes.
"""

import hashlib
import json
from importlib import import_module

from django.db import migrations

from articles.migrations import _pages_in_languages as translated


def started_with():
    """What each page began with: role, title and text, and its translations."""
    first = import_module("articles.migrations.0008_pages")
    statement = import_module("articles.migrations.0012_accessibility_statement")
    yield "privacy", "Privacy", statement.as_stored(first.PRIVACY), translated.PRIVACY
    yield "accessibility", "Accessibility", statement.as_stored(statement.STATEMENT), translated.ACCESSIBILITY


def translate(apps, schema_editor):
    tables = {name: apps.get_model("articles", name) for name in ("Page", "Publication", "Translated")}
    if tables["Publication"].objects.exclude(default_language="en").exists():
        return
    for role, title, body, languages in started_with():
        for page in tables["Page"].objects.filter(role=role, title=title, body=body):
            held = dict(page.i18n or {})
            for language, (name, text) in languages.items():
                suffix = language.replace("-", "_")
                new = {f"title_{suffix}": name, f"body_{suffix}": "".join(text.splitlines())}
                if any(held.get(key) for key in new):
                    continue
                held |= new
                made_of = hashlib.sha256(json.dumps([title, body]).encode()).hexdigest()
                tables["Translated"].objects.get_or_create(
                    kind="page", row=page.pk, language=language, defaults={"original": made_of, "who": ""}
                )
            tables["Page"].objects.filter(pk=page.pk).update(i18n=held)


class Migration(migrations.Migration):
    dependencies = [("articles", "0016_notices_in_other_languages")]
    operations = [migrations.RunPython(translate, migrations.RunPython.noop)]
