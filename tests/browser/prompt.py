"""What a person does at the prompt, and how a test stops a page that goes on by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect

CHECK = "Check this before it happens"
CODE = "Confirm with your code"
CONFIRMED = "Confirmed"


def expect_prompt(page: Page, portal: str) -> None:
    """The prompt, on the portal's own origin, without the one-use handoff in its address."""
    expect(page.get_by_role("heading", level=1)).to_have_text(CHECK)
    expect(page).to_have_url(re.compile(rf"^{re.escape(portal)}/held/held_\w+$"))


def values(page: Page) -> dict[str, str]:
    """The fields that the slip shows, by label."""
    rows = page.locator("table.fields tr")
    return {row.locator("th").inner_text(): row.locator("td").inner_text() for row in rows.all()}


def choose(page: Page, label: str) -> None:
    page.get_by_label(label).check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(CODE)
    expect(page.locator("#code")).to_be_focused()


def give(page: Page, code: str) -> None:
    page.locator("#code").fill(code)
    page.get_by_role("button", name="Submit").click()


@contextmanager
def kept_from(page: Page, url: str | re.Pattern[str]) -> Iterator[None]:
    """Lets the page stay where it is instead of going on to `url`: what is asked there never reaches the gateway.

    It ends only when the page has tried to go on: a refresh that came later would go through.
    """
    tried: list[str] = []

    def stay(route: Route) -> None:
        tried.append(route.request.url)
        route.fulfill(status=204)

    page.route(url, stay)
    yield
    for _ in range(300):
        if tried:
            break
        page.wait_for_timeout(50)
    assert tried, f"the page never tried to go on to {url}"
    page.unroute(url)
