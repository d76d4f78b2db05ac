"""Articles as files: reading, taking up, writing, and back again."""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import body, exporting, frontmatter, importing
from articles.frontmatter import Entry, Malformed, PollEntry, Said
from articles.models import Article, Section, Topic
from polls import carrying, tally
from polls.models import Poll
from tests.factories import unguarded

FILE = """---
title: "Order: a price"
slug: order-a-price
date: 2016-06-02
section: World affairs
authors: [World affairs desk]
topics: [Libya, "oil # gas"]
audiences: [business]
standfirst: Who pays.
poll:
  slug: aims
  question: What does it want?
  options:
    - {text: A partnership, votes: 33}
    - {text: Containment, votes: 30}
  closes: 2016-06-30
---

First paragraph with *emphasis* and a [link](https://example.org/a_b).

[[poll:aims]]

## A heading

- one
- two
"""


def take_up(*files: tuple[str, str], dry_run: bool = False) -> importing.Report:
    return importing.import_files([(name, text.encode()) for name, text in files], dry_run=dry_run)


def exported() -> dict[str, str]:
    return dict(exporting.files())


# --- reading ------------------------------------------------------------------------------------------------------


def test_a_file_is_read_as_it_was_meant():
    entry = frontmatter.read(FILE.encode())
    assert entry == Entry(
        title="Order: a price",
        slug="order-a-price",
        section="World affairs",
        date=datetime(2016, 6, 2, tzinfo=UTC),
        authors=("World affairs desk",),
        topics=("Libya", "oil # gas"),
        audiences=("business",),
        standfirst="Who pays.",
        poll=PollEntry(
            slug="aims",
            question="What does it want?",
            options=("A partnership", "Containment"),
            votes=(33, 30),
            closes=datetime(2016, 6, 30, tzinfo=UTC),
        ),
        body=FILE.split("---\n", 2)[2].strip() + "\n",
    )


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("title: ", "titel: "), 2, "“titel” is not known"),
        (("slug: order-a-price", "slug: Größe"), 3, "cannot be an address"),
        (("date: 2016-06-02", "date: yesterday"), 4, "must be a date"),
        (("date: 2016-06-02", "date: [2016]"), 4, "single text"),
        (("section: World affairs", "section:"), 5, "“section” is missing"),
        (("authors: [World affairs desk]", "authors: {a: b}"), 6, "must be a list"),
        (("topics: [Libya", "topics: [Libya, [x]"), 7, "must be a list"),
        (("audiences: [business]", "audiences: [business"), 9, "cannot be read"),
        (("standfirst: Who", "slug: Who"), 9, "twice"),
        (("votes: 33", "votes: many"), 14, "whole number"),
        (("votes: 33", "votes: -1"), 14, "whole number"),
        (("votes: 33", "votes: .nan"), 14, "whole number"),
        ((", votes: 33", ""), 14, "every option or for none"),
        (("slug: aims", "slug: &a aims"), 11, "in quotes"),
        (("closes: 2016-06-30", "closes: 2016-13-30"), 16, "must be a date"),
    ],
)
def test_a_fault_is_named_with_its_line(change, line, words):
    with pytest.raises(Malformed) as fault:
        frontmatter.read(FILE.replace(change[0], change[1], 1).encode())
    assert words in fault.value.message
    assert fault.value.line == line


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no front matter",
        b"---\ntitle: a\n",
        b"---\n- a\n---\n",
        b"---\n" + b"{" * 5_000 + b"\n---\n",
        b"---\ntitle: \xff\n---\n",
        b"---\ntitle: a\x00b\n---\n",
        b"---\n? [a, b]\n: c\n---\n",
        b"---\ntitle: a\n---\n" + b"x" * (3 * 1024 * 1024),
        b"---\na: &a [x, x]\nb: &b [*a, *a]\n---\n",
    ],
)
def test_what_is_no_article_is_refused_in_a_sentence(raw):
    with pytest.raises(Malformed) as fault:
        frontmatter.read(raw)
    assert fault.value.message
    assert fault.value.line >= 1


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange_to_be_refused(junk):
    for raw in (junk, b"---\n" + junk + b"\n---\n"):
        with contextlib.suppress(Malformed):
            frontmatter.read(raw)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split()) or "x"
)
slugs = st.from_regex(r"[a-z0-9][-a-z0-9_]{0,30}", fullmatch=True)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
entries = st.builds(
    Entry,
    title=texts,
    slug=slugs,
    section=texts,
    body=st.just("Text.\n"),
    date=st.none() | moments,
    authors=st.lists(texts, max_size=3, unique=True).map(tuple),
    topics=st.lists(texts, max_size=3, unique=True).map(tuple),
    audiences=st.just(()),
    standfirst=st.just("") | texts,
    poll=st.none()
    | st.builds(PollEntry, slug=slugs)
    | st.builds(
        PollEntry,
        slug=slugs,
        question=texts,
        kind=st.sampled_from(["single", "multiple"]),
        options=st.lists(texts, min_size=2, max_size=4).map(tuple),
        closes=st.none() | moments,
    ),
)


