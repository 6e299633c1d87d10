"""Each kind of authenticator: how its user gets it in the own account, and how he proves with it at the prompt.

A kind is a function: it enrols at a `Desk` and gives back the proof, to be called when the desk's page shows a prompt. Whatever
application the prompt is for, the way is the same; `test_kinds_bank.py` and `test_kinds_django.py` go it to the executed request.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from accessible import expect_accessible, heading, look
from passkeys import Passkeys
from postbox import Postbox
from prompt import CHECK, CODE, choose, give
from totp import Authenticator, Token

PASSWORD = "green kettle under 4 bridges"
PASSKEY, POCKET = "Key ring", "Pocket"
SENT = "Confirm with the code we sent"

Proof = Callable[[], None]


@dataclass
class Desk:
    """Where somebody sits who is signed in to the own account, with a phone beside, and an operator in call."""

    name: str
    page: Page
    phone: Page
    portal: str
    postbox: Postbox
    command: Callable[..., str]
    shots: Callable[[Page, str], None]
    folder: Path

    def add(self, kind: str) -> None:
        self.page.goto(f"{self.portal}/account/add")
        self.page.get_by_role("link", name=re.compile(f"^{kind}")).click()

    def added(self) -> None:
        expect(self.page.get_by_role("status")).to_have_text("The authenticator is added.")


def open_account(page: Page, link: str) -> None:
    """By an invitation, for a user without an authenticator."""
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()


def add_passkey(page: Page, portal: str, shots: Callable[[Page, str], None] = lambda page, name: None) -> None:
    page.goto(f"{portal}/account/add")
    page.get_by_role("link", name=re.compile("^Passkey")).click()
    look(page, "Add a passkey")
    page.get_by_label("Name").fill(PASSKEY)
    shots(page, "passkey-name")
    page.get_by_role("button", name="Go on").click()
    heading(page, PASSKEY)
    expect(page.get_by_role("status")).to_have_text("The authenticator is added.")


def passkey(desk: Desk) -> Proof:
    Passkeys(desk.page)
    add_passkey(desk.page, desk.portal)

    def prove() -> None:
        desk.page.get_by_label(PASSKEY).check()
        desk.page.get_by_role("button", name="Submit").click()

    return prove


def shown_number(page: Page) -> str:
    """The six digits of the requesting screen."""
    return re.sub(r"\D", "", page.locator("#number [aria-hidden]").inner_text())


def pair_phone(page: Page, phone: Page, portal: str, shots: Callable[[Page, str], None] = lambda page, name: None) -> None:
    """In the own account, by the code typed on the phone and the number typed there too."""
    page.goto(f"{portal}/account/add")
    page.get_by_role("link", name=re.compile("^Phone authenticator")).click()
    page.get_by_role("button", name="Make a pairing code").click()
    expect(page.get_by_role("img", name="Pairing code as a QR code")).to_be_visible()
    expect_accessible(page)
    shots(page, "account-phone-code")
    page.get_by_text("Type it instead").click()
    code = page.locator("#pairing-code").inner_text()
    phone.goto(f"{portal}/phone/")
    phone.get_by_label("Pairing code").fill(code.lower())
    phone.get_by_role("button", name="Go on").click()
    phone.get_by_label("Name of this phone").fill(POCKET)
    look(phone, "Pair this phone")
    phone.get_by_role("button", name="Pair this phone").click()
    look(phone, "One more check")
    page.get_by_role("link", name="The phone asks for a number").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Type this number on the phone")
    expect_accessible(page)
    shots(page, "account-phone-number")
    phone.get_by_role("textbox", name="Number on the other screen").fill(shown_number(page))
    phone.get_by_role("button", name="Finish").click()
    look(phone, "Paired")
    # The page goes on by itself.
    heading(page, POCKET)
    phone.get_by_role("button", name="Done").click()


def push(desk: Desk) -> Proof:
    pair_phone(desk.page, desk.phone, desk.portal)

    def prove() -> None:
        desk.page.get_by_label(POCKET).check()
        desk.page.get_by_role("button", name="Submit").click()
        look(desk.page, "Confirm on your phone", desk.shots, "kind-push")
        number = shown_number(desk.page)
        look(desk.phone, CHECK, desk.shots, "kind-push-phone")
        desk.phone.get_by_role("textbox", name="Number on the other screen").fill(number)
        desk.phone.get_by_role("button", name="Approve").click()
        heading(desk.phone, "Approved")

    return prove


def totp(desk: Desk) -> Proof:
    desk.add("Authenticator app")
    app = Authenticator(desk.page.locator(".seed").text_content().replace(" ", ""))
    desk.page.locator("#label").fill("Spare app")
    desk.page.locator("#code").fill(app.code())
    desk.page.get_by_role("button", name="Add").click()
    desk.added()
    return lambda: _typed(desk, "totp", "Spare app", app.code)


def hotp(desk: Desk) -> Proof:
    """Hardware comes from its vendor: a file of seeds is imported, and the operator hands one token out."""
    seed, serial = b32encode(secrets.token_bytes(20)).decode(), f"C{secrets.randbelow(10**8):08}"
    tokens = desk.folder / "tokens.csv"
    tokens.write_text(f"serial,secret,kind\n{serial},base32:{seed},hotp\n")
    desk.command("token", "import", str(tokens))
    desk.command("token", "assign", serial, desk.name, "--label", "Blue token")
    desk.page.goto(f"{desk.portal}/account")
    expect(desk.page.locator("main")).to_contain_text("Blue token")
    token = Token(seed)

    def code() -> str:
        # Its button was pressed in a pocket: those codes are left out.
        token.press(), token.press()
        return token.press()

    return lambda: _typed(desk, "hotp", "Blue token", code)


def email(desk: Desk) -> Proof:
    return _sent(desk, "email", "E-mail address", "Add an e-mail address", f"{desk.name}@mail.example", "Post at home")


def sms(desk: Desk) -> Proof:
    return _sent(desk, "sms", "Telephone number", "Add a telephone number", "+41791112233", "Old telephone")


def recovery(desk: Desk) -> Proof:
    desk.page.goto(f"{desk.portal}/account/add/recovery")
    desk.page.get_by_role("button", name="Make codes").click()
    code = desk.page.locator(".codes-list code").nth(3).text_content()
    return lambda: _typed(desk, "recovery", "Recovery codes", lambda: code)


def emergency(desk: Desk) -> Proof:
    """Issued by the helpdesk, last of all: it ends when anything is enrolled."""
    code = desk.command("emergency", "issue", desk.name, "--uses", "1").splitlines()[0]
    return lambda: _typed(desk, "emergency", "Temporary code from your helpdesk", lambda: code)


def _typed(desk: Desk, kind: str, label: str, code: Callable[[], str]) -> None:
    choose(desk.page, label)
    look(desk.page, CODE, desk.shots, f"kind-{kind}")
    give(desk.page, code())


def _sent(desk: Desk, kind: str, row: str, title: str, address: str, label: str) -> Proof:
    page = desk.page
    page.goto(f"{desk.portal}/account/add")
    if kind == "email":
        look(page, "Add an authenticator", desk.shots, "account-add-all")
    page.get_by_role("link", name=re.compile(f"^{row}")).click()
    look(page, title, desk.shots, f"account-{kind}")
    page.locator("#address").fill("nobody")
    # The browser's own check would not let it go: the page has to say it as well.
    page.locator("form:has(#address)").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Send a code").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not")
    look(page, title, desk.shots, f"account-{kind}-unfit")
    page.locator("#address").fill(address)
    code, letter = desk.postbox.after(address, page.get_by_role("button", name="Send a code").click)
    assert "Confirm that this address is yours" in letter.text
    expect(page.locator("#code")).to_be_focused()
    look(page, title, desk.shots, f"account-{kind}-code")
    page.locator("#code").fill(f"{(int(code) + 1) % 10**8:08}")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, title, desk.shots, f"account-{kind}-wrong")
    page.locator("#code").fill(code)
    page.locator("#label").fill(label)
    page.get_by_role("button", name="Add").click()
    desk.added()
    expect(page.locator("main")).to_contain_text(label)

    def prove() -> None:
        action = page.locator("h2.action").inner_text()
        page.get_by_label(label).check()
        code, letter = desk.postbox.after(address, page.get_by_role("button", name="Submit").click)
        assert action in letter.text and "ever tell" in letter.text, letter
        assert code not in letter.subject and action not in letter.subject
        look(page, SENT, desk.shots, f"kind-{kind}")
        # Asking at once for another sends none.
        page.get_by_role("button", name="Send another code").click()
        expect(page.get_by_role("main")).to_contain_text("A code was sent a moment ago and is still good")
        look(page, SENT, desk.shots, f"kind-{kind}-again")
        give(page, code)

    return prove
