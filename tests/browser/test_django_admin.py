"""The stock Django admin in Chromium, without the gateway: that the harness works, and what the admin really sends.

Read off the wire with Django 5.2 and Chromium 148 over http://127.0.0.1. The tests below hold every line of it; the policies in
django/policies/admin.toml are written from it.

  delete one user     POST /admin/auth/user/{id}/delete/
                        csrfmiddlewaretoken, post=yes                         -> 302 /admin/auth/user/
  bulk action, asked  POST /admin/auth/user/
                        csrfmiddlewaretoken, action=delete_selected, select_across=0, index=0, _selected_action={id}...
                                                                              -> 200, the confirmation page, nothing deleted
  bulk action, sure   POST /admin/auth/user/
                        csrfmiddlewaretoken, _selected_action={id}..., action=delete_selected, post=yes
                                                                              -> 302 /admin/auth/user/
  set a password      POST /admin/auth/user/{id}/password/
                        csrfmiddlewaretoken, username={name} (ignored), usable_password=true, password1, password2,
                        set-password=Change password                          -> 302 /admin/auth/user/{id}/change/
  log in              POST /admin/login/?next=/admin/
                        csrfmiddlewaretoken, username, password, next=/admin/ -> 302 /admin/

All are urlencoded navigations of the top frame by a click: Origin is the site, Referer the full URL of the page with the form,
Sec-Fetch-Site same-origin, -Mode navigate, -Dest document, -User ?1 (127.0.0.1 counts as trustworthy, so plain http has them;
another plain http host name would not). `_selected_action` is repeated when several users are selected: that is normal.
Cookies: `sessionid` (HttpOnly, SameSite=Lax) and `csrftoken` (SameSite=Lax), which is renewed at login; both host-only.
`csrfmiddlewaretoken` differs in every form, so two requests for the same deletion never have the same body.
Django compares Origin with scheme and `Host`: a gateway that keeps `Host` needs no CSRF_TRUSTED_ORIGINS.
Django answers with Referrer-Policy: same-origin, Cross-Origin-Opener-Policy: same-origin, X-Frame-Options: DENY and no CSP.

Read in its source: the deletion of one user goes through on any POST with fields, `post` or not; the bulk one on any value of
`post`; with `select_across` it takes everyone on the list and not those named; of two `action` fields `index` picks one.
"""

import re

from playwright.sync_api import Page, expect

from conftest import Sent, Traffic
from django_site import ADMIN, PASSWORD, DjangoSite

NEW_PASSWORD = "a different horse 12"


def log_in(page: Page, url: str, name: str = ADMIN, password: str = PASSWORD) -> None:
    page.goto(f"{url}/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{url}/admin/")


def check_navigation(sent: Sent, site: str, form_page: str) -> None:
    wanted = {
        "origin": site,
        "referer": f"{site}{form_page}",
        "host": site.removeprefix("http://"),
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        "sec-fetch-user": "?1",
    }
    assert {name: sent.headers.get(name) for name in wanted} == wanted
    assert set(re.findall(r"(\w+)=", sent.headers["cookie"])) == {"csrftoken", "sessionid"}


def fields(sent: Sent) -> list[tuple[str, str]]:
    """The fields without the CSRF token, which must be the first of them."""
    assert sent.fields[0][0] == "csrfmiddlewaretoken" and len(sent.fields[0][1]) == 64
    return sent.fields[1:]


def test_delete_a_user(django: DjangoSite, page: Page, traffic: Traffic, shots):
    log_in(page, django.url)
    path = f"/admin/auth/user/{django.user_id('alice')}/delete/"
    page.get_by_role("link", name="Users").first.click()
    page.get_by_role("link", name="alice", exact=True).click()
    page.get_by_role("link", name="Delete").click()
    expect(page).to_have_url(django.url + path)
    assert "alice" in django.users(), "asking is not deleting"
    shots(page, "django-delete-confirmation")

    page.get_by_role("button", name="Yes, I’m sure").click()
    expect(page.locator(".messagelist")).to_contain_text("The user “alice” was deleted successfully.")
    assert django.users() == [ADMIN, "bob", "carol"]
    assert django.requests("POST", path) == [302]

    login, delete = traffic.sent("POST")
    assert (login.path, delete.path) == ("/admin/login/?next=/admin/", path)
    assert fields(login) == [("username", ADMIN), ("password", PASSWORD), ("next", "/admin/")]
    assert fields(delete) == [("post", "yes")]
    check_navigation(delete, django.url, path)


