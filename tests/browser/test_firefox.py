"""The prompt in the page, in Debian's Firefox: calls of scripts completed by a code and by a passkey, and navigations.

Firefox has no IntersectionObserver v2, so that the buttons of a frame are armed by being in view. One Firefox serves all tests of this file.
"""

from __future__ import annotations

import json
import re
import secrets
from base64 import b32encode, urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from calls import NEEDED, Calls
from demo import Demo
from django_site import ADMIN, PASSWORD as DJANGO_PASSWORD, DjangoSite
from firefox import Firefox
from gateway import Gateway
from kinds import PASSKEY, PASSWORD
from prompt import CHECK, CODE
from servers import wait_until
from test_agent import ALL, BY_PROPERTY, JSON, XHR
from test_agent_places import OPEN
from test_agent_spa import node_red_app  # noqa: F401 (fixture)
from test_bank import IBAN, SUMMARY
from totp import Authenticator

HOST = "countersign-prompt"
ESCAPE, TAB = "\ue00c", "\ue004"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    firefox = Firefox(tmp_path_factory.mktemp("firefox"))
    firefox.add_passkeys()
    yield firefox
    firefox.stop()


@pytest.fixture
def firefox(running: Firefox, request: pytest.FixtureRequest) -> Iterator[Firefox]:
    yield running
    if getattr(request.node, "failed", False):
        print(f"open page: {running.url}\n{running.text('body')[:2000]}")
        running.shot(f"FAILED-{request.node.name}")
    running.only_window()


# --- What a person does --------------------------------------------------------------------------------------------------


def open_account(firefox: Firefox, link: str, phone: Authenticator | None = None) -> None:
    """By an invitation, and a code of the authenticator that the user has already."""
    firefox.goto(link)
    firefox.write("#password", PASSWORD)
    firefox.write("#again", PASSWORD)
    firefox.press("Set the password")
    if phone:
        firefox.expect("h1", "One more step")
        # Whoever has several chooses one.
        if firefox.run("return document.querySelector('input[type=radio]') !== null"):
            firefox.click("input[type=radio]")
            firefox.press("Go on")
        firefox.write("#code", phone.code())
        firefox.press("Go on")
    firefox.expect("h1", "Your account")


def add_passkey(firefox: Firefox, portal: str) -> None:
    firefox.goto(f"{portal}/account/add")
    firefox.press("Passkey", "a")
    firefox.expect("h1", "Add a passkey")
    firefox.write("#label", PASSKEY)
    firefox.press("Go on")
    firefox.expect("[role=status]", "The authenticator is added.")


def into_prompt(firefox: Firefox) -> None:
    firefox.top()
    firefox.eventually(lambda: firefox.text("h2", HOST) == NEEDED)
    firefox.into("iframe", HOST)
    firefox.expect("h1", CHECK)


def choose(firefox: Firefox, label: str) -> None:
    firefox.click(firefox.labelled(label))
    firefox.press("Submit")


def by_code(firefox: Firefox, label: str, code: str) -> None:
    choose(firefox, label)
    firefox.expect("h1", CODE)
    firefox.write("#code", code)
    firefox.press("Submit")


def by_passkey(firefox: Firefox) -> None:
    choose(firefox, PASSKEY)
    firefox.expect("h1", "Confirm with your passkey")
    firefox.press("Use the passkey")


def gone(firefox: Firefox) -> None:
    firefox.top()
    firefox.eventually(lambda: firefox.run("return document.querySelector(arguments[0]) === null", HOST))


# --- The demonstration bank ----------------------------------------------------------------------------------------------


def sign_in(firefox: Firefox, demo: Demo) -> None:
    firefox.goto(demo.url)
    firefox.write(firefox.labelled("User name"), "alice")
    firefox.write(firefox.labelled("Password"), "alice")
    firefox.press("Log in")
    firefox.expect("#user", "alice")


def transfer(firefox: Firefox, demo: Demo) -> None:
    firefox.goto(f"{demo.url}/script")
    for label, text in {"IBAN": IBAN, "Amount": "5000", "Reference": "Car"}.items():
        firefox.write(firefox.labelled(label), text)
    firefox.press("Transfer")


def test_the_script_page_by_a_code(demo: Demo, firefox: Firefox):
    sign_in(firefox, demo)
    transfer(firefox, demo)
    into_prompt(firefox)
    firefox.expect("h2.action", SUMMARY)
    firefox.shot("firefox-prompt")
    assert firefox.run("return 'isVisible' in IntersectionObserverEntry.prototype") is False
    # What is not in view is not armed, however long; what has come into view is, and is no more when it has gone.
    submit = firefox.named("Submit")
    firefox.click(firefox.labelled("alice's phone"))
    assert firefox.later("return document.querySelector('[data-arm]').disabled", 1000)
    firefox.run("arguments[0].scrollIntoView()", submit)
    firefox.eventually(lambda: firefox.run("return !arguments[0].disabled", submit))
    firefox.run("scrollTo(0, 0)")
    firefox.eventually(lambda: firefox.run("return arguments[0].disabled", submit))
    by_code(firefox, "alice's phone", demo.phones["alice"].code())
    firefox.top()
    firefox.expect("#answer .success", f"5000.00 EUR to {IBAN}")
    gone(firefox)
    assert [entry["user"] for entry in demo.journal("transfer")] == ["alice"]


