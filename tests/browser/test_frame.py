"""The prompt in a frame of the application's page, in Chromium: a bare page on the bank's host holds a transfer by fetch and frames the prompt.

The page does by hand what the agent does: it listens to the frame's messages, gives it its height, and releases the request itself.
"""

from __future__ import annotations

import base64
import json
import re

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from accessible import expect_accessible
from demo import Demo
from passkeys import Passkeys
from prompt import CHECK, CODE, give
from test_bank import IBAN, SUMMARY, sign_in
from test_passkey import LABEL, enrol, signed_in
from test_phone import pair, phone, shown_number, terminal  # noqa: F401 (fixtures)

PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page of the bank</title>
<style>body { margin: 1rem; font-family: sans-serif; background: #dde } iframe { width: min(30rem, 100%); border: 0; height: 10rem }
#cover { position: fixed; inset: 0 0 auto; height: 60rem; background: #fff }</style>
<main><h1>Quick transfer</h1></main><script>
const said = [], main = document.querySelector('main');
let held, credential, frame;
addEventListener('message', (event) => {
  if (event.source !== frame?.contentWindow) return;
  said.push({ origin: event.origin, ...event.data });
  if (event.data.height) frame.style.height = `${event.data.height}px`;
});
async function hold() {
  const body = JSON.stringify({ iban: '%s', amount: 5000, reference: 'Car' });
  const answer = await fetch('/api/transfer', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  credential = answer.headers.get('Countersign-Approval');
  held = (await answer.json()).held;
  return held;
}
function show(url, allow = 'publickey-credentials-get', sandbox) {
  frame?.remove();
  frame = document.createElement('iframe');
  frame.title = 'Approval';
  frame.allow = allow;
  if (sandbox) frame.sandbox = sandbox;
  frame.src = url;
  main.append(frame);
}
async function release() {
  const answer = await fetch('/api/transfer', { method: 'POST', headers: { 'Countersign-Release': credential } });
  return answer.status;
}
</script></html>""" % IBAN


def bare(page: Page, demo: Demo) -> None:
    """The bare page on the bank's host, with alice signed in there."""
    sign_in(page, demo)
    page.route(f"{demo.url}/bare", lambda route: route.fulfill(content_type="text/html", body=PAGE))
    page.goto(f"{demo.url}/bare")


def framed(page: Page, *, allow: str = "publickey-credentials-get") -> FrameLocator:
    """The prompt of a new held request in a frame of the page."""
    url = page.evaluate("hold().then((held) => held.frame)")
    assert "/frame/held/held_" in url
    page.evaluate("([url, allow]) => show(url, allow)", [url, allow])
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text(CHECK)
    return frame


def said(page: Page, name: str) -> list[dict]:
    return page.evaluate("(name) => said.filter((one) => one.countersign === name)", name)


def expect_said(page: Page, name: str) -> dict:
    page.wait_for_function("(name) => said.some((one) => one.countersign === name)", arg=name)
    return said(page, name)[-1]


def choose(frame: FrameLocator, label: str) -> None:
    frame.get_by_label(label).check()
    frame.get_by_role("button", name="Submit").click()


def shoot(page: Page, shots, name: str) -> None:
    """At 360 px too, where it must not scroll sideways."""
    shots(page, name)
    before = page.viewport_size
    for width in (360, 332):  # the frame is 328 and 300 wide
        page.set_viewport_size({"width": width, "height": 780})
        inner = page.frames[-1]
        assert inner.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
    page.set_viewport_size(before)


def test_a_held_fetch_is_approved_in_the_page_by_a_code(demo: Demo, page: Page, shots):
    bare(page, demo)
    frame = framed(page)
    expect(frame.locator(".action")).to_have_text(SUMMARY)
    ready = expect_said(page, "ready")
    assert (ready["origin"], ready["id"]) == (demo.portal, page.evaluate("held.id"))
    # The page gave it the height it asked for: nothing scrolls inside.
    page.wait_for_function("Math.abs(frame.clientHeight - said.filter((one) => one.height).at(-1).height) < 2")
    assert page.frames[-1].evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
    shoot(page, shots, "frame-prompt")
    expect_accessible(page.frames[-1])
    choose(frame, "alice's phone")
    expect(frame.get_by_role("heading", level=1)).to_have_text(CODE)
    page.evaluate("frame.contentWindow.postMessage({ countersign: 'focus', id: held.id }, new URL(held.frame).origin)")
    expect(frame.locator("#code")).to_be_focused()
    shoot(page, shots, "frame-code")
    frame.locator("#code").fill("000000")
    frame.get_by_role("button", name="Submit").click()
    expect(frame.get_by_role("alert")).to_contain_text("4 tries are left")
    frame.get_by_role("button", name="Confirm with something else").click()
    choose(frame, "alice's phone")
    frame.locator("#code").fill(demo.phones["alice"].code())
    frame.get_by_role("button", name="Submit").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Countersigned")
    assert expect_said(page, "done")["origin"] == demo.portal
    shoot(page, shots, "frame-done")
    assert demo.journal() == []
    assert page.evaluate("release()") == 201
    assert [entry["user"] for entry in demo.journal("transfer")] == ["alice"]
    # Browsers send no cookies there, and none was set.
    assert not [one for one in page.context.cookies(demo.portal) if "portal" in one["name"]]


def test_a_held_fetch_is_approved_in_the_page_by_a_passkey(demo: Demo, page: Page, shots, tmp_path):
    passkeys = Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    bare(page, demo)
    frame = framed(page)
    choose(frame, LABEL)
    expect(frame.get_by_role("heading", level=1)).to_have_text("Confirm with your passkey")
    # Not by itself: only when the button has been seen and is pressed.
    assert said(page, "done") == []
    passkeys.unlocks(False)
    frame.get_by_role("button", name="Use the passkey").click()
    expect(frame.get_by_role("alert")).to_contain_text("The passkey was not used")
    shoot(page, shots, "frame-passkey")
    passkeys.unlocks(True)
    frame.get_by_role("button", name="Use the passkey").click()
    expect_said(page, "done")
    assert page.evaluate("release()") == 201
    exported = demo.command("receipt", "export", page.evaluate("held.id"))
    evidence = json.loads(json.loads(exported)["evidence"][0])
    client = json.loads(base64.urlsafe_b64decode(evidence["client_data_json"] + "=="))
    assert (client["crossOrigin"], client["topOrigin"], client["origin"]) == (True, demo.url, demo.portal)
    away = tmp_path / "receipt.json"
    away.write_text(exported)
    assert f"in a frame of {demo.url}" in demo.command("receipt", "verify", str(away), "--origin", demo.portal)


def test_where_passkeys_are_not_allowed_the_way_leads_to_a_window(demo: Demo, page: Page, shots):
    Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    bare(page, demo)
    frame = framed(page, allow="")
    choose(frame, LABEL)
    frame.get_by_role("button", name="Use the passkey").click()
    expect(frame.get_by_role("alert")).to_contain_text("may not ask for a passkey here")
    shoot(page, shots, "frame-forbidden")
    frame.get_by_role("button", name="Open it in a window of its own").click()
    expect(frame.get_by_role("status")).to_contain_text("goes on in a window")
    expect_said(page, "window")
    # The very address that the application was told opens it now.
    window = page.context.new_page()
    window.goto(page.evaluate("held.url"))
    expect(window.get_by_role("heading", level=1)).to_have_text(CHECK)
    window.get_by_label("alice's phone").check()
    window.get_by_role("button", name="Submit").click()
    # The session in the account took this code; the next one is good.
    give(window, demo.phones["alice"].code())
    expect(window.locator(".stamp")).to_be_visible()
    assert page.evaluate("release()") == 201


def test_a_browser_that_does_not_name_the_page_is_led_to_a_window(demo: Demo, page: Page):
    Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    bare(page, demo)
    frame = framed(page)
    choose(frame, LABEL)
    expect(frame.get_by_role("button", name="Use the passkey")).to_be_enabled()
    page.frames[-1].evaluate(
        """() => {
          const ask = navigator.credentials.get.bind(navigator.credentials);
          navigator.credentials.get = async (options) => {
            const real = await ask(options);
            const said = JSON.parse(new TextDecoder().decode(real.response.clientDataJSON));
            delete said.topOrigin;
            const clientDataJSON = new TextEncoder().encode(JSON.stringify(said)).buffer;
            return { response: { clientDataJSON }, toJSON: () => real.toJSON() };
          };
        }"""
    )
    frame.get_by_role("button", name="Use the passkey").click()
    expect(frame.get_by_role("alert")).to_contain_text("does not say in whose page")
    assert said(page, "done") == []


def test_what_covers_the_frame_keeps_it_unarmed(demo: Demo, page: Page):
    bare(page, demo)
    frame = framed(page)
    submit = frame.get_by_role("button", name="Submit")
    expect(submit).to_be_enabled()
    cover = "document.body.insertAdjacentHTML('beforeend', '<div id=\"cover\" style=\"{}\"></div>')"
    for style in ["", "pointer-events: none", "opacity: .01; pointer-events: none", "height: 1px; top: 6rem"]:
        page.evaluate(cover.format(style))
        expect(submit).to_be_disabled()
        # Pressed all the same, by whatever has enabled it: nothing happens.
        page.frames[-1].evaluate(
            """() => {
              const button = document.querySelector('[data-arm]');
              button.disabled = false;
              button.form.querySelector('input[type=radio]').checked = true;
              button.click();
              button.form.requestSubmit();
            }"""
        )
        page.wait_for_timeout(1200)
        expect(frame.get_by_role("heading", level=1)).to_have_text(CHECK)
        page.evaluate("document.querySelector('#cover').remove()")
        page.frames[-1].evaluate("document.querySelector('[data-arm]').disabled = true")
        expect(submit).to_be_enabled()
    for style in ["opacity: .5", "filter: blur(1px)", "transform: scale(.5)"]:
        page.evaluate("(style) => { frame.style.cssText += style }", style)
        expect(submit).to_be_disabled()
        page.evaluate("frame.style.cssText = frame.style.cssText.replace(/(opacity|filter|transform).*?;/g, '')")
        expect(submit).to_be_enabled()


def test_without_its_script_the_frame_approves_nothing(demo: Demo, page: Page):
    bare(page, demo)
    url = page.evaluate("hold().then((held) => held.frame)")
    page.evaluate("(url) => show(url, '', 'allow-forms allow-same-origin')", url)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("button", name="Submit")).to_be_disabled()
    page.wait_for_timeout(1200)
    for button in frame.get_by_role("button").all():
        assert button.is_disabled() or button.get_attribute("class") == "link"


def test_another_site_cannot_frame_it(demo: Demo, page: Page, new_context):
    bare(page, demo)
    url = page.evaluate("hold().then((held) => held.frame)")
    for origin in ["http://evil.localhost", f"http://localhost:{demo.url.rsplit(':', 1)[1]}"]:
        other = new_context().new_page()
        refusals: list[str] = []
        other.on("console", lambda message: refusals.append(message.text))

        def answer(route: Route) -> None:
            route.fulfill(content_type="text/html", body=PAGE)

        other.route(f"{origin}/bare", answer)
        other.goto(f"{origin}/bare")
        other.evaluate("(url) => show(url)", url)
        other.wait_for_timeout(1500)
        assert said(other, "ready") == []
        assert any("frame-ancestors" in text for text in refusals), refusals


def test_what_happens_on_the_phone_is_seen_in_the_frame(demo: Demo, page: Page, phone: Page, terminal, shots):  # noqa: F811
    pair(phone, terminal("alice"))
    bare(page, demo)
    frame = framed(page)
    choose(frame, "Pocket")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Confirm on your phone")
    shoot(page, shots, "frame-phone")
    number = re.sub(r"\D", "", frame.locator("#number [aria-hidden]").inner_text())
    phone.reload()
    expect(phone.locator("#ask-action")).to_have_text(SUMMARY)
    phone.locator("#number").fill(number)
    phone.get_by_role("button", name="Approve").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Countersigned")
    expect_said(page, "done")
    assert page.evaluate("release()") == 201


def test_escape_cancels_and_a_reloaded_frame_says_what_to_do(demo: Demo, page: Page, shots):
    bare(page, demo)
    frame = framed(page)
    frame.get_by_label("alice's phone").focus()
    page.keyboard.press("Escape")
    assert expect_said(page, "cancel")["origin"] == demo.portal
    # Messages from others than the page around it, or about another request, move nothing.
    page.evaluate("show(held.frame)")
    expect(frame.get_by_role("heading", level=1)).to_have_text("This prompt was loaded again")
    shoot(page, shots, "frame-lost")
    frame.get_by_role("button", name="Open it in a window of its own").click()
    expect_said(page, "window")


def test_whoever_does_not_want_it_says_so_in_the_frame(demo: Demo, page: Page):
    bare(page, demo)
    frame = framed(page)
    frame.get_by_role("button", name="I did not do this").click()
    expect_said(page, "done")
    assert page.evaluate("release()") == 410
    assert demo.journal() == []
