"""The tables of a poll: what is asked, what was cast, what was counted, what was said about it.

Ballots, answers, set-asides, carried votes, corrections and events are only ever inserted; triggers of the first
migration refuse everything else. `docs/constraints.md` lists what the database itself refuses.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from polls import spoken

FIELD_PERIOD = timedelta(days=14)


def random_key() -> bytes:
    return secrets.token_bytes(32)


def in_two_weeks() -> datetime:
    return timezone.now() + FIELD_PERIOD


class TransactionId(models.Field):
    """PostgreSQL's `xid8`: the transaction that wrote a row, for exact counting forward by horizon."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class CurrentTransactionId(Func):
    template = "pg_current_xact_id()"
    output_field = TransactionId()


class State(models.TextChoices):
    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    OPEN = "open", _("open")
    PAUSED = "paused", _("paused")
    CLOSED = "closed", _("closed")
    FINAL = "final", _("final")


class ResultsShown(models.TextChoices):
    ALWAYS = "always", _("to everybody, always")
    AFTER_VOTE = "after_vote", _("to a reader who has voted, and to everybody after closing")
    AFTER_CLOSE = "after_close", _("to everybody after closing")
    FROM_DATE = "from_date", _("to everybody from a date")
    STAFF = "staff", _("to staff only")


class RepeatRule(models.TextChoices):
    BROWSER = "browser", _("one vote per browser")
    ACCOUNT = "account", _("one vote per logged-in reader")
    INVITATION = "invitation", _("one vote per invitation")


# The two types that the short form of a poll offers.
SINGLE, MULTIPLE = "single", "multiple"


class Series(models.Model):
    """Polls whose ballots may be joined (waves, before and after); it holds the key that makes voter keys."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    key = models.BinaryField(max_length=32, default=random_key, editable=False)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        return self.name or f"Series {self.pk}"


class PollQuerySet(models.QuerySet["Poll"]):
    def with_state(self) -> PollQuerySet:
        """Annotate `state_now`, decided by PostgreSQL's clock alone."""
        return self.annotate(
            state_now=Case(
                When(published_at__isnull=True, then=Value(State.DRAFT.value)),
                When(Q(published_at__gt=Now()) | Q(opens_at__gt=Now()), then=Value(State.SCHEDULED.value)),
                When(finalised_at__isnull=False, then=Value(State.FINAL.value)),
                When(closes_at__lte=Now(), then=Value(State.CLOSED.value)),
                When(paused_at__isnull=False, then=Value(State.PAUSED.value)),
                default=Value(State.OPEN.value),
                output_field=models.CharField(),
            )
        )

    def public(self) -> PollQuerySet:
        """Polls a reader may see: everything but drafts and what is to be published in future."""
        return self.filter(published_at__lte=Now())

    def open(self) -> PollQuerySet:
        return self.public().filter(
            opens_at__lte=Now(), closes_at__gt=Now(), paused_at__isnull=True, finalised_at__isnull=True
        )

    def closed(self) -> PollQuerySet:
        return self.public().filter(Q(closes_at__lte=Now()) | Q(finalised_at__isnull=False))

    def due_for_final_count(self) -> PollQuerySet:
        """Closed for five seconds at least, so that no vote that began in time can still be under way."""
        return self.public().filter(closes_at__lte=Now() - timedelta(seconds=5), finalised_at__isnull=True)

    def whole(self) -> PollQuerySet:
        """With questions and options in three queries whatever the number of polls."""
        return self.with_state().prefetch_related(
            models.Prefetch("questions", Question.objects.order_by("position").prefetch_related("options"))
        )


