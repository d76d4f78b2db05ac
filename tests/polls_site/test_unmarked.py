"""No text of the program is written past the catalogues: in a language made of brackets, every word stands in them.

Content is Greek throughout. So a Latin letter outside of the brackets is a text that nobody can translate.
"""

from __future__ import annotations

import gettext
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib import admin
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import trans_real

from articles import accounts, people, roles
from articles.models import Article, Audience, Author, Invitation, Page, Section, Topic
from articles.roles import Role
from polls import tally
from polls.models import Ballot, Poll
from tests import pages
from tests.factories import cast, finalise, make_article, make_poll, make_publication
from tests.polls.every import every_type
from tests.polls.surveys import Respondent, hidden
from tests.readers import Reader

pytestmark = pytest.mark.django_db
INNER = re.compile(r"⟦[^⟦⟧]*⟧")
LATIN = re.compile(r"[A-Za-zÀ-ÿ]{2,}")
SPOKEN = ("aria-label", "title", "alt", "placeholder", "data-copied", "data-sentence", "data-title", "aria-valuetext")
# What is the same in every language: names of others, of formats and zones, and what is typed as it is.
SAME = {
    *("Telegram", "LinkedIn", "JSON", "UTC", "Atom", "RSS", "PDF", "XLSX", "CSV", "XLSForm", "SurveyJS", "Markdown"),
    *("English", "Français", "Español", "Deutsch"),  # a language by its own name
    *("True", "False", "None"),  # what Django says of its own ticks and crosses
    *("WordPress", "YouTube", "Vimeo", "Dailymotion", "SoundCloud", "HTML", "URL"),
}
# Not for reading: what a program says to a program, and what is quoted as it is to be typed.
READ_IN_FEEDS = ("title", "subtitle", "summary", "content", "description", "name", "creator", "category")
PASSWORD = "seven green herons"
UNREAD = ("script", "style", "code", "kbd", "svg")
TYPED = re.compile(r"\[\[[^\]]*\]\]|https?://\S+|(?<!\S)/\S*/(?!\S)")  # placements and addresses


class Brackets(gettext.NullTranslations):
    """Every text in brackets, plural or not, with context or without."""

    def gettext(self, message: str) -> str:
        return f"⟦{message.rpartition(chr(4))[2]}⟧"

    def ngettext(self, one: str, many: str, n: int) -> str:
        return self.gettext(one if n == 1 else many)

    def to_language(self) -> str:
        return "de"


@pytest.fixture(autouse=True)
def brackets() -> Iterator[None]:
    """German is made of brackets; it is the language of the publication and so that of the desk."""
    known: Any = trans_real
    kept = known._translations.pop("de", None)
    known._translations["de"] = Brackets()
    make_publication(name="Ωμέγα", strapline="Λόγος και ψήφος", footer="Αθήνα", default_language="de", languages=["de"])
    for model in (Page, Audience):
        for row in model._default_manager.all():
            for name in ("title", "name", "summary", "body"):
                if hasattr(row, name):
                    setattr(row, name, "<p>Κείμενο</p>" if name == "body" else "Όνομα")
            row.i18n = {}
            row.save()
    yield
    del known._translations["de"]
    if kept is not None:
        known._translations["de"] = kept


def inside(text: str) -> str:
    """A text without what stands in brackets, however deep."""
    text = TYPED.sub(" ", text)
    while INNER.search(text):
        text = INNER.sub(" ", text)
    return text


def read(element: Any) -> str:
    """All that a reader is shown or told of an element, in the order of the page; not what names a language."""
    zones = element.tag == "select" and element.attributes.get("name") == "time_zone"
    if element.tag in UNREAD or zones or ("lang" in element.attributes and element.tag != "html"):
        return ""
    parts = [child if isinstance(child, str) else read(child) for child in element.children]
    return (
        f" {''.join(parts)} " if element.tag not in ("a", "b", "em", "strong", "time", "span", "i") else "".join(parts)
    )


