"""Answering a survey page by page: what is kept until it is sent, which page comes next, and the sending itself.

The only writer of `Draft` (one respondent's unfinished answers, which are never counted or exported) and of `Reach`
(how many came to a page, which names nobody). A draft holds answers as they were typed; only the ballot is checked
whole. Answers to a question that the editor has changed since are dropped and asked for again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db import connection, transaction
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import override

from polls import flow, paper, respondents, rules, tally, voting
from polls.characters import storable
from polls.models import Draft, Tally
from polls.paper import Given, InvalidAnswers, Paper, PaperQuestion
from polls.questions import TYPES, numbers, options
from polls.spoken import in_a_row, own_language

KEPT_FOR = timedelta(days=14)
LINK_FOR = timedelta(days=7)
# A longer text is shown again with its fault, and not kept: nothing that may be sent is so long.
LONGEST_KEPT = 10_000
SALT = "polls.answering.link"

BUMP = """
INSERT INTO polls_reach (poll_id, page, respondents) VALUES (%s, %s, 1)
ON CONFLICT (poll_id, page) DO UPDATE SET respondents = polls_reach.respondents + 1
"""


class NoDraft(Exception):
    """Nothing is kept for this respondent: not begun, discarded, sent, moved to another browser, or out of time."""


class Stale(Exception):
    """The page was answered otherwise, or changed by an editor, since it was given out; nothing was written."""

    def __init__(self, kept: Kept, *, edited: bool) -> None:
        super().__init__()
        self.kept = kept
        self.edited = edited


class NoLink(Exception):
    """The link is none of ours, is out of time, or its answers are no longer there."""


@dataclass(frozen=True)
class Kept:
    """What a respondent has answered so far; `changed` where the editor has changed questions since."""

    given: Mapping[int, Given] = field(default_factory=dict)
    passed: frozenset[int] = frozenset()
    reached: frozenset[int] = frozenset()
    began: datetime | None = None
    expires_at: datetime | None = None
    replaces: int | None = None
    changed: bool = False


@dataclass(frozen=True)
class Survey:
    """A survey as one respondent meets it: the paper, its course, and the key from which lots are drawn."""

    paper: Paper
    key: bytes
    prints: Mapping[int, str]

    @classmethod
    def of(cls, slug: str, *, voter: str | None) -> Survey:
        """The survey at an address, for whoever has this number in the cookie; raises `paper.UnknownPoll`."""
        with override(own_language.get()):
            # Of the publication's own wording, so that a respondent who changes the language loses nothing.
            prints = {question.id: _print(question) for question in paper.get(slug).questions}
        sheet = paper.get(slug)
        key = respondents.voter_key(series_key=sheet.key, voter=voter) if voter else b""
        return cls(sheet, key, prints)

    @cached_property
    def plan(self) -> flow.Plan:
        """Raises `flow.FlowFault` for a course that no editor could have saved."""
        return flow.read([asked(question) for question in self.paper.questions], self.paper.flow)

    @cached_property
    def by_code(self) -> dict[str, PaperQuestion]:
        return {question.code: question for question in self.paper.questions}

    @cached_property
    def groups(self) -> dict[str, str]:
        return flow.groups(self.plan, self.key)

    @cached_property
    def branches(self) -> bool:
        """Whether the number of pages depends on the answers."""
        return any(page.rule or page.jumps or any(item.rule for item in page.items) for page in self.plan.pages)

    def answers(self, given: Mapping[int, Given]) -> dict[str, rules.Answer]:
        """What rules may compare, by the names of questions."""
        found = {code: heard(question, given.get(question.id, Given())) for code, question in self.by_code.items()}
        return {code: answer for code, answer in found.items() if answer is not None}

    def way(self, given: Mapping[int, Given]) -> flow.Route:
        return flow.route(self.plan, self.answers(given), self.key)

    def on_page(self, page: int) -> list[PaperQuestion]:
        return [question for question in self.paper.questions if question.page == page]

    def asked(self, given: Mapping[int, Given]) -> dict[int, Given]:
        """The questions shown for these answers, each with what was answered and how its options stood."""
        shown = self.way(given).shown
        return {
            question.id: self.arranged(question, given.get(question.id, Given()))
            for code, question in self.by_code.items()
            if code in shown
        }

    def arranged(self, question: PaperQuestion, given: Given) -> Given:
        """The answer with the order in which this respondent's options stand, kept from when it was given."""
        how = question.settings.get("order", "")
        if not how or (given.shown and options.possible(question, given.shown)):
            return given
        ids = list(question.options)
        codes = [question.options[option].code for option in ids]
        fixed = {question.options[option].code for option in ids if options.holds_its_place(question, option)}
        places = flow.arranged(codes, order=how, fixed=fixed, seed=self.key, name=question.code)
        return replace(given, shown=tuple(ids[place] for place in places))

    def worded(self, question: PaperQuestion, given: Mapping[int, Given]) -> PaperQuestion:
        """The question with earlier answers in its wording."""
        names = {*flow.piped(question.text), *flow.piped(question.help)}
        if not names:
            return question
        words = self.words(given, names)
        return replace(question, text=flow.pipe(question.text, words), help=flow.pipe(question.help, words))

    def title(self, page: int, given: Mapping[int, Given]) -> str:
        title = self.plan.pages[page - 1].title
        return flow.pipe(title, self.words(given, flow.piped(title)))

    def words(self, given: Mapping[int, Given], names: Collection[str]) -> dict[str, str]:
        """The answers to some questions in words, for use in others; only of what was shown."""
        shown = self.way(given).shown if names else frozenset()
        return {
            name: spoken(self.by_code[name], given.get(self.by_code[name].id, Given()))
            for name in names
            if name in shown
        }

    def fault(self, question: PaperQuestion, given: Given) -> str:
        """Why an answer cannot be sent, in the reader's words; empty where it can."""
        try:
            TYPES[question.kind].check(question, given)
        except InvalidAnswers as error:
            return error.message
        return ""

    def open_page(self, kept: Kept) -> int | None:
        """The first page that is still to be answered, or None where everything is ready to be sent."""
        given = self.asked(kept.given)
        for stop in self.way(kept.given).stops:
            faulty = any(self.fault(q, given[q.id]) for q in map(self.by_code.__getitem__, stop.questions))
            if faulty or stop.page not in kept.passed:
                return stop.page
        return None

    def page_print(self, page: int) -> str:
        return _digest([self.prints.get(question.id, "") for question in self.on_page(page)])

    def seen(self, page: int, given: Mapping[int, Given]) -> str:
        """What a page was given out with: the wording and the answers at that time, to tell later changes by."""
        ids = [question.id for question in self.on_page(page)]
        return f"{self.page_print(page)}.{_digest({i: _packed(given[i]) for i in ids if given.get(i)})}"

    def full(self, given: Mapping[int, Given]) -> flow.Quota | None:
        """The quota under which these answers fall and that is full by the last count, or None."""
        if not self.plan.quotas:
            return None
        row = Tally.objects.filter(poll=self.paper.poll_id).values_list("counts", flat=True).first()
        counted = (row or {}).get("questions", {})

        def votes(code: str, option: str) -> int:
            question = self.by_code[code]
            ids = [str(one) for one, about in question.options.items() if about.code == option]
            return sum(counted.get(str(question.id), {}).get("votes", {}).get(one, 0) for one in ids)

        return flow.full(self.plan, self.way(given), self.answers(given), votes)


