"""What the server draws moves with the votes too: an open page comes to look like one that is opened now."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.stack]

MAKE = """
from tests.polls.every import every_type
every_type(slug="every-type", title="Every type")
"""
CAST = """
from polls import tally, voting
from polls.models import Poll
from tests.factories import paper_of, voter
from tests.polls.every import sample
poll = Poll.objects.get(slug="every-type")
for number in range({first}, {last}):
    voting.cast_ballot(paper=paper_of(poll), voter_key=voter(), given=sample(poll, number))
tally.look_again(poll.pk)
"""
PATH = "/polls/every-type/"


def drawings(page: Page) -> list[str]:
    """What every drawing of the page says and shows, opened tables or not."""
    script = "all => all.map(each => each.textContent.replace(/\\s+/g, ' ') + [...each.querySelectorAll('rect')].map("
    return list(page.locator(".poll .drawn").evaluate_all(f"{script} r => r.getAttribute('width')))"))


def test_drawings_of_every_type_follow_the_votes_without_a_reload(reader: Reader, stack: Stack) -> None:
    stack.manage("shell", "--no-imports", "-c", MAKE)
    stack.manage("shell", "--no-imports", "-c", CAST.format(first=0, last=12))
    watcher = reader()
    until(lambda: watcher.request.get(f"{PATH}results.json").json()["ballots"] == 12)
    watcher.goto(PATH)
    watcher.evaluate("window.still = true")
    watcher.locator(".poll .drawn").first.scroll_into_view_if_needed()
    before = drawings(watcher)
    assert len(before) > 5
    opened = watcher.locator(".poll .drawn details").first
    opened.locator("summary").click()
    watcher.evaluate("document.activeElement.blur()")
    stack.manage("shell", "--no-imports", "-c", CAST.format(first=12, last=31))
    expect(watcher.locator(".poll .taken strong")).to_contain_text("31 readers")
    fresh = reader()

    def like_a_new_page() -> bool:
        fresh.goto(PATH)
        return drawings(watcher) == drawings(fresh)

    until(like_a_new_page)
    after = drawings(watcher)
    assert [one for one, other in zip(before, after, strict=True) if one == other] == []
    assert watcher.locator(".poll .drawn details").first.get_attribute("open") is not None
    assert watcher.evaluate("window.still")


QUOTA = """
from tests.factories import cast
from tests.polls.surveys import question, survey
flow = {"quotas": [{"question": "age", "option": "young", "limit": 5, "message": ""}]}
cast(survey(question("age", options=("young", "old")), flow=flow, slug="with-quota", title="Ages"), "Young")
"""
MORE = """
from polls import tally
from polls.models import Poll
from tests.factories import cast
poll = Poll.objects.get(slug="with-quota")
for voter in range(2):
    cast(poll, "Young")
tally.look_again(poll.pk)
"""


def test_what_was_counted_of_a_quota_follows_the_votes_too(reader: Reader, stack: Stack) -> None:
    stack.manage("shell", "--no-imports", "-c", QUOTA)
    page = reader()
    until(lambda: page.request.get("/polls/with-quota/results.json").json()["ballots"] == 1)
    page.goto("/polls/with-quota/")
    page.locator(".poll").scroll_into_view_if_needed()
    expect(page.locator("#method .quotas")).to_contain_text("at most 5; 1 were counted")
    stack.manage("shell", "--no-imports", "-c", MORE)
    expect(page.locator(".poll .count").first).to_have_text("3 (100%)")
    expect(page.locator("#method .quotas")).to_contain_text("at most 5; 3 were counted")
