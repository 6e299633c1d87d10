"""Each kind of authenticator on the demonstration bank: enrolled in bob's own account, and the transfer it approves carried out.

The passkey's way is in test_passkey.py, the emergency access code's in test_bank.py; recovery codes approve nothing here, since the
bank's policies do not name them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import kinds
from accessible import heading, look
from conftest import PHONE
from demo import Demo
from kinds import Desk
from prompt import CHECK, expect_prompt
from test_bank import sign_in, transfer


@pytest.fixture(scope="module")
def bank(countersign_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(countersign_bin, tmp_path_factory.mktemp("kinds") / "bank")
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def bob(bank: Demo, lasting_context: BrowserContext) -> None:
    """Signed in at the bank, and to the own account: by password and the code generator that he has."""
    page = lasting_context.new_page()
    sign_in(page, bank, "bob")
    kinds.open_account(page, bank.command("user", "invite", "bob").splitlines()[0])
    heading(page, "One more step")
    page.locator("#code").fill(bank.phones["bob"].code())
    page.get_by_role("button", name="Go on").click()
    heading(page, "Your account")
    page.close()


@pytest.fixture
def desk(bank: Demo, bob: None, lasting_page: Page, new_context, shots, tmp_path: Path) -> Desk:
    phone = new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
    return Desk("bob", lasting_page, phone, bank.portal, bank.postbox, bank.command, shots, tmp_path)


@pytest.mark.parametrize("kind", ["totp", "hotp", "email", "sms", "push"])
def test_from_enrolment_to_the_transfer(bank: Demo, desk: Desk, kind: str):
    prove = getattr(kinds, kind)(desk)
    before = bank.journal("transfer")
    transfer(desk.page, bank, "1200", f"By {kind}")
    expect_prompt(desk.page, bank.portal)
    held = desk.page.url.rsplit("/", 1)[1]
    look(desk.page, CHECK, desk.shots, f"prompt-{kind}")
    assert bank.journal("transfer") == before

    prove()
    expect(desk.page).to_have_url(re.compile(rf"^{re.escape(bank.url)}/transfer/done/\d+$"))
    (done,) = bank.journal("transfer")[len(before) :]
    assert done["user"] == "bob" and f"By {kind}" in str(done)
    # The receipt names what it was proved with.
    receipt = desk.folder / "receipt.json"
    receipt.write_text(bank.command("receipt", "export", held))
    assert json.loads(receipt.read_text())
    assert re.search(rf"\b{kind}\b", bank.command("receipt", "verify", str(receipt)))
