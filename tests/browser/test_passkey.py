"""Passkeys in Chromium, from the own account to the request that the bank carries out, with Chromium's virtual authenticator."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from demo import Demo
from kinds import PASSKEY as LABEL, PASSWORD, add_passkey
from passkeys import Passkeys, weakened
from prompt import expect_prompt, give
from test_bank import held_transfer


def signed_in(page: Page, demo: Demo, name: str = "alice") -> None:
    """In the own account, by an invitation and the code generator that the demonstration made."""
    said = demo.command("user", "invite", name)
    link = re.search(r"https?://\S+/invite\S+", said)
    assert link, said
    page.goto(link.group(0))
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=again]").fill(PASSWORD)
    page.locator("main form button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    page.get_by_label(f"{name}'s phone").check()
    page.get_by_role("button", name="Go on").click()
    page.locator("#code").fill(demo.phones[name].code())
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")


def enrol(page: Page, demo: Demo, shots=lambda page, name: None) -> None:
    add_passkey(page, demo.portal, shots)


def choose(page: Page, label: str = LABEL) -> None:
    page.get_by_label(label).check()
    page.get_by_role("button", name="Submit").click()


def test_enrolled_in_the_account_it_approves_a_transfer_that_is_carried_out(demo: Demo, page: Page, shots, tmp_path: Path):
    passkeys = Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo, shots)
    expect(page.locator("main")).to_contain_text("Model")
    expect(page.locator("main")).to_contain_text("It stays on this one device")
    shots(page, "passkey-enrolled")
    [kept] = passkeys.credentials()
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)

    held_transfer(page, demo)
    held = page.url.rsplit("/", 1)[1]
    choose(page)
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert [entry["user"] for entry in demo.journal("transfer")] == ["alice"]
    assert passkeys.credentials()[0]["signCount"] > kept["signCount"]

    # The evidence, checked on "another machine": two files, and the portal it must be of.
    exported = demo.command("receipt", "export", held)
    document = json.loads(exported)
    evidence = json.loads(document["evidence"][0])
    client = json.loads(base64.urlsafe_b64decode(evidence["client_data_json"] + "=="))
    assert (client["type"], client["origin"], client["crossOrigin"]) == ("webauthn.get", demo.portal, False)
    away = tmp_path / "receipt.json"
    away.write_text(exported)
    assert f"signed at {demo.portal}" in demo.command("receipt", "verify", str(away), "--origin", demo.portal)


def test_an_authenticator_that_is_not_unlocked_approves_nothing(demo: Demo, page: Page, shots):
    passkeys = Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    held_transfer(page, demo)
    passkeys.unlocks(False)
    choose(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The passkey was not used")
    shots(page, "passkey-cancelled")
    assert demo.journal() == []

    # Asked without user verification, the authenticator signs; the gateway does not take it.
    weakened(page)
    page.get_by_role("button", name="Use the passkey").click()
    expect(alert).to_contain_text("could not be accepted")
    expect(alert).to_contain_text("4 tries are left")
    shots(page, "passkey-refused")
    assert demo.journal() == []

    passkeys.unlocks(True)
    page.get_by_role("button", name="Use the passkey").click()
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert len(demo.journal("transfer")) == 1


def test_who_cancels_goes_on_with_a_code(demo: Demo, page: Page):
    passkeys = Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    held_transfer(page, demo)
    passkeys.unlocks(False)
    choose(page)
    expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")
    page.get_by_role("link", name="Confirm with something else").click()
    expect_prompt(page, demo.portal)
    choose(page, "alice's phone")
    give(page, demo.phones["alice"].code())
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")


def test_without_script_it_is_said_what_is_missing(demo: Demo, new_context, shots):
    page = new_context().new_page()
    Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    plain = new_context(java_script_enabled=False).new_page()
    held_transfer(plain, demo)
    choose(plain)
    expect(plain.get_by_role("heading", level=1)).to_have_text("Confirm with your passkey")
    # Playwright leaves `noscript` out of what it compares, though it is shown.
    assert "A passkey needs script" in plain.locator("main").inner_text()
    expect(plain.get_by_role("button", name="Use the passkey")).to_be_hidden()
    shots(plain, "passkey-no-script")
    plain.get_by_role("link", name="Confirm with something else").click()
    expect_prompt(plain, demo.portal)


def test_the_account_opens_with_it(demo: Demo, page: Page, shots):
    Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    page.get_by_role("link", name="Try it").click()
    page.get_by_label(LABEL).check()
    shots(page, "passkey-try")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("status")).to_have_text("It works.")
