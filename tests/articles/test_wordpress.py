"""A WordPress export, with the polls of WP-Polls, taken up through the door of every other file."""

from __future__ import annotations

import contextlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import importing, wordpress
from articles.frontmatter import Malformed, PollEntry
from articles.models import Article, Author, Section, Topic
from polls import carrying
from polls.models import Poll

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>A former site</title><wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_id>2</wp:author_id><wp:author_login><![CDATA[zoe]]></wp:author_login>
<wp:author_display_name><![CDATA[Zoe Writer]]></wp:author_display_name></wp:author>
<wp:category><wp:term_id>3</wp:term_id><wp:category_nicename>libya</wp:category_nicename>
<wp:category_parent>world</wp:category_parent><wp:cat_name><![CDATA[Libya &amp; the coast]]></wp:cat_name></wp:category>
<wp:category><wp:term_id>2</wp:term_id><wp:category_nicename>world</wp:category_nicename>
<wp:category_parent></wp:category_parent><wp:cat_name><![CDATA[World]]></wp:cat_name></wp:category>
<wp:tag><wp:term_id>9</wp:term_id><wp:tag_slug>%d0%bd%d0%b5%d1%84%d1%82%d1%8c</wp:tag_slug>
<wp:tag_name><![CDATA[Нефть]]></wp:tag_name></wp:tag>
"""
FOOT = "</channel></rss>\n"

GUTENBERG = """<!-- wp:paragraph -->
<p>First <strong>bold</strong> and <a href="https://example.org/">a link</a>.</p>
<!-- /wp:paragraph -->

<!-- wp:heading {"level":4} -->
<h4>A heading</h4>
<!-- /wp:heading -->

<!-- wp:image {"id":5} -->
<figure class="wp-block-image"><img src="https://old.example/port.jpg" alt=""/>
<figcaption>The port</figcaption></figure>
<!-- /wp:image -->

<!-- wp:wp-polls/poll {"pollId":3} /-->

<!-- wp:html --><script>alert(1)</script><iframe src="https://video.example/1"></iframe><!-- /wp:html -->"""

CLASSIC = """One paragraph
over two lines.

[poll id="3"]

[poll id="4" type="result"]

[caption id="attachment_5"]<img src='https://old.example/map.png' /> A map[/caption]

