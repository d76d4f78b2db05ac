"""Options put in order, all of them or the first few. What the orders say together is counted in `polls/ranked.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from polls import drawings, ranked
from polls.characters import quoted
from polls.drawings import Drawn, Table
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares
from polls.questions import numbers, options
from polls.questions.counted import Column, QuestionCount, Row
from polls.spoken import in_a_row

LABEL = gettext_lazy("Ranking")
HELP = gettext_lazy("Readers put the options in order, first to last, or only their first few.")
GROUP = "ordering"
LABELS, SETTINGS, SEVERAL = (0, 0), ("order",), True
OPTIONS = (2, 20)
GIVEN: tuple[str, ...] = ()
# The rows are first choices, one a voter.
ADDS_UP = True
TEMPLATE = "ranking"

faults = options.no_faults
row_text = options.row_text


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    places = min(question.maximum, len(question.options))
    return {**options.fields(question, given), "places": [str(place + 1) for place in range(places)]}


def limits(question: PaperQuestion) -> str:
    most = min(question.maximum, len(question.options))
    if question.minimum >= len(question.options):
        return _("Give each a place: 1 for the first.")
    return ngettext(
        "Give a place to %(n)d: 1 for the first.", "Give places to up to %(n)d of them: 1 for the first.", most
    ) % {"n": most}


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    written = {option: value.strip() for option, value in given.values.items() if value.strip()}
    options.known(question, list(written))
    if not written and not question.required:
        return options.unanswered(question, "")
    ranks = {}
    for option, value in written.items():
        rank = numbers.read(value)
        if rank is None or rank != int(rank) or not 1 <= rank <= len(question.options):
            sentence = _("A place is a number from 1 to %(n)d.")
            raise InvalidAnswers(sentence % {"n": len(question.options)}, question.id)
        ranks[option] = int(rank)
    least = min(question.minimum, len(question.options))
    if len(ranks) < least:
        sentence = ngettext("Please give a place to %(n)d option.", "Please give places to %(n)d options.", least)
        raise InvalidAnswers(sentence % {"n": least}, question.id)
    if len(ranks) > question.maximum:
        sentence = _("Please give places to no more than %(n)d options.")
        raise InvalidAnswers(sentence % {"n": question.maximum}, question.id)
    if len(set(ranks.values())) < len(ranks):
        raise InvalidAnswers(_("Two options have the same place: please give each a place of its own."), question.id)
    if sorted(ranks.values()) != list(range(1, len(ranks) + 1)):
        raise InvalidAnswers(_("Please give the places 1, 2, 3 and so on without a gap."), question.id)
    places = options.positions(question, given.shown)
    return [
        Mark(question.id, option, rank=rank, position_shown=places.get(option))
        for option, rank in sorted(ranks.items(), key=lambda pair: pair[1])
    ]


def words(question: PaperQuestion, given: Given) -> list[str]:
    """The options in the order in which they were put."""
    ranked = []
    for option, one in question.options.items():
        rank = numbers.read(given.values.get(option, ""))
        if rank is not None:
            ranked.append((rank, one.text))
    return [f"{rank}. {text}" for rank, text in sorted(ranked)]


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """How often each option was put first."""
    return [Row(option, counted.ranks.get(option, {}).get(1, 0)) for option in question.options]


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of first choices."""
    return shares(votes)


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    """What the orders say together (`polls/ranked.py`), by option under its id; empty before the first ballot.

    `places` how often each stood at each place; `borda` its points; `rounds` of the instant run-off with the votes of
    those still in, the exhausted ballots and who was dropped, and its `winner`; `pairs` how many put the first of two
    before the second, and `condorcet`, the option that beats every other, or None.
    """
    if not counted.profiles:
        return {}
    listed = list(question.options)
    runoff = ranked.instant_runoff(listed, counted.profiles)
    return {
        "places": {
            str(option): {str(rank): n for rank, n in sorted(counted.ranks.get(option, {}).items())}
            for option in listed
        },
        "borda": {
            str(option): str(numbers.rounded(Decimal(points.numerator) / points.denominator))
            for option, points in ranked.borda(listed, counted.profiles).items()
        },
        "rounds": [
            {
                "votes": {str(option): n for option, n in one.votes.items()},
                "exhausted": one.exhausted,
                "dropped": list(one.dropped),
            }
            for one in runoff.rounds
        ],
        "winner": runoff.winner,
        "pairs": {f"{a}.{b}": n for (a, b), n in ranked.pairs(listed, counted.profiles).items()},
        "condorcet": ranked.condorcet_winner(listed, counted.profiles),
    }


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    return []


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """First choices as bars; points and places, the rounds of the run-off and every pair as tables."""
    measures = figures.get("measures", {})
    if "rounds" not in measures:
        return []
    return [
        _first_choices(question, figures),
        _points(question, measures),
        _runoff(question, measures),
        _pairs(question, measures),
    ]


