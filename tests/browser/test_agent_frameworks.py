"""Libraries that applications call with, in their real versions, unchanged: their calls are completed in the page."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from calls import Calls, asked, begin, gone, told
from gateway import HERE


MODULES = HERE / "node_modules"


def script(path: str) -> str:
    return f'<script src="/files/{path}"></script>'


LIBRARIES = {
    "axios": (script("axios/dist/axios.min.js"), "const answer = await axios.post('/act', { what: 'a thing' }, { timeout: 60000, headers: { 'X-Own': 'mine' } }); return [answer.status, answer.data.done.own];"),
    "axios-fetch": (script("axios/dist/axios.min.js"), "const answer = await axios.post('/act', { what: 'a thing' }, { adapter: 'fetch', headers: { 'X-Own': 'mine' } }); return [answer.status, answer.data.done.own];"),
    "axios-upload": (script("axios/dist/axios.min.js"), "let seen = 0; const answer = await axios.putForm('/put/it', { file: new Blob([new Uint8Array(400000)]) }, { headers: { 'X-Own': 'mine' }, onUploadProgress: (event) => { seen = event.loaded; } }); return [answer.status, seen > 400000 ? answer.data.done.own : seen];"),
    "jquery": (script("jquery/dist/jquery.min.js"), "const [data, , xhr] = await new Promise((go, no) => $.ajax({ url: '/act', method: 'POST', data: { what: 'a thing' }, headers: { 'X-Own': 'mine' }, dataType: 'json' }).done((...all) => go(all)).fail(no)); return [xhr.status, data.done.own];"),
    "jquery-3": (script("jquery3/dist/jquery.min.js"), "const [data, , xhr] = await new Promise((go, no) => $.ajax({ url: '/act', method: 'POST', data: { what: 'a thing' }, headers: { 'X-Own': 'mine' } }).done((...all) => go(all)).fail(no)); return [xhr.status, data.done.own];"),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library(calls: Calls, page: Page, name: str):
    head, call = LIBRARIES[name]
    calls.open(page, head)
    begin(page, call)
    asked(page)
    calls.approve(page)
    assert told(page) == {"good": [200, "mine"]}
    assert len(calls.done()) == 1
    gone(page)


@pytest.mark.parametrize("name", ["axios", "axios-fetch", "jquery"])
def test_a_library_that_is_refused(calls: Calls, page: Page, name: str):
    """What the library makes of a 403: an error with that status."""
    head, call = LIBRARIES[name]
    calls.open(page, head)
    begin(page, f"try {{ {call} }} catch (error) {{ return error.status ?? error.response.status; }}")
    asked(page)
    page.keyboard.press("Escape")
    assert told(page) == {"good": 403}
    assert calls.done() == []


@pytest.mark.parametrize("version", [2, 4])
def test_htmx(calls: Calls, page: Page, version: int):
    """An element that posts when it is clicked, and shows the answer."""
    calls.open(page, script(f"htmx{version}/dist/htmx.min.js"))
    page.evaluate("""() => {
        document.body.insertAdjacentHTML('beforeend', `<button hx-post="/act" hx-vals='{"what": "a thing"}' hx-target="#out">Do it</button><div id=out></div>`);
        window.htmx.process(document.body);
    }""")
    page.get_by_role("button", name="Do it").click()
    asked(page)
    assert page.locator("#out").inner_text() == ""
    calls.approve(page)
    expect(page.locator("#out")).to_contain_text('"done"')
    assert len(calls.done()) == 1
    gone(page)


# A small application of Angular's: HttpClient over XMLHttpRequest or fetch, with zone.js, which patches what the agent has patched.
ANGULAR = """
import 'zone.js';
import '@angular/compiler';
import { ChangeDetectorRef, Component, inject, provideZoneChangeDetection } from '@angular/core';
import { HttpClient, provideHttpClient, withFetch } from '@angular/common/http';
import { bootstrapApplication } from '@angular/platform-browser';

class Orders {
  client = inject(HttpClient);
  said = 'nothing';
  order() {
    this.said = 'asked';
    this.client.post('/act', { what: 'a thing' }, { headers: { 'X-Own': 'mine' } }).subscribe({
      next: (answer) => { this.said = 'done for ' + answer.done.own; },
      error: (error) => { this.said = 'refused with ' + error.status; },
    });
  }
}
const App = Component({ selector: 'orders-app', template: '<button (click)="order()">Order</button><p>{{ said }}</p>' })(Orders) ?? Orders;
bootstrapApplication(App, { providers: [provideZoneChangeDetection(), provideHttpClient(BACKEND)] });
"""


@pytest.fixture(scope="module")
def angular(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Bundles the application, as its developers would."""

    def bundle(backend: str) -> str:
        source = ANGULAR.replace("BACKEND", backend)
        argv = [MODULES / ".bin" / "esbuild", "--bundle", "--minify", "--format=iife", "--log-level=error"]
        done = subprocess.run(argv, input=source, cwd=MODULES.parent, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return bundle


@pytest.mark.parametrize("backend", ["", "withFetch()"], ids=["xhr", "fetch"])
def test_angular(calls: Calls, page: Page, angular: Callable[[str], str], backend: str):
    calls.open(page)
    page.evaluate("document.body.append(document.createElement('orders-app'))")
    page.evaluate(angular(backend))
    for key, words in [("Escape", "refused with 403"), (None, "done for mine")]:
        page.get_by_role("button", name="Order").click()
        asked(page)
        expect(page.locator("orders-app p")).to_have_text("asked")
        page.keyboard.press(key) if key else calls.approve(page)
        expect(page.locator("orders-app p")).to_have_text(words)
        gone(page)
    assert [entry["own"] for entry in calls.done()] == ["mine"]
