"""What a poll's card says: the document's figures and the poll's wording, as words for readers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls import documents, flow, leading, lifecycle, spoken, tally, visibility, wording
from polls.dates import day, moment, period
from polls.drafting import Asked
from polls.drawings import Drawn
from polls.models import Poll, ResultsShown, State
from polls.paper import Given, PaperQuestion, is_survey, question_of
from polls.questions import TYPES, numbers, own_rows
from polls.questions.counted import QuestionCount
from polls.voting import Receipt

# Controls whose rows are the rows of the figures.
IN_ROWS = ("choice", "scale", "image")
# Controls whose figures a script sets where they stand; of all others the server draws them.
SET_BY_SCRIPT = (*IN_ROWS, "dropdown", "text", "longtext")


@dataclass(frozen=True)
class CardOption:
    """A row of a question: the figures of an option, a point or a class of numbers, and the field that chooses it."""

    id: int | str
    text: str
    votes: int | None
    percent: int | None
    own: bool
    asked: Mapping[str, Any] | None = None
    code: str = ""

    @property
    def figure(self) -> str:
        """The votes and their share, which is none while nobody has voted."""
        if self.votes is None:
            return ""
        return number(self.votes) if self.percent is None else numbers.share(self.votes, self.percent)

    @property
    def spoken(self) -> str:
        """The figure as it is read out: "33 votes, 31 per cent"."""
        if self.votes is None:
            return ""
        votes = ngettext("%(n)s vote", "%(n)s votes", self.votes) % {"n": number(self.votes)}
        if self.percent is None:
            return votes
        return _("%(votes)s, %(percent)d per cent") % {"votes": votes, "percent": self.percent}

    @property
    def width(self) -> str:
        return f"{self.percent or 0}%"


@dataclass(frozen=True)
class CardQuestion:
    id: int
    text: str
    help: str
    type: str
    minimum: int
    maximum: int
    required: bool
    limits: str
    base: int | None
    sums_to: int | None
    options: tuple[CardOption, ...]
    template: str
    control: Mapping[str, Any]
    order: str = ""
    about: bool = False
    conditional: bool = False
    code: str = ""
    asked: int | None = None
    ballots: int | None = None  # of the whole poll: whoever was not asked is among them
    in_survey: bool = False
    orders: bool = False
    sentences: Sequence[str] = ()
    drawn: Sequence[Drawn] = ()
    # Whether it is too close to order; None where nothing is said of an order.
    too_close: bool | None = None
    withheld: bool = False  # the poll's figures show, and those of this question would show single ballots

    @property
    def shown(self) -> bool:
        return self.base is not None

    def option_of(self, code: str) -> CardOption | None:
        """The option that rules and quotas call so."""
        return next((option for option in self.options if option.code == code), None)

    @property
    def adds_up(self) -> bool:
        return bool(TYPES[self.type].ADDS_UP)

    @property
    def several(self) -> bool:
        """Whether each voter could choose several rows, so that the shares add up to more than 100."""
        return self.counts_choices and self.maximum > 1

    @property
    def counts_choices(self) -> bool:
        return self.template in ("choice", "image")

    @property
    def control_template(self) -> str:
        return f"polls/questions/{self.template}.html"

    @property
    def drawn_by_server(self) -> bool:
        """Whether a script cannot set its figures into the page that asked."""
        return self.template not in SET_BY_SCRIPT

    @property
    def may_be_skipped(self) -> bool:
        """Whether not every voter need be asked it and answer it; then its card always says how many were."""
        return self.in_survey or not self.required

    @property
    def bases_sentence(self) -> str:
        """Who was asked and who answered, wherever these are not simply all voters."""
        if self.base is None or self.asked is None or self.ballots is None:
            return ""
        if not self.may_be_skipped and self.base == self.asked == self.ballots:
            return ""
        return _("Asked: %(asked)s. Skipped: %(skipped)s. Not asked: %(unasked)s.") % {
            "asked": number(self.asked),
            "skipped": number(self.asked - self.base),
            "unasked": number(self.ballots - self.asked),
        }

    @property
    def in_rows(self) -> bool:
        """Whether it is answered by choosing one of the rows, which then become the bars of its figures."""
        return self.template in IN_ROWS

    @property
    def base_sentence(self) -> str:
        if self.withheld:
            return _("Too few readers have answered this question for its figures to be shown.")
        if self.base is None:
            return ""
        voters = ngettext("Base: %(n)s voter.", "Base: %(n)s voters.", self.base) % {"n": number(self.base)}
        if not self.several:
            return voters
        several = _("Each could choose several options, so the shares do not add up to 100 per cent.")
        return f"{voters} {several}"

    @property
    def rounding_note(self) -> str:
        return self.rounding_sentence if self.base and self.sums_to != 100 else ""

    @property
    def rounding_sentence(self) -> str:
        """What the shares add up to as printed, equal counts alike; its room is kept also where it is 100."""
        if not self.adds_up or self.sums_to is None:
            return ""
        return _("Rounded shares total %(sum)d per cent.") % {"sum": self.sums_to}

    @property
    def close_note(self) -> str:
        return leading.sentence(self.base or 0) if self.too_close else ""

    @property
    def close_sentence(self) -> str:
        """What is said where it is too close to order; its room is kept also where it is not, and soon may be."""
        return leading.sentence(self.base or 0) if self.orders else ""

    @property
    def least_base(self) -> int:
        return leading.LEAST_BASE

    @property
    def may_come_close(self) -> bool:
        votes = [option.votes for option in self.options if option.votes is not None]
        return self.base is None or len(votes) < 2 or leading.may_change(votes, self.base)


@dataclass(frozen=True)
class Counted:
    """What the card says to somebody whose vote was counted."""

    words: str
    receipt: str
    counted_at: datetime

    @property
    def sentence(self) -> str:
        if not self.words:  # hidden by its voter
            return _("A vote from this browser was counted.")
        return _("Your vote was counted: %(choice)s.") % {"choice": self.words}


@dataclass(frozen=True)
class Quota:
    """At most so many votes with one answer; `votes` is None where figures do not show."""

    question: str
    option: str
    limit: int
    votes: int | None

    @property
    def sentence(self) -> str:
        """The limit, and how far the count went over it: votes that were under way are counted all the same."""
        words = {"option": self.option, "limit": number(self.limit), "votes": number(self.votes or 0)}
        if self.votes is None:
            return _("“%(option)s”: at most %(limit)s.") % words
        if self.votes <= self.limit:
            return _("“%(option)s”: at most %(limit)s; %(votes)s were counted.") % words
        words["over"] = number(self.votes - self.limit)
        return _("“%(option)s”: at most %(limit)s; %(votes)s were counted, %(over)s more than that.") % words


@dataclass(frozen=True)
class Card:
    poll: Poll
    document: Mapping[str, Any]
    state: State
    place: str
    preview: bool
    questions: tuple[CardQuestion, ...]
    counted: Counted | None
    # The revision that the form would replace, where its voter is changing a vote.
    replaces: int | None = None

    @property
    def slug(self) -> str:
        return self.poll.slug

    @property
    def label(self) -> str:
        if self.state in (State.CLOSED, State.FINAL):
            return _("Poll conducted")
        return _("Survey") if self.is_survey else _("Poll")

    @property
    def main_questions(self) -> list[CardQuestion]:
        return [question for question in self.questions if not question.about]

    @property
    def about_questions(self) -> list[CardQuestion]:
        """The optional block about the reader, asked with the question and shown apart from it."""
        return [question for question in self.questions if question.about]

    @property
    def in_own_order(self) -> bool:
        """Whether readers see the options in an order of their own."""
        return self.face != "figures" and any(question.order for question in self.questions)

    @property
    def asks(self) -> bool:
        """Whether a form stands in the card."""
        return self.face in ("ask", "ask-figures")

    @property
    def enhanced(self) -> bool:
        """Whether a field is one that a script makes easier: a slider, a ranking, points, “none of these”."""
        simple = ("choice", "scale", "image", "dropdown", "text", "longtext", "date")
        marked = any(
            o.asked and (o.asked.get("own_words") or o.asked.get("alone")) for q in self.questions for o in q.options
        )
        return self.asks and (marked or any(q.template not in simple for q in self.questions))

    @property
    def length_sentence(self) -> str:
        """How long a survey is: its questions, and the minutes that all of them take."""
        n = len(self.questions)
        minutes = max(1, math.ceil(wording.minutes([Asked.of(question) for question in self.poll.questions.all()])))
        questions = ngettext("%(n)s question", "%(n)s questions", n) % {"n": number(n)}
        about = ngettext("about %(n)s minute", "about %(n)s minutes", minutes) % {"n": number(minutes)}
        return _("%(questions)s, %(minutes)s.") % {"questions": questions, "minutes": about}

    @property
    def branches(self) -> bool:
        """Whether a survey's course leads readers different ways."""
        flow = self.poll.flow
        pages = [
            page for page in flow.get("pages", []) if any(page.get(name) for name in ("show_if", "jumps", "block"))
        ]
        return bool(pages or flow.get("groups") or flow.get("quotas"))

    @property
    def printed(self) -> bool:
        """Whether its questions stand on its page; of a survey that nobody has answered no bars of nothing."""
        return self.face != "start" or bool(self.shown and self.document.get("ballots"))

    @property
    def how_taken(self) -> str:
        over = self.state in (State.CLOSED, State.FINAL)
        if self.is_survey:
            return _("How this survey was taken") if over else _("How this survey is taken")
        return _("How this poll was taken") if over else _("How this poll is taken")

    @property
    def asked_how(self) -> str:
        """How the questions and options stood for readers, as far as not everybody saw the same."""
        said = [_("As printed above.") if self.printed else _("The questions are printed here with the results.")]
        if any(question.order for question in self.questions):
            said.append(_("In some questions, each reader saw the options in an order of their own."))
        else:
            said.append(_("The options are in the same order for everybody."))
        if self.branches or any(question.conditional for question in self.questions):
            said.append(_("Not everybody was asked everything, or in the same order: each base says how many were."))
        return " ".join(said)

    @property
    def orders(self) -> bool:
        """Whether the rule on what is too close to order applies to any of its questions."""
        return any(question.orders for question in self.questions)

    @property
    def quotas(self) -> list[Quota]:
        """The limits of the poll, with what was counted of each where figures show."""
        asked = {question.code: question for question in self.questions}
        found = []
        for quota in self.poll.flow.get("quotas", []):
            question = asked.get(quota["question"])
            option = question.option_of(quota["option"]) if question else None
            if question and option:
                found.append(Quota(question.text, option.text, quota["limit"], option.votes))
        return found

    @property
    def is_survey(self) -> bool:
        """Whether it is answered page by page at an address of its own."""
        return is_survey(self.questions, self.poll.flow)

    @property
    def answer_url(self) -> str:
        return reverse("polls:answer", args=[self.slug])

    @property
    def title(self) -> str:
        return str((self.poll.title_i18n if self.translated else self.poll.title) or "")

    @property
    def name(self) -> str:
        """What the poll is called where its page is named: its title, or its first question."""
        return self.title or (self.questions[0].text if self.questions else self.slug)

    @property
    def intro(self) -> str:
        return str((self.poll.intro_i18n if self.translated else self.poll.intro) or "")

    @property
    def note(self) -> str:
        return str(self.poll.note_i18n or "")

    @property
    def translated(self) -> bool:
        return spoken.shown_translated(self.poll)

    @property
    def written_in(self) -> str:
        """The language of the wording where it is not that of the page."""
        return spoken.elsewhere(spoken.here() if self.translated else spoken.own())

    @property
    def note_written_in(self) -> str:
        return spoken.elsewhere(spoken.language_of(self.poll, "note"))

    @property
    def version(self) -> int:
        return int(self.document["version"])

    @property
    def may_change(self) -> bool:
        return self.poll.may_change

    @property
    def can_vote(self) -> bool:
        return self.preview or self.state == State.OPEN

    @property
    def shown(self) -> bool:
        return bool(self.document["figures"]["shown"])

    @property
    def may_move(self) -> bool:
        """Whether its figures may still change while somebody looks at them."""
        return self.state != State.FINAL

    @property
    def shows_after_vote(self) -> bool:
        """Whether the reader's own vote is what makes the figures show."""
        return not self.shown and self.poll.results_shown == ResultsShown.AFTER_VOTE

    @property
    def face(self) -> str:
        """`ask`, `ask-figures` (results visible to all), `start` (a survey) or `figures` (closed, paused, or voted)."""
        if not self.can_vote or self.counted:
            return "figures"
        if self.is_survey:
            return "start"
        return "ask-figures" if self.shown else "ask"

    @property
    def hidden_sentence(self) -> str:
        if self.shown:
            return ""
        reason = self.document["figures"]["reason"]
        if reason == "from_date" and self.poll.results_from:
            return _("Results are shown from %(date)s.") % {"date": moment(self.poll.results_from)}
        return str(visibility.REASONS[reason])

    @property
    def state_sentence(self) -> str:
        return state_sentence(self.poll, self.state)

    @property
    def rule(self) -> str:
        once = _("One vote per browser; you may change it while the poll is open.")
        if not self.poll.may_change:
            once = _("One vote per browser.")
        return once + " " + _("We store your choice and no name, address or device.")

    @property
    def taken(self) -> str:
        return taken(self.poll, self.document)

    @property
    def votes_sentence(self) -> str:
        """What became of all votes that were cast; empty where figures are hidden or were carried over."""
        counted = self.document.get("ballots")
        if counted is None or self.document["source"] != "ballots":
            return ""
        aside = self.document["set_aside"]
        return _("%(received)s received, %(aside)s set aside, %(counted)s counted.") % {
            "received": number(counted + aside),
            "aside": number(aside),
            "counted": number(counted),
        }

    @property
    def selection(self) -> str:
        return _("This is not a sample of the public.")

    @property
    def events(self) -> list[str]:
        """What happened to the poll, in sentences; one query, for the poll's own page."""
        return lifecycle.sentences(self.poll)

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.document["as_of"])

    @property
    def counted_sentence(self) -> str:
        return _("Counted at %(time)s.") % {"time": moment(self.as_of, seconds=True)}

    @property
    def delayed(self) -> bool:
        return bool(self.document["delayed"])

    @property
    def vote_url(self) -> str:
        return reverse("vote", args=[self.slug])

    @property
    def results_url(self) -> str:
        return reverse("results", args=[self.slug])

    @property
    def live_url(self) -> str:
        return f"/live/polls/{self.slug}/"

    @property
    def mine_url(self) -> str:
        return reverse("mine", args=[self.slug])

    @property
    def page_url(self) -> str:
        return self.poll.get_absolute_url()


