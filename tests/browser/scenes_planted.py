"""What the demo does not have: rows for the scenes that need them, made by the real rooms.

`plant()` runs on the site that is looked at; run again, it plants nothing twice.
"""

from __future__ import annotations

import hashlib
import io
from datetime import date, timedelta
from unittest.mock import patch

from django.contrib.auth.models import User
from django.utils import timezone

from articles import intake, lifecycle, people, reviewing, roles
from articles.models import (
    Article,
    ArticleFile,
    Author,
    Delivery,
    Invitation,
    Page,
    Picture,
    Recording,
    Section,
    Staff,
    Topic,
)
from polls import bank, drafting, tally, texts
from polls import lifecycle as poll_life
from polls.models import Option, Poll, Question, TallyHistory, Verbatim
from tests.browser.scene import ARABIC_EDITOR, CLOSED_REVIEW, INVITATION, REVIEW, USED_INVITATION
from tests.factories import cast, cast_many, finalise, make_article, make_poll, move, unguarded
from tests.polls import every
from tests.polls.surveys import question, survey, thirty

BODY = """<p>The harbour was built twice[[note: By the tonnage of 2024.]], and it is still too small. Its accounts say
why, and they are <a href="https://example.org/">public</a>.</p>
<h2>The first harbour</h2><p>It was drawn in 1961 and opened in 1974, <em>four years late</em>.</p>
<ul><li><p>a quay of 400 metres</p></li><li><p>two cranes</p></li></ul><p>[[picture:{picture}]]</p>
<blockquote><p>We were told it would be the last.</p></blockquote>
<h2>What it cost</h2><table><tbody><tr><th><p>Year</p></th><th><p>Estimate</p></th><th><p>Cost</p></th></tr>
<tr><td><p>1974</p></td><td><p>30 million</p></td><td><p>41 million</p></td></tr>
<tr><td><p>1999</p></td><td><p>90 million</p></td><td><p>212 million</p></td></tr></tbody></table>
<h3>Who paid</h3><p>[[recording:{recording}]]</p><h2>The second</h2><p>It stands beside the first.</p>"""


def plant() -> None:
    """Everything; nothing where it is there already."""
    if Article.objects.filter(slug="withdrawn").exists():
        return
    editor = User.objects.get(username="editor")
    _people(editor)
    _articles(editor)
    _polls()
    _surveys()


def shift(days: float) -> None:
    """Let the short survey close so many days from now, even if it was closed and counted for the last time."""
    move(Poll.objects.get(slug="two-questions"), closes_at=timezone.now() + timedelta(days=days), finalised_at=None)


def _people(editor: User) -> None:
    """An editor who is spoken to in Arabic, somebody who was invited, and somebody who joined."""
    now = timezone.now()
    arabic = User.objects.create(
        username=ARABIC_EDITOR, password=editor.password, is_staff=True, is_superuser=editor.is_superuser
    )
    arabic.groups.set(editor.groups.all())
    arabic.user_permissions.set(editor.user_permissions.all())
    Staff.objects.update_or_create(user=arabic, defaults={"language": "ar"})
    for address, secret in (("ann@example.org", INVITATION), ("bo@example.org", USED_INVITATION)):
        invitation, _secret = people.invite(
            email=address, role=roles.Role.AUTHOR, sections=Section.objects.all()[:1], by=editor, now=now
        )
        Invitation.objects.filter(pk=invitation.pk).update(digest=hashlib.sha256(secret.encode()).hexdigest())
    people.accept(
        USED_INVITATION, username="bo", password="nine blue lanterns", first_name="Bo", last_name="Berg", now=now
    )


def _articles(editor: User) -> None:
    economy, lead = Section.objects.get(slug="economy"), Picture.objects.filter(leads__isnull=False).first()
    Section.objects.create(slug="empty", name="Letters", description="What readers write to us.", position=9)
    Author.objects.create(slug="nobody-yet", name="Night desk")
    make_article(
        "withdrawn",
        title="The harbour that never was",
        withdrawn_at=timezone.now(),
        section=economy,
        authors=0,
        withdrawal_notice="Its figures were those of another harbour.",
    )
    make_article(
        "archived",
        title="Ten years of tides",
        standfirst="What the tables of a harbour say after ten years.",
        section=economy,
        authors=0,
        archived_at=timezone.now(),
        days_ago=900,
    ).authors.set(Author.objects.exclude(slug="nobody-yet")[:1])
    picture = Picture.objects.order_by("pk").last()
    assert picture
    recording = Recording.objects.create(
        url="https://vimeo.com/76979871", title="The opening of the quay", minutes=4, still=picture
    )
    whole = make_article(
        "everything", title="The harbour that was built twice", section=economy, authors=0, lead_picture=lead,
        standfirst="What the harbour costs, who pays for it, and who should. A look at forty years of accounts.",
        body=BODY.format(picture=picture.pk, recording=recording.pk), poll=Poll.objects.get(slug="us-aims-open"),
    )  # fmt: skip
    whole.authors.set(Author.objects.exclude(slug="nobody-yet")[:2])
    whole.topics.set(Topic.objects.all()[:3])
    for title, name, content in (
        ("The accounts of the harbour, 1974 to 2024", "accounts.csv", b"year,cost\n1974,41\n1999,212\n"),
        ("Tonnage by quay and month", "tonnage.csv", b"quay,month,tons\nnorth,1,12\n"),
    ):
        document, _new = intake.take_document(
            io.BytesIO(content), filename=name, title=title, dated=date(2026, 3, 1), who="editor"
        )
        ArticleFile.objects.create(article=whole, document=document)
    whole.corrections.create(text="The quay is 400 metres long, not 40.", who="editor")
    whole.corrections.create(text="The second harbour opened in 1999; an earlier version said 1989.", who="editor")
    whole.title = "The harbour that was built twice over"
    whole.save()
    draft = make_article(
        "draft", title="What the ferry carries", section=economy, authors=0, published_at=None, in_review_at=None,
        body="<p>It carries more than it did.</p>", standfirst="A ferry, its cargo and its future.",
    )  # fmt: skip
    reviewing.make(article=draft, reader="A reader of ours", token=REVIEW, days=7, by=editor)
    closed = reviewing.make(article=draft, reader="Somebody else", token=CLOSED_REVIEW, days=7, by=editor)
    reviewing.say(link=closed, approves=False, text="The second paragraph says the same as the first.")
    reviewing.revoke(link=closed, by=editor)
    lifecycle.send_to_review(article=draft, by=editor)
    Page.objects.create(slug="unpublished", title="A page that waits", body="<p>For its day.</p>")