def test_the_script_page_by_a_passkey(demo: Demo, firefox: Firefox):
    open_account(firefox, re.search(r"https?://\S+/invite\S+", demo.command("user", "invite", "alice"))[0], demo.phones["alice"])
    add_passkey(firefox, demo.portal)
    sign_in(firefox, demo)
    transfer(firefox, demo)
    into_prompt(firefox)
    choose(firefox, PASSKEY)
    firefox.expect("h1", "Confirm with your passkey")
    firefox.shot("firefox-passkey")
    held = firefox.run("return document.body.dataset.held")
    firefox.press("Use the passkey")
    firefox.top()
    firefox.expect("#answer .success", f"5000.00 EUR to {IBAN}")
    gone(firefox)
    assert len(demo.journal("transfer")) == 1
    # Firefox says in whose page the frame was.
    evidence = json.loads(json.loads(demo.command("receipt", "export", held))["evidence"][0])
    client = json.loads(urlsafe_b64decode(evidence["client_data_json"] + "=="))
    assert (client["crossOrigin"], client["topOrigin"], client["origin"]) == (True, demo.url, demo.portal)


def test_escape_and_the_keyboard(demo: Demo, firefox: Firefox):
    sign_in(firefox, demo)
    transfer(firefox, demo)
    into_prompt(firefox)
    firefox.eventually(lambda: firefox.run("return document.hasFocus() && document.activeElement.matches('input[type=radio]')"))
    # Tab leads round in the dialog (and past the browser's own buttons), never to the page behind it.
    firefox.top()
    places = set()
    for _ in range(12):
        firefox.key(TAB)
        places.add(firefox.run("return document.activeElement.shadowRoot?.activeElement.localName ?? document.activeElement.localName"))
    assert {"button", "iframe"} <= places <= {"button", "iframe", "dialog", "body"}, places
    firefox.into("iframe", HOST)
    firefox.click(firefox.labelled("alice's phone"))
    firefox.key(ESCAPE)
    gone(firefox)
    firefox.expect("#answer", "")
    assert demo.journal() == []


# --- Calls of every kind -------------------------------------------------------------------------------------------------


def begin(firefox: Firefox, script: str) -> None:
    """As `calls.begin`; as a script of the page itself."""
    keep = "(good) => { window.told = JSON.stringify({ good }); }, (bad) => { window.told = JSON.stringify({ bad: bad.name || String(bad) }); }"
    firefox.inline(f"window.told = undefined; (async () => {{ {script} }})().then({keep});")


def told(firefox: Firefox) -> dict:
    firefox.top()
    return json.loads(firefox.eventually(lambda: firefox.run("return window.told ?? null")))


def opened(firefox: Firefox, calls: Calls, query: str = "") -> None:
    firefox.goto(f"{calls.gateway.url}/page?{query}")


def test_calls_are_completed_as_in_other_browsers(calls: Calls, firefox: Firefox):
    opened(firefox, calls)
    upload = """const form = new FormData(); form.append('what', 'a file'); form.append('file', new File([new Uint8Array(300000)], 'big.bin'));
        return (await (await fetch('/act', { method: 'POST', body: form })).json()).done.length;"""
    for script, good in [
        (f"return (await fetch(new Request('/act', {JSON}))).status;", lambda said: said == 200),
        (upload, lambda said: said > 300_000),
        (XHR.replace("TYPE", "json").replace("BIND", BY_PROPERTY), lambda said: (said["events"], said["status"], said["type"]) == (ALL, 200, "json")),
    ]:
        begin(firefox, script)
        into_prompt(firefox)
        by_code(firefox, "Emergency", calls.emergency_code)
        answer = told(firefox)
        assert good(answer["good"]), answer
        gone(firefox)
    assert len(calls.done()) == 3


def test_calls_that_end_otherwise(calls: Calls, firefox: Firefox):
    opened(firefox, calls)
    begin(firefox, "window.stop = new AbortController(); return await fetch('/act?what=x', { method: 'POST', signal: stop.signal });")
    into_prompt(firefox)
    firefox.top()
    firefox.inline("window.stop.abort()")
    assert told(firefox) == {"bad": "AbortError"}
    gone(firefox)
    begin(firefox, XHR.replace("TYPE", "").replace("BIND", BY_PROPERTY))
    into_prompt(firefox)
    firefox.top()
    firefox.click(firefox.find("button", HOST))
    answer = told(firefox)["good"]
    assert (answer["status"], answer["events"]) == (403, ALL)
    gone(firefox)
    assert calls.done() == []


