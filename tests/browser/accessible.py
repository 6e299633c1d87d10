"""Axe on one page (WCAG 2.2 A and AA, and its best practices): every finding fails the test, with what it is about."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Error, Page

# Read by the test and run as if typed into the console: the page's own content security policy stays as it is.
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def steadily(page: Page, *scripts: str):
    """What the last script gives; run again where the page was still on its way to the next one of the same heading."""
    for _ in range(5):
        try:
            page.wait_for_load_state()
            return [page.evaluate(script) for script in scripts][-1]
        except Error as error:
            if "Execution context was destroyed" not in str(error):
                raise
    raise AssertionError(f"{page.url} goes on and on")


def expect_accessible(page: Page) -> None:
    found = steadily(page, AXE, "() => axe.run()")["violations"]
    told = [f"{one['id']} ({one['impact']}): {one['help']}\n" + "\n".join(f"    {node['html']}" for node in one["nodes"]) for one in found]
    assert not found, f"{page.url}\n" + "\n".join(told)
