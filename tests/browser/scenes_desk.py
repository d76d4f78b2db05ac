"""Scenes of who works here: signing in, the desk and its lists, writing, translating, surveys, what only staff see."""

from __future__ import annotations

from tests.browser.scene import (
    INVITATION,
    USED_INVITATION,
    Arrive,
    Scene,
    Visit,
    filling,
    followed,
    own,
    pressing,
    row,
    seeing,
)

ARTICLE, POLL = "articles/article", "polls/poll"
LISTS = ("section", "author", "topic", "audience", "picture", "document", "recording", "page", "person", "invitation")
ADDED = ("section", "author", "topic", "audience", "picture", "document", "recording", "page", "invitation")


def desk(name: str, arrive: Arrive, *, parts: str = "") -> Scene:
    return Scene(name, arrive, desk=True, parts=parts)


def staff(path: str) -> Arrive:
    """A page that speaks the language of the account."""

    def arrive(visit: Visit) -> None:
        visit.page.goto(path)

    return arrive


def admin(path: str) -> Arrive:
    return staff(f"/admin/{path}")


def translating(table: str, words: str, then: str = "") -> Arrive:
    """How far the translations of a row have come, or one of them beside the original."""

    def arrive(visit: Visit) -> None:
        row(table, words)(visit)
        number = visit.page.url.split("/")[-3]
        visit.page.goto(f"/admin/articles/publication/translations/{table.partition('/')[2]}/{number}/{then}")

    return arrive


def comparing(visit: Visit) -> None:
    """The last two revisions of an article."""
    row(ARTICLE, "harbour+built", "revisions/")(visit)
    visit.press("#content form [type=submit]")
    visit.page.wait_for_url("**/compare/**")


def assured(visit: Visit) -> None:
    """What touches the second factor asks for the password again where signing in is a while ago."""
    if visit.page.locator("main [type=password]").count():
        visit.page.locator("main [type=password]").fill(visit.password)
        visit.press("main [type=submit]")


def tried_out(visit: Visit) -> None:
    row(POLL, "two-questions", "try/1/")(visit)
    visit.page.locator("main fieldset.asked input[type=radio], fieldset.asked input[type=radio]").first.check(
        force=True
    )
    visit.press(".answer-steps button[value=next]")
    visit.page.wait_for_load_state()


def logged_out(visit: Visit) -> None:
    visit.page.goto("/account/logout/")