def unmarked(answer: Any) -> list[str]:
    """The Latin words of a page outside of all brackets."""
    page = pages.read(answer)
    said = [read(page)]
    for element in page:
        if element.tag in UNREAD:
            continue
        said += [element.attributes[name] for name in SPOKEN if name in element.attributes]
        if element.tag == "input" and element.attributes.get("type") in ("submit", "button"):
            said.append(element.attributes.get("value", ""))
        if element.tag == "meta" and element.attributes.get("name") == "description":
            said.append(element["content"])
    found = [word for text in said for word in LATIN.findall(inside(text))]
    return sorted(set(found) - SAME)


def look(client: Client, *paths: str) -> dict[str, list[str]]:
    """Every page that has unmarked words, with them."""
    found = {}
    for path in paths:
        answer = client.get(path)
        assert answer.status_code in (200, 404, 410), (path, answer.status_code, answer.headers.get("Location"))
        assert "⟦" in answer.content.decode(), path
        if words := unmarked(answer):
            found[path] = words
    return found


@pytest.fixture
def site() -> dict[str, Any]:
    """An article of each kind that readers meet and polls in every state, all of it Greek."""
    section = Section.objects.create(slug="one", name="Κόσμος", description="Όλα")
    Section.objects.create(slug="two", name="Ευρώπη", parent=section)
    topic = Topic.objects.create(slug="t-1", name="Θέμα")
    author = Author.objects.create(
        slug="s-1", name="Σύνταξη", is_person=True, biography="Γράφει", website="https://xn--jxa.gr"
    )
    questions = [{"text": f"Τι λέτε {n};", "options": ["Ναι", "Όχι", "Ίσως"], "name": f"q{n}"} for n in range(3)]
    polls = {
        state: make_poll(f"p-{state}", text="Ποιος δρόμος;", options=["Δεξιά", "Αριστερά"], state=state)
        for state in ("open", "paused", "scheduled")
    }
    polls["several"] = make_poll("p-several", text="Ποια;", options=["Α", "Β", "Γ"], kind="multiple", may_change=True)
    polls["survey"] = make_poll("p-survey", title="Έρευνα", intro="Πρώτα", questions=questions)
    polls["hidden"] = make_poll("p-hidden", text="Ποιος;", options=["Α", "Β"], results_shown="after_close")
    polls["final"] = make_poll("p-final", text="Ποιος;", options=["Α", "Β"])
    for name in ("open", "several", "hidden", "final"):
        cast(polls[name])
    finalise(polls["final"])
    for poll in polls.values():
        if poll.published_at and poll.published_at <= timezone.now():
            tally.recount(poll.pk, wait=True)
    body = "<h2>Μέρος</h2><p>Λόγια.</p>" * 5 + "<p>Και[[note: Σημείωση]].</p><p>[[poll:p-several]]</p>"
    articles = [
        make_article(
            f"a-{n}",
            title="Τίτλος",
            standfirst="Λίγα λόγια.",
            body=body,
            section=section,
            authors=0,
            poll=polls["open"],
        )
        for n in range(14)
    ]
    for article in articles:
        article.authors.add(author)
        article.topics.add(topic)
    articles[0].corrections.create(text="Διόρθωση")
    Article.objects.filter(pk=articles[1].pk).update(withdrawn_at=timezone.now(), withdrawal_notice="Λάθος")
    Article.objects.filter(pk=articles[2].pk).update(archived_at=timezone.now())
    return {"polls": polls, "articles": articles, "section": section, "topic": topic, "author": author}


