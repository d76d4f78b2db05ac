"""A reader's browser at the site: it keeps cookies, names its page as browsers do, and repeats a first vote."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from polls.models import Poll
from tests import factories, pages

_addresses = (f"10.{a}.{b}.{c}" for a, b, c in itertools.product(range(1, 250), repeat=3))
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


class Reader:
    """One browser on a network address of its own, so that no test meets the limits of another."""

    def __init__(self, *, headers: dict[str, str] | None = None, secure: bool = False, **environ: Any) -> None:
        environ.setdefault("REMOTE_ADDR", next(_addresses))
        if secure:
            environ |= {"wsgi.url_scheme": "https", "SERVER_PORT": "443"}
        self.headers = OWN_PAGE if headers is None else headers
        self.environ = environ
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str, **headers: str) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=given, **self.environ)

    def send_json(self, poll: Poll | str, answers: Any, **more: Any) -> Any:
        """One POST as the script sends it."""
        return self.send(poll, json.dumps({"answers": answers, **more}))

    def send(self, poll: Poll | str, body: bytes | str, content_type: str = "application/json", **environ: Any) -> Any:
        data = body if isinstance(body, bytes) else body.encode()
        given = {**self.environ, **environ}
        return self.client.generic("POST", address(poll), data, content_type, headers=self.headers, **given)

    def send_form(self, poll: Poll | str, fields: dict[str, Any]) -> Any:
        """One POST as a page without scripts sends it."""
        return self.send(poll, urlencode(fields, doseq=True), "application/x-www-form-urlencoded")

    def vote(self, poll: Poll, *chosen: Any, **more: Any) -> Any:
        """A whole vote by script: the first contact, where it is one, and the repeated post."""
        given = factories.answers(poll, *chosen)
        answer = self.send_json(poll, given, **more)
        return self.send_json(poll, given, again=True, **more) if answer.status_code == 428 else answer

    def vote_by_form(self, poll: Poll, *chosen: Any, **more: Any) -> Any:
        """A whole vote without scripts: the card's form, then the confirmation page where there is one."""
        fields = {f"q{question}": options for question, options in factories.answers(poll, *chosen).items()}
        answer = self.send_form(poll, {"place": "", "language": "en", **fields, **more})
        return self.submit(answer) if answer.status_code == 200 else answer

    def submit(self, response: Any, **changed: Any) -> Any:
        """Press the button of the one form on a page."""
        form = pages.read(response).one("form", method="post")
        fields: dict[str, Any] = {}
        for field in form.all("input"):
            if "name" in field.attributes and field["name"]:
                fields.setdefault(field["name"], []).append(field.attributes.get("value", ""))
        return self.send_form(form["action"], {**fields, **changed})


def address(poll: Poll | str) -> str:
    return poll if isinstance(poll, str) else f"/polls/{poll.slug}/vote/"
