"""The stock Django admin behind the gateway: held, countersigned, carried out by Django once, and Django's own protection intact.

What happened is read from Django's database and its own log, never from a page of the gateway. What the admin sends without a
gateway is in test_django_admin.py.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode

import pytest
from playwright.sync_api import Page, expect

from django_site import ADMIN, DjangoSite
from gateway import Gateway
from prompt import choose, expect_prompt, give, values
from test_django_admin import NEW_PASSWORD, log_in
from totp import Authenticator


@pytest.fixture
def phone(office: Gateway) -> Authenticator:
    """The superuser's authenticator; the gateway is running when a test gets it."""
    phone = office.add_user(ADMIN)
    office.start()
    return phone


def ask_to_delete(page: Page, office: Gateway, django: DjangoSite, name: str) -> str:
    """Presses the button of Django's own confirmation page; the path it posts to."""
    path = f"/admin/auth/user/{django.user_id(name)}/delete/"
    page.goto(office.url + path)
    page.get_by_role("button", name="Yes, I’m sure").click()
    return path


def messages(page: Page):
    return page.locator(".messagelist")


def is_password(password: str, stored: str) -> bool:
    """Whether Django would take it; `stored` is `pbkdf2_sha256$iterations$salt$hash`."""
    algorithm, iterations, salt, wanted = stored.split("$")
    assert algorithm == "pbkdf2_sha256"
    hashed = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), int(iterations))
    return b64encode(hashed).decode() == wanted


def test_delete_a_user(office: Gateway, phone: Authenticator, django: DjangoSite, page: Page, shots):
    log_in(page, office.url)
    number = django.user_id("alice")
    path = ask_to_delete(page, office, django, "alice")
    expect_prompt(page, office.portal)
    expect(page.locator("h2.action")).to_have_text(f"Delete user number {number}")
    assert values(page) == {"User number": str(number)}
    # The only authenticator is chosen already.
    expect(page.get_by_label("Phone")).to_be_checked()
    shots(page, "django-prompt")

    choose(page, "Phone")
    give(page, phone.wrong_code())
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    assert "alice" in django.users()
    assert django.requests("POST", path) == []

    give(page, phone.code())
    expect(messages(page)).to_contain_text("The user “alice” was deleted successfully.")
    expect(page).to_have_url(f"{office.url}/admin/auth/user/")
    assert django.users() == [ADMIN, "bob", "carol"]
    assert django.requests("POST", path) == [302]
    page.reload()
    assert django.requests("POST", path) == [302]


def test_delete_users_by_the_bulk_action(office: Gateway, phone: Authenticator, django: DjangoSite, page: Page):
    log_in(page, office.url)
    numbers = sorted(str(django.user_id(name)) for name in ("alice", "bob"))
    page.goto(f"{office.url}/admin/auth/user/")
    for number in numbers:
        page.locator(f"input[name=_selected_action][value='{number}']").check()
    page.get_by_label("Action:").select_option("delete_selected")
    page.locator("button[name=index]").click()
    # Django's question is not held.
    expect(page.locator("#content h1")).to_have_text("Delete multiple objects")
    page.get_by_role("button", name="Yes, I’m sure").click()
    expect_prompt(page, office.portal)
    assert sorted(re.findall(r"\d+", values(page)["User numbers"])) == numbers
    assert "alice" in django.users() and "bob" in django.users()

    choose(page, "Phone")
    give(page, phone.code())
    expect(messages(page)).to_contain_text("Successfully deleted 2 users.")
    assert django.users() == [ADMIN, "carol"]
    assert django.requests("POST", "/admin/auth/user/") == [200, 302]


