"""Debian's Firefox without a window, driven by the protocol that is built into it (Marionette: JSON over a socket of its own).

Playwright drives only a Firefox that it has patched itself. A command is `[0, number, name, parameters]` with its length before it, the answer
`[1, number, error, value]`; the commands are those of WebDriver. Clicks and keys are trusted events, as from a person.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import Server, free_port, plain_env, wait_until

FIREFOX = os.environ.get("FIREFOX", "/usr/bin/firefox-esr")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PREFERENCES = {
    # Nothing of the machine and nothing of other hosts: no proxy, no first-run pages, no updates, no services.
    "network.proxy.type": 0,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "extensions.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.server": "",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "signon.rememberSignons": False,
    "intl.accept_languages": "en-GB",
    "ui.prefersReducedMotion": 1,
    "layout.css.prefers-color-scheme.content-override": 1,
    # Passkeys: the virtual authenticator, and no search for one at the machine's ports.
    "security.webauth.webauthn_enable_softtoken": True,
    "security.webauth.webauthn_enable_usbtoken": False,
}


class Failed(Exception):
    """What Firefox says it could not do; `kind` is WebDriver's name for it."""

    def __init__(self, kind: str, message: str):
        super().__init__(f"{kind}: {message}")
        self.kind = kind


# What passes while a page is on its way to the next one, or is not laid out yet.
PASSING = {"no such element", "stale element reference", "no such frame", "no such window", "element not interactable", "element click intercepted",
           "no such shadow root", "detached shadow root"}