<blockquote>Said.</blockquote>"""


def item(number: int = 11, content: str = "Text.", **given: str) -> str:
    fields = {
        "title": f"Post {number}",
        "dc:creator": "zoe",
        "content:encoded": content,
        "excerpt:encoded": "",
        "wp:post_id": str(number),
        "wp:post_date": "2016-06-02 12:00:00",
        "wp:post_date_gmt": "2016-06-02 09:00:00",
        "wp:post_name": f"post-{number}",
        "wp:status": "publish",
        "wp:post_type": "post",
        **{name.replace("__", ":"): text for name, text in given.items() if name != "filed"},
    }
    filed = given.get("filed", '<category domain="category" nicename="libya"><![CDATA[Libya]]></category>')
    texts = "".join(f"<{name}><![CDATA[{text}]]></{name}>\n" for name, text in fields.items())
    return f"<item>\n{texts}{filed}\n<wp:comment><wp:comment_content>x</wp:comment_content></wp:comment></item>\n"


POLLS = {
    3: PollEntry("wp-poll-3", "What now?", options=("War", "Peace"), votes=(33, 30)),
    4: PollEntry("wp-poll-4", "And then?", kind="multiple", options=("A", "B"), votes=(5, 7), voters=9),
}


def convert(*items: str, polls: Any = None, head: str = HEAD) -> wordpress.Export:
    return wordpress.convert(io.BytesIO((head + "".join(items) + FOOT).encode()), polls=polls or {})


def take_up(*items: str, polls: Any = None, head: str = HEAD) -> importing.Report:
    return importing.import_files(convert(*items, polls=polls, head=head).files)


# --- posts --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_post_becomes_an_article_with_all_that_orders_it():
    filed = (
        '<category domain="category" nicename="libya"><![CDATA[Libya]]></category>'
        '<category domain="category" nicename="economy"><![CDATA[Economy]]></category>'
        '<category domain="post_tag" nicename="%d0%bd%d0%b5%d1%84%d1%82%d1%8c"><![CDATA[Нефть]]></category>'
    )
    post = item(11, GUTENBERG, title="War &amp; <em>peace</em>", excerpt__encoded="It &lt;begins&gt;.", filed=filed)
    report = take_up(post, polls=POLLS)
    assert [line.outcome for line in report.lines] == ["changed", "made"]
    article = Article.objects.get()
    assert (article.slug, article.title) == ("post-11", "War & peace")
    assert article.published_at == datetime(2016, 6, 2, 9, tzinfo=UTC)
    assert (article.section.name, article.section.slug) == ("Libya & the coast", "libya")
    assert article.section.parent == Section.objects.get(slug="world")
    author = Author.objects.get()
    assert (author.name, author.slug, author.is_person) == ("Zoe Writer", "zoe", True)
    assert sorted(article.topics.values_list("name", flat=True)) == ["Economy", "Нефть"]
    assert Topic.objects.get(name="Нефть").slug == "topic-1"
    assert article.body == (
        '<p>First <strong>bold</strong> and <a href="https://example.org/">a link</a>.</p><h2>A heading</h2>'
        "<p>The port</p><p>[[poll:wp-poll-3]]</p>"
    )
    assert article.poll == Poll.objects.get(slug="wp-poll-3")
    assert carrying.votes_of(article.poll) == (63, [33, 30])


@pytest.mark.django_db
def test_the_classic_editors_text_gets_its_paragraphs_and_every_poll_its_place(client):
    take_up(item(11, CLASSIC), polls=POLLS)
    article = Article.objects.get()
    for piece in (
        "<p>One paragraph over two lines.</p>",
        "<p>[[poll:wp-poll-3]]</p>",
        "<p>[[poll:wp-poll-4]]</p>",
        "Said.",
    ):
        assert piece in article.body
    assert "[caption" not in article.body
    second = Poll.objects.get(slug="wp-poll-4")
    assert carrying.votes_of(second) == (9, [5, 7])


def test_what_is_not_carried_over_is_said_with_its_address_and_line():
    export = convert(
        item(11, GUTENBERG),
        item(5, wp__post_type="attachment", wp__attachment_url="https://old.example/port.jpg", wp__status="inherit"),
        item(6, title="About", wp__post_type="page"),
        item(7, title="Gone", wp__status="trash"),
        item(8, wp__post_type="nav_menu_item"),
        item(9, wp__status="private"),
    )
    said = [note.split(": ", 1) for note in export.notes]
    assert [sentence for _place, sentence in said] == [
        "not carried over: https://old.example/port.jpg",
        "not carried over: https://video.example/1",
        "poll 3 is not in the files provided.",
        "not carried over, a file: https://old.example/port.jpg",
        "not carried over, a page (publish): About",
        "not carried over, a post (trash): Gone",
        "it was “private”; here it is a draft.",
    ]
    assert [place for place, _sentence in said][:4] == ["wordpress.xml:15, post 11"] * 3 + ["wordpress.xml:43"]


@pytest.mark.django_db
def test_drafts_scheduled_posts_and_odd_dates():
    take_up(
        item(1, wp__status="draft", wp__post_name="", wp__post_date_gmt="0000-00-00 00:00:00"),
        item(2, wp__status="future", wp__post_date_gmt="2100-01-01 00:00:00"),
        item(3, wp__post_date_gmt="0000-00-00 00:00:00"),
        item(4, wp__post_date_gmt="whenever", wp__post_date=""),
        item(5, wp__status="pending"),
    )
    dates = dict(Article.objects.values_list("slug", "published_at"))
    assert dates == {
        "post-1": None,
        "post-2": datetime(2100, 1, 1, tzinfo=UTC),
        "post-3": datetime(2016, 6, 2, 12, tzinfo=UTC),
        "post-4": None,
        "post-5": None,
    }


@pytest.mark.django_db
def test_addresses_beyond_latin_and_the_same_address_twice():
    report = take_up(
        item(1, title="Цена", wp__post_name="%d1%86%d0%b5%d0%bd%d0%b0"),
        item(2, wp__post_name="same"),
        item(3, wp__post_name="same"),
    )
    assert [line.outcome for line in report.lines] == ["changed", "made", "made", "made"]
    assert sorted(Article.objects.values_list("slug", flat=True)) == ["post-1", "same", "same-3"]


@pytest.mark.django_db
def test_the_same_export_again_changes_nothing():
    posts = (item(1, GUTENBERG), item(2, CLASSIC))
    take_up(*posts, polls=POLLS)
    assert take_up(*posts, polls=POLLS).counts() == {"made": 0, "changed": 0, "skipped": 3, "refused": 0}


@pytest.mark.django_db
def test_a_tree_deeper_than_ours_is_moved_up_and_a_circle_is_cut():
    def category(slug: str, parent: str) -> str:
        return (
            f"<wp:category><wp:category_nicename>{slug}</wp:category_nicename><wp:category_parent>{parent}"
            f"</wp:category_parent><wp:cat_name>{slug}</wp:cat_name></wp:category>"
        )

    head = HEAD + "".join(category(f"c{n}", f"c{n - 1}" if n else "") for n in range(5))
    head += category("round", "trip") + category("trip", "round")
    export = convert(item(1), head=head)
    report = importing.import_files(export.files)
    assert report.lines[0].outcome == "changed"
    assert [section.slug for section in Section.objects.get(slug="c4").path] == ["c0", "c1", "c4"]
    assert "The category “c4” is more than three levels deep; it was moved up." in export.notes
    assert {len(Section.objects.get(slug=slug).path) for slug in ("round", "trip")} <= {1, 2}


@pytest.mark.django_db
def test_script_in_every_field_stays_text(client):
    script = "<script>alert(1)</script>"
    post = item(
        1,
        f"<p>a</p>{script}<p onclick='x()'>b</p><a href='javascript:x()'>c</a>",
        title=f"T{script}",
        excerpt__encoded=script,
    )
    report = take_up(post)
    assert [line.outcome for line in report.lines] == ["changed", "made"]
    article = Article.objects.get()
    for trace in ("<script", "onclick", "javascript:"):
        assert trace not in client.get(article.get_absolute_url()).content.decode().replace(
            '<script type="module"', ""
        ).replace('<script type="application/ld+json"', "")


@pytest.mark.django_db
def test_one_bad_post_harms_no_other():
    report = take_up(item(1, title="x" * 300), item(2))
    assert [line.outcome for line in report.lines] == ["changed", "refused", "made"]
    assert "post 1" in report.lines[1].file


# --- what is no export --------------------------------------------------------------------------------------------

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not XML"),
        (b"hello", "not XML"),
        (b"<html><body/></html>", "not a WordPress export"),
        ((HEAD + item(1)).encode(), "cut off"),
        ((HEAD.replace("?>", "?>" + BOMB, 1) + item(1) + FOOT).encode(), "document type"),
        (b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "document type"),
        ((HEAD + "<a>" * 50 + "</a>" * 50 + FOOT).encode(), "too deeply"),
        ((HEAD + item(1, "x" * (2 * 1024 * 1024 + 1)) + FOOT).encode(), "longer than 2 MB"),
        ((HEAD + item(1) + FOOT).encode("utf-16"), "not XML"),
        ((HEAD + item(1, "\x01") + FOOT).encode(), "not XML"),
    ],
)
def test_what_is_no_export_is_refused_in_a_sentence_with_a_line(raw, words):
    with pytest.raises(Malformed) as fault:
        wordpress.convert(io.BytesIO(raw))
    assert words in fault.value.message
    assert fault.value.line >= 1


def test_a_long_export_is_read_as_it_comes(monkeypatch):
    monkeypatch.setattr(wordpress, "CHUNK", 7)
    assert len(convert(item(1, GUTENBERG), item(2)).files) == 3
    monkeypatch.setattr(wordpress, "LARGEST", 1_000)
    with pytest.raises(Malformed, match="larger than 256 MB"):
        convert(item(1))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange_to_be_refused(junk):
    for raw in (junk, HEAD.encode() + junk + FOOT.encode()):
        with contextlib.suppress(Malformed):
            wordpress.convert(io.BytesIO(raw))


# --- WP-Polls -----------------------------------------------------------------------------------------------------

DUMP = r"""-- MySQL dump
CREATE TABLE `wp_pollsq` (`pollq_id` int);
INSERT INTO `wp_pollsq` VALUES (3,'What\'s next, \"now\"; (or) never?','1464854400',63,1,0,0,63),
(4,'Which?','1464854400',12,1,1467500000,2,9);
LOCK TABLES `wp_pollsa` WRITE;
INSERT INTO `wp_pollsa` (`polla_aid`, `polla_qid`, `polla_answers`, `polla_votes`) VALUES
(8,3,'Peace, ''perhaps''',30),
(7,3,'War\\',33),(9,4,'A',5),(10,4,NULL,7);
INSERT INTO `wp_pollsip` VALUES (1,3,7,'a','b','c',1,'d',0);
"""
EXPECTED = {
    3: PollEntry(
        "wp-poll-3", 'What\'s next, "now"; (or) never?', options=("War\\", "Peace, 'perhaps'"), votes=(33, 30)
    ),
    4: PollEntry(
        "wp-poll-4",
        "Which?",
        kind="multiple",
        options=("A", ""),
        votes=(5, 7),
        voters=9,
        closes=datetime.fromtimestamp(1467500000, UTC),
    ),
}


def test_polls_are_read_from_a_dump():
    assert wordpress.polls_of([("polls.sql", DUMP.encode())]) == EXPECTED


def test_polls_are_read_from_csv_files_of_both_tables():
    questions = 'pollq_id;pollq_question;pollq_multiple;pollq_totalvoters;pollq_expiry\n3;"What; now?";0;63;0\n'
    answers = "polla_aid,polla_qid,polla_answers,polla_votes\n8,3,Peace,30\n7,3,War,33\n"
    found = wordpress.polls_of([("a.csv", answers.encode()), ("q.csv", questions.encode("utf-8-sig"))])
    assert found == {3: PollEntry("wp-poll-3", "What; now?", options=("War", "Peace"), votes=(33, 30))}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"a,b\n1,2\n", "neither the table"),
        (b"", "neither the table"),
        (b"\xff\xfe", "not UTF-8"),
        (DUMP[:150].encode(), "cut off"),
        (b"x" * (33 * 1024 * 1024), "larger than 32 MB"),
        (b"INSERT INTO wp_pollsq VALUES (1,'never ends", "cut off"),
    ],
)
def test_what_holds_no_polls_is_refused_in_a_sentence(raw, words):
    with pytest.raises(Malformed) as fault:
        wordpress.polls_of([("polls", raw)])
    assert words in fault.value.message


@pytest.mark.django_db(transaction=True)
def test_a_poll_of_the_former_site_shows_as_carried_over(client, tmp_path: Path, capsys):
    (tmp_path / "site.xml").write_text(HEAD + item(11, CLASSIC) + FOOT)
    (tmp_path / "polls.sql").write_text(DUMP.replace("10,4,NULL", "10,4,'B'"))
    call_command("import_wordpress", tmp_path / "site.xml", "--polls", tmp_path / "polls.sql", "--dry-run")
    assert not Article.objects.exists()
    call_command("import_wordpress", tmp_path / "site.xml", "--polls", tmp_path / "polls.sql")
    said = capsys.readouterr().out
    assert "1 made, 1 changed, 0 skipped, 0 refused" in said
    assert "not carried over: https://old.example/map.png" in said
    page = client.get("/articles/post-11/").content.decode()
    assert "63 votes, carried over from the former site." in page
    assert "33 (52%)" in page
    document = client.get("/polls/wp-poll-3/results.json").json()
    assert (document["state"], document["source"]) == ("final", "carried")


@pytest.mark.django_db
def test_the_command_says_what_is_wrong_and_where(tmp_path: Path):
    (tmp_path / "site.xml").write_text(HEAD)
    with pytest.raises(CommandError, match=r"site\.xml:\d+: The export cannot be read"):
        call_command("import_wordpress", tmp_path / "site.xml")
    with pytest.raises(CommandError, match="There is no"):
        call_command("import_wordpress", tmp_path / "nothing.xml")