def build(
    poll: Poll,
    *,
    document: str,
    receipt: Receipt | None = None,
    words: str = "",
    place: str = "",
    preview: bool = False,
    changing: bool = False,
) -> Card:
    """The card of a poll loaded by `PollQuerySet.whole`; with a receipt it is that voter's, else everybody's.

    With `changing` it asks that voter again, the counted choice marked, where the poll allows that.
    """
    changing = bool(changing and receipt and poll.may_change and poll.state_now == State.OPEN)
    parsed = json.loads(document)
    figures = {question["id"]: question for question in parsed["questions"]}
    translated = spoken.shown_translated(poll)
    asked = [question_of(question, translated=translated) for question in poll.questions.all()]
    return Card(
        poll=poll,
        document=parsed,
        state=State(poll.state_now),
        place=place,
        preview=preview,
        questions=tuple(
            _question(one, figures.get(one.id, {}), receipt, parsed, in_survey=is_survey(asked, poll.flow))
            for one in asked
        ),
        counted=Counted(words, receipt.code, receipt.counted_at) if receipt and not changing else None,
        replaces=receipt.revision if receipt and changing else None,
    )


def for_everybody(poll: Poll, *, place: str = "") -> Card:
    """The card in a page that is the same for all readers."""
    return build(poll, document=tally.results(poll.slug), place=place)


