"""Calls of an application's scripts that need an approval: the prompt in the page, and the call completed as if it had been slow."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from calls import Calls, asked, begin, gone, told

JSON = "{ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ what: 'a thing' }) }"

# What a script may hand to fetch, and the length and type of the body that the application gets.
FETCHES = {
    "json": (f"fetch('/act', {JSON})", 18, "application/json"),
    "form": ("fetch('/act', { method: 'POST', body: new URLSearchParams({ what: 'a thing' }) })", 12, "application/x-www-form-urlencoded;charset=UTF-8"),
    "request": (f"fetch(new Request('/act', {JSON}))", 18, "application/json"),
    "request-and-init": ("fetch(new Request('/put/it', { method: 'PUT', body: 'x' }), { method: 'POST', headers: { 'Content-Type': 'text/plain', 'X-Own': 'mine' }, body: 'what' })", 4, "text/plain"),
    "url": (f"fetch(new URL('/act', location.href), {JSON})", 18, "application/json"),
    "blob": ("fetch('/put/it', { method: 'put', body: new Blob(['12345'], { type: 'image/png' }) })", 5, "image/png"),
    "buffer": ("fetch('/put/it', { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream' }, body: new Uint8Array(70000) })", 70000, "application/octet-stream"),
    "get": ("fetch('/act?what=g')", 0, None),
    "delete": ("fetch('/act?what=d', { method: 'DELETE', cache: 'no-store', keepalive: true })", 0, None),
}


@pytest.mark.parametrize("name", FETCHES)
def test_fetch(calls: Calls, page: Page, name: str):
    script, length, kind = FETCHES[name]
    calls.open(page)
    begin(page, f"const answer = await {script}; return [answer.status, answer.ok, new URL(answer.url).origin === location.origin, answer.headers.get('X-Done'), (await answer.json()).done.length];")
    asked(page)
    assert calls.done() == []
    calls.approve(page)
    assert told(page) == {"good": [200, True, True, "yes", length]}
    assert [(entry["length"], entry["type"]) for entry in calls.done()] == [(length, kind)]
    gone(page)


def test_a_file_is_uploaded_once_and_whole(calls: Calls, page: Page):
    calls.open(page)
    begin(page, """const form = new FormData();
        form.append('what', 'a file');
        form.append('file', new File([new Uint8Array(3000000).map((_, at) => at * 7)], 'big.bin'));
        return (await (await fetch('/act', { method: 'POST', body: form })).json()).done;""")
    asked(page)
    calls.approve(page)
    done = told(page)["good"]
    assert done["length"] > 3_000_000 and done["type"].startswith("multipart/form-data")
    assert calls.done() == [done]


def test_the_applications_headers_come_along(calls: Calls, page: Page):
    calls.open(page)
    begin(page, "return (await fetch('/act?what=x&status=201', { method: 'POST', headers: [['X-Own', 'mine']] })).status;")
    asked(page)
    calls.approve(page)
    assert told(page) == {"good": 201}
    assert [entry["own"] for entry in calls.done()] == ["mine"]


def test_what_the_application_answers_is_its_answer(calls: Calls, page: Page):
    """An error of the application for the released request is no fault of the approval: the page gets it as it is."""
    calls.open(page)
    begin(page, "return (await fetch('/act?what=x&status=500', { method: 'POST' })).status;")
    asked(page)
    calls.approve(page)
    assert told(page) == {"good": 500}
    assert len(calls.done()) == 1


@pytest.mark.parametrize("how", ["escape", "button"])
def test_given_up(calls: Calls, page: Page, shots, how: str):
    calls.open(page)
    begin(page, "const answer = await fetch('/act?what=x', { method: 'POST' }); return [answer.status, (await answer.json()).type];")
    dialog = asked(page)
    shots(page, "agent-window")
    if how == "escape":
        page.keyboard.press("Escape")
    else:
        dialog.get_by_role("button", name="Cancel").click()
    assert told(page) == {"good": [403, "urn:countersign:problem:approval-required"]}
    gone(page)
    assert "cancelled" in calls.gateway.command("audit", "list")
    assert calls.done() == []


def test_aborted_by_the_application(calls: Calls, page: Page):
    calls.open(page)
    begin(page, "window.stop = new AbortController(); return await fetch('/act?what=x', { method: 'POST', signal: stop.signal });")
    asked(page)
    page.evaluate("window.stop.abort()")
    assert told(page) == {"bad": "AbortError"}
    gone(page)
    begin(page, "return await fetch('/act?what=y', { method: 'POST', signal: AbortSignal.timeout(1500) });")
    asked(page)
    assert told(page) == {"bad": "TimeoutError"}
    gone(page)
    assert calls.done() == []


def test_several_calls_wait_for_their_turn(calls: Calls, page: Page):
    calls.open(page)
    begin(page, "return await Promise.all(['one', 'two', 'three'].map(async (what) => (await fetch('/act?what=' + what, { method: 'POST' })).status));")
    for _ in range(3):
        expect(page.locator("countersign-prompt")).to_have_count(1)
        shown = asked(page).element_handle()
        calls.approve(page)
        page.wait_for_function("(shown) => !shown.isConnected", arg=shown)
    assert told(page) == {"good": [200, 200, 200]}
    assert sorted(entry["path"] for entry in calls.done()) == ["/act?what=one", "/act?what=three", "/act?what=two"]


XHR = """return await new Promise((resolve) => {
  const events = [];
  const xhr = window.xhr = new XMLHttpRequest();
  for (const name of ['readystatechange', 'loadstart', 'progress', 'load', 'loadend', 'error', 'abort', 'timeout']) {
    const tell = () => {
      events.push(name === 'readystatechange' ? `state ${xhr.readyState}` : name);
      if (name === 'loadend') {
        const body = xhr.responseType === 'blob' ? xhr.response?.size > 0 : xhr.responseType === 'arraybuffer' ? xhr.response?.byteLength > 0
          : xhr.responseType === 'json' ? xhr.response?.done !== undefined : xhr.responseText.includes('done');
        resolve({ events: events.filter((event) => !event.endsWith('progress')), status: xhr.status, marked: xhr.getResponseHeader('X-Done'), body,
          url: xhr.responseURL.replace(location.origin, ''), type: xhr.responseType, state: xhr.readyState });
      }
    };
    BIND;
    xhr.upload.addEventListener(name, () => events.push(`up ${name}`));
  }
  xhr.open('PUT', '/act?x=1');
  xhr.responseType = 'TYPE';
  xhr.timeout = 60000;
  xhr.setRequestHeader('X-Own', 'mine');
  xhr.setRequestHeader('Content-Type', 'application/json');
  xhr.send(JSON.stringify({ what: 'a thing' }));
});"""
ALL = ["state 1", "loadstart", "up loadstart", "up load", "up loadend", "state 2", "state 3", "state 4", "load", "loadend"]
BY_PROPERTY = "xhr['on' + name] = tell"
BY_LISTENER = "xhr.addEventListener(name, tell)"


@pytest.mark.parametrize("kind", ["", "text", "json", "blob", "arraybuffer"])
@pytest.mark.parametrize("bind", [BY_PROPERTY, BY_LISTENER], ids=["property", "listener"])
def test_xhr(calls: Calls, page: Page, kind: str, bind: str):
    """The application hears each event once, and none of the answer that said `held`."""
    calls.open(page)
    begin(page, XHR.replace("TYPE", kind).replace("BIND", bind))
    asked(page)
    assert page.evaluate("window.xhr.readyState") == 1
    calls.approve(page)
    answer = told(page)["good"]
    assert answer == {"events": ALL, "status": 200, "marked": "yes", "body": True, "url": "/act?x=1", "type": kind, "state": 4}
    assert [(entry["own"], entry["length"]) for entry in calls.done()] == [("mine", 18)]


def test_xhr_given_up(calls: Calls, page: Page):
    calls.open(page)
    begin(page, XHR.replace("TYPE", "").replace("BIND", BY_PROPERTY))
    asked(page)
    page.keyboard.press("Escape")
    answer = told(page)["good"]
    assert (answer["status"], answer["events"]) == (403, ALL)
    assert calls.done() == []


def test_xhr_aborted_by_the_application(calls: Calls, page: Page):
    calls.open(page)
    begin(page, XHR.replace("TYPE", "").replace("BIND", BY_PROPERTY))
    asked(page)
    page.evaluate("window.xhr.abort()")
    answer = told(page)["good"]
    assert answer["events"][-2:] == ["abort", "loadend"] and answer["status"] == 0
    gone(page)
    # The same object is good for another call.
    assert page.evaluate("new Promise((go) => { xhr.onloadend = () => go(xhr.status); xhr.open('GET', '/whoami'); xhr.send(); })") == 200
    assert calls.done() == []


def test_xhr_opened_anew_while_it_waits(calls: Calls, page: Page):
    calls.open(page)
    begin(page, XHR.replace("TYPE", "").replace("BIND", BY_PROPERTY))
    asked(page)
    page.evaluate("xhr.open('GET', '/whoami'); xhr.send();")
    assert told(page)["good"]["url"] == "/whoami"
    gone(page)
    assert calls.done() == []


def test_a_synchronous_xhr_gets_the_refusal(calls: Calls, page: Page):
    calls.open(page)
    assert page.evaluate("(() => { const xhr = new XMLHttpRequest(); xhr.open('POST', '/act?what=x', false); xhr.send(); return [xhr.status, JSON.parse(xhr.responseText).status]; })()") == [403, 403]
    assert calls.done() == []


def test_what_is_not_held_is_left_alone(calls: Calls, page: Page):
    calls.open(page)
    told = page.evaluate("""async () => {
        const xhr = new XMLHttpRequest();
        const kinds = [xhr instanceof XMLHttpRequest, xhr.constructor === XMLHttpRequest, XMLHttpRequest.DONE, class extends XMLHttpRequest {}.prototype instanceof XMLHttpRequest];
        const answer = await fetch('/whoami');
        const refused = await fetch('/act?what=%ff', { method: 'POST' });
        const wrong = await fetch('http://[').catch((error) => error.name);
        return [kinds, answer.headers.get('X-User'), refused.status, wrong, window.fetch.name];
    }""")
    assert told == [[True, True, 4, True], "alice", 400, "TypeError", "fetch"]


def test_a_page_that_replaces_everything_keeps_the_prompt(calls: Calls, page: Page):
    calls.open(page)
    begin(page, "return (await fetch('/act?what=x', { method: 'POST' })).status;")
    asked(page)
    page.evaluate("document.body.innerHTML = ''; document.querySelector('countersign-prompt').remove();")
    asked(page)
    calls.approve(page)
    assert told(page) == {"good": 200}
    gone(page)


@pytest.mark.parametrize("script", [
    "const answer = await fetch(location.origin + '//double', { method: 'POST' }); return answer.status;",
    "return await new Promise((go) => { const xhr = new XMLHttpRequest(); xhr.onloadend = () => go(xhr.status); xhr.open('POST', location.origin + '//double'); xhr.send(); });",
], ids=["fetch", "xhr"])
def test_a_path_of_two_slashes_stays_on_its_host(calls: Calls, page: Page, script: str):
    """To a browser such a path alone is another host, which would get the credential."""
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    calls.open(page)
    begin(page, script)
    asked(page)
    calls.approve(page)
    assert told(page) == {"good": 200}
    # Python's server makes one slash of them.
    assert [entry["path"] for entry in calls.done()] == ["/double"]
    assert hosts == {urlsplit(calls.gateway.url).netloc, urlsplit(calls.gateway.portal).netloc}


def test_what_the_gateway_did_not_say_is_the_applications_answer(calls: Calls, page: Page):
    """A 403 of the application that looks like a held call, with addresses that lead elsewhere."""
    calls.open(page)
    page.route("**/forged", lambda route: route.fulfill(status=403, headers={"Countersign-Approval": "held_1.secret", "Content-Type": "application/json"},
                                                        body='{"held": {"id": "held_1", "method": "POST", "target": "/act", "url": "javascript:run=1", "frame": "javascript:run=1"}}'))
    assert page.evaluate("fetch('/forged').then(async (answer) => [answer.status, (await answer.json()).held.id])") == [403, "held_1"]
    gone(page)
    assert page.evaluate("typeof window.run") == "undefined"
