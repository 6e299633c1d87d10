"""Libraries that applications call with, in their real versions, unchanged: their calls are completed in the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from calls import Calls, asked, begin, gone, told


def script(path: str) -> str:
    return f'<script src="/files/{path}"></script>'


ANGULAR = """<script type="importmap">{ "imports": {
  "@angular/compiler": "/files/@angular/compiler/fesm2022/compiler.mjs", "@angular/core": "/files/@angular/core/fesm2022/core.mjs",
  "@angular/core/primitives/di": "/files/@angular/core/fesm2022/primitives-di.mjs",
  "@angular/core/primitives/signals": "/files/@angular/core/fesm2022/primitives-signals.mjs",
  "@angular/core/primitives/event-dispatch": "/files/@angular/core/fesm2022/primitives-event-dispatch.mjs",
  "@angular/common": "/files/@angular/common/fesm2022/common.mjs", "@angular/common/http": "/files/@angular/common/fesm2022/http.mjs",
  "rxjs": "/files/rxjs/dist/esm/index.js", "rxjs/operators": "/files/rxjs/dist/esm/operators/index.js" } }</script>""" + script("zone.js/bundles/zone.umd.js")
# HttpClient without an application around it, over XMLHttpRequest or fetch.
CLIENT = """await import('@angular/compiler');
const { createEnvironmentInjector, EnvironmentInjector, Injector, runInInjectionContext } = await import('@angular/core');
const { HttpClient, provideHttpClient, withFetch, withXhr } = await import('@angular/common/http');
const { firstValueFrom, lastValueFrom, toArray, timeout } = await import('rxjs');
const { DOCUMENT, ɵBrowserDomAdapter } = await import('@angular/common');
"""

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


@pytest.mark.parametrize("how", ["withXhr", "withFetch"])
def test_angular(calls: Calls, page: Page, how: str):
    """HttpClient with zone.js, which patches what the agent has patched."""
    calls.open(page, ANGULAR)
    begin(page, CLIENT + f"""
        const injector = createEnvironmentInjector([provideHttpClient({how}())], Injector.NULL);
        const client = injector.get(HttpClient);
        const events = await lastValueFrom(client.post('/act', {{ what: 'a thing' }}, {{ headers: {{ 'X-Own': 'mine' }}, observe: 'events', reportProgress: true }}).pipe(toArray()));
        const last = events.at(-1);
        return [last.status, last.body.done.own, events.filter((event) => event.type === 2).length];""")
    asked(page)
    calls.approve(page)
    assert told(page) == {"good": [200, "mine", 1]}
    assert len(calls.done()) == 1
    gone(page)
