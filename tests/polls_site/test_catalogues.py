"""The catalogues hold every text of the program, whole and in every form that the grammar of a language has."""

from __future__ import annotations

import gettext
import os
import re
import shutil
import tomllib
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

from polls_site import catalogues

LANGUAGES = catalogues.languages()
# What a translation must keep: what Python fills in, what a script fills in, elements, entities, placements.
MARK = re.compile(r"%\([^)]*\)[#0\- +]*[\d.]*[sdif]|%%|%[sd]|\{[^{}]*\}|</?[a-zA-Z][^>]*>|&[a-z]+;|\]\]|\[\[")
# Numbers of which each needs a form of its own somewhere.
NUMBERS = (*range(0, 32), 100, 101, 102, 103, 111, 1_000_000)


def read(language: str, folder: Path = catalogues.LOCALE) -> polib.POFile:
    return polib.pofile(str(catalogues.of(language, folder)), wrapwidth=0)


def names(catalogue: polib.POFile) -> set[tuple[str, str, str]]:
    return {(entry.msgctxt or "", entry.msgid, entry.msgid_plural or "") for entry in catalogue}


def forms_in(rule: str) -> int:
    return int(rule.partition("nplurals=")[2].partition(";")[0])


def marks(text: str) -> list[str]:
    return sorted(MARK.findall(text))


@pytest.fixture
def gettext_tools() -> None:
    """GNU gettext, which reads texts out of code and templates."""
    if shutil.which("xgettext") and shutil.which("msgmerge"):
        return
    if os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail("everything is required, and there is no gettext: apt install gettext")
    pytest.skip("needs GNU gettext: apt install gettext")


