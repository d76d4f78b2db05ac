"""Texts are translated at the desk beside the original, of every kind of row, also while votes come in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from articles import lifecycle, revisions, roles, translations
from articles.models import Article, Author, Page, Section, Translated
from articles.models import Correction as ArticleCorrection
from articles.roles import Role
from polls import paper
from polls.models import Correction, Option, Poll, PollEvent, Question
from tests import pages
from tests.factories import cast, make_article, make_picture, make_poll, make_publication, make_section
from tests.polls.surveys import Respondent, question, survey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def publication() -> Any:
    return make_publication(languages=["en", "de", "ar"])


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("chief", "chief@example.org", "a-long-password"))
    return client


def address(kind: str, pk: int, language: str = "") -> str:
    return f"/admin/articles/publication/translations/{kind}/{pk}/" + (f"{language}/" if language else "")


def fields(client: Client, url: str) -> dict[str, str]:
    """What the form on a page would send as it stands."""
    form = next(
        each for each in pages.read(client.get(url)).all("form", method="post") if each.all(class_="submit-row")
    )
    found = {each["name"]: each.attributes.get("value", "") for each in form.all("input") if "name" in each.attributes}
    for each in form.all("textarea"):
        found[each["name"]] = "".join(part for part in each.children if isinstance(part, str)).removeprefix("\n")
    return found


def send(client: Client, url: str, **texts: str) -> Any:
    given = fields(client, url)
    assert texts.keys() <= given.keys() | {"reason"}
    return client.post(url, {**given, **texts})


def states(client: Client, kind: str, pk: int) -> dict[str, str]:
    rows = pages.read(client.get(address(kind, pk))).one("table", class_="translations").one("tbody").all("tr")
    return {row.one("th")["lang"]: row.all("td")[0].text for row in rows}


def test_an_article_is_translated_beside_its_original_and_previewed(desk: Client) -> None:
    article = make_article("harbour", title="The harbour", standfirst="In short.", body="<p>Down there.</p>")
    url, key = address("article", article.pk, "de"), f"article-{article.pk}"
    assert states(desk, "article", article.pk) == {"de": "Not translated.", "ar": "Not translated."}
    page = pages.read(desk.get(url))
    assert [each.one("div", lang="en").text for each in page.all("section", class_="pair")] == [
        "The harbour",
        "In short.",
        "Down there.",
    ]
    texts = {f"{key}-title": "Der Hafen", f"{key}-body": "<p>Da <script>x</script><em>unten</em>.</p>"}
    assert send(desk, url, **texts).status_code == 302
    stored: Any = Article.objects.get(pk=article.pk)
    assert (stored.title, stored.title_de, stored.body_de) == ("The harbour", "Der Hafen", "<p>Da <em>unten</em>.</p>")
    assert states(desk, "article", article.pk)["de"] == "2 of 3 texts are translated."
    assert revisions.kept(stored)[0].history_change_reason == "Translation: Deutsch"
    preview = pages.read(desk.get(f"/admin/articles/article/{article.pk}/preview/?language=de"))
    assert (preview.one("html")["lang"], preview.one("h1").text) == ("de", "Der Hafen")
    change = pages.read(desk.get(f"/admin/articles/article/{article.pk}/change/"))
    assert address("article", article.pk) in [each.attributes.get("href") for each in change.all("a")]


def test_a_translation_is_out_of_date_once_the_original_changes(desk: Client) -> None:
    section = make_section("ports", name="Ports")
    url, key = address("section", section.pk, "de"), f"section-{section.pk}-name"
    send(desk, url, **{key: "Häfen"})
    assert states(desk, "section", section.pk)["de"] == "Complete."
    Section.objects.filter(pk=section.pk).update(name="Ports and seas")
    assert states(desk, "section", section.pk)["de"] == "The original has changed since it was translated."
    send(desk, url)  # somebody has looked at it: it fits as it stands
    assert states(desk, "section", section.pk)["de"] == "Complete."
    assert Translated.objects.get(kind="section").who == "chief"


def test_who_saves_after_somebody_else_overwrites_nothing_unseen(desk: Client) -> None:
    section = make_section("ports", name="Ports")
    url, key = address("section", section.pk, "de"), f"section-{section.pk}-name"
    began = fields(desk, url)
    send(desk, url, **{key: "Häfen"})
    answer = desk.post(url, {**began, key: "Anleger"})
    assert answer.status_code == 200
    page = pages.read(answer)
    assert "Somebody else has since changed" in page.text
    assert "Stored now: Häfen" in page.text
    assert Section.objects.get(pk=section.pk).i18n == {"name_de": "Häfen"}
    again = {each["name"]: each.attributes.get("value", "") for each in page.all("input") if "name" in each.attributes}
    assert desk.post(url, again).status_code == 302
    assert Section.objects.get(pk=section.pk).i18n == {"name_de": "Anleger"}


def test_every_kind_of_row_can_be_translated_and_emptied_again(desk: Client, media_folder: Any) -> None:
    plain = Page.objects.create(title="A page", body="<p>Text.</p>")
    rows: list[Any] = [make_picture(), plain, make_section(), make_article().authors.get()]
    for row in rows:
        kind = str(row._meta.model_name)
        url = address(kind, row.pk, "ar")
        given = {name: "نص" for name in fields(desk, url) if name.startswith(f"{kind}-{row.pk}-")}
        assert given
        assert send(desk, url, **given).status_code == 302
        row.refresh_from_db()
        assert len(row.i18n) == len(given)
        assert send(desk, url, **dict.fromkeys(given, "")).status_code == 302
        row.refresh_from_db()
        assert row.i18n == {}


def test_a_language_that_is_not_shown_and_an_unknown_row_are_not_found(desk: Client) -> None:
    section = make_section()
    urls = [address("section", section.pk, "ru"), address("section", section.pk, "en"), address("section", 0, "de")]
    assert [desk.get(url).status_code for url in [*urls, address("user", 1, "de")]] == [404, 404, 404, 404]


def test_only_who_may_change_a_row_may_translate_it() -> None:
    mine, other = make_section("mine"), make_section("other")
    person = User.objects.create_user("author", is_staff=True)
    roles.give(person, Role.AUTHOR, [mine])
    client = Client()
    client.force_login(person)
    own, foreign = make_article(section=mine, published_at=None), make_article(section=other, published_at=None)
    assert client.get(address("article", own.pk, "de")).status_code == 200
    assert client.get(address("article", foreign.pk, "de")).status_code == 403
    assert Client().get(address("article", own.pk, "de")).status_code == 302


def test_what_is_too_long_or_places_other_polls_is_said_at_its_field(desk: Client) -> None:
    poll = make_poll("a-poll")
    article = make_article(body=f"<p>Text.</p><p>[[poll:{poll.slug}]]</p>")
    url, key = address("article", article.pk, "de"), f"article-{article.pk}"
    answer = send(desk, url, **{f"{key}-title": "x" * 201, f"{key}-body": "<p>Ohne Umfrage.</p>"})
    faults = [each.text for each in pages.read(answer).all("ul", class_="errorlist")]
    assert len(faults) == 2
    assert "must place the same polls" in faults[1]
    assert Article.objects.get(pk=article.pk).i18n in (None, {})


def test_corrections_are_translated_with_their_article_and_shown_with_what_is_there(desk: Client) -> None:
    article = make_article("harbour", title="The harbour", standfirst="")
    first, second = (article.corrections.create(text=text) for text in ("Forty ships, not four.", "In June."))
    url = address("article", article.pk, "de")
    assert send(desk, url, **{f"correction-{first.pk}-text": "Vierzig Schiffe, nicht vier."}).status_code == 302
    assert states(desk, "article", article.pk)["de"] == "1 of 4 texts are translated."
    said = pages.read(Client().get("/de/articles/harbour/")).one("section", class_="corrections").all("p")
    assert [(each.text, each.attributes.get("lang")) for each in said] == [
        ("Vierzig Schiffe, nicht vier.", None),
        ("In June.", "en"),
    ]
    ArticleCorrection.objects.filter(pk=second.pk).update(text="In July.")
    assert states(desk, "article", article.pk)["de"] == "The original has changed since it was translated."


def test_the_notice_of_a_withdrawn_article_is_translated_and_goes_with_its_original(desk: Client) -> None:
    editor = User.objects.get()
    article = make_article("harbour", title="The harbour", title_de="Der Hafen")
    key = f"article-{article.pk}-withdrawal_notice"
    assert key not in fields(desk, address("article", article.pk, "de"))
    lifecycle.withdraw(article=article, by=editor, notice="The figures were wrong.")

    def notice(language: str) -> tuple[str, str | None]:
        answer = Client().get(f"/{language}/articles/harbour/")
        said = pages.read(answer).one("p", class_="standfirst")
        return said.text, said.attributes.get("lang")

    assert notice("de") == ("The figures were wrong.", "en")
    assert send(desk, address("article", article.pk, "de"), **{key: "Die Zahlen waren falsch."}).status_code == 302
    assert (notice("de"), notice("ar")) == (("Die Zahlen waren falsch.", None), ("The figures were wrong.", "en"))
    lifecycle.withdraw(article=article, by=editor, notice="One figure was wrong.")
    assert notice("de") == ("One figure was wrong.", "en")
    send(desk, address("article", article.pk, "de"), **{key: "Eine Zahl war falsch."})
    lifecycle.restore(article=article, by=editor)
    assert Article.objects.get(pk=article.pk).i18n == {"title_de": "Der Hafen"}


def test_who_signs_is_said_without_a_word_before_the_names_and_in_the_language_of_each() -> None:
    article = make_article("harbour", authors=0)
    for n, (name, german) in enumerate((("World affairs desk", "Ressort Weltpolitik"), ("A. N. Other", ""))):
        i18n = {"name_de": german, "name_ar": "قسم شؤون العالم" if german else ""}
        article.authors.add(Author.objects.create(slug=f"who-{n}", name=name, i18n=i18n))
    expected = {
        "": [("A. N. Other", None), ("World affairs desk", None)],
        "/de": [("A. N. Other", "en"), ("Ressort Weltpolitik", None)],
        "/ar": [("A. N. Other", "en"), ("قسم شؤون العالم", None)],
    }
    between = {"": ", ", "/de": ", ", "/ar": "، "}
    for language, names in expected.items():
        by = pages.read(Client().get(f"{language}/articles/harbour/")).one("span", class_="by")
        assert [(each.text, each.attributes.get("lang")) for each in by.all("span")[1:]] == names
        assert by.text == between[language].join(name for name, _lang in names)


# --- polls ----------------------------------------------------------------------------------------------------------


def keys(poll: Poll) -> tuple[str, list[str]]:
    question = poll.questions.get()
    return f"question-{question.pk}-text", [f"option-{one.pk}-text" for one in question.options.order_by("position")]


def test_a_translation_is_added_while_votes_come_in_and_changes_no_wording(desk: Client) -> None:
    poll = make_poll("a-poll", text="Which port?", options=["North", "South"])
    cast(poll, "North")
    question, (north, south) = keys(poll)
    assert send(desk, address("poll", poll.pk, "de"), **{question: "Welcher Hafen?", north: "Nord"}).status_code == 302
    poll.refresh_from_db()
    assert (poll.wording_version, Correction.objects.count(), PollEvent.objects.count()) == (1, 0, 0)
    assert states(desk, "poll", poll.pk)["de"] == "2 of 3 texts are translated."
    assert send(desk, address("poll", poll.pk, "de"), **{south: "Süd"}).status_code == 302
    assert Question.objects.get().text == "Which port?"
    assert [event.action for event in PollEvent.objects.all()] == ["translated"]
    told = pages.read(Client().get("/polls/a-poll/")).one("ol", class_="events").text
    assert told.endswith("a translation was added: Deutsch.")


def test_a_translation_by_which_readers_voted_is_changed_with_a_reason_alone(desk: Client) -> None:
    poll = make_poll("a-poll", text="Which port?", options=["North", "South"])
    question, (north, south) = keys(poll)
    url = address("poll", poll.pk, "de")
    send(desk, url, **{question: "Welcher Hafen?", north: "Nrod", south: "Süd"})
    cast(poll, "North")
    refused = send(desk, url, **{north: "Nord"})
    assert "Please say what was wrong" in pages.read(refused).text
    assert Option.objects.get(text="North").i18n == {"text_de": "Nrod"}
    assert send(desk, url, **{north: "Nord"}, reason="Letters in the wrong order").status_code == 302
    assert Option.objects.get(text="North").i18n == {"text_de": "Nord"}
    poll.refresh_from_db()
    assert poll.wording_version == 2
    told = pages.read(Client().get("/polls/a-poll/")).one("ol", class_="events").text
    assert "“Nrod” became “Nord”" in told
    page = pages.read(desk.get(f"/admin/polls/poll/{poll.pk}/change/"))
    row = page.one("section", aria_labelledby="corrections-title").one("tbody").one("tr")
    assert [row.one("del").text, row.one("ins").text] == ["Nrod", "Nord"]


def test_two_options_may_not_read_the_same_in_a_language(desk: Client) -> None:
    poll = make_poll("a-poll", text="Which port?", options=["North", "South"])
    _question, (north, south) = keys(poll)
    answer = send(desk, address("poll", poll.pk, "de"), **{north: "Hafen", south: "hafen"})
    assert "Another option already has this text." in pages.read(answer).text
    assert set(Option.objects.values_list("i18n", flat=True)) <= {None}


def test_the_form_of_a_survey_takes_as_many_queries_as_that_of_a_poll(desk: Client) -> None:
    def queries(poll: Poll) -> int:
        with CaptureQueriesContext(connection) as context:
            assert desk.get(address("poll", poll.pk, "de")).status_code == 200
        return len(context)

    one = make_poll(questions=[{"text": "Which?"}])
    many = make_poll(questions=[{"text": f"Which {n}?", "options": [f"A{n}", f"B{n}"]} for n in range(6)])
    queries(one)
    assert queries(one) == queries(many)


def test_a_site_of_one_language_says_that_there_is_nothing_to_translate(desk: Client) -> None:
    make_publication(languages=["en"])
    page = pages.read(desk.get(address("section", make_section().pk)))
    assert "has one language" in page.text
    assert translations.into() == []


FLOW: dict[str, Any] = {
    "pages": [{"title": "You and the port"}, {}],
    "quotas": [{"question": "who", "option": "sailor", "limit": 50, "message": "Enough sailors."}],
}


def test_the_titles_of_pages_and_what_a_full_quota_says_are_wording_too(desk: Client) -> None:
    asked = [question("who", options=["sailor", "docker"]), question("why", kind="text", page=2, required=False)]
    poll = survey(*asked, flow=FLOW, title="A survey")
    url = address("poll", poll.pk, "de")
    form = fields(desk, url)
    course = {f"poll-{poll.pk}-page_1_title", f"poll-{poll.pk}-quota_1_message"}
    assert course <= form.keys()
    rest = {key: f"{key} auf Deutsch" for key in form if key.startswith(("poll-", "question-", "option-"))}
    assert send(desk, url, **{key: text for key, text in rest.items() if key not in course}).status_code == 302
    assert pages.read(Respondent(poll, language="/de").begin()).one("h1").text == "You and the port"
    titles = {f"poll-{poll.pk}-page_1_title": "Sie und der Hafen", f"poll-{poll.pk}-quota_1_message": "Genug."}
    assert send(desk, url, **titles).status_code == 302
    assert pages.read(Respondent(poll, language="/de").begin()).one("h1").text == "Sie und der Hafen"
    poll = Poll.objects.whole().get(pk=poll.pk)
    with translation.override("de"):
        sheet = paper.from_poll(poll)
    assert sheet.flow["pages"] == [{"title": "Sie und der Hafen"}, {}]
    assert sheet.flow["quotas"][0] == {**FLOW["quotas"][0], "message": "Genug."}
    assert poll.flow == FLOW
    assert send(desk, url, **{f"poll-{poll.pk}-page_1_title": "x" * 201}).status_code == 200
