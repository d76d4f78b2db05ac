"""Load the demo publication into an empty site: `manage.py seed_demo`.

Its votes are cast one by one through `cast_ballot` and counted by the real recount; a note beside each says that they
are a demonstration. Polls come first and articles last, in one transaction: a run that was cut off is simply run again,
and a site that has articles is never touched.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from modeltrans.utils import build_localized_fieldname

from articles import intake, tasks
from articles.body import from_markdown, stored
from articles.demo import draw
from articles.models import Article, Audience, Author, HomeLead, Page, Picture, Publication, Section, Topic
from polls import lifecycle, paper, tally, voting
from polls.models import Option, Poll, Question, Series

DEMO = Path(__file__).resolve().parent.parent.parent / "demo"
WHO = "demo set-up"


class Command(BaseCommand):
    help = "Load the demo publication (nine articles, six polls) where there is no article yet."

    def handle(self, *args: Any, **options: Any) -> None:
        if Article.objects.exists():
            self.stdout.write("There are articles already: the demo publication is not loaded.")
            return
        polls = [make_poll(entry) for entry in _yaml("polls.yaml")]
        with transaction.atomic():
            sections, authors, pictures = make_sections(), make_authors(), make_pictures()
            articles = [make_article(path, sections, authors, pictures) for path in sorted(DEMO.glob("*.md"))]
            if not Publication.objects.exists():
                make_publication(_yaml("publication.yaml"))
            translate_all(_yaml("translations/words.yaml"))
        self.stdout.write(f"Loaded {len(articles)} articles and {len(polls)} polls.")


def _yaml(name: str) -> Any:
    return yaml.safe_load((DEMO / name).read_text(encoding="utf-8"))


def _front_matter(path: Path) -> tuple[dict[str, Any], str]:
    _, front, text = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


# --- polls --------------------------------------------------------------------------------------------------------


def make_poll(entry: Mapping[str, Any]) -> Poll:
    """A poll of the demo with its votes, in its state; a poll that was made before is taken up where it was left."""
    poll = Poll.objects.filter(slug=entry["slug"]).first() or _create(entry)
    ballot_paper = paper.from_poll(Poll.objects.whole().select_related("series").get(pk=poll.pk))
    for number, given in enumerate(ballots(entry, ballot_paper)):
        voter = hashlib.sha256(f"demo:{poll.slug}:{number}".encode()).digest()
        voting.cast_ballot(paper=ballot_paper, voter_key=voter, given=given)
    poll.refresh_from_db()
    if entry["state"] == "paused" and poll.paused_at is None:
        lifecycle.pause(poll=poll, who=WHO, reason="to show this state")
    if entry["state"] == "closed" and poll.closes_at > timezone.now():
        lifecycle.close_now(poll=poll, who=WHO, reason="all votes of the demonstration are cast")
    tally.recount(poll.pk, wait=True)
    return poll


@transaction.atomic
def _create(entry: Mapping[str, Any]) -> Poll:
    now = timezone.now()
    poll = Poll.objects.create(
        slug=entry["slug"],
        series=Series.objects.create(name=entry["slug"]),
        title=entry.get("title", ""),
        note=entry.get("note", ""),
        published_at=now,
        opens_at=now + timedelta(days=entry.get("opens_in_days", 0)),
        closes_at=now + timedelta(days=entry.get("closes_in_days", 14)),
        results_shown=entry["results_shown"],
        minimum_base=entry["minimum_base"],
        step=entry["step"],
    )
    words = _yaml("translations/words.yaml")["polls"].get(entry["slug"], {})
    translated = words.get("questions") or [{}] * len(entry["questions"])
    _translate(poll, title=words.get("title"), note=words.get("note"))
    for position, (asked, other) in enumerate(zip(entry["questions"], translated, strict=True), start=1):
        question = Question.objects.create(
            poll=poll,
            position=position,
            i18n=_in_languages(text=other.get("text")),
            text=asked["text"],
            help=asked.get("help", ""),
            kind=asked["kind"],
            min_choices=asked["min_choices"],
            max_choices=asked["max_choices"],
        )
        others = other.get("options") or [None] * len(asked["options"])
        Option.objects.bulk_create(
            Option(question=question, position=place, text=text, i18n=_in_languages(text=texts))
            for place, (text, texts) in enumerate(zip(asked["options"], others, strict=True), start=1)
        )
    return poll


def ballots(entry: Mapping[str, Any], ballot_paper: paper.Paper) -> Iterator[dict[int, paper.Given]]:
    """Whole ballots that add up to the demo's counts: each question's choices are dealt round the table of voters."""
    voters = sum(entry["questions"][0]["votes"])
    for voter in range(voters):
        given = {}
        for asked, question in zip(entry["questions"], ballot_paper.questions, strict=True):
            dealt = [
                option for option, votes in zip(question.options, asked["votes"], strict=True) for _ in range(votes)
            ]
            given[question.id] = paper.Given(tuple(dealt[voter::voters]))
        yield given


# --- its other languages ------------------------------------------------------------------------------------------


def translate_all(words: Mapping[str, Any]) -> None:
    """The record, sections, authors, topics, audiences, pictures, pages and articles in the other languages."""
    for record in Publication.objects.all():
        _translate(record, **words["publication"])
    for model, key in ((Section, "sections"), (Author, "authors"), (Audience, "audiences")):
        for slug, texts in words[key].items():
            _translate(model._default_manager.get(slug=slug), **texts)
    for key, texts in words["pictures"].items():
        _translate(Picture.objects.get(name=_yaml("pictures.yaml")[key]["name"]), **texts)
    for name, texts in words["topics"].items():
        _translate(Topic.objects.get(name=name), name=texts)
    for path in sorted((DEMO / "translations").glob("*.md")):
        slug, language, _suffix = path.name.split(".")
        front, text = _front_matter(path)
        row: Any = Article.objects.filter(slug=slug).first() or Page.objects.get(slug=slug)
        new = {**front, "body": stored(from_markdown(text))}
        _translate(row, **{name: {language: new[name]} for name in new})


def _translate(row: Any, **texts: Mapping[str, str] | None) -> None:
    row.i18n = {**(row.i18n or {}), **_in_languages(**texts)}
    row.save(update_fields=["i18n"])


def _in_languages(**texts: Mapping[str, str] | None) -> dict[str, str]:
    """Texts by field and language, as they are stored beside the original."""
    return {
        build_localized_fieldname(name, language): text
        for name, given in texts.items()
        for language, text in (given or {}).items()
    }


# --- the publication ----------------------------------------------------------------------------------------------


def make_publication(entry: dict[str, Any]) -> None:
    """The record of the demo, what leads its home page, and its plain pages."""
    leads, featured = entry.pop("leads"), entry.pop("featured_poll")
    record = Publication.objects.create(**entry, featured_poll=Poll.objects.get(slug=featured))
    for position, slug in enumerate(leads, start=1):
        HomeLead.objects.create(publication=record, article=Article.objects.get(slug=slug), position=position)
    for path in sorted((DEMO / "pages").glob("*.md")):
        front, text = _front_matter(path)
        page = Page(slug=path.stem, body=from_markdown(text), published_at=timezone.now(), **front)
        page.clean_fields()  # sanitised, as the editor's field would store it
        page.save()


# --- articles -----------------------------------------------------------------------------------------------------


def make_sections() -> dict[str, Section]:
    return {
        entry["slug"]: Section.objects.update_or_create(
            slug=entry["slug"], defaults={**{k: v for k, v in entry.items() if k != "slug"}, "position": position}
        )[0]
        for position, entry in enumerate(_yaml("sections.yaml"))
    }


def make_authors() -> dict[str, Author]:
    return {
        entry["name"]: Author.objects.update_or_create(slug=entry["slug"], defaults=entry)[0]
        for entry in _yaml("authors.yaml")
    }


def make_pictures() -> dict[str, Picture]:
    """The drawings, taken up as an editor's pictures are."""
    texts, found = _yaml("pictures.yaml"), {}
    for name, drawing in draw.drawings().items():
        found[name], _new = intake.take_picture(io.BytesIO(drawing()), who=WHO, **texts[name])
        tasks.ask_for_renditions(found[name])
    return found