def asked(question: PaperQuestion) -> flow.Question:
    """A question of the paper as far as the way through a survey needs to know it."""
    return flow.Question(
        code=question.code,
        kind=question.kind,
        page=question.page,
        show_if=question.show_if,
        options=tuple(option.code for option in question.options.values()),
        wording=(question.text, question.help),
        options_wording=(*(option.text for option in question.options.values()), *question.labels),
    )


def heard(question: PaperQuestion, given: Given) -> rules.Answer | None:
    """What a rule may compare in an answer as it was typed, or None where there is none.

    Whether it may be sent is not asked here, so that the script of the page, which sees the same, comes to the same.
    """
    chosen = frozenset(question.options[option].code for option in given.options if option in question.options)
    written = {at: value.strip() for at, value in given.values.items() if value.strip()}
    if "rows" in flow.COMPARES.get(question.kind, ()):
        read = {one: numbers.read(written.get(one, "")) for one in question.options}
        found = {question.options[one].code: number for one, number in read.items() if number is not None}
        if question.kind == "points" and found:
            found = {option.code: found.get(option.code, Decimal(0)) for option in question.options.values()}
        if question.kind == "matrix":
            answered, found = bool(found), {code: number for code, number in found.items() if number}
            return rules.Answer(rows=found) if answered else None
        ranked = frozenset(found) if question.kind == "ranking" else frozenset()
        return rules.Answer(options=ranked, rows=found) if found else None
    value = written.get(0, "")
    number = numbers.read(value.replace("-", "") if question.kind == "date" else value)
    if question.kind in ("text", "longtext"):
        return rules.Answer() if value else None
    return rules.Answer(chosen, number) if chosen or number is not None else None


def spoken(question: PaperQuestion, given: Given) -> str:
    """An answer in words to stand in another question: a text without its quotation marks, on one line."""
    if question.kind in ("text", "longtext"):
        return " ".join(given.values.get(0, "").split())[:200]
    return in_a_row(TYPES[question.kind].words(question, given))[:200]