def _first_choices(question: PaperQuestion, figures: Mapping[str, Any]) -> Drawn:
    lines = []
    for row in figures["options"]:
        figure = numbers.share(row["votes"], row["percent"])
        lines.append(drawings.Bar(row_text(question, row["id"]), row["percent"], figure))
    table = numbers.rows_table(question, figures, row_text)
    return Drawn(_("First choices"), (), drawings.bars(lines), table)


def _points(question: PaperQuestion, measures: Mapping[str, Any]) -> Drawn:
    n = len(question.options)
    places = range(1, min(question.maximum, n) + 1)
    order = sorted(question.options, key=lambda option: -Decimal(measures["borda"][str(option)]))
    rows = tuple(
        (
            question.options[option].text,
            numbers.fixed(measures["borda"][str(option)]),
            *(numbers.whole(measures["places"][str(option)].get(str(place), 0)) for place in places),
        )
        for option in order
    )
    head = (_("Option"), _("Points"), *(_("Place %(n)d") % {"n": place} for place in places))
    how = _("A first place counts %(most)d points, each next place one less; options without a place share the rest.")
    table = Table(_("Points by places"), head, rows)
    return Drawn(_("Points by places (Borda)"), (how % {"most": n - 1},), table=table)


def _runoff(question: PaperQuestion, measures: Mapping[str, Any]) -> Drawn:
    """All rounds: a column each, a line an option, and who dropped out where."""
    rounds = measures["rounds"]
    rows = [(one.text, *(_in_round(option, held) for held in rounds)) for option, one in question.options.items()]
    rows.append(
        (_("Votes that rank none of the remaining options"), *(numbers.whole(held["exhausted"]) for held in rounds))
    )
    head = (_("Option"), *(_("Round %(n)d") % {"n": place} for place in range(1, len(rounds) + 1)))
    how = _(
        "While no option has more than half of the votes that count, the last one drops out, and each of its votes "
        "goes to the option ranked next."
    )
    table = Table(_("Run-off, round by round"), head, tuple(rows))
    return Drawn(_("Instant run-off"), (_outcome(question, measures), how), table=table)


def _in_round(option: int, held: Mapping[str, Any]) -> str:
    votes = held["votes"].get(str(option))
    if votes is None:
        return ""
    return _("%(votes)s, out") % {"votes": numbers.whole(votes)} if option in held["dropped"] else numbers.whole(votes)


def _outcome(question: PaperQuestion, measures: Mapping[str, Any]) -> str:
    last = measures["rounds"][-1]
    winner = measures["winner"]
    if winner is None:
        level = in_a_row(quoted(question.options[int(option)].text) for option in last["votes"])
        return _("The run-off ends in a tie between %(options)s: nobody wins.") % {"options": level}
    return _("“%(option)s” wins in round %(round)d, with %(votes)s of the %(all)s votes that count there.") % {
        "option": question.options[winner].text,
        "round": len(measures["rounds"]),
        "votes": numbers.whole(last["votes"][str(winner)]),
        "all": numbers.whole(sum(last["votes"].values())),
    }


def _pairs(question: PaperQuestion, measures: Mapping[str, Any]) -> Drawn:
    winner = measures["condorcet"]
    said = _("No option is ranked above every other one in more votes than below it: there is no Condorcet winner.")
    if winner is not None:
        said = _("“%(option)s” is ranked above every other one in more votes than below it: the Condorcet winner.") % {
            "option": question.options[winner].text
        }
    rows = tuple(
        (one.text, *("–" if a == b else numbers.whole(measures["pairs"][f"{a}.{b}"]) for b in question.options))
        for a, one in question.options.items()
    )
    head = (_("Votes that rank … above …"), *(one.text for one in question.options.values()))
    return Drawn(_("Options compared in pairs"), (said,), table=Table(_("Options compared in pairs"), head, rows))


def columns(question: PaperQuestion) -> list[Column]:
    """A column an option, with the place that it was given."""

    def of(option: int) -> Column:
        def place(marks: Sequence[Mark]) -> int | None:
            return next((mark.rank for mark in marks if mark.option == option), None)

        one = question.options[option]
        return Column(f"{question.code}_{one.code}", f"{question.text}: {one.text}", place, {})

    return [of(option) for option in question.options]
