"""What an article's body may hold, and where polls stand in it."""

from __future__ import annotations

import pytest
from django_prose_editor.fields import ProseEditorField
from hypothesis import given
from hypothesis import strategies as st

from articles.body import Part, from_markdown, minutes_to_read, parts, polls_placed
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
        ('<p><a href="javascript:alert(1)">a</a></p>', "<p><a>a</a></p>"),
        ('<p><a href="data:text/html,x">a</a></p>', "<p><a>a</a></p>"),
        ('<p><a href="//evil.example" target="_blank">a</a></p>', '<p><a href="//evil.example">a</a></p>'),
        ("<h1>a</h1><h4>b</h4>", "ab"),
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