SCENES = [
    Scene("sign-in", own("/account/login/"), short=True),
    Scene(
        "sign-in-faults",
        followed(
            own("/account/login/"),
            filling("[name=login]", "nobody"),
            filling("[type=password]", "nothing"),
            pressing("main [type=submit]"),
            seeing(".errors, .errorlist"),
        ),
    ),
    Scene("new-password", own("/account/password/reset/")),
    Scene("new-password-asked", own("/account/password/reset/done/")),
    Scene("new-password-old-link", own("/account/password/reset/key/1-set-password/")),
    Scene("account-inactive", own("/account/inactive/")),
    Scene("invitation", own(f"/account/invitation/{INVITATION}/")),
    Scene("invitation-over", own(f"/account/invitation/{USED_INVITATION}/")),
    desk("account-log-out", logged_out),
    desk("account-language", staff("/account/language/")),
    desk("account-password", staff("/account/password/change/")),
    desk("account-second-factor", staff("/account/2fa/")),
    desk("account-app", followed(staff("/account/2fa/totp/activate/"), assured, seeing("#authenticator_secret"))),
    desk("account-passkey", followed(staff("/account/2fa/webauthn/add/"), assured, seeing("[name=name]"))),
    desk("account-again", staff("/account/reauthenticate/")),
    desk("desk", admin("")),
    desk("desk-articles", admin("articles/article/")),
    desk("desk-articles-nothing", admin("articles/article/?q=zzzz")),
    desk("desk-article-new", admin("articles/article/add/")),
    desk(
        "desk-article-faults", followed(admin("articles/article/add/"), pressing("[name=_save]"), seeing(".errornote"))
    ),
    desk("desk-article", row(ARTICLE, "harbour+built")),
    desk(
        "desk-article-library",
        followed(row(ARTICLE, "harbour+built"), pressing(".library-bar .button"), seeing("dialog[open] .found li")),
    ),
    desk("desk-article-draft", row(ARTICLE, "ferry")),
    desk("desk-article-preview", row(ARTICLE, "ferry", "preview/")),
    desk("desk-article-width", row(ARTICLE, "ferry", "preview/390/")),
    desk("desk-article-reviews", row(ARTICLE, "ferry", "reviews/")),
    desk("desk-article-revisions", row(ARTICLE, "harbour+built", "revisions/")),
    desk("desk-article-compare", comparing),
    desk("desk-article-publish", row(ARTICLE, "ferry", "step/publish/")),
    desk("desk-article-withdraw", row(ARTICLE, "harbour+built", "step/withdraw/")),
    desk("desk-article-delete", row(ARTICLE, "ferry", "delete/")),
    desk("desk-corrections", admin("articles/correction/")),
    desk("desk-translations", translating(ARTICLE, "washington")),
    desk("desk-translation-article", translating(ARTICLE, "washington", "ar/")),
    desk("desk-translation-poll", translating(POLL, "us-aims-open", "ar/")),
    *(desk(f"desk-{name}s", admin(f"articles/{name}/")) for name in LISTS),
    *(desk(f"desk-{name}-new", admin(f"articles/{name}/add/")) for name in ADDED),
    desk("desk-section-one", row("articles/section", "Economy")),
    desk("desk-picture-one", row("articles/picture", "")),
    desk("desk-person-one", row("articles/person", "bo")),
    desk("desk-invitation-one", row("articles/invitation", "ann")),
    desk("desk-audit", admin("articles/auditentry/")),
    desk("desk-imports", admin("articles/delivery/")),
    desk("desk-import-new", admin("articles/delivery/add/")),
    desk("desk-publication", followed(admin("articles/publication/"), seeing("#publication_form, #content-main form"))),
    desk("desk-bank", admin("polls/saved/")),
    desk("desk-polls", admin("polls/poll/")),
    desk("desk-poll-new", admin("polls/poll/add/")),
    desk("desk-poll-import", admin("polls/poll/import/")),
    desk("desk-poll", row(POLL, "us-aims-open")),
    desk("desk-survey", row(POLL, "can+be+asked")),
    desk("desk-poll-write", row(POLL, "getting-about", "write/")),
    desk("desk-poll-branches", row(POLL, "getting-about", "branches/")),
    desk("desk-poll-try", row(POLL, "getting-about", "try/1/")),
    desk("desk-poll-tried", tried_out),
    desk("desk-poll-export", row(POLL, "can+be+asked", "export/")),
    desk("desk-poll-texts", row(POLL, "can+be+asked", "texts/")),
    desk("desk-poll-empty-text", followed(row(POLL, "can+be+asked", "texts/"), pressing(".texts .deletelink"))),
    desk("desk-poll-pause", row(POLL, "us-aims-open", "step/pause/")),
    desk("desk-poll-correct", row(POLL, "us-aims-open", "step/correct/")),
    desk("desk-poll-replace", row(POLL, "us-aims-open", "step/replace/")),
    desk("desk-poll-close", row(POLL, "us-aims-open", "step/close/")),
    desk("styleguide", staff("/styleguide/"), parts=".styleguide > :is(header, section)"),
    desk("styleguide-on-paper", staff("/styleguide/paper/"), parts=".styleguide > :is(header, section)"),
    desk("mail", staff("/styleguide/mail/")),
    *(
        desk(f"error-{name}", staff(f"/styleguide/errors/{name}/"))
        for name in ("400", "403", "403_csrf", "413", "429", "500", "503")
    ),
]