def test_delete_users_by_the_bulk_action(django: DjangoSite, page: Page, traffic: Traffic):
    log_in(page, django.url)
    numbers = [str(django.user_id(name)) for name in ("alice", "bob")]
    page.goto(f"{django.url}/admin/auth/user/")
    for number in numbers:
        page.locator(f"input[name=_selected_action][value='{number}']").check()
    page.get_by_label("Action:").select_option("delete_selected")
    page.locator("button[name=index]").click()
    expect(page.locator("#content h1")).to_have_text("Delete multiple objects")
    assert "alice" in django.users(), "asking is not deleting"

    page.get_by_role("button", name="Yes, I’m sure").click()
    expect(page.locator(".messagelist")).to_contain_text("Successfully deleted 2 users.")
    assert django.users() == [ADMIN, "carol"]
    assert django.requests("POST", "/admin/auth/user/") == [200, 302]

    _, asked, sure = traffic.sent("POST")
    selected = [("_selected_action", number) for number in numbers]
    assert fields(asked) == [("action", "delete_selected"), ("select_across", "0"), ("index", "0"), *selected]
    assert fields(sure) == [*selected, ("action", "delete_selected"), ("post", "yes")]
    for sent in (asked, sure):
        check_navigation(sent, django.url, "/admin/auth/user/")


def test_set_a_password(django: DjangoSite, page: Page, traffic: Traffic, new_context):
    log_in(page, django.url)
    number, before = django.user_id("carol"), django.password_hash("carol")
    path = f"/admin/auth/user/{number}/password/"
    page.goto(f"{django.url}/admin/auth/user/{number}/change/")
    page.get_by_role("link", name="Reset password").click()
    page.locator("#id_password1").fill(NEW_PASSWORD)
    page.locator("#id_password2").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".messagelist")).to_contain_text("Password changed successfully.")
    expect(page).to_have_url(f"{django.url}/admin/auth/user/{number}/change/")
    assert django.password_hash("carol") != before
    assert django.requests("POST", path) == [302]

    _, change = traffic.sent("POST")
    assert fields(change) == [
        ("username", "carol"),
        ("usable_password", "true"),
        ("password1", NEW_PASSWORD),
        ("password2", NEW_PASSWORD),
        ("set-password", "Change password"),
    ]
    check_navigation(change, django.url, path)


def test_who_the_page_names(django: DjangoSite, page: Page):
    """What `whoami` reads: the user's name where someone is logged in, a redirect where nobody is."""
    whoami = f"{django.url}/admin/password_change/"
    nobody = page.request.get(whoami, max_redirects=0)
    assert (nobody.status, nobody.headers["location"]) == (302, "/admin/login/?next=/admin/password_change/")
    log_in(page, django.url)
    page.goto(whoami)
    assert page.locator("#user-tools strong").text_content() == ADMIN
    cookies = {c["name"]: (c["httpOnly"], c["sameSite"], c["domain"]) for c in page.context.cookies()}
    assert cookies == {"sessionid": (True, "Lax", "127.0.0.1"), "csrftoken": (False, "Lax", "127.0.0.1")}


def test_a_foreign_origin_is_refused_by_django_itself(django: DjangoSite, page: Page):
    """Django's own protection, which must keep working behind the gateway."""
    log_in(page, django.url)
    path = f"/admin/auth/user/{django.user_id('alice')}/delete/"
    page.goto(django.url + path)
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    form = {"csrfmiddlewaretoken": token, "post": "yes"}
    foreign = page.request.post(django.url + path, form=form, headers={"Origin": "http://evil.example"})
    assert foreign.status == 403
    without_token = page.request.post(django.url + path, form={"post": "yes"}, headers={"Origin": django.url})
    assert without_token.status == 403
    assert "alice" in django.users()
