"""Pages that forbid much, and pages with a worker of their own: the prompt comes, in the page or in a window."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from calls import Calls, answer, asked, begin, gone, prompt, told

CALL = "return (await fetch('/act?what=x', { method: 'POST' })).status;"
OPEN = "Open the approval"


def in_window(page: Page, calls: Calls) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("link", name=OPEN).click()
    answer(popup.value, "Emergency", calls.emergency_code)


def test_a_page_that_allows_frames_of_the_portal_and_scripts_by_nonce(calls: Calls, page: Page):
    policy = f"default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; connect-src 'self'; frame-src {calls.gateway.portal}; require-trusted-types-for 'script'"
    calls.open(page, Content_Security_Policy=policy)
    begin(page, CALL)
    asked(page)
    calls.approve(page)
    assert told(page) == {"good": 200}
    gone(page)


@pytest.mark.parametrize("policy", ["default-src 'self'", "default-src 'self'; frame-src 'none'", "script-src 'self'; child-src 'none'"])
def test_a_page_that_allows_no_frames(calls: Calls, page: Page, shots, policy: str):
    calls.open(page, Content_Security_Policy=policy)
    begin(page, CALL)
    dialog = asked(page)
    expect(dialog.get_by_role("link", name=OPEN)).to_be_focused()
    shots(page, "agent-window")
    in_window(page, calls)
    assert told(page) == {"good": 200}
    gone(page)


@pytest.mark.parametrize("headers", [
    {"Cross_Origin_Embedder_Policy": "require-corp"},
    {"Cross_Origin_Opener_Policy": "same-origin", "Cross_Origin_Embedder_Policy": "require-corp"},
    {"Cross_Origin_Embedder_Policy": "credentialless"},
], ids=["require-corp", "isolated", "credentialless"])
def test_a_page_that_embeds_only_what_allows_it(calls: Calls, page: Page, headers: dict[str, str]):
    calls.open(page, **headers)
    begin(page, CALL)
    asked(page)
    calls.approve(page)
    assert told(page) == {"good": 200}
    gone(page)


def test_a_window_that_was_closed_is_opened_again(calls: Calls, page: Page):
    calls.open(page, Content_Security_Policy="frame-src 'none'")
    begin(page, CALL)
    asked(page)
    with page.expect_response(lambda response: response.url.endswith("/prompt")), page.expect_popup() as popup:
        page.get_by_role("link", name=OPEN).click()
    popup.value.close()
    in_window(page, calls)
    assert told(page) == {"good": 200}


def test_a_service_worker_of_the_application(calls: Calls, page: Page):
    calls.open(page)
    page.evaluate("navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.reload()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    begin(page, CALL)
    asked(page)
    expect(prompt(page).get_by_role("heading", level=1)).to_be_visible()
    calls.approve(page)
    assert told(page) == {"good": 200}
    assert len(calls.done()) == 1
    gone(page)