def _polls() -> None:
    long = "An option whose wording was not shortened by anybody, because the law that it quotes is as long as this"
    poll = make_poll(
        "long-words", text="Donaudampfschifffahrtsgesellschaftskapitänskajüte: which of these applies?",
        options=[long, "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz", "No"],
    )  # fmt: skip
    cast_many(poll, [1, 0, 0])
    make_poll("nobody-yet", text="Who votes first?", options=["I do", "Somebody else"])
    _pictures()
    _over_time()
    mistaken = make_poll("mistaken", text="Should the harbour be closed?", options=["Yes", "Yes, of course"])
    cast_many(mistaken, [4, 2])
    asked = drafting.Asked(
        text="Should the harbour be closed?", options=(drafting.Offered("Yes"), drafting.Offered("No"))
    )
    poll_life.replace(poll=mistaken, asked=[asked], who="editor", reason="“No” could not be chosen.")
    corrected = make_poll("corrected", text="Who shuold pay for the quay?", options=["The town", "Its users"])
    cast_many(corrected, [12, 17])
    poll_life.correct_wording(
        poll=corrected, question=corrected.questions.get(), corrected="Who should pay for the quay?",
        reason="A typing error.", who="editor",
    )  # fmt: skip
    for one in Poll.objects.filter(slug__in=["long-words", "mistaken", "corrected", "pictures", "over-time"]):
        tally.recount(one.pk, wait=True)


def _pictures() -> None:
    poll = make_poll(
        "pictures",
        text="Which of these drawings should lead our issue?",
        kind="image",
        options=["The northern quay, drawn from the sea", "The bridge", "The market at six in the morning"],
    )
    _with_pictures(poll)
    cast_many(poll, [11, 7, 4])


def _over_time() -> None:
    """A poll of five days, its counts as they would have been kept."""
    poll = make_poll("over-time", text="Should the quay be longer?", options=["Yes", "No", "I do not know"])
    move(poll, opens_at=timezone.now() - timedelta(days=5))
    for ago, votes in ((4, [12, 9, 3]), (3, [9, 14, 2]), (2, [16, 6, 4]), (1, [12, 8, 1]), (0, [11, 5, 2])):
        cast_many(poll, votes)
        with patch.object(tally, "HISTORY_EVERY", timedelta(0)):  # as if an hour had passed
            tally.recount(poll.pk, wait=True)
        with unguarded():
            newest = TallyHistory.objects.filter(poll=poll).latest("version")
            TallyHistory.objects.filter(pk=newest.pk).update(as_of=timezone.now() - timedelta(days=ago))


def _surveys() -> None:
    thirty(slug="getting-about", title="Getting about")
    town = question("town", options=["north", "south"], text="In which part of the town do you live?")
    why = question("why", "longtext", text="Why do you live there?", required=False)
    survey(town, why, slug="two-questions", title="Where you live")
    survey(town, why, slug="resting", title="A survey that rests", state="paused")
    over = survey(town, why, slug="over", title="A survey that is over")
    cast(over)
    finalise(over)
    age = question("age", options=["young", "old"], text="How old are you?")
    full = survey(
        age, why, slug="quota", title="For the young",
        flow={"quotas": [{"question": "age", "option": "young", "limit": 1}]},
    )  # fmt: skip
    cast(full)
    asked = every.every_type(slug="every-type", title="All that can be asked")
    must = every.every_type(slug="every-type-must", title="All that must be answered")
    Question.objects.filter(poll=must).update(required=True)
    _with_pictures(asked, must)
    for number in range(40):
        every.cast_sample(asked, number)
    for text in Verbatim.objects.filter(answer__poll=asked)[:8]:
        texts.let_through(text.pk, poll=asked, who="editor")
    for one in (over, full, asked):
        tally.recount(one.pk, wait=True)
    bank.keep(bank.ready_made("event"), name="After an evening", who="editor")
    Delivery.objects.create(name="twelve articles.zip", made_by=User.objects.get(username="editor"))


def _with_pictures(*polls: Poll) -> None:
    """Pictures of the demo for the options of questions that ask with pictures."""
    pictures = list(Picture.objects.order_by("pk"))
    for option in Option.objects.filter(question__poll__in=polls, question__kind="image"):
        picture = pictures[option.position % len(pictures)]
        shown = {"id": picture.pk, "src": picture.file.url, "width": picture.width, "height": picture.height}
        Option.objects.filter(pk=option.pk).update(settings={"picture": shown})