def test_every_page_for_readers(site: dict[str, Any]) -> None:
    month = timezone.localtime(site["articles"][0].published_at)
    paths = [
        *(
            "/",
            "/articles/a-0/",
            "/articles/a-1/",
            "/articles/a-2/",
            "/sections/one/",
            "/topics/t-1/",
            "/authors/s-1/",
        ),
        *("/for/students/", "/archive/", f"/archive/{month.year}/{month.month}/", "/authors/", "/topics/", "/polls/"),
        *(
            "/search/",
            "/search/?q=τίτλος",
            "/search/?q=μηδέν&year=2016",
            "/pages/privacy/",
            "/none/",
            "/sections/one/?page=2",
        ),
        *(f"/polls/{poll.slug}/" for poll in site["polls"].values()),
        *(f"/polls/{poll.slug}/mine/" for poll in site["polls"].values() if poll.slug != "p-scheduled"),
        "/polls/p-survey/answer/",
    ]
    assert look(Client(), *paths) == {}


def test_voting_without_scripts(site: dict[str, Any]) -> None:
    poll = site["polls"]["several"]
    reader = Reader()
    question = poll.questions.get()
    option = question.options.first()
    asked = reader.send_form(poll, {f"q{question.pk}": option.pk, "language": "de"})
    assert (asked.status_code, unmarked(asked)) == (200, [])
    reader.submit(asked)
    assert unmarked(reader.get(f"/polls/{poll.slug}/mine/")) == []
    assert unmarked(reader.get(f"/polls/{poll.slug}/mine/?change=1")) == []
    other = question.options.last()
    for fields in ({f"q{question.pk}": other.pk}, {}, {f"q{question.pk}": 1}):
        refused = reader.send_form(poll, {**fields, "language": "de"})
        assert refused.status_code >= 400
        assert unmarked(refused) == []


def test_signing_in(site: dict[str, Any]) -> None:
    cache.clear()
    paths = ("/account/login/", "/account/password/reset/", "/account/password/reset/done/", "/account/inactive/")
    assert look(Client(), *paths) == {}
    assert unmarked(Client().post("/account/login/", {"login": "", "password": ""})) == []


def in_greek(poll: Poll) -> Poll:
    """A poll of every type whose words are Greek: its texts, its options, the words of its scales."""
    for n, question in enumerate(poll.questions.all()):
        labels = "\n".join(f"Λέξη {line}" for line, _word in enumerate(question.labels.splitlines()))
        question.text, question.labels, question.help = f"Ερώτηση {n};", labels, "Λίγα λόγια"
        question.save()
        for place, option in enumerate(question.options.all()):
            option.text = f"Επιλογή {place}"
            option.save()
    return poll


def test_every_page_of_a_survey_from_its_beginning_to_its_end() -> None:
    poll = in_greek(every_type(slug="p-every", title="Έρευνα", intro="Πρώτα", may_change=True))
    poll.questions.filter(position=0).update(required=True)
    reader = Respondent(poll)
    begun = reader.get()
    first = reader.begin()
    number, chosen = poll.questions.get(kind="number"), poll.questions.get(position=0)
    faults = [
        reader.send(first),
        reader.post("1/", {**hidden(first), f"q{number.pk}.0": "λάθος", "step": "next"}),
        reader.post("1/", {**hidden(first), f"q{number.pk}.0": "9" * 40, f"q{chosen.pk}": "0", "step": "next"}),
    ]
    filled = {f"q{chosen.pk}": chosen.options.values_list("pk", flat=True)[0]}
    kept = reader.post("1/", {**hidden(reader.get("1/")), **filled, "step": "later"})
    again = reader.get("1/")
    looked = reader.follow(reader.post("1/", {**hidden(again), **filled, "step": "next"}))
    assert [page.status_code for page in (begun, first, *faults, looked)] == [200, 200, 422, 422, 400, 200]
    assert kept.status_code == 303
    done = reader.follow(reader.post("review/", {**hidden(looked), "step": "send"}))
    assert Ballot.objects.count() == 1
    shown = [begun, first, *faults, reader.follow(kept), looked, done, reader.get()]
    assert [unmarked(page) for page in shown] == [[]] * len(shown)
    tally.recount(poll.pk, wait=True)
    assert look(Client(), "/polls/p-every/") == {}