def mirrored(rule: rules.Rule | None, here: Collection[str], answers: rules.Answers, groups: rules.Groups) -> Any:
    """The rule as JSON for the script of a page: true or false where it does not depend on what is answered there."""
    if rule is None:
        return True
    if not rules.names(rule).questions & set(here):
        return rules.holds(rule, answers, groups)
    match rule:
        case rules.All(parts):
            return {"all": [mirrored(part, here, answers, groups) for part in parts]}
        case rules.AnyOf(parts):
            return {"any": [mirrored(part, here, answers, groups) for part in parts]}
        case rules.Not(part):
            return {"not": mirrored(part, here, answers, groups)}
    return rules.dump(rule)


# --- what is kept -------------------------------------------------------------------------------------------------


def find(survey: Survey, *, now: datetime) -> Kept | None:
    """What is kept for the respondent, or None; what is out of time counts as gone."""
    draft = Draft.objects.filter(poll=survey.paper.poll_id, voter_key=survey.key, expires_at__gt=now).first()
    return None if draft is None else _unpacked(survey, draft)


def out_of_time(survey: Survey, *, now: datetime) -> bool:
    """Whether answers were kept and their time has run out, so that the reader can be told."""
    return Draft.objects.filter(poll=survey.paper.poll_id, voter_key=survey.key, expires_at__lte=now).exists()


@transaction.atomic
def begin(
    survey: Survey,
    *,
    closes_at: datetime,
    now: datetime,
    given: Mapping[int, Given] | None = None,
    replaces: int | None = None,
) -> Kept:
    """Keep an empty sheet for the respondent, or the ballot to be changed; one that is there already stays."""
    Draft.objects.filter(poll=survey.paper.poll_id, voter_key=survey.key, expires_at__lte=now).delete()
    first = next(iter(survey.way({}).pages), 1)
    # Whoever changes a vote was counted at every page before.
    reached = {first} if replaces is None else {page.number for page in survey.plan.pages}
    kept = Kept(given or {}, reached=frozenset(reached), began=now, replaces=replaces)
    draft, created = Draft.objects.get_or_create(
        poll_id=survey.paper.poll_id,
        voter_key=survey.key,
        defaults={
            "answers": _written(survey, kept),
            "page": first,
            "updated_at": now,
            "expires_at": _expiry(closes_at, now),
        },
    )
    if created and replaces is None:
        _bump(survey.paper.poll_id, first)
    return _unpacked(survey, draft)


@transaction.atomic
def keep(
    survey: Survey,
    *,
    page: int,
    given: Mapping[int, Given],
    seen: str,
    passed: bool,
    closes_at: datetime,
    now: datetime,
) -> Kept:
    """Store what was typed on a page; with `passed` the respondent goes on to the next. Safe to repeat.

    Of the page's questions only those shown for these answers are kept. Raises `NoDraft`, or `Stale` where the page was
    answered otherwise in another tab, or changed by an editor, since it was given out.
    """
    draft = (
        Draft.objects.select_for_update()
        .filter(poll=survey.paper.poll_id, voter_key=survey.key, expires_at__gt=now)
        .first()
    )
    if draft is None:
        raise NoDraft
    before = _unpacked(survey, draft)
    known = {question.id: question for question in survey.on_page(page)}
    typed = {question: _storable(known[question], one) for question, one in given.items() if question in known}
    changed = {**{k: v for k, v in before.given.items() if k not in known}, **typed}
    stop = survey.way(changed).stop(page)
    shown = {survey.by_code[code].id for code in stop.questions} if stop else set()
    after = {k: v for k, v in changed.items() if v and (k not in known or k in shown)}
    if seen != survey.seen(page, before.given):
        edited = seen.split(".")[0] != survey.page_print(page)
        if edited or survey.seen(page, after) != survey.seen(page, before.given):
            raise Stale(before, edited=edited)
    kept = replace(before, given=after, changed=False)
    where = page
    if passed and stop:
        where = survey.way(after).after(page) or page
        kept = replace(kept, passed=before.passed | {page}, reached=before.reached | {where})
        if where not in before.reached:
            _bump(survey.paper.poll_id, where)
    draft.answers, draft.page, draft.updated_at = _written(survey, kept), where, now
    draft.expires_at = _expiry(closes_at, now)
    draft.save(update_fields=["answers", "page", "updated_at", "expires_at"])
    return replace(kept, expires_at=draft.expires_at)


def discard(survey: Survey) -> None:
    """Delete what is kept, for good."""
    Draft.objects.filter(poll=survey.paper.poll_id, voter_key=survey.key).delete()


