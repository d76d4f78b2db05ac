"""Every component in every state, from the real templates with samples: what the staff's page of components shows.

Nothing is stored: articles, pictures and polls are made in memory. A state that only a script brings about, such as
"sending", is set into the card as the script sets it, with the words that the script would take. The page speaks the
language of the account, or of the address (`?language=ar`): its templates speak all, its samples English and Arabic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from bs4 import BeautifulSoup
from django import forms
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import lazy
from django.utils.safestring import SafeString, mark_safe

from articles import mail
from articles.models import Article, ArticleFile, Author, Correction, Document, Picture, Recording, Section
from articles.publication import current
from articles.reading import Media, Text
from polls import samples, spoken
from polls.models import State
from polls.sample_words import BODY_IN_ARABIC, say
from polls.samples import OPTIONS, Asks

CARD = "polls/_card.html"
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
TITLE = "The harbour that was built twice"
STANDFIRST = "What the harbour costs, who pays for it, and who should. A look at forty years of accounts."
BODY = """<p>The harbour was built twice, and it is still too small[[note: By the tonnage of 2024.]]. Its accounts
say why.</p>
<h2>The first harbour</h2><p>It was drawn in 1961 and opened in 1974, four years late.</p>
<ul><li>a quay of 400 metres</li><li>two cranes</li></ul>
<blockquote><p>We were told it would be the last.</p></blockquote>
<h3>What it cost</h3><table><tbody><tr><th><p>Year</p></th><th><p>Cost</p></th></tr>
<tr><td><p>1974</p></td><td><p>41 million</p></td></tr></tbody></table>
<h2>The second</h2><p>It stands beside the first.</p>"""
ARABIC_QUESTION = "ما الذي ينبغي بناؤه أولاً؟"
ARABIC_OPTIONS = ("سكة حديد جديدة", "طريق أوسع", "رصيف أطول", "لا أعرف")
ONE = Asks("single", "What does the United States want from its relations with Russia?", OPTIONS)
SEVERAL = Asks("multiple", "Which of these matter most?", OPTIONS, {"max_choices": 3})


@dataclass(frozen=True)
class Exhibit:
    """A component in one state, in the language and the direction of its words."""

    name: str
    html: SafeString
    language: str = ""  # where it is not that of the page
    direction: str = ""
    room: str = ""  # the class of what stands round it on a page


@dataclass(frozen=True)
class Room:
    """Exhibits that belong together."""

    name: str
    exhibits: list[Exhibit]


def rooms(request: HttpRequest) -> list[Room]:
    """All that there is to see, in the order of the page."""
    return [
        Room("Article", list(_article(request))),
        Room("Lists", list(_lists(request))),
        Room("Poll: states of the card", list(_states(request))),
        Room("Poll: types of question, before and after", list(_types(request))),
        Room("Forms", list(_forms(request))),
        Room("Right to left", list(_right_to_left(request))),
    ]


def _shown(request: HttpRequest, name: str, template: str, **context: Any) -> Exhibit:
    return Exhibit(name, render_to_string(template, context, request))


# --- articles ---------------------------------------------------------------------------------------------------------


class _OwnMark(FileSystemStorage):
    """Where the picture of a sample is: the mark of the publication, which every site has."""

    def url(self, name: str | None) -> str:
        return f"/{name}"


def _picture() -> Picture:
    texts = {"alt": "The mark of the publication.", "credit": "Our own drawing.", "caption": "A mark."}
    picture = Picture(pk=1, width=512, height=512, **{name: say(text) for name, text in texts.items()})
    picture.file.name, picture.file.storage = "icon-512.png", _OwnMark()
    samples.hold(picture, "renditions", [])
    return picture


def _sample(title: str = TITLE, standfirst: str = STANDFIRST, *, pictured: bool = False) -> Article:
    section = Section(pk=1, slug="economy", name=say("Economy"))
    published = datetime(2026, 6, 2, 9, tzinfo=ZoneInfo("UTC"))
    article = Article(
        pk=1,
        section=section,
        slug="sample",
        title=say(title),
        standfirst=say(standfirst),
        body=BODY,
        published_at=published,
    )
    article.lead_picture = _picture() if pictured else None
    samples.hold(article, "authors", [Author(pk=1, slug="desk", name=say("Economy desk"))])
    return article


def _article(request: HttpRequest) -> Iterator[Exhibit]:
    body = BODY_IN_ARABIC if translation.get_language() == "ar" else BODY
    article, text = _sample(), Text(body, media=Media({}, {}))
    corrections = [Correction(at=timezone.now(), text=say("The quay is 400 metres long, not 40."))]
    yield _shown(request, "Byline", "articles/_byline.html", article=article)
    running = _shown(request, "Text", "articles/_text.html", text=text, place="")
    yield Exhibit(running.name, running.html, room="prose")
    yield _shown(request, "Notes", "articles/_notes.html", text=text)
    yield _shown(request, "Corrections", "articles/_corrections.html", corrections=corrections)
    yield _shown(request, "Figure", "articles/_figure.html", shown=_picture(), place="column")
    recording = Recording(url="https://vimeo.com/1", title=say("The opening of the quay"), minutes=4, still=None)
    yield _shown(request, "Recording", "articles/_recording.html", recording=recording)
    yield _shown(request, "Files", "articles/_files.html", article=_with_files())


def _with_files() -> SimpleNamespace:
    """What the template of files asks an article for."""
    files = [
        ("The accounts of the harbour", Document.Kind.PDF, 412_000),
        ("Tonnage by month", Document.Kind.CSV, 9_100),
    ]
    entries = [
        ArticleFile(document=Document(title=say(title), kind=kind, bytes=n, language="en", dated=date(2026, 3, 1)))
        for title, kind, n in files
    ]
    for entry in entries:
        entry.document.file.name, entry.document.file.storage = "icon-512.png", _OwnMark()
    return SimpleNamespace(files=SimpleNamespace(select_related=lambda _with: entries))


def _lists(request: HttpRequest) -> Iterator[Exhibit]:
    yield _shown(request, "Teaser", "articles/_teaser.html", article=_sample())
    yield _shown(request, "Teaser with its section", "articles/_teaser.html", article=_sample(), show_section=True)
    yield _shown(request, "Teaser, long words", "articles/_teaser.html", article=_sample(f"{LONG}: {LONG}", LONG * 3))
    yield _shown(request, "Teaser without a summary", "articles/_teaser.html", article=_sample(standfirst=""))
    pages = Paginator(range(30), 10)
    yield _shown(request, "Pages", "_pagination.html", page_obj=pages.get_page(2))
    yield _shown(request, "Empty list", "articles/_list.html", page_obj=pages.get_page(1).object_list[:0])


# --- polls ------------------------------------------------------------------------------------------------------------


def _card(request: HttpRequest, name: str, *asks: Asks, page: str = "", **given: Any) -> Exhibit:
    # Each card is called by its own question, so that no two parts of the page bear one name. The name of the component
    # is English whatever the page: two signs keep its direction apart from that of the question.
    named = [
        replace(one, text=f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}: {say(one.text)}") for one in asks
    ]
    return _shown(request, name, CARD, card=samples.card(*named, **given), page=page)


def _states(request: HttpRequest) -> Iterator[Exhibit]:
    yield _card(request, "Open, results hidden until voted", ONE, results_shown="after_vote")
    yield _card(request, "Open, results for everybody", ONE)
    yield _card(request, "Open, nobody has voted", ONE, votes=0)
    yield _card(request, "Open, one vote", ONE, votes=1)
    yield _card(request, "Open, many votes", ONE, votes=1_234_567)
    yield _card(request, "Open, several choices", SEVERAL)
    yield _card(request, "Long words", Asks("single", f"{LONG}?", (LONG, f"{LONG} {LONG}", "No")))
    yield _card(request, "After voting", ONE, own=1, results_shown="after_vote")
    yield _card(request, "After voting, may be changed", ONE, own=1, may_change=True)
    yield _card(request, "After voting, results hidden", ONE, own=1, results_shown="after_close")
    yield _card(request, "Too few votes to be shown", ONE, votes=3, minimum_base=20)
    yield _card(request, "Announced", ONE, votes=0, state=State.SCHEDULED)
    yield _card(request, "Paused", ONE, state=State.PAUSED)
    yield _card(request, "Closed", ONE, state=State.CLOSED)
    yield _card(request, "Final", ONE, state=State.FINAL)
    yield _card(request, "Title, introduction and note", ONE, title="Aims", intro="Asked since June.", note="A note.")
    yield _card(request, "Survey, to be started", *samples.EVERY_TYPE[:4], title="The harbour", results_shown="staff")
    yield _by_script(request, "Sending", button="sending")
    yield _by_script(request, "Not confirmed, tried again by itself", notice="unconfirmed", button="sending")
    yield _by_script(request, "Given up", notice="gave-up")
    yield _by_script(request, "Refused", notice="refused")


def _by_script(request: HttpRequest, name: str, *, notice: str = "", button: str = "") -> Exhibit:
    """A card as the script leaves it: its notice and its button say the words that stand ready in the card."""
    page = BeautifulSoup(_card(request, name, ONE, results_shown="after_vote").html, "html.parser")
    words = {str(word["data-word"]): str(word.string) for word in page.find_all("i", attrs={"data-word": True})}
    for shown in page.select(".notice") if notice else ():
        shown.string = words[notice]
        del shown["hidden"]
    for pressed in page.select(".actions button") if button else ():
        pressed.string = words[button]
        pressed["aria-disabled"] = "true"
    return Exhibit(name, mark_safe(str(page)))  # noqa: S308 - what the template wrote, and words of the same template


def _types(request: HttpRequest) -> Iterator[Exhibit]:
    for asks in samples.EVERY_TYPE:
        yield _card(request, f"{asks.kind}, before", asks, votes=0, results_shown="after_vote")
        yield _card(request, f"{asks.kind}, after", asks, state=State.FINAL)
    yield _shown(
        request,
        "The figures as a table",
        "polls/_tables.html",
        card=samples.card(ONE, SEVERAL, state=State.FINAL, title="Two questions"),
    )


# --- letters ----------------------------------------------------------------------------------------------------------


def letter() -> str:
    """A mail as its reader's program shows it."""
    return mail.as_html(
        subject=f"{current().name}: {say(TITLE)}",
        text=f"{say(STANDFIRST)}\n\nhttps://example.org/{'a' * 60}/\n\n"
        f"{say('Line one.')}\n{say('Line two.')}\n\n{current().name}",
    )


