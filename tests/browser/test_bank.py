"""The demonstration bank in Chromium, as a newcomer meets it: sign in, be held, countersign, and look what the bank carried out.

What was carried out is read from the bank's own journal, never from a page of the gateway. The bank sends `form-action 'self'`
with every page and a SameSite=Lax session cookie; SameSite=Strict is in test_strict_app.py.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from calls import answer, asked, gone, prompt as in_page
from demo import Demo
from prompt import CONFIRMED, choose, expect_prompt, give, kept_from, values

IBAN = "DE89370400440532013000"
SUMMARY = f"Transfer 5000 EUR to {IBAN}"


def sign_in(page: Page, demo: Demo, name: str = "alice") -> None:
    page.goto(demo.url)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#user")).to_have_text(name)


def transfer(page: Page, demo: Demo, amount: str = "5000", reference: str = "Car", path: str = "/transfer") -> None:
    page.goto(f"{demo.url}{path}")
    page.get_by_label("IBAN").fill(IBAN)
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Reference").fill(reference)
    page.get_by_role("button", name="Transfer", exact=True).click()


def held_transfer(page: Page, demo: Demo) -> None:
    """Alice at the prompt for 5000 EUR."""
    sign_in(page, demo)
    transfer(page, demo)
    expect_prompt(page, demo.portal)


def countersign(page: Page, demo: Demo, name: str = "alice") -> None:
    choose(page, f"{name}'s phone")
    give(page, demo.phones[name].code())


def refused(page: Page, title: str) -> str:
    """What a refusal page of the gateway says."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".reference")).to_contain_text(re.compile(r"ref_\w+"))
    return page.locator("main").inner_text()


def test_a_small_transfer_passes(demo: Demo, page: Page, shots):
    sign_in(page, demo)
    shots(page, "bank-overview")
    transfer(page, demo, "200")
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert [entry["user"] for entry in demo.journal("transfer")] == ["alice"]


def test_a_large_transfer_is_countersigned_and_carried_out_once(demo: Demo, page: Page, shots):
    sign_in(page, demo)
    transfer(page, demo)
    expect_prompt(page, demo.portal)
    expect(page.locator(".from")).to_contain_text("bank")
    expect(page.locator("h2.action")).to_have_text(SUMMARY)
    assert values(page) == {"Amount": "5000 EUR", "To": IBAN, "Reference": "Car"}
    expect(page.locator(".left")).to_have_text(re.compile(r"^\d:\d\d$"))
    shots(page, "prompt")
    assert demo.journal() == []

    choose(page, "alice's phone")
    shots(page, "code")
    give(page, demo.phones["alice"].wrong_code())
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    expect(page.get_by_role("alert")).to_contain_text("4 tries are left")
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    shots(page, "wrong-code")
    assert demo.journal() == []

    released: list[str] = []
    page.on("request", lambda request: released.append(request.url) if "__countersign=" in request.url else None)
    give(page, demo.phones["alice"].code())
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    expect(page.locator("#receipt")).to_contain_text("5,000.00 EUR")
    assert len(demo.journal("transfer")) == 1

    # Going back to the address that released it, and reloading what it shows, executes nothing.
    assert len(released) == 1
    page.goto(released[0])
    said = refused(page, "This was done already")
    assert SUMMARY in said and "never executed twice" in said
    shots(page, "released-again")
    page.reload()
    refused(page, "This was done already")
    page.get_by_role("link", name="Show the application's answer").click()
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert len(demo.journal("transfer")) == 1