def for_preview(poll: Poll, *, place: str = "") -> Card:
    """The card as everybody sees it, or will see it when it opens, for an editor; its vote is a test."""
    try:
        document = tally.results(poll.slug)
    except Poll.DoesNotExist:
        document = documents.before_the_first_vote(poll)
    return build(poll, document=document, place=place, preview=True)


def _question(
    asked: PaperQuestion,
    figures: Mapping[str, Any],
    receipt: Receipt | None,
    document: Mapping[str, Any],
    *,
    in_survey: bool,
) -> CardQuestion:
    kind = TYPES[asked.kind]
    counted = "base" in figures
    given = receipt.given.get(asked.id, Given()) if receipt else Given()
    own = own_rows(asked, receipt.marks) if receipt else []
    control = kind.control(asked, given)
    return CardQuestion(
        id=asked.id,
        # Where nobody's answers are at hand, the words that stand in for them.
        text=flow.pipe(asked.text, {}),
        help=flow.pipe(asked.help, {}),
        type=asked.kind,
        minimum=asked.minimum,
        maximum=asked.maximum,
        required=asked.required,
        limits=kind.limits(asked),
        base=figures.get("base"),
        sums_to=figures.get("sums_to"),
        options=_options(asked, figures, control, own),
        template=kind.TEMPLATE,
        control=control,
        order=asked.settings.get("order", ""),
        about=asked.about,
        conditional=asked.show_if is not None,
        code=asked.code,
        asked=figures.get("asked"),
        # Of carried votes it is not known who was asked.
        ballots=document.get("ballots") if document["source"] == "ballots" else None,
        in_survey=in_survey,
        orders=leading.orders(asked),
        too_close=figures.get("too_close"),
        sentences=kind.sentences(asked, figures) if counted else (),
        drawn=kind.drawing(asked, figures) if counted else (),
        withheld=document["figures"]["shown"] and not counted,
    )


