# ruff: noqa: E501 - clipboards know no line length
"""Text from Word, Google Docs and LibreOffice, as their clipboards give it, and what is stored of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import pasted
from articles.body import stored

WORD = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40"><head>
<meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Word 15">
<title>Report</title><!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
<xml><o:OfficeDocumentSettings><o:AllowPNG/>Normal 0 false</o:OfficeDocumentSettings></xml>
<style><!-- p.MsoNormal {mso-style-unhide:no; font-size:12.0pt;} @page WordSection1 {size:595.3pt} --></style></head>
<body lang=EN-GB style='tab-interval:36.0pt'><!--StartFragment--><div class=WordSection1>
<h1 style='margin-top:12.0pt'><b><span lang=EN-GB style='font-size:16.0pt'>The harbour<o:p></o:p></span></b></h1>
<p class=MsoNormal style='margin-bottom:0cm'><span lang=EN-GB style='font-family:"Calibri",sans-serif;mso-fareast-language:
EN-US'>Built in <st1:place w:st="on"><st1:City w:st="on">Odessa</st1:City></st1:place>, it is <b style='mso-bidi-font-weight:
normal'>large</b>&nbsp;and <i>old</i>.<o:p></o:p></span></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;
</span></span></span><![endif]>ships<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>·<span>&nbsp; </span></span><![endif]>cranes<o:p></o:p></p>
<h2>Its price</h2>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1.<span>&nbsp; </span></span>steel</p>
<p class=MsoNormal>It cost much<a style='mso-footnote-id:ftn1' href="#_ftn1" name="_ftnref1" title=""><span
class=MsoFootnoteReference><span style='mso-special-character:footnote'>[1]</span></span></a>.<span style='display:none;
mso-hide:all'>hidden</span></p>
<table class=MsoTableGrid border=1 style='border-collapse:collapse'><tr><td width=200 style='width:150pt'><p
class=MsoNormal>Year</p></td><td><p class=MsoNormal><o:p>&nbsp;</o:p></p></td></tr></table>
<p class=MsoNormal><img width=100 src="file:///C:/temp/msohtmlclip1/01/clip_image001.png" v:shapes="_x0000_i1025"></p>
</div><div style='mso-element:footnote-list'><hr align=left size=1 width="33%"><div style='mso-element:footnote' id=ftn1>
<p class=MsoFootnoteText><a style='mso-footnote-id:ftn1' href="#_ftnref1" name="_ftn1" title=""><span
class=MsoFootnoteReference>[1]</span></a><span lang=EN-GB> In roubles of 1913.<o:p></o:p></span></p></div></div>
<!--EndFragment--></body></html>"""
WORD_STORED = (
    "<h2>The harbour</h2><p>Built in Odessa, it is <strong>large</strong> and <em>old</em>.</p>"
    "<ul><li><p>ships</p></li><li><p>cranes</p></li></ul>"
    "<h3>Its price</h3><ol><li><p>steel</p></li></ol><p>It cost much[[note: In roubles of 1913.]].</p>"
    "<table><tbody><tr><td><p>Year</p></td><td></td></tr></tbody></table>"
)

GOOGLE = """<meta charset='utf-8'><meta charset="utf-8"><b style="font-weight:normal;"
id="docs-internal-guid-7c1f"><h2 dir="ltr" style="line-height:1.38;margin-top:18pt"><span style="font-size:16pt;
font-family:Arial,sans-serif;color:#000000;font-weight:400;font-style:normal">The harbour</span></h2><p dir="ltr"
style="line-height:1.38"><span style="font-weight:700;font-style:normal">Large</span><span style="font-weight:400"> and
</span><span style="font-weight:400;font-style:italic">old</span><span style="font-size:0.6em;vertical-align:super">2</span>
<a href="https://example.org/" style="text-decoration:none"><span style="color:#1155cc;text-decoration:underline">there</span>
</a></p><br /><ul style="margin-top:0"><li dir="ltr" style="list-style-type:disc" aria-level="1"><p dir="ltr"
role="presentation"><span style="font-weight:400">ships</span></p></li></ul><p dir="ltr"><span>one</span><span><br /></span>
<span>two</span></p></b><br class="Apple-interchange-newline">"""
GOOGLE_STORED = (
    "<h2>The harbour</h2><p><strong>Large</strong> and <em>old</em><sup>2</sup> "
    '<a href="https://example.org/">there </a></p><ul><li><p>ships</p></li></ul><p>one</p><p>two</p>'
)