def test_a_page_that_forbids_frames_opens_a_window(calls: Calls, firefox: Firefox):
    opened(firefox, calls, "header=Content-Security-Policy:+frame-src+'none'")
    begin(firefox, "return (await fetch('/act?what=x', { method: 'POST' })).status;")
    link = firefox.find("a", HOST)
    assert firefox.run("return arguments[0].textContent", link) == OPEN
    firefox.shot("firefox-window")
    [page] = firefox.windows()
    firefox.click(link)
    wait_until(lambda: len(firefox.windows()) == 2)
    firefox.switch(next(one for one in firefox.windows() if one != page))
    by_code(firefox, "Emergency", calls.emergency_code)
    firefox.expect("h1", "Confirmed")
    firefox.switch(page)
    assert told(firefox) == {"good": 200}
    gone(firefox)


# --- Django's admin, and Node-RED ----------------------------------------------------------------------------------------


@contextmanager
def both(gateway: Gateway, firefox: Firefox, name: str) -> Iterator[Authenticator]:
    """The running gateway, and its user with a passkey, enrolled in the own account, and a code generator."""
    gateway.command("user", "add", name)
    gateway.start()
    try:
        open_account(firefox, gateway.command("user", "invite", name).splitlines()[0])
        add_passkey(firefox, gateway.portal)
        phone = Authenticator(b32encode(secrets.token_bytes(20)).decode())
        gateway.command("token", "add", "totp", name, "--secret", phone.seed, "--label", "Phone")
        yield phone
        # An open web socket would keep the gateway from ending at once.
        firefox.goto("about:blank")
    finally:
        gateway.stop()


def test_djangos_admin_by_a_code_and_by_a_passkey(office: Gateway, django: DjangoSite, firefox: Firefox):
    with both(office, firefox, ADMIN) as phone:
        firefox.goto(f"{office.url}/admin/")
        firefox.write("#id_username", ADMIN)
        firefox.write("#id_password", DJANGO_PASSWORD)
        firefox.press("Log in")
        firefox.expect("h1", "Site administration")
        for name in ("alice", "bob"):
            path = f"/admin/auth/user/{django.user_id(name)}/delete/"
            firefox.goto(office.url + path)
            firefox.press("Yes, I’m sure")
            firefox.expect("h1", CHECK)
            assert firefox.url.startswith(f"{office.portal}/held/held_") and name in django.users()
            firefox.shot(f"firefox-django-{name}")
            if name == "alice":
                by_code(firefox, "Phone", phone.code())
            else:
                # In a window the passkey is asked for at once.
                choose(firefox, PASSKEY)
            firefox.expect(".messagelist", f"The user “{name}” was deleted successfully.")
            assert django.requests("POST", path) == [302]
        assert django.users() == [ADMIN, "carol"]


def test_node_red_by_a_code_and_by_a_passkey(countersign_bin: Path, node_red_app, tmp_path: Path, firefox: Firefox):  # noqa: F811
    upstream, home = node_red_app
    gateway = Gateway(countersign_bin, tmp_path / "gateway", "node_red", upstream=upstream)
    with both(gateway, firefox, "alice") as phone:
        firefox.goto(gateway.url)
        firefox.write("#node-dialog-login-username", "alice")
        firefox.write("#node-dialog-login-password", "alice")
        firefox.click("#node-dialog-login-submit")
        firefox.eventually(lambda: firefox.run("return window.RED?.workspaces?.active() && !document.querySelector('#red-ui-loading-progress').checkVisibility()"))
        # What the runtime tells on the editor's web socket.
        firefox.inline("RED.comms.subscribe('notification/#', () => { window.came += 1; }); window.came = 0;")
        for number, name in enumerate(["Pay", "Refund"]):
            node = {"id": f"a1b2c3d4e5f6071{number}", "type": "comment", "name": name, "x": 200, "y": 200 + 60 * number}
            firefox.inline(f"RED.nodes.import([{{ ...{json.dumps(node)}, z: RED.workspaces.active() }}], {{ generateIds: false }}); RED.nodes.dirty(true);")
            firefox.click("#red-ui-header-button-deploy")
            into_prompt(firefox)
            firefox.shot(f"firefox-node-red-{number}")
            if name == "Pay":
                by_code(firefox, "Phone", phone.code())
            else:
                by_passkey(firefox)
            gone(firefox)
            flows = home / "flows.json"
            wait_until(lambda: flows.exists() and name in [node.get("name") for node in json.loads(flows.read_text())])
            firefox.eventually(lambda: firefox.run("return window.came > arguments[0] && !RED.nodes.dirty()", number))