def _options(
    asked: PaperQuestion, figures: Mapping[str, Any], control: Mapping[str, Any], own: Sequence[int | str]
) -> tuple[CardOption, ...]:
    """The rows in the editor's order, with the words of the active language and the figures of the document."""
    kind = TYPES[asked.kind]
    counted = {row["id"]: row for row in figures.get("options", [])}
    fields = {row["id"]: row for row in control.get("rows", [])}
    ids = list(counted) if "base" in figures else [row.id for row in kind.rows(asked, QuestionCount())]
    return tuple(
        CardOption(
            row,
            kind.row_text(asked, row),
            counted.get(row, {}).get("votes"),
            counted.get(row, {}).get("percent") if figures.get("base") else None,
            row in own,
            fields.get(row),
            asked.options[row].code if isinstance(row, int) else "",
        )
        for row in ids
    )


@dataclass(frozen=True)
class Row:
    """A poll in a list."""

    poll: Poll
    question: str
    state: State
    state_sentence: str
    page_url: str
    taken: str
    written_in: str = ""


def rows(polls: Iterable[Poll]) -> list[Row]:
    """Rows for polls loaded by `whole()` with their tally; without another query."""
    found = []
    for poll in polls:
        counted = getattr(poll, "tally", None)
        document = json.loads(counted.public) if counted else {}
        first = next(iter(poll.questions.all()), None)
        translated = spoken.shown_translated(poll)
        row, name = (poll, "title") if poll.title or first is None else (first, "text")
        state = State(poll.state_now)
        found.append(
            Row(
                poll=poll,
                question=str(getattr(row, f"{name}_i18n" if translated else name) or poll.slug),
                written_in=spoken.elsewhere(spoken.here() if translated else spoken.own()),
                state=state,
                state_sentence=state_sentence(poll, state),
                page_url=poll.get_absolute_url(),
                taken=taken(poll, document) if document else "",
            )
        )
    return found


