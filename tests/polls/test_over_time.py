"""Results over time: which points are drawn, what they say, and what no difference between them may show."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from polls import drawings, over_time, tally
from polls.models import Poll, TallyHistory
from tests.factories import cast_many, make_poll, move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def each_count_is_kept(monkeypatch, redis_cache):
    monkeypatch.setattr("polls.tally.HISTORY_EVERY", timedelta(0))


def begun(days: float, slug: str = "course", **fields) -> Poll:
    now = timezone.now()
    poll = make_poll(slug, options=fields.pop("options", ["Yes", "No"]), **fields)
    return move(poll, opens_at=now - timedelta(days=days), closes_at=now + DAY)


def counted(poll: Poll, *votes: int, ago: timedelta) -> None:
    """So many more votes for each option, and their count as if it had been taken some time ago."""
    cast_many(poll, votes)
    tally.recount(poll.pk)
    newest = TallyHistory.objects.filter(poll=poll).latest("version")
    with connection.cursor() as cursor:  # past the guard, which knows no time but PostgreSQL's
        cursor.execute("SET LOCAL session_replication_role = replica")
        TallyHistory.objects.filter(pk=newest.pk).update(as_of=timezone.now() - ago)
        cursor.execute("SET LOCAL session_replication_role = origin")


def drawn(poll: Poll):
    return over_time.drawn(Poll.objects.whole().get(pk=poll.pk), now=timezone.now())


def test_the_last_count_of_each_day_is_a_point_and_the_present_count_is_the_last(each_count_is_kept):
    poll = begun(4)
    counted(poll, 12, 0, ago=3 * DAY + timedelta(minutes=2))
    counted(poll, 0, 8, ago=3 * DAY + timedelta(minutes=1))
    counted(poll, 0, 20, ago=2 * DAY)
    counted(poll, 20, 0, ago=DAY)
    cast_many(poll, [0, 10])
    tally.recount(poll.pk)
    found = drawn(poll)
    assert [row[1:] for row in found.table.rows] == [
        ("20", "60", "40"),
        ("40", "30", "70"),
        ("60", "53", "47"),
        ("70", "46", "54"),
    ]
    assert found.table.head == ("Counted", "Votes", "Yes, per cent", "No, per cent")


def test_a_point_that_few_votes_part_from_the_one_before_is_left_out_and_the_last_takes_its_place(each_count_is_kept):
    poll = begun(5)
    counted(poll, 6, 6, ago=4 * DAY)
    counted(poll, 9, 0, ago=3 * DAY)
    counted(poll, 1, 0, ago=2 * DAY)
    counted(poll, 10, 0, ago=DAY)
    cast_many(poll, [3, 0])
    tally.recount(poll.pk)
    assert [row[1] for row in drawn(poll).table.rows] == ["12", "22", "35"]


def test_a_poll_published_in_steps_has_points_a_step_apart(each_count_is_kept):
    poll = begun(6, step=25, minimum_base=10)
    for day in range(5, 0, -1):
        counted(poll, 15, 0, ago=day * DAY)
    cast_many(poll, [40, 0])
    tally.recount(poll.pk)
    tally.recount(poll.pk)
    found = drawn(poll)
    bases = [int(row[1]) for row in found.table.rows] if found else []
    assert all(later - before >= 25 for before, later in itertools.pairwise(bases))


def test_a_young_poll_is_drawn_by_the_hour(each_count_is_kept):
    poll = begun(1)
    for hour in (5, 3, 1):
        counted(poll, 10, 5, ago=timedelta(hours=hour))
    found = drawn(poll)
    assert len(found.table.rows) == 3
    assert all(re.fullmatch(r"\d+ \w+, \d\d:\d\d", row[0]) for row in found.table.rows)


def test_no_more_points_than_fit_are_read_and_the_last_is_among_them(each_count_is_kept):
    poll = begun(100)
    cast_many(poll, [30, 0])
    tally.recount(poll.pk)
    kept = TallyHistory.objects.get(poll=poll)
    question = str(poll.questions.get().pk)
    for n in range(90):
        counts = {**kept.counts, "questions": {question: {**kept.counts["questions"][question], "base": 30 + 20 * n}}}
        TallyHistory.objects.create(
            poll=poll, version=1000 + n, as_of=timezone.now() - (91 - n) * DAY, state="open", counts=counts, sha256="x"
        )
    from_database = Poll.objects.whole().get(pk=poll.pk)
    current = tally.Tally.objects.get(poll=poll)
    current.version = 5000
    current.save()
    question_ = over_time.question_of(from_database.questions.all()[0])
    points = over_time._points(from_database, question_, hourly=False)
    assert 15 <= len(points) <= over_time.MOST_POINTS
    assert points[-1].at == current.as_of
    assert points[-2].count.base == 30 + 20 * 89


@pytest.mark.parametrize("votes", [[], [[5, 4]], [[20, 0], [0, 20]]])
def test_fewer_than_three_points_are_no_course(each_count_is_kept, votes):
    poll = begun(4)
    for n, some in enumerate(votes):
        counted(poll, *some, ago=(3 - n) * DAY)
    tally.recount(poll.pk)
    assert drawn(poll) is None


def test_it_stands_on_the_page_only_where_everybody_may_see_the_figures(each_count_is_kept):
    for slug, shown in (("open-results", "always"), ("after-vote", "after_vote")):
        poll = begun(4, slug, results_shown=shown)
        for day in (3, 2, 1):
            counted(poll, 10, 5, ago=day * DAY)
        page = Client().get(poll.get_absolute_url()).content.decode()
        assert ("Over time" in page, 'class="course"' in page) == (shown == "always",) * 2


def test_figures_at_the_ends_of_lines_never_stand_on_one_another():
    lines = [drawings.Line(f"Option {n}", (20, 17 - n // 3)) for n in range(6)]
    picture = str(drawings.course(lines, (0.0, 1.0), ("1 May", "3 May")))
    levels = [float(y) for y in re.findall(r'class="end" x="87.5%" y="([\d.]+)"', picture)]
    assert len(levels) == 6
    assert all(later - before >= drawings.LINE_HEIGHT for before, later in itertools.pairwise(levels))
    assert max(levels) <= drawings.COURSE_TOP + drawings.COURSE_HEIGHT + 4


def test_what_an_option_says_is_text_in_the_drawing():
    picture = str(drawings.course([drawings.Line("<b>A</b>", (1, 2))], (0.0, 1.0), ("1 May", "3 May")))
    assert "&lt;b&gt;A&lt;/b&gt;" in picture
