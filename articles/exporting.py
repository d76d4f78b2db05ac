"""The whole site as files: what `import_articles` reads back into an empty site, with the same figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from articles import body, frontmatter, site_file
from articles.frontmatter import Entry, PollEntry, Said
from articles.models import Article, Author, Section, Topic
from articles.models.words import FIELDS, suffix
from polls import carrying, counting
from polls.models import Poll


def files() -> Iterator[tuple[str, str]]:
    """Names and texts of all files: the sections and authors, then one file per article and language, by address."""
    yield site_file.NAME, site_file.write()
    labels: dict[Any, dict[int, str]] = {model: _labels(model) for model in (Section, Author, Topic)}
    articles = Article.objects.select_related("section", "poll").prefetch_related(
        "authors", "topics", "audiences", "corrections", "former_addresses"
    )
    for article in articles.order_by("slug").iterator(chunk_size=200):
        yield f"{article.slug}.md", frontmatter.write(entry_of(article, labels))
        for entry in translations_of(article):
            yield f"{article.slug}.{entry.language}.md", frontmatter.write(entry)


def _labels(model: type[Section] | type[Author] | type[Topic]) -> dict[int, str]:
    """How each is named in a file: by its name, or by its address where the name could mean another one too."""
    rows = list(model._default_manager.values_list("pk", "name", "slug"))
    names = Counter(name.casefold() for _pk, name, _slug in rows)
    slugs = {slug for _pk, _name, slug in rows}
    return {
        pk: slug
        if names[name.casefold()] > 1 or (name in slugs and name != slug) or name != " ".join(name.split())
        else name
        for pk, name, slug in rows
    }


def entry_of(article: Article, labels: Mapping[Any, Mapping[int, str]]) -> Entry:
    """An article as it travels."""
    withdrawn = Said(article.withdrawn_at, article.withdrawal_notice) if article.withdrawn_at else None
    return Entry(
        title=article.title,
        slug=article.slug,
        date=article.published_at,
        section=labels[Section][article.section_id],
        authors=tuple(labels[Author][author.pk] for author in article.authors.all()),
        topics=tuple(labels[Topic][topic.pk] for topic in article.topics.all()),
        audiences=tuple(audience.slug for audience in article.audiences.all()),
        standfirst=article.standfirst,
        poll=_poll(article.poll) if article.poll else None,
        polls=tuple(_poll(poll) for poll in _placed(article)),
        body=body.to_markdown(article.body),
        embargo=article.embargo_until,
        archived=article.archived_at,
        withdrawn=withdrawn,
        corrections=tuple(Said(correction.at, correction.text) for correction in article.corrections.all()),
        former=tuple(sorted(former.slug for former in article.former_addresses.all())),
    )


def _placed(article: Article) -> list[Poll]:
    """The polls that lines of the body place, in their order, without the article's own."""
    slugs = list(dict.fromkeys(body.polls_placed(article.body)))
    if not slugs:
        return []
    found = {poll.slug: poll for poll in Poll.objects.filter(slug__in=slugs)}
    return [found[slug] for slug in slugs if slug in found and found[slug].pk != article.poll_id]


def translations_of(article: Article) -> Iterator[Entry]:
    """The texts of an article in each language in which it has any."""
    held: dict[str, str] = article.i18n or {}
    for language, _name in settings.LANGUAGES:
        texts = {name: held.get(f"{name}_{suffix(language)}") or "" for name in FIELDS}
        if any(texts.values()):
            yield Entry(
                title=texts["title"],
                slug=article.slug,
                section="",
                standfirst=texts["standfirst"],
                body=body.to_markdown(texts["body"]) if texts["body"] else "",
                language=language,
            )


def _poll(poll: Poll) -> PollEntry:
    questions = list(poll.questions.prefetch_related("options"))
    if len(questions) != 1:
        return PollEntry(poll.slug)  # a survey travels by its own questionnaire
    question = questions[0]
    final = poll.finalised_at is not None
    voters, votes = _figures(poll) if final else (None, [])
    return PollEntry(
        slug=poll.slug,
        question=question.text,
        kind=question.kind,
        options=tuple(option.text for option in question.options.all()),
        votes=tuple(votes),
        voters=voters if question.kind == "multiple" else None,
        closes=poll.closes_at,
    )


def _figures(poll: Poll) -> tuple[int | None, list[int]]:
    """What the final count of a poll says: votes that were cast here, or carried over from an earlier site."""
    carried = carrying.votes_of(poll)
    if carried:
        return carried
    counted = counting.count(Poll.objects.whole().get(pk=poll.pk))
    (question,) = counted.questions.values()
    return question.base, list(question.votes.values())