# --- words --------------------------------------------------------------------------------------------------------


def number(value: int) -> str:
    return formats.number_format(value, force_grouping=True)


def state_sentence(poll: Poll, state: State) -> str:
    """What a reader needs to know of a poll's state, in a few words."""
    match state:
        case State.OPEN:
            return _("Open until %(date)s") % {"date": moment(poll.closes_at)}
        case State.PAUSED:
            return _("Voting is paused")
        case State.SCHEDULED:
            return _("Opens on %(date)s") % {"date": moment(max(poll.opens_at, poll.published_at or poll.opens_at))}
        case State.DRAFT:
            return _("Draft")
        case State.FINAL:
            return _("Closed on %(date)s; final count") % {"date": day(poll.closes_at)}
    return _("Closed on %(date)s") % {"date": day(poll.closes_at)}


def taken(poll: Poll, document: Mapping[str, Any]) -> str:
    """How many took part and when; empty where figures are hidden."""
    ballots = document.get("ballots")
    if ballots is None:
        return ""
    if document["source"] == "carried":
        return ngettext(
            "%(n)s vote, carried over from the former site.", "%(n)s votes, carried over from the former site.", ballots
        ) % {"n": number(ballots)}
    if not ballots:
        return _("No reader has voted yet.")
    who = ngettext("%(n)s reader chose to take part", "%(n)s readers chose to take part", ballots) % {
        "n": number(ballots)
    }
    if document["state"] in (State.CLOSED, State.FINAL):
        return _("%(who)s, %(period)s.") % {"who": who, "period": period(poll.opens_at, poll.closes_at)}
    return _("%(who)s since %(day)s.") % {"who": who, "day": day(poll.opens_at)}
