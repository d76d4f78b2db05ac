"""Thousands of random respondents through the real form, and a judge of what was stored who knows no room of the site.

The judge is written from the words of the questionnaire (thirty.json) by hand: it imports neither rules nor flow.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polls import tally
from polls.models import Answer, Ballot, Draft, Poll
from tests.polls.surveys import THIRTY, Respondent, hidden, text, thirty

RESPONDENTS = 2_000


class Mark(NamedTuple):
    option: str | None
    rank: int | None
    number: Decimal | None
    text: str | None
    missing: str | None
    position: int | None


Marks = list[Mark]
QUESTIONS: dict[str, dict[str, Any]] = {one["name"]: one for one in THIRTY["questions"]}


# --- the judge ----------------------------------------------------------------------------------------------------


def codes(question: Mapping[str, Any]) -> list[str]:
    named = [{"text": one} if isinstance(one, str) else one for one in question.get("options", [])]
    return [one.get("name") or str(place) for place, one in enumerate(named, 1)]


def marked(question: Mapping[str, Any], mark: str) -> set[str]:
    options = [one for one in question.get("options", []) if isinstance(one, dict)]
    return {one["name"] for one in options if one.get("settings", {}).get(mark)}


def half(key: bytes) -> str:
    """The half of the split ballot, as docs/decisions.md says that it is drawn."""
    return "AB"[int.from_bytes(hmac.new(key, b"group:wording", hashlib.sha256).digest(), "big") % 2]


def should_show(ballot: Mapping[str, Marks], key: bytes) -> list[str]:
    """The questions that whoever answered so was to be asked."""

    def chose(code: str, *options: str) -> bool:
        return any(mark.option in options for mark in ballot.get(code, []))

    def at_most(code: str, most: int, row: str | None = None) -> bool:
        # 0 is "don't know" of a battery, and no point of its scale.
        numbers = [mark.number for mark in ballot.get(code, []) if mark.option == row and mark.number]
        return any(number <= most for number in numbers)

    car, reads = chose("travel", "car"), not chose("reads", "2")
    wanted = {
        "ages": chose("children", "yes"),
        "bus_good": chose("travel", "bus"),
        "bicycle_safe": chose("travel", "bicycle", "foot"),
        "bicycle_fear": chose("travel", "bicycle", "foot") and at_most("bicycle_safe", 2),
        **dict.fromkeys(("car_far", "car_why", "car_next"), car),
        "tell_a": half(key) == "A",
        "tell_b": half(key) == "B",
        "why_press": at_most("trust", 2, "press"),
        **dict.fromkeys(("paper_how", "paper_pay", "paper_miss"), reads),
    }
    return [code for code in QUESTIONS if wanted.get(code, True)]


def judge(ballot: Mapping[str, Marks], key: bytes) -> None:
    assert sorted(ballot) == sorted(should_show(ballot, key))
    for code, marks in ballot.items():
        question = QUESTIONS[code]
        if marks[0].missing:
            assert not question.get("required", True), code
            assert marks == [Mark(None, None, None, None, "skipped", None)]
        else:
            assert all(mark.missing is None for mark in marks)
            judge_one(question, marks)


def judge_one(question: Mapping[str, Any], marks: Marks) -> None:
    kind, options, asked = question["kind"], codes(question), question.get("settings", {})
    chosen = [mark.option for mark in marks]
    assert len(set(chosen)) == len(chosen)
    assert all(option is None or option in options for option in chosen)
    others = marked(question, "other")
    assert all((mark.text is not None) == (mark.option in others) for mark in marks if mark.option)
    if asked.get("order"):
        assert all(mark.position and 1 <= mark.position <= len(options) for mark in marks)
    if kind in ("single", "dropdown", "yesno", "image", "consent"):
        assert len(marks) == 1
        assert chosen[0] in options
    elif kind in ("multiple", "approval"):
        assert 1 <= len(marks) <= question["max"]
        assert len(marks) == 1 or not set(chosen) & (marked(question, "exclusive") | marked(question, "dont_know"))
    elif kind == "matrix":
        assert sorted(str(option) for option in chosen) == sorted(options)
        assert all(mark.number in (0, 1, 2, 3, 4) for mark in marks)
    elif kind == "ranking":
        assert sorted(mark.rank or 0 for mark in marks) == list(range(1, len(marks) + 1))
        assert question["min"] <= len(marks) <= question["max"]
    elif kind == "points":
        assert sorted(str(option) for option in chosen) == sorted(options)
        assert sum(mark.number or 0 for mark in marks) == asked["total"]
        assert all(mark.number is not None and mark.number >= 0 and mark.number % 1 == 0 for mark in marks)
    elif kind in ("text", "longtext"):
        (mark,) = marks
        limit = asked.get("limit", 300 if kind == "text" else 2000)
        assert mark.text is not None
        assert mark.text == mark.text.strip() != ""
        assert len(mark.text) <= limit
        assert "\0" not in mark.text
    elif chosen[0] is not None:  # "don't know" in the place of a number
        assert len(marks) == 1
        assert chosen[0] in marked(question, "dont_know")
    else:
        (mark,) = marks
        judge_number(kind, asked, mark.number)


def judge_number(kind: str, asked: Mapping[str, Any], number: Decimal | None) -> None:
    assert number is not None
    if kind == "date":
        day = date(int(number) // 10_000, int(number) // 100 % 100, int(number) % 100)
        assert date.fromisoformat(asked["from"]) <= day <= date.fromisoformat(asked["to"])
        return
    low, high, step = {
        "rating": (1, asked.get("points", 5), 1),
        "likert": (1, 5, 1),
        "recommend": (0, 10, 1),
        "slider": (asked.get("min", 0), asked.get("max", 100), asked.get("step", 1)),
        "number": (asked.get("min", 0), asked.get("max", 0), 10 ** -asked.get("decimals", 0)),
    }[kind]
    assert low <= number <= high
    assert (number - low) % Decimal(str(step)) == 0


# --- the respondents ----------------------------------------------------------------------------------------------

WILD = ["NaN", "1e309", "-1", "0", "99999999999999999999", "<script>", "\0", "½", " ", "3,5", "x" * 3000, "2026-02-30"]


def answer(dice: Random, code: str, *, wild: float) -> Any:
    """Something for a question, sound or not; None leaves it out."""
    question = QUESTIONS[code]
    kind, options, asked = question["kind"], codes(question), question.get("settings", {})
    if dice.random() < wild / 2:
        return None
    odd = dice.random() < wild
    if kind in ("multiple", "approval"):
        several = dice.sample(options, dice.randint(1, len(options)))
        alone = [one for one in several if one in marked(question, "exclusive")]
        return several if odd or not alone else alone
    if options and kind not in ("matrix", "ranking", "points", "number", "rating"):
        return dice.sample(options, min(2, len(options))) if odd else dice.choice(options)
    if kind == "matrix":
        return {row: dice.choice(WILD) if odd else str(dice.randint(0, 4)) for row in options}
    if kind == "ranking":
        ranked = dice.sample(options, dice.randint(1 if odd else 2, len(options)))
        return {row: dice.choice(WILD) if odd else str(place) for place, row in enumerate(ranked, 1)}
    if kind == "points":
        first, second = sorted((dice.randint(0, 100), dice.randint(0, 100)))
        shares = [first, second - first, 100 - second + (1 if odd else 0)]
        return {row: str(share) for row, share in zip(options, shares, strict=True)}
    if kind in ("text", "longtext"):
        return dice.choice(WILD) if odd else f"Words of {dice.randint(1, 99)}."
    if odd and kind not in ("rating", "likert", "recommend"):
        return dice.choice(WILD)
    if odd:
        return dice.choice([0, 11, 999])
    low, high = {"rating": (1, 5), "likert": (1, 5), "recommend": (0, 10), "number": (1, 20)}.get(kind, (0, 50))
    if kind == "date":
        return f"{dice.randint(1920, 2026)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
    return str(dice.randint(low, high) * asked.get("step", 1))


def shown_on(page: Any) -> list[str]:
    """The questions on a page, and now and then the judge's own names for them."""
    asked = set(hidden(page)["asked"])
    return [code for code, question in page.reader.questions.items() if str(question.pk) in asked]


