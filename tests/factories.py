"""Polls and ballots for tests: real rows, made by the real rooms, in one line.

poll = make_poll(options=["Yes", "No"], results_shown="always")
cast(poll, "Yes")
cast_many(poll, [33, 30])
close(poll)
"""

from __future__ import annotations

import hashlib
import io
import itertools
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from articles import intake, renditions
from articles.models import Article, Author, Picture, Publication, Section
from polls import paper, spoken, tally, voting
from polls.models import Option, Poll, Question, Series

Chosen = str | int | Option | Sequence[str | int | Option]
_numbers = itertools.count(1)


def make_poll(
    slug: str | None = None,
    *,
    text: str = "What is to be done?",
    options: Sequence[str] = ("Yes", "No"),
    kind: str = "single",
    questions: Sequence[Mapping[str, Any]] | None = None,
    state: str = "open",
    **fields: Any,
) -> Poll:
    """A poll in `state` (draft, scheduled, open, paused, closed: since a minute, so that it may be finalised).

    One question of `text`, `options` and `kind`, or several by `questions`: mappings with `text`, `options`, and any
    field of `Question`. Everything else is a field of `Poll`. Results show to everybody unless told otherwise.
    """
    now = timezone.now()
    times: dict[str, tuple[datetime | None, datetime, datetime]] = {
        "draft": (None, now - timedelta(days=1), now + timedelta(days=7)),
        "scheduled": (now - timedelta(days=1), now + timedelta(days=1), now + timedelta(days=7)),
        "open": (now - timedelta(days=1), now - timedelta(days=1), now + timedelta(days=7)),
        "paused": (now - timedelta(days=1), now - timedelta(days=1), now + timedelta(days=7)),
        "closed": (now - timedelta(days=1), now - timedelta(days=1), now - timedelta(minutes=1)),
    }
    published_at, opens_at, closes_at = times[state]
    given = {
        "slug": slug or f"poll-{next(_numbers)}-{secrets.token_hex(3)}",
        "published_at": published_at,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "paused_at": now if state == "paused" else None,
        "results_shown": "always",
        **fields,
    }
    if "series" not in given:
        given["series"] = Series.objects.create()
    poll = Poll.objects.create(**given)
    for position, asked in enumerate(questions or [{"text": text, "options": options, "kind": kind}]):
        add_question(poll, position=position, **asked)
    return poll


def add_question(
    poll: Poll, *, text: str = "What is to be done?", options: Sequence[str] = ("Yes", "No"), **fields: Any
) -> Question:
    """A question with its options; a multiple choice admits any number of them unless told otherwise."""
    if fields.get("kind") == "multiple":
        fields.setdefault("max_choices", len(options))
    question = Question.objects.create(poll=poll, text=text, **fields)
    Option.objects.bulk_create(
        Option(question=question, position=position, text=option) for position, option in enumerate(options)
    )
    return question


def voter(name: object | None = None) -> bytes:
    """A voter key: of somebody new, or always the same one for the same `name`."""
    return secrets.token_bytes(32) if name is None else hashlib.sha256(repr(name).encode()).digest()


def paper_of(poll: Poll) -> paper.Paper:
    """The paper of a poll as it is now in the database."""
    return paper.from_poll(Poll.objects.whole().select_related("series").get(pk=poll.pk))


def answers(poll: Poll, *chosen: Chosen) -> dict[int, list[int]]:
    """What a vote by script sends as `answers`: one choice a question, by option text, id or row, or a list."""
    given = {}
    for question, choice in zip(poll.questions.order_by("position"), chosen, strict=False):
        known = {option.text: option.pk for option in question.options.all()}
        several = [choice] if isinstance(choice, str | int | Option) else choice
        given[question.pk] = [
            known[one] if isinstance(one, str) else one.pk if isinstance(one, Option) else one for one in several
        ]
    return given


def as_given(chosen: Mapping[int, Sequence[int]]) -> dict[int, paper.Given]:
    """Chosen options by question as `cast_ballot` takes them."""
    return {question: paper.Given(tuple(options)) for question, options in chosen.items()}


def cast(
    poll: Poll,
    *chosen: Chosen,
    by: object | None = None,
    replaces: int | None = None,
    circumstances: voting.Circumstances | None = None,
) -> voting.Receipt:
    """Cast a ballot by the real door; `by` names the voter (bytes are a voter key, nothing is somebody new).

    Without a choice the first option of every question is chosen.
    """
    first = [question.options.order_by("position")[:1] for question in poll.questions.order_by("position")]
    return voting.cast_ballot(
        paper=paper_of(poll),
        voter_key=by if isinstance(by, bytes) else voter(by),
        given=as_given(answers(poll, *(chosen or first))),
        circumstances=circumstances,
        replaces=replaces,
    )


