"""The dialog that the agent puts into a page, with a frame and with the way to a window: axe in light and dark, and a window of 320 pixels."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accessible import expect_accessible
from calls import Calls, asked, begin, gone, prompt, told
from prompt import CHECK
from test_agent_places import CALL, OPEN

DIALOG = ["countersign-prompt", "dialog"]
# How far the dialog reaches beyond the window at its sides, and what of it beyond itself.
BEYOND = """() => {
  const dialog = document.querySelector('countersign-prompt').shadowRoot.querySelector('dialog');
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return [Math.min(left, 0), Math.max(right - innerWidth, 0), Math.min(top, 0), Math.max(bottom - innerHeight, 0), dialog.scrollWidth - dialog.clientWidth];
}"""

# The contrast of each text in the dialog with what is behind it (WCAG 2.2, 1.4.3): axe cannot tell it for a modal dialog in a shadow root.
CONTRASTS = """() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => rgb(colour).slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (one) => { while ((rgb(getComputedStyle(one).backgroundColor)[3] ?? 1) < 1) one = one.parentElement; return getComputedStyle(one).backgroundColor; };
  const texts = [...document.querySelector('countersign-prompt').shadowRoot.querySelectorAll('dialog *')]
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()));
  return texts.map((one) => {
    const [less, more] = [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => a - b);
    return [one.textContent, (more + 0.05) / (less + 0.05)];
  });
}"""


def expect_readable(page: Page, texts: int) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) == texts and all(ratio >= 4.5 for _, ratio in contrasts), f"{scheme}: {contrasts}"
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("policy", [None, "frame-src 'none'"], ids=["frame", "window"])
def test_the_dialog(calls: Calls, page: Page, shots, policy: str | None):
    calls.open(page, **({"Content_Security_Policy": policy} if policy else {}))
    begin(page, CALL)
    dialog = asked(page)
    if policy:
        expect(dialog.get_by_role("link", name=OPEN)).to_be_focused()
    else:
        expect(prompt(page).get_by_role("heading", level=1)).to_have_text(CHECK)
        expect_accessible(page.frames[-1])
    expect_accessible(page, DIALOG)
    expect_readable(page, 5 if policy else 2)
    for width, height in [(320, 800), (320, 256)]:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(BEYOND) == [0, 0, 0, 0, 0], f"{width}x{height}"
        if not policy:
            page.frames[-1].wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        button = dialog.get_by_role("button", name="Cancel")
        button.scroll_into_view_if_needed()
        expect(button).to_be_in_viewport(ratio=1)
        expect_accessible(page, DIALOG)
    shots(page, f"agent-dialog-{'window' if policy else 'frame'}")
    button.click()
    assert told(page) == {"good": 403}
    gone(page)


@pytest.mark.parametrize(("page_says", "browser_says", "title", "lang"), [("sk", "fr-FR", "Vyžaduje sa schválenie", "sk"), ("pl", "fr-FR", "Approbation requise", "fr"), ("pl", "it-IT", "Approval needed", "en")])
def test_its_language_is_said(calls: Calls, new_context, page_says: str, browser_says: str, title: str, lang: str):
    """The page's where the agent speaks that, else the browser's; screen readers are told which it is."""
    page = new_context(locale=browser_says).new_page()
    calls.open(page)
    page.evaluate("(lang) => { document.documentElement.lang = lang }", page_says)
    begin(page, CALL)
    expect(page.get_by_role("dialog", name=title)).to_be_visible()
    expect(page.locator("countersign-prompt")).to_have_attribute("lang", lang)
