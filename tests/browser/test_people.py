"""Somebody is invited, joins, and logs in: with an app, a recovery code, a passkey, and with the keyboard alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader, accessible
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]
PASSWORD = "seven green herons"
SIZES = [(390, "dark"), (1280, "light")]

Invite = Callable[..., str]


@pytest.fixture
def invite(reader: Reader, stack: Stack) -> Invite:
    """An administrator invites somebody; the link that the page shows, at a host name, for passkeys know no numbers."""

    def make(role: str = "Author.") -> str:
        desk = reader()
        log_in(desk, "editor", (stack.directory / "editor-password").read_text().strip())
        desk.goto("/admin/articles/invitation/add/")
        desk.get_by_label("Email address").fill(f"{time.time_ns()}@example.org")
        desk.get_by_label(role).check()
        desk.get_by_role("button", name="Save").click()
        expect(desk.get_by_text("The link was emailed to")).to_be_visible()
        accessible(desk)
        link = desk.get_by_label("The link").input_value()
        assert link in newest_letter(stack)
        return link.replace("127.0.0.1", "localhost")

    return make


def newest_letter(stack: Stack) -> str:
    return max((stack.directory / "mail").glob("*.txt")).read_text()


def log_in(page: Page, name: str, password: str) -> None:
    if not page.url.startswith("http://localhost"):
        page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def join(page: Page, link: str) -> str:
    """Open an invitation, choose a name and a password; the name."""
    name = f"ann{time.time_ns()}"
    page.goto(link)
    page.get_by_label("Username").fill(name)
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat password").fill(PASSWORD)
    accessible(page)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Your second factor")).to_be_visible()
    return name


def set_up_app(page: Page) -> tuple[str, list[str]]:
    """Set up an authenticator app: its secret and the recovery codes."""
    accessible(page)
    page.get_by_role("link", name="Set up an app").click()
    secret = page.locator("#authenticator_secret").inner_text()
    page.get_by_label("Code").fill(code(secret))
    accessible(page)
    page.get_by_role("button", name="Set it up").click()
    codes = page.get_by_label("Unused codes").input_value().split()
    accessible(page)
    return secret, codes


def code(secret: str, *, later: int = 0) -> str:
    """What the app shows now, or `later` half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def at_the_desk(page: Page) -> None:
    expect(page.get_by_role("heading", name="The editors’ desk")).to_be_visible()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    page.goto(re.sub(r"(//[^/]+)/.*", r"\1/admin/", page.url))
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_an_invitation_leads_by_password_and_app_to_the_desk(
    invite: Invite, reader: Reader, stack: Stack, width: int, scheme: Any
) -> None:
    link = invite()
    guest = reader(width=width, color_scheme=scheme)
    name = join(guest, link)
    secret, codes = set_up_app(guest)
    assert len(set(codes)) == 10
    guest.get_by_role("link", name="to the desk").click()
    at_the_desk(guest)
    assert "Your account has been changed" in newest_letter(stack)
    # An author: no people, no audit list.
    expect(guest.get_by_role("link", name="People", exact=True)).to_have_count(0)
    # The link has been used.
    other = reader(width=width, color_scheme=scheme)
    answer = other.goto(link)
    assert answer is not None
    assert answer.status == 410
    expect(other.get_by_role("heading", name="This link no longer works")).to_be_visible()
    accessible(other)
    # And in again, with the code that the app shows.
    log_out(guest)
    accessible(guest)
    log_in(guest, name, PASSWORD)
    expect(guest.get_by_role("heading", name="Now your second factor")).to_be_visible()
    accessible(guest)
    guest.get_by_label("Code").fill("000000")
    guest.get_by_role("button", name="Log in", exact=True).click()
    expect(guest.get_by_text("Incorrect code.")).to_be_visible()
    accessible(guest)
    guest.get_by_label("Code").fill(code(secret, later=1))
    guest.get_by_role("button", name="Log in", exact=True).click()
    at_the_desk(guest)


def test_a_recovery_code_opens_the_desk_once(invite: Invite, reader: Reader) -> None:
    guest = reader()
    name = join(guest, invite())
    _secret, (spare, *_others) = set_up_app(guest)
    guest.get_by_role("link", name="to the desk").click()
    log_out(guest)
    log_in(guest, name, PASSWORD)
    guest.get_by_label("Code").fill(spare)
    guest.get_by_role("button", name="Log in", exact=True).click()
    at_the_desk(guest)
    log_out(guest)
    log_in(guest, name, PASSWORD)
    guest.get_by_label("Code").fill(spare)
    guest.get_by_role("button", name="Log in", exact=True).click()
    expect(guest.get_by_text("Incorrect code.")).to_be_visible()


def authenticator(page: Page) -> None:
    """A key in the browser, which says yes to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def press_with_key(page: Page, name: str) -> None:
    """Press a button that the page's script answers, once the script is there."""
    page.wait_for_load_state("load")
    page.get_by_role("button", name=name).click()


