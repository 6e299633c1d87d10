"""The own account in Chromium: the whole way by keyboard alone, every page asked by axe, and without script."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from accessible import heading, look, steadily
from demo import Demo
from totp import Authenticator

PASSWORD = "green kettle under 4 bridges"


def focus(page: Page, wanted: str) -> None:
    """Presses Tab until the element has the focus, as somebody without a mouse does."""
    page.locator(wanted).first.wait_for()
    steadily(page, "document.activeElement.blur()")
    for _ in range(60):
        page.keyboard.press("Tab")
        if steadily(page, f"document.activeElement.matches({json.dumps(wanted)})"):
            return
    raise AssertionError(f"the keyboard does not reach {wanted} on {page.url}")


def type_into(page: Page, field: str, text: str) -> None:
    focus(page, field)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def press(page: Page, wanted: str) -> None:
    focus(page, wanted)
    page.keyboard.press("Enter")


def invited(demo: Demo, name: str) -> str:
    demo.command("user", "add", name, "--email", f"{name}@example.com")
    return demo.command("user", "invite", name).splitlines()[0]


def seed(page: Page) -> str:
    return page.locator(".seed").text_content().replace(" ", "")


def test_the_whole_way_by_keyboard(demo: Demo, page: Page, shots):
    link = invited(demo, "dora")
    page.goto(f"{demo.portal}/invite")
    look(page, "Choose your password", shots, "account-invite-by-hand")
    page.goto(link)
    assert page.url == f"{demo.portal}/invite", "the code stays in no address"
    look(page, "Choose your password", shots, "account-invite")
    type_into(page, "#password", "too short")
    type_into(page, "#again", "too short")
    page.evaluate("document.querySelector('#password').minLength = 0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("fewer than 15 characters")
    look(page, "Choose your password", shots, "account-invite-wrong")
    type_into(page, "#password", PASSWORD)
    type_into(page, "#again", PASSWORD)
    page.keyboard.press("Enter")
    look(page, "Your account", shots, "account-new")

    press(page, "a[href='/account/add']")
    look(page, "Add an authenticator", shots, "account-add")
    press(page, "a[href='/account/add/totp']")
    look(page, "Add an authenticator app", shots, "account-totp")
    phone = Authenticator(seed(page))
    type_into(page, "#label", "Blue phone")
    type_into(page, "#code", phone.wrong_code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not what it shows")
    look(page, "Add an authenticator app", shots, "account-totp-wrong")
    type_into(page, "#code", phone.code())
    page.keyboard.press("Enter")
    look(page, "Your account", shots, "account")
    expect(page.get_by_role("status")).to_have_text("The authenticator is added.")
    expect(page.locator("main")).to_contain_text("Blue phone")

    press(page, "a[href='/account/add/recovery']")
    look(page, "Recovery codes", shots, "account-recovery")
    press(page, "main form button")
    look(page, "Recovery codes", shots, "account-recovery-codes")
    codes = page.locator(".codes-list code").all_text_contents()
    assert len(codes) == 10

    page.goto(f"{demo.portal}/account/requests")
    look(page, "Your requests", shots, "account-requests")
    page.goto(f"{demo.portal}/account/sessions")
    look(page, "Where you are signed in", shots, "account-sessions")
    press(page, ".leave button")
    look(page, "Sign in", shots, "account-sign-in")
    type_into(page, "#name", "dora")
    type_into(page, "#password", "something else entirely")
    page.keyboard.press("Enter")
    look(page, "Sign in", shots, "account-sign-in-wrong")
    type_into(page, "#name", "dora")
    type_into(page, "#password", PASSWORD)
    page.keyboard.press("Enter")
    look(page, "One more step", shots, "account-second")
    focus(page, "input[type=radio]:checked")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Recovery codes")).to_be_checked()
    page.keyboard.press("Enter")
    look(page, "One more step", shots, "account-second-code")
    type_into(page, "#code", codes[0])
    page.keyboard.press("Enter")
    look(page, "Your account")
    expect(page.locator("main")).to_contain_text("9 codes are left")

    press(page, "a[href='/account/password']")
    look(page, "Change the password", shots, "account-password")
    page.goto(f"{demo.portal}/account")
    page.get_by_role("link", name=re.compile("Blue phone")).focus()
    page.keyboard.press("Enter")
    look(page, "Blue phone", shots, "account-one")
    press(page, "a[href$='/rename']")
    look(page, "Rename", shots, "account-rename")
    type_into(page, "#label", "Old phone")
    page.keyboard.press("Enter")
    look(page, "Your account")
    page.get_by_role("link", name=re.compile("Old phone")).focus()
    page.keyboard.press("Enter")
    press(page, "a[href$='/test']")
    look(page, "Try Old phone", shots, "account-test")
    type_into(page, "#code", phone.code())
    page.keyboard.press("Enter")
    look(page, "Old phone")
    expect(page.get_by_role("status")).to_have_text("It works.")
    press(page, "a[href$='/remove']")
    look(page, "Remove this authenticator?", shots, "account-remove")
    focus(page, "input[name=sure]")
    page.keyboard.press("Space")
    press(page, "main .button-stop")
    look(page, "Your account")
    expect(page.locator("main")).to_contain_text("You have no authenticator yet")


def test_verification_questions(demo: Demo, page: Page, shots):
    page.goto(invited(demo, "quinn"))
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.keyboard.press("Enter")
    look(page, "Your account", shots, "account-questions-none")
    press(page, "a[href='/account/questions']")
    look(page, "Verification questions")
    press(page, "a[href='/account/questions/add']")
    look(page, "Add a question", shots, "account-question-add")
    focus(page, "#question")
    page.keyboard.type("Who")
    type_into(page, "#answer", "Uncle Ben")
    page.keyboard.press("Enter")
    look(page, "Verification questions", shots, "account-questions")
    expect(page.get_by_role("status")).to_have_text("The question is kept.")
    press(page, "a[href='/account/questions/add']")
    type_into(page, "#own", "What is the name of my boat?")
    type_into(page, "#answer", "Anna")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("chosen a question and written one")
    look(page, "Add a question", shots, "account-question-both")
    page.locator("#question").select_option("")
    type_into(page, "#answer", "boat")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not stand in the question")
    look(page, "Add a question", shots, "account-question-unfit")
    type_into(page, "#answer", "Anna")
    page.keyboard.press("Enter")
    look(page, "Verification questions")
    said = demo.command("user", "question", "quinn")
    assert "1  Who taught you to swim?" in said and "2 kept; there should be 3" in said
    assert demo.command("user", "question", "quinn", "1", given="uncle ben\n") == "right\n"
    assert demo.command("user", "question", "quinn", "2", given="Uncle Ben\n", code=1) == ""
    assert "questions  2" in demo.command("user", "show", "quinn")
    page.get_by_role("link", name="What is the name of my boat?").focus()
    page.keyboard.press("Enter")
    look(page, "What is the name of my boat?", shots, "account-question")
    press(page, ".button-stop")
    look(page, "Remove this question?", shots, "account-question-remove")
    press(page, "main .button-stop")
    look(page, "Verification questions")
    expect(page.locator("main")).not_to_contain_text("boat")


def test_without_script(demo: Demo, new_context: Callable[..., BrowserContext]):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(invited(demo, "emil"))
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    heading(page, "Your account")
    page.goto(f"{demo.portal}/account/add/totp")
    page.locator("summary").click()
    phone = Authenticator(seed(page))
    page.locator("#code").fill(phone.code())
    page.get_by_role("button", name="Add").click()
    heading(page, "Your account")
    page.get_by_role("button", name="Sign out").click()
    page.locator("#name").fill("emil")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#code").fill(phone.code())
    page.get_by_role("button", name="Go on").click()
    heading(page, "Your account")


def test_a_request_is_found_in_the_account_with_its_receipt(demo: Demo, page: Page, new_context, shots, tmp_path):
    from test_bank import countersign, held_transfer

    bank = new_context().new_page()
    held_transfer(bank, demo)
    link = demo.command("user", "invite", "alice").splitlines()[0]
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    heading(page, "One more step")
    page.get_by_label("Temporary code from your helpdesk").check()
    page.get_by_role("button", name="Go on").click()
    page.locator("#code").fill(demo.emergency_code)
    page.get_by_role("button", name="Go on").click()
    heading(page, "Your account")
    page.goto(f"{demo.portal}/account/requests")
    expect(page.locator("main")).to_contain_text("Waiting")
    countersign(bank, demo)
    # The outcome is on the disk before the browser sees the answer.
    expect(bank).to_have_url(f"{demo.url}/transfer/done/1")
    page.reload()
    expect(page.locator("main")).to_contain_text("Sent")
    look(page, "Your requests", shots, "account-requests-sent")
    # No `download` on the link: with it a browser hides from its user why there is none.
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt").first.click()
    assert re.fullmatch(r"held_\w+\.receipt\.json", download.value.suggested_filename)
    download.value.save_as(tmp_path / "receipt.json")
    said = demo.command("receipt", "verify", str(tmp_path / "receipt.json"))
    assert "the receipt is good" in said
