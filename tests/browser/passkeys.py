"""Chromium's virtual authenticator (CTAP2), over the DevTools protocol: a passkey that a test unlocks, or does not."""

from __future__ import annotations

import json

from playwright.sync_api import Page


class Passkeys:
    """One authenticator of one page; it stays with the page wherever that goes."""

    def __init__(self, page: Page, *, verified: bool = True, transport: str = "internal"):
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": transport,
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verified,
            "automaticPresenceSimulation": True,
        }
        self.id = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def unlocks(self, yes: bool) -> None:
        """Whether its user is verified from now on."""
        self._cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes})

    def credentials(self) -> list[dict]:
        return self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]


def weakened(page: Page) -> None:
    """What a page in the wrong hands does: it asks without user verification."""
    form = page.locator("form[data-passkey]")
    options = json.loads(form.get_attribute("data-options"))
    options["publicKey"]["userVerification"] = "discouraged"
    form.evaluate("(form, options) => { form.dataset.options = options }", json.dumps(options))
