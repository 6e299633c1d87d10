"""A phone in Chromium: paired by its code and a number, then asked about a transfer of the demonstration bank.

Two profiles: the desktop, where the bank and the requesting screen are, and the phone, which has only the portal's /phone/ page.
The operator's terminal (`token add push`) is the requesting screen of the pairing.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from conftest import PHONE
from demo import Demo
from kinds import POCKET as LABEL, pair_phone, shown_number
from prompt import CONFIRMED, expect_prompt, kept_from
from servers import plain_env
from test_bank import SUMMARY, held_transfer, transfer
from test_passkey import signed_in

class Terminal:
    """`countersign token add push NAME`, as an operator sees it."""

    def __init__(self, demo: Demo, name: str):
        self._demo = demo
        argv = [demo._binary, "token", "add", "push", name, "--config", demo.data / "countersign.toml"]
        self._process = subprocess.Popen(
            [str(part) for part in argv], env=plain_env(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.url = self._process.stdout.readline().strip()

    def number(self) -> str:
        for line in self._process.stdout:
            if found := re.search(r"Type this number on it: +(\d{6})", line):
                return found.group(1)
        raise AssertionError("no number was printed")

    def rest(self) -> tuple[int, str]:
        out, _ = self._process.communicate(timeout=30)
        return self._process.returncode, out

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def terminal(demo: Demo) -> Iterator[Callable[[str], Terminal]]:
    running: list[Terminal] = []

    def begin(name: str) -> Terminal:
        running.append(Terminal(demo, name))
        return running[-1]

    yield begin
    for one in running:
        one.stop()


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()


def pair(phone: Page, terminal: Terminal, shots=None) -> None:
    phone.goto(terminal.url)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Pair this phone")
    phone.get_by_label("Name of this phone").fill(LABEL)
    if shots:
        shots(phone, "phone-pair")
    phone.get_by_role("button", name="Pair this phone").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("One more check")
    if shots:
        shots(phone, "phone-check")
    phone.get_by_role("textbox", name="Number on the other screen").fill(terminal.number())
    phone.get_by_role("button", name="Finish").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Paired")
    code, said = terminal.rest()
    assert code == 0 and f"the phone `{LABEL}`" in said, said
    phone.get_by_role("button", name="Done").click()
    expect(phone.locator("#idle")).to_be_visible()
    # The code is gone from the address.
    assert phone.url.endswith("/phone/")


def choose_phone(page: Page) -> str:
    """Chooses the phone at the prompt; the number on the requesting screen."""
    page.get_by_label(LABEL).check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm on your phone")
    return shown_number(page)


def test_a_transfer_is_approved_on_the_phone(demo: Demo, page: Page, phone: Page, terminal, shots):
    pair(phone, terminal("alice"), shots)
    shots(phone, "phone-idle")
    held_transfer(page, demo)
    number = choose_phone(page)
    assert len(number) == 6
    shots(page, "phone-number")

    # It appears by itself, with what will be carried out and where.
    expect(phone.get_by_role("heading", level=1)).to_have_text("Check this before it happens")
    expect(phone.locator("#ask-action")).to_have_text(SUMMARY)
    expect(phone.locator("#ask-app")).to_have_text("bank")
    expect(phone.locator("#ask-origin")).to_have_text(demo.url)
    assert number not in phone.content()
    shots(phone, "phone-ask")

    phone.get_by_role("textbox", name="Number on the other screen").fill("12")
    phone.get_by_role("button", name="Approve").click()
    expect(phone.locator("#number-fault")).to_have_text("The number has six digits.")
    phone.get_by_role("textbox", name="Number on the other screen").fill(f"{(int(number) + 1) % 1000000:06}")
    phone.get_by_role("button", name="Approve").click()
    expect(phone.locator("#number-fault")).to_contain_text("not the number on the other screen")
    shots(phone, "phone-wrong")
    assert demo.journal() == []

    phone.get_by_role("textbox", name="Number on the other screen").fill(number)
    phone.get_by_role("button", name="Approve").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Approved")
    shots(phone, "phone-approved")
    # The requesting screen goes on by itself, and the bank has carried it out once.
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")
    assert [entry["user"] for entry in demo.journal("transfer")] == ["alice"]
    phone.get_by_role("button", name="Done").click()
    expect(phone.locator("#idle")).to_be_visible()


def test_a_rejection_is_shown_to_the_requester(demo: Demo, page: Page, phone: Page, terminal, shots):
    pair(phone, terminal("alice"))
    held_transfer(page, demo)
    choose_phone(page)
    expect(phone.locator("#ask")).to_be_visible()
    phone.get_by_role("button", name="Reject").click()
    shots(phone, "phone-why")
    phone.get_by_role("button", name="No, it was not me").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Rejected")
    expect(page.get_by_role("heading", level=1)).to_have_text("You said that you did not do this")
    assert demo.journal() == []
    # The next one is not asked for a while.
    held_transfer_again(page, demo)
    page.get_by_label(LABEL).check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Confirm on your phone")
    assert demo.journal() == []


def held_transfer_again(page: Page, demo: Demo) -> None:
    transfer(page, demo)
    expect_prompt(page, demo.portal)


def test_enrolled_in_the_account_and_proved_there(demo: Demo, page: Page, phone: Page, shots):
    signed_in(page, demo)
    pair_phone(page, phone, demo.portal, shots)

    # Tried there: the answer is fetched by the session that asked.
    page.get_by_role("link", name=re.compile("^Try")).click()
    page.locator("main form button").first.click()
    number = shown_number(page)
    expect(phone.locator("#ask-action")).to_have_text("Try this phone; nothing happens")
    shots(page, "account-phone-try")
    page.get_by_role("button", name="I have typed it: go on").click()
    expect(page.locator("#number")).to_be_visible()
    phone.get_by_role("textbox", name="Number on the other screen").fill(number)
    phone.get_by_role("button", name="Approve").click()
    expect(phone.locator("#said-text")).to_contain_text("The answer is sent")
    page.get_by_role("button", name="I have typed it: go on").click()
    expect(page.get_by_role("status")).to_be_visible()


def test_the_key_cannot_be_read_and_survives_a_reload(demo: Demo, page: Page, phone: Page, terminal):
    pair(phone, terminal("alice"))
    kept = phone.evaluate(
        """() => new Promise((resolve, reject) => {
            const asked = indexedDB.open('countersign-phone', 1);
            asked.onsuccess = () => {
                const all = asked.result.transaction('devices').objectStore('devices').getAll();
                all.onsuccess = async () => {
                    const [{ key, user }] = all.result;
                    let refused = null;
                    try { await crypto.subtle.exportKey('jwk', key); } catch (error) { refused = error.name; }
                    resolve({ extractable: key.extractable, usages: key.usages, user, refused });
                };
            };
            asked.onerror = reject;
        })"""
    )
    assert kept == {"extractable": False, "usages": ["sign"], "user": "alice", "refused": "InvalidAccessError"}
    phone.reload()
    expect(phone.locator("#paired-list")).to_contain_text("alice")
    held_transfer(page, demo)
    number = choose_phone(page)
    phone.get_by_role("textbox", name="Number on the other screen").fill(number)
    with kept_from(page, re.compile(rf"^{re.escape(demo.url)}/\.countersign/return/")):
        phone.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(CONFIRMED)


def test_a_new_number_takes_the_place_of_the_old_one(demo: Demo, page: Page, phone: Page, terminal):
    pair(phone, terminal("alice"))
    held_transfer(page, demo)
    first = choose_phone(page)
    expect(phone.locator("#ask")).to_be_visible()
    page.get_by_role("button", name="Make a new number and call again").click()
    expect(page.locator("#number")).not_to_contain_text(first[:3] + " " + first[3:])
    second = shown_number(page)
    phone.wait_for_timeout(1000)
    phone.get_by_role("textbox", name="Number on the other screen").fill(second)
    phone.get_by_role("button", name="Approve").click()
    expect(page).to_have_url(f"{demo.url}/transfer/done/1")


def test_a_removed_phone_says_so_and_forgets_its_key(demo: Demo, phone: Page, terminal):
    pair(phone, terminal("alice"))
    tokens = json.loads(demo.command("token", "list", "alice", "--format", "json"))
    (mine,) = [one["id"] for one in tokens if one["kind"] == "push"]
    demo.command("token", "revoke", mine)
    phone.reload()
    expect(phone.locator("#said-text")).to_contain_text("This phone was removed")
    phone.get_by_role("button", name="Done").click()
    expect(phone.locator("#welcome")).to_be_visible()


def test_a_photographed_code_is_of_no_use(demo: Demo, phone: Page, terminal, new_context):
    screen = terminal("alice")
    thief = new_context(viewport=PHONE).new_page()
    thief.goto(screen.url)
    thief.get_by_role("button", name="Pair this phone").click()
    expect(thief.get_by_role("heading", level=1)).to_have_text("One more check")
    phone.goto(screen.url)
    phone.get_by_role("button", name="Pair this phone").click()
    expect(phone.locator("#said-text")).to_contain_text("This code is not good any more")
    number = screen.number()
    thief.get_by_role("textbox", name="Number on the other screen").fill(f"{(int(number) + 1) % 1000000:06}")
    thief.get_by_role("button", name="Finish").click()
    expect(thief.get_by_role("heading", level=1)).to_have_text("Not paired")
    code, _ = screen.rest()
    assert code == 1
    assert not [one for one in json.loads(demo.command("token", "list", "alice", "--format", "json")) if one["kind"] == "push"]


def test_the_page_is_installable_and_its_worker_notifies(demo: Demo, phone: Page, new_context, terminal):
    context = phone.context
    context.grant_permissions(["notifications"], origin=demo.portal)
    phone.goto(f"{demo.portal}/phone/")
    expect(phone.locator("#welcome")).to_be_visible()
    session = context.new_cdp_session(phone)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == [], manifest["errors"]
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in ([], [{"errorId": "in-incognito", "errorArguments": []}])
    # A push message as the push service would deliver it.
    session.send("ServiceWorker.enable")
    found: list[str] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(one["registrationId"] for one in event["registrations"]))
    phone.evaluate("navigator.serviceWorker.ready.then((ready) => ready.scope)")
    phone.reload()
    wait_for = phone.wait_for_timeout
    for _ in range(100):
        if found:
            break
        wait_for(50)
    assert found, "the worker is not registered"
    data = json.dumps({"challenge": "chal_01JD0000000000000000000000"})
    titles = []
    for turn in range(400):
        # What comes while the worker is still being started is lost: a push service tries again as well.
        if turn % 100 == 0:
            session.send("ServiceWorker.deliverPushMessage", {"origin": demo.portal, "registrationId": found[0], "data": data})
        titles = phone.evaluate(
            "navigator.serviceWorker.ready.then((ready) => ready.getNotifications()).then((all) => all.map((one) => [one.title, one.body]))"
        )
        if titles:
            break
        wait_for(50)
    assert titles[:1] == [["Something waits for you", "Open to see what it is. Confirm only what you began yourself."]]