def cast_many(poll: Poll, votes: Sequence[int]) -> None:
    """So many ballots of new voters for each option, in order, of a poll with one question."""
    sheet = paper_of(poll)
    (question,) = sheet.questions
    for option, number in zip(question.options, votes, strict=True):
        for _ in range(number):
            voting.cast_ballot(paper=sheet, voter_key=voter(), given={question.id: paper.Given((option,))})


def translate(poll: Poll, language: str) -> None:
    """All that a poll says in another language too, as "Yes [de]": only then it is shown in that language."""
    rows = [poll, *poll.questions.all(), *Option.objects.filter(question__poll=poll)]
    for row, names in ((row, spoken.WORDING[row._meta.model_name or ""]) for row in rows):
        said = {name: getattr(row, name) for name in names if getattr(row, name)}
        words = {
            f"{name}_{language}": "\n".join(f"{line} [{language}]" for line in text.splitlines())
            for name, text in said.items()
        }
        type(row)._default_manager.filter(pk=row.pk).update(i18n=words)


def close(poll: Poll, *, ago: float = 60.0) -> Poll:
    """Let a poll have closed `ago` seconds before now, with whatever was cast so far; returns it as it is now."""
    return move(poll, closes_at=timezone.now() - timedelta(seconds=ago))


def finalise(poll: Poll) -> Poll:
    """Close a poll and take its final count."""
    close(poll)
    tally.finalise(poll.pk)
    poll.refresh_from_db()
    return poll


def move(poll: Poll, **times: datetime | None) -> Poll:
    """Set times of a poll that its frozen rules would refuse to change; ballots keep the time of their casting."""
    closes_at = times.get("closes_at")
    if closes_at and closes_at <= poll.opens_at:  # then it had opened before that
        earlier = closes_at - timedelta(days=1)
        times = {"opens_at": earlier, "published_at": earlier, **times}
    with unguarded():
        Poll.objects.filter(pk=poll.pk).update(**times)
    poll.refresh_from_db()
    paper.forget()
    return poll


@contextmanager
def unguarded() -> Iterator[None]:
    """Without triggers and foreign keys: for planting what the database refuses, and for nothing else."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def make_section(slug: str | None = None, **fields: Any) -> Section:
    slug = slug or f"section-{next(_numbers)}-{secrets.token_hex(3)}"
    return Section.objects.create(**{"slug": slug, "name": f"Section {slug}", **fields})


def make_publication(**fields: Any) -> Publication:
    """The record of the publication, newly written."""
    Publication.objects.all().delete()
    return Publication.objects.create(**{"name": "The Meridian Review", **fields})


def make_article(
    slug: str | None = None, *, body: str = "<p>Text.</p>", days_ago: float = 1, authors: int = 1, **fields: Any
) -> Article:
    """A published article in a section of its own, signed by so many desks of its own, without a poll."""
    slug = slug or f"article-{next(_numbers)}-{secrets.token_hex(3)}"
    given = {
        "slug": slug,
        "title": f"Title of {slug}",
        "standfirst": f"Standfirst of {slug}.",
        "body": body,
        "published_at": timezone.now() - timedelta(days=days_ago),
        **fields,
    }
    article = Article.objects.create(**{"section": given.pop("section", None) or make_section(), **given})
    desks = [Author.objects.create(slug=f"{slug}-{n}", name=f"{slug} {n} desk") for n in range(authors)]
    article.authors.set(desks)
    return article


def drawn(width: int, height: int, *, seed: int = 1) -> Image.Image:
    """A picture to upload: bands and dots, the same for the same seed."""
    image, dice = Image.new("RGB", (width, height), (235, 230, 218)), random.Random(seed)
    pen = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = dice.randrange(width), dice.randrange(height)
        size = dice.randrange(2, max(3, min(width, height) // 3))
        pen.ellipse((x, y, x + size, y + size), fill=(dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """An image as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def make_picture(
    width: int = 1000, height: int = 600, *, rendered: bool = False, mode: str = "RGB", **fields: Any
) -> Picture:
    """A picture taken up by the real door, each one another; with `rendered` its renditions are there too."""
    image = drawn(width, height, seed=secrets.randbits(30)).convert(mode)
    if mode == "RGBA":
        image.putpixel((0, 0), (0, 0, 0, 0))
    content = encoded(image)
    texts = {"name": "a map", "alt": "A map of the coast.", "credit": "Our own drawing.", **fields}
    picture, _ = intake.take_picture(io.BytesIO(content), **texts)
    if rendered:
        renditions.make(picture)
    return picture
