"""What an article's body may hold, and where polls stand in it."""

from __future__ import annotations

import re

import pytest
from django_prose_editor.fields import ProseEditorField
from hypothesis import given
from hypothesis import strategies as st

from articles.body import (
    Heading,
    Part,
    from_markdown,
    minutes_to_read,
    parts,
    pictures_placed,
    polls_placed,
    recordings_placed,
    to_markdown,
    with_anchors,
    with_notes,
)
from articles.models import Article


def stored(body):
    """A body as the editor's field stores it."""
    field = Article._meta.get_field("body")
    assert isinstance(field, ProseEditorField)
    return field.clean(body, Article())


KEPT = [
    "<p>Plain <strong>bold</strong> <em>slanted</em> x<sup>2</sup></p>",
    "<h2>Heading</h2><h3>Smaller</h3>",
    "<blockquote><p>Said.</p></blockquote>",
    "<ul><li><p>one</p></li><li><p>two</p></li></ul>",
    "<ol><li><p>one</p></li></ol>",
    '<p><a href="https://example.org/x">a</a> <a href="/articles/x/">b</a> <a href="mailto:a@example.org">c</a></p>',
    '<table><tbody><tr><th colspan="2">a</th></tr><tr><td>1</td><td>2</td></tr></tbody></table>',
    "<hr>",
    "<p>[[poll:a-poll]]</p>",
]


@pytest.mark.parametrize("body", KEPT)
def test_what_the_editor_offers_is_stored_as_it_is(body):
    assert stored(body) == body


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"),
        ("<p onclick=x style=y class=z id=i>a</p>", "<p>a</p>"),
        ('<p><a href="javascript:alert(1)">a</a></p>', "<p>a</p>"),
        ('<p><a href="data:text/html,x">a</a></p>', "<p>a</p>"),
        ('<p><a href="//evil.example" target="_blank">a</a></p>', '<p><a href="//evil.example">a</a></p>'),
        ("<h1>a</h1><h4>b</h4>", "<h2>a</h2><h3>b</h3>"),
        ("<h3>a</h3><h3>b</h3><h2>c</h2><h3>d</h3>", "<h2>a</h2><h2>b</h2><h2>c</h2><h3>d</h3>"),
        ("<p>a<img src=x onerror=alert(1)>b</p>", "<p>ab</p>"),
        ("<iframe src=x></iframe><object></object><embed><form><input></form><style>p{}</style>", ""),
        ("<svg><script>alert(1)</script></svg><math><mi>x</mi></math>", ""),
        ("<!-- a --><p>b</p>", "<p>b</p>"),
        ("<p>a</p><", "<p>a</p>&lt;"),
    ],
)
def test_everything_else_is_removed_when_a_body_is_stored(body, kept):
    assert stored(body) == kept


@given(st.text())
def test_nothing_stored_holds_a_tag_that_the_editor_does_not_offer(text):
    for body in (text, f"<p>{text}</p>", f"<{text}>", f"<a href='{text}'>x</a>"):
        kept = stored(body).lower()
        assert all(f"<{tag}" not in kept for tag in ("script", "style", "img", "iframe", "svg", "object", "form"))
        assert "javascript:" not in kept.replace(" ", "").partition("href")[2].partition(">")[0]


def test_a_body_is_split_at_its_poll_lines():
    body = "<p>One.</p><p>[[poll:a-poll]]</p><p>Two.</p><p> [[poll:b_2]] </p>"
    assert parts(body) == [Part(html="<p>One.</p>"), Part(poll="a-poll"), Part(html="<p>Two.</p>"), Part(poll="b_2")]
    assert polls_placed(body) == ["a-poll", "b_2"]


@pytest.mark.parametrize(
    "body",
    [
        "<p>See [[poll:a-poll]] for it.</p>",
        "<p>[[poll:]]</p>",
        "<p>[[poll:a b]]</p>",
        "<p>[[poll:ä]]</p>",
        "<p>[poll:a-poll]</p>",
        "<blockquote>[[poll:a-poll]]</blockquote>",
        "",
    ],
)
def test_what_is_no_line_of_its_own_places_no_poll(body):
    assert (parts(body), polls_placed(body)) == ([Part(html=body)] if body else [], [])


def test_markdown_becomes_what_the_editor_could_have_written():
    text = "## Heading\n\nOne *two* **three**.\n\n1. a\n2. b\n\n> said\n\n|a|b|\n|-|-|\n|1|2|\n\n[[poll:a-poll]]\n"
    assert "".join(stored(from_markdown(text)).split("\n")) == (
        "<h2>Heading</h2><p>One <em>two</em> <strong>three</strong>.</p><ol><li>a</li><li>b</li></ol>"
        "<blockquote><p>said</p></blockquote>"
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
        "<p>[[poll:a-poll]]</p>"
    )


def test_raw_html_in_markdown_is_text():
    assert from_markdown("a <script>x</script>") == "<p>a &lt;script&gt;x&lt;/script&gt;</p>\n"


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (1, 1), (220, 1), (329, 1), (331, 2), (660, 3), (2200, 10)])
def test_minutes_are_whole_at_220_words_and_one_at_least(words, minutes):
    assert minutes_to_read("<p>" + "word " * words + "</p>") == minutes


