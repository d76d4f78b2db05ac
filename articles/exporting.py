"""The whole site as files: what `import_articles` reads back into an empty site, with the same figures."""

from __future__ import annotations

from collections.abc import Iterator

from articles import body, frontmatter, site_file
from articles.frontmatter import Entry, PollEntry
from articles.models import Article
from polls import carrying, tally
from polls.models import Poll


def files() -> Iterator[tuple[str, str]]:
    """Names and texts of all files: the sections and authors, then one file per article, by address."""
    yield site_file.NAME, site_file.write()
    articles = Article.objects.select_related("section", "poll").prefetch_related("authors", "topics", "audiences")
    for article in articles.order_by("slug").iterator(chunk_size=200):
        yield f"{article.slug}.md", frontmatter.write(entry_of(article))


def entry_of(article: Article) -> Entry:
    """An article as it travels."""
    return Entry(
        title=article.title,
        slug=article.slug,
        date=article.published_at,
        section=article.section.name,
        authors=tuple(author.name for author in article.authors.all()),
        topics=tuple(topic.name for topic in article.topics.all()),
        audiences=tuple(audience.slug for audience in article.audiences.all()),
        standfirst=article.standfirst,
        poll=_poll(article.poll) if article.poll else None,
        body=body.to_markdown(article.body),
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
    counted = tally.count(Poll.objects.whole().get(pk=poll.pk))
    (question,) = counted.questions.values()
    return question.base, list(question.votes.values())