@given(entries)
def test_what_is_written_is_read_back_as_the_same_entry(entry):
    assert frontmatter.read(frontmatter.write(entry).encode()) == entry


# --- the body -----------------------------------------------------------------------------------------------------

MARKS = st.recursive(
    texts.filter(lambda text: "<" not in text),
    lambda inner: st.one_of(
        inner.map(lambda text: f"*{text}*"),
        inner.map(lambda text: f"## {text}"),
        inner.map(lambda text: f"> {text}"),
        inner.map(lambda text: f"- {text}\n- {text}"),
        inner.map(lambda text: f"1. {text}\n2. {text}"),
        st.lists(inner, min_size=1, max_size=3).map("\n\n".join),
    ),
    max_leaves=6,
)


@settings(max_examples=150)
@given(MARKS)
def test_a_body_written_once_is_written_the_same_again(text):
    once = body.to_markdown(body.from_markdown(text))
    assert body.to_markdown(body.from_markdown(once)) == once


def test_polls_headings_links_and_tables_survive_the_way():
    text = "[[poll:a_b-c]]\n\n## One\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n> said\n\n**bold** and [x](https://example.org/)\n"
    assert body.from_markdown(body.to_markdown(body.from_markdown(text))) == body.from_markdown(text)
    assert body.polls_placed(body.from_markdown(text)) == ["a_b-c"]


# --- taking up ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_article_is_made_with_what_it_names():
    report = take_up(("a.md", FILE))
    assert report.counts() == {"made": 1, "changed": 0, "skipped": 0, "refused": 0}
    article = Article.objects.get(slug="order-a-price")
    assert (article.section.name, article.section.slug) == ("World affairs", "world-affairs")
    assert [author.name for author in article.authors.all()] == ["World affairs desk"]
    assert [audience.slug for audience in article.audiences.all()] == ["business"]
    assert "New section: World affairs" in report.notes
    assert article.poll == Poll.objects.get(slug="aims")


@pytest.mark.django_db(transaction=True)
def test_a_poll_with_votes_becomes_one_with_carried_votes(client):
    take_up(("a.md", FILE))
    poll = Poll.objects.get(slug="aims")
    assert carrying.votes_of(poll) == (63, [33, 30])
    document = tally.results("aims")
    assert '"source":"carried"' in document
    assert '"state":"final"' in document
    page = client.get("/articles/order-a-price/").content.decode()
    assert "33 (52%)" in page
    assert "63 votes, carried over from the former site." in page


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing():
    take_up(("a.md", FILE))
    assert take_up(("a.md", FILE)).counts() == {"made": 0, "changed": 0, "skipped": 1, "refused": 0}


@pytest.mark.django_db
def test_a_changed_file_changes_its_article():
    take_up(("a.md", FILE))
    assert take_up(("a.md", FILE.replace("Who pays.", "Who pays?"))).counts()["changed"] == 1
    assert Article.objects.get().standfirst == "Who pays?"


@pytest.mark.django_db
def test_one_bad_file_harms_no_other_and_leaves_nothing():
    bad = FILE.replace("order-a-price", "bad").replace("World affairs\n", "Nowhere\n").replace("slug: aims", "slug: b")
    bad = bad.replace("text: Containment", "text: A partnership")
    report = take_up(("bad.md", bad), ("good.md", FILE), ("again.md", FILE))
    assert [line.outcome for line in report.lines] == ["refused", "made", "refused"]
    assert "twice" in report.lines[0].message
    assert "good.md" in report.lines[2].message
    assert not Section.objects.filter(name="Nowhere").exists()
    assert not Poll.objects.filter(slug="b").exists()


@pytest.mark.django_db
def test_a_dry_run_says_the_same_and_stores_nothing():
    assert take_up(("a.md", FILE), dry_run=True).counts()["made"] == 1
    assert not Article.objects.exists()
    assert not Section.objects.exists()


