"""Calls of an application's scripts that need an approval: the prompt in the page, and the call completed as if it had been slow."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway import HERE, Gateway
from prompt import choose, give
from servers import Server, free_port
from totp import Authenticator


@dataclass
class Calls:
    """The application, its gateway, and what the application did."""

    gateway: Gateway
    journal: Path
    files: Path
    phone: Authenticator

    def done(self) -> list[dict]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()] if self.journal.exists() else []

    def open(self, page: Page, **query: str) -> None:
        inject(page, self.gateway.portal)
        page.goto(f"{self.gateway.url}/page")


def inject(page: Page, portal: str) -> None:
    agent = (HERE.parents[1] / "templates/proxy/agent.js").read_text()

    def add(route):
        answer = route.fetch()
        script = f'<script data-countersign="{portal}">{agent}</script>'
        route.fulfill(response=answer, body=answer.text().replace("<meta", script + "<meta", 1))

    page.route("**/page*", add)


@pytest.fixture
def calls(countersign_bin: Path, start: Callable[..., Server], tmp_path: Path):
    port, journal, files = free_port(), tmp_path / "journal", tmp_path / "files"
    files.mkdir()
    start("calls", [sys.executable, HERE / "calls_app.py", str(port), journal, files]).wait_for_port(port)
    gateway = Gateway(countersign_bin, tmp_path / "gateway", "calls", upstream=f"http://127.0.0.1:{port}")
    gateway.command("check")
    phone = gateway.add_user("alice")
    gateway.start()
    yield Calls(gateway, journal, files, phone)
    gateway.stop()


def begin(page: Page, script: str) -> None:
    """Runs a script whose value is kept in `window.told`, without waiting for it."""
    page.evaluate(f"() => {{ window.told = undefined; (async () => {{ {script} }})().then((v) => window.told = {{ good: v }}, (e) => window.told = {{ bad: String(e) }}); }}")


def told(page: Page) -> dict:
    page.wait_for_function("window.told !== undefined")
    return page.evaluate("window.told")


def approve(page: Page, calls: Calls) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open the approval").click()
    prompt = popup.value
    choose(prompt, "Phone")
    give(prompt, calls.phone.code())


FETCH = """const answer = await fetch('/act', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Own': 'mine' }, body: JSON.stringify({ what: 'a thing' }) });
return { status: answer.status, url: answer.url, marked: answer.headers.get('X-Done'), ...(await answer.json()) };"""


def test_fetch(calls: Calls, page: Page, shots):
    calls.open(page)
    begin(page, FETCH)
    expect(page.get_by_role("dialog", name="Approval needed")).to_be_visible()
    shots(page, "agent-window")
    assert calls.done() == []
    approve(page, calls)
    answer = told(page)["good"]
    assert answer["status"] == 200 and answer["marked"] == "yes", answer
    assert answer["done"]
    assert [entry["own"] for entry in calls.done()] == ["mine"]
    expect(page.get_by_role("dialog")).to_have_count(0)


XHR = """return await new Promise((resolve) => {
  const events = [];
  const xhr = new XMLHttpRequest();
  for (const name of ['readystatechange', 'loadstart', 'progress', 'load', 'loadend', 'error', 'abort', 'timeout']) {
    xhr['on' + name] = (event) => {
      events.push(name === 'readystatechange' ? 'state ' + xhr.readyState : name);
      if (name === 'loadend') resolve({ events, status: xhr.status, done: xhr.getResponseHeader('X-Done'), answer: xhr.response, url: xhr.responseURL, type: xhr.responseType });
    };
    xhr.upload.addEventListener(name, () => events.push('up ' + name));
  }
  xhr.open('PUT', '/act?x=1');
  xhr.responseType = 'json';
  xhr.timeout = 4000;
  xhr.setRequestHeader('X-Own', 'mine');
  xhr.setRequestHeader('Content-Type', 'application/json');
  xhr.send(JSON.stringify({ what: 'a thing' }));
  window.xhr = xhr;
});"""


def test_xhr(calls: Calls, page: Page):
    calls.open(page)
    begin(page, XHR)
    expect(page.get_by_role("dialog", name="Approval needed")).to_be_visible()
    approve(page, calls)
    answer = told(page)["good"]
    assert answer["status"] == 200, answer
    print(answer)
    assert [event for event in answer["events"] if event != "progress" and event != "up progress"] == [
        "state 1", "loadstart", "up loadstart", "up load", "up loadend", "state 2", "state 3", "state 4", "load", "loadend"], answer
    assert answer["answer"]["done"]["own"] == "mine"


@pytest.mark.parametrize("script", [FETCH, XHR], ids=["fetch", "xhr"])
def test_given_up(calls: Calls, page: Page, script: str):
    calls.open(page)
    begin(page, script)
    expect(page.get_by_role("dialog", name="Approval needed")).to_be_visible()
    page.keyboard.press("Escape")
    answer = told(page)["good"]
    print(answer)
    assert answer["status"] == 403
    assert calls.done() == []
