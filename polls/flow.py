"""The way through a survey: which pages in which order, what is shown on them, where a jump leads, when it ends.

Pure functions over the questions of a poll and its `flow`. What is drawn by lot (split halves, the order of pages and
of options) follows from a seed by HMAC-SHA256: the same for one respondent, even over all, and nothing to store.

    plan = read(questions, flow)           once a paper; raises `FlowFault`
    way = route(plan, answers, seed)       the whole path for what is answered so far
    faults(questions, flow)                what an editor must put right before it is saved
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from django.utils.translation import gettext as _

from polls import rules
from polls.rules import Answer, Rule, RuleFault

PAGES = 100
JUMPS = 20
GROUPS = 10
VALUES = 10
QUOTAS = 50
TITLE_LENGTH = 200
MESSAGE_LENGTH = 500
LARGEST_LIMIT = 10**9
BLOCK = re.compile(r"[-A-Za-z0-9_]{1,40}(\.[-A-Za-z0-9_]{1,40})?", re.ASCII)
PIPED = re.compile(r"\{\{\s*([-A-Za-z0-9_]{1,40})\s*(?:\|([^{}]*))?\}\}", re.ASCII)
# Stands for an answer that is not there, where no other words were written for that.
NOTHING = "…"
# What a rule can compare of each type; of every type it can ask whether it was answered.
COMPARES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("single", "dropdown", "yesno", "image", "consent", "multiple", "approval"), ("options",)),
    **dict.fromkeys(("rating", "recommend", "likert", "number", "slider", "date"), ("number",)),
    **dict.fromkeys(("matrix", "points"), ("rows",)),
    "ranking": ("options", "rows"),
}


class FlowFault(Exception):
    """The flow cannot be read; `faults` are sentences for an editor."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Question:
    """What the way through a survey needs to know of a question; `show_if` is a rule as JSON.

    `wording` is what answers may stand in, `options_wording` what they may not: figures show those texts to all.
    """

    code: str
    kind: str
    page: int = 1
    show_if: Any = None
    options: tuple[str, ...] = ()
    wording: tuple[str, ...] = ()
    options_wording: tuple[str, ...] = ()


@dataclass(frozen=True)
class Jump:
    """Where to go after a page; `to` is None at the end of the survey, `rule` None where it always leads there."""

    to: int | None
    rule: Rule | None = None


@dataclass(frozen=True)
class Item:
    """A question in its place on a page."""

    code: str
    rule: Rule | None = None


@dataclass(frozen=True)
class Page:
    number: int
    items: tuple[Item, ...] = ()
    title: str = ""
    rule: Rule | None = None
    jumps: tuple[Jump, ...] = ()
    block: str = ""

    @property
    def family(self) -> str:
        """The name that blocks share whose order is drawn by lot."""
        name, dot, _rest = self.block.partition(".")
        return name if dot else ""

    @property
    def may_be_passed_over(self) -> bool:
        return self.rule is not None or all(item.rule is not None for item in self.items)


@dataclass(frozen=True)
class Quota:
    question: str
    option: str
    limit: int
    message: str = ""