def test_a_second_factor_is_set_up_used_and_taken_away(settings: Any, redis_cache: Any) -> None:
    settings.WITHOUT_SECOND_FACTOR = False
    roles.keep()
    user = User.objects.create_superuser("ωμέγα", "o@xn--jxa.gr", PASSWORD, first_name="Ωμέγα")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client = Client()
    client.post("/account/login/", {"login": "ωμέγα", "password": PASSWORD})
    again = client.get("/account/2fa/totp/activate/")["Location"]
    assert unmarked(client.get(again)) == []
    assert unmarked(client.post(again, {"password": "wrong"})) == []
    client.post(again, {"password": PASSWORD})
    assert look(client, *(f"/account/2fa/{path}" for path in ("", "webauthn/", "webauthn/add/"))) == {}
    shown = client.get("/account/2fa/totp/activate/")
    secret = pages.read(shown).one(id="authenticator_secret").text
    assert [word for word in unmarked(shown) if word not in secret] == []
    wrong = client.post("/account/2fa/totp/activate/", {"code": "000000"})
    secret = pages.read(wrong).one(id="authenticator_secret").text
    assert [word for word in unmarked(wrong) if word not in secret] == []
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    client.logout()
    asked = client.post("/account/login/", {"login": "ωμέγα", "password": PASSWORD}, follow=True)
    assert unmarked(asked) == []
    assert unmarked(client.post("/account/2fa/authenticate/", {"code": "000000"})) == []
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert client.post("/account/2fa/authenticate/", {"code": code}).status_code == 302
    assert unmarked(client.get("/admin/")) == []
    client.post(client.get("/account/2fa/totp/deactivate/")["Location"], {"password": PASSWORD})
    more = ("totp/deactivate/", "recovery-codes/", "recovery-codes/generate/")
    assert look(client, *(f"/account/2fa/{path}" for path in more)) == {}
    assert look(client, "/account/reauthenticate/", "/account/2fa/reauthenticate/", "/account/logout/") == {}
    key = Authenticator(user=user, type="webauthn", data={"name": "Κλειδί"})
    with translation.override("de"):  # its page needs a real one, in a browser
        assert accounts.RenamedPasskey(instance=key)["name"].label == "⟦name⟧"


def test_an_invitation_and_what_becomes_of_it(site: dict[str, Any], redis_cache: Any) -> None:
    link = invited("κάποιος@xn--jxa.gr")
    path = link.partition("testserver")[2]
    assert look(Client(), path) == {}
    assert unmarked(Client().post(path, {"username": "", "password1": "a", "password2": "b"})) == []
    Invitation.objects.update(withdrawn_at=timezone.now())
    assert unmarked(Client().get(path)) == []


def invited(email: str) -> str:
    """The link of an invitation of somebody by somebody, after it was mailed."""
    by = User.objects.create_superuser("άλφα", "", PASSWORD, first_name="Άλφα")
    invitation, secret = people.invite(email=email, role=Role.EDITOR, sections=[], by=by, now=timezone.now())
    link = f"http://testserver/account/invitation/{secret}/"
    assert people.send_invitation(invitation, link=link)
    return link