class Poll(models.Model):
    """One or more questions put to readers for a time; with several questions readers call it a survey."""

    slug = models.SlugField(_("web address"), max_length=120, unique=True)
    series = models.ForeignKey(Series, models.PROTECT, related_name="polls", verbose_name=_("series"))
    # Whose waves a respondent may consent to have joined; without it no ballot is ever joined with another poll's.
    panel = models.ForeignKey(
        Series, models.PROTECT, null=True, blank=True, related_name="waves", verbose_name=_("reader panel")
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    intro = models.TextField(_("introduction"), max_length=2000, blank=True)
    note = models.TextField(_("public note"), max_length=1000, blank=True)
    wording_version = models.PositiveIntegerField(_("wording version"), default=1, editable=False)

    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    opens_at = models.DateTimeField(_("opens at"), default=timezone.now)
    closes_at = models.DateTimeField(_("closes at"), default=in_two_weeks)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True, editable=False)
    finalised_at = models.DateTimeField(_("finally counted at"), null=True, blank=True, editable=False)

    results_shown = models.CharField(
        _("results shown"), max_length=12, choices=ResultsShown.choices, default=ResultsShown.AFTER_VOTE
    )
    results_from = models.DateTimeField(_("results shown from"), null=True, blank=True)
    minimum_base = models.PositiveIntegerField(_("smallest number of voters shown"), default=0)
    step = models.PositiveIntegerField(_("publish after this many new votes"), default=1)

    repeat_rule = models.CharField(
        _("repeat votes"), max_length=12, choices=RepeatRule.choices, default=RepeatRule.BROWSER
    )
    may_change = models.BooleanField(_("a vote may be changed"), default=False)
    # Pages, jumps, quotas and halves of a survey; `docs/questionnaires.md` describes it, `polls/flow.py` reads it.
    flow = models.JSONField(_("course"), default=dict, blank=True)
    replaced_by = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaces", editable=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Set by a trigger at every change, so that a count can tell that its document is out of date.
    changed_at = models.DateTimeField(db_default=Now(), editable=False)
    i18n = TranslationField(fields=("title", "intro", "note"))
    title_i18n: str
    intro_i18n: str
    note_i18n: str
    state_now: str  # annotated by `with_state`

    objects = PollQuerySet.as_manager()

    class Meta:
        verbose_name = _("poll")
        verbose_name_plural = _("polls")
        ordering = ["-opens_at", "-pk"]
        permissions = [("steer_poll", "Can publish, pause, extend, correct and close polls")]
        constraints = [
            models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="poll_opens_before_it_closes"),
            models.CheckConstraint(condition=Q(step__gte=1), name="poll_step_at_least_one"),
            models.CheckConstraint(
                condition=~Q(results_shown="from_date") | Q(results_from__isnull=False),
                name="poll_results_date_given",
            ),
            models.CheckConstraint(condition=Q(results_shown__in=ResultsShown.values), name="poll_results_shown_known"),
            models.CheckConstraint(condition=Q(repeat_rule__in=RepeatRule.values), name="poll_repeat_rule_known"),
            models.CheckConstraint(
                condition=Q(finalised_at__isnull=True) | Q(finalised_at__gte=F("closes_at")),
                name="poll_final_after_it_closed",
            ),
        ]
        indexes = [models.Index(fields=["closes_at"], name="poll_by_closing")]

    def __str__(self) -> str:
        return self.title or self.slug

    def get_absolute_url(self) -> str:
        return spoken.address("polls:poll", self.slug)

    def state(self, *, now: datetime) -> State:
        """The state at `now`, by the same rules as `PollQuerySet.with_state`."""
        if self.published_at is None:
            return State.DRAFT
        if now < self.published_at or now < self.opens_at:
            return State.SCHEDULED
        if self.finalised_at is not None:
            return State.FINAL
        if now >= self.closes_at:
            return State.CLOSED
        return State.PAUSED if self.paused_at is not None else State.OPEN