@dataclass(frozen=True)
class Plan:
    """A flow that was read: page n is `pages[n - 1]`; `runs` are the pages that stay together, in written order."""

    pages: tuple[Page, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quotas: tuple[Quota, ...] = ()

    @property
    def runs(self) -> list[tuple[Page, ...]]:
        return [tuple(run) for _key, run in groupby(self.pages, key=lambda page: page.block or page.number)]


@dataclass(frozen=True)
class Stop:
    """One page on a respondent's way, with the questions shown there."""

    page: int
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """The whole way for some answers; `ended` where a jump led out of the survey before its last page."""

    stops: tuple[Stop, ...]
    ended: bool = False

    @property
    def pages(self) -> tuple[int, ...]:
        return tuple(stop.page for stop in self.stops)

    @property
    def shown(self) -> frozenset[str]:
        """The questions that count as shown: no others are required, stored or compared."""
        return frozenset(code for stop in self.stops for code in stop.questions)

    def stop(self, page: int) -> Stop | None:
        return next((stop for stop in self.stops if stop.page == page), None)

    def after(self, page: int) -> int | None:
        """The page that follows, or None after the last; raises ValueError for a page that is not on the way."""
        place = self.pages.index(page) + 1
        return self.pages[place] if place < len(self.pages) else None

    def before(self, page: int) -> int | None:
        """The page that comes before, or None at the first; raises ValueError for a page that is not on the way."""
        place = self.pages.index(page)
        return self.pages[place - 1] if place else None


# --- the way ------------------------------------------------------------------------------------------------------


def route(plan: Plan, answers: rules.Answers, seed: bytes) -> Route:
    """The way through the survey for these answers: each page once at most, and never back.

    An answer counts from the page on which its question is shown: answers to questions that are not shown, or that come
    later, change nothing. A page of which nothing is shown is passed over, and so are its jumps.
    """
    halves = groups(plan, seed)
    numbers = order(plan, seed)
    known: dict[str, Answer] = {}
    stops: list[Stop] = []
    place = 0
    while place < len(numbers):
        page = plan.pages[numbers[place] - 1]
        shown = _shown(page, answers, known, halves)
        place += 1
        if not shown:
            continue
        stops.append(Stop(page.number, shown))
        jump = next((jump for jump in page.jumps if _true(jump.rule, known, halves)), None)
        if jump and jump.to is None:
            return Route(tuple(stops), ended=True)
        if jump and jump.to in numbers[place:]:
            place = numbers.index(jump.to)
    return Route(tuple(stops))


def _shown(page: Page, answers: rules.Answers, known: dict[str, Answer], halves: rules.Groups) -> tuple[str, ...]:
    """What is shown of a page, whose answers are known from here on."""
    if not _true(page.rule, known, halves):
        return ()
    shown: list[str] = []
    for item in page.items:
        if _true(item.rule, known, halves):
            shown.append(item.code)
            if item.code in answers:
                known[item.code] = answers[item.code]
    return tuple(shown)


def _true(rule: Rule | None, answers: rules.Answers, halves: rules.Groups) -> bool:
    return rule is None or rules.holds(rule, answers, halves)


def order(plan: Plan, seed: bytes) -> tuple[int, ...]:
    """The numbers of all pages in this respondent's order: blocks of one family change places by lot."""
    runs = plan.runs
    for family in {run[0].family for run in runs} - {""}:
        places = [place for place, run in enumerate(runs) if run[0].family == family]
        drawn = sorted((runs[place] for place in places), key=lambda run: _lot(seed, "pages", run[0].block))
        for place, run in zip(places, drawn, strict=True):
            runs[place] = run
    return tuple(page.number for run in runs for page in run)


def groups(plan: Plan, seed: bytes) -> dict[str, str]:
    """The half, third … of each split ballot that this respondent is in."""
    return {name: values[_lot(seed, "group", name) % len(values)] for name, values in plan.groups.items()}


def arranged(codes: Sequence[str], *, order: str, fixed: Collection[str], seed: bytes, name: str) -> list[int]:
    """The places of options in the order in which this respondent sees them; `fixed` ones stay where they are.

    `order` is "random", "rotate" (the same circle, begun anywhere) or "" (as written); `name` is the question's.
    """
    free = [place for place, code in enumerate(codes) if code not in fixed]
    if order == "random":
        moved = sorted(free, key=lambda place: _lot(seed, "options", name, codes[place]))
    elif order == "rotate" and free:
        start = _lot(seed, "options", name) % len(free)
        moved = free[start:] + free[:start]
    else:
        moved = free
    places = list(range(len(codes)))
    for place, option in zip(free, moved, strict=True):
        places[place] = option
    return places


def _lot(seed: bytes, *names: str) -> int:
    """A number of 256 bits that nobody can foretell without the seed, independent for each name."""
    return int.from_bytes(hmac.digest(seed, ":".join(names).encode(), hashlib.sha256))


def full(plan: Plan, way: Route, answers: rules.Answers, votes: Callable[[str, str], int]) -> Quota | None:
    """The first quota that these answers fall under and that `votes(question, option)` has filled, or None."""
    for quota in plan.quotas:
        answer = answers.get(quota.question) if quota.question in way.shown else None
        if answer and quota.option in answer.options and votes(quota.question, quota.option) >= quota.limit:
            return quota
    return None


# --- earlier answers in the wording -------------------------------------------------------------------------------


def pipe(text: str, words: Mapping[str, str]) -> str:
    """`text` with the words of earlier answers for `{{name}}`; without one, what is written in `{{name|instead}}`."""
    return PIPED.sub(lambda found: words.get(found[1]) or (found[2] or "").strip() or NOTHING, text)


def piped(text: str) -> list[str]:
    """The questions whose answers stand in `text`."""
    return [found[1] for found in PIPED.finditer(text)]


# --- reading ------------------------------------------------------------------------------------------------------


def read(questions: Sequence[Question], flow: Any) -> Plan:
    """The plan of a survey; raises `FlowFault` where the JSON is not what it should be. `None` or {} is no flow."""
    reader = _Reader()
    plan = reader.plan(questions, {} if flow is None else flow)
    if reader.found:
        raise FlowFault(reader.found)
    return plan


class _Reader:
    """Reads JSON of any shape, and notes in `found` what is wrong with it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def note(self, where: str, sentence: str) -> None:
        self.found.append(f"{where}: {sentence}" if where else sentence)

    def plan(self, questions: Sequence[Question], flow: Any) -> Plan:
        written = self._object(flow, "", "pages", "groups", "quotas")
        entries = self._list(written.get("pages"), _("Pages"), PAGES)
        placed = [question for question in questions if self._placed(question)]
        last = max([len(entries), *(question.page for question in placed)])
        pages = [
            self._page(
                number,
                entries[number - 1] if number <= len(entries) else {},
                tuple(self._item(question) for question in placed if question.page == number),
            )
            for number in range(1, last + 1)
        ]
        quotas = self._list(written.get("quotas"), _("Quotas"), QUOTAS)
        return Plan(
            tuple(pages),
            self._groups(written.get("groups")),
            tuple(self._quota(quota, _quota_words(place)) for place, quota in enumerate(quotas, start=1)),
        )

    def _placed(self, question: Question) -> bool:
        if isinstance(question.page, int) and 1 <= question.page <= PAGES:
            return True
        self.note(_question_words(question.code), _("its page is a number from 1 to %(most)d.") % {"most": PAGES})
        return False

    def _item(self, question: Question) -> Item:
        return Item(question.code, self._rule(question.show_if, _question_words(question.code)))

    def _page(self, number: int, written: Any, items: tuple[Item, ...]) -> Page:
        where = _page_words(number)
        entry = self._object(written, where, "title", "show_if", "jumps", "block")
        block = self._text(entry.get("block"), where, TITLE_LENGTH)
        if block and not BLOCK.fullmatch(block):
            sentence = _("a block is named by letters and digits, such as “random.a”; “%(name)s” is not.")
            self.note(where, sentence % {"name": block[:40]})
            block = ""
        jumps = self._list(entry.get("jumps"), where, JUMPS)
        return Page(
            number,
            items,
            self._text(entry.get("title"), where, TITLE_LENGTH),
            self._rule(entry.get("show_if"), where),
            tuple(self._jump(jump, _jump_words(number, place)) for place, jump in enumerate(jumps, start=1)),
            block,
        )

    def _jump(self, written: Any, where: str) -> Jump:
        entry = self._object(written, where, "if", "to")
        to, rule = entry.get("to"), self._rule(entry.get("if"), where)
        if isinstance(to, int) and not isinstance(to, bool) and 1 <= to <= PAGES:
            return Jump(to, rule)
        if to != "end":
            self.note(where, _("it leads to the number of a page, or to “end”."))
        return Jump(None, rule)

    def _groups(self, written: Any) -> dict[str, tuple[str, ...]]:
        where = _("Split ballot")
        if written is None:
            return {}
        if not isinstance(written, dict) or len(written) > GROUPS:
            sentence = _('it is written as {"wording": ["A", "B"]}, with %(most)d splits at most.')
            self.note(where, sentence % {"most": GROUPS})
            return {}
        found: dict[str, tuple[str, ...]] = {}
        for name, values in written.items():
            named = isinstance(values, list) and all(isinstance(v, str) and rules.NAME.fullmatch(v) for v in values)
            if not (named and 2 <= len(set(values)) == len(values) <= VALUES and rules.NAME.fullmatch(str(name))):
                self.note(
                    where,
                    _("“%(name)s” needs from two to %(most)d groups, each with a short name of its own.")
                    % {"name": str(name)[:40], "most": VALUES},
                )
            else:
                found[name] = tuple(values)
        return found

    def _quota(self, written: Any, where: str) -> Quota:
        entry = self._object(written, where, "question", "option", "limit", "message")
        question, option, limit = entry.get("question"), entry.get("option"), entry.get("limit")
        if not isinstance(question, str) or not isinstance(option, str):
            self.note(where, _("it names a question and one of its options."))
            question = option = ""
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= LARGEST_LIMIT:
            self.note(where, _("its limit is a whole number, 1 at least."))
            limit = LARGEST_LIMIT
        return Quota(question, option, limit, self._text(entry.get("message"), where, MESSAGE_LENGTH))

    def _rule(self, written: Any, where: str) -> Rule | None:
        if written is None:
            return None
        try:
            return rules.parse(written)
        except RuleFault as fault:
            self.note(where, fault.message)
            return None

    def _object(self, written: Any, where: str, *names: str) -> Mapping[str, Any]:
        if isinstance(written, dict) and not set(written) - set(names):
            return written
        sentence = _("only these can be written here: %(names)s.")
        self.note(where, sentence % {"names": ", ".join(names)})
        return {}

    def _list(self, written: Any, where: str, most: int) -> list[Any]:
        if written is None:
            return []
        if isinstance(written, list) and len(written) <= most:
            return written
        self.note(where, _("a list is needed here, of %(most)d entries at most.") % {"most": most})
        return []

    def _text(self, written: Any, where: str, longest: int) -> str:
        if written is None:
            return ""
        if isinstance(written, str) and len(written) <= longest and "\0" not in written:
            return written
        self.note(where, _("a text is needed here, of %(most)d characters at most.") % {"most": longest})
        return ""


def _page_words(number: int) -> str:
    return _("Page %(n)d") % {"n": number}


def _jump_words(number: int, place: int) -> str:
    return _("Page %(n)d, jump %(place)d") % {"n": number, "place": place}


def _quota_words(place: int) -> str:
    return _("Quota %(n)d") % {"n": place}


def _question_words(code: str) -> str:
    return _("Question “%(name)s”") % {"name": code[:40]}


# --- what an editor must put right --------------------------------------------------------------------------------


def faults(questions: Sequence[Question], flow: Any) -> list[str]:
    """Everything that is wrong with the rules, jumps, quotas and placeholders of a survey, each a sentence.

    Where this finds nothing, every page can be reached, nothing speaks of what comes later, nothing goes in a circle.
    """
    try:
        plan = read(questions, flow)
    except FlowFault as fault:
        return list(fault.faults)
    return list(_Check(questions, plan).faults())


class _Check:
    """Looks for faults of sense in a plan that could be read."""

    def __init__(self, questions: Sequence[Question], plan: Plan) -> None:
        self.listed = questions
        self.questions = {question.code: question for question in questions}
        self.codes = [question.code for question in questions]
        self.plan = plan
        self.places = self._possible_places()

    def faults(self) -> Iterator[str]:
        yield from self._doubles()
        items = {item.code: item for page in self.plan.pages for item in page.items}
        for question in self.listed:
            yield from self._question(question, items[question.code].rule)
        for page in self.plan.pages:
            yield from self._page(page)
        yield from self._blocks()
        yield from self._unreachable()
        for place, quota in enumerate(self.plan.quotas, start=1):
            yield from self._quota(quota, _quota_words(place))

    def _doubles(self) -> Iterator[str]:
        for code in _twice(self.codes):
            yield _("Two questions have the name “%(name)s”.") % {"name": code}
        for question in self.listed:
            for code in _twice(question.options):
                yield _at(_question_words(question.code), _("two options have the name “%(name)s”."), name=code)

    def _question(self, question: Question, rule: Rule | None) -> Iterator[str]:
        where = _question_words(question.code)
        yield from self._rule(rule, where, lambda other: self._comes_before(other, question))
        yield from self._placeholders(question.wording, where, question.page)
        for text in question.options_wording:
            if "{{" in text:
                sentence = _("answers can be quoted in questions and their help, not in options: “%(text)s”.")
                yield _at(where, sentence, text=text[:60])

    def _page(self, page: Page) -> Iterator[str]:
        where = _page_words(page.number)
        if not page.items:
            yield _at(where, _("it has no question."))
        yield from self._placeholders((page.title,), where, page.number)
        yield from self._rule(page.rule, where, lambda other: self._page_before(other.page, page.number))
        for place, jump in enumerate(page.jumps, start=1):
            yield from self._jump(page, jump, _jump_words(page.number, place))

    def _jump(self, page: Page, jump: Jump, where: str) -> Iterator[str]:
        yield from self._rule(
            jump.rule, where, lambda other: other.page == page.number or self._page_before(other.page, page.number)
        )
        if jump.to is not None and jump.to > len(self.plan.pages):
            yield _at(where, _("there is no page %(n)d."), n=jump.to)
        elif jump.to is not None and not self._page_before(page.number, jump.to):
            yield _at(where, _("it leads back, because page %(n)d does not always come later."), n=jump.to)

    def _blocks(self) -> Iterator[str]:
        for name in _twice([run[0].block for run in self.plan.runs if run[0].block]):
            yield _("The pages of the block “%(name)s” must follow one another.") % {"name": name}

    def _unreachable(self) -> Iterator[str]:
        for number in sorted({page.number for page in self.plan.pages} - self._reached()):
            yield _at(_page_words(number), _("nobody gets there, because every route goes past it."))

    def _quota(self, quota: Quota, where: str) -> Iterator[str]:
        question = self.questions.get(quota.question)
        if question is None:
            yield _at(where, _("there is no question “%(name)s”."), name=quota.question[:40])
        elif "options" not in COMPARES.get(question.kind, ()) or quota.option not in question.options:
            sentence = _("the question “%(name)s” has no option “%(option)s” to be counted.")
            yield _at(where, sentence, name=quota.question, option=quota.option[:40])

    # - rules and placeholders

    def _rule(self, rule: Rule | None, where: str, before: Callable[[Question], bool]) -> Iterator[str]:
        """What is wrong with a rule that may speak only of questions which come `before`."""
        for said in rules.statements(rule) if rule else ():
            if isinstance(said, rules.InGroup):
                yield from self._group(said, where)
            elif (question := self.questions.get(said.question)) is None:
                yield _at(where, _("there is no question “%(name)s”."), name=said.question)
            elif not before(question):
                sentence = _("the rule is about the question “%(name)s”, which is not always asked before.")
                yield _at(where, sentence, name=said.question)
            else:
                yield from self._comparison(said, question, where)

    def _group(self, said: rules.InGroup, where: str) -> Iterator[str]:
        if said.value not in self.plan.groups.get(said.group, ()):
            sentence = _("there is no split ballot “%(name)s” with a group “%(value)s”.")
            yield _at(where, sentence, name=said.group, value=said.value)

    def _comparison(self, said: rules.Statement, question: Question, where: str) -> Iterator[str]:
        can = COMPARES.get(question.kind, ())
        options: tuple[str, ...] = ()
        sentence = ""
        if isinstance(said, rules.Chosen):
            options = said.options
            sentence = "" if "options" in can else _("“%(name)s” has no options that can be chosen.")
        elif isinstance(said, rules.AtLeast | rules.AtMost):
            options = () if said.row is None else (said.row,)
            sentence = "" if ("number" if said.row is None else "rows") in can else _no_number(can)
        if sentence:
            yield _at(where, sentence, name=question.code)
            return
        for option in options:
            if option not in question.options:
                sentence = _("the question “%(name)s” has no option “%(option)s”.")
                yield _at(where, sentence, name=question.code, option=option)

    def _placeholders(self, texts: Sequence[str], where: str, page: int) -> Iterator[str]:
        for text in texts:
            for name in piped(text):
                question = self.questions.get(name)
                if question is None:
                    yield _at(where, _("“{{%(name)s}}” does not refer to a question."), name=name)
                elif not self._page_before(question.page, page):
                    yield _at(where, _("“{{%(name)s}}” is not always answered on a page before."), name=name)
            if "{{" in PIPED.sub("", text):
                yield _at(where, _("an earlier answer is written {{name}} or {{name|other words}}; here it is not."))

    # - what comes before what

    def _possible_places(self) -> dict[int, list[int]]:
        """The places among the runs at which each page may come, in the order of any respondent."""
        runs = self.plan.runs
        families: dict[str, list[int]] = {}
        for place, run in enumerate(runs):
            families.setdefault(run[0].family, []).append(place)
        return {
            page.number: families[page.family] if page.family else [place]
            for place, run in enumerate(runs)
            for page in run
        }

    def _page_before(self, earlier: int, later: int) -> bool:
        """Whether one page comes before another in every order that may be drawn."""
        first, second = self.plan.pages[earlier - 1], self.plan.pages[later - 1]
        if first.block and first.block == second.block:
            return earlier < later
        return self.places[earlier][-1] < self.places[later][0]

    def _comes_before(self, earlier: Question, later: Question) -> bool:
        if earlier.page == later.page:
            return self.codes.index(earlier.code) < self.codes.index(later.code)
        return self._page_before(earlier.page, later.page)

    def _reached(self) -> set[int]:
        """The pages to which some way leads, whatever the rules say; in doubt a page counts as reached."""
        runs = self.plan.runs
        first_pages: dict[int, list[int]] = {}
        for run in runs:
            for place in self.places[run[0].number]:
                first_pages.setdefault(place, []).append(run[0].number)
        next_in_run = {page.number: after.number for run in runs for page, after in pairwise(run)}
        reached: set[int] = set()
        waiting = first_pages.get(0, [])[:]
        while waiting:
            page = self.plan.pages[waiting.pop() - 1]
            if page.number in reached:
                continue
            reached.add(page.number)
            always = next((place for place, jump in enumerate(page.jumps, start=1) if jump.rule is None), None)
            waiting += [jump.to for jump in page.jumps[:always] if jump.to and jump.to <= len(self.plan.pages)]
            if always and not page.may_be_passed_over:
                continue
            if page.number in next_in_run:
                waiting.append(next_in_run[page.number])
            else:
                waiting += [page for place in self.places[page.number] for page in first_pages.get(place + 1, [])]
        return reached


def _at(where: str, sentence: str, **words: object) -> str:
    return f"{where}: {sentence % words}" if words else f"{where}: {sentence}"


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _no_number(can: Collection[str]) -> str:
    if "rows" in can:
        return _("“%(name)s” has a number for each row, so the rule must name the row.")
    if "number" in can:
        return _("“%(name)s” has no rows, so the rule must not name one.")
    return _("“%(name)s” is not answered by a number, so none can be compared.")