class Firefox:
    """One running Firefox with a profile of its own, and one window in it. Where it looks is the page, or the frame it was led into."""

    def __init__(self, root: Path):
        port, profile = free_port(), root / "profile"
        profile.mkdir(parents=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in {**PREFERENCES, "marionette.port": port}.items()]
        (profile / "user.js").write_text("\n".join(lines))
        argv = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", profile, "--width", "1280", "--height", "900", "about:blank"]
        home = root / "home"
        home.mkdir()
        env = plain_env(HOME=str(home), MOZ_CRASHREPORTER_DISABLE="1")
        self._server = Server(argv, cwd=root, log=root / "firefox.log", env=env).wait_for_port(port, 60)
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._stream = self._socket.makefile("rb")
        self._last = 0
        self._frame: tuple[str, str | None] | None = None
        self._receive()
        self.capabilities = self.ask("WebDriver:NewSession", strictFileInteractability=True)["capabilities"]

    def stop(self) -> None:
        self._socket.close()
        self._server.stop()

    def ask(self, name: str, **parameters):
        """Sends one command; its value, or the error as `Failed`."""
        self._last += 1
        command = json.dumps([0, self._last, name, parameters]).encode()
        self._socket.sendall(str(len(command)).encode() + b":" + command)
        _, number, error, value = self._receive()
        assert number == self._last, f"the answer to {number} instead of {self._last}"
        if error:
            raise Failed(error["error"], error["message"])
        return value["value"] if isinstance(value, dict) and set(value) == {"value"} else value

    def _receive(self):
        length = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, f"Firefox has ended\n{self._server.tail()}"
            length += byte
        return json.loads(self._stream.read(int(length)))

    # --- The page ---------------------------------------------------------------------------------------------------

    def goto(self, url: str) -> None:
        self.top()
        self.ask("WebDriver:Navigate", url=url)

    @property
    def url(self) -> str:
        return self.ask("WebDriver:GetCurrentURL")

    def run(self, script: str, *args):
        """What a function body gives in the page, or in the frame: in a sandbox of its own, which no content policy binds."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=list(args))

    def inline(self, script: str) -> None:
        """Runs a script of the page itself."""
        self.run("const made = document.createElement('script'); made.textContent = arguments[0]; document.head.append(made); made.remove();", script)

    def later(self, script: str, milliseconds: int):
        """What a function body gives after a while, for what must not come."""
        return self.ask("WebDriver:ExecuteAsyncScript", script="setTimeout(() => arguments[2](Function(arguments[1])()), arguments[0])", args=[milliseconds, script])

    def eventually(self, do: Callable[[], object], seconds: float = 15):
        """What `do` gives as soon as that is true; what passes by itself is waited for."""
        deadline, last = time.monotonic() + seconds, None
        while True:
            try:
                if found := do():
                    return found
            except Failed as failed:
                if failed.kind not in PASSING:
                    raise
                last = failed
            assert time.monotonic() < deadline, f"not so within {seconds} s at {self.url}: {last}\n{self.text('body')[:2000]}"
            time.sleep(0.05)

    def find(self, selector: str, inside: str | None = None):
        """The first element that is shown; `inside` is the host of an open shadow root."""
        script = """const root = arguments[1] === null ? document : document.querySelector(arguments[1])?.shadowRoot;
            return [...root?.querySelectorAll(arguments[0]) ?? []].find((one) => one.checkVisibility({ visibilityProperty: true })) ?? null;"""
        return self.eventually(lambda: self.run(script, selector, inside))

    def labelled(self, label: str):
        """The field with this label."""
        script = "return [...document.querySelectorAll('label')].find((one) => one.textContent.trim().startsWith(arguments[0]))?.control ?? null"
        return self.eventually(lambda: self.run(script, label))

    def named(self, name: str, kinds: str = "button, input[type=submit]"):
        """The button, or what else `kinds` says, whose name begins like this."""
        script = "return [...document.querySelectorAll(arguments[1])].find((one) => (one.value || one.textContent).trim().startsWith(arguments[0]) && one.checkVisibility()) ?? null"
        return self.eventually(lambda: self.run(script, name, kinds))

    def text(self, selector: str, inside: str | None = None) -> str:
        script = "const root = arguments[1] === null ? document : document.querySelector(arguments[1])?.shadowRoot; return root?.querySelector(arguments[0])?.innerText"
        return self.run(script, selector, inside) or ""

    def expect(self, selector: str, text: str) -> None:
        """Waits until the element says this."""
        self.eventually(lambda: text in self.text(selector))

    def click(self, element: dict | str) -> None:
        """By the mouse, once it has come into view and can be pressed: what is disabled takes no click."""
        element = self.find(element) if isinstance(element, str) else element
        self.run("arguments[0].scrollIntoView({ block: 'nearest' })", element)
        self.eventually(lambda: self.run("return !arguments[0].disabled", element))
        self.ask("WebDriver:ElementClick", id=element[ELEMENT])

    def press(self, name: str, *kinds: str) -> None:
        self.click(self.named(name, *kinds))

    def write(self, element: dict | str, text: str) -> None:
        element = self.find(element) if isinstance(element, str) else element
        self.ask("WebDriver:ElementSendKeys", id=element[ELEMENT], text=text)

    def key(self, key: str) -> None:
        """One key, down and up, wherever the focus is; by the first, what has it may be gone."""
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        try:
            self.ask("WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": actions}])
        except Failed as failed:
            if failed.kind != "no such window":
                raise

    def shot(self, name: str) -> None:
        """A picture of the window, frames included, in $COUNTERSIGN_SHOTS."""
        if folder := os.environ.get("COUNTERSIGN_SHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            frame = self._frame
            self.top()
            (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(self.ask("WebDriver:TakeScreenshot", full=False)))
            if frame:
                self.into(*frame)

    # --- Frames, windows, passkeys ----------------------------------------------------------------------------------

    def top(self) -> None:
        """Back to the page that the window shows."""
        self.ask("WebDriver:SwitchToFrame", id=None)
        self._frame = None

    def into(self, selector: str, inside: str | None = None) -> None:
        """Into a frame, of whatever origin."""
        self.top()
        frame = self.find(selector, inside)
        self.eventually(lambda: self.ask("WebDriver:SwitchToFrame", element=frame[ELEMENT]) is None or True)
        self._frame = (selector, inside)

    def windows(self) -> list[str]:
        return self.ask("WebDriver:GetWindowHandles")

    def switch(self, window: str) -> None:
        self.ask("WebDriver:SwitchToWindow", handle=window, focus=True)

    def only_window(self) -> None:
        """Closes all windows but the first."""
        first, *others = self.windows()
        for other in others:
            self.switch(other)
            self.ask("WebDriver:CloseWindow")
        self.switch(first)
        self.goto("about:blank")

    def add_passkeys(self) -> str:
        """A virtual authenticator (CTAP2) whose user is always there and verified."""
        return self.ask(
            "WebAuthn:AddVirtualAuthenticator", protocol="ctap2_1", transport="internal", hasResidentKey=True, hasUserVerification=True,
            isUserConsenting=True, isUserVerified=True,
        )