def other_words(reader: Respondent, code: str, given: Any, dice: Random) -> dict[str, str]:
    """What is written beside "something else", where it is chosen, or now and then where it is not."""
    found = {}
    for option in marked(QUESTIONS[code], "other"):
        if option == given or (isinstance(given, list) and option in given) or dice.random() < 0.02:
            found[f"q{reader.questions[code].pk}.{reader.option(code, option)}"] = "My own words"
    return found


def walk(poll: Poll, dice: Random) -> Respondent:
    """One respondent from the start to the receipt, or to where they give up."""
    reader = Respondent(poll, hurried=True)
    page = reader.begin()
    wild = dice.choice([0.0, 0.1, 0.4])
    for _step in range(80):
        path = page.wsgi_request.path
        assert page.status_code in (200, 409, 413, 422), (path, page.status_code, text(page))
        if path.endswith("/thanks/") or "Enough readers of your age" in text(page):
            return reader
        if dice.random() < 0.005:
            return reader  # gives up
        if path.endswith("/review/"):
            response = reader.post("review/", {"step": "send"})
        else:
            page.reader = reader
            sent: dict[str, Any] = {**hidden(page), "step": dice.choices(["next", "back"], [20, 1])[0]}
            if wild and dice.random() < 0.05:
                # Somebody meddles: a question of another page, or one that is hidden.
                code = dice.choice(list(QUESTIONS))
                sent |= reader.fields(**{code: answer(dice, code, wild=0.0) or []})
            for code in shown_on(page):
                # With every refusal the answers grow tamer, so that most get through.
                given = answer(dice, code, wild=0.0 if page.status_code == 422 else wild)
                if given is not None:
                    sent |= reader.fields(**{code: given}) | other_words(reader, code, given, dice)
            response = reader.post(path.removeprefix(reader.base), sent)
            wild *= 0.9
        page = reader.follow(response) if response.status_code == 303 else response
    raise AssertionError(f"eighty pages, and no end: {page.wsgi_request.path} {text(page)[:500]}")


