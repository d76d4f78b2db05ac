"""What a screen reader is told of the card in every state: the accessibility tree, in English and in Arabic."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import scenes_reader as scenes
from tests.browser.conftest import Reader
from tests.browser.scene import Visit, at
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def hidden(visit: Visit) -> None:
    scenes.hidden(visit)
    visit.see('[data-button="show"]')


# The state, and what stands in it for everybody whatever the language: controls that can be used, and bars that cannot.
STATES = {
    "asking": (at(scenes.OPEN), 6, "open"),
    "sending": (scenes.sending, 6, "held"),
    "unconfirmed": (scenes.unconfirmed, 6, "held"),
    "refused": (scenes.refused, 6, "held"),
    "voted": (scenes.voted(scenes.OPEN), 0, ""),
    "hidden choice": (hidden, 0, ""),
    "paused": (at("/polls/pipeline-risk/"), 0, ""),
    "closed": (at("/polls/us-aims-closed/"), 0, ""),
    "hidden results": (at("/polls/corridor-tests/"), 7, "open"),
}
SAID_AT_ONCE = {
    ("sending", ""): "Sending…",
    ("unconfirmed", ""): "Not confirmed yet. Your choice is kept here and will be sent again automatically.",
    ("sending", "/ar"): "جارٍ الإرسال …",
    ("unconfirmed", "/ar"): "لم يُؤكَّد بعد. اختيارك محفوظ هنا ويُرسل من جديد تلقائيًا.",
}
FIGURES = {"": r"\. \d+ votes?, \d+ per cent", "/ar": r"\. (\d+ )?[ء-ي]\S*( واحد)?، \d+ في المئة"}
OWN = {"": r"\. Your vote \. \d+ votes?, \d+ per cent", "/ar": r"\. صوتك \. .*\d+ في المئة"}


@pytest.mark.parametrize("prefix", ["", "/ar"])
@pytest.mark.parametrize("state", list(STATES))
def test_the_card_is_read_out_as_it_stands(reader: Reader, stack: Stack, state: str, prefix: str) -> None:
    arrive, controls, how = STATES[state]
    page = reader(width=390)
    arrive(Visit(page, prefix, stack))
    status = page.locator(".poll .status")
    expect(status).to_have_text(SAID_AT_ONCE.get((state, prefix), re.compile(".*", re.DOTALL)))
    card = page.locator(".poll")
    tree = card.aria_snapshot()
    # One region with the name of its question, and a heading of the same words.
    assert (name := re.match(r'- region "(.+)":', tree))
    assert f'heading "{name[1]}"' in tree
    # Nothing is announced that holds nothing.
    assert re.findall(r"^ *- (?:list|listitem|group|paragraph)$", tree, re.MULTILINE) == []
    found = re.findall(r'- (?:radio|checkbox) "[^"]+"(.*)', tree)
    assert (len(found), all(("[disabled]" in each) is (how == "held") for each in found)) == (controls, True)
    assert ('button "' in tree, "[disabled]" in tree) == (state != "closed", how == "held")
    told = descriptions(page)
    assert (len(told), all(bool(each) is (state != "hidden results") for each in told)) == (controls, True)
    assert all(re.search(FIGURES[prefix], f". {each}") for each in told if each)
    if state == "hidden results":
        assert re.findall(FIGURES[prefix], tree) == []
        return
    rows = card.locator(".options .option").count()
    assert len(re.findall(FIGURES[prefix], tree)) == rows
    assert len(re.findall(OWN[prefix], tree)) == (state == "voted")
    if not controls:  # what is no longer asked is not asked of anybody
        limits = card.locator(".limits").inner_text() if card.locator(".limits").count() else "Choose one."
        assert limits not in tree


def descriptions(page: Page) -> list[str]:
    """What is read of each control after its name."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    controls = [node for node in nodes if node.get("role", {}).get("value") in ("radio", "checkbox")]
    return [node.get("description", {}).get("value", "") for node in controls]
