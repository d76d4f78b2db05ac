"""The branches of a survey for an editor: every page with its conditions and jumps in words, and a drawing of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls import questionnaire
from polls.characters import apart

LONGEST = 60
WIDTH, HEIGHT, GAP, INDENT = 240, 46, 26, 12
LANES = 6  # arrows beside one another before they begin again near the boxes


@dataclass(frozen=True)
class Leap:
    """A jump: under which condition, in words, and to which page; None is the end."""

    condition: str
    to: int | None


@dataclass(frozen=True)
class Stage:
    """A page with what stands on it: each question and, in words, when it shows."""

    number: int
    title: str
    condition: str
    questions: tuple[tuple[str, str], ...]
    leaps: tuple[Leap, ...]
    block: str


def stages(whole: Mapping[str, Any]) -> list[Stage]:
    """The pages of a questionnaire in their written order."""
    named = dict(questionnaire.codes(whole))
    described = whole["flow"].get("pages", [])
    last = max([len(described), *(one["page"] for one in named.values())], default=0)
    found = []
    for number in range(1, last + 1):
        page = described[number - 1] if number <= len(described) else {}
        leaps = [
            Leap(in_words(jump.get("if"), named), None if jump["to"] == "end" else jump["to"])
            for jump in page.get("jumps", [])
        ]
        questions = [(one["text"], in_words(one["show_if"], named)) for one in named.values() if one["page"] == number]
        condition = in_words(page.get("show_if"), named)
        found.append(
            Stage(number, page.get("title", ""), condition, tuple(questions), tuple(leaps), page.get("block", ""))
        )
    return found


def in_words(rule: Mapping[str, Any] | None, named: Mapping[str, Mapping[str, Any]]) -> str:
    """A rule as an editor reads it; empty where there is none."""
    if rule is None:
        return ""
    for word, joined in (("all", _(" and ")), ("any", _(" or "))):
        if word in rule:
            parts = [(in_words(part, named), word == "any" and "all" in part) for part in rule[word]]
            return joined.join(f"({part})" if apart else part for part, apart in parts)
    if "not" in rule:
        return _("not: %(rule)s") % {"rule": in_words(rule["not"], named)}
    if "group" in rule:
        return _("in half %(half)s of “%(name)s”") % {"half": rule["is"], "name": apart(rule["group"])}
    question = named.get(rule["question"])
    values = {"question": apart(_short(question["text"] if question else rule["question"]))}
    if "row" in rule:
        values["question"] += f" → {apart(_option(question, rule['row']))}"
    if "answered" in rule:
        return (_("“%(question)s” was answered") if rule["answered"] else _("“%(question)s” was not answered")) % values
    if "at_least" in rule:
        return _("“%(question)s” is at least %(n)s") % {**values, "n": rule["at_least"]}
    if "at_most" in rule:
        return _("“%(question)s” is at most %(n)s") % {**values, "n": rule["at_most"]}
    options = rule["in"] if "in" in rule else [rule["is"]]
    words = _("” or “").join(apart(_option(question, option)) for option in options)
    return _("“%(question)s” is “%(options)s”") % {**values, "options": words}


def _option(question: Mapping[str, Any] | None, code: str) -> str:
    options = question["options"] if question else []
    return next((one["text"] for n, one in enumerate(options) if questionnaire.code_of(one, n) == code), code)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rsplit(" ", 1)[0] + "…"


# --- the drawing --------------------------------------------------------------------------------------------------


def drawing(found: Sequence[Stage]) -> SafeString:
    """Pages as boxes from top to bottom, jumps as arrows at their side; a page that shows only sometimes is dashed.

    It is hidden from screen readers: the list beside it says the same in words.
    """
    tops = {stage.number: n * (HEIGHT + GAP) for n, stage in enumerate(found)}
    end = len(found) * (HEIGHT + GAP)
    boxes = [_box(stage, tops[stage.number]) for stage in found]
    steps = [_step(top + HEIGHT) for top in tops.values()]
    leaps = [(stage.number, leap) for stage in found for leap in stage.leaps]
    arrows = [
        _arrow(tops[number], tops.get(leap.to, end) if leap.to else end, lane % LANES, bool(leap.condition))
        for lane, (number, leap) in enumerate(leaps)
    ]
    width = WIDTH + 2 * INDENT + (14 * (min(len(leaps), LANES) + 1) if leaps else 0)
    return format_html(
        '<svg class="branches" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-hidden="true" focusable="false">'
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path class="tip" d="M0 0 L8 4 L0 8 z"></path></marker></defs>{2}{3}{4}{5}</svg>',
        width,
        end + HEIGHT,
        format_html_join("", "{}", ((one,) for one in steps)),
        format_html_join("", "{}", ((one,) for one in arrows)),
        format_html_join("", "{}", ((one,) for one in boxes)),
        _end(end),
    )


def _box(stage: Stage, top: int) -> SafeString:
    n = len(stage.questions)
    asks = ngettext("%(n)d question", "%(n)d questions", n) % {"n": n}
    title = f"{stage.number}. {stage.title}" if stage.title else _("Page %(n)d") % {"n": stage.number}
    return format_html(
        '<rect class="box{}" x="{}" y="{}" width="{}" height="{}" rx="4"></rect>'
        '<text class="name" x="{}" y="{}">{}</text><text class="asks" x="{}" y="{}">{}</text>',
        " sometimes" if stage.condition or all(condition for _text, condition in stage.questions) else "",
        INDENT,
        top + 1,
        WIDTH,
        HEIGHT - 2,
        INDENT + 12,
        top + 20,
        apart(title if len(title) <= 30 else title[:29] + "…"),
        INDENT + 12,
        top + 36,
        apart(asks),
    )


def _step(bottom: int) -> SafeString:
    x = INDENT + WIDTH // 2
    return format_html('<path class="way" d="M{} {} V{}" marker-end="url(#tip)"></path>', x, bottom, bottom + GAP - 1)


def _arrow(top: int, to: int, lane: int, sometimes: bool) -> SafeString:
    edge = INDENT + WIDTH
    out = edge + 14 * (lane + 1)
    return format_html(
        '<path class="way leap{}" d="M{} {} H{} V{} H{}" marker-end="url(#tip)"></path>',
        " sometimes" if sometimes else "",
        edge,
        top + HEIGHT - 12,
        out,
        to + 12,
        edge + 1,
    )


def _end(top: int) -> SafeString:
    return format_html(
        '<rect class="box end" x="{}" y="{}" width="{}" height="{}" rx="17"></rect>'
        '<text class="name" x="{}" y="{}">{}</text>',
        INDENT,
        top + 6,
        WIDTH,
        34,
        INDENT + 12,
        top + 28,
        apart(_("The end: a last look, then sending")),
    )