def test_every_mail(settings: Any, redis_cache: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    roles.keep()
    invited("ο@xn--jxa.gr")
    user = User.objects.create_user("ωμέγα", "w@xn--jxa.gr", PASSWORD, is_staff=True)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    by = User.objects.get(username="άλφα")
    for address in (user.email, "n@xn--jxa.gr"):
        Client().post("/account/password/reset/", {"email": address})
    people.reset_second_factor(user, by=by)
    request = Client().get("/account/login/").wsgi_request
    with context.request_context(request):
        for prefix in accounts.TOLD:
            accounts.Accounts(request).send_notification_mail(prefix, user)
    letters = mail.outbox
    assert len(letters) == 4 + len(accounts.TOLD)
    for letter in letters:
        plain = f"{letter.subject}\n{letter.body}"
        for said in (user.email, "n@xn--jxa.gr", "ωμέγα"):
            plain = plain.replace(said, "")
        assert [("⟦" in part) for part in (letter.subject, letter.body)] == [True, True], letter.subject
        assert (letter.subject, set(LATIN.findall(inside(plain))) - SAME) == (letter.subject, set())


def test_every_feed(site: dict[str, Any]) -> None:
    found = {}
    for of in ("", "sections/one/", "topics/t-1/", "authors/s-1/"):
        for form in ("", "rss/"):
            tree = ElementTree.fromstring(Client().get(f"/feed/{of}{form}").content)  # noqa: S314 - our own answer
            texts = [each.text or "" for each in tree.iter() if each.tag.rpartition("}")[2] in READ_IN_FEEDS]
            assert any("⟦" in text for text in texts)
            plain = " ".join(re.sub(r"<[^>]*>", " ", text) for text in texts)
            found[f"{of}{form}"] = set(LATIN.findall(inside(plain))) - SAME
        items = json.loads(Client().get(f"/feed/{of}json/").content)["items"]
        said = " ".join(f"{each['title']} {each['content_html']} {each.get('summary', '')}" for each in items)
        found[f"{of}json/"] = set(LATIN.findall(inside(re.sub(r"<[^>]*>", " ", said)))) - SAME
    assert {name: words for name, words in found.items() if words} == {}


@pytest.fixture
def desk() -> Client:
    client = Client()
    user = User.objects.create_superuser("ωμέγα", "", "a-long-password", first_name="Ωμέγα")
    client.force_login(user)
    return client


def test_every_list_and_every_empty_form_of_the_desk(desk: Client, site: dict[str, Any]) -> None:
    paths = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths += [reverse(f"{name}_{page}") for page in ("changelist", "add")]
    request: Any = None
    found = {}
    for path in paths:
        answer = desk.get(path, follow=True)
        if answer.status_code == 403:
            continue  # such rows are not made by hand
        request = answer
        if words := unmarked(answer):
            found[path] = words
    assert request is not None
    assert found == {}


def test_the_pages_of_an_article_and_of_a_poll_at_the_desk(desk: Client, site: dict[str, Any]) -> None:
    article, poll, survey = site["articles"][0], site["polls"]["open"], site["polls"]["survey"]
    paths = [
        *(f"/admin/articles/article/{article.pk}/{page}/" for page in ("change", "revisions", "reviews", "history")),
        *(f"/admin/articles/article/{article.pk}/step/{step}/" for step in ("archive", "withdraw")),
        *(f"/admin/polls/poll/{poll.pk}/{page}/" for page in ("change", "branches", "texts", "export")),
        *(f"/admin/polls/poll/{poll.pk}/step/{step}/" for step in ("pause", "close", "extend", "correct", "replace")),
        f"/admin/polls/poll/{survey.pk}/write/",
        f"/admin/polls/poll/{survey.pk}/branches/",
        "/admin/polls/poll/import/",
        f"/admin/articles/publication/translations/section/{site['section'].pk}/",
        "/account/language/",
        "/account/2fa/",
        "/account/password/change/",
    ]
    assert look(desk, *paths) == {}


def test_a_text_past_the_catalogues_would_be_found() -> None:
    class Answer:
        content = '<html lang="de"><p>⟦Closed on ⟦May⟧ 3⟧ <a>Vote now</a></p><b title="Why">Λόγος</b></html>'.encode()

    assert unmarked(Answer()) == ["Vote", "Why", "now"]


def test_no_poll_is_left_out(site: dict[str, Any]) -> None:
    assert Poll.objects.count() == len(site["polls"])