class Question(models.Model):
    poll = models.ForeignKey(Poll, models.CASCADE, related_name="questions", verbose_name=_("poll"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    # How rules, exports and other programs name it; without one it is known by its place.
    name = models.SlugField(_("name for rules and exports"), max_length=40, blank=True)
    page = models.PositiveSmallIntegerField(_("page"), default=1)
    # One of `polls.questions.TYPES`, which alone knows them all.
    kind = models.CharField(_("type"), max_length=20, default=SINGLE)
    text = models.CharField(_("question"), max_length=500)
    help = models.CharField(_("help for the reader"), max_length=500, blank=True)
    required = models.BooleanField(_("an answer is required"), default=True)
    min_choices = models.PositiveSmallIntegerField(_("choose at least"), default=1)
    max_choices = models.PositiveSmallIntegerField(_("choose at most"), default=1)
    # The words of its type, one a line: points of a scale, ends of a rating, the unit of a number.
    labels = models.TextField(_("words of the scale"), max_length=4000, blank=True)
    settings = models.JSONField(_("settings of this type"), default=dict, blank=True)
    show_if = models.JSONField(_("shown only if"), null=True, blank=True)
    about = models.BooleanField(_("belongs to “About you”"), default=False)
    i18n = TranslationField(fields=("text", "help", "labels"))
    text_i18n: str
    help_i18n: str
    labels_i18n: str

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "poll"], name="question_of_poll"),
            models.UniqueConstraint(
                fields=["poll", "position"], name="question_position", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=Q(min_choices__gte=1) & Q(min_choices__lte=F("max_choices")),
                name="question_choices_in_order",
            ),
            models.UniqueConstraint(
                fields=["poll", "name"],
                condition=~Q(name=""),
                name="question_name_once",
            ),
            models.CheckConstraint(condition=Q(page__gte=1), name="question_page_from_one"),
            models.CheckConstraint(
                condition=~Q(kind="single") | (Q(min_choices=1) & Q(max_choices=1)),
                name="question_single_means_one",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="question_has_wording"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def code(self) -> str:
        """How rules and exports name the question."""
        return self.name or f"q{self.position + 1}"


class Option(models.Model):
    question = models.ForeignKey(Question, models.CASCADE, related_name="options", verbose_name=_("question"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    name = models.CharField(_("name for rules and exports"), max_length=40, blank=True)
    text = models.CharField(_("option"), max_length=300)
    settings = models.JSONField(_("settings of this option"), default=dict, blank=True)
    i18n = TranslationField(fields=("text",))
    text_i18n: str

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "question"], name="option_of_question"),
            models.UniqueConstraint(
                fields=["question", "position"], name="option_position", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["question", "text"], name="option_wording_once"),
            models.UniqueConstraint(fields=["question", "name"], condition=~Q(name=""), name="option_name_once"),
            models.CheckConstraint(condition=~Q(text=""), name="option_has_wording"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def code(self) -> str:
        """How rules and exports name the option."""
        return self.name or str(self.position + 1)


class Ballot(models.Model):
    """One respondent's answers, once. Nothing here tells who that was without the key of the series."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="ballots")
    voter_key = models.BinaryField(max_length=32)
    revision = models.PositiveSmallIntegerField(default=1)
    digest = models.BinaryField(max_length=32)
    nonce = models.BinaryField(max_length=16)
    cast_at = models.DateTimeField(db_default=Now())
    xid = TransactionId(db_default=CurrentTransactionId())
    language = models.CharField(max_length=12, blank=True)
    place = models.CharField(max_length=120, blank=True)
    wording_version = models.PositiveIntegerField(default=1)
    audience = models.CharField(max_length=40, blank=True)
    with_scripts = models.BooleanField(default=False)
    weaker_limit = models.BooleanField(default=False)
    seconds = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["poll", "voter_key", "revision"], name="ballot_once"),
            models.UniqueConstraint(fields=["id", "poll"], name="ballot_of_poll"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="ballot_revision_from_one"),
        ]
        indexes = [models.Index(fields=["poll", "cast_at"], name="ballot_by_time")]


class Answer(models.Model):
    """One mark on a ballot; a question shown and left unanswered has one row with `missing`, one not shown none."""

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="answers", db_constraint=False)
    poll = models.ForeignKey(Poll, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    question = models.ForeignKey(Question, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    option = models.ForeignKey(Option, models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False)
    rank = models.PositiveSmallIntegerField(null=True)
    number = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    position_shown = models.PositiveSmallIntegerField(null=True)
    missing = models.CharField(max_length=20, null=True)  # noqa: DJ001 - absent and empty differ: absent is answered

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ballot", "question", "option"], name="answer_option_once"),
            models.UniqueConstraint(
                fields=["ballot", "question"],
                condition=Q(option__isnull=True),
                name="answer_without_option_once",
            ),
            models.CheckConstraint(
                condition=Q(missing__isnull=True)
                | Q(
                    option__isnull=True,
                    rank__isnull=True,
                    number__isnull=True,
                    missing__in=["skipped", "refused"],
                ),
                name="answer_or_missing",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=True) | Q(number__lt=10**14), name="answer_number_is_finite"
            ),
        ]
        indexes = [models.Index(fields=["poll", "question", "option"], name="answer_by_option")]


class Verbatim(models.Model):
    """The text of an open answer: the one table whose text may be emptied, for good and with its reason."""

    answer = models.OneToOneField(Answer, models.PROTECT, related_name="verbatim")
    text = models.TextField(max_length=10_000, blank=True)
    redacted_at = models.DateTimeField(null=True)
    redaction_reason = models.CharField(max_length=300, blank=True)
    redacted_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(redacted_at__isnull=True) | (Q(text="") & ~Q(redaction_reason="")),
                name="verbatim_redacted_is_empty",
            ),
        ]


class SetAside(models.Model):
    """A ballot kept but not counted, with the rule and the reason; never deleted."""

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="set_aside", db_constraint=False, db_index=False)
    poll = models.ForeignKey(Poll, models.PROTECT, related_name="+", db_constraint=False)
    rule = models.CharField(max_length=40)
    reason = models.CharField(max_length=300)
    who = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ballot"], name="set_aside_once"),
            models.CheckConstraint(condition=~Q(rule="") & ~Q(reason=""), name="set_aside_explained"),
        ]


class BallotRisk(models.Model):
    """Hints for finding abuse, apart from the ballot: under a day's key, in no export, gone 30 days after closing."""

    ballot = models.OneToOneField(Ballot, models.PROTECT, primary_key=True, related_name="risk", db_constraint=False)
    poll = models.ForeignKey(Poll, models.PROTECT, related_name="+", db_constraint=False)
    network = models.CharField(max_length=32, blank=True)
    browser = models.CharField(max_length=20, blank=True)
    timing = models.CharField(max_length=20, blank=True)


class CarriedVotes(models.Model):
    """Figures of a former site; the row without an option is the number of voters. A poll has these or ballots."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="carried", db_constraint=True)
    question = models.ForeignKey(Question, models.PROTECT, related_name="+", db_constraint=False)
    option = models.ForeignKey(Option, models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False)
    votes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "option"], name="carried_option_once"),
            models.UniqueConstraint(fields=["question"], condition=Q(option__isnull=True), name="carried_voters_once"),
        ]


class Draft(models.Model):
    """An unfinished survey: never counted, never exported, gone when it expires."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="drafts")
    voter_key = models.BinaryField(max_length=32)
    answers = models.JSONField(default=dict)
    page = models.PositiveSmallIntegerField(default=1)
    updated_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["poll", "voter_key"], name="draft_once")]
        indexes = [models.Index(fields=["expires_at"], name="draft_by_expiry")]