def test_reloading_the_answer_under_the_released_address(demo: Demo, page: Page, shots):
    """The bank objects with a page of its own (no redirect), so that the released address stays in the bar."""
    sign_in(page, demo)
    transfer(page, demo, "240000")
    expect_prompt(page, demo.portal)
    countersign(page, demo)
    expect(page).to_have_url(re.compile(re.escape(f"{demo.url}/transfer?__countersign=held_")))
    expect(page.get_by_role("alert")).to_be_visible()
    assert demo.journal() == []
    page.reload()
    assert "answered with an error (status 409)" in refused(page, "This was done already")
    page.get_by_role("link", name="Show the application's answer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert demo.journal() == []


def test_the_pages_in_between_have_links_for_those_who_stay(demo: Demo, page: Page, shots):
    sign_in(page, demo)
    with kept_from(page, f"{demo.portal}/**"):
        transfer(page, demo)
        expect(page.get_by_role("heading", level=1)).to_have_text("This needs your approval")
        expect(page).to_have_url(f"{demo.url}/transfer")
        expect(page.locator(".summary")).to_have_text(SUMMARY)
        shots(page, "hold")
    page.get_by_role("link", name="Go to the approval").click()
    expect_prompt(page, demo.portal)
    prompt = page.url

    with kept_from(page, f"{demo.url}/.countersign/return/**"):
        countersign(page, demo)
        expect(page.get_by_role("heading", level=1)).to_have_text(CONFIRMED)
        shots(page, "approved")
    assert demo.journal() == []
    with kept_from(page, re.compile("__countersign=")):
        page.get_by_role("link", name="Go on in bank").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Approved")
        shots(page, "return")
    assert demo.journal() == []
    page.get_by_role("link", name="Go on").click()
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert len(demo.journal("transfer")) == 1

    page.goto(prompt)
    expect(page.get_by_role("heading", level=1)).to_have_text("This was sent, once")
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)
    shots(page, "delivered")


def test_i_did_not_do_this(demo: Demo, page: Page, shots):
    held_transfer(page, demo)
    prompt = page.url
    page.get_by_role("button", name="I did not do this").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You said that you did not do this")
    shots(page, "rejected")
    page.goto(prompt)
    expect(page.get_by_role("heading", level=1)).to_have_text("You said that you did not do this")
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
    page.goto(f"{demo.url}/.countersign/held/{prompt.rsplit('/', 1)[1]}")
    assert SUMMARY in refused(page, "This was rejected")
    shots(page, "rejected-on-the-app")
    assert demo.journal() == []
    assert "not_me" in demo.command("audit", "export")


def test_taking_it_back(demo: Demo, page: Page, shots):
    held_transfer(page, demo)
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You took it back")
    shots(page, "cancelled")
    page.get_by_role("link", name="Back to bank").click()
    expect(page).to_have_url(re.compile(re.escape(demo.url)))
    assert demo.journal() == []


def test_the_emergency_code_works_and_is_used_up(demo: Demo, page: Page, shots):
    """Three uses were issued; the fourth prompt does not offer it any more."""
    sign_in(page, demo)
    for number in (1, 2, 3):
        transfer(page, demo, f"500{number}")
        expect_prompt(page, demo.portal)
        emergency = page.locator("label.choice", has_text="Temporary code from your helpdesk")
        emergency.click()
        page.get_by_role("button", name="Submit").click()
        if number == 1:
            shots(page, "emergency-code")
        # As people type what was read to them on the telephone.
        give(page, demo.emergency_code.lower().replace("-", " "))
        expect(page).to_have_url(f"{demo.url}/transfer/done/{number}")
        assert len(demo.journal("transfer")) == number
    transfer(page, demo, "5004")
    expect_prompt(page, demo.portal)
    expect(page.locator("label.choice", has_text="Temporary code")).to_have_count(0)
    expect(page.locator("label.choice", has_text="alice's phone")).to_have_count(1)


def test_too_many_wrong_codes(demo: Demo, page: Page, shots):
    held_transfer(page, demo)
    choose(page, "alice's phone")
    for left in (4, 3, 2, 1):
        give(page, demo.phones["alice"].wrong_code())
        told = "One try is left" if left == 1 else f"{left} tries are left"
        expect(page.get_by_role("alert")).to_contain_text(told)
    give(page, demo.phones["alice"].wrong_code())
    expect(page.get_by_role("alert")).to_contain_text("You have to wait now")
    # The right code is not even looked at now.
    give(page, demo.phones["alice"].code())
    expect(page.get_by_role("heading", level=1)).to_have_text("Too many wrong codes: a short pause")
    expect(page.locator("h2 .left")).to_have_text(re.compile(r"^0:[0-3]\d$"))
    shots(page, "throttled")
    assert demo.journal() == []


