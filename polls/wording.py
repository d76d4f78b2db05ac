"""What a methodologist would say of a questionnaire before it is put to readers: advice in sentences, never a bar.

English rules read English texts; the rules about numbers, lengths and lists hold in every language. Each rule names
its source by these letters:

KP  J. Krosnick and S. Presser, "Question and Questionnaire Design", Handbook of Survey Research, 2nd ed., 2010.
P   Pew Research Center, "Writing Survey Questions"; P2 "How we keep our online surveys from running too long", 2022.
A   AAPOR, "Best Practices for Survey Research", on question wording.
SP  H. Schuman and S. Presser, "Questions and Answers in Attitude Surveys", 1981.
TRR R. Tourangeau, L. Rips and K. Rasinski, "The Psychology of Survey Response", 2000.
TY  R. Tourangeau and T. Yan, "Sensitive Questions in Surveys", Psychological Bulletin 133, 2007.
DSC D. Dillman, J. Smyth and L. Christian, "Internet, Phone, Mail, and Mixed-Mode Surveys", 4th ed., 2014.
KA  J. Krosnick and D. Alwin, "An Evaluation of a Cognitive Theory of Response-Order Effects", POQ 51, 1987.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class Offer(Protocol):
    """An option as far as its wording goes."""

    @property
    def text(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


class Wording(Protocol):
    """A question as far as its wording goes; `polls.drafting.Asked` is one."""

    @property
    def text(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def options(self) -> Sequence[Offer]: ...
    @property
    def labels(self) -> Sequence[str]: ...
    @property
    def help(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def about(self) -> bool: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Doubt:
    """One piece of advice; `question` is a position from 0, None for the whole; `rule` names what was found."""

    question: int | None
    rule: str
    sentence: str


# Whoever has no answer needs one to give; these are the words by which such an option is known.
NO_ANSWER = re.compile(
    r"don['’]?t know|do not know|no opinion|not sure|unsure|undecided|can['’]?t say|cannot say|none of"
    r"|haven['’]?t heard|prefer not|rather not",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
NUMBER = r"\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+|\d+(?:\.\d+)?"
QUESTION_MARK = re.compile(r"[?؟？]")
# The commonest words of English, hardly one of which is a word of another language written in Latin letters.
ENGLISH = frozenset(
    {"the", "and", "you", "your", "are", "what", "which", "how", "should", "would", "to", "for", "with", "this"}
    | {"that", "these", "have", "from", "most", "not", "does", "think"}
)

LONGEST_SENTENCE = 30  # words; DSC and P ask for short ones, ESS and Pew hardly ever go beyond this
LONGEST_TEXT = 50
LONGEST_OPTION = 25
LONGEST_UNSPACED = 120  # characters, where words are not parted by spaces
MOST_OPTIONS = 10
MOST_ROWS = 10
MOST_RANKED = 7
MOST_MINUTES = 15  # P2: the length at which Pew caps its online surveys
LISTS = ("single", "dropdown", "multiple", "approval")
RANKED = ("ranking", "points")
ONE_OF = ("single", "dropdown", "yesno")


def doubts(questions: Sequence[Wording]) -> list[Doubt]:
    """Everything worth a second look, question by question, what concerns the whole at the end."""
    english = is_english(questions)
    found: list[Doubt] = []
    for position, question in enumerate(questions):
        for rule, advice in _about_one(question, english=english):
            found.append(Doubt(position, rule, _("Question %(n)d: %(advice)s") % {"n": position + 1, "advice": advice}))
    found += [Doubt(None, rule, advice) for rule, advice in _about_all(questions)]
    return found


def is_english(questions: Sequence[Wording]) -> bool:
    """Whether most of what is asked reads as English: one word in eight is among its commonest."""
    words = [word.casefold() for question in questions for word in WORD.findall(question.text)]
    return bool(words) and sum(word in ENGLISH for word in words) * 8 >= len(words)


def _about_one(question: Wording, *, english: bool) -> Iterator[tuple[str, str]]:
    yield from _lengths(question)
    yield from _lists(question)
    yield from _ranges([option.text for option in question.options], english=english)
    yield from _shape(question)
    if english:
        yield from _words(question)
        yield from _two_in_one(question)
        yield from _negatives(question)
        yield from _balance(question)
        yield from _way_out(question)
        yield from _marks(question)


# --- in every language --------------------------------------------------------------------------------------------


def _lengths(question: Wording) -> Iterator[tuple[str, str]]:
    """P, DSC: short questions are understood alike by all; two question marks are two questions."""
    sentences = [len(WORD.findall(part)) for part in re.split(r"(?<=[.!?؟？。])\s*", question.text)]
    too_long = max(sentences, default=0) > LONGEST_SENTENCE or sum(sentences) > LONGEST_TEXT
    unspaced = any(len(word) > LONGEST_UNSPACED for word in question.text.split())
    if too_long or unspaced:
        yield "long", _("it is long. Put the explanation into the help line and ask in one short sentence.")
    if len(QUESTION_MARK.findall(question.text)) > 1:
        yield "two", _("it has two question marks. Ask two questions, or leave one out.")
    for option in question.options:
        if len(WORD.findall(option.text)) > LONGEST_OPTION:
            yield (
                "long-option",
                _("the option “%(option)s” is long. Readers skim options: keep what tells them apart.")
                % {"option": _short(option.text)},
            )


def _lists(question: Wording) -> Iterator[tuple[str, str]]:
    """KA: of long lists the first options are chosen more; DSC and P: long batteries are answered without reading."""
    n = len(question.options)
    shuffled = question.settings.get("order") in ("random", "rotate")
    ordered = len([one for one in question.options if _range_of(one.text, english=True)]) * 2 > n
    if question.kind in ("single", "multiple", "approval") and n > MOST_OPTIONS and not shuffled and not ordered:
        yield (
            "many",
            _("with %(n)d options those at the top are chosen more often. Show them in random order, or offer fewer.")
            % {"n": n},
        )
    if question.kind in RANKED and n > MOST_RANKED:
        yield (
            "many-ranked",
            _("nobody ranks %(n)d things with care. Offer %(most)d at most, or ask for the three most important.")
            % {"n": n, "most": MOST_RANKED},
        )
    if question.kind == "matrix" and n > MOST_ROWS:
        yield (
            "many-rows",
            _("a table of %(n)d rows is answered without reading. Split it into two, on two pages.") % {"n": n},
        )


def _shape(question: Wording) -> Iterator[tuple[str, str]]:
    """DSC: options that look alike are weighed alike; one that stands out is chosen for its looks."""
    texts = [option.text for option in question.options if not _apart(option)]
    if len(texts) < 2:
        return
    stops = [text for text in texts if text.endswith((".", "。"))]
    if 0 < len(stops) < len(texts):
        yield "parallel", _("some options end with a full stop and others do not. Write them alike.")
    small = [text for text in texts if text[:1].islower()]
    large = [text for text in texts if text[:1].isupper()]
    if small and large:
        yield "parallel", _("some options begin with a capital letter and others do not. Write them alike.")
    lengths = [len(WORD.findall(text)) for text in texts]
    usual, longest = median(lengths), max(lengths)
    if longest > 3 * usual and longest - usual >= 10:
        yield (
            "parallel",
            _("the option “%(option)s” is much longer than the others and draws the eye. Make them of similar length.")
            % {"option": _short(texts[lengths.index(longest)])},
        )
    seen: dict[str, str] = {}
    for text in texts:
        plain = " ".join(WORD.findall(text.casefold()))
        if plain and plain in seen:
            yield (
                "twice",
                _("the options “%(one)s” and “%(other)s” say the same thing. Leave one out.")
                % {"one": seen[plain], "other": text},
            )
        seen[plain] = text


@dataclass(frozen=True)
class _Range:
    text: str
    low: Decimal | None
    high: Decimal | None


def _range_of(text: str, *, english: bool) -> _Range | None:
    """The numbers an option stands for: "18–24", "65+", "under 18", "3"; None where it names no such thing."""
    plain = re.sub(r"[€$£¥%]|\b(?:EUR|USD|GBP)\b", "", text).strip()
    if found := re.match(rf"({NUMBER})\s*(?:-|–|—|−|\.\.|to\b|bis\b|à\b|a\b|до\b)\s*({NUMBER})(?![\d/-])", plain):
        low, high = _value(found[1]), _value(found[2])
        return _Range(text, low, high) if low <= high else None
    if found := re.match(rf"({NUMBER})\s*(?:\+|(?:and|or)\s+(?:over|more|older|above)\b)", plain):
        return _Range(text, _value(found[1]), None)
    if found := re.match(rf"(?:>|over\b|more than\b|above\b)\s*({NUMBER})", plain, re.IGNORECASE):
        return _Range(text, _value(found[1]) + _unit(found[1]), None)
    if found := re.match(rf"(?:≥|>=|at least\b|from\b)\s*({NUMBER})$", plain, re.IGNORECASE):
        return _Range(text, _value(found[1]), None)
    if found := re.match(rf"(?:<|under\b|less than\b|fewer than\b|below\b|younger than\b)\s*({NUMBER})", plain, re.I):
        return _Range(text, None, _value(found[1]) - _unit(found[1]))
    if found := re.match(rf"(?:≤|<=|up to\b|at most\b)\s*({NUMBER})", plain, re.IGNORECASE):
        return _Range(text, None, _value(found[1]))
    if found := re.match(rf"({NUMBER})\s*(?:or|and)\s+(?:less|fewer|under|younger|below)\b", plain, re.IGNORECASE):
        return _Range(text, None, _value(found[1]))
    if found := re.fullmatch(rf"({NUMBER})(?:\s+[^\W\d_]+)?", plain):
        return _Range(text, _value(found[1]), _value(found[1]))
    if english and re.match(r"(?:none|zero|never)\b", plain, re.IGNORECASE):
        return _Range(text, Decimal(0), Decimal(0))
    return None


def _value(digits: str) -> Decimal:
    return Decimal(re.sub(r"[,\s]", "", digits))


def _unit(digits: str) -> Decimal:
    """The smallest step in which a number is written: 1 for "18", 0.1 for "1.5"."""
    return Decimal(1).scaleb(-len(digits.partition(".")[2]))


def _ranges(texts: Sequence[str], *, english: bool) -> Iterator[tuple[str, str]]:
    """P: closed options must be exhaustive and must not overlap."""
    found = [one for text in texts if (one := _range_of(text, english=english))]
    wide = [one for one in found if one.low is not None and one.high is not None and one.low < one.high]
    if not wide or len(found) < 2:
        return
    found.sort(key=lambda one: (one.low is not None, one.low or Decimal(0), one.high is None, one.high or Decimal(0)))
    unit = min(_unit(digits) for one in found for digits in re.findall(NUMBER, one.text) or ["1"])
    whole = len(found) >= len(texts) - 2  # don't know and other beside them
    for one, other in pairwise(found):
        values = {"one": one.text, "other": other.text}
        if one.high is None or other.low is None or other.low <= one.high:
            both = other.low if other.low is not None else one.high
            yield (
                "overlap",
                _("“%(one)s” and “%(other)s” overlap: where does %(both)s belong? Begin the second one higher.")
                % {**values, "both": both},
            )
        elif whole and other.low > one.high + unit:
            yield (
                "gap",
                _("between “%(one)s” and “%(other)s” there is a gap. Let the second begin where the first ends.")
                % values,
            )
    last = found[-1]
    if whole and len(wide) > 1 and last.high is not None and last.high < 100 and last in wide:
        yield (
            "open-end",
            _("nobody above “%(last)s” can find an answer. Add one such as “%(more)s or more”.")
            % {"last": last.text, "more": last.high + unit},
        )


def _about_all(questions: Sequence[Wording]) -> Iterator[tuple[str, str]]:
    """DSC: questions about the person come last, for they bore or alarm; P2: how long is too long."""
    mine = [question.about for question in questions]
    if mine and mine[0] and not all(mine):
        yield (
            "about-first",
            _("The questions about the reader come first. Put them last: readers came for the subject."),
        )
    long = minutes(questions)
    if long > MOST_MINUTES:
        yield (
            "minutes",
            _("It takes about %(n)d minutes; beyond %(most)d many readers leave. Take out what nobody will use.")
            % {"n": math.ceil(long), "most": MOST_MINUTES},
        )


# --- English ------------------------------------------------------------------------------------------------------

LEADING = (
    # P, A, KP: the question suggests its answer.
    r"^(?:so |and |but )?(?:do|would|should|is|are|was|were|has|have|can|could|did|does|will)n['’]?t\b",
    r"\bwouldn['’]t you\b|\bdon['’]t you\b",
    r",\s*(?:right|correct|is(?:n['’]t)? it|are(?:n['’]t)? they|do(?:n['’]t)? you|wouldn['’]t you)\s*\?\s*$",
    r"\b(?:surely|obviously|clearly|of course|undoubtedly|needless to say|as (?:we|you|everyone|everybody) knows?)\b",
    r"\b(?:most|many) (?:people|experts|readers|economists|scientists) (?:think|agree|believe|say|feel|know)\b",
    r"\bhow (?:great|excellent|wonderful|amazing|fantastic|terrible|awful|horrible|disastrous)\b",
)
ONE_SIDED = re.compile(r"\b(?:do|would|to what extent do) you (?:strongly )?agree\b(?!.*\bdisagree)", re.IGNORECASE)
LOADED = re.compile(
    r"\b(?:disgraceful|shameful|outrageous|scandalous|reckless|senseless|draconian|bloated|greedy|heroic|so-called"
    r"|common[- ]sense|hard-working|hard-earned|much-needed|long-overdue|irresponsible|wasteful|notorious|infamous"
    r"|evil|ridiculous|absurd)\b",
    re.IGNORECASE,
)
ABSOLUTE = re.compile(
    r"\b(?:always|never|completely|totally|absolutely|entirely|without exception|all the time)\b", re.IGNORECASE
)
FREQUENCY = re.compile(
    r"\b(?:always|usually|often|frequently|sometimes|occasionally|rarely|seldom|hardly ever|never)\b", re.IGNORECASE
)
VAGUE = re.compile(r"\b(?:do|did|have|are) you\b[^?]*\b(regularly|frequently|recently|often|a lot)\b", re.IGNORECASE)
PERIOD = re.compile(
    r"\b(?:day|days|week|weeks|month|months|year|years|yesterday|today|since|daily|weekly|monthly|last time|ever)\b",
    re.IGNORECASE,
)
JUDGED = re.compile(
    r"\b(?:(?:dis)?satisfied|(?:un)?happy|pleased)(?: are you| were you)? with\b|\brate\b|\btrust\b"
    r"|\bconfidence in\b|\blike\b|\bsupport\b|\boppose\b|\bfavou?r\b|\b(?:dis)?agree (?:that|with)\b"
    r"|\bapprove of\b|\bthink (?:of|about)\b"
    r"|\b(?:important|useful|helpful|easy|clear|interesting) (?:is|are|was|were)\b|\bshould\b",
    re.IGNORECASE,
)
JOINED = re.compile(r"([\w’'-]+),? and ((?:the|a|an|your|our|its|their) )?([\w’'-]+)")
TWO_WORDS = re.compile(
    r"\b(?:how|when|where|why|who|what|which)(?: \w+)? and (?:how|when|where|why|who|what|which)\b", re.IGNORECASE
)
TOGETHER = re.compile(
    r"\bbetween\b.*\band\b|\b(?:law and order|terms and conditions|health and safety|research and development"
    r"|supply and demand|pros and cons|men and women|women and men|boys and girls|parents and children"
    r"|radio and television|food and drink|peace and security|war and peace|bed and breakfast|arts and crafts"
    r"|profit and loss|checks and balances|more and more|again and again|up and down|husband and wife"
    r"|give and take|black and white|oil and gas|diplomacy and security|ups and downs)\b",
    re.IGNORECASE,
)
PAIRS = re.compile(
    r"\b(?:support|favou?r|agree|approve|satisfied|like|likely|happy|for|yes|possible|certain|trust)"
    r"(?: \w+){0,2}?,? or (?:oppose|disagree|disapprove|dissatisfied|dislike|unlikely|unhappy|against|no|impossible"
    r"|uncertain|distrust|not)\b|\bwhether or not\b|\bneither\b.*\bnor\b|\bno longer\b|\bnot only\b|\bif not\b",
    re.IGNORECASE,
)
NEGATOR = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|without|unless|cannot)\b|n['’]t\b", re.IGNORECASE
)
REFUSING = re.compile(
    r"\b(?:oppose[sd]?|ban(?:ned|s|ning)?|forbid(?:den)?|prohibit(?:ed)?|reject(?:ed)?|prevent(?:ed)?|abolish(?:ed)?|against"
    r"|disagree|disapprove|den(?:y|ied)|refuse[sd]?|impossible|unlikely|unacceptable)\b",
    re.IGNORECASE,
)
OPINION = re.compile(
    r"\bshould\b|\bdo you (?:think|believe|support|oppose|favou?r|approve|trust|agree)\b|\bin your (?:opinion|view)\b"
    r"|\bwould you (?:vote|say|support|favou?r|prefer)\b|\bmost important\b|\bright direction\b"
    r"|\bwho (?:is|was|will|won)\b|^will\b"
    r"|^what (?:is|was|will|are)\b|^which (?:country|state|party|of these|of the following)\b",
    re.IGNORECASE,
)
# What everybody knows of himself, or has just been through, needs no such answer.
OF_ONESELF = re.compile(
    r"\b(?:what|which|how|who|where|when)\b[^?]*\b(?:is|are|was|were) your\b"
    r"|\bhow (?:old|often|many|much|long|satisfied|likely)\b"
    r"|\bdo you (?:use|own|have|live|work|read|watch|listen|go|speak|describe|identify)\b|^(?:have|did|are|were) you\b"
    r"|\bdescribes? you\b",
    re.IGNORECASE,
)
SENSITIVE = re.compile(
    r"\b(?:income|earn|salary|religion|religious|sexual orientation|ethnic(?:ity)?|gender|disabilit(?:y|ies)"
    r"|voted? for|party did you|immigration status)\b",
    re.IGNORECASE,
)
PREFER_NOT = re.compile(r"prefer not|rather not|don['’]?t want to|no answer|not say", re.IGNORECASE)
NONE = re.compile(r"^(?:none\b|no(?:ne|thing) of|nothing\b|neither\b)", re.IGNORECASE)
OTHER = re.compile(r"^(?:another?\b.*|something else|someone else|somewhere else|others?\b.{0,40})$", re.IGNORECASE)


def _words(question: Wording) -> Iterator[tuple[str, str]]:
    """P, A, KP on leading, loaded and absolute words; SP on one-sided ones; TRR on words of time without a measure."""
    text = question.text
    if any(re.search(pattern, text, re.IGNORECASE) for pattern in LEADING):
        yield "leading", _("it suggests an answer. Ask so that every answer is as easy to give.")
    elif ONE_SIDED.search(text) and not any("disagree" in point.casefold() for point in _points(question)):
        yield (
            "one-sided",
            _("it names one side only, and readers tend to agree. Ask “agree or disagree”, or for the thing itself."),
        )
    for found in LOADED.finditer(text):
        yield "loaded", _("“%(word)s” judges before the reader does. Use a neutral word.") % {"word": found[0]}
    several = len(FREQUENCY.findall(text)) > 1  # “always, sometimes or never” offers the whole range
    if not several:
        for found in ABSOLUTE.finditer(text):
            yield (
                "absolute",
                _("“%(word)s” leaves no exception, so that hardly anybody can say yes. Ask how often, or how far.")
                % {"word": found[0]},
            )
    if not several and (vague := VAGUE.search(text)) and not PERIOD.search(text):
        yield (
            "vague",
            _("“%(word)s” means something different to everybody. Name a time, such as “in the last seven days”.")
            % {"word": vague[1]},
        )


def _two_in_one(question: Wording) -> Iterator[tuple[str, str]]:
    """P, A, KP: who thinks differently of the two things has no answer to give."""
    statements = [option.text for option in question.options if len(WORD.findall(option.text)) > 4]
    texts = [question.text, *(statements if question.kind == "matrix" else [])]
    for place, text in enumerate(texts):
        judged = JUDGED.search(text)
        behind = text if place else text[judged.end() :] if judged else ""
        joined = next((one for one in JOINED.finditer(behind) if not _one_thing(one, behind)), None)
        if re.search(r"\band/or\b", text, re.IGNORECASE) or TWO_WORDS.search(text) or joined:
            yield (
                "double",
                _("“%(text)s” asks for two things at once. Ask for each separately.")
                % {"text": joined[0] if joined else _short(text)},
            )


def _one_thing(joined: re.Match[str], text: str) -> bool:
    """Whether “and” joins what is one thing: two names, a standing expression."""
    left, article, right = joined.groups()
    names = left[:1].isupper() and right[:1].isupper() and not article
    return bool(names or TOGETHER.search(text))


def _negatives(question: Wording) -> Iterator[tuple[str, str]]:
    """P, KP: two negatives are misread (Roper 1992 found a fifth denying the Holocaust for that reason alone)."""
    statements = [option.text for option in question.options] if question.kind == "matrix" else []
    for text in (question.text, *statements):
        plain = PAIRS.sub(" ", text)
        no, refused = len(NEGATOR.findall(plain)), len(REFUSING.findall(plain))
        if no > 1 or (no and refused):
            yield (
                "negative",
                _("“%(text)s” has two negatives, which are easily misread. Say what is, not what is not.")
                % {"text": _short(text)},
            )
    answers = {option.text.strip(" .").casefold() for option in question.options}
    plain = PAIRS.sub(" ", question.text)
    leads = any(re.search(pattern, question.text, re.IGNORECASE) for pattern in LEADING)
    if {"yes", "no"} <= answers and len(NEGATOR.findall(plain)) == 1 and not REFUSING.search(plain) and not leads:
        yield "negative", _("a “no” to a question with “not” can mean both. Ask it without the “not”.")


# The two sides of the scales in common use; what stands on neither is the middle.
SIDES = (
    (r"agree", r"disagree"),
    (r"satisfied", r"dissatisfied|unsatisfied"),
    (r"excellent|outstanding|great|good", r"poor|bad|terrible|awful"),
    (r"likely", r"unlikely"),
    (r"support|favou?r", r"oppose|against"),
    (r"approve", r"disapprove"),
    (r"better|improved?", r"worse|worsened"),
    (r"positive(?:ly)?", r"negative(?:ly)?"),
    (r"increased?|more|rise", r"decreased?|less|fewer|fall"),
    (r"easy", r"difficult|hard"),
    (r"happy", r"unhappy"),
    (r"clear", r"unclear"),
    (r"useful|helpful", r"useless|unhelpful"),
)
MIDDLE = re.compile(
    r"\bneither\b|\bneutral\b|\bfair\b|\baverage\b|\bsame\b|\bno change\b|\bmore or less\b|\bunchanged\b|\bmixed\b"
    r"|\bin between\b",
    re.IGNORECASE,
)
ONE_POLE = re.compile(r"\bslightly\b|\bmoderately\b|\ba little\b|\ba bit\b|\bextremely\b", re.IGNORECASE)


def _balance(question: Wording) -> Iterator[tuple[str, str]]:
    """KP, P: a scale with more points on one side moves the answers to that side."""
    points = [point for point in _points(question) if not NO_ANSWER.search(point)]
    if question.kind not in (*ONE_OF, "likert", "matrix") or len(points) < 3:
        return
    from_nothing = any(re.search(r"\bnot? (?:\w+ )?at all\b|\bnot at all\b", point, re.I) for point in points)
    if from_nothing and any(ONE_POLE.search(point) for point in points):
        return  # from nothing to very much: a scale of one side, which is a sound one
    for good, bad in SIDES:
        up = down = 0
        for point in points:
            if MIDDLE.search(point):
                continue
            turned = bool(re.search(r"\bnot\b|n['’]t\b", point, re.IGNORECASE))
            if re.search(rf"\b(?:{bad})\b", point, re.IGNORECASE):
                up, down = up + turned, down + (not turned)
            elif re.search(rf"\b(?:{good})\b", point, re.IGNORECASE):
                up, down = up + (not turned), down + turned
        if up + down > 2 and up + down >= len(points) - 2 and up != down:
            yield (
                "unbalanced",
                _("the scale has %(up)s on one side and %(down)s on the other. Offer as many on both.")
                % {
                    "up": ngettext("%(n)d point", "%(n)d points", up) % {"n": up},
                    "down": ngettext("%(n)d point", "%(n)d points", down) % {"n": down},
                },
            )
            return


def _way_out(question: Wording) -> Iterator[tuple[str, str]]:
    """P, A: whoever has no opinion makes one up where none is offered; TY on what some would rather not tell."""
    if not question.required or not question.options:
        return
    apart = [option for option in question.options if _apart(option)]
    asks = OPINION.search(question.text) and not OF_ONESELF.search(question.text) and not question.about
    if question.kind in ONE_OF and asks and not apart:
        yield "no-answer", _("it has no answer for readers who do not know. Add “Don’t know”, or let readers skip it.")
    declined = any(PREFER_NOT.search(option.text) for option in question.options)
    if question.kind in (*ONE_OF, "multiple") and SENSITIVE.search(question.text) and not declined:
        yield "sensitive", _("some would rather not say. Add “Prefer not to say”, or let readers skip it.")
    if question.kind == "multiple" and not apart and not any(_is_other(option) for option in question.options):
        yield "none", _("readers whom none of these fits cannot continue. Add “None of these”.")


def _marks(question: Wording) -> Iterator[tuple[str, str]]:
    """What an option says and what it does should agree, or a "none" is ticked together with others."""
    if question.kind not in LISTS:
        return
    for option in question.options:
        values = {"option": _short(option.text)}
        if re.match(r"(?:all|both) of (?:the above|these|them)\b", option.text, re.IGNORECASE):
            yield "all", _("“%(option)s” gives two ways to say the same thing. Let readers choose several.") % values
        elif question.kind == "multiple" and NONE.match(option.text) and not _apart_by_mark(option):
            yield "mark", _("“%(option)s” can be chosen together with others. Mark the line with [none].") % values
        elif OTHER.match(option.text) and not option.settings.get("other"):
            yield "mark", _("“%(option)s” has no room for words. Mark the line with [other].") % values


def _points(question: Wording) -> list[str]:
    """The points of a scale: its labels, or the options among which readers choose one."""
    if question.kind in ("likert", "matrix"):
        return list(question.labels)
    return [option.text for option in question.options if not _apart(option)]


def _apart_by_mark(option: Offer) -> bool:
    return any(option.settings.get(mark) for mark in ("dont_know", "exclusive"))


def _apart(option: Offer) -> bool:
    """Whether an option stands beside the others: don't know, none of these, something else."""
    return bool(_apart_by_mark(option) or NO_ANSWER.search(option.text) or NONE.match(option.text) or _is_other(option))