# --- paper ------------------------------------------------------------------------------------------------------------

SHEETS = ("articles/tokens.css", "articles/site.css", "polls/polls.css", "polls/answer.css")
PRINTED = re.compile(r"@media print \{((?:[^{}]|\{[^{}]*\})*)\}")


def paper() -> str:
    """What the style sheets say of paper, said of every medium; it stands behind them, as paper's own sheet does."""
    printed = [block for sheet in SHEETS for block in PRINTED.findall(_sheet(sheet))]
    return "\n".join([*printed, _sheet("articles/print.css")])


def _sheet(name: str) -> str:
    return Path(str(finders.find(name))).read_text(encoding="utf-8")


# --- forms and directions ---------------------------------------------------------------------------------------------


_said = lazy(say, str)


class _Form(forms.Form):
    """A field of each kind, sent with faults in them."""

    name = forms.CharField(label=_said("Name"), help_text=_said("As it stands under an article."))
    email = forms.EmailField(label=_said("Email address"))
    agreed = forms.BooleanField(label=_said("I have read the rules"))


def _forms(request: HttpRequest) -> Iterator[Exhibit]:
    yield _shown(request, "Fields", "account/_fields.html", form=_Form(auto_id="plain_%s"))
    wrong = _Form({"name": "", "email": "nobody"}, auto_id="wrong_%s")
    wrong.add_error(None, say("Please look at this again."))
    yield _shown(request, "Fields with faults", "account/_fields.html", form=wrong)
    yield _shown(request, "Where to go from an error page", "_ways_on.html")


def _right_to_left(request: HttpRequest) -> Iterator[Exhibit]:
    asks = Asks("single", ARABIC_QUESTION, ARABIC_OPTIONS)
    with translation.override("ar"), spoken.page(own="ar", desk=False):
        found = [
            _card(request, "Open", asks),
            _card(request, "After voting", asks, own=1),
            _card(request, "Final", asks, state=State.FINAL),
        ]
    for exhibit in found:
        yield Exhibit(exhibit.name, exhibit.html, "ar", "rtl")
