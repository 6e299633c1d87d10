"""The application of calls_app.py behind its gateway, and what its user does when a call of its scripts needs an approval."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from gateway import HERE, Gateway
from prompt import choose, give
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
        inject(page, self.gateway.portal)
        named = [("header", f"{name.replace('_', '-')}: {value}") for name, value in headers.items()]
        page.goto(f"{self.gateway.url}/page?{urlencode([('head', head), *named])}")

    def approve(self, page: Page) -> None:
        """Approves by the emergency access code, which may be used often."""
        with page.expect_popup() as popup:
            page.get_by_role("link", name="Open the approval").click()
        prompt = popup.value
        prompt.get_by_label("Emergency").check()
        prompt.get_by_role("button", name="Submit").click()
        give(prompt, self.emergency_code)


def inject(page: Page, portal: str) -> None:
    agent = (HERE.parents[1] / "templates/proxy/agent.js").read_text()

    def add(route):
        answer = route.fetch()
        script = f'<script data-countersign="{portal}">{agent}</script>'
        route.fulfill(response=answer, body=answer.text().replace("<head>", "<head>" + script, 1))

    page.route(lambda url: True, lambda route: add(route) if route.request.resource_type == "document" and "/held/" not in route.request.url else route.fallback())


def begin(page: Page, script: str) -> None:
    """Runs a script whose value is kept in `window.told`, without waiting for it."""
    keep = "(good) => { window.told = { good }; }, (bad) => { window.told = { bad: bad.name || String(bad) }; }"
    page.evaluate(f"() => {{ window.told = undefined; (async () => {{ {script} }})().then({keep}); }}")


def told(page: Page) -> dict:
    """What the script of `begin` came to: its value as `good`, or the name of its error as `bad`."""
    page.wait_for_function("window.told !== undefined")
    return page.evaluate("window.told")


def asked(page: Page):
    """The prompt in the page."""
    dialog = page.get_by_role("dialog", name=NEEDED)
    expect(dialog).to_be_visible()
    return dialog


def gone(page: Page) -> None:
    expect(page.locator("countersign-prompt")).to_have_count(0)


def by_code(page: Page, phone: Authenticator) -> None:
    """Approves by the code of an authenticator application."""
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open the approval").click()
    choose(popup.value, "Phone")
    give(popup.value, phone.code())