def _is_other(option: Offer) -> bool:
    return bool(option.settings.get("other") or OTHER.match(option.text))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57].rsplit(" ", 1)[0] + "…"


# --- how long it takes --------------------------------------------------------------------------------------------

# Words a minute that adults read silently, non-fiction: M. Brysbaert, "How many words do we read per minute?", Journal
# of Memory and Language 109, 2019 (190 studies, 18,573 readers). About the same content a minute in other languages.
# Where words are not parted by spaces, two characters stand for one word of English.
WORDS_A_MINUTE = 238
# Seconds to make up one's mind and to answer, once all is read. With some 25 words a plain question then takes the ten
# seconds that Pew reports of its panel, a row of a battery half of that, an open question half a minute or more (P2).
SECONDS = {
    "yesno": 3.0,
    "single": 4.0,
    "dropdown": 6.0,
    "image": 4.0,
    "consent": 3.0,
    "multiple": 6.0,
    "approval": 6.0,
    "rating": 4.0,
    "recommend": 4.0,
    "likert": 4.0,
    "number": 6.0,
    "slider": 5.0,
    "date": 8.0,
    "text": 15.0,
    "longtext": 45.0,
}
SECONDS_A_ROW = {"matrix": 3.0, "ranking": 4.0, "points": 5.0}


def minutes(questions: Sequence[Wording]) -> float:
    """Estimated minutes for reading everything and answering; whoever is asked only a part needs less."""
    return sum(map(_seconds, questions)) / 60


def _seconds(question: Wording) -> float:
    texts = [question.text, question.help, *question.labels, *(option.text for option in question.options)]
    reading = sum(map(_words_in, texts)) / WORDS_A_MINUTE * 60
    if question.kind in SECONDS_A_ROW:
        return reading + SECONDS_A_ROW[question.kind] * len(question.options)
    return reading + SECONDS.get(question.kind, SECONDS["single"])


def _words_in(text: str) -> float:
    unspaced = sum("\u3040" <= letter <= "\u9fff" for letter in text)
    return len(WORD.findall(re.sub(r"[\u3040-\u9fff]+", " ", text))) + unspaced / 2