@pytest.mark.django_db
def test_other_votes_for_a_poll_that_is_here_are_refused():
    take_up(("a.md", FILE))
    report = take_up(("a.md", FILE.replace("votes: 33", "votes: 34")))
    assert report.counts()["refused"] == 1
    assert carrying.votes_of(Poll.objects.get()) == (63, [33, 30])


@pytest.mark.django_db
def test_script_in_every_field_is_text_on_the_page(client):
    script = "<script>alert(1)</script>"
    file = FILE.replace("Who pays.", f"'{script}'").replace("First paragraph", script).replace("Libya", script)
    take_up(("a.md", file.replace("A partnership", script)))
    page = client.get("/articles/order-a-price/").content.decode()
    assert script not in page
    assert "&lt;script&gt;alert(1)" in page


# --- and back -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_export_taken_up_by_an_empty_site_exports_the_same(django_db_blocker):
    take_up(("a.md", FILE), ("b.md", FILE.replace("order-a-price", "second").replace("poll:aims", "poll:aims")))
    first = exported()
    Article.objects.all().delete()
    Section.objects.all().delete()
    poll = Poll.objects.get()
    renamed = {name: text.replace("aims", "aims-2") for name, text in first.items()}
    importing.import_files([(name, text.encode()) for name, text in renamed.items()])
    assert {name: text.replace("aims-2", "aims") for name, text in exported().items()} == first
    assert Poll.objects.exclude(pk=poll.pk).count() == 1


@pytest.mark.django_db
def test_the_commands_report_and_fail_where_a_file_was_refused(tmp_path: Path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.md").write_text(FILE)
    call_command("import_articles", tmp_path / "in")
    assert "1 made, 0 changed, 0 skipped, 0 refused" in capsys.readouterr().out
    (tmp_path / "in" / "bad.md").write_text("nothing")
    with pytest.raises(CommandError, match="1 files were refused"):
        call_command("import_articles", tmp_path / "in")
    assert "bad.md:1: The first line must be" in capsys.readouterr().out
    call_command("export_site", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["order-a-price.md", "site.yaml"]
    with pytest.raises(CommandError, match="not empty"):
        call_command("export_site", tmp_path / "out")


# --- the life of an article ---------------------------------------------------------------------------------------

LIFE = FILE.replace(
    "poll:\n",
    """archived: 2017-01-01
withdrawn: {at: 2018-02-03T04:05:06+00:00, notice: "It was wrong: the figures."}
corrections:
  - {at: 2016-06-03, text: The river is the Don.}
  - {at: 2016-06-04, text: And the year is 1942.}
former: [order, price]
poll:
""",
    1,
)


@pytest.mark.django_db
def test_an_article_brings_its_life_with_it():
    assert take_up(("a.md", LIFE)).counts()["made"] == 1
    article = Article.objects.get()
    assert article.archived_at == datetime(2017, 1, 1, tzinfo=UTC)
    assert article.withdrawn_at == datetime(2018, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert article.withdrawal_notice == "It was wrong: the figures."
    assert [one.text for one in article.corrections.all()] == ["The river is the Don.", "And the year is 1942."]
    assert sorted(former.slug for former in article.former_addresses.all()) == ["order", "price"]
    assert take_up(("a.md", LIFE)).counts()["skipped"] == 1
    assert take_up(("a.md", FILE)).counts()["skipped"] == 1  # what the file does not speak of stays
    changed = LIFE.replace("The river is the Don.", "The river is the Volga.")
    assert take_up(("a.md", changed)).counts()["changed"] == 1
    assert article.corrections.order_by("at")[0].text == "The river is the Volga."
    text = exported()["order-a-price.md"]
    assert frontmatter.read(text.encode()) == exporting.frontmatter.read(text.encode())
    assert "withdrawn:\n  at: '2018-02-03T04:05:06+00:00'\n  notice: 'It was wrong: the figures.'\n" in text
    assert "former:\n- order\n- price\n" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("embargo: 2016-06-03", "before its embargo ends"),
        ("embargo: soon", "must be a date"),
        ("withdrawn: 2016-06-03", "needs “at” and “notice”"),
        ("withdrawn: {at: 2016-06-03}", "“notice” is missing"),
        ("withdrawn: {notice: x}", "“at” is missing"),
        ("withdrawn: {at: 2016-06-03, notice: x, who: y}", "“who” is not known"),
        ("corrections: yes", "must be a list"),
        ("corrections: [yes]", "needs “at” and “text”"),
        (f"corrections: [{{at: 2016-06-03, text: {'x' * 601}}}]", "600 characters"),
        (f"withdrawn: {{at: 2016-06-03, notice: {'x' * 501}}}", "500 characters"),
        ("former: [Größe]", "cannot be an address"),
        ("former: [taken]", "that of another article"),
        ("archived: 0999-01-01", "between the years"),
        ("status: draft", "“status” is not known"),
    ],
)
def test_what_does_not_fit_an_articles_life_is_refused_and_nothing_stays(front, words):
    take_up(("t.md", "---\ntitle: t\nslug: taken\nsection: s\n---\n\nText.\n"))
    report = take_up(("a.md", FILE.replace("poll:\n", front + "\npoll:\n", 1)))
    assert [line.outcome for line in report.lines] == ["refused"]
    assert words in report.lines[0].message
    assert [article.slug for article in Article.objects.all()] == ["taken"]


RUSSIAN = """---
slug: order-a-price
language: ru
title: "Порядок: цена"
standfirst: Кто платит.
---

Первый абзац с *ударением*.
"""


@pytest.mark.django_db
def test_a_translation_is_a_file_of_its_own(client):
    assert take_up(("a.md", FILE), ("a.ru.md", RUSSIAN), dry_run=True).counts()["made"] == 2
    assert take_up(("a.md", FILE), ("a.ru.md", RUSSIAN)).counts()["made"] == 2
    article: Any = Article.objects.get()
    assert (article.title_ru, article.standfirst_ru) == ("Порядок: цена", "Кто платит.")
    assert article.body_ru == "<p>Первый абзац с <em>ударением</em>.</p>"
    assert "Порядок: цена" in client.get("/ru/articles/order-a-price/").content.decode()
    assert take_up(("a.ru.md", RUSSIAN)).counts()["skipped"] == 1
    assert take_up(("a.ru.md", RUSSIAN.replace("Кто", "Кто же"))).counts()["changed"] == 1
    assert sorted(exported()) == ["order-a-price.md", "order-a-price.ru.md", "site.yaml"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("language: ru", "language: en"), "must be one of ru"),
        (("language: ru", "language: klingon"), "must be one of ru"),
        (("slug: order-a-price", "slug: nowhere"), "There is no article “nowhere”"),
        (("standfirst:", "section:"), "“section” is not known"),
        (("Порядок", "x" * 300), "200 characters"),
    ],
)
def test_a_translation_that_does_not_fit_is_refused(change, words):
    take_up(("a.md", FILE))
    report = take_up(("a.ru.md", RUSSIAN.replace(change[0], change[1], 1)))
    assert words in report.lines[0].message
    assert not Article.objects.get().i18n


