"""An address that readers were given once leads to its article for good."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles import lifecycle
from articles.models import Article, FormerAddress
from tests.articles.test_admin import change, errors, reopened
from tests.articles.test_lifecycle import draft
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def move(desk: Client, article: Article, slug: str) -> Any:
    answer = desk.post(change(article), reopened(desk, article, slug=slug))
    article.refresh_from_db()
    return answer


def leads(client: Client, slug: str, language: str = "") -> tuple[int, str | None]:
    answer = client.get(f"{language}/articles/{slug}/")
    return answer.status_code, answer.get("Location")


def test_a_former_address_leads_to_the_present_one_in_one_step_and_in_every_language(
    desk: Client,
    client: Client,
) -> None:
    article = make_article("one")
    for slug in ("two", "three"):
        assert move(desk, article, slug).status_code == 302
    for slug in ("one", "two"):
        assert leads(client, slug) == (301, "/articles/three/")
        assert leads(client, slug, "/de") == (301, "/de/articles/three/")
        assert "max-age=1," in client.get(f"/articles/{slug}/")["Cache-Control"]
    assert leads(client, "three") == (200, None)


def test_moving_back_leads_everywhere_to_the_first_address(desk: Client, client: Client) -> None:
    article = make_article("one")
    for slug in ("two", "one", "two", "one"):
        assert move(desk, article, slug).status_code == 302
    assert leads(client, "one") == (200, None)
    assert leads(client, "two") == (301, "/articles/one/")
    assert list(FormerAddress.objects.values_list("slug", flat=True)) == ["two"]


def test_an_address_once_published_is_taken_for_every_other_article(desk: Client, client: Client) -> None:
    article = make_article("one")
    move(desk, article, "two")
    other = make_article("other")
    answer = move(desk, other, "one")
    assert errors(answer) == {
        "slug": [
            "Another article was once published at this address; old links lead there. Please choose a different one."
        ]
    }
    assert leads(client, "one") == (301, "/articles/two/")


def test_an_address_that_readers_never_saw_is_free_again(desk: Client, client: Client) -> None:
    article = draft(slug="one")
    move(desk, article, "two")
    assert (FormerAddress.objects.count(), leads(client, "one")[0]) == (0, 404)
    assert move(desk, make_article("other"), "one").status_code == 302


def test_a_former_address_of_a_withdrawn_article_leads_to_its_notice(
    desk: Client,
    client: Client,
    editor: User,
) -> None:
    article = make_article("one")
    move(desk, article, "two")
    lifecycle.withdraw(article=article, by=editor, notice="Wrong.")
    assert leads(client, "one") == (301, "/articles/two/")
    assert leads(client, "two") == (410, None)
    article.refresh_from_db()
    # Its address can be changed meanwhile, too.
    assert move(desk, article, "three").status_code == 302
    assert leads(client, "two") == (301, "/articles/three/")