def make_article(
    path: Path, sections: Mapping[str, Section], authors: Mapping[str, Author], pictures: Mapping[str, Picture]
) -> Article:
    """An article of the demo from its Markdown file with YAML front matter."""
    entry, text = _front_matter(path)
    article = Article(
        slug=entry["slug"],
        title=entry["title"],
        standfirst=entry["standfirst"],
        section=sections[entry["section"]],
        body=from_markdown(with_numbers(text, pictures)),
        lead_picture=pictures.get(entry.get("lead") or ""),
        poll=Poll.objects.filter(slug=entry.get("poll") or "").first(),
        published_at=published_at(entry),
    )
    article.clean_fields()  # the body is stored as the editor's field would store it: sanitised
    article.save()
    article.authors.set([authors[name] for name in entry["authors"]])
    article.audiences.set(Audience.objects.filter(slug__in=entry["audiences"]))
    article.topics.set([_topic(name) for name in entry["topics"]])
    return article


def with_numbers(text: str, pictures: Mapping[str, Picture]) -> str:
    """A text with the numbers of its pictures, which are not known before they are taken up."""
    for name, picture in pictures.items():
        text = text.replace(f"[[picture:{name}]]", f"[[picture:{picture.pk}]]")
    return text


def _topic(name: str) -> Topic:
    return Topic.objects.get_or_create(slug=slugify(name), defaults={"name": name})[0]


def published_at(entry: Mapping[str, Any]) -> datetime:
    """Nine in the morning of the article's day, or so many days ago."""
    if "date" in entry:
        return datetime.combine(entry["date"], datetime.min.time(), UTC) + timedelta(hours=9)
    return timezone.now() - timedelta(days=entry["days_ago"])