LIBRE = """<!DOCTYPE html><html><head><meta name="generator" content="LibreOffice 7.4 (Linux)"/><style type="text/css">
p { line-height: 115% }</style></head><body lang="en-GB" dir="ltr"><h3 class="western">Earlier</h3><h2 class="western">The
harbour</h2><p style="margin-bottom: 0cm"><font face="Liberation Serif"><font size="3" style="font-size: 12pt"><b>Large</b>
and <i>old</i><a class="sdfootnoteanc" name="sdfootnote1anc" href="#sdfootnote1sym"><sup>1</sup></a>.</font></font></p>
<p><br/></p><center>In the middle</center><dl><dd>indented</dd></dl>
<div id="sdfootnote1"><p class="sdfootnote"><a class="sdfootnotesym" name="sdfootnote1sym" href="#sdfootnote1anc">1</a>
Of 1913.</p></div></body></html>"""
LIBRE_STORED = (
    "<h2>Earlier</h2><h2>The harbour</h2><p><strong>Large</strong> and <em>old</em>[[note: Of 1913.]].</p>"
    "<p>In the middle</p><p>indented</p>"
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [(WORD, WORD_STORED), (GOOGLE, GOOGLE_STORED), (LIBRE, LIBRE_STORED)],
    ids=["Word", "Google", "Libre"],
)
def test_what_a_word_processor_gives_is_stored_as_if_it_was_written_here(given, kept):
    assert stored(given) == kept


@pytest.mark.parametrize("kept", [WORD_STORED, GOOGLE_STORED, LIBRE_STORED])
def test_cleaning_again_changes_nothing(kept):
    assert stored(kept) == kept


def test_pictures_stay_behind_and_are_counted():
    assert (pasted.read(WORD).pictures, pasted.read(GOOGLE).pictures) == (1, 0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\u00a0b", "a b"),
        ("10\u00a0000", "10&nbsp;000"),
        ("oui\u00a0? «\u00a0non\u00a0»", "oui&nbsp;? «&nbsp;non&nbsp;»"),
        ("5\u00a0km, Nr.\u00a05", "5 km, Nr. 5"),
        ("so\u00adft\u200b \ufeffx", "soft x"),
        ("  a \n\t b  ", "a b"),
    ],
)
def test_spaces_that_came_by_accident_are_spaces_and_typography_stays(given, kept):
    assert stored(f"<p>{given}</p>") == f"<p>{kept}</p>"


def test_links_inside_the_article_stay():
    body = '<p><a href="#h-a">a</a> <a href="#poll-b">b</a> <a href="/articles/x/">c</a></p>'
    assert stored(body) == body
    assert stored('<p><a href="#_Toc123">a</a></p>') == "<p>a</p>"


def test_links_to_each_other_that_lie_in_each_other_are_no_footnote():
    assert "[[note" not in stored("<a href='#x' id='y'><table><a href='#y' id='x'>a")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</b>",
                "<span style='font-weight:700'>",
                "</span>",
                "<br>",
                "<div>",
                "</div>",
                "a",
                "&nbsp;",
                "<h1>",
                "</h1>",
                "<h3>",
                "</h3>",
                "<ul>",
                "<li>",
                "</li>",
                "</ul>",
                "<table>",
                "<td>",
                "</table>",
                "<p style='mso-list:l0 level1'>",
                "<a href='#x' id='y'>",
                "<a href='#y' id='x'>",
                "</a>",
                "<sup>",
                "</sup>",
            ]
        ),
        max_size=30,
    )
)
def test_whatever_comes_is_cleaned_once_and_for_all(pieces):
    once = stored("".join(pieces))
    assert stored(once) == once
    assert ("style" in once, "class" in once) == (False, False)