def test_translations_come_after_their_articles_and_the_sections_before(tmp_path):
    for name in ("a.de.md", "a.md", "b.zh-hans.md", "b.md", "site.yaml"):
        (tmp_path / name).write_text("x")
    names = [Path(name).name for name, _raw in importing.files_in([tmp_path])]
    assert names == ["site.yaml", "a.md", "b.md", "a.de.md", "b.zh-hans.md"]


# --- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FILE + "x" * (5 * 1024 * 1024), "larger than 2 MB"),
        (FILE + "x" * (2 * 1024 * 1024 - 2_000), "longer than 500,000"),
        (FILE + "\n".join(f"wort{number:07d}" for number in range(110_000)), "too many different words"),
        (FILE.replace("World affairs\n", "x" * 200 + "\n"), "section “xxx"),
        (FILE.replace('"Order: a price"', "x" * 300), "title: "),
    ],
)
def test_what_is_too_large_is_refused_in_a_sentence(text, words):
    report = take_up(("a.md", text))
    assert [line.outcome for line in report.lines] == ["refused"]
    assert words in report.lines[0].message
    assert not Article.objects.exists()
    assert not Section.objects.exists()


@pytest.mark.django_db
def test_names_without_latin_letters_get_addresses_of_their_own():
    take_up(("a.md", FILE.replace("[Libya,", "[Ливия, Россия,")))
    assert sorted(Topic.objects.values_list("name", "slug")) == [
        ("oil # gas", "oil-gas"),
        ("Ливия", "topic"),
        ("Россия", "topic-2"),
    ]


# --- the whole way round ------------------------------------------------------------------------------------------

WORDS = [
    "Libya",
    "order",
    "price",
    "*stress*",
    "**strong**",
    "`code_like[0]`",
    "[a",
    "[bracketed]",
    "link](https://example.org/a_(b)?c=d&e)",
    "[[note:",
    "a",
    "note",
    "with",
    "*stress*]]",
    "1.",
    "2)",
    "#",
    "not-a-heading",
    ">",
    "-",
    "+",
    "*",
    "_",
    "\\_",
    "<script>alert(1)</script>",
    "&amp;",
    "&",
    "“quoted”",
    "Россия",
    "платит",
    "الثمن",
    "والنظام",
    "管道的价格",
    "Größe",
    "ésta",
    "|",
    "pipe",
    "~",
    "~~gone~~",
    "![image](x.png)",
]