def test_another_browser_gets_a_page_of_its_own(demo: Demo, page: Page, new_context, shots):
    held_transfer(page, demo)
    other = new_context().new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", level=1)).to_have_text("This prompt belongs to another browser")
    expect(other.locator("main")).not_to_contain_text(IBAN)
    shots(other, "other-browser")
    # Somebody else's session, in a browser of its own, learns nothing about it either.
    sign_in(other, demo, "bob")
    other.goto(f"{demo.url}/.countersign/held/{page.url.rsplit('/', 1)[1]}")
    assert IBAN not in refused(other, "There is nothing here")
    other.goto(f"{demo.portal}/held/held_01aaaaaaaaaaaaaaaaaaaaaaaa")
    shots(other, "not-found")
    other.goto(demo.portal)
    shots(other, "portal-home")
    # The prompt is still good where it belongs.
    countersign(page, demo)
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert [entry["user"] for entry in demo.journal("transfer")] == ["alice"]


def test_a_lost_prompt_is_found_again(demo: Demo, page: Page, new_context, shots):
    held_transfer(page, demo)
    number = page.url.rsplit("/", 1)[1]
    # The portal's cookie is gone, the application's own is still there.
    page.context.clear_cookies(domain="localhost")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("This prompt belongs to another browser")
    page.goto(f"{demo.url}/.countersign/held/{number}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for your approval")
    shots(page, "waiting")
    page.get_by_role("link", name="To the approval").click()
    expect_prompt(page, demo.portal)
    countersign(page, demo)
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert len(demo.journal("transfer")) == 1


def test_two_tabs_follow_each_other(demo: Demo, page: Page):
    held_transfer(page, demo)
    second = page.context.new_page()
    second.goto(page.url)
    expect_prompt(second, demo.portal)
    second.get_by_role("button", name="Cancel it").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("You took it back")
    # Nobody touched the first one.
    expect(page.get_by_role("heading", level=1)).to_have_text("You took it back")


def test_without_script(demo: Demo, new_context):
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, demo)
    transfer(page, demo)
    expect_prompt(page, demo.portal)
    assert values(page)["To"] == IBAN
    choose(page, "alice's phone")
    give(page, demo.phones["alice"].wrong_code())
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    give(page, demo.phones["alice"].code())
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert len(demo.journal("transfer")) == 1


