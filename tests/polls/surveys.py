"""Surveys for tests, made by the real rooms, and respondents who answer them by the real form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from polls import drafting, paper, questionnaire
from polls.drafting import Asked, Offered
from polls.models import Poll, Question
from tests.factories import move

OWN = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def question(name: str, kind: str = "single", options: Sequence[str | Offered] = (), **more: Any) -> Asked:
    """A question of this name whose options have their text as name, or are given whole."""
    offered = tuple(one if isinstance(one, Offered) else Offered(one.capitalize(), name=one) for one in options)
    more.setdefault("text", f"{name.capitalize()}?")
    if kind in ("multiple", "approval", "ranking"):
        more.setdefault("max_choices", len(offered))
    return Asked(name=name, kind=kind, options=offered, **more)


def survey(*asked: Asked, flow: Mapping[str, Any] | None = None, state: str = "open", **settings: Any) -> Poll:
    """A survey in `state` (open, paused, closed), written as an editor writes it."""
    now = timezone.now()
    poll = drafting.create(
        asked=asked,
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=30),
        flow=dict(flow or {}),
        **{"title": "What readers think", "results_shown": "always", "step": 1, **settings},
    )
    times: dict[str, Any] = {"published_at": now - timedelta(days=1)}
    if state == "paused":
        times["paused_at"] = now
    if state == "closed":
        times["closes_at"] = now - timedelta(minutes=1)
    move(poll, **times)
    return poll


THIRTY = json.loads(Path(__file__).with_name("thirty.json").read_text())


def asked_in(file: Mapping[str, Any]) -> list[Asked]:
    """The questions of a questionnaire file, as an editor writes them."""
    return [
        Asked(
            **{name: one[name] for name in ("text", "kind", "name", "page", "required", "settings", "show_if")},
            options=tuple(Offered(o["text"], o["name"], o["settings"]) for o in one["options"]),
            labels=tuple(one["labels"]),
            min_choices=one["min"],
            max_choices=one["max"],
        )
        for one in questionnaire.read(file)["questions"]
    ]


def thirty(**settings: Any) -> Poll:
    """A survey of thirty questions with every type, branches, a split ballot and a quota."""
    return survey(*asked_in(THIRTY), flow=THIRTY["flow"], intro=THIRTY["intro"], **settings)


class Respondent:
    """Somebody with a browser, without scripts: what a page holds is sent back with what is filled in."""

    def __init__(self, poll: Poll, language: str = "", *, hurried: bool = False) -> None:
        self.hurried = hurried
        self.client = Client()
        self.poll = poll
        self.base = f"{language}/polls/{poll.slug}/answer/"
        self.questions = {one.code: one for one in Question.objects.filter(poll=poll).prefetch_related("options")}

    def look_again(self) -> None:
        """A test may have changed the poll within the seconds for which a process keeps its paper."""
        if not self.hurried:
            paper.forget()

    def get(self, place: str = "", **data: Any) -> Any:
        self.look_again()
        return self.client.get(f"{self.base}{place}", data)

    def post(self, place: str, data: Mapping[str, Any], **headers: Any) -> Any:
        self.look_again()
        return self.client.post(f"{self.base}{place}", data, **{**OWN, **headers})

    def begin(self) -> Any:
        """Press Start; the first page."""
        response = self.post("", {"step": "start"})
        assert response.status_code == 303, response.content.decode()
        return self.follow(response)

    def follow(self, response: HttpResponse) -> Any:
        self.look_again()
        return self.client.get(response["Location"])

    def option(self, code: str, option: str) -> int:
        return next(one.pk for one in self.questions[code].options.all() if one.code == option)

    def fields(self, **answers: Any) -> dict[str, Any]:
        """Answers as fields of a form: a code, a list of codes, {code: value}, or a value written."""
        data: dict[str, Any] = {}
        for code, answer in answers.items():
            name = f"q{self.questions[code].pk}"
            kind = self.questions[code].kind
            if isinstance(answer, Mapping):
                for option, value in answer.items():
                    data[f"{name}.{self.option(code, option)}"] = value
            elif kind in ("rating", "recommend", "likert"):
                data[name] = f"n{answer}"
            elif kind in ("number", "slider", "date", "text", "longtext"):
                data[f"{name}.0"] = answer
            else:
                several = [answer] if isinstance(answer, str) else answer
                data[name] = [self.option(code, one) for one in several]
        return data

    def send(self, page: Any, step: str = "next", place: str | None = None, **answers: Any) -> Any:
        """Fill in a page that was given out, and press a button; what comes back, redirects not followed."""
        held = hidden(page)
        path = place if place is not None else page.wsgi_request.path.removeprefix(self.base)
        return self.post(path, {**held, **self.fields(**answers), "step": step})

    def turn(self, page: Any, **answers: Any) -> Any:
        """Fill in a page and go on; the page that follows."""
        response = self.send(page, **answers)
        assert response.status_code == 303, text(response)
        return self.follow(response)


def hidden(page: Any) -> dict[str, Any]:
    """The hidden fields of the form of a page, except those of questions that are not shown yet."""
    body = re.sub(r"<fieldset[^>]* hidden disabled.*?</fieldset>\n", "", page.content.decode(), flags=re.DOTALL)
    found: dict[str, Any] = {"asked": re.findall(r'name="asked" value="(\d+)"', body)}
    for name in ("seen", "review"):
        if match := re.search(rf'name="{name}" value="([^"]*)"', body):
            found[name] = unescape(match[1])
    return found


def text(page: Any) -> str:
    """What a page says, without its marks."""
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main.partition(">")[2])).split())