def send(
    survey: Survey, kept: Kept, *, circumstances: voting.Circumstances, member_key: bytes | None = None
) -> voting.Receipt:
    """Cast the ballot and, after the COMMIT, delete what was kept; raises what `voting.cast_ballot` raises.

    Only what is shown for these answers goes into the ballot.
    """
    given = survey.asked(kept.given)
    receipt = voting.cast_ballot(
        paper=survey.paper,
        voter_key=survey.key,
        given={question: one for question, one in given.items() if one},
        asked=list(given),
        circumstances=circumstances,
        replaces=kept.replaces,
        member_key=member_key,
    )
    # The vote is counted whatever happens here: what stays behind is deleted when its time is over.
    with contextlib.suppress(*voting.AWAY):
        discard(survey)
    tally.look_again(receipt.poll_id)
    return receipt


# --- going on in another browser ----------------------------------------------------------------------------------


def link(survey: Survey, *, now: datetime) -> str:
    """A token that moves what is kept to the browser that brings it, once, within a week; raises `NoDraft`."""
    draft = Draft.objects.filter(poll=survey.paper.poll_id, voter_key=survey.key, expires_at__gt=now).first()
    if draft is None:
        raise NoDraft
    return signing.dumps({"draft": draft.pk, "owner": _owner(bytes(draft.voter_key))}, salt=SALT, compress=True)


@transaction.atomic
def move(survey: Survey, token: str, *, now: datetime, really: bool) -> bool:
    """Make what is kept under a link that of this respondent; raises `NoLink`.

    Says whether answers of this respondent's own were there already, which are replaced; without `really` that is all.
    """
    try:
        named = signing.loads(token, salt=SALT, max_age=LINK_FOR)
        found = Draft.objects.select_for_update().filter(pk=named["draft"], poll=survey.paper.poll_id)
        draft = found.filter(expires_at__gt=now).first()
    except (signing.BadSignature, KeyError, TypeError) as error:
        raise NoLink from error
    if draft is None or _owner(bytes(draft.voter_key)) != named["owner"]:
        raise NoLink
    own = Draft.objects.filter(poll=survey.paper.poll_id, voter_key=survey.key).exclude(pk=draft.pk)
    there = own.filter(expires_at__gt=now).exists()
    if really:
        own.delete()
        draft.voter_key = survey.key
        draft.save(update_fields=["voter_key"])
    return there


def _owner(key: bytes) -> str:
    return salted_hmac(SALT, key.hex()).hexdigest()[:20]


# --- the row ------------------------------------------------------------------------------------------------------


def _expiry(closes_at: datetime, now: datetime) -> datetime:
    return min(now + KEPT_FOR, closes_at)


def _bump(poll_id: int, page: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BUMP, [poll_id, page])


def _written(survey: Survey, kept: Kept) -> dict[str, Any]:
    return {
        "given": {str(question): _packed(one) for question, one in kept.given.items()},
        "prints": {str(question): survey.prints.get(question, "") for question in kept.given},
        "passed": {str(page): survey.page_print(page) for page in sorted(kept.passed)},
        "reached": sorted(kept.reached),
        "began": kept.began.isoformat() if kept.began else None,
        "replaces": kept.replaces,
    }


def _unpacked(survey: Survey, draft: Draft) -> Kept:
    """What a draft holds, without answers to what has been changed since, or taken out."""
    row = draft.answers
    same = {
        int(question): packed
        for question, packed in row.get("given", {}).items()
        if survey.prints.get(int(question)) == row.get("prints", {}).get(question)
    }
    passed = {int(page) for page, print_ in row.get("passed", {}).items() if survey.page_print(int(page)) == print_}
    return Kept(
        given={
            question: Given(tuple(o), {int(at): value for at, value in v.items()}, tuple(s))
            for question, (o, v, s) in same.items()
        },
        passed=frozenset(passed),
        reached=frozenset(row.get("reached", [])),
        began=datetime.fromisoformat(row["began"]) if row.get("began") else None,
        expires_at=draft.expires_at,
        replaces=row.get("replaces"),
        changed=len(same) < len(row.get("given", {})) or len(passed) < len(row.get("passed", {})),
    )


def _storable(question: PaperQuestion, given: Given) -> Given:
    """The answer without what PostgreSQL's JSON cannot hold, and without what nobody could send."""
    values = {at: storable(value) for at, value in given.values.items() if at == 0 or at in question.options}
    return replace(
        given,
        options=tuple(option for option in dict.fromkeys(given.options) if option in question.options),
        values={at: value for at, value in values.items() if value.strip() and len(value) <= LONGEST_KEPT},
    )


def _packed(given: Given) -> list[Any]:
    return [list(given.options), {str(at): value for at, value in given.values.items()}, list(given.shown)]


def _print(question: PaperQuestion) -> str:
    told = [(i, one.text, one.code) for i, one in question.options.items()]
    return _digest([question.kind, question.text, question.labels, told, question.settings])


def _digest(what: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=list).encode()).hexdigest()[:16]
