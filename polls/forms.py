"""The shape of what a reader sends; whether it may be counted is decided in `voting.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from polls.paper import Given

LARGEST_POST = 64 * 1024
BESIDE = ("place", "language", "seconds", "next", "replaces")
# q12: an option of question 12; q12.34: what was written or set at option 34 of it, q12.0 for the question itself;
# q12.shown: the order in which its options stood.
FIELD = re.compile(r"q([1-9][0-9]{0,18})(?:\.(0|[1-9][0-9]{0,18}|shown))?", re.ASCII)
# A point of a scale stands in one group with the options beside it, such as “don't know”: q12=n3.
POINT = re.compile(r"n([0-9]{1,3})", re.ASCII)
PLACE = re.compile(r"[-a-zA-Z0-9_]{0,120}", re.ASCII)


class Malformed(Exception):
    """What was sent is no vote at all; `status` is the HTTP status that says so."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Post:
    """A vote as it was sent: what was given for each question, and how it came."""

    given: Mapping[int, Given] = field(default_factory=dict)
    place: str = ""
    language: str = ""
    seconds: int | None = None
    replaces: int | None = None
    again: bool = False
    back: str = ""
    scripted: bool = False


def read_post(request: HttpRequest) -> Post:
    """The vote in a POST, form-encoded or JSON; raises `Malformed`."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Malformed(_("That is not a vote: it does not state its length."))
    if int(length) > LARGEST_POST:
        raise Malformed(_("That is too large to be a vote."), 413)
    match request.content_type:
        case "application/json":
            return _from_json(request)
        case "application/x-www-form-urlencoded" | "multipart/form-data":
            return _from_form(request)
    raise Malformed(_("A vote is sent as a form or as JSON."), 415)


def _from_form(request: HttpRequest) -> Post:
    try:
        data = request.POST
    except (BadRequest, MultiPartParserError, SuspiciousOperation) as error:
        raise Malformed(_("That is not a vote: the form cannot be read.")) from error
    return Post(
        given=read_given(data),
        again=data.get("again") == "1",
        back=own_path(data.get("next", "")),
        **_circumstances(data.dict()),
    )


def _from_json(request: HttpRequest) -> Post:
    try:
        data = json.loads(request.body, object_pairs_hook=_each_once)
        given = {_id(question): _from_object(one) for question, one in data.get("answers", {}).items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(_("That is not a vote: the JSON cannot be read.")) from error
    return Post(given=given, again=data.get("again") is True, scripted=True, **_circumstances(data))


def read_given(data: QueryDict) -> dict[int, Given]:
    """What a form gives for each question, by the names of its fields; raises `Malformed`."""
    parts: dict[int, dict[str, Any]] = {}
    for name in data:
        match = FIELD.fullmatch(name)
        if match is None:
            continue
        part = parts.setdefault(int(match[1]), {"options": (), "values": {}, "shown": ()})
        if match[2] is None:
            values = [value for value in data.getlist(name) if value]
            part["options"] = tuple(_ids([value for value in values if not POINT.fullmatch(value)]))
            part["values"].update((0, point[1]) for value in values if (point := POINT.fullmatch(value)))
        elif match[2] == "shown":
            part["shown"] = _order(str(data[name]).split(","))
        else:
            part["values"][int(match[2])] = str(data[name])
    return {question: Given(**part) for question, part in parts.items()}


def _from_object(one: Any) -> Given:
    """One question's answer in JSON: a list of options, or an object of options, values and order."""
    if not isinstance(one, Mapping):
        return Given(tuple(_ids(one)))
    values = one.get("values", {})
    if not all(isinstance(value, str | int | float) and not isinstance(value, bool) for value in values.values()):
        raise Malformed(_("That is not a vote: a value is a text or a number."))
    return Given(
        tuple(_ids(one.get("options", []))),
        {0 if option == "0" else _id(option): str(value) for option, value in values.items()},
        _order(one.get("shown", [])),
    )


def _order(values: Any) -> tuple[int, ...]:
    """The order in which options stood; what is no order decides nothing and is left out."""
    try:
        return tuple(_ids(values))
    except Malformed:
        return ()


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says two things under one name says nothing."""
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return names


def _circumstances(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is said beside the vote: anything that does not look right is left out, for it decides nothing."""
    place, language = str(data.get("place", "")), str(data.get("language", ""))
    return {
        "place": place if PLACE.fullmatch(place) else "",
        "language": language if language in dict(settings.LANGUAGES) else "",
        "seconds": _small(data.get("seconds"), 7 * 86_400),
        "replaces": _small(data.get("replaces"), 30_000),
    }


def _small(value: Any, most: int) -> int | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= most else None


def _id(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and text[0] != "0"):
        raise Malformed(_("That is not a vote: an option is named by its number."))
    return int(text)


def _ids(values: Any) -> list[int]:
    if not isinstance(values, Iterable) or isinstance(values, str | bytes | Mapping):
        values = [values]
    return [_id(value) for value in values]


def own_path(path: str) -> str:
    """The path where it is one of this site and nothing else, such as a page to go back to; else empty.

    Browsers drop tabs and line breaks from an address: ours has none.
    """
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


class ConfirmationForm(forms.Form):
    """Holds a reader's choice on a page that asks for the same vote once more."""

    def __init__(
        self, sent: QueryDict, *, action: str, again: bool, button: str = "", replaces: int | None = None
    ) -> None:
        super().__init__()
        held = {name: sent.getlist(name) for name in sent if FIELD.fullmatch(name) or name in BESIDE}
        if again:
            held["again"] = ["1"]
        if replaces:
            held["replaces"] = [str(replaces)]
        for name, values in held.items():
            self.fields[name] = forms.MultipleChoiceField(widget=forms.MultipleHiddenInput)
            self.initial[name] = values
        self.helper = FormHelper()
        self.helper.form_action = action
        # Crispy writes the token here: this page, never cached, is the only one for readers that carries one.
        self.helper.disable_csrf = False
        self.helper.add_input(Submit("", button or _("Confirm my vote"), css_class="button"))