def test_set_a_password(office: Gateway, phone: Authenticator, django: DjangoSite, page: Page, shots):
    log_in(page, office.url)
    number, before = django.user_id("carol"), django.password_hash("carol")
    path = f"/admin/auth/user/{number}/password/"
    page.goto(office.url + path)
    page.locator("#id_password1").fill(NEW_PASSWORD)
    page.locator("#id_password2").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect_prompt(page, office.portal)
    expect(page.locator("h2.action")).to_have_text(f"Set a new password for user number {number}")
    assert NEW_PASSWORD not in page.content()
    assert office.in_clear(NEW_PASSWORD) == []
    shots(page, "django-password")

    choose(page, "Phone")
    code = phone.code()
    give(page, code)
    expect(messages(page)).to_contain_text("Password changed successfully.")
    assert django.password_hash("carol") != before
    assert is_password(NEW_PASSWORD, django.password_hash("carol"))
    assert django.requests("POST", path) == [302]
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    for secret in (NEW_PASSWORD, code, phone.seed, cookies["sessionid"], cookies["csrftoken"]):
        assert office.in_clear(secret) == []
    assert office.in_clear("delete-user"), "the search itself finds what is written in clear: the policies are"


def test_djangos_own_csrf_protection_keeps_working(office: Gateway, phone: Authenticator, django: DjangoSite, page: Page):
    """A form with a wrong token is held like any other and released as it was: Django refuses it."""
    log_in(page, office.url)
    path = f"/admin/auth/user/{django.user_id('alice')}/delete/"
    page.goto(office.url + path)
    page.evaluate("document.querySelector('#content form [name=csrfmiddlewaretoken]').value = 'A'.repeat(64)")
    page.get_by_role("button", name="Yes, I’m sure").click()
    expect_prompt(page, office.portal)
    choose(page, "Phone")
    give(page, phone.code())
    expect(page.locator("body")).to_contain_text("CSRF verification failed")
    assert "alice" in django.users()
    assert django.requests("POST", path) == [403]


def test_a_held_request_survives_a_restart(office: Gateway, phone: Authenticator, django: DjangoSite, page: Page):
    log_in(page, office.url)
    path = ask_to_delete(page, office, django, "bob")
    expect_prompt(page, office.portal)
    office.server.kill()
    office.start()
    page.reload()
    expect_prompt(page, office.portal)
    choose(page, "Phone")
    give(page, phone.code())
    expect(messages(page)).to_contain_text("The user “bob” was deleted successfully.")
    assert django.requests("POST", path) == [302]


def test_whoever_logs_in_in_between_releases_nothing(office: Gateway, phone: Authenticator, django: DjangoSite, page: Page):
    """The identity is asked afresh at the release: the session of another user, in the same browser, is not the creator's."""
    django.manage("createsuperuser", "--noinput", "--username", "eve", "--email", "eve@example.com", DJANGO_SUPERUSER_PASSWORD="p")
    log_in(page, office.url)
    path = ask_to_delete(page, office, django, "alice")
    expect_prompt(page, office.portal)
    other = page.context.new_page()
    other.goto(f"{office.url}/admin/")
    other.get_by_role("button", name="Log out").click()
    log_in(other, office.url, "eve", "p")
    choose(page, "Phone")
    give(page, phone.code())
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert "alice" in django.users()
    assert django.requests("POST", path) == []


def test_a_user_without_an_authenticator_is_told_so(office: Gateway, django: DjangoSite, page: Page, shots):
    office.command("user", "add", ADMIN)
    office.start()
    log_in(page, office.url)
    path = ask_to_delete(page, office, django, "alice")
    expect(page.get_by_role("heading", level=1)).to_have_text("You cannot approve this yet")
    shots(page, "refused-no-authenticator")
    assert django.requests("POST", path) == []


def test_a_user_unknown_to_the_gateway_is_told_so(office: Gateway, django: DjangoSite, page: Page, shots):
    office.start()
    log_in(page, office.url)
    path = ask_to_delete(page, office, django, "alice")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not known here")
    shots(page, "refused-unknown-user")
    assert django.requests("POST", path) == []


def test_an_application_that_is_gone(office: Gateway, phone: Authenticator, django: DjangoSite, page: Page, shots):
    """Approved while Django was down: nothing was sent, and the page says so."""
    log_in(page, office.url)
    ask_to_delete(page, office, django, "alice")
    expect_prompt(page, office.portal)
    django.stop()
    choose(page, "Phone")
    give(page, phone.code())
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Not possible|cannot be reached"))
    shots(page, "refused-unreachable")
    assert "alice" in django.users()
