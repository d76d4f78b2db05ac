"""Articles as files: reading, taking up, writing, and back again."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import body, exporting, frontmatter, importing
from articles.frontmatter import Entry, Malformed, PollEntry
from articles.models import Article, Section
from polls import carrying, tally
from polls.models import Poll

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