def test_every_language_but_that_of_the_code_has_a_catalogue() -> None:
    expected = {translation.to_locale(code) for code, _name in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    assert {path.name for path in catalogues.LOCALE.iterdir()} == expected == set(LANGUAGES)


def test_catalogues_are_part_of_the_package() -> None:
    project = tomllib.loads((catalogues.ROOT / "pyproject.toml").read_text())
    assert "locale/**/*" in project["tool"]["setuptools"]["package-data"]["polls_site"]


def test_code_and_catalogues_say_the_same_texts(tmp_path: Path, gettext_tools: None) -> None:
    catalogues.extract(tmp_path)
    expected = names(read("ru", tmp_path))
    assert len(expected) > 1_000
    for language in LANGUAGES:
        held = names(read(language))
        assert (language, held - expected, expected - held) == (language, set(), set())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert [entry.msgid for entry in read(language).untranslated_entries()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_says_whether_a_native_speaker_has_read_it(language: str) -> None:
    assert read(language).metadata["X-Reviewed-By-Native-Speaker"] in ("yes", "no")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_guessed_or_left_over(language: str) -> None:
    catalogue = read(language)
    assert [entry.msgid for entry in catalogue.obsolete_entries() + catalogue.fuzzy_entries()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_what_is_filled_in_and_every_element(language: str) -> None:
    changed = [
        (entry.msgid, entry.msgstr)
        for entry in read(language)
        if entry.msgstr and not entry.msgid_plural and marks(entry.msgid) != marks(entry.msgstr)
    ]
    assert changed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_begin_and_end_as_the_texts_do(language: str) -> None:
    def ends(text: str) -> tuple[str, str]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    changed = [(e.msgid, e.msgstr) for e in read(language) if e.msgstr and ends(e.msgid) != ends(e.msgstr)]
    assert changed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_a_number_is_there(language: str) -> None:
    """As many as the language has; none fills in what the English does not, and that of many says how many."""
    catalogue = read(language)
    forms = forms_in(catalogue.metadata["Plural-Forms"])
    for entry in catalogue:
        if not entry.msgid_plural:
            continue
        known, needed = {*marks(entry.msgid), *marks(entry.msgid_plural)}, set(marks(entry.msgid_plural))
        given = [form for form in entry.msgstr_plural.values() if form]
        assert not given or (entry.msgid, sorted(entry.msgstr_plural)) == (entry.msgid, list(range(forms)))
        assert not given or len(given) == forms, entry.msgid
        for form in given:
            assert (entry.msgid, set(marks(form)) - known) == (entry.msgid, set())
        assert not given or needed <= set(marks(given[-1])), entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rule_of_numbers_uses_every_form_and_no_other(language: str) -> None:
    """But the fourth of Russian, which is for fractions, and the one for millions, which counts of ours may reach."""
    rule = read(language).metadata["Plural-Forms"]
    chosen = gettext.c2py(rule.partition("plural=")[2].rstrip(";"))
    forms = forms_in(rule)
    assert {chosen(n) for n in NUMBERS} == set(range(forms)) - ({3} if language == "ru" else set())


SAMPLES = {
    "ru": {1: 0, 21: 0, 101: 0, 2: 1, 24: 1, 5: 2, 11: 2, 12: 2, 100: 2},
    "fr": {0: 0, 1: 0, 2: 1, 100: 1},
    "es": {1: 0, 0: 2, 2: 2, 1_000_000: 1},
    "de": {1: 0, 0: 1, 2: 1, 21: 1},
    "ar": {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 99: 4, 100: 5, 102: 5, 103: 3},
    "zh_Hans": {0: 0, 1: 0, 2: 0},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_take_the_form_that_their_grammar_asks_for(language: str) -> None:
    """What a page says of a number is that form of the catalogue, and no other."""
    entry = next(one for one in read(language) if one.msgid == "%(n)s vote" and one.msgid_plural)
    with translation.override(language.replace("_", "-").lower()):
        for n, form in SAMPLES[language].items():
            assert (n, translation.ngettext(entry.msgid, entry.msgid_plural, n)) == (n, entry.msgstr_plural[form])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_translators_wrote(language: str) -> None:
    with catalogues.of(language).with_suffix(".mo").open("rb") as compiled:
        held = gettext.GNUTranslations(compiled)
    expected: dict[object, str] = {}
    for entry in read(language).translated_entries():
        name = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
        if entry.msgid_plural:
            expected |= {(name, form): text for form, text in entry.msgstr_plural.items()}
        else:
            expected[name] = entry.msgstr
    known = {name: text for name, text in held._catalog.items() if name}  # type: ignore[attr-defined]
    assert known == expected


# --- one term, one translation (docs/words.md) -----------------------------------------------------------------------

# What stands in a text as it is typed: placements, names of fields in a file, names of other programs.
TYPED = re.compile(r"\[\[.*?\]\]|“[a-z]+”|WP-Polls|pollsq|pollsa|%\([^)]*\)[sd]|/sections/")
# What every translation of a term has in it, however its grammar bends it.
BENT = {
    "poll": ("опрос", "consultation", "encuesta", "umfrage", "استطلاع", "调查"),
    "survey": ("анкет", "questionnaire", "cuestionario", "befragung|split-gruppe", "استبيان", "问卷"),
    "base": ("баз", "base", "base", "basis", "قاعدة", "基数"),
    "receipt": ("квитанц", "récépissé", "justificante", "quittung", "إيصال", "回执"),
    "set aside": ("отлож", "écart", "apart", "nicht gewertet", "نُحّي|منحّا", "留存不计"),
}
BENT_IN = ("ru", "fr", "es", "de", "ar", "zh_Hans")
QUIET = {"the halves of a split survey are left out; everybody sees all questions."}  # “деление на группы”


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("term", BENT)
def test_a_term_has_one_translation(language: str, term: str) -> None:
    said = re.compile(rf"\b{term}s?\b", re.IGNORECASE)
    entries = [e for e in read(language) if said.search(TYPED.sub(" ", f"{e.msgid} {e.msgid_plural}"))]
    assert len(entries) >= 5
    bent = BENT[term][BENT_IN.index(language)]
    others = [
        (e.msgid, each)
        for e in entries
        for each in [e.msgstr, *e.msgstr_plural.values()]
        if each and e.msgid not in QUIET and not re.search(bent, each.lower())
    ]
    assert others == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_apostrophe_is_a_curved_one(language: str) -> None:
    """“don't know” between brackets is what is typed, and names of such marks are what stands there."""
    for entry in read(language):
        for text in (entry.msgid, entry.msgid_plural, entry.msgstr, *entry.msgstr_plural.values()):
            assert re.findall(r"\w+'\w*", text.replace("don't know", "")) == [], text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_ends_where_the_text_ends_one(language: str) -> None:
    def ends(text: str) -> bool:
        return text.rstrip().endswith((".", "。"))

    other = [
        (entry.msgid, each)
        for entry in read(language)
        for each in [entry.msgstr, *entry.msgstr_plural.values()]
        if each and ends(entry.msgid) != ends(each) and not entry.msgid.endswith("?")
    ]
    assert other == []