class Shown(models.Model):
    """A text answer that a moderator lets readers see; without this row it is for the editors alone."""

    verbatim = models.OneToOneField(Verbatim, models.CASCADE, primary_key=True, related_name="shown")
    who = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now())


class Reach(models.Model):
    """How many respondents ever came to a page of a survey: a number without names, for seeing where they leave."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="reached")
    page = models.PositiveSmallIntegerField()
    respondents = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["poll", "page"], name="reach_once")]


class Member(models.Model):
    """A respondent's consent that this ballot be joined with those of other waves; withdrawn by emptying the key."""

    ballot = models.OneToOneField(Ballot, models.PROTECT, primary_key=True, related_name="member", db_constraint=False)
    poll = models.ForeignKey(Poll, models.PROTECT, related_name="+", db_constraint=False)
    panel = models.ForeignKey(Series, models.PROTECT, related_name="members")
    key = models.BinaryField(max_length=32, null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(key__isnull=False) ^ Q(withdrawn_at__isnull=False), name="member_in_or_withdrawn"
            )
        ]
        indexes = [models.Index(fields=["panel", "key"], name="member_by_key")]


class Saved(models.Model):
    """A question or a whole questionnaire that editors keep for use in other polls, as questionnaire JSON."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    questionnaire = models.JSONField(_("questionnaire"))
    who = models.CharField(_("saved by"), max_length=150, blank=True)
    at = models.DateTimeField(_("saved at"), default=timezone.now)

    class Meta:
        verbose_name = _("saved question")
        verbose_name_plural = _("question bank")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """The published count of a poll, with the ready documents that readers get; written by `tally.py` alone."""

    poll = models.OneToOneField(Poll, models.PROTECT, primary_key=True, related_name="tally")
    version = models.PositiveBigIntegerField(default=1)
    as_of = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices)
    counts = models.JSONField()
    sha256 = models.CharField(max_length=64)
    pending = models.JSONField(null=True)
    public = models.TextField()
    voters = models.TextField()
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("counts")

    def __str__(self) -> str:
        return f"{self.poll_id} v{self.version}"


class TallyHistory(models.Model):
    """Earlier published counts, one an hour and one at each change of state, for results over time."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="tally_history", db_index=False)
    version = models.PositiveBigIntegerField()
    as_of = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices)
    counts = models.JSONField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["poll", "version"], name="tally_version_once")]


class Correction(models.Model):
    """A typo put right after voting began: the trigger that freezes wording admits only what is written here."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="corrections")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+", null=True, db_constraint=False)
    option = models.ForeignKey(Option, models.PROTECT, related_name="+", null=True, db_constraint=False)
    former = models.TextField()
    corrected = models.TextField()
    reason = models.CharField(max_length=300)
    who = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now())
    xid = TransactionId(db_default=CurrentTransactionId())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(former=F("corrected")) & ~Q(corrected="") & ~Q(reason=""),
                name="correction_explained",
            ),
        ]


class PollEvent(models.Model):
    """What an editor did to a poll and what the page says about it: append-only."""

    class Action(models.TextChoices):
        PUBLISHED = "published", _("published")
        PAUSED = "paused", _("paused")
        RESUMED = "resumed", _("resumed")
        CLOSED = "closed", _("closed early")
        EXTENDED = "extended", _("extended")
        REPLACED = "replaced", _("replaced")
        DUPLICATED = "duplicated", _("duplicated")
        CORRECTED = "corrected", _("wording corrected")
        SETTING = "setting", _("setting changed")
        TRANSLATED = "translated", _("translated")

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="events")
    action = models.CharField(max_length=12, choices=Action.choices)
    at = models.DateTimeField(db_default=Now())
    who = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]


class Alarm(models.Model):
    """A difference that the verifier found; it stands in the admin until somebody has seen to it."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="alarms")
    found = models.CharField(max_length=40)
    details = models.TextField()
    raised_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "found"], condition=Q(settled_at__isnull=True), name="alarm_standing_once"
            ),
        ]