def test_by_keyboard_alone(demo: Demo, page: Page):
    held_transfer(page, demo)
    page.locator("input[name=authenticator]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(demo.phones["alice"].code())
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")


def test_the_script_page_with_the_prompt_in_the_page(demo: Demo, page: Page, shots):
    """The page's script knows nothing of approvals: it sees a call that took long, or one that was refused."""
    sign_in(page, demo)
    with page.expect_response(lambda response: response.url.endswith("/api/transfer")) as told:
        transfer(page, demo, path="/script")
    problem = told.value.json()
    assert (told.value.status, problem["type"]) == (403, "urn:countersign:problem:approval-required")
    assert told.value.headers["content-type"].startswith("application/problem+json")
    assert told.value.headers["countersign-approval"] == f"{problem['held']['id']}.{problem['held']['secret']}"
    assert problem["held"]["fields"]["Amount"] == "5000 EUR"
    expect(in_page(page).locator(".action")).to_have_text(SUMMARY)
    shots(page, "script-held")
    page.keyboard.press("Escape")
    expect(page.locator("#answer .alert")).to_contain_text("Approve it to go on")
    assert demo.journal() == []

    page.get_by_role("button", name="Transfer", exact=True).click()
    asked(page)
    answer(in_page(page), "alice's phone", demo.phones["alice"].code())
    expect(page.locator("#answer .success")).to_contain_text(f"5000.00 EUR to {IBAN}")
    gone(page)
    assert len(demo.journal("transfer")) == 1


def test_an_upload_of_five_megabytes_arrives_byte_for_byte(demo: Demo, page: Page, tmp_path: Path, shots):
    file = tmp_path / "november.bin"
    file.write_bytes(b"".join(hashlib.sha512(str(n).encode()).digest() for n in range(5 * 1024 * 1024 // 64)) + b"\r\n--x")
    sign_in(page, demo)
    page.goto(f"{demo.url}/statements")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect_prompt(page, demo.portal)
    assert values(page)["File"] == "november.bin"
    shots(page, "prompt-upload")
    countersign(page, demo)
    expect(page).to_have_url(f"{demo.url}/statements")
    expect(page.locator("dl.upload")).to_have_count(1)
    expect(page.locator("dl.upload .hash")).to_have_text(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(demo.journal()) == 1


def test_an_upload_that_is_too_large_to_hold(demo: Demo, page: Page, tmp_path: Path, shots):
    file = tmp_path / "large.bin"
    file.write_bytes(b"0123456789abcdef" * (11 * 1024 * 1024 // 16))
    sign_in(page, demo)
    page.goto(f"{demo.url}/statements")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    refused(page, "This is too large")
    shots(page, "refused-too-large")
    assert demo.journal() == []


def test_a_payee_is_deleted_once(demo: Demo, page: Page):
    sign_in(page, demo)
    page.goto(f"{demo.url}/payees")
    page.get_by_role("button", name="Delete Northern Light & Power").click()
    expect_prompt(page, demo.portal)
    expect(page.locator("h2.action")).to_have_text("Delete payee no. 2")
    assert demo.journal() == []
    countersign(page, demo)
    expect(page).to_have_url(f"{demo.url}/payees")
    expect(page.locator("#payees tbody tr")).to_have_count(2)
    assert len(demo.journal()) == 1


def test_what_a_policy_forbids_is_never_held(demo: Demo, page: Page, shots):
    sign_in(page, demo, "carol")
    page.goto(f"{demo.url}/admin")
    page.get_by_role("button", name="Lock bob").click()
    refused(page, "This is not allowed")
    shots(page, "refused-denied")
    assert demo.journal() == []


# One form post, and what the gateway says to it. The page's own content policy lets scripts fill forms.
SECOND_AMOUNT = """() => {
  const form = document.querySelector('form[action="/transfer"]');
  const field = document.querySelector('#amount').cloneNode();
  field.removeAttribute('id');
  field.value = '5';
  form.append(field);
}"""


def test_two_amounts_are_refused_as_ambiguous(demo: Demo, page: Page, shots):
    sign_in(page, demo)
    page.goto(f"{demo.url}/transfer")
    page.evaluate(SECOND_AMOUNT)
    page.get_by_label("IBAN").fill(IBAN)
    page.locator("#amount").fill("5000")
    page.get_by_role("button", name="Transfer", exact=True).click()
    said = refused(page, "This request cannot be read")
    assert "amount" in said
    shots(page, "refused-ambiguous")
    assert demo.journal() == []


def test_another_site_can_hold_nothing(demo: Demo, page: Page, shots):
    """A page of another site posts a transfer with the user's session; SameSite=None is the worst case for it."""
    sign_in(page, demo)
    cookie = next(cookie for cookie in page.context.cookies() if cookie["name"] == "bank_session")
    page.context.add_cookies([{**cookie, "sameSite": "None", "secure": True}])
    form = f"""<form method=post action="{demo.url}/transfer"><input name=iban value={IBAN}><input name=amount value=5000>
      <button>Win a prize</button></form>"""
    page.route("http://evil.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto("http://evil.example/")
    page.get_by_role("button", name="Win a prize").click()
    refused(page, "This came from another site")
    shots(page, "refused-cross-site")
    assert demo.journal() == []


@pytest.mark.parametrize("field", ["reference", "iban"])
def test_hostile_values_are_only_text(demo: Demo, page: Page, field: str, shots):
    """What is shown is what was sent: markup stays text, and nothing long breaks the layout on a phone."""
    hostile = "<img src=x onerror=alert(1)>\"'&amp;" if field == "reference" else "DE89" + "3704" * 9
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    sign_in(page, demo)
    page.goto(f"{demo.url}/transfer")
    page.get_by_label("IBAN").fill(hostile if field == "iban" else IBAN)
    page.get_by_label("Amount").fill("5000")
    page.get_by_label("Reference").fill(hostile if field == "reference" else "Invoice2026/11/4711-" * 7)
    page.get_by_role("button", name="Transfer", exact=True).click()
    expect_prompt(page, demo.portal)
    assert values(page)["Reference" if field == "reference" else "To"] == hostile
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the prompt scrolls sideways at 320 px"
    shots(page, f"prompt-hostile-{field}")
    assert dialogs == []