def marks_of(ballot: Ballot) -> dict[str, Marks]:
    found: dict[str, Marks] = {}
    rows = Answer.objects.filter(ballot=ballot).select_related("question", "option", "verbatim").order_by("rank", "pk")
    for row in rows:
        option = (row.option.name or str(row.option.position + 1)) if row.option else None
        words = row.verbatim.text if hasattr(row, "verbatim") else None
        mark = Mark(option, row.rank, row.number, words, row.missing, row.position_shown)
        found.setdefault(row.question.name, []).append(mark)
    return found


def walk_and_judge(poll: Poll, seed: int) -> bool:
    """Whether the respondent of this seed was counted; what is stored is judged."""
    before = set(Ballot.objects.values_list("pk", flat=True))
    walk(poll, Random(seed))
    new = Ballot.objects.exclude(pk__in=before)
    for ballot in new:
        judge(marks_of(ballot), bytes(ballot.voter_key))
    return bool(new)


@pytest.fixture
def unhurried(settings: Any) -> None:
    settings.VOTE_LIMITS_NETWORK = ["1000000/60"]
    settings.VOTE_LIMITS_VOTER = ["1000000/60"]


@pytest.mark.django_db
def test_a_dozen_random_respondents_leave_valid_ballots(unhurried: None) -> None:
    poll = thirty(step=1)
    counted = [walk_and_judge(poll, seed) for seed in range(12)]
    assert sum(counted) >= 6


@pytest.mark.long
@pytest.mark.django_db
def test_two_thousand_random_respondents_leave_valid_ballots(unhurried: None) -> None:
    poll = thirty(step=1)
    counted: list[bool] = []

    @settings(
        max_examples=RESPONDENTS, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    @given(st.integers(0, 2**48))
    def respondent(seed: int) -> None:
        counted.append(walk_and_judge(poll, seed))
        if len(counted) % 50 == 0:
            tally.recount(poll.pk)  # so that the quota is felt

    respondent()
    assert len(counted) >= RESPONDENTS
    assert sum(counted) > len(counted) / 2
    assert Ballot.objects.count() == sum(counted)
    assert Draft.objects.count() <= len(counted) - sum(counted)


# --- the judge is no rubber stamp ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_judge_finds_what_is_wrong(unhurried: None) -> None:
    poll = thirty(step=1)
    assert any(walk_and_judge(poll, seed) for seed in range(20, 24))
    ballot = Ballot.objects.all()[0]
    sound, key = marks_of(ballot), bytes(ballot.voter_key)
    judge(sound, key)
    none = Mark(None, None, None, None, None, None)
    broken: list[dict[str, Marks]] = [
        {code: marks for code, marks in sound.items() if code != "household"},
        {**sound, "household": [none._replace(number=Decimal(21))]},
        {**sound, "household": [none._replace(number=Decimal("1.5"))]},
        {**sound, "gender": [none._replace(missing="skipped")]},
        {**sound, "gender": [none._replace(option="woman"), none._replace(option="man")]},
        {**sound, "moved": [none._replace(number=Decimal(19191231))]},
        {**sound, "first": [none._replace(option="parks", rank=1), none._replace(option="buses", rank=3)]},
        {**sound, "money": [none._replace(option=row, number=Decimal(30)) for row in ("health", "roads", "arts")]},
        {**sound, "lives": [none._replace(option="else")]},
        {**sound, ("tell_a" if half(key) == "B" else "tell_b"): [none._replace(number=Decimal(3))]},
    ]
    for ballot_ in broken:
        with pytest.raises(AssertionError):
            judge(ballot_, key)
