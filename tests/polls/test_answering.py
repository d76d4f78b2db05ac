"""What is kept of a survey until it is sent, and which page comes next."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from polls import answering, flow, paper, rules, tally, voting
from polls.answering import Kept, NoDraft, NoLink, Stale, Survey, heard, mirrored, spoken
from polls.models import Ballot, Draft, Member, Poll, Reach, Series
from polls.paper import Given, PaperOption, PaperQuestion
from polls.questions import TYPES
from polls.rules import Answer
from tests.factories import move, translate
from tests.polls.surveys import question, survey

OPTIONS = {11: PaperOption("One", "one"), 12: PaperOption("Two", "two"), 13: PaperOption("Three", "three")}


def asked(kind: str, **more: Any) -> PaperQuestion:
    return PaperQuestion(7, kind, "What?", True, 1, 3, OPTIONS, code="what", **more)


# --- what rules hear ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "given_", "answer"),
    [
        ("single", Given((12,)), Answer(frozenset({"two"}))),
        ("single", Given(), None),
        ("single", Given((99,)), None),
        ("multiple", Given((11, 13)), Answer(frozenset({"one", "three"}))),
        ("rating", Given(values={0: "4"}), Answer(number=Decimal(4))),
        ("rating", Given((13,)), Answer(frozenset({"three"}))),
        ("number", Given(values={0: " 3,5 "}), Answer(number=Decimal("3.5"))),
        ("number", Given(values={0: "NaN"}), None),
        ("date", Given(values={0: "2026-02-03"}), Answer(number=Decimal(20260203))),
        ("text", Given(values={0: "Words"}), Answer()),
        ("longtext", Given(values={0: " \n"}), None),
        # "Don’t know" is an answer, and no small number.
        ("matrix", Given(values={11: "0", 12: "3"}), Answer(rows={"two": Decimal(3)})),
        ("matrix", Given(values={11: "0"}), Answer()),
        ("matrix", Given(values={11: "x"}), None),
        (
            "ranking",
            Given(values={12: "1", 11: "2"}),
            Answer(frozenset({"one", "two"}), rows={"two": Decimal(1), "one": Decimal(2)}),
        ),
        # An empty field counts as none, once points are given at all.
        (
            "points",
            Given(values={12: "100"}),
            Answer(rows={"one": Decimal(0), "two": Decimal(100), "three": Decimal(0)}),
        ),
        ("points", Given(values={12: " "}), None),
    ],
)
def test_what_a_rule_may_compare_in_an_answer_as_it_was_typed(kind: str, given_: Given, answer: Answer | None) -> None:
    assert heard(asked(kind), given_) == answer


@pytest.mark.parametrize(
    ("kind", "given_", "words"),
    [
        ("single", Given((12,)), "Two"),
        ("multiple", Given((11, 13)), "One, Three"),
        ("text", Given(values={0: "  my \n words "}), "my words"),
        ("longtext", Given(values={0: "x" * 999}), "x" * 200),
    ],
)
def test_an_answer_in_words_for_another_question(kind: str, given_: Given, words: str) -> None:
    assert spoken(asked(kind), given_) == words


RULE = {
    "all": [
        {"question": "here", "is": "yes"},
        {"not": {"question": "before", "is": "yes"}},
        {"any": [{"group": "w", "is": "A"}, {"question": "before", "at_least": 3}]},
    ]
}


def test_a_rule_is_mirrored_with_what_is_known_already_put_in() -> None:
    rule = rules.parse(RULE)
    known = {"before": Answer(frozenset({"no"}), Decimal(3))}
    assert mirrored(rule, {"here"}, known, {"w": "B"}) == {
        "all": [{"question": "here", "is": "yes"}, True, True],
    }
    assert mirrored(rule, {"elsewhere"}, known, {"w": "B"}) is False
    assert mirrored(None, {"here"}, {}, {}) is True


STATEMENTS = st.sampled_from(
    [
        {"question": "here", "is": "yes"},
        {"question": "here", "answered": False},
        {"question": "before", "is": "yes"},
        {"question": "before", "answered": True},
        {"group": "w", "is": "A"},
    ]
)
RULES = st.recursive(
    STATEMENTS,
    lambda part: (
        st.lists(part, min_size=1, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(part, min_size=1, max_size=3).map(lambda parts: {"any": parts})
        | part.map(lambda one: {"not": one})
    ),
    max_leaves=6,
)
ANSWERED = st.none() | st.sampled_from(["yes", "no"])


def judged(mirror: Any, known: dict[str, Answer]) -> bool:
    """A mirrored rule, judged as the script does."""
    if isinstance(mirror, bool):
        return mirror
    if "all" in mirror:
        return all(judged(part, known) for part in mirror["all"])
    if "any" in mirror:
        return any(judged(part, known) for part in mirror["any"])
    if "not" in mirror:
        return not judged(mirror["not"], known)
    return rules.holds(rules.parse(mirror), known, {})


@given(RULES, ANSWERED, ANSWERED, st.sampled_from("AB"))
def test_the_mirrored_rule_says_the_same_as_the_rule(
    written: Any, here: str | None, before: str | None, half: str
) -> None:
    rule = rules.parse(written)
    said = {name: Answer(frozenset({one})) for name, one in (("here", here), ("before", before)) if one}
    earlier = {name: one for name, one in said.items() if name == "before"}
    on_page = {name: one for name, one in said.items() if name == "here"}
    assert judged(mirrored(rule, {"here"}, earlier, {"w": half}), on_page) == rules.holds(rule, said, {"w": half})


# --- drafts -------------------------------------------------------------------------------------------------------


@pytest.fixture
def poll(db: None) -> Poll:
    return survey(
        question("fruit", options=("apple", "pear")),
        question("why", "text", page=2, required=False),
        question("more", options=("yes", "no"), page=2, show_if={"question": "fruit", "is": "pear"}),
    )


def of(poll: Poll, voter: str = "somebody") -> Survey:
    paper.forget()
    return Survey.of(poll.slug, voter=voter)


def begin(poll: Poll, voter: str = "somebody") -> tuple[Survey, Kept]:
    one = of(poll, voter)
    return one, answering.begin(one, closes_at=poll.closes_at, now=timezone.now())


def keep(poll: Poll, one: Survey, page: int, answers: dict[str, Given], **more: Any) -> Kept:
    now = timezone.now()
    kept = answering.find(one, now=now)
    seen = one.seen(page, kept.given if kept else {})
    given_ = {one.by_code[code].id: answer for code, answer in answers.items()}
    return answering.keep(
        one, page=page, given=given_, **{"seen": seen, "passed": True, "closes_at": poll.closes_at, "now": now, **more}
    )


def option(one: Survey, code: str, name: str) -> Given:
    return Given((next(i for i, o in one.by_code[code].options.items() if o.code == name),))


def test_beginning_twice_keeps_the_first_sheet_and_counts_once(poll: Poll) -> None:
    one, _kept = begin(poll)
    keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    _one, again = begin(poll)
    assert list(again.given) == [one.by_code["fruit"].id]
    assert list(Reach.objects.values_list("page", "respondents").order_by("page")) == [(1, 1), (2, 1)]


def test_each_respondent_is_counted_once_at_each_page_reached(poll: Poll) -> None:
    for voter in ("a", "b", "c"):
        one, _kept = begin(poll, voter)
        if voter != "c":
            keep(poll, one, 1, {"fruit": option(one, "fruit", "apple")})
            keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    assert list(Reach.objects.values_list("page", "respondents").order_by("page")) == [(1, 3), (2, 2)]


def test_what_is_kept_without_going_on_opens_no_page(poll: Poll) -> None:
    one, _kept = begin(poll)
    kept = keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")}, passed=False)
    assert one.open_page(kept) == 1
    kept = keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    assert one.open_page(kept) == 2


def test_a_page_whose_answers_are_no_longer_enough_opens_again(poll: Poll) -> None:
    one, _kept = begin(poll)
    keep(poll, one, 1, {"fruit": option(one, "fruit", "apple")})
    kept = keep(poll, one, 2, {})
    assert one.open_page(kept) is None
    kept = keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    assert one.open_page(kept) == 2


def test_answers_to_what_is_hidden_now_are_not_kept(poll: Poll) -> None:
    one, _kept = begin(poll)
    keep(poll, one, 1, {"fruit": option(one, "fruit", "apple")})
    kept = keep(poll, one, 2, {"why": Given(values={0: "So"}), "more": option(one, "more", "yes")})
    assert {question.code for question in one.paper.questions if question.id in kept.given} == {"fruit", "why"}


def test_an_old_page_is_stale_where_its_answers_differ_and_only_there(poll: Poll) -> None:
    one, kept = begin(poll)
    old = one.seen(1, kept.given)
    keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")}, seen=old)
    with pytest.raises(Stale) as stale:
        keep(poll, one, 1, {"fruit": option(one, "fruit", "apple")}, seen=old)
    assert (stale.value.edited, stale.value.kept.given[one.by_code["fruit"].id]) == (
        False,
        option(one, "fruit", "pear"),
    )
    # Another page was never touched by it.
    keep(poll, one, 2, {"why": Given(values={0: "So"})}, seen=one.seen(2, {}))


def test_of_what_was_sent_only_what_somebody_could_send_is_kept(poll: Poll) -> None:
    one, _kept = begin(poll)
    fruit = one.by_code["fruit"]
    pear = option(one, "fruit", "pear").options[0]
    wild = Given((pear, pear, 99, *range(10_000, 19_000)), {0: "\0", pear: "a\0b", 98: "x", 97: "x" * 10_001})
    kept = keep(poll, one, 1, {"fruit": wild}, passed=False)
    assert kept.given[fruit.id] == Given((pear,), {pear: "ab"})
    keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    kept = keep(poll, one, 2, {"why": Given(values={0: "x" * 10_001})}, passed=False)
    assert list(kept.given) == [fruit.id]


def test_without_a_draft_nothing_is_stored(poll: Poll) -> None:
    one = of(poll)
    with pytest.raises(NoDraft):
        keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    begin(poll)
    Draft.objects.update(expires_at=timezone.now())
    with pytest.raises(NoDraft):
        keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    assert answering.out_of_time(one, now=timezone.now())
    assert answering.find(one, now=timezone.now()) is None


def test_each_page_puts_the_end_of_keeping_off(poll: Poll) -> None:
    one, _kept = begin(poll)
    later = timezone.now() + timedelta(days=3)
    kept = keep(poll, one, 1, {}, passed=False, now=later)
    assert kept.expires_at == later + timedelta(days=14)
    kept = keep(poll, one, 1, {}, passed=False, now=later, closes_at=later + timedelta(days=1))
    assert kept.expires_at == later + timedelta(days=1)


def test_an_answer_outlives_a_change_of_language_and_of_another_question(poll: Poll) -> None:
    translate(poll, "de")
    poll.questions.filter(name="fruit").update(i18n={"text_de": "Welche Frucht?"})
    one, _kept = begin(poll)
    keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    poll.questions.filter(name="why").update(text="Why really?")
    with translation.override("de"):
        german = of(poll)
        assert german.by_code["fruit"].text == "Welche Frucht?"
        kept = answering.find(german, now=timezone.now())
    assert kept is not None
    assert (kept.changed, len(kept.given)) == (False, 1)


def test_an_answer_to_another_wording_is_dropped_and_its_page_opens_again(poll: Poll) -> None:
    one, _kept = begin(poll)
    keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    poll.questions.filter(name="fruit").update(text="Which vegetable?")
    changed = of(poll)
    kept = answering.find(changed, now=timezone.now())
    assert kept is not None
    assert (kept.changed, kept.given, changed.open_page(kept)) == (True, {}, 1)


def test_a_link_is_good_once_for_a_week_and_for_its_survey(poll: Poll) -> None:
    one, _kept = begin(poll, "first")
    token = answering.link(one, now=timezone.now())
    other = of(poll, "second")
    assert answering.move(other, token, now=timezone.now(), really=False) is False
    assert answering.find(one, now=timezone.now()) is not None
    answering.move(other, token, now=timezone.now(), really=True)
    assert answering.find(one, now=timezone.now()) is None
    assert answering.find(other, now=timezone.now()) is not None
    with pytest.raises(NoLink):
        answering.move(of(poll, "third"), token, now=timezone.now(), really=True)
    token = answering.link(other, now=timezone.now())
    elsewhere = survey(question("a", options=("x", "y")), question("b", options=("x", "y")))
    with pytest.raises(NoLink):
        answering.move(of(elsewhere), token, now=timezone.now(), really=True)


def test_a_move_replaces_what_the_other_browser_had_begun_and_says_so(poll: Poll) -> None:
    one, _kept = begin(poll, "first")
    keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    other, _kept = begin(poll, "second")
    token = answering.link(one, now=timezone.now())
    assert answering.move(other, token, now=timezone.now(), really=False) is True
    assert Draft.objects.count() == 2
    answering.move(other, token, now=timezone.now(), really=True)
    kept = answering.find(other, now=timezone.now())
    assert kept is not None
    assert (Draft.objects.count(), len(kept.given)) == (1, 1)


def test_only_what_is_shown_goes_into_the_ballot_and_the_draft_goes_with_the_commit(poll: Poll) -> None:
    one, _kept = begin(poll)
    keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    kept = keep(poll, one, 2, {"why": Given(values={0: "So"}), "more": option(one, "more", "no")})
    # Hidden again by an answer on another page: still in the draft, and not in the ballot.
    kept = keep(poll, one, 1, {"fruit": option(one, "fruit", "apple")})
    assert len(kept.given) == 3
    answering.send(one, kept, circumstances=voting.Circumstances())
    names = Ballot.objects.get().answers.values_list("question__name", flat=True)
    assert sorted(names) == ["fruit", "why"]
    assert Draft.objects.count() == 0


def test_a_refused_ballot_leaves_the_draft(poll: Poll) -> None:
    one, _kept = begin(poll)
    kept = keep(poll, one, 1, {"fruit": option(one, "fruit", "apple")})
    move(poll, paused_at=timezone.now())
    with pytest.raises(voting.NotOpen):
        answering.send(one, kept, circumstances=voting.Circumstances())
    assert (Draft.objects.count(), Ballot.objects.count()) == (1, 0)


def test_consent_joins_the_panel_and_its_absence_does_not(db: None) -> None:
    poll = survey(
        question("join", "consent", ("yes",), required=False, settings={"panel": True}),
        question("fruit", options=("apple", "pear")),
        panel=Series.objects.create(),
    )
    for voter in ("a", "b"):
        one, _kept = begin(poll, voter)
        answers = {"fruit": option(one, "fruit", "apple")}
        if voter == "a":
            answers["join"] = option(one, "join", "yes")
        kept = keep(poll, one, 1, answers)
        answering.send(one, kept, circumstances=voting.Circumstances(), member_key=voter.encode() * 32)
    assert [bytes(key or b"") for key in Member.objects.values_list("key", flat=True)] == [b"a" * 32]


def test_a_quota_goes_by_the_last_count(poll: Poll) -> None:
    Poll.objects.filter(pk=poll.pk).update(flow={"quotas": [{"question": "fruit", "option": "pear", "limit": 1}]})
    one, _kept = begin(poll)
    pear = {one.by_code["fruit"].id: option(one, "fruit", "pear")}
    assert one.full(pear) is None
    kept = keep(poll, one, 1, {"fruit": option(one, "fruit", "pear")})
    kept = keep(poll, one, 2, {"more": option(one, "more", "yes")})
    answering.send(one, kept, circumstances=voting.Circumstances())
    assert one.full(pear) is None  # the count has not seen it yet
    tally.recount(poll.pk)
    quota = one.full(pear)
    assert quota is not None
    assert quota.option == "pear"
    assert one.full({one.by_code["fruit"].id: option(one, "fruit", "apple")}) is None


def test_every_type_of_question_says_what_a_rule_may_compare() -> None:
    assert set(flow.COMPARES) | {"text", "longtext"} == set(TYPES)
