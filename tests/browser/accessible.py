"""Axe on one page (WCAG 2.2 A and AA, and its best practices), light and dark: every finding fails the test, with what it is about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Error, Frame, Page, expect

# Read by the test and run as if typed into the console: the page's own content security policy stays as it is.
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def steadily(page: Page | Frame, *scripts: str):
    """What the last script gives; run again where the page was still on its way to the next one of the same heading."""
    for _ in range(5):
        try:
            page.wait_for_load_state()
            return [page.evaluate(script) for script in scripts][-1]
        except Error as error:
            if "Execution context was destroyed" not in str(error):
                raise
    raise AssertionError(f"{page.url} goes on and on")


def expect_accessible(page: Page | Frame, within: list[str] | None = None) -> None:
    """`within` leads to a part of it, through open shadow roots; what is in frames there is a page of its own."""
    window = page.page if isinstance(page, Frame) else page
    place = json.dumps({"fromShadowDom": within}) if within else "document"
    # Without motion: a colour in the middle of a transition is of neither scheme.
    window.emulate_media(reduced_motion="reduce")
    found = steadily(page, AXE, f"() => axe.run({place}, {{ iframes: false }})")["violations"]
    window.emulate_media(color_scheme="dark")
    found += steadily(page, AXE, f"() => axe.run({place}, {{ iframes: false, runOnly: ['color-contrast'] }})")["violations"]
    window.emulate_media(color_scheme="light")
    told = [f"{one['id']} ({one['impact']}): {one['help']}\n" + "\n".join(f"    {node['html']}" for node in one["nodes"]) for one in found]
    assert not found, f"{page.url}\n" + "\n".join(told)


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def look(page: Page, text: str, shots: Callable[[Page, str], None] = lambda page, name: None, name: str | None = None) -> None:
    """The page with this heading: as axe likes it, and no wider than the window of a phone."""
    heading(page, text)
    expect_accessible(page)
    before = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 800})
    wide = steadily(page, "document.documentElement.scrollWidth")
    assert wide <= 320, f"{page.url} is {wide} pixels wide"
    page.set_viewport_size(before)
    if name:
        shots(page, name)
