"""The prompt in a frame of the application's page, in Chromium: a bare page on the bank's host holds a transfer by fetch and frames the prompt.

The page does by hand what the agent does: it listens to the frame's messages, gives it its height, and releases the request itself.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import FrameLocator, Page, expect

from accessible import expect_accessible
from calls import gone, prompt as in_page
from demo import Demo
from passkeys import Passkeys
from prompt import CHECK, CODE, CONFIRMED, give
from test_bank import IBAN, SUMMARY, sign_in, transfer
from test_passkey import LABEL, enrol, signed_in
from test_phone import pair, phone, terminal  # noqa: F401 (fixtures)

SCRIPT = """() => {
document.body.innerHTML = '<main><h1>Quick transfer</h1></main>';
const main = document.querySelector('main');
window.said = [];
window.frame = null;
addEventListener('message', (event) => {
  if (event.source !== window.frame?.contentWindow) return;
  said.push({ origin: event.origin, ...event.data });
  if (event.data.height) frame.style.height = window.whole ? `${event.data.height}px` : `min(${event.data.height}px, 100vh - 2rem)`;
});
window.hold = async () => {
  const body = JSON.stringify({ iban: 'IBAN', amount: 5000, reference: 'Car' });
  const answer = await fetch('/api/transfer', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  window.credential = answer.headers.get('Countersign-Approval');
  window.held = (await answer.json()).held;
  return window.held;
}
window.show = (url, allow = 'publickey-credentials-get', sandbox) => {
  frame?.remove();
  window.frame = document.createElement('iframe');
  frame.style.cssText = 'position: fixed; top: 1rem; left: 1rem; width: min(30rem, 100vw - 2rem); height: 10rem; border: 0;';
  frame.title = 'Approval';
  frame.allow = allow;
  if (sandbox) frame.sandbox = sandbox;
  frame.src = url;
  main.append(frame);
}
window.release = async () => {
  const answer = await fetch('/api/transfer', { method: 'POST', headers: { 'Countersign-Release': credential } });
  return answer.status;
}
}""".replace("IBAN", IBAN)


def bare(page: Page, demo: Demo) -> None:
    """The bare page on the bank's host, with alice signed in there."""
    sign_in(page, demo)
    # The bank's own pages forbid frames (`default-src`), and the agent has a window for those; this one does not.
    page.goto(f"{demo.url}/.countersign/jwks.json")
    page.evaluate(SCRIPT)


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


def press(frame: FrameLocator, name: str) -> None:
    """Presses what can be seen; what cannot is not armed."""
    button = frame.get_by_role("button", name=name)
    button.scroll_into_view_if_needed()
    button.click()


def choose(frame: FrameLocator, label: str) -> None:
    frame.get_by_label(label).check()
    press(frame, "Submit")


def shoot(page: Page, name: str) -> None:
    """Pictures of the page with its frame; down to 300 px nothing scrolls sideways."""
    folder, before = os.environ.get("COUNTERSIGN_SHOTS"), page.viewport_size
    for variant, width, scheme in [("desktop", 1280, "light"), ("dark", 1280, "dark"), ("phone", 360, "light"), ("narrow", 332, "light")]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.frames[-1].evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
        if folder:
            page.wait_for_timeout(300)
            page.screenshot(path=Path(folder) / f"{name}.{variant}.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)


def test_a_held_fetch_is_approved_in_the_page_by_a_code(demo: Demo, page: Page):
    bare(page, demo)
    frame = framed(page)
    expect(frame.locator(".action")).to_have_text(SUMMARY)
    ready = expect_said(page, "ready")
    assert (ready["origin"], ready["id"]) == (demo.portal, page.evaluate("held.id"))
    # With the height that it asks for, nothing scrolls inside; a frame of another origin takes its new height a moment later.
    page.evaluate("(height) => { whole = true; frame.style.height = `${height}px` }", ready["height"])
    page.frames[-1].wait_for_function("document.documentElement.scrollHeight <= innerHeight + 1")
    page.evaluate("() => { whole = false; frame.style.height = 'calc(100vh - 2rem)' }")
    shoot(page, "frame-prompt")
    expect_accessible(page.frames[-1])
    choose(frame, "alice's phone")
    expect(frame.get_by_role("heading", level=1)).to_have_text(CODE)
    page.evaluate("frame.contentWindow.postMessage({ countersign: 'focus', id: held.id }, new URL(held.frame).origin)")
    expect(frame.locator("#code")).to_be_focused()
    shoot(page, "frame-code")
    frame.locator("#code").fill("000000")
    press(frame, "Submit")
    expect(frame.get_by_role("alert")).to_contain_text("4 tries are left")
    press(frame, "Confirm with something else")
    choose(frame, "alice's phone")
    frame.locator("#code").fill(demo.phones["alice"].code())
    press(frame, "Submit")
    expect(frame.get_by_role("heading", level=1)).to_have_text(CONFIRMED)
    done = expect_said(page, "done")
    assert (done["origin"], done["state"]) == (demo.portal, "approved")
    shoot(page, "frame-done")
    assert demo.journal() == []
    assert page.evaluate("release()") == 201
    assert [entry["user"] for entry in demo.journal("transfer")] == ["alice"]
    # Browsers send no cookies there, and none was set.
    assert not [one for one in page.context.cookies(demo.portal) if "portal" in one["name"]]


def test_a_held_fetch_is_approved_in_the_page_by_a_passkey(demo: Demo, page: Page, tmp_path):
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
    press(frame, "Use the passkey")
    expect(frame.get_by_role("alert")).to_contain_text("The passkey was not used")
    shoot(page, "frame-passkey")
    passkeys.unlocks(True)
    press(frame, "Use the passkey")
    expect_said(page, "done")
    assert page.evaluate("release()") == 201
    exported = demo.command("receipt", "export", page.evaluate("held.id"))
    evidence = json.loads(json.loads(exported)["evidence"][0])
    client = json.loads(base64.urlsafe_b64decode(evidence["client_data_json"] + "=="))
    assert (client["crossOrigin"], client["topOrigin"], client["origin"]) == (True, demo.url, demo.portal)
    away = tmp_path / "receipt.json"
    away.write_text(exported)
    assert f"in a frame of {demo.url}" in demo.command("receipt", "verify", str(away), "--origin", demo.portal)


def test_where_passkeys_are_not_allowed_the_way_leads_to_a_window(demo: Demo, page: Page):
    Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    bare(page, demo)
    frame = framed(page, allow="")
    choose(frame, LABEL)
    press(frame, "Use the passkey")
    expect(frame.get_by_role("alert")).to_contain_text("may not ask for a passkey here")
    shoot(page, "frame-forbidden")
    press(frame, "Open it in a window of its own")
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
    frame.get_by_role("button", name="Use the passkey").scroll_into_view_if_needed()
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
    press(frame, "Use the passkey")
    expect(frame.get_by_role("alert")).to_contain_text("does not say in whose page")
    assert said(page, "done") == []


def test_what_covers_the_frame_keeps_it_unarmed(demo: Demo, page: Page):
    bare(page, demo)
    frame = framed(page)
    submit = frame.get_by_role("button", name="Submit")
    submit.scroll_into_view_if_needed()
    expect(submit).to_be_enabled()
    cover = """(style) => {
      document.body.insertAdjacentHTML('beforeend', '<div id="cover"></div>');
      document.querySelector('#cover').style.cssText = `position: fixed; inset: 0; background: #fff; ${style}`;
    }"""
    for style in ["", "pointer-events: none", "opacity: .01; pointer-events: none", "inset: 6rem 0 auto; height: 2px"]:
        page.evaluate(cover, style)
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
    with other_site() as port:
        # Another port of the same host is another site's page too, and so is the portal's own name.
        for origin in [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]:
            other = new_context().new_page()
            refusals: list[str] = []
            other.on("console", lambda message: refusals.append(message.text))
            other.goto(f"{origin}/")
            other.evaluate(SCRIPT)
            with other.expect_event("console", lambda message: "frame-ancestors" in message.text):
                other.evaluate("(url) => show(url)", url)
            assert said(other, "ready") == [], refusals


@contextmanager
def other_site() -> Iterator[int]:
    """A page of somebody else's; its port."""

    class Bait(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Another site</title><p>Win a prize</p>")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bait)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_what_happens_on_the_phone_is_seen_in_the_frame(demo: Demo, page: Page, phone: Page, terminal):  # noqa: F811
    pair(phone, terminal("alice"))
    heard: list[str] = []
    page.on("response", lambda response: heard.append(response.headers["content-type"]) if "/state?" in response.url else None)
    bare(page, demo)
    frame = framed(page)
    choose(frame, "Pocket")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Confirm on your phone")
    shoot(page, "frame-phone")
    number = re.sub(r"\D", "", frame.locator("#number [aria-hidden]").inner_text())
    phone.reload()
    expect(phone.locator("#ask-action")).to_have_text(SUMMARY)
    phone.locator("#number").fill(number)
    phone.get_by_role("button", name="Approve").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text(CONFIRMED)
    assert heard and set(heard) == {"text/event-stream"}
    expect_said(page, "done")
    assert page.evaluate("release()") == 201


def test_escape_cancels_and_a_reloaded_frame_says_what_to_do(demo: Demo, page: Page):
    bare(page, demo)
    frame = framed(page)
    frame.get_by_label("alice's phone").focus()
    page.keyboard.press("Escape")
    assert expect_said(page, "cancel")["origin"] == demo.portal
    # Messages from others than the page around it, or about another request, move nothing.
    page.evaluate("show(held.frame)")
    expect(frame.get_by_role("heading", level=1)).to_have_text("This prompt was loaded again")
    shoot(page, "frame-lost")
    press(frame, "Open it in a window of its own")
    expect_said(page, "window")


def test_whoever_does_not_want_it_says_so_in_the_frame(demo: Demo, page: Page):
    bare(page, demo)
    frame = framed(page)
    press(frame, "I did not do this")
    expect_said(page, "done")
    assert page.evaluate("release()") == 410
    assert demo.journal() == []


def test_the_script_page_and_a_passkey_in_the_page(demo: Demo, page: Page):
    Passkeys(page)
    signed_in(page, demo)
    enrol(page, demo)
    sign_in(page, demo)
    transfer(page, demo, path="/script")
    frame = in_page(page)
    frame.get_by_label(LABEL).check()
    frame.get_by_role("button", name="Submit").click()
    frame.get_by_role("button", name="Use the passkey").click()
    expect(page.locator("#answer .success")).to_contain_text(f"5000.00 EUR to {IBAN}")
    gone(page)
    assert len(demo.journal("transfer")) == 1
