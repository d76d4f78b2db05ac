"""The texts of the program in other languages: `make languages` takes new ones into the catalogues and compiles them.

One catalogue a language for the whole project, `locale/<language>/LC_MESSAGES/django.po`. English stands in the code.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages
from django.test.utils import override_settings
from django.utils.translation import to_locale

ROOT = Path(__file__).resolve().parent.parent
LOCALE = Path(__file__).resolve().parent / "locale"
IGNORED = ["tests", "docs", "benchmarks", "deploy", "build", "var", "polls_site/locale"]
# No setting but the languages is looked at, and no server is asked.
UNUSED = {
    "DJANGO_SETTINGS_MODULE": "polls_site.settings",
    "SECRET_KEY": "x" * 32,
    "DATABASE_URL": "postgres://nobody@localhost/none",
    "REDIS_URL": "redis://localhost",
    "BROKER_URL": "redis://localhost",
}


class Messages(makemessages.Command):
    """Django's own, without guesses: a new text stays empty until somebody has translated it."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]


def languages() -> list[str]:
    """The languages with a catalogue, as gettext writes them."""
    return [to_locale(code) for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def extract(into: Path = LOCALE) -> None:
    """Bring the catalogues in a folder to what the code and the templates say now; needs xgettext."""
    into.mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        with override_settings(LOCALE_PATHS=[into]):
            call_command(
                Messages(),
                locale=languages(),
                ignore_patterns=IGNORED,
                no_wrap=True,
                add_location="file",
                no_obsolete=True,
                verbosity=0,
            )
    finally:
        os.chdir(here)
    for language in languages():
        catalogue = of(language, into)
        # When it was made says nothing that the history does not say, and would change every file every time.
        text = re.sub(r'"POT-Creation-Date: .*\n', "", catalogue.read_text(encoding="utf-8"))
        catalogue.write_text(text, encoding="utf-8")


def compile_all() -> None:
    """What the program reads, from what translators write; a wrong placeholder stops it. Needs msgfmt."""
    for language in languages():
        source = of(language)
        subprocess.run(["msgfmt", "--check-format", "-o", source.with_suffix(".mo"), source], check=True)


def of(language: str, folder: Path = LOCALE) -> Path:
    """The catalogue of a language."""
    return folder / language / "LC_MESSAGES" / "django.po"


if __name__ == "__main__":
    os.environ.update(UNUSED)
    django.setup()
    extract()
    compile_all()
