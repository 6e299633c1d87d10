"""The application of calls_app.py behind its gateway, and what its user does when a call of its scripts needs an approval."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import FrameLocator, Page, expect

from gateway import Gateway
from prompt import CODE
from servers import wait_until
from totp import Authenticator

NEEDED = "Approval needed"


@dataclass
class Calls:
    """The application, its gateway, what the application did, and what its user has."""

    gateway: Gateway
    journal: Path
    phone: Authenticator
    emergency_code: str

    def done(self) -> list[dict]:
        """What the application carried out, oldest first."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def open(self, page: Page, head: str = "", **headers: str) -> None:
        """The empty page, with this in its head and these response headers (an underscore for a hyphen)."""
        named = [("header", f"{name.replace('_', '-')}: {value}") for name, value in headers.items()]
        page.goto(f"{self.gateway.url}/page?{urlencode([('head', head), *named])}")

    def approve(self, page: Page) -> None:
        """Approves in the page by the emergency access code, which may be used often."""
        answer(prompt(page), "Emergency", self.emergency_code)


def begin(page: Page, script: str) -> None:
    """Runs a script whose value is kept in `window.told`, without waiting for it."""
    keep = "(good) => { window.told = { good }; }, (bad) => { window.told = { bad: bad.name || String(bad) }; }"
    page.evaluate(f"() => {{ window.told = undefined; (async () => {{ {script} }})().then({keep}); }}")


def told(page: Page) -> dict:
    """What the script of `begin` came to: its value as `good`, or the name of its error as `bad`."""
    # Asked again and again: a page's content policy may forbid what a driver's own waiting does.
    wait_until(lambda: page.evaluate("window.told !== undefined"))
    return page.evaluate("window.told")


def asked(page: Page):
    """The prompt in the page."""
    dialog = page.get_by_role("dialog", name=NEEDED)
    expect(dialog).to_be_visible()
    return dialog


def gone(page: Page) -> None:
    expect(page.locator("countersign-prompt")).to_have_count(0)


def prompt(page: Page) -> FrameLocator:
    """The portal's page in the prompt."""
    return page.frame_locator("countersign-prompt iframe")


def answer(place: FrameLocator | Page, label: str, code: str) -> None:
    """Chooses an authenticator and types its code; buttons wait until they have been seen for a while."""
    place.get_by_label(label).check()
    place.get_by_role("button", name="Submit").click()
    expect(place.get_by_role("heading", level=1)).to_have_text(CODE)
    place.locator("#code").fill(code)
    place.get_by_role("button", name="Submit").click()


def by_code(page: Page, phone: Authenticator) -> None:
    """Approves in the page by the code of an authenticator application."""
    answer(prompt(page), "Phone", phone.code())