def paragraph(dice: random.Random) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(dice.randint(1, 25)))


def block(dice: random.Random) -> str:
    def one() -> str:
        return paragraph(dice)

    kinds = [
        one,
        lambda: f"{'#' * dice.randint(2, 3)} {one()}",
        lambda: "\n".join(f"- {one()}\n  1. {one()}\n  2. {one()}\n     - {one()}" for _ in range(2)),
        lambda: f"> {one()}\n>\n> {one()}",
        lambda: f"| {one()} | b |\n| --- | --- |\n| {one()} | {one()} |",
        lambda: f"[[picture:{dice.randint(1, 99)}]]",
        lambda: f"[[recording:{dice.randint(1, 99)}]]",
        lambda: "---",
        lambda: f"```\n{one()}\n```",
    ]
    return dice.choice(kinds)()


def generated(number: int, dice: random.Random) -> Entry:
    """An article with a bit of everything."""
    at = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randint(0, 7_000_000))
    poll = None
    if number % 4 == 0:
        votes = tuple(dice.randint(0, 500) for _ in range(3))
        multiple = number % 8 == 0
        poll = PollEntry(
            slug=f"poll-{number}",
            question=f"What of {paragraph(dice)[:200]}",
            kind="multiple" if multiple else "single",
            options=tuple(f"{n}. {paragraph(dice)[:80].strip()}" for n in range(3)),
            votes=votes,
            voters=max(votes) if multiple else None,
            closes=at + timedelta(days=9),
        )
    texts = [block(dice) for _ in range(dice.randint(1, 9))] + ([f"[[poll:{poll.slug}]]"] if poll else [])
    dice.shuffle(texts)
    return Entry(
        title=f"{number}: {paragraph(dice)}"[:190].strip(),
        slug=f"article-{number}",
        section=dice.choice(["World", "Экономика", "Society: the young"]),
        date=None if number % 11 == 0 else at,
        authors=tuple(dice.sample(["World desk", "Зоя", "O'Neil, A."], dice.randint(0, 2))),
        topics=tuple(dice.sample(["oil # gas", "Ливия", "yes", "2016"], dice.randint(0, 3))),
        audiences=tuple(dice.sample(["business", "students"], dice.randint(0, 2))),
        standfirst=paragraph(dice)[:400].strip(),
        poll=poll,
        body="\n\n".join(texts) + "\n",
        archived=at + timedelta(days=99) if number % 7 == 1 else None,
        withdrawn=Said(at + timedelta(days=50), paragraph(dice)[:300].strip()) if number % 9 == 1 else None,
        corrections=tuple(
            Said(at + timedelta(days=n), f"{n} {paragraph(dice)[:200].strip()}") for n in range(number % 3)
        ),
        former=(f"once-{number}",) if number % 5 == 1 else (),
    )


def empty_the_site() -> None:
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE articles_article, articles_section, articles_topic, articles_author CASCADE")
        cursor.execute("TRUNCATE articles_audience, polls_series CASCADE")


@pytest.mark.django_db
@pytest.mark.parametrize("number", [24, pytest.param(200, marks=pytest.mark.long)])
def test_an_export_into_an_empty_site_and_out_again_is_the_same_to_the_byte(number):
    dice = random.Random(number)
    made = [(f"{n}.md", frontmatter.write(generated(n, dice))) for n in range(number)]
    made += [(f"{n}.ru.md", RUSSIAN.replace("order-a-price", f"article-{n}")) for n in range(0, number, 6)]
    report = take_up(*made)
    assert [str(line) for line in report.lines if line.outcome != "made"] == []
    inside = Section.objects.get(name="Экономика")
    Section.objects.filter(pk=inside.pk).update(parent=Section.objects.get(name="World"), i18n={"name_ru": "Э"})
    first = exported()
    assert len(first) == number + 1 + len(range(0, number, 6))
    empty_the_site()
    files = sorted(first.items(), key=lambda file: importing.in_turn(file[0]))
    report = take_up(*files)
    assert [str(line) for line in report.lines if line.outcome not in ("made", "changed")] == []
    again = exported()
    assert {name for name in first if first[name] != again.get(name)} == set()
    assert take_up(*files).counts()["skipped"] == len(files)
