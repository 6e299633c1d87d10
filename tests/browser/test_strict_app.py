"""An application with SameSite=Strict cookies and `form-action 'self'`: the way to the prompt and back, and the ends of a request.

Its gateway has short times, so that the states which people reach slowly are seen here as well: expired, throttled, locked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway import HERE, Gateway
from prompt import CODE, choose, expect_prompt, give
from servers import Server, free_port, wait_until
from totp import Authenticator


@dataclass
class Ledger:
    """The application, its gateway, and what the application wrote."""

    gateway: Gateway
    journal: Path
    phone: Authenticator

    def written(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []


@pytest.fixture
def ledger(countersign_bin: Path, start: Callable[..., Server], tmp_path: Path):
    port, journal = free_port(), tmp_path / "journal"
    start("strict", [sys.executable, HERE / "strict_app.py", str(port), journal]).wait_for_port(port)
    gateway = Gateway(countersign_bin, tmp_path / "gateway", "strict", upstream=f"http://127.0.0.1:{port}")
    gateway.command("check")
    phone = gateway.add_user("alice")
    gateway.start()
    yield Ledger(gateway, journal, phone)
    gateway.stop()


def write(page: Page, ledger: Ledger, text: str) -> None:
    page.goto(ledger.gateway.url)
    page.get_by_label("Name").fill("alice")
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Text").fill(text)
    page.get_by_role("button", name="Write").click()
    expect_prompt(page, ledger.gateway.portal)


def heading(page: Page):
    return page.get_by_role("heading", level=1)


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_the_strict_cookie_comes_along_on_the_way_back(ledger: Ledger, new_context, script: bool):
    page = new_context(java_script_enabled=script).new_page()
    write(page, ledger, "rent")
    assert [(c["name"], c["sameSite"]) for c in page.context.cookies() if c["name"] == "ledger_session"] == [("ledger_session", "Strict")]
    choose(page, "Phone")
    give(page, ledger.phone.wrong_code())
    expect(page.get_by_role("alert")).to_be_visible()
    assert ledger.written() == []
    give(page, ledger.phone.code())
    expect(heading(page)).to_have_text("Written")
    expect(page).to_have_url(re.compile(re.escape(f"{ledger.gateway.url}/entries?__countersign=held_")))
    assert ledger.written() == ["alice: rent"]
    # The released address stays in the bar; asked again it tells, and executes nothing.
    page.reload()
    expect(heading(page)).to_have_text("This was done already")
    page.get_by_role("link", name="Show the application's answer").click()
    expect(heading(page)).to_have_text("Written")
    assert ledger.written() == ["alice: rent"]


def test_the_prompt_turns_into_its_end_when_the_time_is_up(ledger: Ledger, page: Page, shots):
    write(page, ledger, "hurry up")
    expect(page.locator("ol.actions li")).to_have_text(["Write hurry up into the ledger", "In a hurry"])
    # Both ask for a code, and one code is for both.
    expect(page.locator(".step")).to_have_count(0)
    shots(page, "prompt-several")
    expect(heading(page)).to_have_text("The time ran out", timeout=15_000)
    shots(page, "expired")
    number = page.url.rsplit("/", 1)[1]
    page.goto(f"{ledger.gateway.url}/.countersign/held/{number}")
    expect(heading(page)).to_have_text("Too late")
    shots(page, "expired-on-the-app")
    assert ledger.written() == []


def test_a_code_that_comes_too_late(ledger: Ledger, new_context):
    """Without script nothing warns; the answer to the code does."""
    page = new_context(java_script_enabled=False).new_page()
    write(page, ledger, "hurry slowly")
    choose(page, "Phone")
    page.locator("#code").fill(ledger.phone.code())
    number = page.url.split("/")[-2]
    wait_until(lambda: page.request.get(f"{ledger.gateway.url}/.countersign/held/{number}").status == 410)
    page.get_by_role("button", name="Submit").click()
    expect(heading(page)).to_have_text("The time ran out")
    assert ledger.written() == []


def test_a_pause_and_then_a_lock_that_an_operator_ends(ledger: Ledger, page: Page, shots):
    write(page, ledger, "rent")
    choose(page, "Phone")
    for _ in range(2):
        give(page, ledger.phone.wrong_code())
        expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    give(page, ledger.phone.wrong_code())
    expect(heading(page)).to_have_text("Too many wrong codes: a short pause")
    # The countdown opens the prompt again by itself.
    expect_prompt(page, ledger.gateway.portal)
    choose(page, "Phone")
    give(page, ledger.phone.wrong_code())
    expect(heading(page)).to_have_text(re.compile(f"{CODE}|Your codes are blocked"))
    if heading(page).inner_text() == CODE:
        give(page, ledger.phone.wrong_code())
        expect(heading(page)).to_have_text("Your codes are blocked")
    shots(page, "locked")
    page.get_by_role("link", name="Look again").click()
    choose(page, "Phone")
    # Not even the right one is looked at.
    give(page, ledger.phone.code())
    expect(heading(page)).to_have_text("Your codes are blocked")
    assert ledger.written() == []

    ledger.gateway.command("user", "unblock", "alice")
    page.get_by_role("link", name="Look again").click()
    choose(page, "Phone")
    give(page, ledger.phone.code())
    expect(heading(page)).to_have_text("Written")
    assert ledger.written() == ["alice: rent"]