@pytest.mark.parametrize(
    ("text", "minutes"), [("读", 1), ("读，者。" * 255, 2), ("1936年，The Digest：" * 220 + "票" * 255, 4)]
)
def test_chinese_is_read_by_its_characters(text, minutes):
    assert minutes_to_read(f"<p>{text}</p>") == minutes


# --- pictures, recordings, notes, anchors -------------------------------------------------------------------------


def test_a_body_is_split_at_pictures_and_recordings_too():
    body = "<p>One.</p><p>[[picture:12]]</p><p>[[recording:3]]</p><p>[[poll:a]]</p><p>Two.</p>"
    assert parts(body) == [
        Part(html="<p>One.</p>"),
        Part(picture=12),
        Part(recording=3),
        Part(poll="a"),
        Part(html="<p>Two.</p>"),
    ]
    assert (pictures_placed(body), recordings_placed(body), polls_placed(body)) == ([12], [3], ["a"])


@pytest.mark.parametrize("line", ["[[picture:x]]", "[[picture:0]]", "[[picture:-1]]", "[[picture:9999999999]]"])
def test_what_is_no_number_places_no_picture(line):
    body = f"<p>{line}</p><p>Text.</p>"
    assert (parts(body), pictures_placed(body)) == ([Part(html=body)], [])


def test_headings_have_anchors_that_follow_from_their_words_and_are_never_the_same():
    body = "<h2>Four <em>strategies</em> &amp; more</h2><p>x</p><h3>Später</h3><h2>Später</h2><h2>???</h2><h2>制裁</h2>"
    text, headings = with_anchors(body)
    assert headings == [
        Heading("h-four-strategies-more", "Four strategies & more", 2),
        Heading("h-später", "Später", 3),
        Heading("h-später--2", "Später", 2),
        Heading("h-part", "???", 2),
        Heading("h-制裁", "制裁", 2),
    ]
    assert text.startswith('<h2 id="h-four-strategies-more">Four <em>strategies</em> &amp; more</h2>')


def test_notes_are_numbered_where_they_stand_and_lead_back():
    body = "<p>Oil [[note: In <em>barrels</em>.]] and gas [[note:Cubic metres [m³].]].</p>"
    text, notes = with_notes(body)
    assert notes == ["In <em>barrels</em>.", "Cubic metres [m³]."]
    first, second = (
        f'<sup class="note"><a href="#note-{n}" id="note-{n}-here" role="doc-noteref" '
        f'aria-label="Note {n}">{n}</a></sup>'
        for n in (1, 2)
    )
    assert text == f"<p>Oil{first} and gas{second}.</p>"


@pytest.mark.parametrize(
    ("body", "text", "notes"),
    [
        ("<p><em>a [[note: b</em> c]] d</p>", "<p><em>a</em>{1} d</p>", ["b c"]),
        ("<p>a [[note: <strong>b]] c</strong></p>", "<p>a<strong>{1} c</strong></p>", ["b"]),
        ("<p>a [[note: ]] b</p>", "<p>a b</p>", []),
        ("<p>a [[note: b</p><p>c]] d</p>", "<p>a [[note: b</p><p>c]] d</p>", []),
        ("<p>a [[note: b</p>", "<p>a [[note: b</p>", []),
    ],
)
def test_a_note_never_breaks_the_marks_around_it(body, text, notes):
    found, taken = with_notes(body)
    mark = '<sup class="note"><a href="#note-1" id="note-1-here" role="doc-noteref" aria-label="Note 1">1</a></sup>'
    assert (found, taken) == (text.replace("{1}", mark), notes)


@given(st.lists(st.sampled_from(["[[note: ", "]]", "a", " ", "[", "]", "<em>", "</em>", "<strong>", "</strong>"])))
def test_whatever_the_brackets_the_result_is_well_formed(pieces):
    body = stored("<p>" + "".join(pieces) + "</p>")
    text, notes = with_notes(body)
    for html in [text, *notes]:
        for tag in ("em", "strong", "p", "sup", "a"):
            opened = len(re.findall(rf"<{tag}[ >]", html))
            assert (tag, opened) == (tag, html.count(f"</{tag}>"))


PLACED = [
    "<p>[[picture:12]]</p>",
    "<p>[[recording:3]]</p>",
    "<p>[[poll:a_b-c]]</p>",
    '<p>Oil [[note: In <em>barrels</em>, see <a href="https://example.org/a_b">there</a>.]] flows.</p>',
    "<p>Oil [[note: In * and _ and [square] brackets.]](so)</p>",
]


@pytest.mark.parametrize("body", PLACED)
def test_what_is_placed_travels_through_markdown_unchanged(body):
    markdown = to_markdown(f"<p>Before.</p>{body}<p>After.</p>")
    assert stored(from_markdown(markdown)) == f"<p>Before.</p>{body}<p>After.</p>"


def test_in_markdown_placements_and_notes_stand_as_editors_know_them():
    markdown = to_markdown("<p>[[picture:12]]</p><p>Oil [[note: In <em>barrels</em>.]]</p><p>[[recording:3]]</p>")
    assert markdown == "[[picture:12]]\n\nOil [[note: In *barrels*.]]\n\n[[recording:3]]\n"


def test_placements_are_no_words_to_read():
    assert minutes_to_read("<p>word</p>" * 329 + "<p>[[picture:1]]</p>" * 10) == 1