def test_a_passkey_opens_the_desk_after_the_password_and_in_place_of_it(invite: Invite, reader: Reader) -> None:
    guest = reader()
    authenticator(guest)
    name = join(guest, invite())
    guest.get_by_role("link", name="Set up a passkey").click()
    guest.get_by_label("Name").fill("my phone")
    guest.get_by_label("Passwordless").check()
    accessible(guest)
    press_with_key(guest, "Set it up")
    expect(guest.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    guest.get_by_role("link", name="Second factor").click()
    guest.get_by_role("link", name="See passkeys").click()
    expect(guest.get_by_text("my phone").first).to_be_visible()
    accessible(guest)
    guest.get_by_role("link", name="The desk").click()
    log_out(guest)
    # After the password.
    log_in(guest, name, PASSWORD)
    press_with_key(guest, "Use a passkey")
    at_the_desk(guest)
    log_out(guest)
    # In place of name and password.
    press_with_key(guest, "Use a passkey")
    at_the_desk(guest)


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_every_page_of_the_account_is_accessible_and_fits_the_screen(
    invite: Invite, reader: Reader, width: int, scheme: Any
) -> None:
    guest = reader(width=width, color_scheme=scheme)
    authenticator(guest)
    join(guest, invite())
    set_up_app(guest)
    guest.goto("http://localhost" + guest.url.partition("localhost")[2].partition("/")[0] + "/account/2fa/")
    guest.get_by_role("link", name="Set up a passkey").click()
    press_with_key(guest, "Set it up")
    expect(guest.get_by_text("1 passkey is set up.")).to_be_visible()
    accessible(guest)
    for path in (
        "totp/deactivate/",
        "webauthn/",
        "recovery-codes/generate/",
        "reauthenticate/",
        "webauthn/reauthenticate/",
    ):
        guest.goto(f"{guest.url.partition('/account')[0]}/account/2fa/{path}")
        accessible(guest)
    guest.goto(f"{guest.url.partition('/account')[0]}/account/2fa/webauthn/")
    for name in ("Rename", "Remove"):
        guest.get_by_role("link", name=name).click()
        accessible(guest)
        guest.get_by_role("link", name="Back").click()
    for path in (
        "reauthenticate/",
        "password/change/",
        "logout/",
        "password/reset/",
        "password/reset/done/",
        "inactive/",
    ):
        guest.goto(f"{guest.url.partition('/account')[0]}/account/{path}")
        accessible(guest)
    guest.goto(f"{guest.url.partition('/account')[0]}/account/password/change/")
    guest.get_by_label("Current password").fill("wrong")
    guest.get_by_role("button", name="Change password").click()
    accessible(guest)


def test_a_passkey_that_cannot_be_used_is_said_in_words(reader: Reader, stack: Stack) -> None:
    visitor = reader()
    visitor.goto("/account/login/")  # an address of numbers: no passkey can be made for it
    visitor.get_by_role("button", name="Use a passkey").click()
    expect(visitor.get_by_text("The passkey was not used")).to_be_visible()
    accessible(visitor)


def test_the_keyboard_alone_is_enough(invite: Invite, reader: Reader) -> None:
    guest = reader(width=390)
    guest.goto(invite())
    keys = guest.keyboard
    name = f"key{time.time_ns()}"
    guest.get_by_label("Username").focus()
    for text in (name, "Ann", "Key", PASSWORD, PASSWORD):
        keys.type(text)
        keys.press("Tab")
    keys.press("Enter")
    expect(guest.get_by_role("heading", name="Your second factor")).to_be_visible()
    tab_to(guest, "Set up an app")
    keys.press("Enter")
    secret = guest.locator("#authenticator_secret").inner_text()
    tab_to(guest, "code")
    keys.type(code(secret))
    keys.press("Enter")
    expect(guest.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    tab_to(guest, "to the desk")
    keys.press("Enter")
    at_the_desk(guest)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says `words`, and see that the focus shows."""
    says = "(e => (e.innerText || '') + ' ' + (e.name || ''))(document.activeElement)"
    for _ in range(30):
        page.keyboard.press("Tab")
        if words in page.evaluate(says):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"the Tab key never reaches {words!r}")


def test_every_page_of_the_admin_says_that_no_second_factor_is_asked_for_here(reader: Reader, stack: Stack) -> None:
    desk = reader()
    log_in(desk, "editor", (stack.directory / "editor-password").read_text().strip())
    for path in ("", "articles/article/", "articles/person/", "articles/auditentry/", "polls/poll/"):
        desk.goto(f"/admin/{path}")
        expect(desk.get_by_text("This site can be reached from this computer only")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_people_and_the_audit_list_can_be_read_by_everybody(
    reader: Reader, stack: Stack, width: int, scheme: Any
) -> None:
    desk = reader(width=width, color_scheme=scheme)
    log_in(desk, "editor", (stack.directory / "editor-password").read_text().strip())
    for path in ("articles/person/", "articles/invitation/", "articles/invitation/add/", "articles/auditentry/"):
        desk.goto(f"/admin/{path}")
        accessible(desk)
    desk.goto("/admin/articles/person/")
    desk.locator("#result_list").get_by_role("link", name="editor", exact=True).click()
    accessible(desk)
